"""Published playbooks. A version, once published, is never changed: rollouts are pinned to it."""

from functools import cached_property

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from playbook.document import Document
from playbook.places import Data, data_of

_parsed: dict[str, Document] = {}
"""Documents by digest. Parsing takes milliseconds, and what a digest stands for cannot change."""

IMMUTABLE = [
    pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
    pgtrigger.Trigger(
        name="not_emptied",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'A published playbook is never truncated.';",
    ),
]


class PlaybookText(models.Model):
    """A playbook's content under its own digest.

    It has a table of its own so that joining a list of rollouts to their versions never carries
    some 75 kB with every row.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    document = models.JSONField()

    class Meta:
        triggers = IMMUTABLE

    def __str__(self) -> str:
        return self.sha256


class PlaybookVersionQuerySet(models.QuerySet["PlaybookVersion"]):
    def current(self) -> "PlaybookVersion":
        """The newest version. Raises DoesNotExist before ``load_playbook`` has run."""
        return self.latest("number")


class PlaybookVersion(models.Model):
    """One published playbook: its number, the digest of its content, who published it, when."""

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    text = models.OneToOneField(PlaybookText, on_delete=models.PROTECT, db_column="sha256")
    shipped = models.BooleanField(default=False)
    """Whether it came with a release of Clearway, rather than from a program office."""
    published_at = models.DateTimeField()
    published_by_label = models.CharField(max_length=200)

    objects = PlaybookVersionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        triggers = IMMUTABLE

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def sha256(self) -> str:
        """SHA-256 of the document's canonical JSON."""
        return self.text_id

    @property
    def parsed(self) -> Document:
        """The typed document, read and parsed once in each process."""
        known = _parsed.get(self.sha256)
        if known is None:
            known = _parsed[self.sha256] = Document.model_validate(self.text.document)
        return known


class PlaybookDraftQuerySet(models.QuerySet["PlaybookDraft"]):
    def under_way(self) -> "PlaybookDraft | None":
        """The draft that somebody works on, if there is one."""
        return self.filter(published_as__isnull=True).select_related("based_on").first()


class PlaybookDraft(models.Model):
    """A playbook in the making: at most one at a time, changed until it is published or dropped.

    ``edits`` counts the changes, so that two people who edit at once hear of each other.
    """

    based_on = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    edits = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    published_as = models.OneToOneField(
        PlaybookVersion, null=True, on_delete=models.PROTECT, related_name="draft"
    )

    objects = PlaybookDraftQuerySet.as_manager()

    class Meta:
        constraints = [
            # The condition is the same for every draft that is not published.
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(published_as__isnull=True),
                name="playbook_one_draft_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Draft after version {self.based_on.number}"

    @cached_property
    def data(self) -> Data:
        """The document's plain data in its own order, which the database does not keep."""
        return data_of(Document.model_validate(self.document))
