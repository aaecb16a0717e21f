"""What the initiative page shows. The number of queries is the same whatever there is to show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Window
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.facts import person
from accounts.models import User
from accounts.roles import Permission
from audit.models import Event
from audit.words import listed
from gates import blockers, pagefacts
from gates.agreed import excepted
from gates.case import Case, case_of
from gates.holding import giving_way, taken_back
from gates.models import Decision, Pause, Review, Rollout
from gates.nextstep import Reader, next_step
from gates.premisefacts import premises_of
from gates.reachfacts import reach_of
from gates.resting import Words, words_at_rest
from gates.way import way_through
from initiatives.models import Evidence, Initiative, Membership
from playbook.facts import Person
from playbook.labels import labels, stall_reasons
from risks.models import Assessment

EVIDENCE_SHOWN = 6
EVENTS_SHOWN = 7


def page_of(rollout: Rollout, user: User, at: datetime) -> dict[str, Any]:
    """Everything the page shows this reader of the rollout as it stands."""
    initiative = rollout.initiative
    case = case_of(rollout, at=at)
    beside = _beside(rollout, case)
    reader = reader_of(user, initiative, {person.id for person in beside.members})
    decisions = list(
        Decision.objects.filter(rollout=rollout)
        .select_related("decided_by", "passage")
        .defer("facts")
    )
    modes = pagefacts.mode_rows(
        case,
        Assessment.objects.current().filter(initiative=initiative).select_related("owner"),
    )
    return {
        "case": case,
        "gate": case.document.gate(case.facts.gate) if case.facts.gate is not None else None,
        "reader": reader,
        "labels": labels(case.document, case.facts),
        "stalls": stall_reasons(case.document, case.facts),
        "way": way_through(rollout, case, decisions),
        "step": next_step(rollout, case, reader),
        "review_action": _review_action(case, reader, initiative),
        "lines": blockers.lines(case, initiative.reference),
        "warnings": [
            *blockers.warnings(case, initiative.reference),
            *pagefacts.unanswered(modes, initiative.reference),
        ],
        "shares": blockers.shares(case, initiative.reference),
        "deciders": listed([person.label for person in case.facts.deciders], "or"),
        "barred": pagefacts.barred(case, initiative, beside.submitter_id),
        "plan_end": pagefacts.plan_end(case),
        "ways": giving_way(case, initiative.reference),
        "lost": taken_back(case, decisions),
        "excepted": list(excepted(case)),
        **premises_of(case),
        "ladder": pagefacts.ladder(case),
        "ladder_sentence": pagefacts.ladder_sentence(case),
        "modes": modes,
        "modes_sentence": pagefacts.modes_sentence(modes),
        "scores": pagefacts.scores(initiative),
        "members": [person.label for person in beside.members],
        "pause": beside.pause,
        "said": beside.said,
        "decisions": decisions,
        "reach": reach_of(case),
        **_evidence(initiative),
        "events": pagefacts.told(
            Event.objects.of(initiative.chain).newest_first()[:EVENTS_SHOWN], case
        ),
        "today": case.facts.today,
    }


def reader_of(user: User, initiative: Initiative, member_ids: set[int]) -> Reader:
    """What the reader may do, given the ids of the contributors."""
    member = initiative.owner_id == user.pk or user.pk in member_ids
    every = user.may(Permission.EDIT_ALL)
    return Reader(
        user=user,
        member=member,
        submits=every or initiative.owner_id == user.pk,
        edits=every or member,
        verifies=every or member or user.may(Permission.SIGN_OFF),
        assigns=user.may(Permission.ASSIGN),
    )


def _review_action(case: Case, reader: Reader, initiative: Initiative) -> dict[str, Any] | None:
    """The button at the head of the page: to the review, or to the decision."""
    review, gate = case.facts.review, case.facts.gate
    if gate is None or review is None:
        return None
    if review.state == "submitted" and reader.user.pk in case.decider_ids:
        return {
            "url": reverse("gates:decide", args=[initiative.reference]),
            "text": f"Decide Gate {gate}",
        }
    verb = "Continue" if reader.edits and review.state == "open" else "Read"
    return {
        "url": reverse("gates:review", args=[initiative.reference]),
        "text": f"{verb} Gate {gate} review",
    }


@dataclass(frozen=True)
class OpenPause:
    """Why the work stands still: the words, and the failure mode that was named behind them."""

    reason: str
    cause: str
    since: datetime
    by: str


@dataclass(frozen=True)
class Beside:
    """What stands beside the case: contributors, the review's submitter, an open pause, and what
    is said of its rest."""

    members: list[Person]
    submitter_id: int | None
    pause: OpenPause | None
    said: Words | None


def _beside(rollout: Rollout, case: Case) -> Beside:
    """These few rows in one query."""
    row = (
        Rollout.objects.filter(pk=rollout.pk)
        .annotate(
            members=ArraySubquery(
                Membership.objects.filter(initiative=OuterRef("initiative"))
                .order_by("user__name", "user_id")
                .values(json=person("user"))
            ),
            submitters=ArraySubquery(
                Review.objects.awaiting_decision()
                .filter(rollout=OuterRef("pk"))
                .order_by()
                .values("submitted_by")
            ),
            said=words_at_rest(),
            open_pauses=ArraySubquery(
                Pause.objects.filter(rollout=OuterRef("pk"), resumed_at__isnull=True).values(
                    json=JSONObject(
                        reason="reason", cause="cause", since="paused_at", by="paused_by__name"
                    )
                )
            ),
        )
        .values("members", "submitters", "said", "open_pauses")
        .get()
    )
    pause = next(iter(row["open_pauses"]), None)
    return Beside(
        members=[Person(**member) for member in row["members"]],
        submitter_id=next(iter(row["submitters"]), None),
        pause=OpenPause(
            reason=pause["reason"],
            cause=case.document.mode(pause["cause"]).name,
            since=datetime.fromisoformat(pause["since"]),
            by=pause["by"],
        )
        if pause
        else None,
        said=Words.of(row["said"], case.document),
    )


def _evidence(initiative: Initiative) -> dict[str, Any]:
    """The first rows and how many there are, in one query."""
    rows = list(
        Evidence.objects.filter(initiative=initiative)
        .unverified_first()
        .select_related("added_by", "verified_by")
        .annotate(every=Window(Count("pk")))[:EVIDENCE_SHOWN]
    )
    return {"evidence": rows, "evidence_count": rows[0].every if rows else 0}
