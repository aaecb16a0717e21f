from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gates", "0005_money_stands")]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="breach",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="standing",
            name="breach_since",
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("breach_since__isnull", False)),
                fields=["breach_since"],
                name="gates_standing_in_breach",
            ),
        ),
    ]
