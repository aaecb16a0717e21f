"""What the sample portfolio is made of, read from ``portfolio.toml`` beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Owners beside the people who can be signed in as; they cannot sign in.
OWNERS = (
    "Grace Lin",
    "Samuel Adeyemi",
    "Luis Ortega",
    "Priya Raman",
    "Ingrid Solberg",
    "Noor Haddad",
    "Thomas Whitfield",
    "Daniel Reyes",
)


@dataclass(frozen=True)
class Spec:
    """One initiative: where it is, for how many weeks, how far it has come, and what ails it.

    ``done`` is the share of the next gate's requirements that is met. ``review`` is the review's
    state and the days since; ``risk`` the worst failure mode with its likelihood, impact and
    response, ``figures`` its indicators and ``otherwise`` why it is not judged as these suggest;
    ``trouble`` names what happens at the end (see ``story.Story``), ``runs`` what a system did
    since its last gate (see ``running``). ``stall`` is what is said of its stall and the failure
    mode behind it, ``revived`` why it was brought back; ``scores`` value, feasibility and
    integration complexity, as far as they are judged.
    """

    name: str
    unit: tuple[str, str]
    owner: str
    stage: str
    weeks: float
    done: float = 0.5
    touched: int = 2
    review: tuple[str, int] | None = None
    risk: tuple[str, int, int, str] = ("integration", 3, 3, "planned")
    trouble: str = ""
    runs: str = ""
    stall: tuple[str, ...] = ()
    revived: str = ""
    scores: tuple[int, ...] = (4, 3, 3)
    sponsor: str = "Carol Nakamura"
    impact: str = "ordinary"
    population: int = 1200
    problem: str = ""
    benefit: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    otherwise: str = ""
    sources: tuple[dict[str, Any], ...] = ()
    metrics: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class ClaimSpec:
    """A claim from an inventory; ``days_owned`` since somebody answers for it, if anybody does."""

    name: str
    unit: tuple[str, str]
    stage: str
    words: str
    owner: str = ""
    days_owned: int = 0


def _read() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "portfolio.toml").read_text("utf-8"))


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """A list in the file is a tuple here, so that a spec cannot be changed by mistake."""
    return {k: tuple(value) if isinstance(value, list) else value for k, value in fields.items()}


SPECS = tuple(Spec(**_tuples(fields)) for fields in _read()["initiatives"])
CLAIMS = tuple(ClaimSpec(**_tuples(fields)) for fields in _read()["claims"])
