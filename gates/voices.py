"""Whose voices the remits of a gate have and lack: this part of the facts, out of the one query."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import TruncDate

from accounts.facts import Rows, person
from accounts.models import Grant
from accounts.roles import Role
from gates.models import Delegation, Review
from playbook.document import Document, Remit
from playbook.facts import Person, SignOffFact
from playbook.voices import all_in, takes_several, weighed

Told = Sequence[Mapping[str, Any]]

# What the trail calls a voice that is closed until all are in; only its data say which it was.
CLOSED_VERB = "review.voiced"
A_VOICE = "a voice is in"


def voice_subqueries() -> dict[str, Rows]:
    """Who holds a remit and who stands in for whom, for rollouts whose review is submitted."""
    submitted = Review.objects.awaiting_decision().filter(rollout=OuterRef(OuterRef("pk")))
    since = submitted.alias(day=TruncDate("submitted_at", tzinfo=UTC))
    return {
        "holders_data": Rows(
            Grant.objects.filter(
                Exists(submitted), role=Role.REVIEWER, user__is_active=True
            ).order_by("user__name", "user_id"),
            remit="remit",
            who=person("user"),
        ),
        "delegations_data": Rows(
            Delegation.objects.counting()
            .filter(Exists(since.filter(day__lte=OuterRef("last_day"))))
            .order_by("delegate_to__name", "pk"),
            remit="remit",
            who=person("delegate_to"),
            stands_for=person("delegate_from"),
            first_day="first_day",
            last_day="last_day",
        ),
    }


def voices_of(
    row: Any,
    document: Document,
    gate: int | None,
    review: Mapping[str, Any] | None,
    authors: Collection[int],
    day: date,
) -> dict[str, Any]:
    """The fields of the facts that tell of sign-offs at this gate.

    A signature of somebody who had a hand in the work does not count, however it came about, nor
    does one that was given for such a person; an objection does.
    """
    if gate is None or review is None:
        return {}
    remits = document.remits_for(gate, row.initiative.impact_class)
    given = [
        (each["remit"], _word(each))
        for each in row.sign_offs_data
        if each["review"] == review["id"]
        and not (each["verdict"] == "signed" and _ids(each, "by", "stood_for") & set(authors))
    ]
    facts: dict[str, Any] = {"sign_offs": {}, "unopened": {}, "holders": {}, "asked": {}}
    for key in dict.fromkeys((*remits, *(key for key, _word in given))):
        remit = next((each for each in document.remits if each.key == key), None)
        said = [word for remit_key, word in given if remit_key == key]
        voices = _Voices(
            remit=remit,
            words=weighed(said),
            spoke={word.by.id for word in said},
            holders=_people(row.holders_data, key, authors),
            stand_ins=_stand_ins(row.delegations_data, key, authors, day),
        )
        if voices.words and voices.opened:
            first, *beside = voices.words
            facts["sign_offs"][key] = replace(first, beside=tuple(beside))
        elif voices.words:
            facts["unopened"][key] = len(voices.words)
        if remit is not None and remit.unanimous:
            facts["holders"][key] = voices.holders
        if key in remits and review["state"] == "submitted":
            facts["asked"][key] = voices.asked
    return facts


@dataclass(frozen=True)
class _Voices:
    """The voices of one remit; ``remit`` is None for one that the playbook no longer has."""

    remit: Remit | None
    words: list[SignOffFact]
    spoke: set[int]
    holders: tuple[Person, ...]
    stand_ins: list[tuple[Person, int]]
    """Each with the id of the reviewer they stand in for."""

    @property
    def all_in(self) -> bool:
        if self.remit is None:
            return bool(self.words)
        seats = {word.seat for word in self.words}
        return all_in(self.remit, seats, [holder.id for holder in self.holders])

    @property
    def opened(self) -> bool:
        return self.remit is None or not takes_several(self.remit) or self.all_in

    @property
    def asked(self) -> tuple[Person, ...]:
        if self.all_in:
            return ()
        seats = {word.seat for word in self.words}
        people = [holder for holder in self.holders if holder.id not in seats]
        people += [who for who, seat in self.stand_ins if seat not in seats]
        return tuple(dict.fromkeys(each for each in people if each.id not in self.spoke))


def _word(row: Mapping[str, Any]) -> SignOffFact:
    stood_for = row["stood_for"]
    return SignOffFact(
        row["verdict"],
        Person(**row["by"]),
        row["note"],
        stood_for=Person(**stood_for) if stood_for else None,
        answer=row["answer"],
    )


def _ids(row: Mapping[str, Any], *parts: str) -> set[int]:
    return {row[part]["id"] for part in parts if row[part]}


def _people(rows: Told, remit: str, authors: Collection[int]) -> tuple[Person, ...]:
    people = (Person(**each["who"]) for each in rows if each["remit"] == remit)
    return tuple(each for each in people if each.id not in authors)


def _stand_ins(
    rows: Told, remit: str, authors: Collection[int], day: date
) -> list[tuple[Person, int]]:
    """Of that day, none of them with a hand in the work, nor for anybody who has one."""
    return [
        (Person(**each["who"]), each["stands_for"]["id"])
        for each in rows
        if each["remit"] == remit
        and each["first_day"] <= str(day) <= each["last_day"]
        and not _ids(each, "who", "stands_for") & set(authors)
    ]
