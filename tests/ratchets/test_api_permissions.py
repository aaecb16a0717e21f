"""Who may do what over the API: every operation, for every role, by session and by token.

The letters are those of ``test_permissions``; ``s`` is 401 here. A rule says what a session is
answered; what a token is answered follows from it: a token never does what is a person's own act,
and one that is narrowed to another initiative finds nothing of this one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from api.document import described
from api.site import addresses, api
from gates.models import Decision, Review
from tests.factories import make_rollout, make_token
from tests.ratchets.test_permissions import (
    ANSWERS_FOR_IT,
    CHECKS_IT,
    OFFICE,
    PART_OF_IT,
    ROLES,
    SIGNED_IN,
    SIGNS_OFF,
    WORKS_ON_IT,
    sign_in,
)
from tests.ratchets.world import UNDONE, Cast, make_cast, make_underway

pytestmark = pytest.mark.django_db

IT = "/api/v1/initiatives/{reference}"


class Rule(NamedTuple):
    """``by_hand`` is closed to tokens; ``anywhere`` is about no initiative in particular, and
    ``whole`` is for tokens that are not narrowed."""

    letters: str
    body: Any = None
    by_hand: bool = False
    anywhere: bool = False
    whole: bool = False


DUE, PERSON, A_METRIC = "2099-01-01", "{person}", "{metric}"
NUMBERS = (PERSON, A_METRIC)
LINK = {"title": "Report", "url": "https://example.org/"}
FIGURE = {"metric": A_METRIC, "at": "2026-01-05T09:00:00Z", "value": 4.5}
METRIC = {"name": "Minutes", "kind": "business", "direction": "down"}
RULES = {
    "GET /api/v1/initiatives": Rule(SIGNED_IN, anywhere=True),
    "POST /api/v1/initiatives": Rule(OFFICE, {"name": "Tides", "unit": ["A"]}, whole=True),
    "GET /api/v1/people": Rule(OFFICE, whole=True),
    f"GET {IT}": Rule(PART_OF_IT),
    f"PATCH {IT}": Rule(WORKS_ON_IT, {"version": 1}),
    f"GET {IT}/evaluation": Rule(PART_OF_IT),
    f"GET {IT}/people": Rule(WORKS_ON_IT),
    f"GET {IT}/design": Rule(PART_OF_IT),
    f"PUT {IT}/design/{{key}}": Rule(WORKS_ON_IT, {"text": "x", "settled": True}),
    f"GET {IT}/criteria": Rule(PART_OF_IT),
    f"PUT {IT}/criteria/{{key}}": Rule(WORKS_ON_IT, {"verdict": "not_met", "note": "x"}),
    f"GET {IT}/checks": Rule(PART_OF_IT),
    f"GET {IT}/checks/{{key}}": Rule(PART_OF_IT),
    f"POST {IT}/checks/{{key}}/assign": Rule(WORKS_ON_IT, {"assignee": PERSON}),
    f"POST {IT}/checks/{{key}}/plan": Rule(
        WORKS_ON_IT, {"assignee": PERSON, "solution": "x", "due": DUE}
    ),
    f"POST {IT}/checks/{{key}}/meet": Rule(WORKS_ON_IT, {"evidence": 1}),
    f"POST {IT}/checks/{{key}}/reopen": Rule(WORKS_ON_IT, {"reason": "x"}),
    f"GET {IT}/evidence": Rule(PART_OF_IT),
    f"POST {IT}/evidence": Rule(WORKS_ON_IT, LINK),
    f"POST {IT}/evidence/{{pk}}/verify": Rule(CHECKS_IT, by_hand=True),
    f"GET {IT}/risks": Rule(PART_OF_IT),
    f"GET {IT}/risks/{{key}}": Rule(PART_OF_IT),
    f"POST {IT}/risks/{{key}}": Rule(WORKS_ON_IT, {"response": "none"}),
    f"GET {IT}/metrics": Rule(PART_OF_IT),
    f"POST {IT}/metrics": Rule(WORKS_ON_IT, METRIC),
    "GET /api/v1/metrics/{pk}": Rule(PART_OF_IT),
    "PATCH /api/v1/metrics/{pk}": Rule(WORKS_ON_IT, {"unit": "minutes"}),
    "GET /api/v1/metrics/{pk}/observations": Rule(PART_OF_IT),
    "POST /api/v1/observations": Rule(WORKS_ON_IT, {"observations": [FIGURE]}),
    f"GET {IT}/reviews": Rule(PART_OF_IT),
    f"POST {IT}/reviews": Rule(ANSWERS_FOR_IT, {}),
    "GET /api/v1/reviews/{pk}": Rule(PART_OF_IT),
    "POST /api/v1/reviews/{pk}/submit": Rule(ANSWERS_FOR_IT),
    "POST /api/v1/reviews/{pk}/withdraw": Rule(ANSWERS_FOR_IT),
    "GET /api/v1/reviews/{pk}/sign-offs": Rule(PART_OF_IT),
    "POST /api/v1/reviews/{pk}/sign-offs": Rule(
        SIGNS_OFF, {"remit": "security", "verdict": "signed"}, by_hand=True
    ),
    f"GET {IT}/decisions": Rule(PART_OF_IT),
    "GET /api/v1/decisions/{pk}": Rule(PART_OF_IT),
}


def letters_of(rule: Rule, way: str) -> str:
    """What each role is answered that way."""
    letters = rule.letters
    if way == "session":
        return letters
    if rule.by_hand:
        letters = letters.replace("+", "f")
    if way != "token" and rule.whole:
        letters = letters.replace("+", "f")
    if way == "token for another" and not (rule.anywhere or rule.whole):
        letters = letters[0] + "n" * (len(letters) - 1)
    return letters


LETTERS = {401: "s", 403: "f", 404: "n", 405: "-"}


class Site(NamedTuple):
    ways: Mapping[str, Mapping[str, Client]]
    arguments: Mapping[str, Any]

    def ask(self, way: str, operation: str, body: Any) -> str:
        method, path = operation.split(" ")
        url = path.format(**self._arguments(path))
        if body is not None:
            numbers = {f'"{name}"': str(self.arguments[name[1:-1]]) for name in NUMBERS}
            body = json.loads(re.sub(r'"{\w+}"', lambda m: numbers[m[0]], json.dumps(body)))
        return "".join(self._one(c, method, url, body) for c in self.ways[way].values())

    def _arguments(self, path: str) -> Mapping[str, Any]:
        kinds = [part for part in path.split("/") if part in self.arguments]
        return {**self.arguments, **(self.arguments[kinds[-1]] if kinds else {})}

    def _one(self, client: Client, method: str, url: str, body: Any) -> str:
        with transaction.atomic():
            answer = client.generic(
                method,
                url,
                "" if body is None else client._encode_json(body, "application/json"),
                content_type="application/json",
            )
            transaction.set_rollback(True)
        assert answer.status_code in LETTERS or answer.status_code in (200, 201, 409), (
            url,
            answer.content,
        )
        return LETTERS.get(answer.status_code, "+")


def clients_of(cast: Cast, way: str, **reach: Any) -> dict[str, Client]:
    """One client for each role, by session or by token."""
    if way == "session":
        return {role: sign_in(cast, role) for role in ROLES}
    clients = {"anonymous": Client()}
    for role in ROLES[1:]:
        _token, secret = make_token(getattr(cast, role), name=way, at=timezone.now(), **reach)
        clients[role] = Client(headers={"Authorization": f"Bearer {secret}"})
    return clients


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """One world for all operations, in a transaction that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**UNDONE):
        now = timezone.now()
        cast = make_cast()
        rollout = make_underway(cast, at=now, name="Claims triage assistant")
        other = make_rollout(owner=cast.owner, at=now).initiative
        initiative, document = rollout.initiative, rollout.playbook.parsed
        evidence = initiative.evidence.filter(verified_at__isnull=True).first()
        assert evidence is not None
        yield Site(
            {
                "session": clients_of(cast, "session"),
                "token": clients_of(cast, "token"),
                "token that reads": clients_of(cast, "token that reads", writes=False),
                "token for it": clients_of(cast, "token for it", initiatives=[initiative]),
                "token for another": clients_of(cast, "token for another", initiatives=[other]),
            },
            {
                "reference": initiative.reference,
                "person": cast.owner.pk,
                "metric": initiative.metrics.first().pk,
                "design": {"key": document.design_areas[0].questions[0].key},
                "criteria": {"key": document.gate(1).criteria[0].key},
                "checks": {"key": document.checks[0].key},
                "risks": {"key": document.failure_modes[0].key},
                "evidence": {"pk": evidence.pk},
                "metrics": {"pk": initiative.metrics.first().pk},
                "reviews": {"pk": Review.objects.under_way().get().pk},
                "decisions": {"pk": Decision.objects.get().pk},
            },
        )
        transaction.set_rollback(True)


