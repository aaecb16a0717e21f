"""Pages in the reader's own time zone and appearance."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from look.context_processors import THEME_COOKIE

YEAR_SECONDS = 365 * 24 * 3600


class ReaderMiddleware:
    """Activates the reader's time zone, and brings the chosen appearance to a new browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        try:
            zone = ZoneInfo(user.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        # The account's choice counts; the cookie keeps it for the sign-in page.
        request.COOKIES[THEME_COOKIE] = user.theme
        with timezone.override(zone):
            return self.get_response(request)


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Keep the choice in this browser; an empty one follows the system."""
    if theme:
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR_SECONDS, samesite="Lax")
    else:
        response.delete_cookie(THEME_COOKIE)
