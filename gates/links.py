"""Where each requirement of a gate is dealt with: the one link from a finding to its task."""

from collections.abc import Callable

from django.urls import reverse

from playbook.document import Document
from playbook.evaluate import Finding

Where = Callable[[Document, str, Finding], str]


def _page(name: str) -> Where:
    return lambda document, reference, finding: reverse(f"gates:{name}", args=[reference])


def _keyed(name: str) -> Where:
    """The page of the very thing that the finding's key names."""
    return lambda document, reference, finding: reverse(
        f"gates:{name}", args=[reference, finding.key]
    )


def _design(document: Document, reference: str, finding: Finding) -> str:
    area = document.area_of_question(finding.key)
    return f"{reverse('gates:design', args=[reference, area.key])}#{finding.key}"


def _part(name: str, anchor: str) -> Where:
    """A part of a page, by its anchor."""
    return lambda document, reference, finding: (
        f"{reverse(f'gates:{name}', args=[reference])}#{anchor}"
    )


def _trap(document: Document, reference: str, finding: Finding) -> str:
    trap = document.champion_trap
    if trap is None:
        return reverse("gates:initiative", args=[reference])
    return reverse("gates:risk", args=[reference, trap.mode])


TASKS: dict[str, Where] = {
    "owed": _page("review"),
    "pause": _page("initiative"),
    "condition": _keyed("condition"),
    "design": _design,
    "funding": _part("edit", "funding"),
    "assumption": _part("premises", "assumptions"),
    "architecture": _part("premises", "architecture"),
    "kill": _part("premises", "kill-criteria"),
    "kill_hit": _keyed("kill"),
    "distance": _part("premises", "conditions"),
    "handoff": _part("edit", "teams"),
    "champions": _trap,
    "band": _part("reach", "exposure"),
    "group": _part("reach", "groups"),
    "slip": _page("holding"),
    "dependency": _keyed("fault"),
    "criterion": _keyed("criterion"),
    "rung": _keyed("check"),
    "failure_mode": _keyed("risk"),
    "review": _page("review"),
    "sign_off": _keyed("sign_off"),
    "decider": _page("people"),
}


def task_url(document: Document, reference: str, finding: Finding) -> str:
    """The page on which somebody ends this blocker of the initiative with this reference."""
    return TASKS[finding.kind](document, reference, finding)
