"""Forms by which figures are recorded: a number for each metric, or lines from a sheet."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput
from look.forms import Form, not_optional
from metrics.days import day_of
from metrics.models import Metric
from metrics.moments import moment_in, moment_of
from metrics.observations import Reading

MAX_BYTES = 1024 * 1024
MOST_LINES = 5_000
SHOWN_ERRORS = 10


class FiguresForm(Form):
    """One number for each metric, all of one day; what is left empty is not recorded."""

    on = forms.DateField(label=_("Measured on"), widget=DayInput)

    use_required_attribute = False

    def __init__(self, *args: Any, metrics: Sequence[Metric], at: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": day_of(at)})
        super().__init__(*args, **kwargs)
        self.at, self.metrics = at, {f"figure-{metric.pk}": metric for metric in metrics}
        for name, metric in self.metrics.items():
            field = forms.FloatField(
                label=f"{metric.name}, {metric.unit}" if metric.unit else metric.name,
                required=False,
                help_text=_hint(metric),
            )
            self.fields[name] = not_optional(field)
        self.order_fields([*self.metrics, "on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = list(self.metrics)
        if not self.errors and all(cleaned.get(name) is None for name in names):
            self.add_error(names[0] if names else None, _("Give at least one figure."))
        if (day := cleaned.get("on")) and day > day_of(self.at):
            self.add_error("on", _("Give a day that has come."))
        return cleaned

    @property
    def readings(self) -> list[Reading]:
        moment = moment_of(self.cleaned_data["on"])
        return [
            Reading(metric.pk, moment, self.cleaned_data[name])
            for name, metric in self.metrics.items()
            if self.cleaned_data.get(name) is not None
        ]


def _hint(metric: Metric) -> str:
    said = []
    if metric.target is not None:
        said.append(_("Target %g.") % metric.target)
    if metric.latest is not None:
        said.append(_("Last %g.") % metric.latest)
    return " ".join(map(str, said))


class LinesForm(Form):
    """Lines of metric, day or moment, and figure, pasted from a sheet or as a CSV file."""

    text = forms.CharField(
        label=_("Lines from a sheet"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
        help_text=_("Metric, day (2026-12-04) or moment (2026-12-04 09:30), figure."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, metrics: Sequence[Metric], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {metric.name.casefold(): metric for metric in metrics}
        self.readings: list[Reading] = []
        for name in ("text", "file"):
            not_optional(self.fields[name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        where = "file" if cleaned.get("file") else "text"
        text = self._text_of(cleaned["file"]) if where == "file" else cleaned.get("text") or ""
        if where not in self.errors:
            if not text.strip():
                self.add_error("text", _("Paste some lines, or choose a file."))
            for error in self._read(text):
                self.add_error(where, error)
        return cleaned

    def _text_of(self, file: Any) -> str:
        if file.size > MAX_BYTES:
            self.add_error("file", _("This file has more than 1 MB. Send so many by the API."))
            return ""
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("This file is no text. Save it as CSV in UTF-8."))
            return ""
        return text

    def _read(self, text: str) -> list[str]:
        """Fill ``readings``; return what is wrong, by line, a few of many."""
        errors = []
        for number, cells in self._lines(text):
            if number > MOST_LINES:
                errors.append(str(_("More than %d lines. Send so many by the API.") % MOST_LINES))
                break
            try:
                self.readings.append(self._reading(cells))
            except ValueError as error:
                errors.append(f"Line {number}: {error}")
        more = len(errors) - SHOWN_ERRORS
        return [*errors[:SHOWN_ERRORS], *([f"And {more} more lines."] if more > 0 else [])]

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        first = text.lstrip().split("\n", 1)[0]
        delimiter = next((sign for sign in "\t;" if sign in first), ",")
        for number, cells in enumerate(csv.reader(StringIO(text), delimiter=delimiter), start=1):
            cells = [cell.strip() for cell in cells]
            headings = number == 1 and cells[:1] and cells[0].casefold() == "metric"
            if any(cells) and not headings:
                yield number, cells

    def _reading(self, cells: list[str]) -> Reading:
        """Raises ValueError that says what to put right."""
        if len(cells) != 3:
            raise ValueError(f"it has {len(cells)} parts; give metric, day and figure.")
        name, when, figure = cells
        metric = self.known.get(name.casefold())
        if metric is None:
            raise ValueError(f"“{name}” is no metric of this initiative. Name it first.")
        try:
            moment = moment_in(when)
        except ValueError:
            raise ValueError(f"“{when}” is no day. Write it as 2026-12-04.") from None
        try:
            value = float(figure.replace(",", ".") if figure.count(",") == 1 else figure)
        except ValueError:
            raise ValueError(f"“{figure}” is no number. Write it as 12.5.") from None
        return Reading(metric.pk, moment, value)
