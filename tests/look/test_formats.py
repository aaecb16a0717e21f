from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock

from look.templatetags import formats

TODAY = date(2026, 11, 16)


def test_the_year_is_written_only_when_it_is_another():
    assert formats.day(date(2026, 11, 6), TODAY) == "6 Nov"
    assert formats.day(date(2025, 11, 6), TODAY) == "6 Nov 2025"
    assert formats.day(None) == ""


def test_moments_are_in_the_readers_zone():
    at = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    with clock.override(timezone(timedelta(hours=2))):
        assert formats.moment(at) == "17 Nov 2026, 01:30"
        assert formats.day(at, TODAY) == "17 Nov"
    assert formats.moment(None) == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "yesterday"),
        (11, "11 days ago"),
        (-1, "tomorrow"),
        (-3, "in 3 days"),
    ],
)
def test_days_ago(days, words):
    assert formats.days_ago(TODAY - timedelta(days=days), TODAY) == words


@pytest.mark.parametrize(
    ("value", "text"), [(1934, "1,934"), (33.5, "33.5"), (1234.567, "1,234.57"), (None, "")]
)
def test_numbers(value, text):
    assert formats.number(value) == text


def test_counts_agree_with_their_noun():
    assert formats.plural_count(1, "initiative") == "1 initiative"
    assert formats.plural_count(2133, "row") == "2,133 rows"
    assert formats.plural_count(0, "reply,replies") == "0 replies"


@pytest.mark.parametrize(
    ("share", "text"), [(0.14, "14 %"), (0, "0 %"), (1, "100 %"), (0.0042, "0.4 %"), (None, "")]
)
def test_shares(share, text):
    assert formats.percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("dollars", "text"), [(640_000, "$640,000"), (2_400_000, "$2.4 m"), (0, "$0"), (None, "")]
)
def test_money(dollars, text):
    assert formats.money(dollars).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maya Okafor", "MO"), ("Ana de la Cruz", "AC"), ("ops@example.org", "O"), ("", "?")],
)
def test_initials(name, letters):
    assert formats.initials(name) == letters
