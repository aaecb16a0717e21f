"""The draft of the next playbook: change it, hold it against the past, publish it or drop it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.errors import Refused
from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.models import Rollout
from playbook import drafting
from playbook.comparing import compare_data, said
from playbook.document import Document
from playbook.drafting import ADDABLE, Unfit, is_own, key_for
from playbook.models import PlaybookDraft, PlaybookVersion
from playbook.outline import ONE_MORE, outline
from playbook.places import Data, Path, alone, at, data_of, title_of
from playbook.services import (
    ChangedMeanwhile,
    change_draft,
    drop_draft,
    edits_since,
    publish_draft,
    start_draft,
)
from portfolio.part_form import PartForm, blank
from portfolio.publishing import AddForm, SeenForm, TomlForm
from portfolio.replay import decided, replay
from portfolio.views.playbook import toml_file

REFUSED, STALE = 422, 409


def of_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the draft; where there is none, the page that offers to start one."""

    @wraps(view)
    def opened(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        under_way = PlaybookDraft.objects.under_way()
        if under_way is None:
            return redirect("portfolio:playbook_draft")
        return view(request, under_way, **kwargs)

    return login_required(needs(Permission.PUBLISH)(opened))


@login_required
@needs(Permission.PUBLISH)
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """What the draft changes, and everything that it could. A POST starts or drops one."""
    if request.method == "POST":
        return _start_or_drop(request)
    under_way = PlaybookDraft.objects.under_way()
    current = PlaybookVersion.objects.current()
    context: dict[str, Any] = {"nav": "playbook", "draft": under_way, "current": current}
    if under_way is not None:
        context |= {
            "changes": compare_data(data_of(under_way.based_on.parsed), under_way.data),
            "sections": outline(under_way.data),
            "edits": list(reversed(edits_since(under_way)))[:10],
        }
    return render(request, "portfolio/playbook_draft.html", context)


def _start_or_drop(request: HttpRequest) -> HttpResponse:
    under_way = PlaybookDraft.objects.under_way()
    form = SeenForm(request.POST)
    try:
        if "drop" in request.POST and under_way is not None and form.is_valid():
            seen = form.cleaned_data["seen"]
            drop_draft(draft=under_way, seen=seen, by=reader(request), at=timezone.now())
            messages.success(request, "The draft is dropped. Nothing of it was in force.")
            return redirect("portfolio:playbook")
        start_draft(by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons))
    return redirect("portfolio:playbook_draft")


@of_draft
@require_GET
def draft_toml(request: HttpRequest, draft: PlaybookDraft) -> HttpResponse:
    name = f"playbook-draft-{draft.edits}.toml"
    return toml_file(Document.model_validate(draft.document), name)


@of_draft
@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, draft: PlaybookDraft, where: str) -> HttpResponse:
    """One part of the playbook, to change or, where it is the organisation's own, to take out."""
    path = tuple(where.split("/")) if where != "playbook" else ()
    here = _part_at(draft.data, path)
    form = _part_form(request, draft, path, here)
    if request.method == "POST" and "remove" in request.POST and is_own(draft.data, path):
        return _removed(request, draft, path, form)
    if request.method == "POST" and form.is_valid():
        document = drafting.changed(draft.data, path, form.values())
        if _saved(request, draft, document, form):
            return redirect("portfolio:playbook_draft")
    return _form_page(
        request,
        form,
        draft=draft,
        title=title_of(draft.data, path),
        own=is_own(draft.data, path),
    )


def _part_at(data: Data, path: Path) -> Data:
    try:
        here = at(data, path)
    except KeyError as error:
        raise Http404 from error
    if not isinstance(here, dict):
        raise Http404
    return here if path else alone(here)


def _part_form(request: HttpRequest, draft: PlaybookDraft, path: Path, here: Data) -> PartForm:
    return PartForm(
        request.POST or None,
        initial={"seen": draft.edits},
        data_of_draft=draft.data,
        path=path,
        part=here,
    )


def _removed(
    request: HttpRequest, draft: PlaybookDraft, path: Path, form: PartForm
) -> HttpResponse:
    title = title_of(draft.data, path)
    seen = SeenForm(request.POST)
    try:
        change_draft(
            draft=draft,
            document=drafting.removed(draft.data, path),
            seen=seen.cleaned_data["seen"] if seen.is_valid() else -1,
            by=reader(request),
            at=timezone.now(),
        )
    except Unfit as unfit:
        messages.error(request, str(unfit))
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons))
    else:
        messages.success(request, f"{title} is taken out of the draft.")
        return redirect("portfolio:playbook_draft")
    return redirect(request.path)


