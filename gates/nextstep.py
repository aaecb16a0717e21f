"""What is next on an initiative, and for whom: the one action that a page leads with."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import User
from audit.words import listed, short_day
from gates.case import Case
from gates.links import task_url
from gates.models import Rollout
from gates.models.rollouts import Stage
from initiatives.models import Initiative
from look.templatetags.formats import plural_count
from playbook.evaluate import Finding
from playbook.facts import SignOffFact


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at an initiative, and what they may do on it."""

    user: User
    member: bool
    submits: bool
    edits: bool
    verifies: bool
    assigns: bool


@dataclass(frozen=True)
class Step:
    """The next action. ``yours`` says that the reader is whom it waits for.

    ``url`` is empty where the reader can do nothing; ``post`` marks an action that changes
    something by itself, so that it is a button of a form and not a link.
    """

    who: str
    title: str
    text: str = ""
    url: str = ""
    button: str = ""
    post: bool = False
    yours: bool = False


def next_step(rollout: Rollout, case: Case, reader: Reader) -> Step:
    """The one thing that moves the initiative on, as this reader meets it."""
    for rule in (_over, _paused, _unowned, _at_rest, _unopened, _unfinished, _submitted):
        step = rule(rollout, case, reader)
        if step is not None:
            return step
    raise AssertionError("every rollout has a next step")


def _url(name: str, rollout: Rollout, *args: object) -> str:
    return reverse(f"gates:{name}", args=[rollout.initiative.reference, *args])


def _first(person: object) -> str:
    return str(person).split()[0]


def _for(reader: Reader, initiative: Initiative) -> tuple[str, bool]:
    """Whom a step of the owner's waits for, and whether that is the reader."""
    if reader.member:
        return _first(reader.user), True
    return str(initiative.owner), False


