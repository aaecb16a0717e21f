"""What the sample's systems have been doing since their last gate, told in its own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from gates.services.waves import release_wave
from initiatives.models import Initiative
from operations.services import adoption, capacity, count_exposure, practice, reach
from portfolio.sample import figures, promised

if TYPE_CHECKING:
    from portfolio.sample.story import Story

BEFORE = 61  # days ago, when none of what follows has happened
HOW = "Active accounts in the production tenant"


class Acts:
    """One story's acts, each on its day before now, or on the working day before that."""

    def __init__(self, story: Story) -> None:
        self.story, self.initiative = story, Initiative.objects.get(pk=story.initiative.pk)

    def on(self, days_ago: int) -> dict[str, Any]:
        self.story.time.at(days=-days_ago)
        return {"by": self.story.owner, "at": self.story.time.tick()}

    def day(self, days_ago: int) -> date:
        return self.story.time.working_day(days_ago)

    def count(self, days_ago: int, percent: int) -> None:
        count_exposure(
            initiative=self.initiative,
            exposed=(self.initiative.population or 0) * percent // 100,
            counted_on=self.day(days_ago),
            note=HOW,
            **self.on(days_ago),
        )

    def feedback(self, days_ago: int, text: str, stage: str, **more: Any) -> Any:
        return adoption.log_feedback(
            initiative=self.initiative,
            text=text,
            received_on=self.day(days_ago),
            stage=stage,
            **more,
            **self.on(days_ago),
        )

    def answer(self, days_ago: int, item: Any, outcome: str, *, released: bool = False) -> None:
        adoption.close_feedback(item=item, outcome=outcome, released=released, **self.on(days_ago))


def _breach(acts: Acts) -> None:
    """A depot too many was let in."""
    acts.count(24, 11)
    acts.count(17, 14)
    acts.count(9, 26)


def _waves(acts: Acts) -> None:
    """Two waves of three are out, and one shift keeps to the old way."""
    initiative = acts.initiative
    names = ("Central laboratory", "Night shift", "Field laboratories")
    waves = [
        reach.plan_wave(initiative=initiative, name=name, starts=acts.day(days), **acts.on(46))
        for name, days in zip(names, (42, 21, -12), strict=True)
    ]
    groups = [
        adoption.describe_group(
            initiative=initiative,
            name=name,
            people=people,
            target_percent=60,
            wave=wave,
            **acts.on(45),
        )
        for name, people, wave in zip(names, (220, 90, 330), waves, strict=True)
    ]
    release_wave(rollout=acts.story.rollout, wave=waves[0], **acts.on(42))
    acts.count(41, 34)
    promised.fall_short(initiative, **acts.on(41))
    slow = acts.feedback(38, "Opening an image takes three clicks too many.", "scaled")
    promised.fall_short(initiative, **acts.on(34))
    acts.answer(30, slow, "Images open in the sample's own view since release 14.", released=True)
    promised.fall_short(initiative, **acts.on(27))
    release_wave(rollout=acts.story.rollout, wave=waves[1], **acts.on(21))
    acts.count(20, 48)
    promised.fall_short(initiative, **acts.on(20))
    wrong = acts.feedback(16, "It flags smears with a blue label.", "scaled", group=groups[0])
    acts.answer(11, wrong, "The label was never in the training images; told the laboratory.")
    acts.feedback(9, "At night nobody can explain a flag to us.", "scaled", group=groups[1])
    for group, using in zip(groups, (178, 31), strict=False):
        adoption.measure_group(group=group, using=using, measured_on=acts.day(7), **acts.on(7))
    adoption.act_on_group(
        group=groups[1],
        reason="17 of 22 asked said that nobody on the shift can explain a flag.",
        action="Pair each night with a colleague from the central laboratory for two weeks",
        owner=acts.story.cast["Devin Park"],
        due=acts.day(-10),
        **acts.on(6),
    )


