"""The four promises about passage, held against the rows after every action.

Nothing here is asked of ``gates`` or of ``playbook``'s judgement but the label that a page shows.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from gates.case import cases_of
from metrics.days import zone
from playbook.labels import labels
from tests.soak.asked_in_sql import labels_in_sql
from tests.soak.barred import authors, self_approvals
from tests.soak.checker import State, answered, below_rung, read_state, rows
from tests.soak.series import Figure, Trial, shown

SAYS_SO = frozenset({"extended_pilot", "qualifying"})

GOES = """
    SELECT d.id, d.rollout_id, r.initiative_id, d.gate, d.review_id, d.outcome
    FROM gates_decision d JOIN gates_rollout r ON r.id = d.rollout_id
    WHERE d.decided_at >= %(at)s AND d.outcome IN ('go', 'conditional_go')
"""
DOCUMENT = """
    SELECT t.document FROM gates_rollout r
    JOIN playbook_playbookversion v ON v.id = r.playbook_id
    JOIN playbook_playbooktext t ON t.sha256 = v.sha256 WHERE r.id = %(rollout)s
"""
OWED = """
    SELECT count(*) FILTER (WHERE i.id = mine.id),
           count(*) FILTER (WHERE i.sponsor_id = mine.sponsor_id)
    FROM gates_rollout its JOIN initiatives_initiative mine ON mine.id = its.initiative_id,
         gates_condition c JOIN gates_rollout r ON r.id = c.rollout_id
         JOIN initiatives_initiative i ON i.id = r.initiative_id
         JOIN gates_passage p ON p.decision_id = c.decision_id
    WHERE its.id = %(rollout)s AND c.closed_at IS NULL AND p.void_since IS NULL
      AND r.stage NOT IN ('stopped', 'retired')
"""
EXCEPTED = """
    SELECT criterion FROM gates_criterionexception
    WHERE rollout_id = %(rollout)s AND approved_at IS NOT NULL AND approved_by_id <> asked_by_id
      AND ended_at IS NULL AND voided_by_id IS NULL AND expires >= %(today)s
"""
VOICES = """
    SELECT s.remit, s.given_by_id, g.delegate_from_id FROM gates_signoff s
    LEFT JOIN gates_delegation g ON g.id = s.delegation_id
    WHERE s.review_id = %(review)s AND s.verdict = 'signed'
"""
RUN_OUT_IN_PRODUCTION = """
    SELECT r.id FROM gates_rollout r
    WHERE r.stage IN ('limited', 'scaled', 'steady') AND EXISTS (
        SELECT 1 FROM checklists_check c WHERE c.initiative_id = r.initiative_id
          AND c.status = 'met' AND c.valid_until < %(today)s)
