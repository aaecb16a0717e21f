"""Pages as the server answers them: every address, forms in error, empty and troubled states.

All are asked for in one transaction that is never committed; what a request changes is undone.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error

from gates.models import Rollout
from gates.services.kills import record_hit
from gates.services.rollouts import pause
from gates.services.slips import settle
from gates.services.stalls import note_stall
from initiatives.models import Initiative
from portfolio.sample.seed import seed
from reminders.models import DemoMail
from tests.factories import (
    PASSWORD,
    make_assessment,
    make_decision,
    make_exception,
    make_giving_way,
    make_initiative,
    make_passed,
    make_playbook,
    make_ready,
    make_rollout,
    make_submitted,
)
from tests.ratchets.axe import Answer
from tests.ratchets.routes import ROUTES
from tests.ratchets.world import Cast, arguments_of, make_cast, make_underway

SEEDED = 24
# Who is asked for an address, until somebody is shown a page there.
ROLES = (
    "office",
    "owner",
    "reviewer",
    "administrator",
    "contributor",
    "halfway",
    "anonymous",
)
# Statuses of pages that show a form with what is wrong in it.
SHOWN_AGAIN = (200, 409, 422)
EMPTY = (
    ("office", "portfolio:home"),
    ("office", "portfolio:table"),
    ("office", "portfolio:proving"),
    ("office", "portfolio:imports"),
    ("office", "portfolio:funds"),
    ("office", "portfolio:dependencies"),
    ("office", "portfolio:conditions"),
    ("office", "portfolio:meetings"),
    ("office", "portfolio:intake"),
    ("office", "portfolio:playbook_draft"),
    ("office", "portfolio:playbook_moves"),
    ("executive", "portfolio:graveyard"),
    ("executive", "portfolio:promises"),
    ("office", "reminders:sent"),
    ("executive", "portfolio:dashboard"),
    ("executive", "portfolio:decisions"),
    ("owner", "portfolio:home"),
    ("owner", "portfolio:table"),
    ("reviewer", "portfolio:home"),
    ("administrator", "api:all_tokens"),
    ("administrator", "webhooks:endpoints"),
)
SITUATIONS = (
    ("fresh", "owner", "gates:initiative"),
    ("fresh", "owner", "gates:review"),
    ("fresh", "owner", "gates:evidence_list"),
    ("fresh", "owner", "gates:sources"),
    ("fresh", "owner", "gates:metrics"),
    ("fresh", "owner", "gates:dependencies"),
    ("fresh", "office", "gates:decide"),
    ("fresh", "owner", "gates:money"),
    ("submitted", "executive", "gates:initiative"),
    ("submitted", "owner", "gates:review"),
    ("submitted", "owner", "gates:submit"),
    ("submitted", "reviewer", "gates:sign_off"),
    ("submitted", "reviewer", "gates:stand_ins"),
    ("submitted", "second_office", "gates:decide"),
    ("submitted", "owner", "gates:decide"),
    ("claimed", "office", "gates:initiative"),
    ("claimed", "office", "gates:review"),
    ("claimed", "office", "gates:money"),
    ("paused", "owner", "gates:initiative"),
    ("stopped", "owner", "gates:initiative"),
    ("stopped", "second_office", "gates:decide"),
    ("stopped", "owner", "gates:money"),
    ("stopped", "office", "gates:revive"),
    ("stalled", "owner", "gates:initiative"),
    ("stalled", "owner", "gates:stall"),
    ("stalled", "second_office", "gates:revive"),
    ("giving_way", "owner", "gates:initiative"),
    ("giving_way", "owner", "gates:holding"),
    ("taken_back", "owner", "gates:initiative"),
    ("taken_back", "office", "gates:holding"),
    ("steady", "owner", "gates:initiative"),
    ("steady", "owner", "gates:review"),
    ("hit", "owner", "gates:initiative"),
    ("hit", "executive", "gates:review"),
    ("hit", "second_office", "gates:decide"),
)


def as_answer(path: str, response: HttpResponseBase) -> Answer:
    return Answer(path, response.status_code, dict(response.items()), response.content)


# Addresses that send on whoever asks for nothing in particular.
QUERIES = {"portfolio:assign": "?all=1"}


class Gallery:
    def __init__(self, at: datetime) -> None:
        self.states: dict[str, Answer] = {}
        self._before_anybody()
        self.cast = make_cast()
        self.clients: dict[str, Client] = {"anonymous": Client()}
        for role in ("owner", "contributor"):
            self.clients[role] = self._sign_in(role)
        for role in ("office", "second_office", "executive", "reviewer", "administrator"):
            self.clients[role] = Client()
            self.clients[role].force_login(getattr(self.cast, role))
        make_playbook()
        for role, name in EMPTY:
            self.states[f"empty {name} for {role}"] = self._page(role, reverse(name))
        self._bring_devices()
        seed(count=SEEDED, seed=1, at=at)
        self._mail()
        rollout = make_underway(self.cast, at=at, name="Claims triage assistant")
        self.arguments = arguments_of(rollout, self.cast, at=at)
        rollouts = situations(self.cast, at)
        for situation, role, name in SITUATIONS:
            reference = rollouts[situation].initiative.reference
            url = ROUTES[name].url({**self.arguments, "reference": reference})
            self.states[f"{situation} {name} for {role}"] = self._page(role, url)
        self._changed_meanwhile(rollouts["submitted"], at)
        self._homes()
        self._token()
        self._refusals()
        self._reset()

    def shown(self, name: str) -> list[Answer]:
        """The page at the address, and its form as it comes back when nothing was filled in."""
        url = ROUTES[name].url(self.arguments) + QUERIES.get(name, "")
        found = []
        for method, statuses in (("GET", (200,)), ("POST", SHOWN_AGAIN)):
            answers = (self._ask(self.clients[role], method, url) for role in ROLES)
            page = next((a for a in answers if a and a.status in statuses), None)
            if page:
                found.append(page)
        return found

    def _ask(self, client: Client, method: str, url: str, **data: Any) -> Answer | None:
        """The page that is answered; None for a file, or a redirect."""
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            response = client.get(url) if method == "GET" else client.post(url, data)
            transaction.set_rollback(True)
        client.cookies = cookies
        is_page = response.get("Content-Type", "").startswith("text/html")
        return as_answer(url, response) if is_page and response.status_code != 302 else None

    def _page(self, role: str, url: str) -> Answer:
        answer = self._ask(self.clients[role], "GET", url)
        assert answer is not None, f"{role} is shown no page at {url}"
        assert answer.status == 200
        return answer

    def _sign_in(self, role: str) -> Client:
        """By the form and once more with the password, which opens the second factor's pages."""
        client = Client()
        person = getattr(self.cast, role)
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        return client

    def _before_anybody(self) -> None:
        for method in ("GET", "POST"):
            answer = self._ask(Client(), method, reverse("accounts:setup"))
            assert answer is not None
            self.states[f"setup before anybody is there, {method}"] = answer

    def _bring_devices(self) -> None:
        """The contributor signs in with a second factor from now on."""
        TOTP.activate(self.cast.contributor, generate_totp_secret())
        RecoveryCodes.activate(self.cast.contributor)
        self.clients["halfway"] = self._sign_in("contributor")

    def _mail(self) -> None:
        DemoMail.objects.create(
            pk=1,
            sender="clearway@example.org",
            recipients="maya.okafor@example.org",
            subject="Gate 1 review is due in 3 days",
            body="Answer what is open: http://localhost:8000/initiatives/AI-0001/review/",
        )

    def _changed_meanwhile(self, rollout: Rollout, at: datetime) -> None:
        """A decision on facts that changed since its page was opened."""
        url = reverse("gates:decide", args=[rollout.initiative.reference])
        page = self._page("second_office", url).body.decode()
        seen = re.search(r'name="seen" value="([^"]+)"', page)
        assert seen is not None
        with transaction.atomic():
            make_assessment(rollout.initiative, "value", by=self.cast.owner, at=at, likelihood=3)
            answer = self._ask(
                self.clients["second_office"],
                "POST",
                url,
                seen=seen[1],
                outcome="hold",
                reason="Not yet.",
            )
            transaction.set_rollback(True)
        assert answer is not None
        assert answer.status == 409
        self.states["decision on facts that changed"] = answer

    def _homes(self) -> None:
        for role in ("owner", "executive", "reviewer"):
            self.states[f"start page for {role}"] = self._page(role, "/")
        found = self._page("office", reverse("portfolio:table") + "?q=nothing+is+called+this")
        self.states["table that finds nothing"] = found
        ledger = reverse("portfolio:conditions") + "?show=exceptions"
        self.states["ledger of exceptions"] = self._page("office", ledger)
        self.states["proposal that looks alike"] = self._proposal_again()
        self.states["shared thing that looks alike"] = self._named_again()

    def _proposal_again(self) -> Answer:
        """The form to add an initiative, on which one is pointed out that looks the same."""
        unit = Initiative.objects.get(name="Claims triage assistant").unit_id
        typed = {"name": "Claims triage", "unit": unit, "impact_class": "ordinary"}
        typed["population_unit"] = "people"
        answer = self._ask(self.clients["office"], "POST", reverse("gates:create"), **typed)
        assert answer is not None
        assert b"Is it one of these?" in answer.body
        return answer

    def _token(self) -> None:
        made = self._ask(
            self.clients["owner"], "POST", reverse("api:tokens"), name="Monitoring", days=30
        )
        assert made is not None
        assert b"shown this once" in made.body
        self.states["token just made"] = made

    def _named_again(self) -> Answer:
        """The form to name something shared, on which one of nearly that name is pointed out."""
        url = reverse("gates:dependencies", args=[self.arguments["reference"]])
        typed = {"new-kind": "team", "new-name": "Acme speeches", "new-used_for": "Words"}
        answer = self._ask(self.clients["owner"], "POST", url, part="new", **typed)
        assert answer is not None
        assert b"Is it one of these?" in answer.body
        return answer

    def _refusals(self) -> None:
        owner, login = self.clients["owner"], reverse("account_login")
        asked = {
            "not found": owner.get("/nothing-is-here/"),
            "forbidden": owner.get(reverse("accounts:people")),
            "forged form": Client(enforce_csrf_checks=True).post(login),
            "failure": server_error(RequestFactory().get("/")),
            "invitation that is gone": Client().get(reverse("accounts:accept", args=["gone"])),
        }
        for _ in range(11):
            wrong = {"login": self.cast.outsider.email, "password": "guess"}
            asked["locked out"] = Client().post(login, wrong)
        for name, response in asked.items():
            self.states[name] = as_answer("/refused/", response)

    def _reset(self) -> None:
        client = Client()
        client.post(reverse("account_reset_password"), {"email": self.cast.owner.email})
        link = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
        assert link is not None
        response = client.get(link[1], follow=True)
        assert response.status_code == 200
        self.states["new password"] = as_answer(response.request["PATH_INFO"], response)


