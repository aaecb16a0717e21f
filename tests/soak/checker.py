"""An independent reading of the rules of passage, for checking what concurrent people did.

It shares no code with ``playbook.evaluate`` or ``gates``: it reads rows by plain SQL and the
playbook as plain JSON, replays the audit events in the order they were written, and says of every
go whether the gate's guards held at that moment.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

RUNG_ORDER = {"unassigned": 0, "assigned": 1, "planned": 2, "met": 3}
STAGES = ("intake", "pilot", "readiness", "limited", "scaled", "steady")


@dataclass
class State:
    """What the rows say of one initiative when nobody is changing it."""

    initiative: int
    today: str
    stage: str = ""
    owner: int | None = None
    sponsor: int | None = None
    funded: bool = False
    impact_class: str = ""
    paused: bool = False
    review: str = ""
    submitter: int | None = None
    design: dict[str, bool] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    verified: dict[int, bool] = field(default_factory=dict)
    authors: dict[int, int] = field(default_factory=dict)
    sign_offs: dict[str, str] = field(default_factory=dict)
    risks: dict[str, tuple[int, int, str, str]] = field(default_factory=dict)
    metrics: dict[int, tuple[str, str, float | None, float | None]] = field(default_factory=dict)
    """Kind, better direction, baseline and target of each metric."""
    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    """The counting figures of each metric by their moment."""


def rows(sql: str, *params: Any, **named: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, named or params)
        return cursor.fetchall()


def playbook() -> dict[str, Any]:
    """The newest playbook as plain JSON."""
    found = rows(
        "SELECT document FROM playbook_playbooktext t JOIN playbook_playbookversion v"
        " ON v.sha256 = t.sha256 ORDER BY v.number DESC LIMIT 1"
    )[0][0]
    return json.loads(found) if isinstance(found, str) else found


def read_state(initiative: int, today: date) -> State:
    """The rows of one initiative, read one table after the other while all is quiet."""
    state = State(initiative=initiative, today=str(today))
    stage, rollout = rows(
        "SELECT stage, id FROM gates_rollout WHERE initiative_id = %s ORDER BY id DESC LIMIT 1",
        initiative,
    )[0]
    state.stage = stage
    ((state.owner, state.sponsor, owner, funder, mechanism, state.impact_class),) = rows(
        "SELECT owner_id, sponsor_id, production_owner, production_funder, funding_mechanism,"
        " impact_class FROM initiatives_initiative WHERE id = %s",
        initiative,
    )
    state.funded = all((owner, funder, mechanism))
    state.paused = bool(
        rows("SELECT 1 FROM gates_pause WHERE rollout_id = %s AND resumed_at IS NULL", rollout)
    )
    for review, review_state, submitter in rows(
        "SELECT id, state, submitted_by_id FROM gates_review WHERE rollout_id = %s"
        " AND state IN ('open', 'submitted')",
        rollout,
    ):
        state.review, state.submitter = review_state, submitter
        state.sign_offs = dict(
            rows("SELECT remit, verdict FROM gates_signoff WHERE review_id = %s", review)
        )
    state.design = dict(
        rows(
            "SELECT question, settled FROM checklists_designanswer WHERE initiative_id = %s",
            initiative,
        )
    )
    for pk, verified, author in rows(
        "SELECT id, verified_at IS NOT NULL, added_by_id FROM initiatives_evidence"
        " WHERE initiative_id = %s",
        initiative,
    ):
        state.verified[pk], state.authors[pk] = verified, author
    for key, verdict, evidence, until in rows(
        "SELECT criterion, verdict, evidence_id, valid_until::text FROM gates_criterionanswer"
        " WHERE rollout_id = %s AND stands",
        rollout,
    ):
        state.answers[key] = {"verdict": verdict, "evidence": evidence, "valid_until": until}
    for key, status, evidence, until, waits in rows(
        "SELECT c.key, c.status, c.evidence_id, c.valid_until::text,"
        " c.confirmed_at IS NULL AND e.verified_at < c.met_at"
        " FROM checklists_check c LEFT JOIN initiatives_evidence e ON e.id = c.evidence_id"
        " WHERE c.initiative_id = %s",
        initiative,
    ):
        state.checks[key] = {
            "status": status,
            "evidence": evidence,
            "valid_until": until,
            "waits": bool(waits),  # verified for something else, and not yet confirmed for this
        }
    for mode, likelihood, impact, response, reassess_by in rows(
        "SELECT mode, likelihood, impact, response, reassess_by::text FROM risks_assessment"
        " WHERE initiative_id = %s AND superseded_at IS NULL",
        initiative,
    ):
        state.risks[mode] = (likelihood, impact, response, reassess_by)
    for pk, kind, direction, baseline, target in rows(
        "SELECT id, kind, direction, baseline, target FROM metrics_metric WHERE initiative_id = %s",
        initiative,
    ):
        state.metrics[pk] = (kind, direction, baseline, target)
        state.figures[pk] = {
            moment.isoformat(): value
            for moment, value in rows(
                "SELECT at, value FROM metrics_observation WHERE metric_id = %s AND NOT corrected",
                pk,
            )
        }
    return state


def replay(
    start: State, events: Sequence[tuple[str, dict[str, Any], int | None]], document: dict[str, Any]
) -> tuple[State, list[str]]:
    """Apply (verb, data, actor id) in order; return where that leads and every broken rule."""
    state, broken = copy.deepcopy(start), []
    for verb, data, actor in events:
        if verb == "review.submitted" and state.review != "open":
            broken.append(f"submitted a review that was {state.review or 'not there'}")
        if verb in ("review.signed_off", "review.objected") and state.review != "submitted":
            broken.append(f"signed off a review that was {state.review or 'not there'}")
        if verb == "decision.go":
            broken += [f"go at gate {data['gate']}: {why}" for why in against(state, document)]
            broken += [f"go by {actor}, who may not decide"] * (not may_decide(state, actor))
        apply(state, verb, data, actor)
    return state, broken


def apply(state: State, verb: str, data: dict[str, Any], actor: int | None) -> None:
    match verb.split("."):
        case ["check", _]:
            state.checks[data["check"]] = {
                "status": data["status"],
                "evidence": data["evidence"],
                "valid_until": data["valid_until"],
                "waits": False,
            }
        case ["criterion", "answered"]:
            state.answers[data["criterion"]] = {
                "verdict": data["verdict"],
                "evidence": data["evidence"],
                "valid_until": data["valid_until"],
            }
        case ["design", "answered"]:
            state.design[data["question"]] = data["settled"]
        case ["evidence", "added"]:
            state.verified[data["evidence"]] = False
            state.authors[data["evidence"]] = actor or 0
        case ["evidence", "verified" | "unverified" as how]:
            state.verified[data["evidence"]] = how == "verified"
            for check in state.checks.values():
                check["waits"] = check["waits"] and check["evidence"] != data["evidence"]
        case ["observation", "recorded"]:
            for metric, moment, value in data["observed"]:
                state.figures[metric][moment] = value
        case ["risk", "assessed"]:
            state.risks[data["mode"]] = (
                data["likelihood"],
                data["impact"],
                data["response"],
                data["reassess_by"],
            )
        case ["review", "submitted"]:
            state.review, state.submitter = "submitted", actor
        case ["review", "withdrawn"]:
            state.review, state.sign_offs = "", {}
        case ["review", "signed_off" | "objected"]:
            state.sign_offs[data["remit"]] = data["verdict"]
        case ["rollout", "paused" | "resumed" as how]:
            state.paused = how == "paused"
        case ["initiative", "assigned"]:
            state.owner, state.sponsor = data["owner"], data["sponsor"]
        case ["initiative", "edited"]:
            if data.get("production_owner", ["", "x"])[1] == "":
                state.funded = False
        case ["decision", _]:
            state.stage = data["to"]
            state.review, state.sign_offs, state.submitter = "", {}, None


def against(state: State, document: dict[str, Any]) -> list[str]:
    """Every guard of the gate out of the state's stage that does not hold."""
    gate = document["gates"][STAGES.index(state.stage)]
    found = ["paused"] * state.paused
    found += ["no submitted review"] * (state.review != "submitted")
    found += ["no funding path"] * (gate["number"] > 0 and not state.funded)
    if gate["needs_design_assessment"]:
        found += [
            f"{question['key']} is open"
            for area in document["design_areas"]
            for question in area["questions"]
            if not state.design.get(question["key"])
        ]
    found += [
        f"{criterion['key']} is not met"
        for criterion in gate["criteria"]
        if not (
            shown(state, criterion["measures"])
            if criterion["measures"]
            else answered(state, criterion["key"])
        )
    ]
    found += [f"no sign-off for {r}" for r in gate["remits"] if state.sign_offs.get(r) != "signed"]
    found += [mode["key"] for mode in document["failure_modes"] if critical(state, mode, document)]
    found += [f"{key} is below its rung" for key in below_rung(state, gate, document)]
    return found


