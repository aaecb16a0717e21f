"""What the sample's initiatives rest on: assumptions, architecture, whom they reach."""

from collections.abc import Sequence
from random import Random
from typing import Any

from gates.case import Case
from gates.models import Rollout
from gates.services.kills import state_kill_criterion
from initiatives.models import Initiative
from initiatives.premises import contrast, judge_assumption, state_assumption
from initiatives.services import edit_initiative
from operations.services import count_exposure
from playbook.findings import Finding

ASSUMED = (
    ("Nightly records arrive complete before six", "Four weeks of deliveries", "27 of 28 nights"),
    ("Staff act on what it suggests", "Every tenth case followed to its end", "8 of 10 cases"),
)
ENDS = (
    ("Staff go back to the old way", "Fewer than 4 of 10 cases use it after eight weeks"),
    ("A wrong answer reaches the public unseen", "One case in which nobody looked before it went"),
)
# Each condition of a pilot: as it is there, as production will have it, and how far apart. They
# agree with what the criteria of its gate are answered with (``wording.NOTES``).
CONTRASTS = {
    "data": ("The whole intake of two offices", "The whole intake of every office", "narrow"),
    "users": ("60 people, of whom 34 did not volunteer", "Everybody in the section", "narrow"),
    "integration": ("The production feed, read only", "The same feed, answers written", "narrow"),
    "oversight": ("The builders look at every answer", "The section, with an alert", "narrow"),
    "scope": ("Simple cases", "All cases, appeals too", "wide"),
    "success": ("Minutes saved a case", "Minutes saved a case", "none"),
}
DESCRIBED_EACH = 4  # one initiative in so many has its conditions described
STEPS = "A cache before the model, and a second queue at month's end."
EXPOSED_PERCENT = 15
# What a criterion is answered from: the kind of findings that are ended before it.
RESTS_ON = {"assumptions_settled": "assumption", "architecture_validated": "architecture"}


def some(findings: Sequence[Finding], share: float, name: str) -> list[Finding]:
    """This share of the findings, drawn by the name: with a criterion whatever it is answered
    from, and the premises before the criteria."""
    drawn = list(findings)
    Random(name).shuffle(drawn)  # noqa: S311
    drawn = drawn[: round(len(drawn) * share)]
    needed = {RESTS_ON.get(finding.key) for finding in drawn}
    drawn += [finding for finding in findings if finding.kind in needed and finding not in drawn]
    return sorted(drawn, key=lambda finding: finding.kind in ("criterion", "rung"))


def settle(rollout: Rollout, case: Case, finding: Finding, act: dict[str, Any]) -> None:
    """End this blocker; ``act`` says who does it and when."""
    initiative = Initiative.objects.get(pk=rollout.initiative_id)
    match finding.kind:
        case "assumption" if finding.key == "stated":
            for text, test, settles in ASSUMED:
                state_assumption(
                    initiative=initiative, text=text, test=test, settles=settles, **act
                )
            if case.document.gate(case.facts.gate or 0).assumptions == "judged":
                _judge(initiative, act)
            if initiative.number % DESCRIBED_EACH == 3:
                _describe(initiative, case, act)
        case "kill":
            for text, sign in ENDS:
                state_kill_criterion(initiative=initiative, text=text, sign=sign, **act)
        case "assumption":
            _judge(initiative, act)
        case "architecture":
            edit_initiative(
                initiative=initiative,
                fields={"architecture": "increments", "architecture_note": STEPS},
                version=initiative.version,
                **act,
            )
        case "band" if finding.key != "above":
            count(rollout, act)


def count(rollout: Rollout, act: dict[str, Any]) -> None:
    """Who has access, within the band."""
    initiative = Initiative.objects.get(pk=rollout.initiative_id)
    count_exposure(
        initiative=initiative,
        exposed=(initiative.population or 0) * EXPOSED_PERCENT // 100,
        counted_on=act["at"].date(),
        **act,
    )


def _judge(initiative: Initiative, act: dict[str, Any]) -> None:
    for assumption in initiative.assumptions.open().filter(judged_at=None):
        judge_assumption(
            assumption=assumption, verdict="validated", finding="It held in the pilot.", **act
        )


def _describe(initiative: Initiative, case: Case, act: dict[str, Any]) -> None:
    for key, (pilot, production, distance) in CONTRASTS.items():
        contrast(
            initiative=initiative,
            condition=case.document.condition(key),
            pilot=pilot,
            production=production,
            distance=distance,
            **act,
        )
