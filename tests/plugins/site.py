"""The site as browsers see it: served beside the tests, visited by people who are signed in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User

PATIENCE = 10_000
"""Milliseconds that an expectation waits: a page takes a hundred, a busy machine more."""


@dataclass
class Visitors:
    """Opens pages for people, each in a browser context of their own, and notes what no page may
    do: write errors to the console, or ask another host for anything."""

    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(
        self,
        person: User | None = None,
        *,
        width: int = 1280,
        height: int = 900,
        javascript: bool = True,
    ) -> Page:
        """A fresh browser at no address yet; signed in as the person, if there is one."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._asked)
        self.contexts.append(context)
        if person is not None:
            self._sign_in(context, person)
        return context.new_page()

    def _sign_in(self, context: BrowserContext, person: User) -> None:
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address}]
        )

    def _heard(self, message: ConsoleMessage) -> None:
        # Chromium also reports every page that answers with a refusal; that is no error here.
        refused_page = (
            message.text.startswith("Failed to load resource")
            and message.page
            and (message.location["url"].split("#")[0] == message.page.url.split("#")[0])
        )
        if message.type in ("error", "warning") and not refused_page:
            self.complaints.append(f"console at {message.location['url']}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(self.address):
            self.complaints.append(f"asked another host: {request.url}")

    def leave(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of the site, served from threads of this process on the tests' database."""
    served = LiveServer("localhost")
    yield served.url
    served.stop()


@pytest.fixture
def visitors(browser: Browser, server: str) -> Iterator[Visitors]:
    """Whoever visits the site in a test; at its end no page may have complained."""
    expect.set_options(timeout=PATIENCE)
    visitors = Visitors(browser, server)
    yield visitors
    visitors.leave()
    assert visitors.complaints == []
