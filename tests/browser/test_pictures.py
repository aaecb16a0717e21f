"""The pictures in the README, taken anew: ``CLEARWAY_SCREENSHOTS=1 pytest tests/browser``."""

import os

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.models import User
from config.env import BASE_DIR
from gates.models import Rollout
from tests.plugins.site import Visitors

PICTURES = BASE_DIR / "docs" / "images"


@pytest.mark.skipif(
    os.environ.get("CLEARWAY_SCREENSHOTS") != "1",
    reason="pictures are taken when CLEARWAY_SCREENSHOTS=1",
)
@pytest.mark.django_db(transaction=True)
def test_take_the_pictures(visitors: Visitors, settings: LazySettings) -> None:
    settings.DEMO = True  # the people of the sample sign in nowhere else
    call_command("load_sample_portfolio")
    carol = User.objects.get(name="Carol Nakamura")
    page = visitors.page(carol, height=960)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.screenshot(path=PICTURES / "dashboard.png")
    rollout = Rollout.objects.filter(stage="limited", claim=None).order_by("pk").first()
    assert rollout is not None
    page.goto(rollout.initiative.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.screenshot(path=PICTURES / "initiative.png")
