from django.db import migrations

# Of each metric the newest feed goes on; its maker ends the others.
END_OTHERS = """
    UPDATE metrics_feed f SET ended_at = now(), ended_by_id = f.made_by_id
    WHERE f.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM metrics_feed newer
        WHERE newer.metric_id = f.metric_id AND newer.ended_at IS NULL AND newer.id > f.id
    )
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0008_ended")]

    operations = [migrations.RunSQL(END_OTHERS, migrations.RunSQL.noop)]
