from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("gates", "0003_releases_and_slips")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="change_by",
            field=models.DateField(null=True, verbose_name="changed by"),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=Q(("change_by__isnull", True), ("outcome", "revive"), _connector="OR"),
                name="gates_only_a_revival_says_by_when",
            ),
        ),
    ]
