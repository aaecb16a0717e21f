"""The fixed cast of people, and what every test may ask for."""

import gc

import pytest

from accounts.models import User
from accounts.roles import Remit, Role
from tests.factories import make_user

pytest_plugins = [
    "tests.plugins.database",
    "tests.plugins.servers",
    "tests.plugins.worker",
    "tests.plugins.browser",
    "tests.plugins.site",
    "tests.plugins.seed",
]


@pytest.fixture
def hannah(db: None) -> User:
    """Of the program office."""
    return make_user("Hannah Cole", Role.PROGRAM_OFFICE)


@pytest.fixture
def peter(db: None) -> User:
    """Also of the program office."""
    return make_user("Peter Voss", Role.PROGRAM_OFFICE)


@pytest.fixture
def maya(db: None) -> User:
    """Owns initiatives; no role of her own."""
    return make_user("Maya Okafor")


@pytest.fixture
def devin(db: None) -> User:
    """Contributes to initiatives; no role of his own."""
    return make_user("Devin Park")


@pytest.fixture
def carol(db: None) -> User:
    """An executive who sponsors initiatives."""
    return make_user("Carol Nakamura", Role.EXECUTIVE)


@pytest.fixture
def lena(db: None) -> User:
    """Reviews security and governance."""
    return make_user("Lena Haas", remits=[Remit.SECURITY, Remit.GOVERNANCE])


@pytest.fixture
def robert(db: None) -> User:
    """Reviews operations and engineering."""
    return make_user("Robert Kessler", remits=[Remit.OPERATIONS, Remit.ENGINEERING])


@pytest.fixture
def aiko(db: None) -> User:
    """Reviews funding and business."""
    return make_user("Aiko Tanaka", remits=[Remit.FUNDING, Remit.BUSINESS])


@pytest.fixture
def tomas(db: None) -> User:
    """Reviews change management."""
    return make_user("Tomas Brandt", remits=[Remit.CHANGE])


@pytest.fixture
def ada(db: None) -> User:
    """Administers accounts and sees no initiative."""
    return make_user("Ada Lindqvist", Role.ADMINISTRATOR)


@pytest.fixture
def oscar(db: None) -> User:
    """An outsider: signed in, no role, no part in anything."""
    return make_user("Oscar Ferro")


@pytest.fixture
def reviewers(lena: User, robert: User, aiko: User, tomas: User) -> list[User]:
    """Somebody for every remit."""
    return [lena, robert, aiko, tomas]


# The files that take longest. They are begun first, so that no core is left with one at the end.
LONGEST = (
    "ratchets/test_accessibility.py",
    "browser/test_main_job.py",
    "ratchets/test_queries.py",
    "portfolio/test_replay.py",
    "house/test_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector, which takes a tenth of the tests' time,
    need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
