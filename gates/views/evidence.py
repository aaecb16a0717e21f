"""Evidence of an initiative: add it, open it, have a second person verify it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import reader
from checklists.services import confirm_check, verify_proof
from gates.forms.evidence import EvidenceForm
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, named, show
from initiatives.errors import Refused
from initiatives.evidence import add_evidence, withdraw_verification
from initiatives.models import Evidence, Initiative
from initiatives.permissions import may_edit, may_verify

A_PAGE = 50


@login_required
@require_safe
def evidence_list(request: HttpRequest, reference: str) -> HttpResponse:
    """All evidence, what nobody verified yet first."""
    rollout = load(request, reference)
    initiative = rollout.initiative
    rows = Evidence.objects.filter(initiative=initiative).unverified_first()
    pages = Paginator(rows.select_related("added_by", "verified_by"), A_PAGE)
    context = {
        "page": pages.get_page(request.GET.get("page")),
        "may_edit": may_edit(reader(request), initiative),
        "may_verify": may_verify(reader(request), initiative),
        "today": today(),
    }
    return show(request, "gates/evidence_list.html", rollout, context)


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, reference: str) -> HttpResponse:
    """Attach a link or a file, then go back to the task that asked for it."""
    rollout = load(request, reference, may=may_edit)
    initiative = rollout.initiative
    form = EvidenceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        add_evidence(initiative=initiative, by=reader(request), at=timezone.now(), **said)
        messages.success(request, _("Added. It counts once a second person has verified it."))
        return redirect(_way_back(request, initiative))
    context = {"form": form, "back": _way_back(request, initiative)}
    status = REFUSED if form.is_bound else 200
    return show(request, "gates/evidence_add.html", rollout, context, status=status)


def _way_back(request: HttpRequest, initiative: Initiative) -> str:
    """Where the person came from, if that is a page of ours; else the list of evidence."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return f"{initiative.get_absolute_url()}evidence/"


@login_required
@require_safe
def evidence(request: HttpRequest, reference: str, pk: int) -> HttpResponse | FileResponse:
    """The file, always as a download, or on to the link."""
    initiative = load(request, reference).initiative
    found = get_object_or_404(Evidence, pk=pk, initiative=initiative)
    if found.url:
        return HttpResponseRedirect(found.url)
    response = FileResponse(
        found.file.open(), as_attachment=True, filename=found.file_name or found.title
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def verify(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """A second person confirms what evidence shows, or that verified evidence shows one more
    ``check``; with ``withdraw`` and a ``reason``, takes that back."""
    rollout = load(request, reference, may=may_verify)
    initiative = rollout.initiative
    found = get_object_or_404(Evidence, pk=pk, initiative=initiative)
    by, at = reader(request), timezone.now()
    try:
        if "withdraw" in request.POST:
            reason = request.POST.get("reason", "").strip()
            if not reason:
                raise Refused(_("Reason: say why it no longer counts."))
            withdraw_verification(evidence=found, reason=reason, by=by, at=at)
            messages.success(request, _("No longer verified. What rests on it is open again."))
        elif key := request.POST.get("check"):
            asked = named(rollout.playbook.parsed.check, key)
            confirm_check(initiative=initiative, check=asked, by=by, at=at)
            messages.success(request, _("Confirmed: %(check)s") % {"check": asked.name})
        else:
            verify_proof(evidence=found, document=rollout.playbook.parsed, by=by, at=at)
            messages.success(request, _("Verified: %(title)s") % {"title": found.title})
    except Refused as refused:
        for reason in refused.reasons:
            messages.error(request, reason)
    return redirect(_way_back(request, initiative))
