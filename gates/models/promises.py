"""What was promised when a gate was passed, frozen with the decision, and what became of it."""

from datetime import date, timedelta

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from gates.models.decisions import Decision
from metrics.models import Direction, Metric

MILESTONES = (90, 180)
"""Days from a decision to the days on which what it promised is measured."""
WAIT_DAYS = 14
"""Days after a milestone during which figures may still arrive; then it is settled."""
TINY = 5e-10
"""Figures are compared rounded to nine decimals."""

PROMISE_WAS_SIGNED = """
    IF NOT EXISTS (
        SELECT 1 FROM gates_decision d
        WHERE d.id = NEW.decision_id AND d.outcome IN ('go', 'conditional_go')
          AND d.facts->'promises' @> jsonb_build_array(jsonb_build_object(
            'metric', NEW.metric, 'unit', NEW.unit, 'direction', NEW.direction,
            'baseline', NEW.baseline, 'target', NEW.target, 'target_by', NEW.target_by,
            'id', NEW.source_id
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
    other. ``source`` is the metric by its id.
    """

    decision = models.ForeignKey(Decision, on_delete=models.RESTRICT, related_name="promises")
    source = models.ForeignKey(
        Metric, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
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

    @property
    def span(self) -> float | None:
        """The improvement that was promised; None where there is none to take a share of."""
        if self.baseline is None or abs(self.target - self.baseline) < TINY:
            return None
        return self.target - self.baseline

    def share_of(self, measured: float) -> float | None:
        """The share of the promised improvement that a figure comes to: 1 for all of it."""
        if self.baseline is None or self.span is None:
            return None
        return (measured - self.baseline) / self.span

    def reached_by(self, measured: float) -> bool:
        """Whether a figure is at least as good as the target."""
        if self.direction == Direction.DOWN:
            return measured <= self.target + TINY
        return measured >= self.target - TINY


CAME_DUE = f"""
    IF NOT EXISTS (
        SELECT 1 FROM gates_promise p
        JOIN gates_decision d ON d.id = p.decision_id
        JOIN gates_passage g ON g.decision_id = d.id
        WHERE p.id = NEW.promise_id AND g.void_since IS NULL
          -- The day of the decision is the organisation's, which may not be UTC's.
          AND abs(NEW.day - NEW.milestone - (d.decided_at AT TIME ZONE 'UTC')::date) <= 1
          AND NEW.settled_at >= (NEW.day + {WAIT_DAYS + 1})::timestamp AT TIME ZONE 'UTC'
              - interval '14 hours'
          AND (NEW.measured_on IS NULL OR NEW.measured_on > NEW.day - NEW.milestone)
          -- A promise of before promises named their metric can name no figure.
          AND (NEW.measured IS NULL OR p.source_id IS NULL OR EXISTS (
              SELECT 1 FROM metrics_observation o
              WHERE o.metric_id = p.source_id AND o.value = NEW.measured
                AND o.recorded_at < NEW.settled_at
                AND abs((o.at AT TIME ZONE 'UTC')::date - NEW.measured_on) <= 1
          ))
          AND NEW.share IS NOT DISTINCT FROM CASE
              WHEN abs(p.target - p.baseline) >= {TINY}
              THEN (NEW.measured - p.baseline) / (p.target - p.baseline) END
          AND NEW.reached IS NOT DISTINCT FROM CASE p.direction
              WHEN 'down' THEN NEW.measured <= p.target + {TINY}
              ELSE NEW.measured >= p.target - {TINY} END
    ) THEN
        RAISE EXCEPTION 'A promise is settled after its days, on a figure kept, while it counts.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def latest_each(self) -> "ReconciliationQuerySet":
        """Of every promise the last milestone that is settled."""
        later = Reconciliation.objects.filter(
            promise=OuterRef("promise"), milestone__gt=OuterRef("milestone")
        )
        return self.filter(~Exists(later))


class Reconciliation(models.Model):
    """What was measured of a promise on the day of a milestone; settled once, never changed.

    ``measured`` is the figure that counted and ``measured_on`` its day, both None where nothing
    was measured. ``share`` is how much of the promised improvement it is, 1 for all of it; None
    also where the promise has no baseline. ``reached`` says whether it keeps the target.
    """

    promise = models.ForeignKey(Promise, on_delete=models.RESTRICT, related_name="reconciliations")
    milestone = models.PositiveSmallIntegerField(_("days after the decision"))
    day = models.DateField(_("day of the milestone"))
    measured = models.FloatField(_("measured"), null=True)
    measured_on = models.DateField(_("measured on"), null=True)
    share = models.FloatField(_("share realised"), null=True)
    reached = models.BooleanField(_("target reached"), null=True)
    settled_at = models.DateTimeField(_("settled at"))

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["milestone", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["promise", "milestone"], name="gates_reconciled_once"),
            models.CheckConstraint(
                name="gates_reconciled_at_a_milestone", condition=Q(milestone__in=MILESTONES)
            ),
            models.CheckConstraint(
                name="gates_reconciled_figure_dated",
                condition=Q(measured__isnull=True, measured_on__isnull=True)
                | Q(
                    measured__isnull=False,
                    measured_on__isnull=False,
                    measured_on__lte=models.F("day"),
                ),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="settled_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="settled_emptied",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'What is settled is never truncated.';",
            ),
            pgtrigger.Trigger(
                name="promise_came_due",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=CAME_DUE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promise} after {self.milestone} days"


def day_of_milestone(decided_on: date, milestone: int) -> date:
    """The day on which it is measured, from the day of the decision in the organisation's zone."""
    return decided_on + timedelta(days=milestone)


def settles_on(day: date) -> date:
    """The first day on which nothing more counts for the milestone of this day."""
    return day + timedelta(days=WAIT_DAYS + 1)
