"""Loading the sample: in one transaction, told as it goes, with people who can sign in."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import User
from portfolio.management.commands import load_sample_portfolio
from portfolio.sample import loading
from portfolio.sample.copying import in_one_piece
from portfolio.sample.specs import SPECS

pytestmark = pytest.mark.django_db


def test_it_says_how_far_it_is_and_lets_the_demo_people_in(monkeypatch: pytest.MonkeyPatch) -> None:
    few = SPECS[:2]
    monkeypatch.setattr(
        load_sample_portfolio,
        "load",
        lambda now, told: loading.load(now=now, told=told, specs=few),
    )
    monkeypatch.setattr(load_sample_portfolio, "LINES_EVERY", 1)
    out = StringIO()
    call_command("load_sample_portfolio", stdout=out)
    assert out.getvalue().startswith("1 of 2 stories told\n")
    assert "Loaded" in out.getvalue()
    for person in DEMO_PEOPLE:
        assert User.objects.get(email=person.email).check_password(DEMO_PASSWORD)


def test_services_within_one_piece_take_no_savepoints() -> None:
    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            User.objects.count()
        return [query["sql"].split()[0] for query in captured]

    with in_one_piece():
        assert statements() == ["SELECT"]
    assert statements() == ["SAVEPOINT", "SELECT", "RELEASE"]
