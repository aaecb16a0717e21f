"""What can be due, as a table: which rows, from which day its steps count, whom they lead where.

When to remind, whom and in which words is the playbook's ladder (``Document.reminders``); this
table says what its steps mean in rows. A new kind of reminder is a row here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, TruncDate

from accounts.models import Grant
from accounts.roles import PERMISSIONS, Permission
from gates.models import Condition, Pause, Review, ReviewState, Rollout, Slip
from gates.models.rollouts import ENDED
from initiatives.models import Membership
from playbook.document import Document


@dataclass(frozen=True)
class Rule:
    """One kind of thing that is due."""

    rows: Callable[[], QuerySet[Any]]
    act: str
    """The words of the mail's link."""
    page: str
    """The gates page that the link opens, by its URL name."""
    rollout: str = "rollout__"
    """The way from a row to its rollout; empty when the row is one."""
    due: Callable[[Document], Any] = field(default=lambda document: F("due"))
    counts_from: Callable[[Document], Any] | None = None
    """The day from which steps count, where that is not ``due``."""
    gate: Any = field(default_factory=lambda: F("gate"))
    task: Any = field(default_factory=lambda: Value("", output_field=CharField()))
    owner: str = "rollout__initiative__owner"
    """The way to whom the audience *owner* means."""
    reads: Q | None = None
    """What must hold for that person to open the page; else the initiative's owner is told."""
    barred: tuple[str, str] | None = None
    """The ways to the people whom the page would refuse, having had a hand in it."""
    only: Mapping[str, Q] = field(default_factory=dict)
    """What must hold besides for an audience to be told."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Audiences that are led to another page."""
    by_id: bool = False
    """Whether the page's address ends in the row's id."""
    rests: bool = False
    """Whether it waits while the work is paused and no gate opens. The attention page still shows
    the pause as a stall; what runs on regardless, such as a condition's grace, does not rest."""

    def alive(self) -> QuerySet[Any]:
        """The rows of live rollouts; nobody hears of an adopted initiative without an owner."""
        rows = self.rows().filter(
            Q(**{f"{self.rollout}claim__isnull": True})
            | Q(**{f"{self.rollout}initiative__owner__isnull": False}),
            ~Q(**{f"{self.rollout}stage__in": ENDED}),
        )
        if not self.rests:
            return rows
        paused = Pause.objects.filter(rollout=OuterRef("rollout"), resumed_at__isnull=True)
        return rows.filter(~Exists(paused))

    def page_for(self, audience: str) -> str:
        return self.pages.get(audience, self.page)


# Owner and submitter: whoever has a hand in the evidence is for the case to say.
OWN_HAND = ("rollout__initiative__owner_id", "submitted_by_id")
SEE_ALL = [role for role, held in PERMISSIONS.items() if Permission.SEE_ALL in held]
CONDITION_OWNER_READS = (
    Q(owner=F("rollout__initiative__owner"))
    | Q(owner=F("rollout__initiative__sponsor"))
    | Exists(
        Membership.objects.filter(
            initiative=OuterRef("rollout__initiative"), user=OuterRef("owner")
        )
    )
    | Exists(Grant.objects.filter(role__in=SEE_ALL, user=OuterRef("owner")))
)


def _proof_due(document: Document) -> Any:
    wait = Value(timedelta(days=document.proof_days))
    return Cast(F("initiative__owner_since") + wait, DateField())


RULES: dict[str, Rule] = {
    "review": Rule(
        rows=Review.objects.under_way,
        act="Open the review",
        page="review",
        only={"owner": Q(state=ReviewState.OPEN)},
        pages={"sponsor": "decide"},
        rests=True,
    ),
    "sign_off": Rule(
        rows=Review.objects.awaiting_decision,
        act="Read the review and sign off or object",
        barred=OWN_HAND,
        page="review",
        counts_from=lambda document: TruncDate("submitted_at"),
        rests=True,
    ),
    "decision": Rule(
        rows=Review.objects.awaiting_decision,
        act="Read and decide",
        barred=OWN_HAND,
        page="decide",
        counts_from=lambda document: TruncDate("submitted_at"),
        rests=True,
    ),
    "condition": Rule(
        rows=Condition.objects.still_owed,
        act="Open the condition",
        page="condition",
        gate=F("decision__gate"),
        task=F("text"),
        owner="owner",
        reads=CONDITION_OWNER_READS,
        by_id=True,
    ),
    "slip": Rule(
        rows=Slip.objects.under_way,
        act="See what gave way",
        page="holding",
        rollout="passage__rollout__",
        due=lambda document: F("since"),
        gate=F("passage__gate"),
        task=F("text"),
        owner="passage__rollout__initiative__owner",
    ),
    "lapse": Rule(
        rows=Slip.objects.taken_back,
        act="Open the review",
        page="review",
        rollout="passage__rollout__",
        due=lambda document: F("ended_on"),
        gate=F("passage__gate"),
        task=F("text"),
        owner="passage__rollout__initiative__owner",
    ),
    "proof": Rule(
        rows=lambda: Rollout.objects.filter(claim__isnull=False, claim_ended_at__isnull=True),
        act="See what is to be proven",
        page="review",
        rollout="",
        due=_proof_due,
        gate=Coalesce(F("standing__gate"), 0),
        owner="initiative__owner",
        pages={"program_office": "decide"},
    ),
    "breach": Rule(
        rows=lambda: Rollout.objects.filter(standing__breach_since__isnull=False),
        act="See who has access",
        page="reach",
        rollout="",
        due=lambda document: F("standing__breach_since"),
        gate=Coalesce(F("standing__gate"), 0),
        task=F("standing__breach"),
        owner="initiative__owner",
    ),
}


def still_due() -> Q:
    """Sendings whose subject is still to be done: a claim outlives neither a review nor a stop."""
    found = Q(pk__in=[])
    for key, rule in RULES.items():
        found |= Q(Exists(rule.alive().order_by().filter(pk=OuterRef("subject"))), rule=key)
    return found


def subjects_of(initiative_ids: Sequence[int]) -> Q:
    """Sendings about these initiatives, whatever became of what was due."""
    found = Q(pk__in=[])
    for key, rule in RULES.items():
        whose = {f"{rule.rollout}initiative__in": initiative_ids}
        found |= Q(rule=key, subject__in=rule.rows().model.objects.filter(**whose).values("pk"))
    return found
