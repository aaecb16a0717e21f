"""A first guess at what an unknown file means, for a person to correct."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

from portfolio.importing.fields import FIELDS, Kind
from portfolio.importing.mapping import (
    CHOICE_FIELDS,
    Column,
    Mapping,
    MappingError,
    load_data,
    load_preset,
    presets,
)
from portfolio.importing.parsing import collapse, fold
from portfolio.importing.sheet import Sheet

HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "use case name", "use case", "ai use case", "project", "project name",
        "initiative", "initiative name", "title", "solution", "application", "model name",
        "product", "system name", "ai system",
    ),
    "unit": (
        "unit", "business unit", "agency", "department", "dept", "division", "organisation",
        "organization", "ministry", "directorate", "business area", "entity", "company",
        "line of business", "function",
    ),
    "subunit": (
        "bureau", "sub unit", "team", "component", "office", "section", "branch", "group",
        "operating division",
    ),
    "stage": (
        "stage", "status", "phase", "lifecycle stage", "stage of development", "state",
        "project status", "development stage", "maturity", "lifecycle", "life cycle phase", "gate",
    ),
    "problem": ("problem", "problem statement", "description", "summary", "challenge", "details"),
    "benefit": (
        "benefit", "intended benefit", "expected benefit", "purpose", "intended purpose",
        "objective", "goal", "expected outcome", "business value", "value proposition",
    ),
    "impact_class": (
        "impact class", "impact", "risk class", "risk level", "risk tier", "risk",
        "rights impacting", "safety impacting", "high impact",
    ),
    "owner": (
        "owner", "owner email", "owner e mail", "project owner", "product owner", "lead",
        "project lead", "project manager", "responsible", "contact", "contact email",
        "point of contact", "manager",
    ),
    "sponsor": ("sponsor", "executive sponsor", "sponsor email", "business sponsor"),
    "population": (
        "population", "user", "number of user", "intended user", "target user", "user count",
        "intended production population", "headcount",
    ),
    "pilot_team": ("pilot team", "development team", "built by", "developer"),
    "production_team": ("production team", "operations team", "support team", "run by"),
    "production_owner": ("production owner", "service owner"),
    "production_funder": ("production funder", "funder", "funded by", "budget holder"),
    "funding_mechanism": ("funding mechanism", "funding", "funding source", "budget line"),
    "value_score": ("value", "value score", "business value score"),
    "feasibility_score": ("feasibility", "feasibility score"),
    "integration_complexity": ("integration complexity", "complexity"),
    "initiated": ("date initiated", "start date", "started", "initiated", "start"),
    "developed": ("development began", "development start", "acquisition date"),
    "implemented": ("date implemented", "go live", "go live date", "implemented", "live since"),
    "retired": ("date retired", "end date", "retired", "retirement date"),
}  # fmt: skip

# Read from the top: the first that is found in the text decides.
STAGES: tuple[tuple[str, str], ...] = (
    (r"retire|decommission|sunset|end of life|archiv|discontinu|withdrawn|legacy", "retired"),
    (r"cancel|stop|abandon|terminat|reject|dropped|killed|failed|research.*complete", "stopped"),
    (r"pre.?prod|readiness|staging|\buat\b|acceptance|security review", "readiness"),
    (r"pilot|\bpoc\b|proof of (concept|value)|prototyp|experiment|trial|sandbox", "pilot"),
    (r"limited|implement|roll.?out|rolling out|deploying|beta|soft launch", "limited"),
    (r"scal|expan|wave", "scaled"),
    (
        r"not (yet )?(started|live|deployed|in (use|production))|idea|plan|initiat|propos|"
        r"concept|backlog|intake|discover|request|draft|explor|research|scoping",
        "intake",
    ),
    (
        r"production|operation|\blive\b|in use|deployed|mission|maint|\bbau\b|complete|running|"
        r"active|steady|\bdone\b|launched|go.?live",
        "steady",
    ),
    (r"develop|acquisition|build|test|\bmvp\b|in progress|design", "pilot"),
    (r"\bnew\b", "intake"),
)
IMPACTS: tuple[tuple[str, str], ...] = (
    (r"\bboth\b|rights.*and.*safety", "both"),
    (r"^neither|^none\b|not (rights|high)|^no\b|^ordinary|^presumed not", "ordinary"),
    (r"right", "rights"),
    (r"safety", "safety"),
)
_ENOUGH = 0.55


def suggest_mapping(sheet: Sheet) -> tuple[str, Mapping]:
    """The preset whose every column is in the sheet, by name, or a guess (named "").

    Raises `MappingError` when no column looks like a name or a unit.
    """
    for name in presets():
        preset = load_preset(name)
        try:
            preset.positions(sheet)
        except MappingError:
            continue
        return name, preset
    columns = suggest_columns(sheet.headings)
    return "", load_data(
        {
            "tell_apart": "benefit" if "benefit" in columns else "problem",
            "date_order": suggest_date_order(
                text
                for field, at in columns.items()
                if FIELDS[field].kind is Kind.DATE
                for text in sheet.column(at)
            ),
            "columns": [
                Column(
                    field=field,
                    heading=sheet.headings[at],
                    position=at + 1,
                    values=suggest_values(field, sheet.column(at)),
                )
                for field, at in columns.items()
            ],
        }
    )


def suggest_columns(headings: tuple[str, ...]) -> dict[str, int]:
    """The likeliest column, from 0, for each field that has one."""
    scored = sorted(
        (
            (-_likeness(heading, synonyms), order, at, field)
            for order, (field, synonyms) in enumerate(HEADINGS.items())
            for at, heading in enumerate(headings)
        ),
    )
    found: dict[str, int] = {}
    for score, _, at, field in scored:
        if -score < _ENOUGH:
            break
        if field not in found and at not in found.values():
            found[field] = at
    if "unit" not in found and "subunit" in found:
        found["unit"] = found.pop("subunit")
    return {field: found[field] for field in FIELDS if field in found}


def _likeness(heading: str, synonyms: tuple[str, ...]) -> float:
    words = _words(heading)
    if not words:
        return 0.0
    return max(_compare(words, _words(synonym)) - 0.001 * i for i, synonym in enumerate(synonyms))


def _words(text: str) -> tuple[str, ...]:
    words = re.findall(r"\w+", fold(text).replace("_", " "))
    return tuple(w[:-1] if len(w) > 3 and w.endswith("s") and w[-2] != "s" else w for w in words)


def _compare(words: tuple[str, ...], wanted: tuple[str, ...]) -> float:
    if words == wanted:
        return 1.0
    if set(wanted) <= set(words):
        return 0.5 + 0.4 * len(wanted) / len(words)
    ratio = SequenceMatcher(None, " ".join(words), " ".join(wanted)).ratio()
    return ratio * 0.9 if ratio > 0.85 else 0.0


def suggest_values(field: str, texts: Iterable[str]) -> dict[str, str]:
    """What each distinct text of a choice is likely to become; a stage is left out in doubt."""
    if field not in CHOICE_FIELDS:
        return {}
    rules, otherwise = (STAGES, "") if field == "stage" else (IMPACTS, "not_assessed")
    known = Column(field=field, position=1).folded_values
    guesses: dict[str, str] = {}
    for text in distinct(texts):
        folded = fold(text)
        guess = known.get(folded) or next(
            (choice for pattern, choice in rules if re.search(pattern, folded)), otherwise
        )
        if guess:
            guesses[text] = guess
    return guesses


def distinct(texts: Iterable[str]) -> dict[str, int]:
    """Each text once, in its first spelling, with its rows; the most frequent first."""
    spelling: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        folded = fold(text)
        spelling.setdefault(folded, collapse(text))
        counts[folded] += 1
    return {spelling[folded]: count for folded, count in counts.most_common()}


def suggest_date_order(texts: Iterable[str]) -> str:
    """`dmy` when some day above 12 comes first and none comes second, else `mdy`."""
    first = second = 0
    for text in texts:
        if found := re.match(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}", text):
            first += int(found.group(1)) > 12
            second += int(found.group(2)) > 12
    return "dmy" if first > second else "mdy"