def situations(cast: Cast, at: datetime) -> Mapping[str, Rollout]:
    """Initiatives in every kind of state and trouble."""

    def begun(name: str, stage: str = "intake", **fields: Any) -> Rollout:
        people = {"owner": cast.owner, "sponsor": cast.sponsor, **fields}
        initiative = make_initiative(by=cast.office, at=at, name=name, **people)
        return make_rollout(initiative, stage=stage, by=cast.office, at=at)

    submitted = begun("Permit summaries", impact_class="both")
    make_ready(
        submitted,
        by=cast.owner,
        verifier=cast.contributor,
        skip=["criterion:baseline_taken"],
        at=at,
    )
    make_assessment(submitted.initiative, "budget", by=cast.owner, at=at, likelihood=5, impact=5)
    make_submitted(submitted, by=cast.owner, at=at)
    paused = begun("Grant matching", "limited")
    pause(rollout=paused, reason="The vendor changed.", cause="integration", by=cast.owner, at=at)
    long_ago = at - timedelta(days=45)
    idle = make_initiative(
        owner=cast.owner, sponsor=cast.sponsor, by=cast.office, at=long_ago, name="Slow approvals"
    )
    stalled = make_rollout(idle, by=cast.office, at=long_ago)
    note_stall(rollout=stalled, words="Under review.", cause="governance", by=cast.owner, at=at)
    stopped = begun("Meeting notes")
    make_decision(stopped, "stop", by=cast.office, at=at)
    people: dict[str, Any] = {
        "owner": cast.owner,
        "verifier": cast.contributor,
        "reviewers": [cast.reviewer],
        "decider": cast.second_office,
    }
    earlier = at - timedelta(days=9)
    giving_way = make_passed(begun("Shift swaps"), gates=2, at=earlier, **people)
    make_giving_way(giving_way, gate=1, by=cast.owner, at=at)
    taken_back = make_passed(begun("Route planning"), gates=2, at=earlier, **people)
    make_giving_way(taken_back, gate=1, by=cast.owner, at=earlier)
    settle(rollout=taken_back, at=at)
    steady = make_passed(begun("Mail routing"), gates=5, at=at - timedelta(days=1), **people)
    hit = make_passed(begun("Queue forecast"), gates=1, at=at, **people)
    criterion = hit.playbook.parsed.gate(1).criteria[1].key
    make_exception(hit, criterion, by=cast.owner, approved_by=cast.office, at=at)
    kill = hit.initiative.kill_criteria.get()
    record_hit(kill=kill, note="4 % in week four.", by=cast.owner, at=at)
    return {
        "hit": hit,
        "fresh": begun("A new idea"),
        "submitted": submitted,
        "claimed": begun("Chat for everyone", "steady", owner=None, sponsor=None),
        "paused": paused,
        "stalled": stalled,
        "stopped": stopped,
        "giving_way": giving_way,
        "taken_back": taken_back,
        "steady": steady,
    }
