"""What was promised when a gate was passed: frozen with the decision, never changed."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gates.models.decisions import Decision
from metrics.models import Direction

PROMISE_WAS_SIGNED = """
    IF NOT EXISTS (
        SELECT 1 FROM gates_decision d
        WHERE d.id = NEW.decision_id AND d.outcome IN ('go', 'conditional_go')
          AND d.facts->'promises' @> jsonb_build_array(jsonb_build_object(
            'metric', NEW.metric, 'unit', NEW.unit, 'direction', NEW.direction,
            'baseline', NEW.baseline, 'target', NEW.target, 'target_by', NEW.target_by
          ))
    ) THEN
        RAISE EXCEPTION 'A promise is one that the facts of its go hold.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Promise(models.Model):
    """A business metric as it stood at a go: where it was, where it is to get to, and by when.

    It repeats what the decision's facts hold, so that it can be asked for; the database takes no
    other.
    """

    decision = models.ForeignKey(Decision, on_delete=models.RESTRICT, related_name="promises")
    metric = models.CharField(_("metric"), max_length=120)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices)
    baseline = models.FloatField(_("baseline"), null=True)
    target = models.FloatField(_("target"))
    target_by = models.DateField(_("target to be reached by"), null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "metric"], name="gates_promised_once"),
            models.CheckConstraint(name="gates_promise_names_its_metric", condition=~Q(metric="")),
        ]
        triggers = [
            pgtrigger.Protect(name="promise_stands", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="promise_was_signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=PROMISE_WAS_SIGNED,
            ),
        ]

    def __str__(self) -> str:
        return self.metric
