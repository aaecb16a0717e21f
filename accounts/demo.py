"""The people of the sample portfolio. Their sign-ins are public and exist in demo mode only."""

from dataclasses import dataclass

from django.conf import settings

from accounts.roles import Remit, Role

DEMO_PASSWORD = "clearway-demo"  # noqa: S105


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the sample portfolio, with what to try as this person."""

    name: str
    part: str
    tries: str
    roles: tuple[str, ...] = ()
    remits: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@example.org"


DEMO_PEOPLE = (
    DemoPerson(
        "Hannah Cole",
        "Program office",
        "Import an inventory, see what needs attention, decide at a gate",
        roles=(Role.PROGRAM_OFFICE,),
    ),
    DemoPerson(
        "Peter Voss",
        "Program office",
        "Decide where Hannah had a hand in it",
        roles=(Role.PROGRAM_OFFICE,),
    ),
    DemoPerson("Maya Okafor", "Initiative owner", "Answer what is asked next and submit a review"),
    DemoPerson(
        "Carol Nakamura",
        "Executive and sponsor",
        "See what is stuck, and decide on a phone",
        roles=(Role.EXECUTIVE,),
    ),
    DemoPerson(
        "Lena Haas",
        "Reviewer: security, governance",
        "Sign off or object within a remit",
        remits=(Remit.SECURITY, Remit.GOVERNANCE),
    ),
    DemoPerson(
        "Robert Kessler",
        "Reviewer: operations, engineering",
        "Sign off or object within a remit",
        remits=(Remit.OPERATIONS, Remit.ENGINEERING),
    ),
    DemoPerson(
        "Aiko Tanaka",
        "Reviewer: funding, business",
        "Sign off or object within a remit",
        remits=(Remit.FUNDING, Remit.BUSINESS),
    ),
    DemoPerson(
        "Tomas Brandt",
        "Reviewer: change management",
        "Sign off or object within a remit",
        remits=(Remit.CHANGE,),
    ),
    DemoPerson("Devin Park", "Contributor", "Attach evidence to a colleague's initiative"),
    DemoPerson(
        "Ada Lindqvist",
        "Administrator",
        "Invite people and set their roles",
        roles=(Role.ADMINISTRATOR,),
    ),
)
DEMO_ADDRESSES = frozenset(person.email for person in DEMO_PEOPLE)


def closed_addresses() -> frozenset[str]:
    """Whose account opens to nobody: outside demo mode, everybody's whose password is public."""
    return frozenset() if settings.DEMO else DEMO_ADDRESSES
