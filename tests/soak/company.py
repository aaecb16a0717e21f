"""A small organisation for long sequences: everybody by part, and initiatives at every stage.

Half of the initiatives are pinned to the standard; the others to a playbook of the organisation's
own, with a quorum and tight caps, to which the first half may be moved.
"""

from dataclasses import dataclass

from accounts.models import User
from accounts.roles import Remit, Role
from audit.services import SystemActor
from gates.models import Rollout
from initiatives.models import Initiative
from playbook.document import Document
from playbook.services import publish
from tests.factories import (
    NOW,
    make_assessment,
    make_initiative,
    make_playbook,
    make_rollout,
    make_user,
)
from tests.gates.voicing import asking
from tests.soak.copies import Cast, copies, make_template

INTAKE, CLAIMED = 2, ("limited", "steady")
READY_AT, BESIDE = 3, 3  # a gate, and how many more like the one that was taken there


@dataclass
class Company:
    """Everybody, and what they work on."""

    office: list[User]
    administrator: User
    owners: list[User]
    sponsors: list[User]
    reviewers: list[User]
    outsider: User

    @property
    def people(self) -> list[User]:
        """Those who may act, as they are now: whoever left can sign in no more."""
        return list(User.objects.filter(is_active=True).order_by("pk"))

    @property
    def away(self) -> list[User]:
        return list(User.objects.filter(is_active=False).order_by("pk"))

    @property
    def rollouts(self) -> list[Rollout]:
        """The latest of each initiative."""
        rows = Rollout.objects.select_related("initiative", "playbook").order_by("pk")
        return list({row.initiative_id: row for row in rows}.values())


def own_playbook() -> Document:
    """The standard, tightened: two voices for funding, and few conditions."""
    data = asking({Remit.FUNDING: {"quorum": 2}}).model_dump()
    data["condition_cap"] = {"open_per_initiative": 3, "open_per_sponsor": 4}
    return Document.model_validate(data)


def make_company() -> Company:
    company = Company(
        office=[make_user(name, Role.PROGRAM_OFFICE) for name in ("Hannah", "Peter", "Rosa")],
        administrator=make_user("Ada", Role.ADMINISTRATOR),
        owners=[make_user(name) for name in ("Maya", "Devin", "Ines")],
        sponsors=[make_user(name, Role.EXECUTIVE) for name in ("Carol", "Sam")],
        reviewers=[
            make_user("Lena", remits=[Remit.SECURITY, Remit.GOVERNANCE]),
            make_user("Robert", remits=[Remit.OPERATIONS, Remit.ENGINEERING]),
            make_user("Aiko", remits=[Remit.FUNDING, Remit.BUSINESS]),
            make_user("Tomas", remits=[Remit.CHANGE]),
            make_user("Otto", remits=[Remit.FUNDING, Remit.SECURITY]),
        ],
        outsider=make_user("Oscar"),
    )
    make_playbook()
    _bring_to_gates(company)
    publish(document=own_playbook(), by=SystemActor(), at=NOW)
    for number, stage in enumerate((*["intake"] * INTAKE, *CLAIMED)):
        make_rollout(_initiative(company, number), by=company.office[0], stage=stage)
    return company


def _initiative(company: Company, number: int) -> Initiative:
    owners, sponsors = company.owners, company.sponsors
    return make_initiative(
        owner=owners[number % len(owners)],
        sponsor=sponsors[number % len(sponsors)],
        by=company.office[0],
    )


def _bring_to_gates(company: Company) -> None:
    cast = Cast(company.owners[0], company.sponsors[0], company.office[0], company.reviewers)
    copies(make_template(cast, READY_AT), BESIDE)
    for rollout in company.rollouts:  # two of the office had a hand in it from the start
        for person, mode in zip(company.office, ("budget", "value"), strict=False):
            make_assessment(rollout.initiative, mode, by=person)
