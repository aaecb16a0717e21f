"""The state of the portfolio in one sentence or three, computed from its figures."""

from __future__ import annotations

from dataclasses import dataclass

from gates.models import Stage
from look.templatetags.formats import words
from playbook.labels import EXTENDED_PILOT, PROVEN, STALLED
from portfolio.overview import Overview

PRODUCTION = (Stage.SCALED, Stage.STEADY)


@dataclass(frozen=True)
class Sentence:
    """``marked`` is the part that a reader must not miss; it may be empty."""

    before: str
    marked: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.before} {self.marked}".strip() + self.after


def state_of(found: Overview, cause: str) -> Sentence:
    """What an executive should know first, without an end: what waits for the reader follows.
    ``cause`` is the failure mode that is the worst risk of most of the stalled, or empty."""
    claims = found.claims_of(*PRODUCTION)
    if not found.under_way and not found.claimed:
        return Sentence("No initiative is under way yet")
    if claims > found.under_way:
        return Sentence(f"{_claims(found, claims)} {_under_way(found)}")
    stalled = found.labelled(STALLED)
    if not stalled:
        return Sentence(f"{_under_way(found)}.", "Nothing is stalled")
    return Sentence(
        f"{_under_way(found)}.",
        f"{_number(stalled)} {'is' if stalled == 1 else 'are'} stalled",
        f", most often with {cause} as the worst risk" if cause else "",
    )


def _number(count: int) -> str:
    text = words(count)
    return text[0].upper() + text[1:] if count else "None"


def _claims(found: Overview, claims: int) -> str:
    extended = found.claims_labelled(EXTENDED_PILOT, *PRODUCTION)
    all_of_them = "all of them are" if extended == claims else f"{words(extended)} of them are"
    return (
        f"{_number(claims)} initiatives claim to be in production; {all_of_them} extended pilots."
    )


def _under_way(found: Overview) -> str:
    if not found.under_way:
        return "Nothing else is under way"
    proven = found.labelled(PROVEN)
    count = "counts" if proven < 2 else "count"
    return f"{_number(proven)} of {found.under_way:,} under way {count} as proven production"
