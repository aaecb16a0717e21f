"""What needs the program office, computed from the facts: each line goes when its cause does.

A rule is a queryset and a sentence. The rules stand worst first; all of them are counted together,
and only the rules that a page of lines touches are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.urls import reverse

from gates.models import Condition, Decision, Outcome, Review, ReviewState, Rollout, Slip, Stage
from gates.models.rollouts import ENDED
from look.templatetags.formats import day, plural_count
from portfolio import agreed, lapsing, running
from portfolio.lines import Day, Found, Say, first_name, of, page

SOON_DAYS = 7


@dataclass(frozen=True)
class Rule:
    """One cause for attention.

    ``mark`` is the glyph; ``urgent`` says that it cannot wait; ``find`` gives the rows of that
    day with ``ref`` and ``name``, worst first; ``say`` gives the reason, the act and its address.
    ``of_many`` says that the line is about many initiatives at once and leads where its act does.
    """

    key: str
    mark: str
    word: str
    urgent: bool
    find: Callable[[Day], QuerySet[Any, Found]]
    say: Say
    of_many: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the list."""

    rule: Rule
    name: str
    url: str
    text: str
    act: str
    act_url: str


def _days(since: date, today: date) -> str:
    return plural_count((today - since).days, "day")


# Reviews

NOBODY_MAY = Q(
    gate=F("rollout__standing__gate"),
    rollout__standing__blocker_kinds__contains=["decider"],
)


def _reviews(state: str) -> QuerySet[Review]:
    return Review.objects.filter(state=state).exclude(rollout__stage__in=ENDED)


def _review_rows(reviews: QuerySet[Review]) -> QuerySet[Any, Found]:
    return reviews.order_by("due", "pk").values(
        "gate", "due", "submitted_at", **of("rollout__initiative__")
    )


def _nobody_may_decide(on: Day) -> QuerySet[Any, Found]:
    return _review_rows(_reviews(ReviewState.SUBMITTED).filter(NOBODY_MAY))


def _say_nobody(found: Found, today: date) -> tuple[str, str, str]:
    why = f"Everybody who could decide Gate {found['gate']} had a hand in what is judged."
    fix = "Name another sponsor, or ask somebody else of the program office."
    return f"{why} {fix}", "Name a decider", page("people", found)


def _decidable() -> QuerySet[Review]:
    """Submitted, and somebody may decide: where nobody may, that is what there is to mend."""
    return _reviews(ReviewState.SUBMITTED).exclude(NOBODY_MAY)


def _say_decision(found: Found, today: date) -> tuple[str, str, str]:
    waited = (today - found["submitted_at"].date()).days
    since = f"has waited {plural_count(waited, 'day')}" if waited else "was submitted today"
    by = "was due on" if found["due"] < today else "is due on"
    sponsor = f"{found['sponsored_by']} or the" if found["sponsored_by"] else "The"
    return (
        f"Gate {found['gate']} {since} and {by} {day(found['due'], today)}. "
        f"{sponsor} program office may decide.",
        f"Decide Gate {found['gate']}",
        page("decide", found),
    )


def _review_overdue(on: Day) -> QuerySet[Any, Found]:
    return _review_rows(_reviews(ReviewState.OPEN).filter(due__lt=on.today))


def _say_review(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"The Gate {found['gate']} review was due on {day(found['due'], today)}; "
        f"{found['owned_by'] or 'nobody'} has not submitted it.",
        "Open the review",
        page("review", found),
    )


# Gates that no longer count, conditions and proof


def _revoked(on: Day) -> QuerySet[Any, Found]:
    later = Decision.objects.filter(rollout=OuterRef("rollout"), pk__gt=OuterRef("pk"))
    return (
        Decision.objects.filter(~Exists(later), outcome=Outcome.REVOKE)
        .exclude(rollout__stage__in=ENDED)
        .order_by("decided_at")
        .values("gate", "decided_at", **of("rollout__initiative__"))
    )


def _say_revoked(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"A condition ran past its grace, so the go at Gate {found['gate']} was taken back on "
        f"{day(found['decided_at'], today)}. The gate has to be decided anew.",
        "Open the review",
        page("review", found),
    )


