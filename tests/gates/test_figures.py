"""What follows from figures that are known, and which of them rows tell by themselves."""

from typing import Any

import pytest

from gates.figures import TELLERS, implied
from playbook.indicators import suggest
from playbook.loading import standard


@pytest.mark.parametrize(
    ("known", "share"),
    [
        ({"pilot_people": 20, "pilot_champions": 20}, 0),
        ({"pilot_people": 20, "pilot_champions": 19}, 5),
        ({"pilot_people": 30, "pilot_champions": 20}, 33.3),
        ({"pilot_people": 20, "pilot_champions": 25}, 0),
        ({"pilot_people": 0, "pilot_champions": 0}, None),
        ({"pilot_people": 20}, None),
        ({"pilot_champions": 20}, None),
        ({}, None),
    ],
)
@pytest.mark.seed("S-047")
def test_who_did_not_volunteer_follows_from_the_number_of_champions(
    known: dict[str, Any], share: float | None
) -> None:
    assert implied(known).get("non_champions_share") == share


def test_a_share_that_was_given_stands() -> None:
    known = {"pilot_people": 20, "pilot_champions": 20, "non_champions_share": 40}
    assert implied(known) == {}


def test_only_failure_modes_of_the_standard_are_told() -> None:
    assert set(TELLERS) <= {mode.key for mode in standard().failure_modes}


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        pytest.param("data_quality", {"threshold_set": False}, marks=pytest.mark.seed("S-040")),
        pytest.param(
            "resistance", {"stakeholders_analysed": False}, marks=pytest.mark.seed("S-049")
        ),
        pytest.param("resistance", {"change_plan": False}, marks=pytest.mark.seed("S-049")),
        ("resistance", {"adoption_projected": 40, "adoption_target": 60}),
        ("resistance", {"adoption_measured": 40, "adoption_target": 60}),
        ("resistance", {"adoption_projected": 29}),
        ("resistance", {"pilot_people": 20, "pilot_champions": 20}),
    ],
)
def test_each_of_these_figures_is_likely_to_end_in_a_stall(
    mode: str, values: dict[str, Any]
) -> None:
    suggestion = suggest(standard().mode(mode), values)
    assert suggestion.likelihood is not None
    assert suggestion.likelihood >= 4


@pytest.mark.parametrize(
    "values",
    [
        {"adoption_projected": 60, "adoption_target": 60},
        {"adoption_projected": 40},
        {"pilot_people": 20, "pilot_champions": 8},
    ],
)
def test_figures_on_their_target_or_without_one_suggest_nothing(values: dict[str, Any]) -> None:
    assert suggest(standard().mode("resistance"), values).fired == ()
