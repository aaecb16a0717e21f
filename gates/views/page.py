"""What every page of a review shares: its frame, refusals, and things found by key."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from gates.case import Case, case_of
from gates.models import Review, Rollout
from gates.parts import links

Found = TypeVar("Found")

REFUSED = 422  # what was sent is understood and refused; the page says why
CHANGED = 409  # the facts are not those that the page showed


def named(find: Callable[[str], Found], key: str) -> Found:
    """What the playbook has under this key. Raises Http404 when it has nothing."""
    try:
        return find(key)
    except KeyError as unknown:
        raise Http404 from unknown


def judged(rollout: Rollout) -> Case:
    return case_of(rollout, at=timezone.now())


def review_of(rollout: Rollout, case: Case) -> Review | None:
    """The review under way at the gate that is judged next."""
    if case.facts.review is None:
        return None
    return Review.objects.select_related("submitted_by").get(pk=case.facts.review.id)


def back_to_list(reference: str, anchor: str) -> HttpResponseRedirect:
    """To the review's task list, at the task that was just answered."""
    return HttpResponseRedirect(f"{reverse('gates:review', args=[reference])}#{anchor}")


def show(
    request: HttpRequest,
    template: str,
    rollout: Rollout,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    frame = {
        "rollout": rollout,
        "initiative": rollout.initiative,
        "playbook": rollout.playbook,
        "nav": "portfolio",
        "parts": links(rollout.initiative.reference, request.path),
    }
    return render(request, template, {**frame, **context}, status=status)
