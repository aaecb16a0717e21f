"""A plan in words and as data, for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portfolio.importing.planning import Outcome, Plan, PlannedRow
from portfolio.models import ImportBatch

SHOWN = 20


def as_data(plan: Plan, *, mapping: str, update: bool, batch: ImportBatch | None) -> dict[str, Any]:
    """Everything that the dry run says, by spreadsheet row number."""
    return {
        "mapping": mapping,
        "rows": len(plan.rows),
        "counts": {str(outcome): len(plan.of(outcome)) for outcome in Outcome},
        "update": update,
        "imported": batch is not None,
        "batch": batch.pk if batch else None,
        "invalid": [
            {"row": each.row.number, "name": each.name, **_remark(remark)}
            for each in plan.of(Outcome.INVALID)
            for remark in each.row.problems
        ],
        "ask": [
            {
                "row": each.row.number,
                "name": each.name,
                "candidates": [known.label for known in each.candidates],
            }
            for each in plan.of(Outcome.ASK)
        ],
        "changed": [
            {
                "row": each.row.number,
                "initiative": each.known.label if each.known else "",
                "field": change.field,
                "before": change.before,
                "after": change.after,
                "kept": change.kept,
            }
            for each in plan.of(Outcome.CHANGED)
            for change in each.changes
        ],
        "warnings": [
            {"row": each.row.number, **_remark(remark)}
            for each in plan.rows
            for remark in each.row.doubts
        ],
        "twins": [
            {"row": each.row.number, "same_key": list(each.twins)}
            for each in plan.rows
            if each.twins
        ],
        "absent": [known.label for known in plan.absent],
    }


def _remark(remark: Any) -> dict[str, str]:
    return {"column": remark.column, "value": remark.value, "why": remark.why}


def as_text(plan: Plan, *, update: bool, batch: ImportBatch | None) -> str:
    """A summary for a terminal; long lists are cut and say so."""
    lines = [
        f"{len(plan.rows):,} rows: "
        + ", ".join(
            f"{len(plan.of(o)):,} {str(o).replace('_', ' ')}" for o in Outcome if plan.of(o)
        )
    ]
    lines += _invalid(plan)
    lines += _listed(
        f"row {each.row.number} “{each.name}” could be any of "
        + ", ".join(known.label for known in each.candidates)
        for each in plan.of(Outcome.ASK)
    )
    changed = plan.of(Outcome.CHANGED)
    lines += _listed(_changed(each) for each in changed)
    if changed and not update:
        lines.append("Changed rows are not applied; pass --update to apply them.")
    doubts = sum(len(each.row.doubts) for each in plan.rows)
    if doubts:
        lines.append(f"{doubts:,} values could not be read and stay as text (see --json).")
    twins = sum(1 for each in plan.rows if each.twins)
    if twins:
        lines.append(f"{twins:,} rows share agency, unit and name with another; none was merged.")
    if plan.absent:
        lines.append(f"{len(plan.absent):,} imported initiatives are not in this file; kept.")
    if batch is not None:
        lines.append(f"Imported as batch {batch.pk}. Nobody was mailed.")
    elif not plan.of(Outcome.NEW) and not (changed and update):
        lines.append("There is nothing to import.")
    else:
        lines.append("Nothing was written.")
    return "\n".join(lines)


def _invalid(plan: Plan) -> list[str]:
    return _listed(
        f"row {each.row.number} is invalid: "
        + "; ".join(
            f"{remark.column} “{remark.value}”: {remark.why}" if remark.column else remark.why
            for remark in each.row.problems
        )
        for each in plan.of(Outcome.INVALID)
    )


def _changed(each: PlannedRow) -> str:
    said = []
    for change in each.changes:
        words = f"{change.label}: {_short(change.before)} → {_short(change.after)}"
        said.append(f"{words} (kept: {change.kept})" if change.kept else words)
    return f"row {each.row.number} changes {each.known.label if each.known else ''}: " + "; ".join(
        said
    )


def _short(value: object) -> str:
    text = "empty" if value in (None, "") else str(value)
    return text if len(text) <= 60 else f"{len(text):,} characters"


def _listed(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    more = [f"  and {len(every) - SHOWN:,} more"] if len(every) > SHOWN else []
    return [f"  {line}" for line in every[:SHOWN]] + more
