"""The sample portfolio and the seeded ones keep every rule, and are the same each time."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.demo import DEMO_PEOPLE
from accounts.models import User
from audit.services import verify
from gates.models import Rollout, Slip, Standing
from gates.standings import refresh
from initiatives.models import Initiative
from portfolio.models import Meeting
from portfolio.sample.loading import load
from portfolio.sample.seed import seed
from portfolio.sample.specs import CLAIMS, SPECS
from portfolio.sample.story import TROUBLES
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def short() -> list:  # type: ignore[type-arg]
    """One story of each trouble and the whole way once; the full sample takes half a minute."""
    by_trouble = {spec.trouble: spec for spec in reversed(SPECS) if spec.trouble}
    return [*by_trouble.values(), next(spec for spec in SPECS if spec.stage == "steady")]


def test_the_sample_tells_every_trouble_through_the_services() -> None:
    specs = short()
    assert load(now=NOW, specs=specs) == len(specs) + len(CLAIMS)
    assert {person.email for person in DEMO_PEOPLE} <= set(
        User.objects.values_list("email", flat=True)
    )
    labels = {label for row in Standing.objects.values_list("labels", flat=True) for label in row}
    assert labels >= {"proven", "extended_pilot", "claimed", "learning_exercise", "stalled"}
    assert labels >= {"handoff_risk"}
    # Whatever is no trouble of its own holds, and goes on holding for a while.
    giving_way = Rollout.objects.live().exclude(standing__failing=[])
    troubled = {spec.name for spec in specs if spec.trouble in ("giving_way", "lapsed")}
    assert set(giving_way.values_list("initiative__name", flat=True)) <= troubled
    assert Slip.objects.under_way().exists()
    assert Slip.objects.taken_back().exists()
    kinds = {k for row in Standing.objects.values_list("blocker_kinds", flat=True) for k in row}
    assert kinds >= {"pause", "condition", "decider", "sign_off"}
    assert set(Rollout.objects.values_list("stage", flat=True)) >= {"stopped", "retired", "steady"}
    newest = Initiative.objects.order_by("-touched_at").values_list("touched_at", flat=True)[0]
    assert newest <= NOW + timedelta(days=1)
    meeting = Meeting.objects.get()
    assert meeting.day > NOW.date()
    assert meeting.items.exists()
    events, breaks = verify()
    assert events > 1000
    assert breaks == []


def test_the_sample_is_for_an_empty_database(maya: User) -> None:
    assert load(now=NOW) == 0
    assert not Initiative.objects.exists()


def test_every_trouble_that_a_spec_names_is_told() -> None:
    told_by_name = {"learning", "handoff", "objection", "objection_change", "nobody", "held"}
    conditional = {"condition", "overdue_condition"}
    assert {spec.trouble for spec in SPECS} <= {"", *TROUBLES, *told_by_name, *conditional}


def shape() -> list[tuple[object, ...]]:
    fields = ("initiative__name", "stage", "standing__ladder", "standing__labels")
    return list(Rollout.objects.order_by("pk").values_list(*fields))


def test_a_seed_gives_the_same_portfolio_again() -> None:
    shapes = []
    for _ in range(2):
        with transaction.atomic():
            first = Rollout.objects.count()
            assert seed(count=60, seed=7, at=NOW) == 60
            shapes.append([(str(name).rsplit(" ", 1)[0], *rest) for name, *rest in shape()][first:])
            transaction.set_rollback(True)
    assert shapes[0] == shapes[1]


def test_a_seeded_portfolio_is_judged_as_any_other() -> None:
    seed(count=120, seed=3, at=NOW)
    before = shape()
    assert len(before) == 120
    refresh(list(Initiative.objects.values_list("pk", flat=True)), NOW)
    assert shape() == before
    assert verify()[1] == []
