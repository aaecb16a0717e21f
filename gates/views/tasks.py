"""A review as a task list: every requirement of the gate, how it stands, who holds it.

The judgement is the case's; here it only gets an address, an answer to show, and a holder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.urls import reverse

from accounts.models import User
from gates import blockers
from gates.blockers import LETTERS, letter_of
from gates.case import Case
from gates.links import task_url
from gates.models import Review, Rollout
from gates.permissions import may_confirm
from gates.views.deciders import may_decide, who_decides
from gates.views.said import Said
from gates.views.signing import sign_off_task
from gates.views.task import STATES, Section, Task, check_mark, spelled
from initiatives.permissions import is_member, may_edit, may_oversee, may_verify
from playbook.document import DesignArea, FailureMode
from playbook.evaluate import Evaluation, Finding
from risks.models import Assessment

ASSESS_MINUTES = 20  # a fair guess at one failure mode with its figures to hand
SUBMIT_MINUTES = 10
RESTS_ON = (
    "assumption",
    "kill",
    "architecture",
    "distance",
    "handoff",
    "champions",
    "band",
    "group",
    "dependency",
)


@dataclass
class Worklist:
    """What a person sees of the review at the gate of this case."""

    rollout: Rollout
    case: Case
    user: User
    review: Review | None
    said: Said = field(init=False)
    sections: list[Section] = field(init=False)

    def __post_init__(self) -> None:
        self.said = Said(self.rollout, self.review, self.user, self.case.facts.sign_offs)
        self.sections = [section for section in self._sections() if section.tasks]

    @property
    def judged(self) -> Evaluation:
        return self.case.evaluation

    # Who reads

    @cached_property
    def may_edit(self) -> bool:
        return may_edit(self.user, self.rollout.initiative)

    @cached_property
    def may_verify(self) -> bool:
        return may_verify(self.user, self.rollout.initiative)

    @cached_property
    def works_on_it(self) -> bool:
        """Owner or contributor; without an owner, whoever may act in the owner's place."""
        if self.case.facts.owner is None:
            return self.may_edit
        return is_member(self.user, self.rollout.initiative)

    @cached_property
    def holder(self) -> str:
        """Who answers for what nobody else was named for."""
        owner = self.case.facts.owner
        if owner is None:
            return "No owner yet"
        return "You" if owner.id == self.user.pk else owner.label

    def called(self, person: User) -> str:
        return "You" if person == self.user else str(person)

    # What there is to do

    @cached_property
    def tasks(self) -> list[Task]:
        return [task for section in self.sections for task in section.tasks]

    @property
    def yours(self) -> list[Task]:
        return [task for task in self.tasks if task.open and task.mine]

    @property
    def others(self) -> list[Task]:
        return [task for task in self.tasks if task.open and not task.mine]

    @property
    def other_effort(self) -> str:
        """What is left for the reader after the first task; empty when nothing is."""
        minutes = sum(task.minutes for task in self.yours[1:])
        return spelled(minutes) if minutes else ""

    @property
    def signs(self) -> Section | None:
        return next((section for section in self.sections if section.key == "sign_off"), None)

    @property
    def waiting_sign_offs(self) -> list[Task]:
        return [task for task in self.signs.tasks if task.status == "asked"] if self.signs else []

    @property
    def to_sign(self) -> Task | None:
        """The sign-off that the reader is asked for and has not given."""
        return next((task for task in self.waiting_sign_offs if task.mine), None)

    @property
    def objections(self) -> list[Task]:
        return [task for task in self.signs.tasks if task.status == "objects"] if self.signs else []

    @property
    def own_objection(self) -> Task | None:
        """What the reader objected to, or somebody for them, and what keeps the gate shut."""
        return next((task for task in self.objections if task.own), None)

    @property
    def to_answer(self) -> Task | None:
        """The objection that the reader is to answer."""
        return next((task for task in self.objections if task.mine and not task.reply), None)

    @property
    def who_decides(self) -> str:
        return who_decides(self.case, self.user)

    @property
    def may_decide(self) -> bool:
        return may_decide(self.case, self.user)

    @cached_property
    def warnings(self) -> list[blockers.Line]:
        """What to mind before deciding, and what keeps nothing shut."""
        return blockers.warnings(self.case, self.rollout.initiative.reference)

    @cached_property
    def otherwise(self) -> list[tuple[FailureMode, Assessment]]:
        """The failure modes that somebody judged otherwise than their figures suggest."""
        rows = self.said.assessments
        return [
            (mode, rows[mode.key])
            for mode in self.case.document.failure_modes
            if mode.key in rows and rows[mode.key].override_reason
        ]

    @property
    def can_submit(self) -> bool:
        handing_in = self.review is not None and self.review.state == "open"
        return handing_in and not self.judged.to_submit

    # How the sections come about

    def _sections(self) -> Iterator[Section]:
        if self.case.facts.gate is None:
            return
        kinds = ("owed", "pause", "kill_hit", "condition", "funding")
        way = [self._in_the_way(finding) for finding in self._of(*kinds) if finding.blocks]
        yield self._section("way", "Before anything else", "kept", way)
        areas = [self._area(area) for area in self.case.document.design_areas]
        if self._of("design"):
            yield Section(
                "design",
                "Design assessment",
                "questions settled",
                areas,
                "".join(LETTERS[finding.state] for finding in self._of("design")),
            )
        criteria = [self._criterion(finding) for finding in self._of("criterion")]
        yield self._section("criterion", "Exit criteria", "met", criteria)
        yield self._rests_on()
        checks = [self._check(finding) for finding in self._of("rung")]
        yield self._section(
            "rung",
            "Minimum Viable Production",
            self._rung_noun,
            checks,
            url=self.url_of("ladder") if self.may_edit else "",
            url_text="The whole ladder, and assigning several at once",
        )
        modes = [self._mode(finding) for finding in self._of("failure_mode")]
        yield self._section("failure_mode", "Failure modes", "assessed and treated", modes)
        sign_offs = [self._sign_off(finding) for finding in self._of("sign_off")]
        yield self._section("sign_off", "Sign-offs", "given", sign_offs)

    def _of(self, *kinds: str) -> tuple[Finding, ...]:
        return self.case.evaluation.of(*kinds)

    @property
    def _rung_noun(self) -> str:
        assert self.case.facts.gate is not None
        rung = self.case.document.gate(self.case.facts.gate).rung
        return {"assigned": "assigned", "planned": "planned or met"}.get(rung, "met")

    def _rests_on(self) -> Section:
        """Assumptions, architecture, team and reach: what the rollout rests on."""
        found = self._of(*RESTS_ON)
        tasks = [
            self._own(f, task_url(self.case.document, self.rollout.initiative.reference, f), 10)
            for f in found
        ]
        letters = "".join(LETTERS[finding.state] for finding in found)
        return Section("premise", "What it rests on", "in order", tasks, letters)

    def _section(self, key: str, title: str, noun: str, tasks: list[Task], **more: str) -> Section:
        states = "".join(letter_of(finding) for finding in self._of(key))
        return Section(key, title, noun, tasks, states or "m" * len(tasks), **more)

    def url_of(self, name: str, *args: object) -> str:
        return reverse(f"gates:{name}", args=[self.rollout.initiative.reference, *args])

    def _task(self, finding: Finding, **more: Any) -> Task:
        status, word = STATES[finding.state]
        values: dict[str, Any] = {
            "id": f"{finding.kind}-{finding.key}",
            "title": finding.title,
            "text": f"{finding.text} {finding.fix}".strip(),
            "status": status,
            "word": word,
            "open": finding.blocks,
            **more,
        }
        return Task(**values)

    def _own(self, finding: Finding, url: str, minutes: int, **more: Any) -> Task:
        """A task that the owner and contributors hold."""
        return self._task(
            finding,
            url=url if self.may_edit else "",
            minutes=minutes,
            **{"who": self.holder, "mine": self.works_on_it, **more},
        )

    def _in_the_way(self, finding: Finding) -> Task:
        urls = {
            "pause": lambda: self.url_of("initiative"),
            "condition": lambda: self.url_of("condition", finding.key),
            "kill_hit": lambda: self.url_of("kill", finding.key),
            "funding": lambda: self.url_of("edit"),
        }
        made = urls.get(finding.kind)
        more: dict[str, Any] = {"who": finding.who or self.holder}
        if finding.kind == "condition":
            more |= {"status": "overdue", "word": "Overdue"}
        if finding.kind == "kill_hit":
            more |= {"word": "Hit", "mine": may_oversee(self.user, self.rollout.initiative)}
        return self._own(finding, made() if made else "", 5, **more)

    def _area(self, area: DesignArea) -> Task:
        keys = {question.key for question in area.questions}
        parts = [self._question(f) for f in self._of("design") if f.key in keys]
        settled = sum(1 for part in parts if not part.open)
        status, word = (
            ("met", "Settled")
            if settled == len(parts)
            else ("progress", f"{settled} of {len(parts)}")
            if settled or any(part.answer for part in parts)
            else ("todo", "Not started")
        )
        return Task(
            id=f"design-{area.key}",
            title=area.name,
            text=area.asks,
            status=status,
            word=word,
            who=self.holder,
            url=self.url_of("design", area.key) if self.may_edit else "",
            minutes=sum(part.minutes for part in parts if part.open),
            open=settled < len(parts),
            mine=self.works_on_it,
            parts=parts,
        )

    def _question(self, finding: Finding) -> Task:
        question = self.case.document.question(finding.key)
        answer = self.said.design.get(finding.key)
        return self._own(
            finding,
            self.url_of("design", self.case.document.area_of_question(finding.key).key)
            + f"#{finding.key}",
            question.minutes,
            needs=question.good_answer,
            answer=answer.text if answer else "",
            said=f"{answer.answered_by}" if answer else "",
        )

    def _criterion(self, finding: Finding) -> Task:
        criterion = self.case.document.criterion(finding.key)
        answer = self.said.answers.get(finding.key)
        return self._own(
            finding,
            self.url_of("criterion", finding.key),
            criterion.minutes,
            who=self.called(answer.answered_by) if answer and not finding.blocks else self.holder,
            needs=criterion.needs,
            answer=answer.note if answer else "",
            said=str(answer.answered_by) if answer else "",
            evidence=answer.evidence if answer else None,
            **({"word": "Excepted"} if finding.state == "warning" else {}),
        )

    def _check(self, finding: Finding) -> Task:
        check = self.case.document.check(finding.key)
        fact = self.case.facts.checks.get(finding.key)
        row = self.said.checks.get(finding.key)
        status, word = check_mark(self.case, finding.key)
        mine = self.works_on_it
        who = self.holder
        if fact and fact.assignee:
            mine = fact.assignee.id == self.user.pk
            who = "You" if mine else fact.assignee.label
        return self._own(
            finding,
            self.url_of("check", finding.key),
            check.minutes,
            needs=check.needs,
            status=status,
            word=word,
            who=who,
            mine=mine,
            answer=row.solution if row else "",
            said="" if finding.blocks else finding.text,
            evidence=row.evidence if row else None,
            confirms=finding.key if row and may_confirm(self.user, row, self.may_verify) else "",
        )

    def _mode(self, finding: Finding) -> Task:
        mode = self.case.document.mode(finding.key)
        row = self.said.assessments.get(finding.key)
        words = {
            "met": ("met", "Assessed"),
            "unknown": ("unknown", "Not assessed"),
            "not_met": ("not_met", "Untreated"),
            "stale": ("stale", "Due again"),
        }
        status, word = words[finding.state]
        return self._own(
            finding,
            self.url_of("risk", finding.key),
            ASSESS_MINUTES,
            needs=mode.design_response,
            status=status,
            word=word,
            who=self.called(row.owner) if row and row.owner else self.holder,
            answer=row.response_text if row else "",
            said=f"{finding.text} {row.assessed_by}" if row else "",
        )

    def _sign_off(self, finding: Finding) -> Task:
        return self._task(finding, **sign_off_task(self, finding))