def shown(state: State, measures: list[dict[str, Any]]) -> bool:
    """Whether the metrics show all that is asked: weeks from Monday to Sunday, in UTC."""
    for measure in measures:
        of_kind = [pk for pk, known in state.metrics.items() if known[0] == measure["metric"]]
        if not of_kind or not all(shows(state, pk, measure) for pk in of_kind):
            return False
    return True


def shows(state: State, metric: int, measure: dict[str, Any]) -> bool:
    _kind, direction, baseline, target = state.metrics[metric]
    bound = baseline if measure["compare"] == "baseline" else target
    figures = {datetime.fromisoformat(m): value for m, value in state.figures[metric].items()}
    if bound is None or not figures:
        return False

    def good(value: float) -> bool:
        ahead = value - bound if direction == "up" else bound - value
        return ahead > 0 if measure["compare"] == "baseline" else ahead >= 0

    today = date.fromisoformat(state.today)
    latest = max(figures)
    if (today - latest.date()).days > int(measure["fresh"].rstrip("d")):
        return False
    if measure["statistic"] == "last":
        return good(figures[latest])
    monday = today - timedelta(days=today.weekday())
    for week in range(1, measure["periods"] + 1):
        begins = monday - timedelta(weeks=week)
        inside = [
            value
            for moment, value in figures.items()
            if begins <= moment.date() < begins + timedelta(weeks=1)
        ]
        if not inside or not all(map(good, inside)):
            return False
    return True


