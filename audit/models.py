"""Events that can be added and never changed: one hash chain for each initiative."""

import pgtrigger
from django.db import models
from django.db.models import Q

FIGURES_RECORDED = "observation.recorded"
"""The verb of what comes by the thousand and says nothing of its own: what it means for a gate is
a judgement's to say."""
REFUSAL = "Audit events are never updated, deleted or truncated."


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, chain: str) -> "EventQuerySet":
        return self.filter(chain=chain)

    def but_figures(self) -> "EventQuerySet":
        return self.exclude(verb=FIGURES_RECORDED)

    def newest_first(self) -> "EventQuerySet":
        return self.order_by("-seq")


class Event(models.Model):
    """What somebody did, when, and the digest that ties it to the event before it.

    The actor is kept as an id and a label, so that the record outlives the account. The chain is
    a text key (``initiative:42``, ``system``), so that it outlives what it speaks of.
    """

    chain = models.CharField(max_length=80)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    summary = models.TextField()
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="audit_event_one_per_link"),
        ]
        indexes = [
            # The history of the whole installation, newest first.
            models.Index(fields=["-at"], name="audit_event_at"),
            # Whether anything changed that lists show, however many figures came in since.
            models.Index(
                fields=["-id"], name="audit_event_but_figures", condition=~Q(verb=FIGURES_RECORDED)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append_only_rows",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"RAISE EXCEPTION '{REFUSAL}';",
            ),
            pgtrigger.Trigger(
                name="append_only_table",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func=f"RAISE EXCEPTION '{REFUSAL}';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain}#{self.seq} {self.verb}"
