"""axe finds nothing on any page: no rule disabled, light and dark, 1280 and 320 pixels wide, no
scrolling sideways, no error in the console, nothing asked of another host."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker

from tests.plugins.site import Visitors
from tests.ratchets.axe import EVERY_LOOK, TWO_LOOKS, Answer, Window
from tests.ratchets.gallery import EMPTY, SITUATIONS, Gallery
from tests.ratchets.routes import ROUTES
from tests.ratchets.world import UNDONE

pytestmark = pytest.mark.django_db

# Addresses that answer with a file or by sending on, to whomever asks and whatever is sent.
NOT_PAGES = {
    "accounts:deactivate",
    "accounts:demo_sign_in",
    "accounts:reactivate",
    "accounts:resend",
    "accounts:setup",
    "accounts:theme",
    "accounts:withdraw",
    "api:revoke_token",
    "gates:end_delegation",
    "gates:end_feed",
    "gates:end_exception",
    "gates:evidence",
    "gates:release_money",
    "gates:act_on_record",
    "gates:resume",
    "gates:thaw_money",
    "gates:verify_evidence",
    "mfa_download_recovery_codes",
    "portfolio:crosswalk_export",
    "portfolio:playbook_draft_toml",
    "portfolio:playbook_toml",
    "portfolio:export",
    "portfolio:promises_export",
    "portfolio:import_answers",
    "portfolio:import_discard",
    "portfolio:import_file",
    "portfolio:import_invalid",
    "portfolio:import_reading",
    "portfolio:meeting_build",
    "portfolio:meeting_move",
    "portfolio:search",
    "webhooks:end",
    "webhooks:test",
}
STATES = (
    "setup before anybody is there, GET",
    "setup before anybody is there, POST",
    *(f"empty {name} for {role}" for role, name in EMPTY),
    *(f"{situation} {name} for {role}" for situation, role, name in SITUATIONS),
    "decision on facts that changed",
    "start page for owner",
    "start page for executive",
    "start page for reviewer",
    "table that finds nothing",
    "proposal that looks alike",
    "token just made",
    "shared thing that looks alike",
    "ledger of exceptions",
    "not found",
    "forbidden",
    "forged form",
    "failure",
    "invitation that is gone",
    "locked out",
    "new password",
)


@pytest.fixture(scope="module")
def gallery(
    browser: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Gallery]:
    """One world for all pages, never committed. After the browser: its loop has connections of
    its own, and the transaction must end on the one on which it began."""
    # The password was given at the start and counts for as long as the tests take.
    settings = {"DEMO": True, "ACCOUNT_REAUTHENTICATION_TIMEOUT": 24 * 3600, **UNDONE}
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**settings):
        yield Gallery(timezone.now())
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def visitor(browser: Browser, server: str) -> Iterator[Visitors]:
    visitors = Visitors(browser, server)
    yield visitors
    visitors.leave()


@pytest.fixture(scope="module")
def open_window(visitor: Visitors) -> Window:
    return Window(visitor.page(), visitor.address)


@pytest.fixture
def window(open_window: Window, visitor: Visitors) -> Iterator[Window]:
    """One for all pages; at the end of a test no page may have complained."""
    yield open_window
    said, visitor.complaints = visitor.complaints, []
    assert said == []


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_address(name: str, gallery: Gallery, window: Window) -> None:
    answers = gallery.shown(name)
    assert bool(answers) != (name in NOT_PAGES), "a page, or one of NOT_PAGES?"
    for answer, looks in zip(answers, (EVERY_LOOK, TWO_LOOKS), strict=False):
        window.show(answer)
        assert window.faults(looks) == []


@pytest.mark.parametrize("state", STATES)
def test_every_state(state: str, gallery: Gallery, window: Window) -> None:
    window.show(gallery.states[state])
    assert window.faults(TWO_LOOKS) == []


def test_no_state_is_forgotten(gallery: Gallery) -> None:
    assert set(gallery.states) == set(STATES)


BAD = b"""<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1>
<div style="width: 900px"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></div></main>"""


def test_a_bad_page_is_found_out(window: Window) -> None:
    window.show(Answer("/bad/", 200, {"Content-Type": "text/html"}, BAD))
    found = window.faults(EVERY_LOOK)
    assert sum("image-alt" in fault for fault in found) == len(EVERY_LOOK)
    assert [fault for fault in found if "scrolls sideways" in fault] == [
        f"{theme}, 320 px: scrolls sideways: 908 px wide" for theme in ("dark", "light")
    ]


def test_what_a_page_says_and_asks_is_heard(browser: Browser, server: str) -> None:
    visitors = Visitors(browser, server)
    page = visitors.page()
    page.goto("/static/logo.svg")
    page.evaluate(
        "async () => { console.error('Oh'); await fetch('http://[::1]:9/').catch(() => 0); }"
    )
    visitors.leave()
    assert any("Oh" in complaint for complaint in visitors.complaints)
    assert any("asked another host" in complaint for complaint in visitors.complaints)
