"""The pages of gate meetings."""

from datetime import date

from django.urls import path, register_converter

from portfolio.views import meetings, one_meeting


class DayConverter:
    """A day as in 2026-12-04; what is no day has no page."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")

urlpatterns = [
    path("", meetings.meetings, name="meetings"),
    path("new/", meetings.call, name="meeting_call"),
    path("<day:day>/", one_meeting.meeting, name="meeting"),
    path("<day:day>/minutes/", meetings.minutes, name="meeting_minutes"),
    path("<day:day>/change/", meetings.change, name="meeting_change"),
    path("<day:day>/build/", meetings.build, name="meeting_build"),
    path("<day:day>/close/", meetings.close, name="meeting_close"),
    path("<day:day>/items/<int:pk>/move/", one_meeting.move, name="meeting_move"),
    path("<day:day>/items/<int:pk>/defer/", one_meeting.defer, name="meeting_defer"),
]
