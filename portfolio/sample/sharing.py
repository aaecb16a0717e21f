"""What the sample's initiatives share, and what failed for one of them and asks the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from accounts.models import User
from audit.models import Event
from initiatives.dependencies import answer_fault, name_and_rely_on, record_fault, rely_on
from initiatives.models import Dependency, Initiative
from playbook.document import Document
from portfolio.sample.clock import Clock

if TYPE_CHECKING:
    from portfolio.sample.story import Story


@dataclass(frozen=True)
class Shared:
    """Something shared, and what each initiative uses it for."""

    kind: str
    name: str
    owner: str
    note: str
    used_for: Mapping[str, str]


SHARED = (
    Shared(
        "data_source",
        "Claims register",
        "Records office of the Pension Service",
        "Every claim with its letters; files at night, events by day.",
        {
            "Pension forecast explanations": "Contribution years of whoever asks",
            "Claims triage": "New claims, as they come in",
        },
    ),
    Shared(
        "vendor",
        "Lingua Cloud",
        "Central procurement",
        "Language models by contract until the end of next year.",
        {
            "Casework notes assistant": "Reading and summing up what is in a claim",
            "Refund enquiry answers": "Drafting answers",
            "Pension forecast explanations": "Wording each explanation",
            "Tax enquiry chatbot": "Every answer that it gives",
        },
    ),
    Shared(
        "platform",
        "Agency integration hub",
        "Digital platforms branch",
        "",
        {
            "Claims triage": "Events from the case system",
            "Vessel arrival estimates": "Positions, every minute",
            "Container damage detection": "Photographs from the gates",
        },
    ),
)
FAILED_IN = "Tax enquiry chatbot"
FAILED = "Since its update it answers some questions in another language than they were asked in"
ANSWERED = {
    "Pension forecast explanations": (
        "handled",
        "Every explanation is checked for its language before it is shown.",
    )
}


def begin(story: Story) -> None:
    """What the initiative relies on, from its first day."""
    for shared in SHARED:
        used_for = shared.used_for.get(story.spec.name)
        if used_for is None:
            continue
        known = Dependency.objects.called(shared.kind, shared.name).first()
        if known is not None:
            rely_on(
                initiative=story.initiative,
                dependency=known,
                used_for=used_for,
                **story._tick(),
            )
            continue
        name_and_rely_on(
            initiative=story.initiative,
            kind=shared.kind,
            name=shared.name,
            owner=shared.owner,
            note=shared.note,
            used_for=used_for,
            **story._tick(),
        )


def fail(cast: Mapping[str, User], document: Document, now: datetime) -> None:
    """The vendor failed for one of them yesterday; one of the others has said what that means."""
    told = {each.name: each for each in Initiative.objects.filter(name__in=[FAILED_IN, *ANSWERED])}
    if FAILED_IN not in told:
        return
    found_in = told[FAILED_IN]
    vendor = Dependency.objects.get(kind="vendor", name="Lingua Cloud")
    chains = [each.chain for each in Initiative.objects.filter(reliances__dependency=vendor)]
    time = Clock(now, FAILED)
    time.at(days=-1)
    time.after(Event.objects.filter(chain__in=chains).aggregate(last=Max("at"))["last"])
    fault = record_fault(
        dependency=vendor,
        found_in=found_in,
        mode=document.mode("data_quality"),
        text=FAILED,
        by=found_in.owner or cast["Hannah Cole"],
        at=time.tick(),
    )
    for name, (verdict, text) in ANSWERED.items():
        if name in told:
            answer_fault(
                fault=fault,
                initiative=told[name],
                verdict=verdict,
                text=text,
                by=told[name].owner or cast["Hannah Cole"],
                at=time.tick(),
            )
