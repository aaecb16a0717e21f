"""A form for any part of a playbook, made from the part's own type."""

from collections.abc import Iterator, Sequence
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from look.forms import Form
from playbook.places import Data, Path, at, model_at, own_leaves, word
from playbook.tightening import Problem

# What tells parts apart or places them is never typed.
FIXED = frozenset({"key", "number", "degree", "gate", "from_stage", "to_stage"})
MODES = frozenset({"failure_mode", "likely_mode", "mode", "threatens"})
ROWS = {"str": 3, "tuple": 5}
SHORT = 70  # characters that still fit a line of the form


class PartForm(Form):
    """The values of one part; ``values`` gives them back by their path from the part."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        data_of_draft: Data,
        path: Path,
        part: Data,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.path, self.part = path, part
        self.names: dict[str, Path] = {}
        model = model_at(path)
        for field, value in own_leaves(part):
            if field[-1] in FIXED:
                continue
            name = "-".join(field)
            self.names[name] = field
            self.fields[name] = self._field(data_of_draft, model, field, value)
            self.initial.setdefault(name, _shown(value, self.fields[name]))

    def _field(self, draft: Data, model: type[BaseModel], field: Path, value: Any) -> forms.Field:
        kind, optional = kind_of(model, field)
        label = word(field).capitalize()
        common: dict[str, Any] = {"label": label, "required": not optional}
        name = field[-1]
        if choices := _choices(draft, self.path, name, kind, value):
            if kind is tuple:
                return forms.MultipleChoiceField(
                    **common, choices=choices, widget=forms.CheckboxSelectMultiple
                )
            blank = [("", _("Nothing"))] if optional else []
            return forms.ChoiceField(**common, choices=[*blank, *choices])
        if kind is bool:
            return forms.BooleanField(label=label, required=False)
        if kind is int:
            return forms.IntegerField(**common)
        if kind is float:
            return forms.FloatField(**common)
        if kind is date:
            return forms.DateField(**common)
        if kind is tuple:
            return forms.CharField(
                **{**common, "required": False}, widget=forms.Textarea({"rows": ROWS["tuple"]})
            )
        long = len(str(value or "")) > SHORT or (value == "" and name not in {"name", "unit"})
        widget = forms.Textarea({"rows": ROWS["str"]}) if long else forms.TextInput()
        return forms.CharField(**common, widget=widget)

    def values(self) -> dict[Path, Any]:
        """What was typed, as the document's plain data holds it."""
        return {
            field: _plain(self.cleaned_data[name], self.part, field)
            for name, field in self.names.items()
        }

    def tell(self, problems: Sequence[Problem]) -> None:
        """Put each problem beside the field that it is about, or above them all."""
        for problem in problems:
            rest = problem.path[len(self.path) :]
            inside = problem.path[: len(self.path)] == self.path
            name = "-".join(rest)
            self.add_error(name if inside and name in self.names else None, problem.says)


def blank(path: Path) -> Data:
    """A part of the list at the path with nothing in it yet but what its type sets by itself."""
    model = model_at((*path, "new"))
    part: Data = {}
    for name, field in model.model_fields.items():
        if name in FIXED:
            continue
        kind, optional = kind_of(model, (name,))
        if not field.is_required():
            part[name] = field.default
        else:
            part[name] = None if optional or kind in (int, float, bool, date) else ""
    return part


def kind_of(model: type[BaseModel], field: Path) -> tuple[Any, bool]:
    """The plain type of a value and whether it may be left out."""
    annotation: Any = model.model_fields[field[0]].annotation
    inner, optional = _unwrapped(annotation)
    if len(field) > 1:
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return kind_of(inner, field[1:])
        inner, optional = _unwrapped(get_args(inner)[1])
    return (tuple if get_origin(inner) is tuple else inner), optional


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            inside = [each for each in get_args(annotation) if each is not type(None)]
            optional = len(inside) < len(get_args(annotation))
            if len(inside) > 1:
                return "figure", optional
            annotation = inside[0]
        else:
            return annotation, optional


def _choices(draft: Data, path: Path, name: str, kind: Any, value: Any) -> list[tuple[str, Any]]:
    if get_origin(kind) is Literal:
        return [(each, str(each).replace("_", " ").capitalize()) for each in get_args(kind)]
    if name in MODES:
        return [(mode["key"], mode["name"]) for mode in draft["failure_modes"]]
    if name == "remits":
        return [(remit["key"], remit["name"]) for remit in draft["remits"]]
    if name == "reference":
        return [(each["key"], each["name"]) for each in draft["references"]]
    if name == "indicator":
        modes = draft["failure_modes"]
        return [(each["key"], each["question"]) for mode in modes for each in mode["indicators"]]
    if path[-2:-1] == ("thresholds",):
        return list(_of_threshold(draft, path, name))
    return []


def _of_threshold(draft: Data, path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """What a threshold may compare with, by the kind of its indicator."""
    indicator = at(draft, path[:-2])
    if name == "than":
        for other in at(draft, path[:2])["indicators"]:
            if other["kind"] in {"percent", "number"} and other["key"] != indicator["key"]:
                yield other["key"], other["question"]
    elif name == "figure" and indicator["kind"] == "yes_no":
        yield from (("True", _("Yes")), ("False", _("No")))
    elif name == "figure" and indicator["kind"] == "choice":
        yield from ((choice, choice) for choice in indicator["choices"])


def _shown(value: Any, field: forms.Field) -> Any:
    if isinstance(value, list | tuple) and not isinstance(field, forms.MultipleChoiceField):
        return "\n".join(value)
    if isinstance(value, bool) and isinstance(field, forms.ChoiceField):
        return str(value)
    return value


def _plain(value: Any, part: Data, field: Path) -> Any:
    before = at(part, field)
    if isinstance(before, list | tuple):
        lines = value if isinstance(value, list) else value.splitlines()
        return [line.strip() for line in lines if line.strip()]
    if isinstance(value, date):
        return value.isoformat()
    if field[-1] == "figure":
        return _figure(value)
    return None if value == "" else value


def _figure(value: str) -> bool | int | float | str | None:
    """A figure as its indicator's kind has it: yes or no, a number, or a choice."""
    if value in {"True", "False"}:
        return value == "True"
    try:
        number = float(value)
    except ValueError:
        return value or None
    return int(number) if number.is_integer() else number