def _steady(acts: Acts) -> None:
    """Every practice in its turn, and two people free for something new."""
    initiative = acts.initiative
    practice.record_review(
        initiative=initiative,
        held_on=acts.day(115),
        found="Claims for damage down by 11 % on last year; 79 % of inspectors use it each week.",
        decided="Go through what rain does to the photographs.",
        **acts.on(115),
    )
    old = practice.list_improvement(
        initiative=initiative, text="Score photographs in batches at night", **acts.on(60)
    )
    practice.start_improvement(improvement=old, **acts.on(55))
    practice.record_update(
        initiative=initiative,
        version="Model 7",
        updated_on=acts.day(48),
        reason="Rain on the lens made for one false alarm in nine.",
        tested="4,000 photographs of a wet month beside model 6: false alarms from 11 % to 4 %.",
        way_back="Model 6 stays deployed; one setting switches back.",
        **acts.on(48),
    )
    dark = acts.feedback(40, "Photographs taken after dusk come back as unusable.", "steady")
    practice.close_improvement(
        improvement=old, outcome="Cost of a photograph down by 31 %.", **acts.on(35)
    )
    for text in ("Drop the second upload at the gate", "Show the last three scans of a container"):
        practice.list_improvement(initiative=initiative, text=text, **acts.on(30))
    first = initiative.improvements.filter(closed_at=None)[0]
    practice.start_improvement(improvement=first, **acts.on(28))
    practice.record_review(
        initiative=initiative,
        held_on=acts.day(26),
        found="Claims for damage down by 18 % on last year; 83 % of inspectors use it each week.",
        decided="Keep the threshold; look again at photographs after dusk.",
        **acts.on(26),
    )
    acts.answer(14, dark, "Exposure is corrected before scoring since release 22.", released=True)
    acts.feedback(8, "The list of containers forgets my filter.", "steady")
    capacity.offer_capacity(
        initiative=initiative,
        people=2,
        share_percent=50,
        skills="Image pipelines, production engineering",
        free_from=acts.day(-20),
        **acts.on(5),
    )


def _kept(acts: Acts) -> None:
    """Every practice in its turn, with little to tell."""
    initiative = acts.initiative
    practice.record_update(
        initiative=initiative,
        version="Rules of March",
        updated_on=acts.day(52),
        reason="A new form came into use.",
        tested="600 forms, old and new, beside what two clerks found.",
        way_back="The rules before it are kept for a year.",
        **acts.on(52),
    )
    practice.list_improvement(
        initiative=initiative, text="Halve the cost of a reading", **acts.on(50)
    )
    practice.record_review(
        initiative=initiative,
        held_on=acts.day(40),
        found="Outcomes, adoption and cost as in the review before it.",
        decided="",
        **acts.on(40),
    )
    capacity.offer_capacity(
        initiative=initiative,
        people=1,
        share_percent=20,
        skills="Evaluation",
        free_from=acts.day(10),
        **acts.on(30),
    )
    acts.feedback(29, "A name with two accents is read as two names.", "steady")


def _left_off(acts: Acts) -> None:
    """It runs, and for months nobody has reviewed it or asked its users."""
    practice.record_review(
        initiative=acts.initiative,
        held_on=acts.day(150),
        found="98 % of addresses matched, as promised; 7 of 10 clerks use it each week.",
        decided="Go on as it is.",
        **acts.on(150),
    )
    asked = acts.feedback(96, "Old house numbers are not found.", "steady")
    acts.answer(92, asked, "The old register is searched too.", released=True)


# What reaches everybody, wave by wave: name, share of the population in %, share that uses it.
REACHED = (("Main office", 20, 78), ("Regional offices", 45, 71), ("Field offices", 35, 66))


def reach_everybody(story: Story, *, since: float, until: float) -> None:
    """The waves of its scaled production, between its last two gates; both in weeks ago."""
    acts, people = Acts(story), story.spec.population
    first, last = int(since * 7) - 7, int(until * 7) + 28
    days = [first - (first - last) * number // len(REACHED) for number in range(len(REACHED))]
    initiative, planned = acts.initiative, first + 4
    waves = [
        reach.plan_wave(initiative=initiative, name=name, starts=acts.day(day), **acts.on(planned))
        for (name, _share, _using), day in zip(REACHED, days, strict=True)
    ]
    groups = [
        adoption.describe_group(
            initiative=initiative,
            name=name,
            people=people * share // 100,
            target_percent=60,
            wave=wave,
            **acts.on(planned),
        )
        for (name, share, _using), wave in zip(REACHED, waves, strict=True)
    ]
    reached = 0
    for (_name, share, _using), wave, day in zip(REACHED, waves, days, strict=True):
        release_wave(rollout=story.rollout, wave=wave, **acts.on(day))
        reached += share
        acts.count(day - 2, reached)
    asked = acts.feedback(last + 4, "The short guide does not show where to start.", "scaled")
    for (_name, _share, using), group in zip(REACHED, groups, strict=True):
        adoption.measure_group(
            group=group,
            using=group.people * using // 100,
            measured_on=acts.day(last),
            **acts.on(last),
        )
    acts.answer(last - 2, asked, "The first page of the guide is one picture now.", released=True)


TELLS: dict[str, Callable[[Acts], None]] = {
    "breach": _breach,
    "waves": _waves,
    "steady": _steady,
    "kept": _kept,
    "left_off": _left_off,
}
"""What a spec's ``runs`` means."""


def tell(story: Story) -> None:
    if story.spec.runs:
        acts = Acts(story)
        figures.keep_measuring(acts.initiative, **acts.on(BEFORE))
        TELLS[story.spec.runs](acts)
