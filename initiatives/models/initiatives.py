"""Initiatives and the people on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from initiatives.models.units import BusinessUnit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAME_LENGTH = 500
# What the full-text index holds; a query uses the index only with this very expression.
SAID_OF_IT = SearchVector("name", "problem", config="english")


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def visible_to(self, user: User) -> InitiativeQuerySet:
        """What the person may see: everything with the permission, else what they are part of."""
        if user.may(Permission.SEE_ALL):
            return self
        return self.with_part_for(user)

    def with_part_for(self, user: User) -> InitiativeQuerySet:
        """Initiatives that the person owns, sponsors or contributes to."""
        member = Membership.objects.filter(initiative=models.OuterRef("pk"), user=user)
        return self.filter(Q(owner=user) | Q(sponsor=user) | models.Exists(member))

    def within(self, unit: BusinessUnit) -> InitiativeQuerySet:
        """Initiatives of the unit and of every unit below it."""
        return self.filter(unit__path__startswith=unit.path)

    def matching(self, words: str) -> InitiativeQuerySet:
        """Initiatives whose reference, name or unit holds every word."""
        found = self
        for word in words.split()[:8]:
            # There are far fewer units than initiatives, so their names are compared apart.
            units = BusinessUnit.objects.filter(label__icontains=word)
            found = found.filter(
                Q(name__icontains=word) | Q(reference=word.upper()) | Q(unit__in=units)
            )
        return found


class ImpactClass(models.TextChoices):
    NOT_ASSESSED = "not_assessed", _("Not assessed")
    ORDINARY = "ordinary", _("Ordinary")
    RIGHTS = "rights", _("Rights-impacting")
    SAFETY = "safety", _("Safety-impacting")
    BOTH = "both", _("Rights- and safety-impacting")


class PopulationUnit(models.TextChoices):
    PEOPLE = "people", _("people")
    TRANSACTIONS = "transactions", _("transactions a week")


class Architecture(models.TextChoices):
    UNKNOWN = "unknown", _("Not said")
    INCREMENTS = "increments", _("Grows to production in increments")
    REBUILD = "rebuild", _("Has to be rebuilt for production")


def score_field(label: StrOrPromise) -> models.PositiveSmallIntegerField:
    """A judgement from 1 (low) to 5 (high); empty until somebody judged."""
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )


SCORES = ("value_score", "feasibility_score", "integration_complexity")


class Reference(models.Func):
    """``AI-`` and the number in four digits or more."""

    template = (
        "('AI-' || LPAD((%(expressions)s)::text, "
        "GREATEST(4, LENGTH((%(expressions)s)::text)), '0'))"
    )
    output_field = models.CharField()


class Initiative(models.Model):
    """An AI use case that somebody wants in production. Where it stands is on its rollout."""

    number = models.PositiveIntegerField(unique=True, editable=False)
    reference = models.GeneratedField(
        expression=Reference("number"),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    problem = models.TextField(_("problem"), blank=True)
    benefit = models.TextField(_("intended benefit"), blank=True)
    unit = models.ForeignKey(
        BusinessUnit, on_delete=models.PROTECT, related_name="initiatives", verbose_name=_("unit")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_initiatives",
        verbose_name=_("owner"),
    )
    owner_since = models.DateField(null=True, editable=False)
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sponsored_initiatives",
        verbose_name=_("sponsor"),
    )
    pilot_team = models.CharField(_("pilot team"), max_length=200, blank=True)
    production_team = models.CharField(_("production team"), max_length=200, blank=True)
    production_engineering = models.BooleanField(_("production engineering in the team"), null=True)
    production_budget = models.BooleanField(_("budget held by the production team"), null=True)
    production_mandate = models.BooleanField(_("mandate held by the production team"), null=True)
    production_owner = models.CharField(_("production owner"), max_length=200, blank=True)
    production_funder = models.CharField(_("production funder"), max_length=200, blank=True)
    funding_mechanism = models.CharField(_("funding mechanism"), max_length=300, blank=True)
    population = models.PositiveIntegerField(
        _("intended production population"), null=True, blank=True
    )
    population_unit = models.CharField(
        _("counted in"),
        max_length=12,
        choices=PopulationUnit.choices,
        default=PopulationUnit.PEOPLE,
    )
    impact_class = models.CharField(
        _("impact class"),
        max_length=12,
        choices=ImpactClass.choices,
        default=ImpactClass.NOT_ASSESSED,
    )
    value_score = score_field(_("value"))
    feasibility_score = score_field(_("feasibility"))
    integration_complexity = score_field(_("integration complexity"))
    architecture = models.CharField(
        _("the way from the pilot's architecture to production's"),
        max_length=10,
        choices=Architecture.choices,
        default=Architecture.UNKNOWN,
    )
    architecture_note = models.TextField(_("what has to be added, in which steps"), blank=True)
    form_key = models.UUIDField(null=True, editable=False)  # of the form that added it
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    touched_at = models.DateTimeField(editable=False)

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="initiatives_owner_since_paired",
                condition=Q(owner__isnull=True, owner_since__isnull=True)
                | Q(owner__isnull=False, owner_since__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_sponsor_is_not_the_owner",
                condition=Q(owner__isnull=True)
                | Q(sponsor__isnull=True)
                | ~Q(owner=models.F("sponsor")),
            ),
            models.UniqueConstraint(
                fields=["form_key"],
                condition=Q(form_key__isnull=False),
                name="initiatives_one_per_form",
            ),
            models.CheckConstraint(
                name="initiatives_name_not_blank", condition=~Q(name__regex=r"^\s*$")
            ),
            *(
                models.CheckConstraint(
                    name=f"initiatives_{name}_1_to_5", condition=Q((f"{name}__range", (1, 5)))
                )
                for name in SCORES
            ),
        ]
        indexes = [
            models.Index(fields=["unit"], name="initiatives_by_unit"),
            GinIndex(SAID_OF_IT, name="initiatives_said"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("gates:initiative", args=[self.reference])

    @property
    def chain(self) -> str:
        """The key of this initiative's audit chain."""
        return f"initiative:{self.pk}"

    @property
    def funding_missing(self) -> list[str]:
        """What the production funding path lacks; empty when it is clear."""
        path = {
            "production owner": self.production_owner,
            "funder": self.production_funder,
            "funding mechanism": self.funding_mechanism,
        }
        return [name for name, value in path.items() if not value.strip()]

    @property
    def handoff_lacks(self) -> list[str]:
        """What a production team that did not build the system lacks; "team" for the handoff
        itself. Empty when one team builds and runs it, or no production team is named."""
        built, runs = self.pilot_team.strip().lower(), self.production_team.strip().lower()
        handed_over = bool(runs and built and built != runs)
        held = {
            "production engineering": self.production_engineering,
            "budget": self.production_budget,
            "mandate": self.production_mandate,
        }
        lacks = [name for name, present in held.items() if present is False]
        return ["team", *lacks] if handed_over else lacks


class Membership(models.Model):
    """A contributor: somebody who may answer and attach evidence, but not submit."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "user"], name="initiatives_membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.initiative}"
