"""A draft of the sample's next playbook, ready to be replayed."""

from datetime import datetime

from accounts.models import User
from playbook.drafting import added, changed
from playbook.services import change_draft, start_draft
from portfolio.sample.clock import Clock

HEARD = {
    "key": "works_council_heard",
    "name": "Works council heard",
    "needs": "The works council has been heard on what the pilot changes in people's work.",
    "why": "Its objections come in any case, and cost more once the rollout has begun.",
    "good_evidence": "The minutes, and what was agreed.",
    "failure_mode": "resistance",
}
ARCHIVED = {
    "key": "outputs_archived",
    "name": "Outputs are archived",
    "needs": "What the system said in a case is kept for as long as the case is.",
    "why": "A decision that rested on it has to be explained years later.",
    "good_evidence": "The archive rule, and one output found again.",
    "failure_mode": "governance",
}


def draft(cast: dict[str, User], now: datetime) -> None:
    """The office asks for more: a criterion at Gate 1, a check, and fewer days without progress."""
    hannah, peter = cast["Hannah Cole"], cast["Peter Voss"]
    time = Clock(now, "draft")
    started = start_draft(by=hannah, at=time.at(days=-4))
    asking = added(started.data, ("gates", "1", "criteria"), HEARD)
    asking = changed(asking, ("stall",), {("no_progress_days",): 21})
    change_draft(draft=started, document=asking, seen=0, by=hannah, at=time.tick())
    asking = added(asking, ("mvp_items", "auditability", "checks"), ARCHIVED)
    change_draft(draft=started, document=asking, seen=1, by=peter, at=time.at(days=-2))
