"""What only some may do in a long sequence: judge, sign, approve, release and decide."""

from typing import Any

import time_machine
from django.test import Client

from accounts.roles import Remit
from checklists.services import confirm_check, verify_proof
from gates.models import CriterionException, GatedTranche
from gates.models.rollouts import ENDED
from gates.services.decisions import Choice, NewCondition, decide, earlier_stages
from gates.services.exceptions import approve_exception, refuse_exception
from gates.services.kills import settle_hit
from gates.services.money import release, standing_decision
from gates.services.reviews import sign_off
from gates.services.stalls import revive
from initiatives.money import approve_tranche
from initiatives.permissions import (
    may_approve_money,
    may_oversee,
    may_release_money,
    may_verify,
)
from tests.factories import make_token
from tests.gates.deciding import Page
from tests.soak.barred import entitled, hands
from tests.soak.turns import BY_HTTP, Turn, heard


def verify(t: Turn) -> None:
    evidence = t.one(t.initiative.evidence.order_by("-pk")[:6])
    own = evidence.added_by_id
    t.only(
        lambda person: may_verify(person, t.initiative) and (not t.likely or person.pk != own),
        tempted=[own],
    )
    if t.chance(BY_HTTP):
        t.ask("POST", f"initiatives/{t.initiative.reference}/evidence/{evidence.pk}/verify")
    else:
        verify_proof(evidence=evidence, document=t.document, **t.signed)


def confirm(t: Turn) -> None:
    """That verified evidence shows one more check."""
    known = [check.key for check in t.document.checks]
    row = t.one(t.initiative.checks.filter(status="met", confirmed_at__isnull=True, key__in=known))
    own = [row.evidence.added_by_id, row.met_by_id]
    t.only(
        lambda person: may_verify(person, t.initiative) and (not t.likely or person.pk not in own),
        tempted=own,
    )
    confirm_check(initiative=t.initiative, check=t.document.check(row.key), **t.signed)


def voice(t: Turn) -> None:
    """A signature or an objection, by a reviewer, a stand-in or somebody who is neither."""
    review = t.one(t.rollout.reviews.under_way())
    asked = t.document.remits_for(review.gate, t.initiative.impact_class)
    facts = t.case.facts
    missing = [remit for remit in asked if facts.asked.get(remit)]
    remit = t.one(missing or asked) if t.likely else t.rng.choice(Remit.values)
    able = {person.id for person in facts.asked.get(remit, ())}
    t.somebody(lambda person: person.pk in able, tempted=facts.authors)
    verdict = "objected" if t.chance(0.1) else "signed"
    note = "It is not ready." if verdict == "objected" else ""
    if t.chance(BY_HTTP):
        body = {"remit": remit, "verdict": verdict, "note": note}
        t.ask("POST", f"reviews/{review.pk}/sign-offs", body)
    else:
        sign_off(review=review, remit=remit, verdict=verdict, note=note, **t.signed)


def sign_by_token(t: Turn) -> None:
    """Whoever holds the token: it signs nothing and verifies nothing."""
    review = t.one(t.rollout.reviews.under_way())
    evidence = t.one(t.initiative.evidence.all())
    _token, secret = make_token(t.by, name=f"{t.rng.getrandbits(64):x}", at=t.at)
    if t.chance(0.5):
        path, body = f"initiatives/{t.initiative.reference}/evidence/{evidence.pk}/verify", None
    else:
        remit = t.one(sorted(t.by.remits) or Remit.values)
        path = f"reviews/{review.pk}/sign-offs"
        body = {"remit": remit, "verdict": "signed", "note": ""}
    t.ask("POST", path, body, secret=secret)
    raise AssertionError(f"a token of {t.by} was let through: {path}")


def _asked_exception(t: Turn) -> CriterionException:
    asked = CriterionException.objects.open().filter(approved_at__isnull=True)
    if t.likely:
        asked = asked.filter(expires__gte=t.today)
    t.goes_where(lambda row: asked.filter(rollout=row).exists())
    return t.one(asked.filter(rollout=t.rollout))


def approve(t: Turn) -> None:
    """An exception, by anybody, its own asker among them."""
    asked = _asked_exception(t)
    own = asked.asked_by_id
    t.somebody(lambda p: may_oversee(p, t.initiative) and p.pk != own, tempted=[own])
    approve_exception(exception=asked, note="", **t.signed)


