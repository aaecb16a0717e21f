from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "gates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.hooks import on_rights_change
        from gates.standings import doubt, refresh, refresh_submitted
        from initiatives.hooks import on_change, on_figures

        on_change(refresh)
        on_figures(doubt)
        on_rights_change(refresh_submitted)
