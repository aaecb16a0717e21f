"""Everything that a playbook names, explained one by one: what the glossary shows and links to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from playbook.document import Document, Gate
from playbook.labels import (
    BREACH,
    CLAIMED,
    EXTENDED_PILOT,
    HANDOFF_RISK,
    LEARNING_EXERCISE,
    PROVEN,
    QUALIFYING,
    SLIPPING,
    STALLED,
)

LABEL_TERMS: Mapping[str, str] = {
    PROVEN: "proven_production",
    **{
        label: label
        for label in (
            QUALIFYING,
            EXTENDED_PILOT,
            CLAIMED,
            LEARNING_EXERCISE,
            STALLED,
            HANDOFF_RISK,
            BREACH,
            SLIPPING,
        )
    },
}
"""The term that explains each label; a playbook may leave one out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the playbook names.

    ``says`` is what it is or what it needs; ``why`` it is asked; ``good`` what shows it well;
    ``mode`` the key of the failure mode that it prevents and ``mode_name`` its name; ``place``
    where it belongs; ``also`` its other names; ``label`` the label that it explains.
    """

    kind: str
    key: str
    name: str
    says: str
    why: str = ""
    good: str = ""
    mode: str = ""
    mode_name: str = ""
    place: str = ""
    also: tuple[str, ...] = ()
    label: str = ""

    @property
    def id(self) -> str:
        """Its anchor on the glossary's page."""
        return f"{self.kind}-{self.key}"


@dataclass(frozen=True, slots=True)
class Chapter:
    kind: str
    title: str
    note: str
    entries: tuple[Entry, ...]


def glossary(document: Document) -> tuple[Chapter, ...]:
    """All that the document names, by kind, in its own order."""
    chapters = (
        ("term", "Terms and labels", "the words used here, and what earns a label", _terms),
        ("stage", "Stages", "the way from an idea to an ordinary capability", _stages),
        ("gate", "Gates", "each the way out of a stage, and a decision", _gates),
        ("mode", "Failure modes", "seven ways in which a good pilot stalls", _modes),
        ("condition", "Conditions", "what a pilot makes easy", _conditions),
        ("question", "Design assessment", "asked before any decision on architecture", _questions),
        ("criterion", "Exit criteria", "what each gate wants shown", _criteria),
        ("check", "Minimum Viable Production", "what makes it production", _checks),
        ("remit", "Sign-offs", "who answers for what at a gate", _remits),
        ("practice", "Steady state", "what goes on for as long as it runs", _practices),
        ("principle", "Organisation", "ways of organising that cross the gap", _principles),
        ("words", "Polite words", "what is said of a stall, and what to ask instead", _polite),
        ("reference", "References", "published figures, never an organisation's own", _references),
    )
    modes = {mode.key: mode.name for mode in document.failure_modes}

    def entries(of: Callable[[Document], Iterator[Entry]]) -> tuple[Entry, ...]:
        return tuple(replace(entry, mode_name=modes.get(entry.mode, "")) for entry in of(document))

    return tuple(Chapter(kind, title, note, entries(of)) for kind, title, note, of in chapters)


def named_items(document: Document) -> dict[str, Entry]:
    """Every entry by kind and key, as a framework's clause names it: ``check:audit_log``."""
    return {
        f"{entry.kind}:{entry.key}": entry
        for chapter in glossary(document)
        for entry in chapter.entries
    }


def called(document: Document, words: str) -> Entry | None:
    """What somebody means who types these words, in any case, as a name."""
    wanted = " ".join(words.lower().split())
    for chapter in glossary(document):
        for entry in chapter.entries:
            if wanted in {name.lower() for name in (entry.name, *entry.also)}:
                return entry
    return None


def matching(document: Document, words: str) -> list[Entry]:
    """Every entry whose names or words hold what was typed, names first."""
    wanted = " ".join(words.lower().split())
    entries = [entry for chapter in glossary(document) for entry in chapter.entries]

    def named(entry: Entry) -> bool:
        return any(wanted in name.lower() for name in (entry.name, *entry.also))

    inside = [entry for entry in entries if named(entry) or wanted in entry.says.lower()]
    return sorted(inside, key=lambda entry: not named(entry))


