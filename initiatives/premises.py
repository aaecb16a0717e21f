"""Changes to what an initiative rests on: the six conditions and the production assumptions."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from initiatives.errors import Refused
from initiatives.models import (
    Assumption,
    AssumptionVerdict,
    ConditionContrast,
    Distance,
    Initiative,
)
from initiatives.services import conclude, lock
from playbook.document import PilotCondition


@transaction.atomic
def contrast(
    *,
    initiative: Initiative,
    condition: PilotCondition,
    pilot: str,
    production: str,
    distance: str,
    by: User,
    at: datetime,
) -> ConditionContrast:
    """Say how a condition is in the pilot, how it will be in production, and how far apart.

    Raises Refused when a distance is judged between things that are not both described.
    """
    stored = lock(initiative.pk)
    pilot, production = pilot.strip(), production.strip()
    if distance != Distance.UNKNOWN and not (pilot and production):
        raise Refused(f"{condition.name}: describe both sides before judging the distance.")
    row, _created = ConditionContrast.objects.update_or_create(
        initiative=stored,
        condition=condition.key,
        defaults={
            "pilot": pilot,
            "production": production,
            "distance": distance,
            "described_by": by,
            "described_at": at,
        },
    )
    conclude(
        initiative=stored,
        verb="condition.contrasted",
        summary=f"{condition.name}: {row.get_distance_display().split(':')[0].lower()} distance",
        data={
            "condition": condition.key,
            "pilot": pilot,
            "production": production,
            "distance": distance,
        },
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def state_assumption(
    *, initiative: Initiative, text: str, test: str, settles: str, by: User, at: datetime
) -> Assumption:
    """State something that production rests on, and how the pilot will test it.

    Raises Refused without words.
    """
    stored = lock(initiative.pk)
    if not text.strip():
        raise Refused("Assumption: say what production rests on.")
    assumption = Assumption.objects.create(
        initiative=stored,
        text=text.strip(),
        test=test.strip(),
        settles=settles.strip(),
        stated_by=by,
        stated_at=at,
    )
    conclude(
        initiative=stored,
        verb="assumption.stated",
        summary=f"Assumption: {assumption.text}",
        data={"assumption": assumption.pk, "test": assumption.test, "settles": assumption.settles},
        by=by,
        at=at,
    )
    return assumption


@transaction.atomic
def judge_assumption(
    *, assumption: Assumption, verdict: str, finding: str, by: User, at: datetime
) -> Assumption:
    """Say what the pilot made of an assumption, and what follows when it is not validated.

    Raises Refused for a verdict without words, and for an assumption that was withdrawn.
    """
    stored = lock(assumption.initiative_id)
    row = _open(assumption)
    if verdict != AssumptionVerdict.UNTESTED and not finding.strip():
        raise Refused("What was found: say it in a sentence, with its figure.")
    row.verdict, row.finding = verdict, finding.strip()
    row.judged_by, row.judged_at = by, at
    row.save(update_fields=["verdict", "finding", "judged_by", "judged_at"])
    conclude(
        initiative=stored,
        verb="assumption.judged",
        summary=f"{row.get_verdict_display()}: {row.text}",
        data={"assumption": row.pk, "verdict": verdict, "finding": row.finding},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def withdraw_assumption(*, assumption: Assumption, by: User, at: datetime) -> None:
    """Take back an assumption on which production no longer rests. The row stays, so that whoever
    judged it is still known to have. Raises Refused when it was withdrawn before."""
    stored = lock(assumption.initiative_id)
    row = _open(assumption)
    data = {"assumption": row.pk, "text": row.text, "verdict": row.verdict, "finding": row.finding}
    row.withdrawn_at, row.withdrawn_by = at, by
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    conclude(
        initiative=stored,
        verb="assumption.withdrawn",
        summary=f"No longer assumed: {row.text}",
        data=data,
        by=by,
        at=at,
    )


def _open(assumption: Assumption) -> Assumption:
    row = Assumption.objects.get(pk=assumption.pk)
    if row.withdrawn_at is not None:
        raise Refused("This assumption was withdrawn. State it anew if production rests on it.")
    return row
