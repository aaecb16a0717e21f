"""Giving many initiatives an owner or a sponsor at once: choose, look at what changes, apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import reader as reader_of
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.permissions import may_assign
from initiatives.services import assign_people
from look.forms import Form
from portfolio.filters import Filters
from portfolio.models import ImportedRow, ImportState

# More than anybody answers for; a whole inventory is divided among several people.
MOST_AT_ONCE = 500
SHOWN = 50


class AssignForm(Form):
    """Whom to name, as what."""

    owner = forms.ModelChoiceField(
        User.objects.none(), label=_("Owner"), required=False, empty_label=_("Leave as it is")
    )
    sponsor = forms.ModelChoiceField(
        User.objects.none(), label=_("Sponsor"), required=False, empty_label=_("Leave as it is")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        people = User.objects.filter(is_active=True).order_by("name", "pk")
        for name in ("owner", "sponsor"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = people

    def clean(self) -> dict[str, User | None]:
        chosen: dict[str, User | None] = super().clean() or {}
        if not chosen.get("owner") and not chosen.get("sponsor"):
            raise forms.ValidationError(_("Choose an owner, a sponsor, or both."))
        if chosen.get("owner") and chosen["owner"] == chosen.get("sponsor"):
            self.add_error(
                "sponsor", _("Choose somebody else: the sponsor decides what the owner submits.")
            )
        return chosen


@dataclass(frozen=True)
class Change:
    """What applying would do to one initiative."""

    initiative: Initiative
    before: str
    after: str
    changes: bool


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Choose people for the initiatives picked; a POST previews, and applies when it says so."""
    reader = reader_of(request)
    if not may_assign(reader):
        raise PermissionDenied
    picked = _picked(request, reader)
    if not picked:
        messages.warning(
            request,
            _(
                "Nothing is ticked, so there is nobody to assign to. Tick the initiatives in the "
                "first column, then assign people to them."
            ),
        )
        return redirect(_back(request))
    posted = request.method == "POST"
    form = AssignForm(request.POST if posted else None, prefix="new")
    valid = posted and form.is_valid()
    if valid and "apply" in request.POST:
        try:
            return _apply(request, form, picked, reader)
        except Refused as refused:
            valid = False
            for reason in refused.reasons:
                form.add_error(None, reason)
    changes = _changes(form, picked) if valid else []
    return render(
        request,
        "portfolio/assign.html",
        {
            "nav": "portfolio",
            "form": form,
            "picked": picked,
            "changes": changes[:SHOWN],
            "changing": sum(change.changes for change in changes),
            "preview": valid,
            "shown": SHOWN,
            "most": MOST_AT_ONCE,
            "back": _back(request),
            "ends_undo": _could_be_undone(picked),
        },
    )


def _picked(request: HttpRequest, reader: User) -> list[Initiative]:
    """The initiatives named one by one, or all that the filters find."""
    initiatives = Initiative.objects.visible_to(reader).select_related("unit", "owner", "sponsor")
    if request.GET.get("all"):
        found = Filters.of(request.GET).rollouts(reader).values("initiative")
        initiatives = initiatives.filter(pk__in=found)
    else:
        asked = request.POST if request.method == "POST" else request.GET
        numbers = [int(pk) for pk in asked.getlist("pick") if pk.isascii() and pk.isdigit()]
        initiatives = initiatives.filter(pk__in=numbers)
    return list(initiatives.order_by("number")[:MOST_AT_ONCE])


def _could_be_undone(picked: Sequence[Initiative]) -> bool:
    """Whether an import that can still be taken back brought any of them."""
    untouched = ImportedRow.objects.filter(
        batch__state=ImportState.CONFIRMED, version=F("initiative__version")
    )
    return untouched.filter(initiative__in=[each.pk for each in picked]).exists()


def _changes(form: AssignForm, picked: Sequence[Initiative]) -> list[Change]:
    owner, sponsor = form.cleaned_data["owner"], form.cleaned_data["sponsor"]
    return [
        Change(
            initiative=initiative,
            before=_people(initiative.owner, initiative.sponsor),
            after=_people(owner or initiative.owner, sponsor or initiative.sponsor),
            changes=(owner or initiative.owner, sponsor or initiative.sponsor)
            != (initiative.owner, initiative.sponsor),
        )
        for initiative in picked
    ]


def _people(owner: User | None, sponsor: User | None) -> str:
    return f"{owner or 'no owner'}, {f'sponsor {sponsor}' if sponsor else 'no sponsor'}"


def _apply(
    request: HttpRequest, form: AssignForm, picked: Sequence[Initiative], reader: User
) -> HttpResponse:
    changed = assign_people(
        initiatives=picked,
        owner=form.cleaned_data["owner"],
        sponsor=form.cleaned_data["sponsor"],
        by=reader,
        at=timezone.now(),
    )
    messages.success(request, f"{changed} of {len(picked)} changed.")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("back") or request.GET.get("back") or ""
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return asked
    return reverse("portfolio:table")