def _slip_rows(slips: QuerySet[Slip]) -> QuerySet[Any, Found]:
    return (
        slips.filter(passage__rollout__in=Rollout.objects.live())
        .order_by("since", "pk")
        .values(
            "since",
            "text",
            "ended_on",
            gate=F("passage__gate"),
            **of("passage__rollout__initiative__"),
        )
    )


def _say_taken_back(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"Gate {found['gate']} was taken back on {day(found['ended_on'], today)}: what it rests "
        f"on had not held since {day(found['since'], today)}. {found['text']}",
        "Open the review",
        page("review", found),
    )


def _say_slip(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"What Gate {found['gate']} rests on has not held since {day(found['since'], today)}; "
        f"after its grace the gate is taken back. {found['text']}",
        f"Ask {first_name(found['owned_by'])}",
        page("holding", found),
    )


def _conditions(low: date | None, high: date) -> QuerySet[Any, Found]:
    owed = Condition.objects.still_owed().exclude(rollout__stage__in=ENDED).filter(due__lt=high)
    if low is not None:
        owed = owed.filter(due__gte=low)
    return owed.order_by("due", "pk").values(
        "id", "text", "due", holder=F("owner__name"), **of("rollout__initiative__")
    )


def _say_condition(found: Found, today: date) -> tuple[str, str, str]:
    late = found["due"] < today
    return (
        f"“{found['text']}” {'was' if late else 'is'} due on {day(found['due'], today)}; "
        f"{found['holder']} owes it." + (" After its grace the go is revoked." if late else ""),
        "Open the condition",
        page("condition", found, found["id"]),
    )


def _proof_overdue(on: Day) -> QuerySet[Any, Found]:
    late = Q(pk__in=[])
    for playbook, days in on.proof_days.items():
        last = on.today - timedelta(days=days)
        late |= Q(playbook=playbook, initiative__owner_since__lt=last)
    return (
        Rollout.objects.live()
        .proving(owned=True)
        .filter(late)
        .order_by("initiative__owner_since", "pk")
        .values("stage", since=F("initiative__owner_since"), **of("initiative__"))
    )


def _say_proof(found: Found, today: date) -> tuple[str, str, str]:
    stage = Stage(found["stage"]).label
    return (
        f"{found['owned_by']} has owned its claim to be in {str(stage).lower()} for "
        f"{_days(found['since'], today)} without proving it. Decide what becomes of it.",
        "Decide",
        page("decide", found),
    )


# Stalls, and claims of nobody


def _under_review() -> QuerySet[Review]:
    """The review at the gate that a rollout comes to next."""
    return Review.objects.under_way().filter(
        rollout=OuterRef("pk"), gate=OuterRef("standing__gate")
    )


def _stalled(on: Day) -> QuerySet[Any, Found]:
    return (
        Rollout.objects.live()
        .labelled("stalled")
        .filter(initiative__owner__isnull=False)
        .order_by("stage_entered_at", "pk")
        .values(
            "stage",
            since=F("stage_entered_at"),
            reasons=F("standing__stall_reasons"),
            gate=F("standing__gate"),
            reviewed=Exists(_under_review()),
            blocker=F("standing__first_blocker"),
            **of("initiative__"),
        )
    )


def _say_stalled(found: Found, today: date) -> tuple[str, str, str]:
    stage, weeks = Stage(found["stage"]).label, (today - found["since"].date()).days // 7
    first = f" First in the way: {found['blocker'].rstrip('.?')}." if found["blocker"] else ""
    if "paused" in found["reasons"]:
        first = " Next: resume the work."
    elif not found["reviewed"]:
        first = f" Next: open the Gate {found['gate']} review."
    return (
        f"{plural_count(weeks, 'week')} in {str(stage).lower()}: "
        f"{' and '.join(found['reasons'])}.{first}",
        f"Ask {first_name(found['owned_by'])}",
        page("initiative", found),
    )


def _unowned(on: Day) -> QuerySet[Any, Found]:
    """The claims that nobody answers for: one matter, however many they are."""
    claims = Rollout.objects.live().proving(owned=False).order_by()
    count = claims.values(every=Value(1)).annotate(many=Count("pk")).values("many")
    first = claims.filter(pk=Subquery(claims.order_by("pk").values("pk")[:1]))
    title = {"name": Value("Claims without an owner")}
    return first.values(many=Subquery(count), **{**of("initiative__"), **title})


