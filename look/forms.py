"""Forms drawn by the project's own templates, and errors that name their field and the fix."""

from collections.abc import Iterator
from typing import Any, TypeVar

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

CHOSEN = {
    "required": _("Choose an answer for “{field}”."),
    "invalid_choice": _("Choose one of those listed for “{field}”."),
}
BOUNDS = {
    "required": _("Give a number for “{field}”."),
    "min_value": _("“{field}” cannot be below %(limit_value)s. Enter that or more."),
    "max_value": _("“{field}” cannot be above %(limit_value)s. Enter that or less."),
}
# What every kind of field says in place of Django's "This field is required." and its like.
ANY = {
    "required": _("Fill in “{field}”."),
    "max_length": _("“{field}” takes at most %(limit_value)s characters. Shorten it."),
    "null_characters_not_allowed": _("Remove the null characters from “{field}”."),
}
# What the first kind that fits says besides or instead, by the code of the error.
WORDS: tuple[tuple[type[forms.Field], dict[str, Any]], ...] = (
    (
        forms.FileField,
        {
            "required": _("Choose a file for “{field}”."),
            "missing": _("Choose a file for “{field}”."),
            "invalid": _("Choose the file for “{field}” again: none arrived."),
            "empty": _("The file for “{field}” is empty. Choose one that holds something."),
            "max_length": _(
                "The name of the file for “{field}” has more than %(max)s characters. Shorten it."
            ),
        },
    ),
    (
        forms.MultipleChoiceField,
        {**CHOSEN, "required": _("Tick at least one for “{field}”.")},
    ),
    (forms.ChoiceField, CHOSEN),
    (forms.ModelChoiceField, CHOSEN),
    (
        forms.URLField,
        {"invalid": _("Give “{field}” as a whole link, such as https://example.org/report.")},
    ),
    (forms.EmailField, {"invalid": _("Give “{field}” as an address such as name@example.org.")}),
    (
        forms.DateField,
        {
            "required": _("Give a day for “{field}”."),
            "invalid": _("Give “{field}” as a day such as 2026-12-04."),
        },
    ),
    (forms.FloatField, {**BOUNDS, "invalid": _("Give “{field}” as a number, such as 12.5.")}),
    (
        forms.DecimalField,
        {
            **BOUNDS,
            "invalid": _("Give “{field}” as a number, such as 12.5."),
            "max_digits": _("Give “{field}” with at most %(max)s digits."),
            "max_decimal_places": _("Give “{field}” with at most %(max)s digits after the point."),
            "max_whole_digits": _("Give “{field}” with at most %(max)s digits before the point."),
        },
    ),
    (
        forms.IntegerField,
        {**BOUNDS, "invalid": _("Give “{field}” as a whole number, such as 120.")},
    ),
)
# Django fills these messages in, so a percent sign in a label must not look like a gap.
FILLED_IN = frozenset(
    {
        "invalid_choice",
        "max_decimal_places",
        "max_digits",
        "max_length",
        "max_value",
        "max_whole_digits",
        "min_value",
    }
)


class LookRenderer(TemplatesSetting):
    """Set as FORM_RENDERER; needs `django.forms` among the installed apps."""

    form_template_name = "look/form.html"
    field_template_name = "look/field.html"


class Worded:
    """A form whose fields say what to do in words of ours, but where they bring words of their own.

    Goes before Django's form among the bases. Fields may be added until the form is validated.
    """

    fields: dict[str, forms.Field]

    def full_clean(self) -> None:
        for name, field in self.fields.items():
            label = str(field.label or name.replace("_", " ").capitalize())
            for code, words in _words_for(field).items():
                if field.error_messages.get(code) in (None, _django_says(field, code)):
                    shown = label.replace("%", "%%") if code in FILLED_IN else label
                    field.error_messages[code] = str(words).format(field=shown)
        super().full_clean()  # type: ignore[misc]


class Form(Worded, forms.Form):
    """What every form of the project is made from."""


class ModelForm(Worded, forms.ModelForm):
    """What every form of a model is made from."""


Field = TypeVar("Field", bound=forms.Field)


def field_of(form: forms.BaseForm, name: str, kind: type[Field]) -> Field:
    """The form's field, known to be of this kind."""
    field = form.fields[name]
    assert isinstance(field, kind), name
    return field


def not_optional(field: Field) -> Field:
    """A field that may be left empty and that the page does not call optional: it waits for its
    figure, is one of several ways to answer, or is needed by what is chosen above it."""
    vars(field)["not_optional"] = True
    return field


def _words_for(field: forms.Field) -> dict[str, Any]:
    return {**ANY, **next((words for kind, words in WORDS if isinstance(field, kind)), {})}


def _django_says(field: forms.Field, code: str) -> Any:
    """The message that the field's class has by itself."""
    said = (vars(kind).get("default_error_messages", {}) for kind in type(field).__mro__)
    return next((messages[code] for messages in said if code in messages), None)


def told(label: object, error: object) -> str:
    """An error as a summary away from its field says it: with the field's name, once."""
    label, error = str(label), str(error)
    return error if f"“{label}”" in error else f"{label}: {error}"


def problems(form: forms.BaseForm, where: str = "") -> Iterator[tuple[str, str]]:
    """Every error of the form's fields: the id to go to, and the words."""
    for field in form:
        for error in field.errors:
            yield field.id_for_label or field.auto_id, f"{where}{told(field.label, error)}"
