"""Keeping each rollout's last judgement for lists."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from gates.case import Case, cases_of
from gates.models import Review, Rollout, Standing
from playbook.coverage import computed_met
from playbook.labels import ENDED, EXTENDED_PILOT, STALLED, holds_until, labels, stall_reasons
from playbook.reach import breach_since, breaches

logger = logging.getLogger(__name__)

AT_ONCE = 200
PORTION = 20
LETTERS = {"unassigned": "u", "assigned": "a", "planned": "p", "met": "m", "lapsed": "l"}
RATINGS = ("low", "medium", "high", "critical")
DERIVED = [f.name for f in Standing._meta.concrete_fields if not f.primary_key]


def refresh(initiative_ids: Sequence[int], at: datetime) -> None:
    """Judge the rollouts of these initiatives anew and keep what lists show of them."""
    keep(initiative_ids, at, of="initiative")


def doubt(initiative_ids: Sequence[int], at: datetime) -> None:
    """Mark what lists show of these initiatives as older than their figures.

    The standings stay locked until the figures are committed: whoever judges one meanwhile has
    judged it before they came, and finds the mark, or judges it after.
    """
    held = (
        Standing.objects.filter(rollout__initiative__in=initiative_ids)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    fresh = [pk for pk, since in held.values_list("pk", "doubted_since") if since is None]
    if fresh:
        # What has run out is judged by the sweep anyway, and by nothing else when it cannot be.
        lasting = Standing.objects.exclude(valid_until__lt=at.date())
        lasting.filter(pk__in=fresh).update(doubted_since=at)


def refresh_submitted(at: datetime) -> None:
    """Judge anew what waits for a decision: who may decide hangs on everybody's rights."""
    waiting = Review.objects.awaiting_decision().filter(rollout=OuterRef("pk"))
    rollouts = Rollout.objects.live().filter(Exists(waiting))
    # Nobody's newer judgement is written over with one of older facts.
    held = Standing.objects.filter(rollout__in=rollouts).order_by("pk").select_for_update()
    keep(list(held.values_list("pk", flat=True)), at)


def refresh_run_out(*, at: datetime) -> None:
    """Judge anew each rollout whose standing has run out, once and a batch at a time."""
    for batch in run_out(at=at):
        judge_anew(batch, at=at)


def run_out(*, at: datetime) -> Iterator[list[int]]:
    """The rollouts whose standing has run out or is in doubt, longest ago first, in batches."""
    due = list(_run_out(at).order_by("valid_until").values_list("pk", flat=True))
    for start in range(0, len(due), AT_ONCE):
        yield due[start : start + AT_ONCE]


def refresh_doubted(*, at: datetime) -> None:
    """Judge anew what figures came in for, longest ago first, and what is left over next time."""
    doubted = Standing.objects.filter(doubted_since__isnull=False).order_by("doubted_since", "pk")
    due = list(doubted.values_list("pk", flat=True)[:AT_ONCE])
    # In portions: whoever records a figure waits for the one that its rollout is in.
    for start in range(0, len(due), PORTION):
        judge_anew(due[start : start + PORTION], at=at)


def judge_anew(batch: Sequence[int], *, at: datetime) -> None:
    """Judge those of the rollouts that still need it.

    A batch that fails is judged one by one: a rollout that cannot be judged is logged by its
    reference, keeps its last standing, and holds up no other.
    """
    try:
        _judge_anew(batch, at)
    except Exception:
        for pk in batch:
            _judge_alone(pk, at)


def _run_out(at: datetime) -> QuerySet[Standing]:
    return Standing.objects.filter(Q(valid_until__lt=at.date()) | Q(doubted_since__isnull=False))


def _judge_anew(rollout_ids: Sequence[int], at: datetime) -> None:
    """Judge those of the rollouts that still need it, and that nobody else is judging."""
    with transaction.atomic():
        run_out = _run_out(at).filter(pk__in=rollout_ids).order_by("pk")
        if due := list(run_out.select_for_update(skip_locked=True).values_list("pk", flat=True)):
            keep(due, at)


def _judge_alone(pk: int, at: datetime) -> None:
    try:
        _judge_anew([pk], at)
    except Exception:
        # Whatever is wrong with it lasts longer than a moment: the hourly sweep tries again.
        Standing.objects.filter(pk=pk, doubted_since__isnull=False).update(
            doubted_since=None, valid_until=at.date() - timedelta(days=1)
        )
        reference = Rollout.objects.values_list("initiative__reference", flat=True).get(pk=pk)
        logger.exception("%s could not be judged anew; its last standing stays", reference)


def keep(ids: Collection[int], at: datetime, *, of: str = "pk") -> None:
    cases = cases_of(ids, at=at, of=of)
    save(standing_of(case, rollout_id=pk, at=at) for pk, case in cases.items())


