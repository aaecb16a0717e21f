"""A sign-off as a task of the review, and who may give it: themselves or for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from accounts.models import User
from audit.words import listed
from gates.models import Delegation, SignOff
from gates.models.reviews import SignOffVerdict
from gates.today import today
from playbook.findings import Finding

if TYPE_CHECKING:
    from gates.views.tasks import Worklist

SIGN_MINUTES = 15
LOOK_MINUTES = 5


def sign_off_task(work: Worklist, finding: Finding) -> dict[str, Any]:
    """What the task list shows of a sign-off beside its finding."""
    remit = work.case.document.remit(finding.key)
    words = work.said.sign_offs.get(finding.key, [])
    submitted = work.review is not None and work.review.state == "submitted"
    asked = [person.label for person in work.case.facts.asked.get(finding.key, ())]
    status, word = {
        "met": ("signed", "Signed"),
        "not_met": ("objects", "Objects"),
    }.get(finding.state, ("asked", "Asked") if submitted else ("locked", "Cannot start"))
    shown: dict[str, Any] = {
        "status": status,
        "word": word,
        "url": work.url_of("sign_off", finding.key) if _may_open(work, finding.key) else "",
        "minutes": SIGN_MINUTES,
        "needs": remit.asks,
        "mine": submitted and work.case.facts.asks(work.user.pk, finding.key),
    }
    if finding.state != "waiting":
        shown |= {"answer": words[0].note, "reply": words[0].answer}
    if finding.state == "not_met":
        return shown | _objection(work, finding, words)
    if finding.state == "met":
        return shown | {"text": finding.text, "who": _givers(work, words)}
    if not submitted:
        asked = [str(person) for person in work.said.reviewers.get(finding.key, [])]
    shown["who"] = _named(work, asked) or "Nobody holds this remit"
    shown["text"] = "Waits until the review is submitted."
    if submitted:
        counted = finding.text if work.case.facts.unopened.get(finding.key) else ""
        shown["text"] = f"{remit.asks} {counted}".strip()
    return shown


def _objection(work: Worklist, finding: Finding, words: Sequence[SignOff]) -> dict[str, Any]:
    """Whoever objected has given their word; the owner answers it, then they look again."""
    objections = [each for each in words if each.verdict == SignOffVerdict.OBJECTED]
    first = objections[0]
    own = work.user.pk in (first.given_by_id, first.seat_id)
    shown = {"who": _givers(work, objections), "own": own}
    if first.answered_at is not None:
        looks = "You look" if own else f"{first.who} looks"
        text = f"{finding.text} {looks} again."
        return shown | {"word": "Answered", "mine": own, "minutes": LOOK_MINUTES, "text": text}
    verb = "answer" if work.holder == "You" else "answers"
    shown |= {
        "mine": work.works_on_it and not own,
        "waits_for": work.holder,
        "text": f"{finding.text} {work.holder} {verb} it.",
    }
    if work.may_edit and not own:
        shown["url"] = work.url_of("answer_objection", first.pk)
    return shown


def _may_open(work: Worklist, remit: str) -> bool:
    """Whether the reader could ever sign here, for themselves or for somebody else."""
    spoke = (word.given_by_id for word in work.said.sign_offs.get(remit, []))
    return (
        work.user in work.said.reviewers.get(remit, [])
        or work.case.facts.asks(work.user.pk, remit)
        or work.user.pk in spoke
    )


def _givers(work: Worklist, words: Sequence[SignOff]) -> str:
    return listed(["You" if each.given_by_id == work.user.pk else each.who for each in words])


def _named(work: Worklist, names: Sequence[str]) -> str:
    own = str(work.user)
    return " or ".join("You" if name == own else name for name in names[:2])


def standing_in(user: User, remit: str) -> Delegation | None:
    """By which delegation somebody may speak in the remit today; None for by none."""
    held = Delegation.objects.on(today()).filter(delegate_to=user, remit=remit)
    return held.select_related("delegate_from").order_by("pk").first()
