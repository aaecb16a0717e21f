"""How the voices of a remit's reviewers add up: how many it takes, who is asked, what they come to.

Where it takes more than one, nobody reads any before all are in: the facts hold their number alone.
"""

from collections.abc import Collection, Sequence

from audit.words import listed
from playbook.document import Remit
from playbook.facts import Facts, Person, SignOffFact
from playbook.findings import VETO_REMITS, Finding, finding

MOST_NAMES = 4


def takes_several(remit: Remit) -> bool:
    """Whether the remit may need more than one voice, so that voices stay closed at first."""
    return remit.quorum > 1 or remit.unanimous


def all_in(remit: Remit, seats: Collection[int], holders: Collection[int]) -> bool:
    """Whether every voice that it takes is in, given whose are in and who holds the remit."""
    everybody = not remit.unanimous or set(holders) <= set(seats)
    return everybody and len(seats) >= remit.quorum


def weighed(words: Sequence[SignOffFact]) -> list[SignOffFact]:
    """One word for each reviewer, what weighs most first: an objection nobody answered, one
    somebody did, a signature. What a reviewer says counts before what is said in their place."""
    seats: dict[int, SignOffFact] = {}
    for word in words:
        before = seats.get(word.seat)
        if before is None or word.stood_for is None or before.stood_for is not None:
            seats[word.seat] = word
    return sorted(seats.values(), key=lambda word: (word.verdict == "signed", not word.unanswered))


def voices_finding(remit: Remit, facts: Facts) -> Finding:
    """How the sign-off of a remit stands."""
    first = facts.sign_offs.get(remit.key)
    words = first.all if first else ()
    if any(word.verdict == "objected" for word in words):
        return _objected(remit, facts, words)
    missing = _missing(remit, facts, words)
    if words and len(words) >= remit.quorum and not missing:
        return _signed(remit, facts, words)
    return _short(remit, facts, words, missing)


def _needed(remit: Remit, facts: Facts) -> int:
    return max(remit.quorum, len(facts.holders.get(remit.key, ())) if remit.unanimous else 0)


def _missing(remit: Remit, facts: Facts, words: Sequence[SignOffFact]) -> list[Person]:
    """Whose voice a unanimous remit lacks, as far as voices can be read."""
    given = {word.seat for word in words}
    holders = facts.holders.get(remit.key, ()) if remit.unanimous else ()
    return [holder for holder in holders if holder.id not in given]


def _objected(remit: Remit, facts: Facts, words: Sequence[SignOffFact]) -> Finding:
    objections = [word for word in words if word.verdict == "objected"]
    unanswered = any(word.unanswered for word in objections)
    told = [_with_answer(word) for word in objections]
    if takes_several(remit):
        signed = len(words) - len(objections)
        told.insert(0, f"{signed} of {_needed(remit, facts)} signed.")
    return finding(
        "sign_off",
        remit.key,
        "not_met",
        f"{remit.name} objects",
        " ".join(told),
        fix="Answer the objection, then ask again."
        if unanswered or objections[0].answer is None
        else "It is answered: whoever objected looks again.",
        who=listed([_who(word) for word in objections]),
        coverable=remit.key not in VETO_REMITS and not unanswered,
    )


def _with_answer(word: SignOffFact) -> str:
    return f"“{word.note}”" + (f" Answered: “{word.answer}”" if word.answer else "")


def _signed(remit: Remit, facts: Facts, words: Sequence[SignOffFact]) -> Finding:
    names = listed([_who(word) for word in words])
    signed = f"Signed by {names}."
    if takes_several(remit):
        signed = f"{len(words)} of {_needed(remit, facts)} signed: {names}."
    said = [f"“{word.note}”" for word in words if word.note]
    text = " ".join([signed, *said])
    return finding("sign_off", remit.key, "met", f"{remit.name} sign-off", text, who=names)


def _short(
    remit: Remit, facts: Facts, words: Sequence[SignOffFact], missing: Sequence[Person]
) -> Finding:
    """Voices are missing. Once some are in that nobody reads yet, no condition covers the rest:
    one of them may be an objection."""
    closed = facts.unopened.get(remit.key, 0)
    needed = _needed(remit, facts)
    text = "Not signed off yet."
    if closed:
        text = f"{closed} of {needed} voices in; they stay closed until all are."
    elif takes_several(remit):
        text = f"{len(words)} of {needed} signed."
    if takes_several(remit):
        last = "and" if remit.unanimous else "or"
        text += _still_asked(facts.asked.get(remit.key, ()) or missing, last)
    return finding(
        "sign_off",
        remit.key,
        "waiting",
        f"{remit.name} sign-off",
        text,
        fix="Ask a reviewer of this remit.",
        coverable=not closed,
    )


def _still_asked(people: Sequence[Person], last: str) -> str:
    names = [person.label for person in people[:MOST_NAMES]]
    if len(people) > MOST_NAMES:
        names.append(f"{len(people) - MOST_NAMES} more")
    return f" Still asked: {listed(names, last)}." if names else ""


def _who(word: SignOffFact) -> str:
    return f"{word.by.label} for {word.stood_for.label}" if word.stood_for else word.by.label
