"""Playbooks that ask for several voices, and reviews that wait for them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from accounts.models import User
from audit.services import SystemActor
from gates.case import case_of
from gates.models import Delegation, Review, Rollout, SignOff
from gates.services.delegations import name_stand_in
from gates.services.reviews import sign_off
from playbook.document import Document
from playbook.findings import Finding
from playbook.loading import standard
from playbook.models import PlaybookVersion
from playbook.services import publish
from tests.factories import NOW, make_initiative, make_ready, make_rollout, make_submitted

TODAY = NOW.date()


def asking(remits: Mapping[str, Mapping[str, Any]], *, also: tuple[str, ...] = ()) -> Document:
    """The standard with these remits altered, and ``also`` asked for at Gate 0."""
    data = standard().model_dump()
    for remit in data["remits"]:
        remit.update(remits.get(remit["key"], {}))
    data["gates"][0]["remits"] = (*data["gates"][0]["remits"], *also)
    return Document.model_validate(data)


def publish_asking(
    remits: Mapping[str, Mapping[str, Any]], *, also: tuple[str, ...] = ()
) -> PlaybookVersion:
    return publish(document=asking(remits, also=also), by=SystemActor(), at=NOW)


def make_waiting(*, owner: User, verifier: User, **fields: Any) -> Review:
    """A submitted review of Gate 0 with nothing open but what comes after."""
    rollout = make_rollout(make_initiative(owner=owner, **fields))
    make_ready(rollout, by=owner, verifier=verifier)
    return make_submitted(rollout, by=owner)


def say(
    review: Review, remit: str, by: User, verdict: str = "signed", note: str = "", at: Any = NOW
) -> SignOff:
    note = note or ("The budget line is missing." if verdict == "objected" else "")
    return sign_off(review=review, remit=remit, verdict=verdict, note=note, by=by, at=at)


def finding_of(review: Review, remit: str) -> Finding:
    rollout = Rollout.objects.get(pk=review.rollout_id)
    found = case_of(rollout, at=NOW).evaluation.of("sign_off")
    return next(finding for finding in found if finding.key == remit)


def stand_in(
    reviewer: User,
    remit: str,
    person: User,
    *,
    by: User | None = None,
    first: date = TODAY,
    last: date = TODAY + timedelta(days=7),
) -> Delegation:
    return name_stand_in(
        reviewer=reviewer,
        remit=remit,
        stand_in=person,
        first_day=first,
        last_day=last,
        by=by or reviewer,
        at=NOW,
    )
