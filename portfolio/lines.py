"""What the rules of attention share: the day, the words' shape, where a line leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F
from django.urls import reverse

Found = Mapping[str, Any]
Say = Callable[[Found, date], tuple[str, str, str]]
"""From a row and the day: the reason, the act, and its address."""


@dataclass(frozen=True)
class Day:
    """The day that is looked at, and, by each published playbook's id, the days for proof and
    those between the turns of each practice of the steady state."""

    today: date
    proof_days: Mapping[int, int]
    practice_days: Mapping[int, Mapping[str, int]]


def page(name: str, found: Found, *more: object) -> str:
    """The address of a page of the initiative that the row is about."""
    return reverse(f"gates:{name}", args=[found["ref"], *more])


def of(prefix: str) -> dict[str, F]:
    """The initiative's reference, name, owner and sponsor, from where the rule's model is."""
    return {
        "ref": F(f"{prefix}reference"),
        "name": F(f"{prefix}name"),
        "owned_by": F(f"{prefix}owner__name"),
        "sponsored_by": F(f"{prefix}sponsor__name"),
    }


def first_name(name: str | None) -> str:
    return (name or "somebody").split()[0]
