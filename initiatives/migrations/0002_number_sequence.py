"""Reference numbers come from a sequence: none is given twice, not even after an undo."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE initiatives_number AS integer START 1",
            "DROP SEQUENCE initiatives_number",
        )
    ]
