"""Imports: the file that was given, what was made of it, and the row behind each initiative.
Gate meetings: their agenda, and what became of each item."""

from __future__ import annotations

import json
import zlib
from pathlib import PurePath

import pgtrigger
from django.db import models
from django.db.models import Deferrable, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.words import day_words
from gates.models import Decision, Review, ReviewState
from initiatives.models import Initiative
from portfolio.importing.sheet import Row, Sheet


class ImportState(models.TextChoices):
    DRAFT = "draft", _("Not imported yet")
    CONFIRMED = "confirmed", _("Imported")
    UNDONE = "undone", _("Taken back")


def import_path(batch: ImportBatch, file_name: str) -> str:
    return f"imports/{batch.sha256}{PurePath(file_name).suffix.lower()[:8]}"


def pack(sheet: Sheet) -> bytes:
    """The sheet as bytes, so that the steps of an import need not read the file again."""
    content = {
        "headings": sheet.headings,
        "rows": [(row.number, row.cells, row.fault) for row in sheet.rows],
        "kind": sheet.kind,
        "heading_row": sheet.heading_row,
        "name": sheet.name,
        "names": sheet.names,
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
    }
    return zlib.compress(json.dumps(content).encode(), level=1)


def unpack(packed: bytes) -> Sheet:
    content = json.loads(zlib.decompress(packed))
    return Sheet(
        headings=tuple(content["headings"]),
        rows=tuple(Row(number, tuple(cells), fault) for number, cells, fault in content["rows"]),
        kind=content["kind"],
        heading_row=content["heading_row"],
        name=content["name"],
        names=tuple(content["names"]),
        encoding=content["encoding"],
        delimiter=content["delimiter"],
    )


class ImportBatch(models.Model):
    """One file on its way into the portfolio.

    ``table`` is the sheet as read, until the import is confirmed; ``headings`` stay, and the file.
    ``answers`` settle rows that several initiatives could match, by row number. ``made`` holds the
    ids of units that the import added, for its undo.
    """

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    file = models.FileField(upload_to=import_path, max_length=200)
    table = models.BinaryField(default=bytes)
    headings = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.DRAFT)
    preset = models.CharField(max_length=60, blank=True)
    mapping = models.JSONField(null=True)
    update_changed = models.BooleanField(_("apply changed rows"), default=False)
    answers = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    made = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="portfolio_import_confirmed_paired",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="portfolio_import_undone_paired",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
            models.CheckConstraint(
                name="portfolio_import_state_matches_dates",
                condition=Q(state=ImportState.DRAFT, confirmed_at__isnull=True)
                & Q(undone_at__isnull=True)
                | Q(state=ImportState.CONFIRMED, confirmed_at__isnull=False)
                & Q(undone_at__isnull=True)
                | Q(state=ImportState.UNDONE, confirmed_at__isnull=False)
                & Q(undone_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def rows_counted(self) -> int:
        """How many rows the file had when it was imported; ``absent`` counts no row of it."""
        return sum(many for outcome, many in self.counts.items() if outcome != "absent")

    @property
    def passed_over(self) -> int:
        """The rows that stayed out because nobody answered for them, or as somebody chose."""
        return sum(self.counts.get(outcome, 0) for outcome in ("ask", "left_out"))

    @property
    def sheet(self) -> Sheet:
        return unpack(bytes(self.table))


class ImportedRow(models.Model):
    """The row that an initiative came from or was last changed by, kept whole.

    ``cells`` are the row's texts under the batch's headings; ``values`` what the mapping made of
    them. ``changes`` are the fields that the row changed, each with the value before and after.
    ``version_before`` and ``version`` are the initiative's around the import: a higher one means
    that somebody has touched it since, and none before that the import added the initiative.
    One row of an initiative is ``latest``.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="rows")
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="imported_rows"
    )
    number = models.PositiveIntegerField()
    occurrence = models.PositiveIntegerField()
    cells = models.JSONField()
    digest = models.CharField(max_length=64)
    values = models.JSONField()
    changes = models.JSONField(default=list)
    version_before = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField()
    latest = models.BooleanField(default=True)

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="portfolio_row_once"),
            models.UniqueConstraint(
                fields=["initiative"], condition=Q(latest=True), name="portfolio_row_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.number} of {self.batch}"


ITEM_OF_OPEN_MEETING = """
    IF EXISTS (
        SELECT 1 FROM portfolio_meeting m
        WHERE m.id IN (OLD.meeting_id, NEW.meeting_id) AND m.closed_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'The items of a closed meeting stand.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""


class Meeting(models.Model):
    """A gate meeting on a day: how long it is, who was there, and when it was closed.

    ``minutes_available`` is time; what came out of the meeting is told by its items.
    """

    day = models.DateField(_("day"), unique=True)
    starts_at = models.TimeField(_("starts at"), null=True, blank=True)
    minutes_available = models.PositiveSmallIntegerField(_("minutes"))
    present = models.TextField(_("who was there"), blank=True)
    called_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                name="portfolio_meeting_closed_paired",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="portfolio_meeting_has_minutes", condition=Q(minutes_available__gt=0)
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="closed_meeting_stands",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Gate meeting, {day_words(self.day)}"

    def get_absolute_url(self) -> str:
        return reverse("portfolio:meeting", args=[self.day])


class ItemOutcome(models.TextChoices):
    OPEN = "open", _("Open")
    DECIDED = "decided", _("Decided")
    DEFERRED = "deferred", _("Deferred")


class AgendaItem(models.Model):
    """A review on a meeting's agenda, the minutes it is given, and what became of it there.

    It is decided with its decision, deferred with a reason, and open with neither.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="items")
    review = models.ForeignKey(Review, on_delete=models.RESTRICT, related_name="agenda_items")
    position = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=ItemOutcome.choices, default=ItemOutcome.OPEN)
    reason = models.TextField(_("why it waits"), blank=True)
    decision = models.ForeignKey(
        Decision, null=True, on_delete=models.RESTRICT, related_name="agenda_items"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "review"], name="portfolio_review_once_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["meeting", "position"],
                name="portfolio_one_item_a_position",
                deferrable=Deferrable.IMMEDIATE,  # two items change places in one statement
            ),
            models.CheckConstraint(
                name="portfolio_item_outcome_has_its_ground",
                condition=Q(outcome=ItemOutcome.OPEN, decision__isnull=True, reason="")
                | Q(outcome=ItemOutcome.DECIDED, decision__isnull=False, reason="")
                | Q(outcome=ItemOutcome.DEFERRED, decision__isnull=True) & ~Q(reason=""),
            ),
            models.CheckConstraint(name="portfolio_item_takes_time", condition=Q(minutes__gt=0)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="items_of_a_closed_meeting_stand",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=ITEM_OF_OPEN_MEETING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.review}"

    @property
    def made(self) -> Decision | None:
        """The decision on its review, wherever it was made."""
        return self.decision or getattr(self.review, "decision", None)

    @property
    def awaits(self) -> bool:
        """Whether its review still waits for a decision."""
        return self.review.state == ReviewState.SUBMITTED

    @property
    def up_next(self) -> bool:
        """Whether the meeting has it before it: neither decided nor deferred, and still there."""
        return self.outcome == ItemOutcome.OPEN and self.awaits