def save(standings: Iterable[Standing]) -> None:
    Standing.objects.bulk_create(
        sorted(standings, key=lambda each: each.rollout_id),  # two writers never wait in a ring
        update_conflicts=True,
        unique_fields=["rollout"],
        update_fields=DERIVED,
        batch_size=2000,
    )


def standing_of(case: Case, *, rollout_id: int, at: datetime) -> Standing:
    """What lists show of a case."""
    document, facts, today = case.document, case.facts, at.date()
    criteria = case.evaluation.of("criterion", "design")
    blockers = case.evaluation.blockers
    ladder = "".join(_letter(case, check.key, today) for check in document.checks)
    rating, mode = _worst(case)
    severe, untreated = _severe(case)
    first = next(iter((*case.to_do, *blockers)), None)
    earned = labels(document, facts)
    breach = next(breaches(document, facts), None)
    return Standing(
        rollout_id=rollout_id,
        gate=facts.gate,
        labels=list(earned),
        stall_reasons=list(stall_reasons(document, facts)),
        blocker_kinds=sorted({finding.kind for finding in blockers}),
        blockers=len(blockers),
        first_blocker=first.title[:300] if first else "",
        first_fix=first.fix[:300] if first else "",
        criteria_met=sum(1 for finding in criteria if finding.state == "met"),
        criteria=len(criteria),
        ladder=ladder,
        checks_met=ladder.count("m"),
        computed_met=computed_met(document, facts),
        worst_mode=mode,
        worst_rating=rating,
        severe_modes=severe,
        untreated_modes=untreated,
        failing=list(case.failing),
        breach=breach.text[:300] if breach else "",
        breach_since=breach_since(document, facts),
        rank=_rank(case, earned, rating),
        valid_until=holds_until(document, facts),
        owners_turn=case.owners_turn,
        changed_at=at,
    )


def _rank(case: Case, earned: Sequence[str], rating: str) -> int:
    """The higher the worse, among what somebody answers for; what nobody owns comes after."""
    if case.facts.stage in ENDED:
        return -1
    return (
        1000 * (case.facts.owner is not None)
        + 200 * (STALLED in earned)
        + 20 * (RATINGS.index(rating) + 1 if rating else 0)
        + 10 * (EXTENDED_PILOT in earned)
        + min(len(case.evaluation.blockers), 9)
    )


def _letter(case: Case, key: str, today: date) -> str:
    fact = case.facts.checks.get(key)
    return LETTERS[fact.state_on(today)] if fact else "u"


def _worst(case: Case) -> tuple[str, str]:
    """The highest residual rating and its failure mode; empty when nothing is assessed."""
    rate = case.document.rating.rate
    rated: list[tuple[int, str]] = [
        (RATINGS.index(rate(risk.residual_likelihood, risk.residual_impact)), mode)
        for mode, risk in case.facts.risks.items()
    ]
    if not rated:
        return "", ""
    worst, mode = max(rated, key=lambda pair: pair[0])
    return RATINGS[worst], mode


def _severe(case: Case) -> tuple[list[str], list[str]]:
    """The failure modes high or critical once treated, and those critical and not treated."""
    rate, risks = case.document.rating.rate, case.facts.risks
    severe = [
        mode
        for mode, risk in risks.items()
        if rate(risk.residual_likelihood, risk.residual_impact) in RATINGS[2:]
    ]
    untreated = [
        mode
        for mode, risk in risks.items()
        if risk.response == "none" and rate(risk.likelihood, risk.impact) == RATINGS[-1]
    ]
    return sorted(severe), sorted(untreated)


def standings_of_new(rollouts: Sequence[Rollout], *, at: datetime) -> list[Standing]:
    """Standings for rollouts that were just adopted and that nobody has worked on.

    All that tells such rollouts apart is stage, impact class, people and funding path, so each
    kind is judged once.
    """
    kinds: dict[tuple[Any, ...], Rollout] = {}
    kind_of = {rollout.pk: _kind(rollout) for rollout in rollouts}
    for rollout in rollouts:
        kinds.setdefault(kind_of[rollout.pk], rollout)
    cases = cases_of([rollout.pk for rollout in kinds.values()], at=at)
    judged = {
        kind: standing_of(cases[rollout.pk], rollout_id=rollout.pk, at=at)
        for kind, rollout in kinds.items()
    }
    values = {
        kind: {name: getattr(standing, name) for name in DERIVED}
        for kind, standing in judged.items()
    }
    return [Standing(rollout_id=rollout.pk, **values[kind_of[rollout.pk]]) for rollout in rollouts]


def _kind(rollout: Rollout) -> tuple[Any, ...]:
    initiative = rollout.initiative
    return (
        rollout.stage,
        rollout.claim_id is not None,
        initiative.impact_class,
        initiative.owner_id,
        initiative.sponsor_id,
        tuple(initiative.funding_missing),
        tuple(initiative.handoff_lacks),
    )
