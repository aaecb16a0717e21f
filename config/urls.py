"""Each app owns its pages; which prefix they stand under is decided here."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

APPS = (
    "portfolio",
    "accounts",
    "playbook",
    "initiatives",
    "checklists",
    "risks",
    "gates",
    "reminders",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("accounts.sign_in_urls")),
    *(path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls")),
]
