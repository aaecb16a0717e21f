"""The pages that an initiative has beside its own, in the order in which they are offered."""

from dataclasses import dataclass

from django.urls import reverse

PARTS: tuple[tuple[str, str], ...] = (
    ("Premises", "gates:premises"),
    ("Failure modes", "gates:risks"),
    ("Source systems", "gates:sources"),
    ("Dependencies", "gates:dependencies"),
    ("Metrics", "gates:metrics"),
    ("Ladder", "gates:ladder"),
    ("Reach", "gates:reach"),
    ("Practice", "gates:practice"),
    ("Money", "gates:money"),
    ("What holds", "gates:holding"),
    ("Evidence", "gates:evidence_list"),
    ("Crosswalk", "gates:crosswalk"),
    ("History", "gates:history"),
)
"""What a page is called, and the name of its address."""


@dataclass(frozen=True)
class PartLink:
    name: str
    url: str
    here: bool


def links(reference: str, path: str) -> list[PartLink]:
    """The pages of the initiative with this reference, as seen from the page at ``path``."""
    found = [(name, reverse(page, args=[reference])) for name, page in PARTS]
    return [PartLink(name, url, path.startswith(url)) for name, url in found]
