"""What the forms of a running system have in common: one record each, on a page of its own."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.forms.shared import DayInput
from gates.models import Rollout
from initiatives.models import Initiative
from initiatives.permissions import may_edit
from look.forms import Form


class RecordForm(Form):
    """Fields of one record. ``page`` and ``anchor`` say where it shows once it is saved."""

    title: ClassVar[Any]
    button: ClassVar[Any]
    hint: ClassVar[Any] = ""
    """What saving it means, beside the button."""
    page: ClassVar[str] = "reach"
    anchor: ClassVar[str]
    may: ClassVar[Callable[[User, Initiative], bool]] = staticmethod(may_edit)
    two_columns: ClassVar[tuple[str, ...]] = ()
    """Short fields that stand beside each other."""

    use_required_attribute = False

    def __init__(self, data: Any = None, *, rollout: Rollout, today: date, row: Any = None) -> None:
        self.rollout, self.initiative, self.today, self.row = (
            rollout,
            rollout.initiative,
            today,
            row,
        )
        super().__init__(data, initial=self.known())

    def known(self) -> dict[str, Any]:
        """What the fields hold before anybody types."""
        return {}

    def about(self) -> str:
        """What the record is about, under the page's title."""
        return ""

    def notes(self) -> list[str]:
        """What to look at before saving."""
        return []

    def save(self, *, by: User, at: datetime) -> str:
        """Carry it out; return what to say of it. Raises Refused."""
        raise NotImplementedError


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput(), **more)


def text_field(label: Any, *, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


def count_field(label: Any, *, low: int = 0, high: int = 2_000_000_000, **more: Any) -> Any:
    return forms.IntegerField(label=label, min_value=low, max_value=high, **more)


def percent_field(label: Any, **more: Any) -> Any:
    more.setdefault("help_text", _("A whole number from 1 to 100."))
    return forms.IntegerField(label=label, min_value=1, max_value=100, **more)


NOBODY = _("Choose a person")
