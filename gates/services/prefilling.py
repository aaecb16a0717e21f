"""What was answered before a gate is judged anew: it prefills, and counts no more."""

from checklists.models import DesignAnswer
from gates.models import CriterionAnswer, Rollout
from initiatives.models import Assumption, AssumptionVerdict, Initiative
from playbook.document import Document


def only_prefill(*, initiative: Initiative, document: Document, gate: int) -> None:
    """From this gate on let every judgement be made anew, with what was said before as a draft.

    Answers of rollouts that are over stay as they were decided on.
    """
    asked_at = {criterion.key: number for criterion, number in document.placed_criteria}
    live = Rollout.objects.live().filter(initiative=initiative)
    for answer in CriterionAnswer.objects.filter(rollout__in=live, stands=True):
        # What an earlier version of the playbook asked and this one does not is taken back too.
        if asked_at.get(answer.criterion, gate) >= gate:
            answer.stands = False
            answer.save(update_fields=["stands"])
    if any(each.needs_design_assessment for each in document.gates if each.number == gate):
        DesignAnswer.objects.filter(initiative=initiative).update(settled=False)
    judged = [each.number for each in document.gates if each.assumptions == "judged"]
    if judged and min(judged) >= gate:
        Assumption.objects.open().filter(initiative=initiative).update(
            verdict=AssumptionVerdict.UNTESTED, judged_by=None, judged_at=None
        )
