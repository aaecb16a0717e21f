import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def as_brought(apps, schema_editor):
    """Until now a verified piece counted for whatever rested on it."""
    for check in apps.get_model("checklists", "Check").objects.filter(status="met").select_related("evidence"):
        check.met_at, check.met_by_id = check.evidence.added_at, check.evidence.added_by_id
        check.save(update_fields=["met_at", "met_by"])


class Migration(migrations.Migration):

    dependencies = [
        ("initiatives", "0004_premises_and_money"),
        ("checklists", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(
            operation
            for name in ("met", "confirmed")
            for operation in (
                migrations.AddField(
                    "check", f"{name}_at", models.DateTimeField(editable=False, null=True)
                ),
                migrations.AddField(
                    "check",
                    f"{name}_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            )
        ),
        migrations.RunPython(as_brought, migrations.RunPython.noop, elidable=True),
    ]
