"""The design assessment and the MVP ladder, answered task by task."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from checklists import services
from checklists.models import Check, CheckStatus, DesignAnswer
from gates.case import Case
from gates.forms.checklists import AssignForm, DesignAreaForm, MeetForm, PlanForm, ReopenForm
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.permissions import may_confirm
from gates.views.loading import load
from gates.views.page import REFUSED, back_to_list, judged, named, show
from gates.views.task import check_mark
from initiatives.errors import Refused
from initiatives.permissions import may_edit, may_verify
from playbook.document import MvpCheck
from playbook.evaluate import rung_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@get_or_post
def design(request: HttpRequest, reference: str, area: str) -> HttpResponse:
    """Every question of one area, saved together."""
    rollout = load(request, reference, may=may_edit)
    areas = {each.key: each for each in rollout.playbook.parsed.design_areas}
    asked = named(areas.__getitem__, area)
    answers = DesignAnswer.objects.filter(initiative=rollout.initiative_id)
    form = DesignAreaForm(
        request.POST if request.method == "POST" else None,
        area=asked,
        answers={row.question: row for row in answers.select_related("answered_by")},
    )
    if request.method == "POST":
        whole = form.is_valid()
        changed = list(form.changed())
        saved = len(changed)
        if changed:
            services.answer_questions(
                initiative=rollout.initiative,
                answers=changed,
                by=reader(request),
                at=timezone.now(),
            )
        said = ngettext("%d answer saved.", "%d answers saved.", saved) % saved
        if whole:
            messages.success(request, said if saved else _("Nothing was changed."))
            return back_to_list(reference, f"design-{area}")
        if saved:
            messages.info(request, said + " " + _("The others need something put right."))
    return show(
        request,
        "gates/design.html",
        rollout,
        {"form": form, "area": asked, "areas": areas.values()},
        status=REFUSED if form.errors else 200,
    )


@login_required
@get_or_post
def ladder(request: HttpRequest, reference: str) -> HttpResponse:
    """All checks by item; posting gives the ticked ones to one person."""
    rollout = load(request, reference, may=may_edit)
    case, document = judged(rollout), rollout.playbook.parsed
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        initiative=rollout.initiative,
        checks=document.checks,
    )
    if request.method == "POST" and form.is_valid():
        keys, person = form.cleaned_data["checks"], form.cleaned_data["assignee"]
        with transaction.atomic():
            for key in keys:
                services.assign_check(
                    initiative=rollout.initiative,
                    check=case.document.check(key),
                    assignee=person,
                    by=reader(request),
                    at=timezone.now(),
                )
        messages.success(
            request,
            ngettext(
                "%(person)s answers for %(n)d check.",
                "%(person)s answers for %(n)d checks.",
                len(keys),
            )
            % {"person": person, "n": len(keys)},
        )
        return redirect("gates:ladder", reference)
    rows = Check.objects.filter(initiative=rollout.initiative_id).select_related("evidence")
    stored = {row.key: row for row in rows}
    gate = None if case.facts.gate is None else case.document.gate(case.facts.gate)
    ticked = set(form.data.getlist("checks")) if form.is_bound else set()  # type: ignore[attr-defined]

    def row(check: MvpCheck) -> dict[str, Any]:
        fact = case.facts.checks.get(check.key)
        return {
            "check": check,
            "stored": stored.get(check.key),
            "fact": fact,
            "state": check_mark(case, check.key),
            "rung": rung_of(gate, check) if gate else None,
            "ticked": check.key in ticked,
        }

    return show(
        request,
        "gates/checks.html",
        rollout,
        {
            "form": form,
            "items": [
                (item, [row(check) for check in item.checks]) for item in case.document.mvp_items
            ],
            "gate": gate,
            "letters": "".join(_letter(case, each) for each in document.checks),
        },
        status=REFUSED if form.errors else 200,
    )


def _letter(case: Case, check: MvpCheck) -> str:
    fact = case.facts.checks.get(check.key)
    return fact.state_on(case.facts.today)[0] if fact else "u"


ACTIONS = ("plan", "meet", "reopen")
PROOFS = ("evidence", "renewal")


@login_required
@get_or_post
def check(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """One MVP check: who answers for it and how, what shows that it is met, or why no longer."""
    rollout = load(request, reference, may=may_edit)
    asked = named(rollout.playbook.parsed.check, key)
    stored = (
        Check.objects.filter(initiative=rollout.initiative_id, key=key)
        .select_related(
            "assignee",
            "confirmed_by",
            *(f"{proof}__{by}" for proof in PROOFS for by in ("added_by", "verified_by")),
        )
        .first()
    )
    sent = request.POST.get("action") if request.method == "POST" else None
    chosen = sent if sent in ACTIONS else None
    check_forms = _check_forms(request, rollout, stored, chosen)
    if chosen and check_forms[chosen].is_valid():
        try:
            said = _carry_out(request, rollout, asked, chosen, check_forms[chosen])
        except Refused as refused:
            refuse(check_forms[chosen], refused)
        else:
            messages.success(request, f"{asked.name}: {said}")
            return back_to_list(reference, f"rung-{key}")
    case = judged(rollout)
    fact = case.facts.checks.get(key)
    gate = None if case.facts.gate is None else case.document.gate(case.facts.gate)
    return show(
        request,
        "gates/check.html",
        rollout,
        {
            "asked": asked,
            "item": case.document.item_of_check(key),
            "mode": case.document.mode(asked.failure_mode),
            "stored": stored,
            "fact": fact,
            "state": check_mark(case, key),
            "met": stored is not None and stored.status == CheckStatus.MET,
            "days_valid": case.document.days_valid(asked),
            "gate": gate,
            "rung": rung_of(gate, asked) if gate else None,
            "forms": check_forms,
            "form": check_forms[chosen] if chosen else None,
            "may_verify": _may_verify(request, rollout, stored),
            "may_confirm": stored is not None
            and may_confirm(
                reader(request), stored, may_verify(reader(request), rollout.initiative)
            ),
        },
        status=REFUSED if request.method == "POST" else 200,
    )


def _may_verify(request: HttpRequest, rollout: Rollout, stored: Check | None) -> bool:
    evidence = stored.newest if stored else None
    return (
        evidence is not None
        and evidence.verified_at is None
        and evidence.added_by_id != reader(request).pk
        and may_verify(reader(request), rollout.initiative)
    )


def _check_forms(
    request: HttpRequest, rollout: Rollout, stored: Check | None, chosen: str | None
) -> dict[str, forms.Form]:
    """The three forms of the page, the one that was sent with what was typed."""
    initiative = rollout.initiative
    data = {name: request.POST if name == chosen else None for name in ACTIONS}
    plan = {
        "assignee": stored.assignee_id if stored else None,
        "solution": stored.solution if stored else "",
        "due": stored.due if stored else None,
    }
    return {
        "plan": PlanForm(data["plan"], initiative=initiative, initial=plan, prefix="plan"),
        "meet": MeetForm(
            data["meet"],
            request.FILES if chosen == "meet" else None,
            initiative=initiative,
            prefix="meet",
        ),
        "reopen": ReopenForm(data["reopen"], prefix="reopen"),
    }


def _carry_out(
    request: HttpRequest, rollout: Rollout, asked: MvpCheck, action: str, form: forms.Form
) -> str:
    """Do what the form asks; return what to say of it."""
    by, at, typed = reader(request), timezone.now(), form.cleaned_data
    common: dict[str, Any] = {"initiative": rollout.initiative, "check": asked, "by": by, "at": at}
    if action == "meet":
        assert isinstance(form, MeetForm)
        with transaction.atomic():
            evidence = form.proof(by=by, at=at)
            assert evidence is not None
            row = services.meet_check(
                evidence=evidence, days_valid=rollout.playbook.parsed.days_valid(asked), **common
            )
        if row.renewal is not None:
            return _("evidence brought. Until a second person has seen it, the former counts.")
        if evidence.verified_at:
            return _("evidence chosen. It counts once a second person confirms that it shows this.")
        return _("evidence attached. It counts once a second person has verified it.")
    if action == "reopen":
        services.reopen_check(reason=typed["reason"], **common)
        return _("open again.")
    if not typed["solution"]:
        services.assign_check(assignee=typed["assignee"], **common)
        return _("%s answers for it.") % typed["assignee"]
    services.plan_check(
        assignee=typed["assignee"], solution=typed["solution"], due=typed["due"], **common
    )
    return _("planned.")
