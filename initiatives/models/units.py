"""The organisation's tree."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BusinessUnit(models.Model):
    """A node of the organisation's tree (agency > bureau).

    ``path`` is the ids from the root, each with a slash behind it (``"3/17/"``), so that a unit
    and all below it are one indexed prefix.
    """

    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=200, editable=False)
    label = models.CharField(max_length=820, editable=False)

    class Meta:
        ordering = ["label"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                nulls_distinct=False,
                name="initiatives_unit_name_once_under_parent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["path"], name="initiatives_unit_prefix", opclasses=["varchar_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.label
