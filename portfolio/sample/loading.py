"""Loading the sample portfolio into an empty database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import Grant, User
from accounts.roles import Role
from audit.services import Entry, record_many
from gates.services.rollouts import Adoption, adopt_many
from initiatives import hooks
from initiatives.models import Initiative
from initiatives.services import assign_people, create_initiative, unit_at
from playbook.services import ensure_standard
from portfolio.sample import meeting, money, promised, publishing, sharing
from portfolio.sample.clock import Clock
from portfolio.sample.copying import check_at_once, in_one_piece
from portfolio.sample.specs import CLAIMS, OWNERS, SPECS, Spec
from portfolio.sample.story import Story

SOURCE = "agency-inventory.xlsx"
CLAIMED_DAYS_AGO = 120


@transaction.atomic
def load(
    *,
    now: datetime,
    specs: Sequence[Spec] = SPECS,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Tell every story of the sample, ending now; return how many initiatives there are. ``told``
    hears after each how many are told, and of how many.

    Does nothing, and returns 0, when anybody or anything is there already.
    """
    if User.objects.exists() or Initiative.objects.exists():
        return 0
    check_at_once()
    playbook = ensure_standard(at=now - timedelta(weeks=71))
    cast = _cast()
    _units(specs, cast, now)
    money.set_up(cast, now)
    with in_one_piece(), hooks.gathered(now):
        for done, spec in enumerate(specs, start=1):
            Story(spec, cast, now).tell()
            told(done, len(specs))
        sharing.fail(cast, playbook.parsed, now)
        _claims(cast, now)
        promised.settle(now)
    publishing.draft(cast, now)
    meeting.call(cast, now)
    return len(specs) + len(CLAIMS)


def _cast() -> dict[str, User]:
    """The people who can be signed in as, and owners who only have a name."""
    people = [(person.name, person.email) for person in DEMO_PEOPLE]
    people += [(name, f"{name.lower().replace(' ', '.')}@example.org") for name in OWNERS]
    cast = {name: User.objects.create_user(email, name) for name, email in people}
    # Hashed once: the password is public, and hashing it for each took seconds.
    hashed = make_password(DEMO_PASSWORD)
    User.objects.filter(email__in=[p.email for p in DEMO_PEOPLE]).update(password=hashed)
    Grant.objects.bulk_create(
        Grant(user=cast[person.name], role=role, remit=remit)
        for person in DEMO_PEOPLE
        for role, remit in [
            *((role, "") for role in person.roles),
            *((Role.REVIEWER, remit) for remit in person.remits),
        ]
    )
    return cast


def _units(specs: Sequence[Spec], cast: dict[str, User], now: datetime) -> None:
    """The agencies and their bureaus, before anything begins in them."""
    time, office = Clock(now, "units"), cast["Hannah Cole"]
    time.at(weeks=-70, days=-2)
    units = [spec.unit for spec in specs] + [claim.unit for claim in CLAIMS]
    for names in dict.fromkeys(units):
        unit_at(names=names, by=office, at=time.tick())


def _claims(cast: dict[str, User], now: datetime) -> None:
    """What an inventory said four months ago, and who has since taken some of it over."""
    time, office = Clock(now, SOURCE), cast["Hannah Cole"]
    then = time.at(days=-CLAIMED_DAYS_AGO)
    initiatives = [
        create_initiative(
            fields={
                "name": claim.name,
                "unit": unit_at(names=claim.unit, by=office, at=then),
            },
            by=office,
            at=then,
        )
        for claim in CLAIMS
    ]
    adopt_many(
        adoptions=[
            Adoption(initiative, claim.stage, row, claim.words)
            for row, (initiative, claim) in enumerate(
                zip(initiatives, CLAIMS, strict=True), start=2
            )
        ],
        source=SOURCE,
        by=office,
        at=then,
    )
    record_many(
        entries=[
            Entry(
                initiative.chain,
                "rollout.adopted",
                f"Placed by “{claim.words}” in {SOURCE}",
                {"stage": claim.stage},
            )
            for initiative, claim in zip(initiatives, CLAIMS, strict=True)
        ],
        by=office,
        at=then,
    )
    for initiative, claim in zip(initiatives, CLAIMS, strict=True):
        if claim.owner:
            at = Clock(now, claim.name).at(days=-claim.days_owned)
            assign_people(initiatives=[initiative], owner=cast[claim.owner], by=office, at=at)
