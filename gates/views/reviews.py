"""The gate review: the task list, each criterion, submitting, withdrawing, signing off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from gates.case import Case
from gates.forms.reviews import AnswerForm, CriterionForm, OpenReviewForm, SignOffForm
from gates.forms.shared import refuse
from gates.models import CriterionAnswer, Delegation, Rollout, SignOff
from gates.models.reviews import SignOffVerdict
from gates.permissions import OWN_WORK, may_sign_off, signs_for_own_work
from gates.services import reviews as services
from gates.services.sign_offs import answer_objection
from gates.today import today
from gates.views import measuring
from gates.views.loading import load
from gates.views.page import REFUSED, back_to_list, judged, named, review_of, show
from gates.views.signing import standing_in
from gates.views.tasks import SUBMIT_MINUTES, Worklist
from initiatives.errors import NotAllowed, Refused
from initiatives.permissions import may_edit, may_submit
from playbook.exceptions import judged_by_people
from playbook.findings import VETO_REMITS, Finding
from playbook.voices import takes_several

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
        initial={"due": services.first_due(rollout, case, today())},
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
    if asked.computed:
        return measuring.computed(request, rollout, asked)
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
    work = _worklist(request, rollout)
    words = work.said.sign_offs.get(remit, [])
    given = next((word for word in words if word.given_by_id == user.pk), None)
    stands_in = None if may_sign_off(user, remit) else standing_in(user, remit)
    if not may_sign_off(user, remit) and stands_in is None and given is None:
        raise PermissionDenied
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
        except NotAllowed as refused:
            raise PermissionDenied from refused
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
            "words": words,
            "stands_in": stands_in,
            "several": takes_several(known),
            "finding": _asked_here(work, remit),
            "closed": _closed_to(work, remit, stands_in),
        },
        status=REFUSED if form.errors else 200,
    )


def _asked_here(work: Worklist, remit: str) -> Finding | None:
    return next((f for f in work.case.evaluation.of("sign_off") if f.key == remit), None)


def _closed_to(work: Worklist, remit: str, stands_in: Delegation | None) -> str:
    """Why this person cannot sign now; empty when nothing stands against it."""
    if _asked_here(work, remit) is None:
        return _("This gate does not ask for this remit.")
    if work.review is None or work.review.state != "submitted":
        return _("The review is not submitted yet. You are asked when it is.")
    if signs_for_own_work(work.user, work.case):
        return str(OWN_WORK)
    if stands_in is None and not may_sign_off(work.user, remit):
        return _("You no longer stand in for anybody here. What you said stays.")
    return ""


@login_required
@never_cache
@get_or_post
def answer(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """An objection and the field to answer it; whoever objected is asked to look again."""
    rollout = load(request, reference, may=may_edit)
    objection = get_object_or_404(
        SignOff.objects.select_related(
            "review__rollout", "given_by", "answered_by", "delegation__delegate_from"
        ),
        pk=pk,
        review__rollout=rollout,
        verdict=SignOffVerdict.OBJECTED,
    )
    case = judged(rollout)
    if objection.remit in case.facts.unopened:
        raise Http404
    form = AnswerForm(request.POST or None, initial={"answer": objection.answer})
    if request.method == "POST" and form.is_valid():
        try:
            answer_objection(
                sign_off=objection, by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Answered. %s is asked to look again.") % objection.who)
            return back_to_list(reference, f"sign_off-{objection.remit}")
    return show(
        request,
        "gates/answer.html",
        rollout,
        {
            "form": form,
            "objection": objection,
            "remit": case.document.remit(objection.remit),
            "lasting": objection.remit in VETO_REMITS,
        },
        status=REFUSED if form.errors else 200,
    )