def _over(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    if rollout.live:
        return None
    move = rollout.moved_by
    if move is None:
        return Step("nobody", f"{rollout.get_stage_display()} by its claim", str(rollout.claim))
    return Step(
        "nobody",
        f"{rollout.get_stage_display()} on {short_day(move.decided_at.date())}",
        f"{move.decided_by} decided it: {move.reason}",
        url=_url("decision", rollout, move.pk),
        button="Read the decision",
    )


def _paused(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    since = case.facts.paused_since
    if since is None:
        return None
    title, text = "Resume the work", f"Paused since {short_day(since)}. No gate opens while it is."
    if reader.submits:
        return Step(_first(reader.user), title, text, _url("resume", rollout), "Resume", True, True)
    return Step(str(rollout.initiative.owner or "the program office"), title, text)


def _unowned(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    if rollout.initiative.owner is not None:
        return None
    title = "Name an owner"
    text = "Somebody has to answer for it before anything can be proven."
    if reader.assigns:
        return Step(
            _first(reader.user), title, text, _url("people", rollout), "Choose people", yours=True
        )
    return Step("the program office", title, text)


def _at_rest(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    if case.facts.gate is not None:
        return None
    stage = case.document.stage(Stage.STEADY)
    return Step("nobody", "Nothing is due: it runs in steady state", stage.purpose)


def _unopened(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    if case.facts.review is not None:
        return None
    gate, initiative = case.document.gate(case.facts.gate or 0), rollout.initiative
    title = f"Open the {gate.name} review"
    proof = ""
    if case.facts.owed_gates:
        claimed = case.facts.claimed
        proof = "Proof of a gate that it skipped. " if claimed else "It no longer counts. "
    text = f"{proof}{gate.question.format(name='it')} {case.evaluation.left}"
    if reader.submits:
        who = _first(reader.user) if reader.member else str(initiative.owner)
        return Step(who, title, text, _url("review", rollout), title, True, reader.member)
    return Step(str(initiative.owner), title, text)


def _unfinished(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    """Something that whoever works on it can put right, before or after submitting."""
    review, initiative = case.facts.review, rollout.initiative
    assert review is not None
    blockers = case.to_do
    if review.state == "submitted" and all(finding.coverable for finding in blockers):
        return None
    who, yours = _for(reader, initiative)
    if not blockers:
        url = _url("submit", rollout) if reader.submits else ""
        title = f"Submit the Gate {review_gate(case)} review"
        return Step(
            who, title, "Everything it asks for is met.", url, "Check and submit", False, yours
        )
    first = blockers[0]
    return Step(
        who,
        task_title(first),
        f"{first.text} {first.fix}".strip(),
        task_url(case.document, initiative.reference, first) if reader.edits else "",
        "Open the task",
        yours=yours,
    )


def review_gate(case: Case) -> int:
    """The gate under review. Raises AssertionError when no gate is ahead."""
    assert case.facts.gate is not None
    return case.facts.gate


TITLES = {
    "criterion": "Show: {}",
    "rung": "Ladder check: {}",
    "failure_mode": "Assess {}",
    "design": "Settle: {}",
    "funding": "Name the production funding path",
    "condition": "Close the overdue condition",
    "decider": "Find somebody who may decide",
    "architecture": "Say how the pilot's architecture leads to production",
    "band": "Bring access within its band",
    "dependency": "Say what it means here: {}",
    "kill": "Say what would end it",
    "handoff": "Close what the receiving team lacks",
}


def task_title(finding: Finding) -> str:
    """The finding as a thing to do."""
    title = finding.title
    if finding.kind == "failure_mode":
        title = title[:1].lower() + title[1:]
    return TITLES.get(finding.kind, "{}").format(title)


def _submitted(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    for rule in (_sign_off, _objection, _own_objection, _decision):
        step = rule(rollout, case, reader)
        if step is not None:
            return step
    return _waiting(rollout, case, reader)


def _sign_off(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    """The reader is a reviewer whose word is missing, and has no hand in the work."""
    if reader.member:
        return None
    for finding in case.evaluation.of("sign_off"):
        if finding.state == "waiting" and case.facts.asks(reader.user.pk, finding.key):
            remit = case.document.remit(finding.key)
            return Step(
                _first(reader.user),
                f"Sign off for {remit.name.lower()}, or object",
                remit.asks,
                task_url(case.document, rollout.initiative.reference, finding),
                "Read and sign off",
                yours=True,
            )
    return None


def _objection(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    objections = [
        finding
        for finding in case.evaluation.of("sign_off")
        if finding.state == "not_met" and case.facts.sign_offs[finding.key].unanswered
    ]
    if not objections or not reader.member:
        return None
    first = objections[0]
    return Step(
        _first(reader.user),
        f"Answer the objection of {first.who}",
        f"{first.title}: {first.text}",
        _url("review", rollout),
        "Open the review",
        yours=True,
    )


def _own_objection(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    """The reader objected: it is for the owner to answer, and then for the reader to look again."""
    for finding in case.evaluation.of("sign_off"):
        own = _objection_of(case, finding, reader.user.pk)
        if own is None:
            continue
        url = task_url(case.document, rollout.initiative.reference, finding)
        if own.answer:
            title = "Look again: your objection is answered"
            who = _first(reader.user)
            return Step(who, title, f"“{own.answer}”", url, "Read and sign off", yours=True)
        return Step(
            str(rollout.initiative.owner),
            "Answer your objection, which stands",
            finding.text,
            url,
            "Look at what you said",
        )
    return None


def _objection_of(case: Case, finding: Finding, person: int) -> SignOffFact | None:
    given = case.facts.sign_offs.get(finding.key)
    return next(
        (
            word
            for word in (given.all if given else ())
            if word.verdict == "objected" and person in word.whose
        ),
        None,
    )


def _decision(rollout: Rollout, case: Case, reader: Reader) -> Step | None:
    if reader.user.pk not in case.decider_ids:
        return None
    missing = [f for f in case.evaluation.of("sign_off") if f.state == "waiting"]
    gate = case.document.gate(review_gate(case))
    text = gate.question.format(name=rollout.initiative.name)
    if missing:
        count = plural_count(len(missing), "sign-off")
        text = f"{text} {count} {'is' if len(missing) == 1 else 'are'} still to come."
    return Step(
        _first(reader.user),
        f"Decide at {gate.name}",
        text,
        _url("decide", rollout),
        f"Decide {gate.name}",
        yours=True,
    )


def _waiting(rollout: Rollout, case: Case, reader: Reader) -> Step:
    missing = [f.title for f in case.evaluation.of("sign_off") if f.state == "waiting"]
    review = case.facts.review
    since = (
        f"Submitted on {short_day(review.submitted_on)}." if review and review.submitted_on else ""
    )
    if missing:
        words = [title.removesuffix(" sign-off").lower() for title in missing]
        return Step("reviewers", f"Sign-offs for {listed(words)}", since)
    names = [person.label for person in case.facts.deciders[:3]]
    gate = review_gate(case)
    if not names:
        finding = case.evaluation.of("decider")[0]
        text = f"{finding.text} {finding.fix}"
        if reader.assigns:
            url = _url("people", rollout)
            return Step(_first(reader.user), finding.title, text, url, "Choose people", yours=True)
        return Step("the program office", finding.title, text)
    return Step(listed(names, "or"), f"The decision at Gate {gate}", since)