def test_every_operation_has_its_rule() -> None:
    operations = {
        f"{method.upper()} {path}"
        for path, methods in described(api)["paths"].items()
        for method in methods
    }
    assert sorted(operations - set(RULES)) == [], "operations without a rule"
    assert sorted(set(RULES) - operations) == [], "rules without an operation"


def test_every_address_of_the_api_is_in_its_document() -> None:
    documented = {*described(api)["paths"]}
    found = {f"/api/v1/{pattern.pattern}" for pattern in addresses()}
    spelt = {path.replace("<", "{").replace(">", "}") for path in found}
    assert spelt - documented == {"/api/v1/openapi.json"}


@pytest.mark.parametrize("way", ["session", "token", "token for it", "token for another"])
@pytest.mark.parametrize("operation", sorted(RULES))
def test_everybody_gets_what_the_rule_says(operation: str, way: str, site: Site) -> None:
    rule = RULES[operation]
    assert site.ask(way, operation, rule.body) == letters_of(rule, way)


@pytest.mark.parametrize("operation", sorted(op for op in RULES if not op.startswith("GET")))
def test_a_token_that_only_reads_changes_nothing(operation: str, site: Site) -> None:
    found = site.ask("token that reads", operation, RULES[operation].body)
    assert found == "sffffffff"