def _say_unowned(found: Found, today: date) -> tuple[str, str, str]:
    many = found["many"]
    return (
        f"{plural_count(many, 'claim')} of an inventory {'has' if many == 1 else 'have'} nobody "
        "to prove "
        f"{'it' if many == 1 else 'them'}. Nobody is reminded until an owner is named.",
        "Assign owners",
        reverse("portfolio:proving"),
    )


RULES: tuple[Rule, ...] = (
    Rule("nobody", "not_met", "Nobody may decide", True, _nobody_may_decide, _say_nobody),
    Rule("kill_hit", "not_met", "Kill criterion hit", True, agreed.hits, agreed.say_hit),
    Rule(
        "decision_overdue",
        "overdue",
        "Decision overdue",
        True,
        lambda on: _review_rows(_decidable().filter(due__lt=on.today)),
        _say_decision,
    ),
    Rule("revoked", "not_met", "Go revoked", True, _revoked, _say_revoked),
    Rule(
        "taken_back",
        "not_met",
        "Gate taken back",
        True,
        lambda on: _slip_rows(Slip.objects.taken_back()),
        _say_taken_back,
    ),
    Rule(
        "condition_overdue",
        "overdue",
        "Condition overdue",
        True,
        lambda on: _conditions(None, on.today),
        _say_condition,
    ),
    Rule("proof", "overdue", "Proof overdue", True, _proof_overdue, _say_proof),
    Rule("review_overdue", "overdue", "Review overdue", True, _review_overdue, _say_review),
    Rule("plan", "overdue", "Reduction overdue", True, running.plan, running.say_plan),
    Rule("breach", "overdue", "Out of its band", True, running.breach, running.say_breach),
    Rule(
        "slip",
        "due",
        "Gate giving way",
        False,
        lambda on: _slip_rows(Slip.objects.under_way()),
        _say_slip,
    ),
    Rule("unowned", "due", "No owner", False, _unowned, _say_unowned, of_many=True),
    Rule("lapsed", "stale", "Evidence lapsed", False, lapsing.lapsed, lapsing.say_lapsed),
    Rule("stalled", "stalled", "Stalled", False, _stalled, _say_stalled),
    Rule(
        "decision",
        "waiting",
        "Awaiting decision",
        False,
        lambda on: _review_rows(_decidable().filter(due__gte=on.today)),
        _say_decision,
    ),
    Rule(
        "condition",
        "due",
        "Condition due",
        False,
        lambda on: _conditions(on.today, on.today + timedelta(days=SOON_DAYS)),
        _say_condition,
    ),
    Rule("exception", "waiting", "Exception asked", False, agreed.asked, agreed.say_asked),
    Rule("practice", "due", "Practice overdue", False, running.practice, running.say_practice),
    Rule("lapsing", "due", "Evidence runs out", False, lapsing.runs_out, lapsing.say_runs_out),
)


class Lines(Sequence[Line]):
    """Every line of a day, worst first, read only where it is sliced: what a Paginator takes."""

    def __init__(self, on: Day, counts: Mapping[str, int]) -> None:
        self.on, self.counts = on, counts

    def __len__(self) -> int:
        return sum(self.counts.values())

    @property
    def urgent(self) -> int:
        return sum(self.counts[rule.key] for rule in RULES if rule.urgent)

    def __getitem__(self, wanted: Any) -> Any:
        if not isinstance(wanted, slice):
            return next(self._read(wanted, wanted + 1))
        start, stop, _step = wanted.indices(len(self))
        return list(self._read(start, stop))

    def _read(self, start: int, stop: int) -> Iterator[Line]:
        before = 0
        for rule in RULES:
            count = self.counts[rule.key]
            low, high = max(start - before, 0), min(stop - before, count)
            if low < high:
                for found in rule.find(self.on)[low:high]:
                    text, act, act_url = rule.say(found, self.on.today)
                    url = act_url if rule.of_many else page("initiative", found)
                    yield Line(rule, found["name"], url, text, act, act_url)
            before += count
