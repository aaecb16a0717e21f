"""Which statements of the playbook's source the tests prove.

``docs/playbook-coverage.md`` numbers them; ``@pytest.mark.seed("S-038")`` on a test says that it
proves one. A whole run fails when a statement has no test that passed, and when a test names a
statement that the page does not have. The numbers travel with the tests' reports, so it makes no
difference on how many processes the tests ran.
"""

import re
from pathlib import Path

import pytest

PAGE = Path("docs") / "playbook-coverage.md"
PARTIAL = (
    "keyword",
    "markexpr",
    "lf",
    "deselect",
    "ignore",
    "ignore_glob",
    "collectonly",
    "maxfail",
    "stepwise",
)
"""Options that leave tests out, so that what is missing means nothing."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"seed(*ids): the statements in {PAGE.as_posix()} that the test proves"
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(config), "seed-tally")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("seed"):
        item.user_properties.extend(("seed", each) for each in marker.args)


def statements(page: str) -> set[str]:
    """The numbers in the first column of the page's tables."""
    return set(re.findall(r"^\| (S-\d{3}) \|", page, re.MULTILINE))


class Tally:
    """Counts, in the process that reports, what was named and what was proved."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.named: set[str] = set()
        self.proved: set[str] = set()
        self.complaints: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        ids = {str(value) for name, value in report.user_properties if name == "seed"}
        self.named |= ids
        if report.when == "call" and report.passed:
            self.proved |= ids

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        finished = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not finished or not self._whole():
            return
        numbered = statements((self.config.rootpath / PAGE).read_text("utf-8"))
        if unproved := sorted(numbered - self.proved):
            self.complaints.append(f"No test that passed proves {', '.join(unproved)}")
        if unknown := sorted(self.named - numbered):
            self.complaints.append(f"Tests name what the page does not have: {', '.join(unknown)}")
        if self.complaints:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _whole(self) -> bool:
        """Whether every test was asked for."""
        config = self.config
        asked_for_all = config.args_source is not pytest.Config.ArgsSource.ARGS or set(
            config.args
        ) == set(config.getini("testpaths"))
        return asked_for_all and not any(config.getoption(name, None) for name in PARTIAL)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.complaints:
            terminalreporter.section(PAGE.as_posix(), red=True, bold=True)
            for complaint in self.complaints:
                terminalreporter.write_line(complaint)
