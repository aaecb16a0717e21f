"""The decision page as tests use it."""

import html as html_text
import re
from typing import Any

from django.test import Client

from accounts.models import User
from gates.models import Rollout

LEFT_OPEN = "kill_criteria_agreed"


class Page:
    """The decision page as somebody sees it, and what they send from it."""

    def __init__(self, client: Client, rollout: Rollout, user: User) -> None:
        self.client, self.rollout = client, rollout
        self.url = f"/initiatives/{rollout.initiative.reference}/decide/"
        client.force_login(user)
        self.take(client.get(self.url))

    def take(self, answer: Any) -> None:
        self.status, self.html = answer.status_code, answer.content.decode()
        found = re.search(r'name="seen" value="([^"]+)"', self.html)
        self.seen = html_text.unescape(found[1]) if found else ""
        self.text = " ".join(html_text.unescape(re.sub(r"<[^>]+>", " ", self.html)).split())
        self.location = answer.headers.get("Location", "")

    def sign(self, outcome: str, **typed: Any) -> None:
        data = {"outcome": outcome, "reason": "It holds.", "seen": self.seen, **typed}
        self.take(self.client.post(self.url, data))

    @property
    def stage(self) -> str:
        return Rollout.objects.get(pk=self.rollout.pk).stage
