"""Deciding at a gate, the record of a decision, and closing what a conditional go asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import reader
from accounts.roles import Permission
from audit.canonical import canonical_json, digest_of
from gates.caps import carried_by
from gates.case import Case
from gates.differences import Difference, differences
from gates.forms.decisions import CloseConditionForm, DecisionForm
from gates.forms.shared import refuse
from gates.milestones import marks_of
from gates.models import Condition, Decision, GatedTranche, Outcome, Review, Rollout
from gates.models.promises import MILESTONES
from gates.money import would_release
from gates.policies import CHOICES, closed_outcomes
from gates.services.conditions import close_condition
from gates.services.decisions import decide as carry_out
from gates.today import today
from gates.views.deciders import may_decide, why_not
from gates.views.loading import load
from gates.views.page import CHANGED, REFUSED, judged, review_of, show
from gates.views.signed import attempt, sign
from gates.views.task import STATES
from gates.views.tasks import Worklist
from initiatives.errors import NotAllowed, Refused
from initiatives.permissions import may_edit
from metrics.days import day_of
from playbook.evaluate import Finding
from playbook.kills import open_hits
from risks.models import Assessment

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
FIGURES = ("design", "criterion", "rung", "sign_off")  # at most three of them at any one gate
GOES = (Outcome.GO, Outcome.CONDITIONAL_GO)
MOST_REASONS = 2  # written out beside a closed outcome


@dataclass(frozen=True)
class Option:
    """One outcome on the page: what it does, or why it is closed."""

    value: str
    label: str
    says: str
    closed: Sequence[str]
    chosen: bool

    @property
    def why(self) -> str:
        """Why it is closed, in a line; the refusal itself names everything."""
        if len(self.closed) <= MOST_REASONS:
            return " ".join(self.closed)
        first = "; ".join(reason.partition(":")[0] for reason in self.closed[:MOST_REASONS])
        more = len(self.closed) - MOST_REASONS
        return _("%d things stand against it: %s, and %d more.") % (len(self.closed), first, more)


@dataclass(frozen=True)
class Change:
    """A fact that changed, and how the requirement it belongs to stands now."""

    difference: Difference
    finding: Finding | None


@login_required
@never_cache
@get_or_post
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """The facts, what is open, and the five outcomes; posting signs one on the facts shown."""
    rollout = load(request, reference)
    case = judged(rollout)
    if request.method != "POST":
        made = _decided_already(rollout, case, reader(request))
        if made is None or "anew" in request.GET:
            return _decision_page(request, rollout, case, None)
        messages.info(request, _("You have decided this. Nothing waits for a decision now."))
        return redirect("gates:decision", reference, made.pk)
    if not may_decide(case, reader(request)):
        return _decision_page(request, rollout, case, None, status=403)
    try:
        tried = attempt(request, rollout, case, partial(carry_out, rollout=rollout))
    except NotAllowed:
        return _decision_page(request, rollout, judged(rollout), None, status=403)
    if tried.made is not None:
        messages.success(request, _("Decided. %s.") % tried.made)
        return redirect("gates:decision", reference, tried.made.pk)
    if tried.status == CHANGED:
        case = judged(rollout)
    return _decision_page(
        request, rollout, case, tried.form, changes=tried.changes, status=tried.status
    )


def _decided_already(rollout: Rollout, case: Case, user: User) -> Decision | None:
    """The reader's own decision, while nothing has come after it that asks for another.

    Who goes back to the page after deciding finds the record, not a form that looks alive.
    """
    if case.facts.review is not None or case.facts.owed_gates or open_hits(case.facts):
        return None
    last = rollout.decisions.order_by("pk").last()
    return last if last is not None and last.decided_by_id == user.pk else None


def _decision_page(
    request: HttpRequest,
    rollout: Rollout,
    case: Case,
    form: DecisionForm | None,
    *,
    changes: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    context = decision_context(rollout, case, form, reader(request), changes=changes)
    context["nav"] = "decisions"
    return show(request, "gates/decide.html", rollout, context, status=status)


def decision_context(
    rollout: Rollout,
    case: Case,
    form: DecisionForm | None,
    user: User,
    *,
    changes: Sequence[Difference] = (),
) -> dict[str, Any]:
    """What ``gates/_decide_body.html`` shows: the facts, what is open, and the form, an empty one
    unless given."""
    review = review_of(rollout, case)
    if form is None:
        form = DecisionForm(None, case=case, initiative=rollout.initiative, today=case.facts.today)
    facts, document, blockers = case.facts, case.document, case.evaluation.blockers
    gate = None if facts.gate is None else document.gate(facts.gate)
    work = Worklist(rollout, case, user, review)
    options = _options(rollout, case, form)
    return {
        "form": form,
        "case": case,
        "gate": gate,
        "question": gate.question.format(name=rollout.initiative.name) if gate else "",
        "from_stage": document.stage(facts.stage) if rollout.live else None,
        "to_stage": document.stage(gate.to_stage) if gate else None,
        "review": review,
        "work": work,
        "options": options,
        "go_opens": any(o.value in GOES and not o.closed for o in options),
        "since": _since_submitted(case, review),
        "changes": changes,
        "seen": sign(case),
        "print": _short(case.digest),
        "at": timezone.now(),
        "may_decide": may_decide(case, user),
        "why_not": why_not(case, user),
        "blockers": [(STATES[f.state], f) for f in blockers],
        "figures": [section for section in work.sections if section.key in FIGURES][:3],
        "ran_out": sum(1 for finding in blockers if finding.state == "stale"),
        "worst": _worst(case),
        "hits": open_hits(facts),
        "releases": would_release(rollout.initiative, facts.gate),
    }


def _options(rollout: Rollout, case: Case, form: DecisionForm) -> list[Option]:
    closed = closed_outcomes(case, case.facts.today, carried_by(rollout.initiative))
    says = _consequences(case)
    return [
        Option(
            outcome.value,
            str(outcome.label),
            says[outcome],
            closed.get(outcome.value, ()),
            form.chosen == outcome.value,
        )
        for outcome in CHOICES
    ]


def _consequences(case: Case) -> Mapping[str, str]:
    facts, document = case.facts, case.document
    gate = None if facts.gate is None else document.gate(facts.gate)
    holds = {0: _("None used so far"), 1: _("One used")}.get(facts.holds, f"{facts.holds} used")
    proven = gate is not None and facts.gate in facts.owed_gates
    opens = _("Proves the gate; the stage stays.") if proven else gate.opens if gate else ""
    return {
        Outcome.GO: opens,
        Outcome.CONDITIONAL_GO: _(
            "%s Each open blocker becomes an action with an owner and a date. If one runs more "
            "than %d days past its date, the go is revoked."
        )
        % (opens, document.condition_grace_days),
        Outcome.HOLD: _("Until a date, with a cause. The stage's clock runs on. %s of %d.")
        % (holds, document.max_holds),
        Outcome.RETURN: _(
            "To an earlier stage. Voids the gates from there on; answers only prefill, and "
            "sign-offs are asked anew."
        ),
        Outcome.STOP: _("Ends this rollout for good. What was learned is kept."),
    }


def _since_submitted(case: Case, review: Review | None) -> list[Change]:
    """What changed since the review was submitted, apart from what a submission is there to bring:
    its own state, and signatures."""
    if review is None or review.submitted_facts is None:
        return []
    signed = {
        remit: said for remit, said in case.seen["sign_offs"].items() if said["verdict"] == "signed"
    }
    asked = {name: case.seen[name] for name in ("review", "unopened", "holders")}
    before = {**review.submitted_facts, **asked, "sign_offs": signed}
    by_title = {finding.title: finding for finding in case.evaluation.findings}
    by_title |= {
        f"{case.document.remit(finding.key).name} sign-off": finding
        for finding in case.evaluation.of("sign_off")
    }
    return [
        Change(difference, by_title.get(difference.title))
        for difference in differences(case.document, before, case.seen)
    ]


def _worst(case: Case) -> tuple[str, str]:
    """The highest residual rating and the failure mode's name; empty when none is assessed."""
    rate = case.document.rating.rate
    degrees = {
        key: risk.residual_likelihood * risk.residual_impact
        for key, risk in case.facts.risks.items()
    }
    if not degrees:
        return "", ""
    worst = max(degrees, key=lambda key: degrees[key])
    risk = case.facts.risks[worst]
    return (
        rate(risk.residual_likelihood, risk.residual_impact),
        case.document.mode(worst).short_name,
    )


