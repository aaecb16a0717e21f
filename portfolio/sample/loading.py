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
    playbook = ensure_standard(at=now - timedelta(weeks=70))
    cast = _cast()
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


def _claims(cast: dict[str, User], now: datetime) -> None:
    """What an inventory said four months ago, and who has since taken some of it over."""
    then, office = now - timedelta(days=CLAIMED_DAYS_AGO), cast["Hannah Cole"]
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
            at = now - timedelta(days=claim.days_owned)
            assign_people(initiatives=[initiative], owner=cast[claim.owner], by=office, at=at)
