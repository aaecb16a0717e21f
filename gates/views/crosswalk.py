"""What an initiative's evidence also shows of the frameworks that others publish."""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import reader
from gates.views.loading import load
from gates.views.page import judged, show
from initiatives.permissions import may_edit
from playbook.coverage import ClauseCover, cover, shown
from playbook.document import Framework
from playbook.glossary import named_items
from playbook.models import PlaybookVersion


@login_required
@require_GET
def crosswalk(request: HttpRequest, reference: str) -> HttpResponse:
    """Clause by clause, what shows it. The frameworks are the current playbook's: they say how to
    read evidence, and keep no gate, so a rollout need not move to a newer one to be read by it."""
    rollout = load(request, reference)
    items = shown(rollout.playbook.parsed, judged(rollout).facts)
    document = PlaybookVersion.objects.current().parsed
    edits = may_edit(reader(request), rollout.initiative)
    pinned = named_items(rollout.playbook.parsed)

    def task(item: str) -> str:
        kind, _sign, key = item.partition(":")
        if not edits or item not in pinned:
            return ""
        if kind == "question":
            area = rollout.playbook.parsed.area_of_question(key).key
            return f"{reverse('gates:design', args=[reference, area])}#{key}"
        return reverse(TASKS[kind], args=[reference, key])

    names = named_items(document)
    frameworks = [
        _framework(framework, items, lambda item: {"entry": names[item], "url": task(item)})
        for framework in document.frameworks
    ]
    return show(request, "gates/crosswalk.html", rollout, {"frameworks": frameworks})


Describe = Callable[[str], dict[str, Any]]
TASKS = {"check": "gates:check", "criterion": "gates:criterion", "mode": "gates:risk"}


def _framework(framework: Framework, items: Collection[str], describe: Describe) -> dict[str, Any]:
    covers = cover(framework, items)
    states = [each.state for each in covers]
    return {
        "framework": framework,
        "whole": states.count("whole"),
        "part": states.count("part"),
        "rows": [{"cover": each, "items": _items(each, describe)} for each in covers],
    }


def _items(cover: ClauseCover, describe: Describe) -> list[dict[str, Any]]:
    return [{**describe(item), "shown": item in cover.shown} for item in cover.clause.shown_by]
