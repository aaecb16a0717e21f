"""Who is still to be asked for a voice in a review: reviewers, and those who stand in for them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from gates.models import Delegation, SignOff
from playbook.document import Remit
from playbook.voices import all_in


class Voices:
    """What was said in these reviews, and who stands in for whom that day; read once."""

    def __init__(self, reviews: Collection[int], day: date) -> None:
        self.seats: dict[tuple[int, str], set[int]] = {}
        self.spoke: set[tuple[int, str, int]] = set()
        self.stand_ins: dict[str, list[tuple[int, int]]] = {}
        if not reviews:
            return
        for row in SignOff.objects.filter(review__in=reviews).select_related("delegation"):
            self.seats.setdefault((row.review_id, row.remit), set()).add(row.seat_id)
            self.spoke.add((row.review_id, row.remit, row.given_by_id))
        for each in Delegation.objects.on(day).order_by("pk"):
            pair = (each.delegate_to_id, each.delegate_from_id)
            self.stand_ins.setdefault(each.remit, []).append(pair)

    def asked(
        self, review: int, remit: Remit, holders: Sequence[int], own: Collection[int | None]
    ) -> Iterator[int]:
        """Ids of whoever may give a voice that the remit lacks; ``own`` had a hand in the work."""
        seats = self.seats.get((review, remit.key), set())
        free = [holder for holder in holders if holder not in own]
        if all_in(remit, seats, free):
            return
        asked = [holder for holder in free if holder not in seats]
        asked += [
            who
            for who, seat in self.stand_ins.get(remit.key, [])
            if seat not in seats and seat not in own
        ]
        for person in dict.fromkeys(asked):
            if (review, remit.key, person) not in self.spoke:
                yield person
