"""The wizard's forms: the file, what its columns are, and what its values become."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from look.forms import Form
from portfolio.importing.fields import FIELDS
from portfolio.importing.mapping import (
    CHOICE_FIELDS,
    LEAVE_OUT,
    Mapping,
    MappingError,
    letters,
    load_data,
)
from portfolio.importing.parsing import fold
from portfolio.importing.reading import KINDS, MAX_BYTES, ReadError, read
from portfolio.importing.reading_text import DELIMITERS, ENCODINGS
from portfolio.importing.sheet import Sheet, blank
from portfolio.importing.suggesting import distinct, suggest_values

MOST_VALUES = 60


class FileForm(Form):
    """The file. `sheet` of the cleaned data is what it holds."""

    file = forms.FileField(
        label=_("Inventory file"),
        help_text=_("A spreadsheet (.xlsx, .xls) or delimited text (.csv) of at most 20 MB."),
        error_messages={"empty": _("The file is empty. Choose the file that holds the inventory.")},
        widget=forms.FileInput(attrs={"accept": ",".join(KINDS)}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        # The size is known before a byte is read; reading more than the limit would be in vain.
        content = upload.read() if (upload.size or 0) <= MAX_BYTES else b"x" * (MAX_BYTES + 1)
        try:
            self.cleaned_data["sheet"] = read(content, name=upload.name or "")
        except ReadError as error:
            raise forms.ValidationError(str(error)) from error
        self.cleaned_data["content"] = content
        return upload


class ReadingForm(Form):
    """How the file is read, when the first guess was wrong."""

    def __init__(self, *args: Any, table: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if table.kind == "csv":
            codecs = {**ENCODINGS, table.encoding: ENCODINGS.get(table.encoding, table.encoding)}
            self._offer("encoding", _("Characters read as"), codecs, table.encoding)
            self._offer("delimiter", _("Separator"), DELIMITERS, table.delimiter)
        else:
            self._offer("sheet", _("Sheet"), {name: name for name in table.names}, table.name)

    def _offer(self, name: str, label: Any, choices: dict[str, str], chosen: str) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label, choices=list(choices.items()), initial=chosen
        )
        self.has_a_choice = len(choices) > 1


class ColumnsForm(Form):
    """Which column becomes which field; `mapping` of the cleaned data is the outcome."""

    unit_for_all = forms.CharField(
        label=_("Unit of every row"),
        required=False,
        max_length=200,
        help_text=_("Only where the file has no column for it."),
    )
    date_order = forms.ChoiceField(
        label=_("3/4/2024 is"), choices=[("mdy", _("4 March 2024")), ("dmy", _("3 April 2024"))]
    )
    key = forms.MultipleChoiceField(
        label=_("Two rows are the same initiative when the name agrees and also"),
        required=False,
        choices=[(name, FIELDS[name].label) for name in ("unit", "subunit", "owner")],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, table: Sheet, mapping: Mapping | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table, self.before = table, mapping
        columns = [("", _("Not in the file")), *((str(i), _named(table, i)) for i in _used(table))]
        try:
            positions = mapping.positions(table) if mapping else {}
        except MappingError:
            positions = {}
        for name, field in FIELDS.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=str(field.label),
                choices=columns,
                required=False,
                initial=str(positions[name]) if name in positions else "",
                help_text=_examples(table, positions.get(name)),
            )
        constants = mapping.constants if mapping else {}
        self.initial = {
            "unit_for_all": constants.get("unit", ""),
            "date_order": mapping.date_order if mapping else "mdy",
            "key": [n for n in mapping.key if n != "name"] if mapping else ["unit", "subunit"],
            **self.initial,
        }

    @property
    def column_rows(self) -> list[tuple[forms.BoundField, bool]]:
        """Each field that a column can become, and whether one is needed."""
        return [(self[f"column_{name}"], field.required) for name, field in FIELDS.items()]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self["unit_for_all"], self["date_order"], self["key"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = {n: int(at) for n in FIELDS if (at := cleaned.get(f"column_{n}"))}
        unit = str(cleaned.get("unit_for_all") or "")
        for name, at in chosen.items():
            if name in CHOICE_FIELDS and len(distinct(self.table.column(at))) > MOST_VALUES:
                self.add_error(
                    f"column_{name}",
                    f"Column {letters(at)} has more than {MOST_VALUES} different values. "
                    "Choose the column with the few words that say it.",
                )
        data = {
            "title": self.before.title if self.before else "",
            "key": [*cleaned.get("key", []), "name"],
            "tell_apart": "benefit" if "benefit" in chosen else "problem",
            "date_order": cleaned.get("date_order", "mdy"),
            "constants": {"unit": unit} if unit and "unit" not in chosen else {},
            "columns": [self._column(name, at) for name, at in chosen.items()],
        }
        try:
            mapping = load_data(data)
            mapping.positions(self.table)
            cleaned["mapping"] = mapping
        except MappingError as error:
            self.add_error(None, str(error).removeprefix("The mapping is not sound: "))
        return cleaned

    def _column(self, name: str, at: int) -> dict[str, Any]:
        guesses = suggest_values(name, self.table.column(at))
        known = self.before.column(name) if self.before else None
        if known is not None and known.values:
            # What somebody chose before stands wherever the same words come again.
            guesses |= {
                text: known.folded_values[fold(text)]
                for text in distinct(self.table.column(at))
                if fold(text) in known.folded_values
            }
        heading = self.table.headings[at]
        return {"field": name, "heading": heading, "position": at + 1, "values": guesses}


def _used(table: Sheet) -> list[int]:
    """Columns that have a heading or a value."""
    return [
        i
        for i, heading in enumerate(table.headings)
        if heading or any(not blank(text) for text in table.column(i))
    ]


def _named(table: Sheet, at: int) -> str:
    heading = table.headings[at] or "no heading"
    return f"{letters(at)} · {heading if len(heading) <= 70 else heading[:69] + '…'}"


def _examples(table: Sheet, at: int | None) -> str:
    if at is None:
        return ""
    found = list(distinct(text for text in table.column(at)[:200] if not blank(text)))[:3]
    return "; ".join(text if len(text) <= 60 else f"{text[:59]}…" for text in found)


class ValuesForm(Form):
    """What each value of a choice becomes; `mapping` of the cleaned data is the outcome."""

    def __init__(self, *args: Any, table: Sheet, mapping: Mapping, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mapping = mapping
        self.groups: list[tuple[str, str, list[tuple[str, int, forms.BoundField]]]] = []
        for name, at in mapping.positions(table).items():
            column = mapping.column(name)
            if name not in CHOICE_FIELDS or column is None:
                continue
            rows = []
            for i, (text, count) in enumerate(distinct(table.column(at)).items()):
                key = f"{name}_{i}"
                shown = text or "empty"
                self.fields[key] = forms.ChoiceField(
                    label=f"{FIELDS[name].label}: {shown} becomes",
                    choices=[
                        ("", _("Choose what it becomes")),
                        *(FIELDS[name].choices or {}).items(),
                        (LEAVE_OUT, _("Nothing: leave these rows out")),
                    ],
                    initial=column.folded_values.get(fold(text), ""),
                )
                rows.append((text, count, self[key]))
            self.groups.append((name, table.headings[at] or str(FIELDS[name].label), rows))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        data = self.mapping.model_dump(mode="json")
        for name, _heading, rows in self.groups:
            chosen = {text: cleaned.get(field.name) for text, _count, field in rows}
            for column in data["columns"]:
                if column["field"] == name:
                    column["values"] = {text: choice for text, choice in chosen.items() if choice}
        try:
            cleaned["mapping"] = load_data(data)
        except MappingError as error:
            self.add_error(None, str(error))
        return cleaned


def answers_from(data: MappingOf[str, str]) -> dict[str, int | str]:
    """Answers to rows that several initiatives could match, from a submitted form."""
    found: dict[str, int | str] = {}
    for key, value in data.items():
        number = key.removeprefix("row_")
        if key.startswith("row_") and _is_number(number) and value:
            found[number] = int(value) if _is_number(value) else value
    return found


def _is_number(text: str) -> bool:
    """In the digits of `int` alone: `str.isdigit` takes ² as well."""
    return text.isascii() and text.isdigit()
