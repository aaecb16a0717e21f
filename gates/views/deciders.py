"""Who may decide at a gate, and why the others may not, in words."""

from collections.abc import Sequence

from accounts.models import User
from gates.case import Case
from playbook.facts import Person

MOST_NAMES = 3


def may_decide(case: Case, user: User) -> bool:
    return user.pk in case.decider_ids


def who_decides(case: Case, user: User) -> str:
    """Who may, and who is kept from it by a hand in what is judged."""
    deciders, barred = case.facts.deciders, case.facts.barred
    said = []
    if deciders:
        said.append(f"{_named(deciders, user, 'or')} may decide.")
    else:
        said += [f"{f.text} {f.fix}" for f in case.evaluation.of("decider") if f.blocks]
    if barred and deciders:
        why = "who owns it, submitted it or had a hand in what is judged decides nothing"
        said.append(f"Not {_named(barred, user, 'nor')}: {why}.")
    return " ".join(said) or "The program office or the sponsor decides."


def why_not(case: Case, user: User) -> str:
    """Why this person may not decide; empty when they may."""
    if may_decide(case, user):
        return ""
    if any(person.id == user.pk for person in case.facts.barred):
        return (
            "You own it, submitted it or had a hand in what is judged, so somebody independent "
            "decides."
        )
    return "The program office or this initiative's sponsor decides, and you are neither."


def _named(people: Sequence[Person], user: User, last: str) -> str:
    names = ["you" if person.id == user.pk else person.label for person in people[:MOST_NAMES]]
    if len(people) > MOST_NAMES:
        names.append(f"{len(people) - MOST_NAMES} more")
    *head, tail = names
    words = f"{', '.join(head)} {last} {tail}" if head else tail
    return words if last == "nor" else words[0].upper() + words[1:]