"""
KEPT = "SELECT rollout_id, labels FROM gates_standing WHERE rollout_id = ANY(%(rollouts)s)"


def broken(at: datetime) -> list[str]:
    """Every promise that what was done at this moment breaks."""
    found = self_approvals(at)
    for decision, rollout, initiative, gate, review, outcome in rows(GOES, at=at):
        covered = {
            blocker
            for (blocker,) in rows(
                "SELECT blocker FROM gates_condition WHERE decision_id = %(it)s", it=decision
            )
        }
        found += [
            f"unknown: {outcome} at gate {gate}: {what}"
            for what in open_at(rollout, initiative, gate, review, at)
            if what not in covered
        ]
        if outcome == "conditional_go":
            found += [f"cap: {over}" for over in beyond_cap(rollout, adding=0)]
    return found


def beyond_cap(rollout: int, *, adding: int) -> list[str]:
    """Whose conditions would be too many with so many more."""
    cap = document_of(rollout)["condition_cap"]
    ((mine, sponsored),) = rows(OWED, rollout=rollout)
    most = (cap["open_per_initiative"], cap["open_per_sponsor"])
    owed = {"of the initiative": (mine, most[0]), "of its sponsor": (sponsored, most[1])}
    return [
        f"{had} conditions {whose}, of at most {limit}"
        for whose, (had, limit) in owed.items()
        if had + adding > limit and (adding or had)
    ]


def open_at(rollout: int, initiative: int, gate: int, review: int | None, at: datetime) -> set[str]:
    """What the gate asks that does not hold and is not excepted: criteria, questions, checks,
    signatures. The names are those that conditions use."""
    document, today = document_of(rollout), at.date()
    asks = document["gates"][gate]
    state = read_state(initiative, today)
    excepted = {key for (key,) in rows(EXCEPTED, rollout=rollout, today=today)}
    found = {
        f"criterion:{each['key']}"
        for each in asks["criteria"]
        if not _holds(state, each, at) and (each["measures"] or each["key"] not in excepted)
    }
    if asks["needs_design_assessment"]:
        questions = [q["key"] for area in document["design_areas"] for q in area["questions"]]
        found |= {f"design:{key}" for key in questions if not state.design.get(key)}
    found |= {f"rung:{key}" for key in below_rung(state, asks, document)}
    return found | _unsigned(document, asks, rollout, review)


def _holds(state: State, criterion: dict[str, Any], at: datetime) -> bool:
    if not criterion["measures"]:
        return answered(state, criterion["key"])
    return all(_shows(state, measure, at) for measure in criterion["measures"])


def _shows(state: State, measure: dict[str, Any], at: datetime) -> bool:
    metrics = [pk for pk, known in state.metrics.items() if known[0] == measure["metric"]]
    return bool(metrics) and all(
        shown(_trial(state, metric, measure), at)[0] == "met" for metric in metrics
    )


def _trial(state: State, metric: int, measure: dict[str, Any]) -> Trial:
    _kind, direction, baseline, target = state.metrics[metric]
    figures = [Figure(datetime.fromisoformat(m), v) for m, v in state.figures[metric].items()]
    known = {"direction": direction, "baseline": baseline, "target": target}
    return Trial(str(zone()), known, measure, [figures], [])


def _unsigned(
    document: dict[str, Any], asks: dict[str, Any], rollout: int, review: int | None
) -> set[str]:
    """The remits that lack voices of people with no part in the work."""
    barred = authors(rollout, asks["number"], review)
    quorums = {remit["key"]: remit["quorum"] for remit in document["remits"]}
    voices: dict[str, set[int]] = {remit: set() for remit in asks["remits"]}
    for remit, by, stood_for in rows(VOICES, review=review):
        if remit in voices and not {by, stood_for} & set(barred):
            voices[remit].add(stood_for or by)
    return {f"sign_off:{r}" for r, seats in voices.items() if len(seats) < quorums[r]}


def document_of(rollout: int) -> dict[str, Any]:
    ((found,),) = rows(DOCUMENT, rollout=rollout)
    return json.loads(found) if isinstance(found, str) else found


def run_out(at: datetime) -> list[int]:
    """The rollouts in production with an MVP check that ran out."""
    return [rollout for (rollout,) in rows(RUN_OUT_IN_PRODUCTION, today=at.date())]


def unlabelled(rollouts: Collection[int], at: datetime) -> list[str]:
    """Those of them, with a check that ran out, that no label tells of on pages or in lists."""
    if not rollouts:
        return []
    asked = labels_in_sql(rollouts, at.date())
    kept = dict(rows(KEPT, rollouts=list(rollouts)))
    cases = cases_of(rollouts, at=at)
    found = []
    for rollout in rollouts:
        told = set(labels(cases[rollout].document, cases[rollout].facts))
        said = {"SQL": asked[rollout], "page": told, "list": set(kept.get(rollout, ()))}
        found += [
            f"label: rollout {rollout} is called {sorted(names)} by the {where}"
            for where, names in said.items()
            if not names & SAYS_SO
            or "proven" in names
            or names & SAYS_SO != asked[rollout] & SAYS_SO
        ]
    return found