def decline(t: Turn) -> None:
    asked = _asked_exception(t)
    t.somebody(lambda p: may_oversee(p, t.initiative) and p.pk != asked.asked_by_id)
    refuse_exception(exception=asked, note="It has to hold.", **t.signed)


def settle_kill(t: Turn) -> None:
    t.somebody(lambda person: may_oversee(person, t.initiative))
    hit = t.initiative.kill_criteria.filter(hit_at__isnull=False, settled_at__isnull=True)
    settle_hit(kill=t.one(hit), note="The cause is gone.", **t.signed)


def approve_money(t: Turn) -> None:
    unreleased = GatedTranche.objects.unreleased()
    if t.likely:
        unreleased = unreleased.filter(approved_at__isnull=True)
    t.goes_where(lambda row: unreleased.filter(initiative=row.initiative).exists())
    asked = t.one(unreleased.filter(initiative=t.initiative))
    own = asked.requested_by_id
    t.somebody(lambda p: may_approve_money(p, t.initiative) and p.pk != own, tempted=[own])
    approve_tranche(tranche=asked, amount=asked.requested, **t.signed)


def release_money(t: Turn) -> None:
    ready = GatedTranche.objects.ready().select_related("initiative")
    t.goes_where(
        lambda row: (
            row.stage not in ENDED
            and standing_decision(row.initiative, row.stage) is not None
            and ready.filter(initiative=row.initiative, stage=row.stage).exists()
        )
    )
    here = ready.filter(initiative=t.initiative)
    tranche = t.one(here.filter(stage=t.rollout.stage) if t.likely else here)
    own = tranche.hands
    t.only(
        lambda p: may_release_money(p, t.initiative) and (not t.likely or p.pk not in own),
        tempted=own,
    )
    release(tranche=tranche, **t.signed)


# Decisions


def attempt_go(t: Turn) -> None:
    """A go by somebody who may, or by anybody, on whatever is so."""
    _decide(t, "go")


def attempt_conditional_go(t: Turn) -> None:
    """Every open blocker with a condition of its own, or but the first."""
    blockers = [f for f in t.case.evaluation.blockers if f.coverable or not t.likely]
    covered = blockers if t.likely or t.chance(0.8) else blockers[1:]
    due = t.in_days(0, 40)
    owed = [NewCondition(f.id, "Put it right.", t.one(t.people), due) for f in covered]
    _decide(t, "conditional_go", conditions=owed)


def hold(t: Turn) -> None:
    _decide(t, "hold", hold_until=t.in_days(1, 40), cause="integration")


def send_back(t: Turn) -> None:
    target = t.one(earlier_stages(t.rollout.stage)[1:] or ["intake"])
    plan: dict[str, Any] = {"reduction": "Wave by wave.", "reduction_due": t.in_days(1, 30)}
    _decide(t, "return", return_to=target, cause="budget", **plan)


def stop(t: Turn) -> None:
    _decide(t, "stop", cause="value")


def bring_back(t: Turn) -> None:
    """What was paused, stalled or over."""
    deciders = t.case.decider_ids
    t.somebody(lambda person: person.pk in deciders)
    change_by = None if t.rollout.stage in ENDED else t.in_days(1, 30)
    revive(rollout=t.rollout, reason="Anew.", change_by=change_by, seen=t.case.seen, **t.signed)


def _decide(t: Turn, outcome: str, **more: Any) -> None:
    facts, deciders = t.case.facts, t.case.decider_ids
    own = hands(t.rollout.pk, facts.gate, facts.review.id if facts.review else None)
    t.somebody(
        lambda person: person.pk in deciders,
        tempted=set(own).intersection(entitled(t.rollout.pk)),
    )
    t.adding = len(more.get("conditions", ()))
    if not more and t.chance(BY_HTTP):
        with time_machine.travel(t.at, tick=False):
            page = Page(Client(), t.rollout, t.by)
            page.sign(outcome)
        heard(page.status)
        return
    decide(
        rollout=t.rollout, choice=Choice(outcome, "So it is.", **more), seen=t.case.seen, **t.signed
    )
