"""What the playbook says of an item, folded away where the item is met.

``{% guide "term:mvp" %}`` or ``{% guide finding word="What it asks" %}``: an item is named by kind
and key, or is a label's key, a finding, or a gate with the stage that it leaves; ``"mode:"`` means
every failure mode. What the playbook does not name is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from playbook.document import Gate
from playbook.findings import Finding
from playbook.glossary import LABEL_TERMS, Entry, named_items

register = template.Library()

Item = str | Finding | Gate

KINDS = {
    "rung": "check",
    "design": "question",
    "failure_mode": "mode",
    "sign_off": "remit",
    "distance": "condition",
}
"""Kinds of findings that are about an item of another name."""

WHOLE = {
    "assumption": "criterion:assumptions_settled",
    "architecture": "criterion:architecture_validated",
    "champions": "term:champion_trap",
    "group": "criterion:non_adoption_addressed",
    "funding": "term:learning_exercise",
    "band": "term:breach",
    "slip": "term:slipping",
    "handoff": "term:handoff_risk",
    "dependency": "term:shared_dependency",
    "kill": "criterion:kill_criteria_agreed",
    "kill_hit": "criterion:kill_criteria_agreed",
}
"""Kinds of findings that one entry explains, whatever their key."""


@register.inclusion_tag("gates/_guide.html", takes_context=True)
def guide(
    context: template.Context, *items: Item | Iterable[Item], word: str = "What this means"
) -> dict[str, Any]:
    """A fold with what each item is, why it is asked and what shows it well."""
    known = _entries(context)
    names = [name for item in items for name in _names(item)]
    found = [
        entry
        for asked in names
        for name, entry in known.items()
        if name == asked or (asked.endswith(":") and name.startswith(asked))
    ]
    return {"entries": list(dict.fromkeys(found)), "word": word}


def _entries(context: template.Context) -> Mapping[str, Entry]:
    """The entries of the page's playbook, made once for each page."""
    made: Mapping[str, Entry] | None = context.render_context.get("guide")
    if made is None:
        playbook = context.get("playbook")
        document = playbook.parsed if playbook is not None else context["document"]
        made = context.render_context["guide"] = named_items(document)
    return made


def _names(item: Item | Iterable[Item]) -> list[str]:
    if isinstance(item, Finding):
        return [WHOLE.get(item.kind) or f"{KINDS.get(item.kind, item.kind)}:{item.key}"]
    if isinstance(item, Gate):
        return [f"stage:{item.from_stage}", f"gate:{item.number}"]
    if not isinstance(item, str):
        return [name for each in item for name in _names(each)]
    return [f"term:{LABEL_TERMS[item]}"] if item in LABEL_TERMS else [item]
