"""What the state of a case allows, whoever asks. Who may is in ``permissions``."""

from datetime import date, timedelta

from accounts.models import User
from gates.caps import Carried
from gates.case import Case
from gates.models import Outcome
from gates.services.decisions import Choice, NewCondition, earlier_stages, refusals

CHOICES = (Outcome.GO, Outcome.CONDITIONAL_GO, Outcome.HOLD, Outcome.RETURN, Outcome.STOP)


def closed_outcomes(case: Case, today: date, carried: Carried) -> dict[str, list[str]]:
    """Why each closed outcome is closed on these facts, whatever else the decider fills in.

    An outcome is open when a choice with every field well filled would be carried out, so the
    page and the service can never disagree.
    """
    found = {
        outcome.value: refusals(case, _well_filled(case, outcome, today), today, carried)
        for outcome in CHOICES
    }
    return {outcome: reasons for outcome, reasons in found.items() if reasons}


def _well_filled(case: Case, outcome: str, today: date) -> Choice:
    tomorrow = today + timedelta(days=1)
    return Choice(
        outcome=outcome,
        reason="filled",
        conditions=[
            NewCondition(blocker=finding.id, text="filled", owner=User(), due=tomorrow)
            for finding in case.evaluation.blockers
            if finding.coverable
        ],
        hold_until=tomorrow,
        return_to=next(reversed(earlier_stages(case.facts.stage)), ""),
        cause=case.document.failure_modes[0].key,
        reduction="filled",
        reduction_due=tomorrow,
    )
