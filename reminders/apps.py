from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "reminders"

    def ready(self) -> None:
        from initiatives.hooks import on_removal
        from reminders.services import forget

        on_removal(forget)
