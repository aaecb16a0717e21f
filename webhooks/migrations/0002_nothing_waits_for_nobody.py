from django.db import migrations

# What waited for an endpoint that takes no more was left waiting.
GIVE_UP = """
    UPDATE webhooks_delivery d SET state = 'given_up'
    FROM webhooks_endpoint p
    WHERE p.id = d.endpoint_id AND d.state = 'waiting'
      AND (p.ended_at IS NOT NULL OR p.gave_up_at IS NOT NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [migrations.RunSQL(GIVE_UP, migrations.RunSQL.noop)]
