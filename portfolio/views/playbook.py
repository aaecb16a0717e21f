"""The playbook to read: the version in force, those before it, and each as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.permissions import reader
from accounts.roles import Permission
from gates.models import Rollout
from playbook import toml
from playbook.comparing import compare
from playbook.document import Document
from playbook.models import PlaybookDraft, PlaybookVersion
from playbook.outline import outline
from playbook.places import data_of


@login_required
@require_GET
def playbook(request: HttpRequest) -> HttpResponse:
    """The version in force, whole."""
    return _show(request, PlaybookVersion.objects.current())


@login_required
@require_GET
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Any published version, with what it changed."""
    return _show(request, get_object_or_404(PlaybookVersion, number=number))


def _show(request: HttpRequest, shown: PlaybookVersion) -> HttpResponse:
    versions = list(PlaybookVersion.objects.order_by("-number"))
    before = next((each for each in versions if each.number < shown.number), None)
    office = reader(request).may(Permission.PUBLISH)
    return render(
        request,
        "portfolio/playbook.html",
        {
            "nav": "playbook",
            "version": shown,
            "current": versions[0],
            "versions": versions,
            "before": before,
            "changes": compare(before.parsed, shown.parsed) if before else [],
            "sections": outline(data_of(shown.parsed)),
            "counts": counts(shown.parsed),
            "office": office,
            "draft": PlaybookDraft.objects.under_way() if office else None,
            "behind": Rollout.objects.live().exclude(playbook=versions[0]).count() if office else 0,
        },
    )


def counts(document: Document) -> list[tuple[int, str]]:
    return [
        (len(document.gates), "gate"),
        (len(document.placed_criteria), "criterion"),
        (len(document.checks), "MVP check"),
        (len(document.questions), "design question"),
        (len(document.failure_modes), "failure mode"),
    ]


@login_required
@require_GET
def as_toml(request: HttpRequest, number: int) -> HttpResponse:
    shown = get_object_or_404(PlaybookVersion, number=number)
    return toml_file(shown.parsed, f"playbook-{shown.number}.toml")


def toml_file(document: Document, name: str) -> HttpResponse:
    answer = HttpResponse(toml.dumps(document), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
