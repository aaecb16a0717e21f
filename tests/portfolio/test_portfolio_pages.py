"""The portfolio's pages say the same as an initiative's own."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from accounts.services.people import deactivate, reactivate, set_grants
from gates.services.reviews import open_review
from initiatives.models import Initiative
from look.templatetags.formats import days_ago
from tests.factories import NOW, make_ready, make_rollout, make_submitted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("hour", "zone"), [(12, "Pacific/Kiritimati"), (0, "Pacific/Honolulu"), (12, "UTC")]
)
def test_what_is_due_today_is_overdue_for_nobody(
    hour: int, zone: str, maya: User, hannah: User, devin: User, client: Client, time_machine: Any
) -> None:
    at = NOW.replace(hour=hour)
    time_machine.move_to(at, tick=False)
    rollout = make_rollout(owner=maya, at=at)
    make_ready(rollout, by=maya, verifier=devin, at=at)
    open_review(rollout=rollout, by=maya, at=at, due=at.date())
    make_submitted(rollout, by=maya, at=at)
    User.objects.filter(pk=hannah.pk).update(time_zone=zone)
    client.force_login(hannah)
    for page in ("/attention/", "/portfolio/", "/decisions/"):
        assert "verdue" not in client.get(page).content.decode(), page
    assert "review is overdue" not in client.get("/dashboard/").content.decode().replace(
        "No review is overdue", ""
    )
    time_machine.move_to(at + timedelta(days=1), tick=False)
    assert "overdue" in client.get("/attention/").content.decode().lower()


def test_a_day_is_as_far_off_for_everybody(time_machine: Any) -> None:
    time_machine.move_to(NOW.replace(hour=12), tick=False)
    with timezone.override("Pacific/Kiritimati"):
        assert days_ago(NOW.date()) == "today"


def test_a_name_with_a_control_character_is_exported_without_it(
    maya: User, hannah: User, client: Client
) -> None:
    rollout = make_rollout(owner=maya)
    Initiative.objects.filter(pk=rollout.initiative_id).update(name="Bell\x07 ringer")
    client.force_login(hannah)
    response = client.get("/portfolio/export/portfolio.xlsx")
    assert response.status_code == 200
    sheet = load_workbook(BytesIO(response.content)).active
    assert "Bell ringer" in [cell.value for cell in next(sheet.iter_rows(min_row=2))]


def test_nobody_may_decide_follows_roles_and_leaving(
    maya: User, hannah: User, peter: User, ada: User, devin: User, client: Client
) -> None:
    """Hannah submitted, so nobody but Peter may decide."""
    rollout = make_rollout(owner=hannah)
    make_ready(rollout, by=maya, verifier=devin)
    make_submitted(rollout, by=hannah)
    client.force_login(hannah)

    def says() -> bool:
        return "Everybody who could decide" in client.get("/attention/").content.decode()

    assert not says()
    deactivate(user=peter, by=ada, at=NOW)
    assert says()
    reactivate(user=peter, by=ada, at=NOW)
    assert not says()
    set_grants(user=peter, grants=[], by=ada, at=NOW)
    assert says()
