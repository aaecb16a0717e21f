"""A meeting's page as somebody sees it, and what they send from it."""

import html as html_text
import re
from typing import Any

from django.test import Client

from accounts.models import User
from portfolio.models import AgendaItem, Meeting


class Page:
    def __init__(self, meeting: Meeting, user: User, item: AgendaItem | None = None) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.url = meeting.get_absolute_url()
        self.open(item)

    def open(self, item: AgendaItem | None = None) -> None:
        self.take(self.client.get(self.url, {"item": item.pk} if item else {}))

    def take(self, answer: Any) -> None:
        self.status, self.html = answer.status_code, answer.content.decode()
        found = re.search(r'name="seen" value="([^"]+)"', self.html)
        self.seen = html_text.unescape(found[1]) if found else ""
        sent = re.search(r'action="\?item=(\d+)"', self.html)
        self.item = sent[1] if sent else ""
        self.text = " ".join(html_text.unescape(re.sub(r"<[^>]+>", " ", self.html)).split())
        self.location = answer.headers.get("Location", "")

    def sign(self, outcome: str, **typed: Any) -> None:
        """Send the form that the page shows."""
        data = {"outcome": outcome, "reason": "It holds.", "seen": self.seen, **typed}
        self.take(self.client.post(f"{self.url}?item={self.item}", data))
