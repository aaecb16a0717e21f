import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gates", "0006_breach_on_lists")]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="failing",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("failing", []), _negated=True),
                fields=["rollout"],
                name="gates_standing_failing",
            ),
        ),
        # Standings kept so far say nothing of it: the next sweep judges them anew.
        migrations.RunSQL(
            "UPDATE gates_standing SET valid_until = '2000-01-01'",
            elidable=True,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
