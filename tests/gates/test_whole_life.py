"""One initiative from intake to steady state over HTTP, by four people and nothing but forms."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Remit
from audit.services import verify
from gates.case import case_of
from gates.models import Decision, Rollout
from operations.services import count_exposure
from playbook.document import Criterion, Document
from playbook.evaluate import rung_of
from tests.factories import FIGURES, FUNDED, make_playbook, make_user

pytestmark = pytest.mark.django_db


class Hand:
    """Somebody signed in, with what they see and send at one initiative."""

    def __init__(self, user: User, root: str = "") -> None:
        self.client, self.root = Client(), root
        self.client.force_login(user)

    def read(self, page: str) -> str:
        answer = self.client.get(self.root + page)
        assert answer.status_code == 200, (page, answer.status_code)
        return html.unescape(answer.content.decode())

    def send(self, page: str, **typed: Any) -> str:
        answer = self.client.post(self.root + page, typed)
        assert answer.status_code == 302, (page, html.unescape(answer.content.decode()))
        return answer["Location"]


def rollout_at(root: str) -> Rollout:
    reference = root.strip("/").split("/")[-1]
    return Rollout.objects.select_related("playbook__text").get(initiative__reference=reference)


def settle_design(owner: Hand, document: Document) -> None:
    for area in document.design_areas:
        typed = {f"{question.key}-text": "Known." for question in area.questions}
        typed |= {f"{question.key}-settled": "on" for question in area.questions}
        owner.send(f"design/{area.key}/", **typed)


def measure(owner: Hand, criterion: Criterion) -> None:
    """Names what the criterion is computed from, and brings six weeks of figures as lines."""
    lines, now = [], timezone.now()
    for measure in criterion.measures:
        direction, baseline, target, good = FIGURES[measure.metric]
        name = f"{criterion.key} {measure.metric}"
        named = {
            "name": name,
            "kind": measure.metric,
            "direction": direction,
            "target": target,
            "measured_by": "Case system",
        }
        if baseline is not None:
            named |= {"baseline": baseline, "baseline_on": now.date().isoformat()}
        owner.send("metrics/", **named)
        days = [(now - timedelta(weeks=week)).date().isoformat() for week in range(6)]
        lines += [f"{name}\t{day}\t{good}" for day in days]
    owner.send("metrics/record/", lines="1", text="\n".join(lines))
    assert "Not met" not in owner.read(f"criteria/{criterion.key}/")
    assert "Unknown" not in owner.read(f"criteria/{criterion.key}/")


def judge_criteria(owner: Hand, document: Document, gate: int, evidence: str) -> None:
    for criterion in document.gate(gate).criteria:
        if criterion.computed:
            measure(owner, criterion)
            continue
        typed = {"verdict": "met", "note": "Measured.", "evidence": evidence}
        owner.send(f"criteria/{criterion.key}/", **typed)


def climb(owner: Hand, document: Document, gate: int, evidence: str, me: User) -> None:
    """Bring every check to the rung that the gate asks."""
    due = (timezone.now().date() + timedelta(days=30)).isoformat()
    plan = {"plan-assignee": me.pk, "plan-solution": "As agreed.", "plan-due": due}
    for check in document.checks:
        match rung_of(document.gate(gate), check):
            case "planned":
                owner.send(f"checks/{check.key}/", action="plan", **plan)
            case "met" if gate != 4:
                owner.send(f"checks/{check.key}/", action="meet", **{"meet-evidence": evidence})


def lay_premises(owner: Hand, rollout: Rollout, gate: int) -> None:
    """State the assumptions, settle them after the pilot, stay within the population band."""
    match gate:
        case 0:
            owner.send("premises/", part="assumption", text="Records arrive by six", test="Watch")
            owner.send("premises/", part="kill", text="Nobody uses it", sign="Below 10 %")
        case 1:
            assumption = rollout.initiative.assumptions.get()
            typed = {"verdict": "validated", "finding": "27 of 28 nights."}
            owner.send(f"premises/assumptions/{assumption.pk}/", **typed)
            grown = {"architecture": "increments", "architecture_note": "One more queue."}
            owner.send("premises/", part="architecture", **grown)
        case 3:
            count_exposure(
                initiative=rollout.initiative,
                exposed=960,
                counted_on=timezone.now().date(),
                by=rollout.initiative.owner,
                at=timezone.now(),
            )


def assess_failure_modes(owner: Hand, document: Document) -> None:
    judged = {"likelihood": 2, "impact": 3, "response": "in_place", "response_text": "Designed in."}
    for mode in document.failure_modes:
        owner.send(f"risks/{mode.key}/", **judged)


def test_four_people_take_an_initiative_from_intake_to_steady_state(
    hannah: User, maya: User, carol: User
) -> None:
    rita = make_user("Rita Solano", remits=[remit.value for remit in Remit])
    make_playbook()
    office = Hand(hannah)
    root = office.send(
        "/initiatives/new/",
        name="Claims triage assistant",
        new_unit="Department of Examples › Bureau of Samples",
        owner=maya.pk,
        sponsor=carol.pk,
        population=6400,
        population_unit="people",
        impact_class="ordinary",
        **FUNDED,
    )
    owner, reviewer, sponsor = Hand(maya, root), Hand(rita, root), Hand(carol, root)
    rollout = rollout_at(root)
    document = rollout.playbook.parsed

    for gate in range(5):
        assert f"Open the Gate {gate} review" in owner.read("review/")
        due = timezone.now().date() + timedelta(days=21)
        owner.send("review/", due=due.isoformat())
        owner.send("evidence/add/", title=f"Report {gate}", url="https://reports.example.org/")
        evidence = str(rollout.initiative.evidence.latest("pk").pk)
        if gate == 0:
            settle_design(owner, document)
            assess_failure_modes(owner, document)
        if gate == 1:
            every = [check.key for check in document.checks]
            owner.send("checks/", checks=every, assignee=maya.pk)
        judge_criteria(owner, document, gate, evidence)
        climb(owner, document, gate, evidence, maya)
        reviewer.send(f"evidence/{evidence}/verify/", next=f"{root}evidence/")
        lay_premises(owner, rollout, gate)
        assert "Everything that is yours is met." in owner.read("review/submit/")
        owner.send("review/submit/")
        for remit in document.gate(gate).remits:
            reviewer.send(f"review/sign-off/{remit}/", verdict="signed", note="")
        page = sponsor.read("decide/")
        assert "Nothing is open. A go is possible." in page
        seen = re.search(r'name="seen" value="([^"]+)"', page)
        assert seen is not None
        record = sponsor.send("decide/", outcome="go", reason="It holds.", seen=seen[1])
        assert f"Gate {gate}: Go" in Hand(maya).read(record)

    rollout = rollout_at(root)
    assert rollout.stage == "steady"
    assert rollout.standing.labels == ["proven"]
    assert case_of(rollout, at=timezone.now()).facts.gate is None
    assert {made.decided_by for made in Decision.objects.all()} == {carol}
    assert "No gate lies ahead" in owner.read("review/")
    assert verify()[1] == []
