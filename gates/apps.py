from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "gates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gates.standings import refresh
        from initiatives.hooks import on_change

        on_change(refresh)