def answered(state: State, key: str) -> bool:
    answer = state.answers.get(key)
    return bool(
        answer
        and answer["verdict"] == "met"
        and answer["evidence"] is not None
        and (answer["valid_until"] is None or answer["valid_until"] >= state.today)
    )


def critical(state: State, mode: dict[str, Any], document: dict[str, Any]) -> bool:
    if mode["key"] not in state.risks:
        return True
    likelihood, impact, response, reassess_by = state.risks[mode["key"]]
    untreated = likelihood * impact >= document["rating"]["critical_from"] and response == "none"
    return untreated or reassess_by < state.today


def below_rung(state: State, gate: dict[str, Any], document: dict[str, Any]) -> list[str]:
    if gate["rung"] == "none":
        return []
    wanted = "met" if gate["rung"] == "still_met" else gate["rung"]
    below = []
    for item in document["mvp_items"]:
        for check in item["checks"]:
            needed = "met" if gate["monitoring_checks_met"] and check["monitoring"] else wanted
            row = state.checks.get(check["key"], {"status": "unassigned"})
            has = row["status"]
            if has == "met" and (row["waits"] or not state.verified[row["evidence"]]):
                has = "planned" if needed == "planned" else "assigned"
            if has == "met" and row["valid_until"] and row["valid_until"] < state.today:
                has = "assigned"
            if RUNG_ORDER[has] < RUNG_ORDER[needed]:
                below.append(check["key"])
    return below


def may_decide(state: State, actor: int | None) -> bool:
    used = {answer["evidence"] for answer in state.answers.values()}
    used |= {check["evidence"] for check in state.checks.values() if check["status"] == "met"}
    hands = {state.owner, state.submitter, *(state.authors[e] for e in used if e is not None)}
    return actor is not None and actor not in hands
