"""What waits for one reader: decisions, sign-offs, tasks, and how many of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Permission, Role
from gates.models import Review, Rollout, SignOff
from gates.models.reviews import ReviewQuerySet as Reviews
from gates.models.reviews import SignOffVerdict
from gates.models.rollouts import ENDED
from gates.models.rollouts import RolloutQuerySet as Rollouts
from gates.today import today
from initiatives.models import Membership
from playbook.document import Document
from playbook.models import PlaybookVersion
from playbook.voices import takes_several
from portfolio.asked import SEAT, lacks
from portfolio.attention import RULES
from portfolio.keeping import kept
from portfolio.lines import Day
from portfolio.rows import document_of
from portfolio.tallies import tally


def submitted(reader: User) -> Reviews:
    """Submitted reviews that the reader may see, the one due first in front."""
    reviews = Review.objects.awaiting_decision().exclude(rollout__stage__in=ENDED)
    if not reader.may(Permission.SEE_ALL):
        reviews = reviews.filter(rollout__in=Rollout.objects.visible_to(reader))
    return reviews.order_by("due", "pk")


def own_hand(reader: User) -> Q:
    """Reviews in which the reader has the owner's or the submitter's part."""
    return Q(rollout__initiative__owner=reader) | Q(submitted_by=reader)


def to_decide(reader: User) -> Reviews:
    """Submitted reviews that the reader may be asked to decide: program office or sponsor, and
    neither owner nor submitter, while there is anybody who may decide at all. Whether evidence
    bars this reader is for the case to say."""
    nobody = Q(rollout__standing__blocker_kinds__contains=["decider"])
    reviews = submitted(reader).exclude(own_hand(reader)).exclude(nobody)
    if reader.may(Permission.DECIDE_ALL):
        return reviews
    return reviews.filter(rollout__initiative__sponsor=reader)


def to_sign(reader: User, document: Document) -> Reviews:
    """Submitted reviews that lack a voice of the reader's, or of somebody whom they stand in for,
    or that have an answer to an objection of theirs."""
    asked = lacks(reader, document, today())
    return submitted(reader).exclude(own_hand(reader)).filter(asked)


def objections(reader: User, document: Document) -> QuerySet[SignOff]:
    """The reader's objections in reviews that are not decided, in whosever place they were made:
    those that were answered, and wait for the reader, in front.

    Where a remit takes several voices, which are closed until all are in, only what the reader
    said with their own mouth.
    """
    several = [remit.key for remit in document.remits if takes_several(remit)]
    return (
        SignOff.objects.counting()
        .filter(review__in=submitted(reader), verdict=SignOffVerdict.OBJECTED)
        .alias(seat=SEAT)
        .filter(Q(given_by=reader) | Q(seat=reader.pk) & ~Q(remit__in=several))
        .annotate(closed=Q(remit__in=several, answered_at__isnull=True))
        .select_related(
            "review__rollout__initiative__owner",
            "given_by",
            "answered_by",
            "delegation__delegate_from",
        )
        .order_by(F("answered_at").asc(nulls_last=True), "given_at", "pk")
    )


def own_rollouts(reader: User) -> Rollouts:
    """Live rollouts that the reader owns or contributes to."""
    part = Membership.objects.filter(initiative=OuterRef("initiative"), user=reader)
    return Rollout.objects.live().filter(Q(initiative__owner=reader) | Exists(part))


def to_work_on(reader: User) -> QuerySet[Rollout]:
    """Of these, the ones whose next step is theirs."""
    return own_rollouts(reader).filter(standing__owners_turn=True)


@dataclass(frozen=True)
class Waits:
    """What waits for one reader, counted: the lines of each rule, and each personal list."""

    rules: dict[str, int]
    inbox: int
    tasks: int
    decisions: int

    @property
    def attention(self) -> int:
        return sum(self.rules.values())


def documents(request: HttpRequest) -> dict[int, Document]:
    """Every published playbook by its id, oldest first."""
    ids = kept(
        request,
        "playbooks",
        lambda: list(PlaybookVersion.objects.order_by("number").values_list("pk", flat=True)),
    )
    return {pk: document_of(pk) for pk in ids}


def current_document(request: HttpRequest) -> Document:
    """The newest playbook; what one gate asks hardly ever differs between versions.

    Raises IndexError before the first is published.
    """
    return list(documents(request).values())[-1]


def day_of(request: HttpRequest) -> Day:
    published = documents(request)
    return Day(
        today=today(),
        proof_days={pk: document.proof_days for pk, document in published.items()},
        practice_days={
            pk: {each.key: each.every_days for each in document.steady_practices if each.every_days}
            for pk, document in published.items()
        },
    )


def waits(request: HttpRequest, reader: User) -> Waits:
    """Everything that the navigation counts for this reader, in one statement at most."""

    def count() -> Waits:
        parts: dict[str, QuerySet[Any, Any]] = {"decisions": to_decide(reader)}
        if Role.PROGRAM_OFFICE in reader.roles:
            on = day_of(request)
            parts |= {f"rule.{rule.key}": rule.find(on) for rule in RULES}
        # Whoever may sign off, or stand in for somebody who does.
        if reader.may(Permission.SEE_ALL) and documents(request):
            parts["inbox"] = to_sign(reader, current_document(request))
        if not reader.roles:
            parts["tasks"] = to_work_on(reader)
        found = tally(parts)
        return Waits(
            rules={rule.key: found.get(f"rule.{rule.key}", 0) for rule in RULES},
            inbox=found.get("inbox", 0),
            tasks=found.get("tasks", 0),
            decisions=found["decisions"],
        )

    return kept(request, f"waits:{reader.pk}", count)
