"""An invented portfolio of any size: consistent with every rule of the database, the same for the
same seed, and shaped like a real one. Most of it is adopted from an inventory and waits in the
proving queue; the rest is under way, in every stage and every kind of trouble."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from accounts.models import Grant, User
from accounts.roles import Remit, Role
from audit.services import Entry, SystemActor, record_many
from gates import standings
from gates.models import Claim, Rollout, Stage
from initiatives.models import BusinessUnit, ImpactClass, Initiative
from initiatives.services import next_numbers, unit_at
from playbook.models import PlaybookVersion
from playbook.services import ensure_standard
from portfolio.sample.copying import check_at_once, copy, numbered
from portfolio.sample.progress import Progress
from portfolio.sample.words import AGENCIES, BUREAUS, FIRST, LAST, SUBJECTS, TASKS

ADOPTED_SHARE = 0.6
CHUNK = 1000
# What inventories claim, and how often.
CLAIMS = {
    Stage.STEADY: 42,
    Stage.LIMITED: 13,
    Stage.PILOT: 19,
    Stage.INTAKE: 19,
    Stage.RETIRED: 7,
}
# Where initiatives under way are, and how often.
PLACES = {
    Stage.INTAKE: 19,
    Stage.PILOT: 25,
    Stage.READINESS: 15,
    Stage.LIMITED: 19,
    Stage.SCALED: 12,
    Stage.STEADY: 10,
}


@dataclass(frozen=True)
class People:
    owners: list[User]
    sponsors: list[User]
    reviewers: list[User]
    office: list[User]


@transaction.atomic
def seed(*, count: int, seed: int, at: datetime) -> int:
    """Add ``count`` invented initiatives; return how many there were to add."""
    dice = Random(seed)  # noqa: S311
    check_at_once()
    ensure_standard(at=at)
    playbook = PlaybookVersion.objects.current()
    people = _people(dice, seed, owners=min(400, 3 + count // 12))
    units = _units(min(len(AGENCIES) * len(BUREAUS), 4 + count // 8), at)
    adopted = round(count * ADOPTED_SHARE)
    _adopt(dice, adopted, units, people, playbook, at)
    _start(dice, count - adopted, units, people, playbook, at)
    return count


def _people(dice: Random, seed: int, owners: int) -> People:
    def some(kind: str, count: int) -> list[User]:
        emails = [f"{kind}-{seed}-{n}@example.org" for n in range(count)]
        User.objects.bulk_create(
            [
                User(email=email, name=f"{dice.choice(FIRST)} {dice.choice(LAST)}")
                for email in emails
            ],
            ignore_conflicts=True,
        )
        return list(User.objects.filter(email__in=emails).order_by("pk"))

    people = People(some("owner", owners), some("sponsor", 8), some("reviewer", 7), some("po", 3))
    grants = [Grant(user=user, role=Role.PROGRAM_OFFICE) for user in people.office]
    grants += [Grant(user=user, role=Role.EXECUTIVE) for user in people.sponsors]
    grants += [
        Grant(user=user, role=Role.REVIEWER, remit=remit)
        for user, remit in zip(people.reviewers, Remit.values, strict=True)
    ]
    Grant.objects.bulk_create(grants, ignore_conflicts=True)
    return people


def _units(count: int, at: datetime) -> list[BusinessUnit]:
    pairs = [(agency, bureau) for bureau in BUREAUS for agency in AGENCIES]
    return [unit_at(names=pair, by=SystemActor(), at=at) for pair in pairs[:count]]


def _initiative(
    dice: Random, units: list[BusinessUnit], number: int, at: datetime, weeks: float = 0
) -> Initiative:
    born = at - timedelta(weeks=weeks)
    return Initiative(
        number=number,
        name=f"{dice.choice(SUBJECTS)} {dice.choice(TASKS)} {number}",
        problem="Cases wait for days because every one of them is read by hand.",
        benefit="Half the waiting time, at the same quality.",
        unit=dice.choice(units),
        impact_class=dice.choices(ImpactClass.values, (30, 50, 10, 7, 3))[0],
        population=dice.randrange(20, 40_000),
        created_at=born,
        touched_at=born,
    )


def _adopt(
    dice: Random,
    count: int,
    units: list[BusinessUnit],
    people: People,
    playbook: PlaybookVersion,
    at: datetime,
) -> None:
    """Initiatives from one inventory, a week ago; one in twenty has found an owner."""
    then = at - timedelta(days=7)
    initiatives = [_initiative(dice, units, number, then) for number in next_numbers(count)]
    for initiative in initiatives:
        if dice.random() < 0.05:
            initiative.owner = dice.choice(people.owners)
            initiative.owner_since = then.date()
    numbered(initiatives)
    copy(initiatives)
    rollouts, claims = [], []
    for row, initiative in enumerate(initiatives, start=2):
        stage = dice.choices([*CLAIMS], [*CLAIMS.values()])[0]
        rollout = Rollout(
            initiative=initiative,
            playbook=playbook,
            stage=stage,
            stage_entered_at=then,
            started_at=then,
        )
        if stage != Stage.INTAKE:
            rollout.claim = Claim(
                initiative=initiative,
                stage=stage,
                source="inventory.csv",
                row=row,
                words=str(Stage(stage).label),
                made_by=people.office[0],
                made_at=then,
            )
            claims.append(rollout.claim)
        rollouts.append(rollout)
    numbered(claims)
    copy(claims)
    for rollout in rollouts:
        rollout.claim_id = rollout.claim.pk if rollout.claim else None
    numbered(rollouts)
    copy(rollouts)
    standings.save(standings.standings_of_new(rollouts, at=at))
    _tell(initiatives, "Added by a benchmark, as an inventory's claim", then)


def _start(
    dice: Random,
    count: int,
    units: list[BusinessUnit],
    people: People,
    playbook: PlaybookVersion,
    at: datetime,
) -> None:
    """Initiatives that came through their gates; one in fourteen is over."""
    progress = Progress(dice, people, playbook, at)
    initiatives = []
    for number in next_numbers(count):
        initiative = _initiative(dice, units, number, at)
        initiatives.append(initiative)
        progress.plan(initiative, dice.choices([*PLACES], [*PLACES.values()])[0])
    numbered(initiatives)
    copy(initiatives)
    progress.write()
    _tell(initiatives, "Added by a benchmark, under way", at)
    ids = [initiative.pk for initiative in initiatives]
    for start in range(0, len(ids), CHUNK):
        standings.refresh(ids[start : start + CHUNK], at)


def _tell(initiatives: list[Initiative], words: str, at: datetime) -> None:
    record_many(
        entries=[Entry(i.chain, "initiative.seeded", words, {"name": i.name}) for i in initiatives],
        by=SystemActor("Benchmark"),
        at=at,
    )