@of_draft
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, draft: PlaybookDraft, where: str) -> HttpResponse:
    """One more part in a list: a criterion at a gate, a check of an item, a term."""
    path = tuple(where.split("/"))
    if path[-1] not in ADDABLE:
        raise Http404
    _part_at(draft.data, path[:-1])
    form = AddForm(
        request.POST or None,
        initial={"seen": draft.edits},
        data_of_draft=draft.data,
        path=(*path, "new"),
        part=blank(path),
    )
    if request.method == "POST" and form.is_valid():
        new = drafting.changed(form.part, (), form.values())
        if path[-1] != "thresholds":
            named = str(new.get("name") or new.get("question") or new.get("said") or path[-1])
            new["key"] = key_for(draft.data, str(new.get("subject") or named))
        document = drafting.added(draft.data, form.target(), new)
        if _saved(request, draft, document, form):
            return redirect("portfolio:playbook_draft")
    title = f"{title_of(draft.data, path[:-1])}: add {ONE_MORE[path[-1]]}"
    return _form_page(request, form, draft=draft, title=title, adding=True)


def _saved(
    request: HttpRequest, draft: PlaybookDraft, document: Data, form: PartForm | TomlForm
) -> bool:
    """Save the edit and say what it changed; on a refusal the form says why and keeps all."""
    try:
        changes = change_draft(
            draft=draft,
            document=document,
            seen=form.cleaned_data["seen"],
            by=reader(request),
            at=timezone.now(),
        )
    except Unfit as unfit:
        form.tell(unfit.problems)
        return False
    except ChangedMeanwhile as refused:
        for reason in refused.reasons:
            form.add_error(None, reason)
        form.add_error(None, "What you typed is kept. Save again to put it in place of theirs.")
        typed: Any = copy(form.data)
        typed["seen"] = str(draft.edits)
        form.data = typed
        _say_what_is_there(form)
        return False
    if not changes:
        messages.info(request, "Nothing was different, so nothing changed.")
    elif len(changes) == 1:
        messages.success(request, changes[0].sentence)
    else:
        messages.success(request, f"{len(changes)} changes are in the draft.")
    return True


def _say_what_is_there(form: PartForm | TomlForm) -> None:
    if isinstance(form, PartForm) and not isinstance(form, AddForm):
        for field, typed in form.values().items():
            now = at(form.part, field)
            if now != typed:
                form.add_error("-".join(field), f"The draft now has {said(now)} here.")


def _form_page(request: HttpRequest, form: PartForm, **context: Any) -> HttpResponse:
    status = REFUSED if form.is_bound and form.errors else 200
    return render(
        request,
        "portfolio/playbook_part.html",
        {"nav": "playbook", "form": form, **context},
        status=status,
    )


@of_draft
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, draft: PlaybookDraft) -> HttpResponse:
    """A whole playbook as TOML: look at what it changes, then take it in."""
    form = TomlForm(request.POST or None, request.FILES or None, initial={"seen": draft.edits})
    changes = None
    if request.method == "POST" and form.is_valid():
        document = form.document()
        if document is not None:
            data = data_of(document)
            changes = compare_data(draft.data, data)
            if "apply" in request.POST and _saved(request, draft, data, form):
                return redirect("portfolio:playbook_draft")
    return render(
        request,
        "portfolio/playbook_upload.html",
        {"nav": "playbook", "draft": draft, "form": form, "changes": changes},
        status=REFUSED if form.is_bound and form.errors else 200,
    )


@of_draft
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, draft: PlaybookDraft) -> HttpResponse:
    """What the draft would have done to past decisions and would do today; then publish it."""
    if request.method == "POST":
        return _published(request, draft)
    context: dict[str, Any] = {
        "nav": "playbook",
        "draft": draft,
        "changes": compare_data(data_of(draft.based_on.parsed), draft.data),
        "decisions": decided().count(),
        "under_way": Rollout.objects.live().count(),
    }
    if "replay" in request.GET:
        document = Document.model_validate(draft.document)
        context["replay"] = replay(document, at=timezone.now())
    return render(request, "portfolio/playbook_publish.html", context)


def _published(request: HttpRequest, draft: PlaybookDraft) -> HttpResponse:
    form = SeenForm(request.POST)
    try:
        version = publish_draft(
            draft=draft,
            seen=form.cleaned_data["seen"] if form.is_valid() else -1,
            by=reader(request),
            at=timezone.now(),
        )
    except Unfit as unfit:
        messages.error(request, str(unfit))
        return redirect("portfolio:playbook_publish")
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons))
        return redirect(f"{reverse('portfolio:playbook_publish')}?replay=1")
    messages.success(
        request,
        f"Version {version.number} is published. New rollouts start with it; those under way stay "
        "with theirs until you move them.",
    )
    return redirect("portfolio:playbook_moves")
