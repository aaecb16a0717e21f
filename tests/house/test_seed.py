"""The tests keep count of which statements of the playbook's source they prove."""

import re
from pathlib import Path

import pytest
from django.urls import get_resolver

from playbook.loading import standard
from tests.plugins.seed import PAGE, statements

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]

TWO = """
| Id | Statement |
|---|---|
| S-001 | One. |
| S-002 | Another. |
"""

PROVES_ONE = """
import pytest

@pytest.mark.seed("S-001")
def test_one():
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of its own with two statements and one test, which proves the first."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # most of a start is plugins
    (pytester.path / "docs").mkdir()
    (pytester.path / PAGE).write_text(TWO, "utf-8")
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\naddopts = ["--strict-markers"]\n')
    pytester.makepyfile(test_one=PROVES_ONE)
    return pytester


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "tests.plugins.seed", "-p", "no:cacheprovider", *args)


@pytest.mark.parametrize(
    "spread", [(), ("-p", "xdist", "-n2", "--dist=loadfile")], ids=["one", "two processes"]
)
def test_a_whole_run_names_the_statement_that_nothing_proves(
    project: pytest.Pytester, spread: tuple[str, ...]
) -> None:
    result = run(project, *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["No test that passed proves S-002"])


@pytest.mark.parametrize(
    "spread", [(), ("-p", "xdist", "-n2", "--dist=loadfile")], ids=["one", "two processes"]
)
def test_a_whole_run_that_proves_all_passes(
    project: pytest.Pytester, spread: tuple[str, ...]
) -> None:
    project.makepyfile(test_two=PROVES_ONE.replace("S-001", "S-002"))
    assert run(project, *spread).ret == pytest.ExitCode.OK


@pytest.mark.parametrize("end", ["pytest.skip('Not here')", "assert False"])
def test_a_test_that_did_not_pass_proves_nothing(project: pytest.Pytester, end: str) -> None:
    project.makepyfile(test_two=PROVES_ONE.replace("S-001", "S-002").replace("pass", end))
    result = run(project)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["No test that passed proves S-002"])


def test_a_number_that_the_page_does_not_have_is_named(project: pytest.Pytester) -> None:
    project.makepyfile(test_two=PROVES_ONE.replace('"S-001"', '"S-002", "S-999"'))
    result = run(project)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["Tests name what the page does not have: S-999"])


@pytest.mark.parametrize("subset", [("test_one.py",), ("-k", "one"), ("--maxfail=1",)])
def test_a_run_of_some_tests_asks_for_no_more(
    project: pytest.Pytester, subset: tuple[str, ...]
) -> None:
    assert run(project, *subset).ret == pytest.ExitCode.OK


def _coverage() -> str:
    return (ROOT / PAGE).read_text("utf-8")


def test_statements_are_numbered_without_gaps() -> None:
    numbered = sorted(statements(_coverage()))
    assert numbered == [f"S-{number:03}" for number in range(1, len(numbered) + 1)]


def _places() -> list[str]:
    return sorted(set(re.findall(r"`([^`\s]+)`", _coverage().split("## Why pilots stall")[1])))


@pytest.mark.parametrize("place", _places())
def test_every_place_that_the_page_names_exists(place: str) -> None:
    document = standard()
    kind, _, key = place.partition(":")
    find = {
        "criterion": document.criterion,
        "check": document.check,
        "question": document.question,
        "mode": document.mode,
        "stage": document.stage,
        "term": document.term,
        "condition": document.condition,
        "practice": document.practice,
        "reference": document.reference,
        "remit": document.remit,
        "principle": {principle.key: principle for principle in document.organisation}.__getitem__,
        "words": {words.key: words for words in document.polite_words}.__getitem__,
    }
    if kind in find:
        find[kind](key)
    elif key:
        assert _is_page(kind, key), f"there is no page {place}"
    elif "/" in place:
        assert (ROOT / place).exists()
    else:
        indicators = {i.key for mode in document.failure_modes for i in mode.indicators}
        assert place in indicators


def _is_page(app: str, name: str) -> bool:
    namespaces = get_resolver().namespace_dict
    return app in namespaces and name in namespaces[app][1].reverse_dict
