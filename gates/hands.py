"""Who had a hand in what is judged, and therefore does not judge it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from playbook.document import Document
from playbook.evaluate import rung_of

BUSINESS = "business"


def hands_in(
    row: Any, document: Document, gate: int | None, review: Mapping[str, Any] | None
) -> tuple[frozenset[int], frozenset[int]]:
    """Who answers for what is judged: owner, submitter and authors of the evidence; and, beyond
    them, whoever entered a fact that this gate's findings rest on.

    A second person who verified evidence or confirmed a check is no hand: they are the check on
    those who are.
    """
    criteria = document.criteria_for(gate, row.initiative.impact_class) if gate is not None else ()
    asked = {criterion.key for criterion in criteria}
    answers = [answer for answer in row.answers_data if answer["criterion"] in asked]
    met = [check for check in row.checks_data if check["status"] == "met"]
    authors = {row.initiative.owner_id, *_ids("author", *answers, *met)}
    answered: list[Mapping[str, Any]] = []
    if review is not None:
        authors |= {review["owner"], *_ids("submitter", review)}
        answered = [each for each in row.sign_offs_data if each["review"] == review["id"]]
    # The failure modes are judged at every gate, by assessments and by figures that rows tell.
    told = (*row.risks_data, *row.metrics_data, *row.groups_data)
    hands = {*authors, *row.closers_data, *_ids("judge", *answers), *_ids("author", *told)}
    # The value failure mode reads business metrics, whatever the gate's criteria compute.
    asking = {measure.metric for criterion in criteria for measure in criterion.measures}
    kinds = {BUSINESS, *asking}
    for source in row.sources_hands:
        hands |= set(source["hands"])
    for metric in (*row.metrics_data, *row.ended_metrics_data):
        if metric["kind"] in kinds:
            hands |= set(metric["hands"])
    excepted = [each for each in row.exceptions_data if each["criterion"] in asked]
    hit = [kill for kill in row.kills_data if kill["hit_at"] and not kill["settler"]]
    hands |= _ids("asker", *excepted) | _ids("owner_then", *excepted, *row.kills_data)
    hands |= _ids("hitter", *hit) | _ids("settler", *row.kills_data)
    hands |= _ids("answerer", *answered)
    if gate is not None:
        hands |= _at_gate(row, document, gate, met)
    return frozenset(authors), frozenset(hands)


def _at_gate(
    row: Any, document: Document, gate: int, met: list[Mapping[str, Any]]
) -> frozenset[int]:
    """Those who entered what only some gates ask for."""
    asks = document.gate(gate)
    released = [each for each in row.tranches_data if each["stage"] == asks.to_stage]
    rungs = {check.key for check in document.checks if rung_of(asks, check) is not None}
    hands = _ids("asker", *released) | _ids("owner_then", *released)
    hands |= _ids("teller", *(check for check in met if check["key"] in rungs))
    if asks.needs_design_assessment:
        hands |= _ids("author", *row.design_data)
    if asks.needs_kill_criteria:
        hands |= _ids("teller", *row.kills_data)
    if asks.assumptions != "none":
        hands |= _ids("teller", *row.assumptions_data)
    if asks.assumptions == "judged":
        hands |= _ids("author", *row.assumptions_data, *row.withdrawn_data)
        hands |= _ids("teller", *row.withdrawn_data)
    if asks.needs_least_exposure or document.stage(row.stage).exposure is not None:
        hands |= _ids("author", *row.exposures_data[:1])
    if asks.needs_fault_answers:
        since = row.stage_entered_at
        mended = [m for m in row.menders_data if datetime.fromisoformat(m["at"]) >= since]
        hands |= _ids("author", *row.answerers_data, *mended)
    return frozenset(hands)


def _ids(part: str, *rows: Mapping[str, Any]) -> set[int]:
    return {row[part]["id"] for row in rows if row[part]}
