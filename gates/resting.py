"""What is said of a rollout that came to rest: the words, and the failure mode behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Expression,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import JSONField
from django.db.models.functions import Coalesce, JSONObject

from gates.models import Decision, Outcome, Pause, Rollout, StallNote
from gates.models.rollouts import ENDED
from playbook.document import Document
from playbook.polite import asked_instead


def words_at_rest() -> Expression:
    """For each rollout, as ``{"words", "cause", "at", "from"}``: what the decision that ended it
    says, else its open pause, else, of its stage, the latest note of its stall or else a hold."""
    mine = OuterRef("pk")
    pause = Pause.objects.filter(rollout=mine, resumed_at__isnull=True)
    note = StallNote.objects.filter(rollout=mine, noted_at__gte=OuterRef("stage_entered_at"))
    hold = Decision.objects.filter(
        rollout=mine, outcome=Outcome.HOLD, decided_at__gte=OuterRef("stage_entered_at")
    )
    return Case(
        When(
            stage__in=ENDED,
            then=_said("end", "moved_by__reason", "moved_by__cause", "moved_by__decided_at"),
        ),
        default=Coalesce(
            _first(pause, _said("pause", "reason", "cause", "paused_at")),
            _first(note, _said("note", "words", "cause", "noted_at")),
            _first(hold, _said("hold", "reason", "cause", "decided_at")),
        ),
        output_field=JSONField(),
    )


def _said(source: str, words: str, cause: str, at: str) -> JSONObject:
    return JSONObject(
        **{"from": Value(source, CharField())}, words=F(words), cause=F(cause), at=F(at)
    )


def _first(rows: QuerySet[Any], said: JSONObject) -> Subquery:
    return Subquery(rows.values(json=said)[:1])


@dataclass(frozen=True)
class Words:
    """What is said, since when, the failure mode behind it, and what to ask instead of nodding."""

    words: str
    cause: str
    at: datetime
    ask: str

    @classmethod
    def of(cls, said: Mapping[str, str] | None, document: Document) -> Words | None:
        """As read from the database; None where nothing was said or nobody coded a cause."""
        if not said or not said["cause"]:
            return None
        polite = asked_instead(document, said["words"])
        return cls(
            words=said["words"],
            cause=document.mode(said["cause"]).name,
            at=datetime.fromisoformat(said["at"]),
            ask=polite.ask if polite else "",
        )


def words_of(rollout: Rollout, document: Document) -> Words | None:
    """What is said of this one rollout, in one query."""
    found = Rollout.objects.filter(pk=rollout.pk).values_list(words_at_rest(), flat=True).get()
    return Words.of(found, document)