def _short(digest: str) -> str:
    """A digest as people compare it: its first eight and last four digits."""
    return f"{digest[:4]} {digest[4:8]} … {digest[-4:]}"


@login_required
@require_GET
def decision(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """What was decided, by whom, on which facts. It never changes."""
    rollout = load(request, reference)
    found = get_object_or_404(
        Decision.objects.select_related("decided_by", "submitted_by", "owner", "rollout__playbook"),
        pk=pk,
        rollout__initiative=rollout.initiative_id,
    )
    document = found.rollout.playbook.parsed
    user = reader(request)
    conditions = list(found.conditions.select_related("owner", "closed_by", "evidence"))
    works_on_it = may_edit(user, rollout.initiative)
    case = judged(rollout) if found.decided_by_id == user.pk and rollout.live else None
    anew = case is not None and _decided_already(rollout, case, user) == found
    on = day_of(timezone.now())
    promises = list(
        found.promises.select_related("decision__passage")
        .defer("decision__facts")
        .prefetch_related("reconciliations")
    )
    return show(
        request,
        "gates/decision.html",
        rollout,
        {
            "nav": "decisions",
            "decision": found,
            "passing": found.outcome in (Outcome.GO, Outcome.CONDITIONAL_GO),
            "moved": found.from_stage != found.to_stage,
            "cause": document.mode(found.cause) if found.cause else None,
            "conditions": [
                (row, row.closed_at is None and (works_on_it or row.owner_id == user.pk))
                for row in conditions
            ],
            "otherwise": [
                (document.mode(row.mode), row)
                for row in Assessment.objects.filter(initiative=rollout.initiative_id)
                .judged_otherwise()
                .as_of(found.decided_at)
            ],
            "released": GatedTranche.objects.released_by(found),
            "promises": promises,
            "milestones": MILESTONES,
            "kept": [
                (promise, marks_of(promise, promise.reconciliations.all(), on))
                for promise in promises
            ],
            "sees_ledger": user.may(Permission.SEE_ALL),
            "facts": [fact for fact in differences(document, {}, found.facts) if fact.after],
            "intact": digest_of(found.facts) == found.digest,
            "canonical": canonical_json(found.facts),
            "anew": anew and case is not None and may_decide(case, user),
            "today": today(),
        },
    )


@login_required
@never_cache
@get_or_post
def condition(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """What a conditional go asked for; posting says how it was met."""
    rollout = load(request, reference)
    owed = get_object_or_404(
        Condition.objects.select_related("owner", "closed_by", "evidence", "decision", "rollout"),
        pk=pk,
        rollout__initiative=rollout.initiative_id,
    )
    user = reader(request)
    closes = owed.owner_id == user.pk or may_edit(user, rollout.initiative)
    if request.method == "POST" and not closes:
        raise PermissionDenied
    form = CloseConditionForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initiative=rollout.initiative,
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                now = timezone.now()
                close_condition(
                    condition=owed,
                    note=form.cleaned_data["note"],
                    evidence=form.proof(by=user, at=now),
                    by=user,
                    at=now,
                )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Condition met: %s") % owed.text)
            return redirect("gates:decision", reference, owed.decision_id)
    grace = owed.rollout.playbook.parsed.condition_grace_days
    return show(
        request,
        "gates/condition.html",
        rollout,
        {
            "form": form,
            "condition": owed,
            "closes": closes,
            "revoked_after": owed.due + timedelta(days=grace),
            "today": today(),
        },
        status=REFUSED if form.errors else 200,
    )
