"""Each app owns its pages; which prefix they stand under is decided here."""

from django.urls import URLPattern, URLResolver, include, path

APPS = ("portfolio", "accounts", "gates", "reminders", "webhooks", "api")

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("accounts.sign_in_urls")),
    *(path("", include(f"{app}.urls")) for app in APPS),
]