def _terms(document: Document) -> Iterator[Entry]:
    labels = {term: label for label, term in LABEL_TERMS.items()}
    for term in document.terms:
        yield Entry("term", term.key, term.name, term.says, label=labels.get(term.key, ""))


def _stages(document: Document) -> Iterator[Entry]:
    for stage in document.stages:
        weeks = stage.weeks
        plan = f"planned for {weeks.low} to {weeks.high} weeks" if weeks else ""
        yield Entry(
            "stage",
            stage.key,
            stage.name,
            f"{stage.purpose} {stage.population}",
            good=" ".join(stage.work),
            place=f"stage {stage.number}{', ' if plan else ''}{plan}",
            also=stage.aliases,
        )


def _gates(document: Document) -> Iterator[Entry]:
    for gate in document.gates:
        yield Entry(
            "gate",
            str(gate.number),
            gate.name,
            gate.question.format(name="the initiative"),
            why=gate.opens,
            place=f"leaves {document.stage(gate.from_stage).name.lower()}",
        )


def _modes(document: Document) -> Iterator[Entry]:
    for mode in document.failure_modes:
        yield Entry(
            "mode",
            mode.key,
            mode.name,
            mode.pattern,
            why=mode.stall_looks_like,
            good=mode.design_response,
            place="failure mode",
            also=(mode.short_name,),
        )


def _conditions(document: Document) -> Iterator[Entry]:
    for condition in document.conditions:
        threatened = [document.mode(key).short_name.lower() for key in condition.threatens]
        yield Entry(
            "condition",
            condition.key,
            condition.name,
            f"In a pilot: {condition.pilot} In production: {condition.production}",
            why=condition.ask,
            mode=condition.threatens[0],
            place=f"an open distance threatens {', '.join(threatened)}",
        )


def _questions(document: Document) -> Iterator[Entry]:
    for area in document.design_areas:
        for asked in area.questions:
            yield Entry(
                "question",
                asked.key,
                asked.question,
                asked.question,
                why=asked.why,
                good=asked.good_answer,
                mode=asked.failure_mode,
                place=f"Gate 0, {area.name.lower()}",
            )


def _criteria(document: Document) -> Iterator[Entry]:
    names: Mapping[int, Gate] = {gate.number: gate for gate in document.gates}
    for criterion, number in document.placed_criteria:
        yield Entry(
            "criterion",
            criterion.key,
            criterion.name,
            criterion.needs,
            why=criterion.why,
            good=criterion.good_evidence,
            mode=criterion.failure_mode,
            place=names[number].name,
        )


def _checks(document: Document) -> Iterator[Entry]:
    for item in document.mvp_items:
        for check in item.checks:
            yield Entry(
                "check",
                check.key,
                check.name,
                check.needs,
                why=check.why,
                good=check.good_evidence,
                mode=check.failure_mode,
                place=item.name,
            )


def _remits(document: Document) -> Iterator[Entry]:
    for remit in document.remits:
        gates = [str(gate.number) for gate in document.gates if remit.key in gate.remits]
        yield Entry(
            "remit",
            remit.key,
            remit.name,
            remit.asks,
            good=f"{'; '.join(remit.looks_at)}.",
            place=f"Gate{'s' * (len(gates) > 1)} {', '.join(gates)}" if gates else "",
        )


def _practices(document: Document) -> Iterator[Entry]:
    for practice in document.steady_practices:
        every = f"every {practice.every_days} days" if practice.every_days else ""
        yield Entry(
            "practice", practice.key, practice.name, practice.needs, why=practice.why, place=every
        )


def _principles(document: Document) -> Iterator[Entry]:
    for principle in document.organisation:
        yield Entry(
            "principle",
            principle.key,
            principle.name,
            principle.answer,
            why=principle.problem,
            mode=principle.failure_mode,
        )


def _polite(document: Document) -> Iterator[Entry]:
    for words in document.polite_words:
        yield Entry("words", words.key, words.said, words.ask, mode=words.likely_mode)


def _references(document: Document) -> Iterator[Entry]:
    for reference in document.references:
        yield Entry(
            "reference",
            reference.key,
            reference.name,
            reference.says,
            place=f"{reference.source}, {reference.published:%d %B %Y}",
        )
