"""What shows that something is so: links and files."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models.initiatives import Initiative


def web_address(url: str) -> None:
    """Refuse what a browser does not open as a page. Raises ValidationError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValidationError(_("Begin the link with https:// or http://."))


def evidence_path(evidence: Evidence, file_name: str) -> str:
    suffix = PurePath(file_name).suffix[:12]
    return f"evidence/{evidence.initiative_id}/{evidence.sha256}{suffix}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def unverified_first(self) -> EvidenceQuerySet:
        """What waits for a second person, then the rest, newest first."""
        return self.order_by(models.F("verified_at").desc(nulls_first=True), "-added_at", "-pk")


class Evidence(models.Model):
    """A link or a file that shows something, with who brought it and who checked it.

    It counts once a second person has verified it, and until ``valid_until`` has passed.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="evidence")
    title = models.CharField(_("what it shows"), max_length=200)
    url = models.URLField(_("link"), max_length=1000, blank=True, validators=[web_address])
    file = models.FileField(_("file"), upload_to=evidence_path, max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    verified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                name="initiatives_evidence_verified_paired",
                condition=Q(verified_at__isnull=True, verified_by__isnull=True)
                | Q(verified_at__isnull=False, verified_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_evidence_second_person",
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=models.F("added_by")),
            ),
            models.CheckConstraint(
                name="initiatives_evidence_link_or_file",
                condition=~Q(url="") & Q(file="") | Q(url="") & ~Q(file=""),
            ),
            models.CheckConstraint(
                name="initiatives_evidence_file_has_digest",
                condition=Q(file="") | ~Q(sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title
