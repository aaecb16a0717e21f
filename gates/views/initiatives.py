"""One initiative: its page, adding and editing it, its people, its history, pause and resume."""

from copy import copy
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import reader
from accounts.roles import Permission
from audit.models import Event
from audit.services import breaks_in
from gates.forms.initiatives import (
    ContributorForm,
    CreateForm,
    EditForm,
    InitiativeForm,
    PauseForm,
    PeopleForm,
)
from gates.pagefacts import told
from gates.services.rollouts import pause as pause_rollout
from gates.services.rollouts import resume as resume_rollout
from gates.services.rollouts import start_rollout
from gates.views.initiative_page import page_of
from gates.views.loading import load
from gates.views.page import REFUSED, judged, show
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.permissions import may_assign, may_edit, may_submit
from initiatives.services import (
    added_by_form,
    assign_people,
    create_initiative,
    edit_initiative,
    lock,
    set_contributors,
    unit_at,
)
from initiatives.similar import Likeness, similar
from playbook.models import PlaybookVersion

EVENTS_A_PAGE = 50


@login_required
@require_safe
def initiative(request: HttpRequest, reference: str) -> HttpResponse:
    """The page of one initiative, led by what is next and for whom."""
    rollout = load(request, reference)
    context = page_of(rollout, reader(request), timezone.now())
    return show(request, "gates/initiative.html", rollout, context)


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Add an initiative and start its rollout at intake. Sent twice, the form adds one. What looks
    like an initiative that exists is added once somebody says that it is none of them."""
    by, at = reader(request), timezone.now()
    if not by.may(Permission.ADD):
        raise PermissionDenied
    document = PlaybookVersion.objects.current().parsed
    form = CreateForm(request.POST or None, document=document)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["form_key"]
        with transaction.atomic():
            added = added_by_form(key) if key else None
            if added is None and not form.tell_alike(_alike(form, by)):
                added = create_initiative(
                    fields=_with_unit(form, form.said, by=by, at=at),
                    owner=form.cleaned_data["owner"],
                    sponsor=form.cleaned_data["sponsor"],
                    form_key=key,
                    by=by,
                    at=at,
                )
                start_rollout(initiative=added, by=by, at=at)
        if added is not None:
            added.refresh_from_db()
            messages.success(request, _("Added as %(ref)s, at intake.") % {"ref": added.reference})
            return redirect(added)
    context = {"form": form, "nav": "portfolio"}
    return render(request, "gates/initiative_create.html", context, status=_status(form))


def _alike(form: CreateForm, by: User) -> list[Likeness]:
    """What looks like the initiative that the form describes."""
    said = form.cleaned_data
    return similar(
        name=said["name"],
        problem=said["problem"],
        unit=said["unit"],
        among=Initiative.objects.visible_to(by),
    )


def _status(form: BaseForm) -> int:
    return REFUSED if form.is_bound else 200


def _with_unit(
    form: InitiativeForm, said: dict[str, Any], *, by: User, at: datetime
) -> dict[str, Any]:
    """What was said, with the new unit that was written instead of one chosen."""
    if form.new_unit_names:
        return {**said, "unit": unit_at(names=form.new_unit_names, by=by, at=at)}
    return said


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Change what is known, unless somebody changed the same thing since the page was opened."""
    rollout = load(request, reference, may=may_edit)
    stored, document = rollout.initiative, rollout.playbook.parsed
    form = EditForm(request.POST or None, instance=stored, document=document)
    if request.method == "POST" and form.is_valid():
        try:
            _save_edit(form, by=reader(request), at=timezone.now())
        except Refused as refused:
            _tell_conflict(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect(stored)
    context = {"form": form}
    return show(request, "gates/initiative_edit.html", rollout, context, status=_status(form))


@transaction.atomic
def _save_edit(form: EditForm, *, by: User, at: datetime) -> None:
    seen = form.cleaned_data["seen"]
    as_seen = copy(form.instance)
    for name, value in seen.items():
        setattr(as_seen, "unit_id" if name == "unit" else name, value)
    changes = _with_unit(form, form.changes, by=by, at=at)
    edit_initiative(initiative=as_seen, fields=changes, version=seen["version"], by=by, at=at)


def _tell_conflict(form: EditForm, refused: Refused) -> None:
    """Keep what was typed, say what stands there now, and let the next save replace it."""
    form.add_error(None, refused.reasons)
    form.instance.refresh_from_db()
    for name in form.conflicts():
        now = getattr(form.instance, name)
        words = _("Somebody else wrote “%(now)s”. Save again to replace it with yours.")
        form.add_error(name, words % {"now": "" if now is None else now})
    form.show_anew()


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, reference: str) -> HttpResponse:
    """Set owner and sponsor."""
    rollout = load(request, reference, may=lambda user, _initiative: may_assign(user))
    stored = rollout.initiative
    form = PeopleForm(request.POST or None, initiative=stored)
    if request.method == "POST" and form.is_valid():
        try:
            assign_people(
                initiatives=[stored], by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            messages.success(request, _("Saved."))
            return redirect(stored)
    context = {"form": form}
    return show(request, "gates/initiative_people.html", rollout, context, status=_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def contributors(request: HttpRequest, reference: str) -> HttpResponse:
    """Add and remove those who work on it beside its owner."""
    rollout = load(request, reference, may=may_submit)
    stored = rollout.initiative
    form = ContributorForm(request.POST or None, initiative=stored)
    if request.method == "POST":
        if "remove" in request.POST:
            named = {str(person.pk): person for person in _contributors(stored)}
            person = named.get(request.POST["remove"])
            if person is None:
                raise Http404
            _change_contributors(stored, request, without=person)
            messages.success(request, _("%(name)s is removed.") % {"name": person})
            return redirect("gates:contributors", stored.reference)
        if form.is_valid():
            person = form.cleaned_data["person"]
            _change_contributors(stored, request, plus=person)
            messages.success(request, _("%(name)s may contribute now.") % {"name": person})
            return redirect("gates:contributors", stored.reference)
    context = {"form": form, "contributors": _contributors(stored)}
    template = "gates/initiative_contributors.html"
    return show(request, template, rollout, context, status=_status(form))


def _contributors(stored: Initiative) -> Any:
    return User.objects.filter(memberships__initiative=stored).order_by("name", "pk")


@transaction.atomic
def _change_contributors(
    stored: Initiative,
    request: HttpRequest,
    *,
    plus: User | None = None,
    without: User | None = None,
) -> None:
    lock(stored.pk)
    others = [person for person in _contributors(stored) if person not in (plus, without)]
    wanted = [*others, plus] if plus is not None else others
    set_contributors(initiative=stored, people=wanted, by=reader(request), at=timezone.now())


@login_required
@require_safe
def history(request: HttpRequest, reference: str) -> HttpResponse:
    """Every event of the initiative, newest first, with the digests that chain them."""
    rollout = load(request, reference)
    events = Event.objects.of(rollout.initiative.chain).newest_first()
    pages = Paginator(events, EVENTS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    broken = breaks_in(reversed(page.object_list))
    context = {"page": page, "told": told(page.object_list, judged(rollout)), "broken": broken}
    return show(request, "gates/initiative_history.html", rollout, context)


@login_required
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest, reference: str) -> HttpResponse:
    """Stop the work for a while, with a reason and the failure mode behind it."""
    rollout = load(request, reference, may=may_submit)
    form = PauseForm(request.POST or None, document=rollout.playbook.parsed)
    if request.method == "POST" and form.is_valid():
        try:
            pause_rollout(
                rollout=rollout, by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, refused.reasons)
        else:
            messages.success(request, _("Paused. The clock of its stage runs on."))
            return redirect(rollout.initiative)
    context = {"form": form}
    return show(request, "gates/initiative_pause.html", rollout, context, status=_status(form))


@login_required
@require_POST
def resume(request: HttpRequest, reference: str) -> HttpResponse:
    """End the pause."""
    rollout = load(request, reference, may=may_submit)
    try:
        resume_rollout(rollout=rollout, by=reader(request), at=timezone.now())
    except Refused as refused:
        for reason in refused.reasons:
            messages.error(request, reason)
    else:
        messages.success(request, _("Resumed."))
    return redirect(rollout.initiative)
