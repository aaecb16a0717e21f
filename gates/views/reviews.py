"""The gate review: the task list, each criterion, submitting, withdrawing, signing off."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from gates.case import Case
from gates.forms.reviews import CriterionForm, OpenReviewForm, SignOffForm
from gates.forms.shared import refuse
from gates.models import CriterionAnswer, Rollout
from gates.permissions import OWN_WORK, may_sign_off, signs_for_own_work
from gates.services import reviews as services
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, back_to_list, judged, named, review_of, show
from gates.views.tasks import SUBMIT_MINUTES, Worklist
from initiatives.errors import Refused
from initiatives.permissions import may_edit, may_submit
from playbook.exceptions import judged_by_people

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _worklist(request: HttpRequest, rollout: Rollout, case: Case | None = None) -> Worklist:
    case = case or judged(rollout)
    return Worklist(rollout, case, reader(request), review_of(rollout, case))


@login_required
@get_or_post
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """The task list of the gate that is judged next; posting opens a review of it."""
    opens = request.method == "POST"
    rollout = load(request, reference, may=may_submit if opens else None)
    user, case = reader(request), judged(rollout)
    form = OpenReviewForm(
        request.POST if opens else None,
        initial={"due": today() + timedelta(days=case.document.review_days)},
    )
    if opens and form.is_valid():
        try:
            opened = services.open_review(
                rollout=rollout, by=user, at=timezone.now(), due=form.cleaned_data["due"]
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Gate %d review opened.") % opened.gate)
            return redirect("gates:review", reference)
    gate = None if case.facts.gate is None else case.document.gate(case.facts.gate)
    return show(
        request,
        "gates/review.html",
        rollout,
        {
            "form": form,
            "work": _worklist(request, rollout, case),
            "case": case,
            "gate": gate,
            "stage": case.document.stage(gate.from_stage) if gate else None,
            "may_submit": may_submit(user, rollout.initiative),
            "submit_minutes": SUBMIT_MINUTES,
        },
        status=REFUSED if form.errors else 200,
    )


@login_required
@never_cache
@get_or_post
def submit(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything that was answered, on one page; posting hands it to reviewers and decider."""
    sends = request.method == "POST"
    rollout = load(request, reference, may=may_submit if sends else None)
    reasons: list[str] = []
    if sends:
        under_way = rollout.reviews.under_way().order_by("gate").first()
        try:
            if under_way is None:
                raise Refused(_("No review is open. Open one, then submit it."))
            services.submit_review(review=under_way, by=reader(request), at=timezone.now())
        except Refused as refused:
            reasons = refused.reasons
        else:
            messages.success(request, _("Gate %d review submitted.") % under_way.gate)
            return redirect("gates:review", reference)
    work = _worklist(request, rollout)
    return show(
        request,
        "gates/review_submit.html",
        rollout,
        {
            "work": work,
            "case": work.case,
            "reasons": reasons,
            "may_submit": may_submit(reader(request), rollout.initiative),
        },
        status=REFUSED if reasons else 200,
    )


@login_required
@never_cache
@get_or_post
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks once, then takes the review back."""
    rollout = load(request, reference, may=may_submit)
    case = judged(rollout)
    under_way = review_of(rollout, case)
    if under_way is None:
        messages.info(request, _("No review is under way."))
        return redirect("gates:review", reference)
    if request.method == "POST":
        try:
            services.withdraw_review(review=under_way, by=reader(request), at=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Gate %d review withdrawn.") % under_way.gate)
        return redirect("gates:review", reference)
    return show(request, "gates/review_withdraw.html", rollout, {"review": under_way})


@login_required
@get_or_post
def criterion(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """One exit criterion: what it asks and why, and the field to judge it."""
    rollout = load(request, reference, may=may_edit)
    document = rollout.playbook.parsed
    asked = named(document.criterion, key)
    answer = (
        CriterionAnswer.objects.filter(rollout=rollout, criterion=key)
        .select_related("answered_by", "evidence")
        .first()
    )
    form = CriterionForm(
        request.POST or None,
        request.FILES or None,
        initiative=rollout.initiative,
        unit=asked.figure_unit,
        initial={"verdict": answer.verdict, "note": answer.note, "evidence": answer.evidence}
        if answer
        else {},
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                now = timezone.now()
                services.answer_criterion(
                    rollout=rollout,
                    criterion=asked,
                    verdict=form.cleaned_data["verdict"],
                    note=form.cleaned_data["note"],
                    evidence=form.proof(by=reader(request), at=now),
                    days_valid=document.days_valid(asked),
                    by=reader(request),
                    at=now,
                )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Saved: %s.") % asked.name)
            return back_to_list(reference, f"criterion-{key}")
    return show(
        request,
        "gates/criterion.html",
        rollout,
        {
            "form": form,
            "asked": asked,
            "gate": document.gate_of_criterion(key),
            "mode": document.mode(asked.failure_mode),
            "answer": answer,
            "days_valid": document.days_valid(asked),
            "exceptions": [
                (each, each.state_on(today()))
                for each in rollout.exceptions.filter(criterion=key).select_related("approved_by")
            ],
            "exceptable": document.exceptions is not None and judged_by_people(asked),
        },
        status=REFUSED if form.errors else 200,
    )


@login_required
@never_cache
@get_or_post
def sign_off(request: HttpRequest, reference: str, remit: str) -> HttpResponse:
    """What a reviewer signs, beside what there is to see."""
    rollout = load(request, reference)
    user = reader(request)
    known = named(rollout.playbook.parsed.remit, remit)
    if not may_sign_off(user, remit):
        raise PermissionDenied
    work = _worklist(request, rollout)
    given = work.said.sign_offs.get(remit)
    form = SignOffForm(
        request.POST or None,
        initial={"verdict": given.verdict, "note": given.note} if given else {},
    )
    if request.method == "POST" and form.is_valid():
        try:
            if work.review is None:
                raise Refused(_("A review is signed off after it is submitted."))
            services.sign_off(
                review=work.review, remit=remit, by=user, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            said = {"signed": _("signed off"), "objected": _("objection recorded")}
            word = said[form.cleaned_data["verdict"]]
            messages.success(request, f"{known.name}: {word}.")
            return redirect("gates:review", reference)
    return show(
        request,
        "gates/sign_off.html",
        rollout,
        {
            "form": form,
            "remit": known,
            "work": work,
            "case": work.case,
            "given": given,
            "closed": _closed_to(work, remit),
        },
        status=REFUSED if form.errors else 200,
    )


def _closed_to(work: Worklist, remit: str) -> str:
    """Why this reviewer cannot sign now; empty when nothing stands against it."""
    if not work.case.evaluation.of("sign_off") or not any(
        finding.key == remit for finding in work.case.evaluation.of("sign_off")
    ):
        return _("This gate does not ask for this remit.")
    if work.review is None or work.review.state != "submitted":
        return _("The review is not submitted yet. You are asked when it is.")
    if signs_for_own_work(work.user, work.case):
        return str(OWN_WORK)
    return ""
