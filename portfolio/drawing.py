"""What the dashboard shows of an overview, the same for every reader: figures and finished parts.

The parts are drawn once for each change of the portfolio and kept, because drawing ten thousand
initiatives takes longer than everything else that a reader waits for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from look.charts import tallest_week
from playbook.document import Document
from playbook.labels import CLAIMED, EXTENDED_PILOT, PROVEN, QUALIFYING, STALLED
from portfolio import agenda
from portfolio.filters import Filters
from portfolio.overview import Overview, overview
from portfolio.sentences import PRODUCTION, Sentence, state_of


@dataclass(frozen=True)
class Drawing:
    """The reader-independent part of a dashboard."""

    figures: dict[str, Any]
    sentence: Sentence
    units: dict[int, str]
    way: SafeString
    heat: SafeString
    rest: SafeString


def draw(today: date, unit: int | None, document: Document) -> Drawing:
    """Count the portfolio, or one unit of it, and draw its charts."""
    found = overview(today, unit)
    figures = _figures(found, document)
    causes = figures["causes"]
    return Drawing(
        figures=figures,
        sentence=state_of(found, causes[0][0] if causes else ""),
        units=found.units,
        way=_part("way", found=found, through=_through(found, document, unit)),
        heat=_part(
            "heat",
            document=document,
            heat=_heat(found, document),
            hottest=max(found.severe.values(), default=1),
        ),
        rest=_part(
            "rest",
            found=found,
            proven=figures["proven"],
            claims=_claims(found),
            cohorts=_cohorts(found),
            document=document,
            reference=document.reference("not_sustained"),
            **agenda.ahead(found.due, today),
        ),
    )


def _part(name: str, **context: Any) -> SafeString:
    return render_to_string(f"portfolio/dashboard/{name}.html", context)


def _figures(found: Overview, document: Document) -> dict[str, Any]:
    """The numbers under the sentence."""
    causes = [(document.mode(key), count) for key, count in found.stalled_by.most_common() if key]
    marks = [mark for place in found.places.values() for mark in place.marks]
    return {
        "under_way": found.under_way,
        "claimed": found.claimed,
        "proven": found.labelled(PROVEN),
        "extended": found.labelled(EXTENDED_PILOT),
        "extended_claims": found.claims_labelled(EXTENDED_PILOT),
        "qualifying": found.labelled(QUALIFYING),
        "called": sum(found.labelled(label) for label in (PROVEN, EXTENDED_PILOT, QUALIFYING)),
        "stalled": found.labelled(STALLED),
        "stalled_claims": found.claims_labelled(STALLED),
        "longest": max((weeks for weeks, kind, _ in marks if kind != "in"), default=0),
        "causes": [(mode.short_name.lower(), count) for mode, count in causes[:4]],
        "overdue_reviews": found.late("review"),
    }


def _through(found: Overview, document: Document, unit: int | None) -> dict[str, Any]:
    """Each stage across funnel, ageing and claims. What moved on is now, or ended, further on."""
    total = sum(place.here + place.out for place in found.places.values())
    rows, entered = [], total
    for stage in document.stages:
        place = found.places[stage.key]
        moved = entered - place.here - place.out
        late = sum(1 for _, kind, _ in place.marks if kind == "past")
        still = sum(1 for _, kind, _ in place.marks if kind == "still")
        rows.append(
            {
                "stage": stage,
                "place": place,
                "moved": moved,
                "entered": entered,
                "marks": _named_last(place.marks),
                "low": stage.weeks.low if stage.weeks else None,
                "high": stage.weeks.high if stage.weeks else None,
                "late": late,
                "still": still,
                "claims": [("claimed", place.claimed)],
                "tallest": tallest_week(weeks for weeks, _kind, _name in place.marks),
                "here": Filters(stage=stage.key, unit=unit, claims="without").query,
                "claimed": Filters(stage=stage.key, unit=unit, labels=(CLAIMED,)).query,
            }
        )
        entered = moved
    most_claims = max((place.claimed for place in found.places.values()), default=0)
    return {
        "rows": rows,
        "total": total,
        "most_claims": most_claims,
        "binned": any(row["tallest"] for row in rows),
    }


def _named_last(marks: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Only the one that is there longest keeps its name; a chart has room for one."""
    if not marks:
        return []
    longest = max(marks, key=lambda mark: (mark[0], mark[2]))
    return [(w, kind, "") for w, kind, _ in marks if (w, kind, _) != longest] + [longest]


def _heat(found: Overview, document: Document) -> list[dict[str, Any]]:
    stages = [stage.key for stage in document.stages]
    return [
        {
            "mode": mode,
            "cells": [
                (found.severe[mode.key, stage], (mode.key, stage) in found.untreated)
                for stage in stages
            ],
            "total": sum(found.severe[mode.key, stage] for stage in stages),
        }
        for mode in document.failure_modes
    ]


def _claims(found: Overview) -> dict[str, int]:
    """Claims of production against what was proven."""
    production = found.claims_of(*PRODUCTION)
    extended = found.claims_labelled(EXTENDED_PILOT, *PRODUCTION)
    return {
        "production": production,
        "extended": extended,
        "all": found.claimed,
        "others": found.claimed - production,
        "extended_others": found.claims_labelled(EXTENDED_PILOT) - extended,
        "all_extended": found.claims_labelled(EXTENDED_PILOT),
    }


def _cohorts(found: Overview) -> dict[str, Any]:
    halves = [
        {
            "year": year,
            "half": "1st half" if half == 1 else "2nd half",
            "cohort": cohort,
            "live": cohort.started - cohort.steady - cohort.out,
            "parts": [
                ("steady", cohort.steady),
                ("live", cohort.started - cohort.steady - cohort.out),
                ("out", cohort.out),
            ],
        }
        for (year, half), cohort in found.cohorts.items()
    ][-4:]
    steady = sum(cohort.steady for cohort in found.cohorts.values())
    over = steady + sum(cohort.out for cohort in found.cohorts.values())
    return {"halves": halves, "steady": steady, "over": over, "share": steady / over if over else 0}
