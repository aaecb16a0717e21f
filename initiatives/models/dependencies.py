"""What initiatives share: data sources, vendors, platforms and teams, and what failed in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models.initiatives import Initiative


class DependencyKind(models.TextChoices):
    DATA_SOURCE = "data_source", _("Data source")
    VENDOR = "vendor", _("Vendor")
    PLATFORM = "platform", _("Platform")
    TEAM = "team", _("Team")


class DependencyQuerySet(models.QuerySet["Dependency"]):
    def called(self, kind: str, name: str) -> DependencyQuerySet:
        """The one of this kind that goes by this name, in any case; there is at most one."""
        named = self.alias(lowered=Lower("name"))  # as the unique index has it
        return named.filter(kind=kind, lowered=Lower(Value(name.strip())))

    def matching(self, words: str) -> DependencyQuerySet:
        """Those whose name, owner or note holds every word."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                Q(name__icontains=word) | Q(owner__icontains=word) | Q(note__icontains=word)
            )
        return found

    def not_listed_by(self, initiative: Initiative) -> DependencyQuerySet:
        return self.exclude(pk__in=initiative.reliances.values("dependency"))


class Dependency(models.Model):
    """Something that initiatives share. ``owner`` is who answers for it, in words: seldom somebody
    who has an account here."""

    kind = models.CharField(_("kind"), max_length=11, choices=DependencyKind.choices)
    name = models.CharField(_("name"), max_length=120)
    owner = models.CharField(_("who answers for it"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()

    objects = DependencyQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "kind", Lower("name"), name="initiatives_dependency_named_once"
            ),
            models.CheckConstraint(
                name="initiatives_dependency_kind_known",
                condition=Q(kind__in=DependencyKind.values),
            ),
            models.CheckConstraint(
                name="initiatives_dependency_name_not_blank", condition=~Q(name__regex=r"^\s*$")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def called(self) -> str:
        """``the vendor Acme``, as sentences name it."""
        return f"the {self.get_kind_display().lower()} {self.name}"


class Reliance(models.Model):
    """An initiative rests on something shared, and what it uses it for."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="reliances")
    dependency = models.ForeignKey(Dependency, on_delete=models.PROTECT, related_name="reliances")
    used_for = models.CharField(_("used for"), max_length=300)
    listed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()

    class Meta:
        ordering = ["dependency__kind", "dependency__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "dependency"], name="initiatives_relies_on_it_once"
            ),
            models.CheckConstraint(
                name="initiatives_reliance_says_what_for", condition=~Q(used_for="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} relies on {self.dependency}"


class FaultQuerySet(models.QuerySet["Fault"]):
    def open(self) -> FaultQuerySet:
        """Those that nobody has mended."""
        return self.filter(mended_at__isnull=True)


class Fault(models.Model):
    """A failure of something shared, found in one initiative. Until it is mended, it asks every
    other that relies on the same what it means there. ``mode`` is the failure mode behind it."""

    dependency = models.ForeignKey(Dependency, on_delete=models.PROTECT, related_name="faults")
    found_in = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="faults_found")
    mode = models.CharField(_("failure mode"), max_length=40)
    text = models.CharField(_("what failed"), max_length=300)
    found_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    mended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    mended_at = models.DateTimeField(null=True)
    mended_note = models.TextField(_("how it was mended"), blank=True)

    objects = FaultQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="initiatives_fault_mended_paired",
                condition=Q(mended_at__isnull=True, mended_by__isnull=True)
                | Q(mended_at__isnull=False, mended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_fault_mended_says_how",
                condition=Q(mended_at__isnull=True, mended_note="")
                | Q(mended_at__isnull=False) & ~Q(mended_note=""),
            ),
            models.CheckConstraint(name="initiatives_fault_says_what", condition=~Q(text="")),
        ]
        indexes = [
            models.Index(
                fields=["dependency"],
                condition=Q(mended_at__isnull=True),
                name="initiatives_open_faults",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dependency}: {self.text}"


class FaultVerdict(models.TextChoices):
    NO_CONCERN = "no_concern", _("It does not concern us")
    HANDLED = "handled", _("It concerns us, and is handled")


class FaultAnswer(models.Model):
    """What a failure found elsewhere means in one initiative, and what is done about it there."""

    fault = models.ForeignKey(Fault, on_delete=models.CASCADE, related_name="answers")
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="fault_answers"
    )
    verdict = models.CharField(_("what it means here"), max_length=10, choices=FaultVerdict.choices)
    text = models.TextField(_("why, or what is done about it"))
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fault", "initiative"], name="initiatives_fault_answered_once"
            ),
            models.CheckConstraint(
                name="initiatives_fault_verdict_known",
                condition=Q(verdict__in=FaultVerdict.values),
            ),
            models.CheckConstraint(name="initiatives_fault_answer_says_why", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference}: {self.get_verdict_display()}"
