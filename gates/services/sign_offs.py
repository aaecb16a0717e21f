"""Who speaks for whom in a remit, how the trail tells of it, and answering objections."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.case import Case, case_of
from gates.models import Delegation, Review, ReviewState, SignOff
from gates.models.reviews import SignOffVerdict
from gates.voices import A_VOICE, CLOSED_VERB
from initiatives.errors import NotAllowed, Refused
from initiatives.services import conclude, lock


def told_of(given: SignOff, *, voices: int | None) -> tuple[str, str]:
    """The verb of the event and the words of its summary, which give away no closed voice;
    ``voices`` is how many are in where they stay closed, else None."""
    if voices is not None:
        return CLOSED_VERB, f"{A_VOICE}, {voices} so far"
    signed = given.verdict == SignOffVerdict.SIGNED
    verb = "review.signed_off" if signed else "review.objected"
    return verb, given.get_verdict_display().lower()


def voices_in(review: Review, remit: str) -> int:
    """How many reviewers have a voice in the remit, their own or a stand-in's."""
    rows = SignOff.objects.filter(review=review, remit=remit).select_related("delegation")
    return len({row.seat_id for row in rows})


def delegation_for(*, review: Review, remit: str, by: User, case: Case, at: datetime) -> Delegation:
    """For whom somebody who does not hold the remit speaks that day. Call under lock.

    Somebody who stands in for several has one voice all the same. Raises NotAllowed for who
    stands in for nobody, and Refused when nobody is left for whom they may speak.
    """
    held = list(
        Delegation.objects.on(at.date())
        .filter(delegate_to=by, remit=remit)
        .select_related("delegate_from")
        .order_by("pk")
    )
    if not held:
        raise NotAllowed("Only a reviewer of this remit, or their stand-in, signs off for it.")
    free = [each for each in held if each.delegate_from_id not in case.facts.authors]
    if not free:
        raise Refused(
            f"{held[0].delegate_from} owns or submitted this, or brought evidence for it, so "
            "nobody signs in their place. Somebody else of the remit signs off."
        )
    rows = SignOff.objects.filter(review=review, remit=remit).select_related("delegation")
    said = {row.seat_id: row.given_by_id for row in sorted(rows, key=lambda row: row.whose_own)}
    open_ones = [each for each in free if said.get(each.delegate_from_id, by.pk) == by.pk]
    if not open_ones:
        raise Refused(
            f"{free[0].delegate_from} has a voice in this already, and it stays the only one."
        )
    return open_ones[0]


@transaction.atomic
def answer_objection(*, sign_off: SignOff, answer: str, by: User, at: datetime) -> SignOff:
    """Answer an objection; whoever objected is asked to look again.

    Raises Refused for an objection that is one's own, that nobody may read yet, or that was taken
    back, for a review that is not submitted, and without words.
    """
    initiative = lock(sign_off.review.rollout.initiative_id)
    stored = SignOff.objects.select_related("review__rollout", "delegation", "given_by").get(
        pk=sign_off.pk
    )
    review = stored.review
    if review.state != ReviewState.SUBMITTED:
        raise Refused("An objection is answered while its review waits for a decision.")
    if stored.verdict != SignOffVerdict.OBJECTED:
        raise Refused(f"{stored.given_by} has signed meanwhile. Nothing is left to answer.")
    if by.pk in (stored.given_by_id, stored.seat_id):
        raise Refused("This objection is yours. Somebody else who works on it answers.")
    if stored.remit in case_of(review.rollout, at=at).facts.unopened:
        raise Refused("This voice is closed until all of its remit are in.")
    if not answer.strip():
        raise Refused("Your answer: say what was done, or why it holds as it is.")
    stored.answer, stored.answered_by, stored.answered_at = answer.strip(), by, at
    stored.save(update_fields=["answer", "answered_by", "answered_at"])
    conclude(
        initiative=initiative,
        verb="review.answered",
        summary=f"Gate {review.gate}, {stored.get_remit_display().lower()}: objection answered",
        data={"review": review.pk, "remit": stored.remit, "answer": stored.answer},
        by=by,
        at=at,
    )
    return stored
