"""A browser from the machine: Playwright drives it, nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

# The shell without windows, where there is one: it draws the same in two thirds of the time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium on this machine; `make test` installs one or says how.")
    # Playwright keeps an event loop in this thread; the ORM is used beside it, not in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # Small containers give /dev/shm less room than a page takes.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage", "--font-render-hinting=none"]
        )
        yield chromium
        # While the loop runs, Django keeps connections of their own for it.
        connections.close_all()
        chromium.close()
