"""What the initiative page shows. The number of queries is the same whatever there is to show."""

from datetime import date
from typing import Any

from django.db.models import Count, Window
from django.urls import reverse

from accounts.models import User
from accounts.roles import Permission
from audit.models import Event
from gates import blockers, pagefacts
from gates.case import Case, case_of
from gates.models import Decision, Pause, Review, Rollout
from gates.nextstep import Reader, listed, next_step
from gates.way import way_through
from initiatives.models import Evidence, Initiative
from playbook.labels import labels, stall_reasons
from risks.models import Assessment

EVIDENCE_SHOWN = 6
EVENTS_SHOWN = 7


def page_of(rollout: Rollout, user: User, today: date) -> dict[str, Any]:
    """Everything the page shows this reader of the rollout as it stands."""
    initiative = rollout.initiative
    case = case_of(rollout, today=today)
    members = list(User.objects.filter(memberships__initiative=initiative).order_by("name", "pk"))
    reader = reader_of(user, initiative, members)
    decisions = list(
        Decision.objects.filter(rollout=rollout)
        .select_related("decided_by", "passage")
        .defer("facts")
    )
    review = Review.objects.under_way().filter(rollout=rollout)
    submitter = review.values_list("submitted_by_id", flat=True).first()
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
        "shares": blockers.shares(case, initiative.reference),
        "deciders": listed([person.label for person in case.facts.deciders], "or"),
        "barred": pagefacts.barred(case, initiative, submitter),
        "plan_end": pagefacts.plan_end(case),
        "ladder": pagefacts.ladder(case),
        "ladder_sentence": pagefacts.ladder_sentence(case),
        "modes": modes,
        "modes_sentence": pagefacts.modes_sentence(modes),
        "scores": pagefacts.scores(initiative),
        "members": members,
        "pause": _pause(rollout, case),
        "decisions": decisions,
        **_evidence(initiative),
        "events": pagefacts.told(Event.objects.of(initiative.chain).newest_first()[:EVENTS_SHOWN]),
        "today": today,
    }


def reader_of(user: User, initiative: Initiative, members: list[User]) -> Reader:
    """What the reader may do, from rows that are loaded already."""
    member = initiative.owner_id == user.pk or user in members
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


def _pause(rollout: Rollout, case: Case) -> dict[str, Any] | None:
    pause = (
        Pause.objects.filter(rollout=rollout, resumed_at__isnull=True)
        .select_related("paused_by")
        .first()
    )
    if pause is None:
        return None
    return {"row": pause, "cause": case.document.mode(pause.cause).name}


def _evidence(initiative: Initiative) -> dict[str, Any]:
    """The first rows and how many there are, in one query."""
    rows = list(
        Evidence.objects.filter(initiative=initiative)
        .unverified_first()
        .select_related("added_by", "verified_by")
        .annotate(every=Window(Count("pk")))[:EVIDENCE_SHOWN]
    )
    return {"evidence": rows, "evidence_count": rows[0].every if rows else 0}
