"""The failure modes of a playbook: their indicators, what a figure means, and how risk is rated."""

from typing import Literal, Self

from pydantic import Field, model_validator

from playbook.parts import Days, Degree, Figure, Key, Line, Part, Rating


class Threshold(Part):
    """A rule on one indicator: when it fires, it suggests how likely the failure is.

    Compares with ``figure``, or with the value of another indicator of the mode (``than``).
    """

    when: Literal["below", "at_most", "at_least", "above", "is"]
    figure: Figure | None = None
    than: Key | None = None
    likelihood: Degree
    impact: Degree | None = None
    says: Line
    """What the figure means, shown beside the field."""
    reference: Key | None = None
    """The published figure that says what it costs, shown once the threshold fires."""

    @model_validator(mode="after")
    def _compares_with_one_thing(self) -> Self:
        if (self.figure is None) == (self.than is None):
            raise ValueError("name either a figure or another indicator (than), not both")
        return self


class Indicator(Part):
    key: Key
    question: Line
    kind: Literal["percent", "number", "yes_no", "choice", "text"]
    unit: Line | None = None
    choices: tuple[Line, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.key}: choices belong to the kind 'choice', and only to it")
        for threshold in self.thresholds:
            if not self._comparable(threshold):
                raise ValueError(
                    f"{self.key}: {threshold.when} {threshold.figure!r} cannot be asked "
                    f"of the kind {self.kind!r}"
                )
        return self

    def _comparable(self, threshold: Threshold) -> bool:
        figure = threshold.figure
        match self.kind:
            case "percent" | "number":
                numeric = isinstance(figure, int | float) and not isinstance(figure, bool)
                return threshold.when != "is" and (threshold.than is not None or numeric)
            case "yes_no":
                return threshold.when == "is" and isinstance(figure, bool)
            case "choice":
                return threshold.when == "is" and figure in self.choices
            case _:
                return False


class FailureMode(Part):
    key: Key
    name: Line
    short_name: Line
    pattern: Line
    """How it happens."""
    design_response: Line
    """What prevents it when it is done early."""
    response_steps: tuple[Line, ...] = Field(min_length=1)
    stall_looks_like: Line
    """How a stall with this cause shows from outside, for coding stalls, holds and stops."""
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _compared_indicators_exist(self) -> Self:
        numeric = {i.key for i in self.indicators if i.kind in {"percent", "number"}}
        for indicator in self.indicators:
            for threshold in indicator.thresholds:
                if threshold.than is not None and threshold.than not in numeric:
                    raise ValueError(
                        f"{self.key}.{indicator.key}: there is no figure {threshold.than!r} here"
                    )
        return self


class Grade(Part):
    """One step of a scale from 1 to 5."""

    degree: Degree
    name: Line
    says: Line


class RatingRules(Part):
    """Likelihood times impact (1 to 25) gives a rating."""

    likelihood: tuple[Grade, ...]
    impact: tuple[Grade, ...]
    medium_from: int = Field(gt=1)
    high_from: int
    critical_from: int = Field(le=25)
    reassess_days: dict[Rating, Days]
    """Days after which an assessment with this current rating is due again."""

    def rate(self, likelihood: int, impact: int) -> Rating:
        """The rating of two degrees. Raises ValueError when one is not between 1 and 5."""
        if not (1 <= likelihood <= 5 and 1 <= impact <= 5):
            raise ValueError(f"likelihood and impact go from 1 to 5, not {likelihood}, {impact}")
        product = likelihood * impact
        if product >= self.critical_from:
            return "critical"
        if product >= self.high_from:
            return "high"
        return "medium" if product >= self.medium_from else "low"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.medium_from < self.high_from < self.critical_from:
            raise ValueError("medium_from, high_from and critical_from must rise")
        for name, scale in (("likelihood", self.likelihood), ("impact", self.impact)):
            if [grade.degree for grade in scale] != [1, 2, 3, 4, 5]:
                raise ValueError(f"{name}: must name the degrees 1 to 5, in this order")
        if set(self.reassess_days) != {"low", "medium", "high", "critical"}:
            raise ValueError("reassess_days: must name low, medium, high and critical")
        return self
