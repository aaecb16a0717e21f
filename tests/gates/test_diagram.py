"""The documented state machine is the one in the code."""

from itertools import pairwise
from pathlib import Path

from gates.diagram import mermaid, with_diagram

DOCUMENT = Path(__file__).parents[2] / "docs" / "rollout.md"


def test_the_documented_diagram_is_drawn_from_the_code() -> None:
    text = DOCUMENT.read_text()
    assert with_diagram(text) == text, "run `manage.py state_diagram` and commit docs/rollout.md"


def test_the_diagram_shows_every_way_forward_and_every_end() -> None:
    drawn = mermaid()
    path = ["intake", "pilot", "readiness", "limited", "scaled", "steady"]
    for source, target in pairwise(path):
        assert f"{source} --> {target}: advance" in drawn
        assert f"{target} --> {source}: return_to" in drawn
    assert "pilot --> stopped: stop" in drawn
    assert "steady --> retired: retire" in drawn
    assert "limited --> stopped: stop" not in drawn
