"""The invented portfolio that pages are measured on, and somebody to look at it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Grant, User
from accounts.roles import Role
from audit.services import SYSTEM, Entry, SystemActor, record
from config.celery import app
from initiatives.models import Initiative
from portfolio.sample.seed import seed

FULL = 10_000


def grow(size: int) -> None:
    """Add initiatives until there are this many."""
    missing = size - Initiative.objects.count()
    if missing > 0:
        seed(count=missing, seed=size, at=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def signed_in(user: User) -> Client:
    """A browser: it takes compressed pages."""
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_ENCODING="gzip")
    client.force_login(user)
    return client


def office() -> User:
    """Of the program office."""
    user, new = User.objects.get_or_create(
        email="bench@example.org", defaults={"name": "Bench Office"}
    )
    if new:
        Grant.objects.create(user=user, role=Role.PROGRAM_OFFICE)
    return user


def change() -> None:
    """Write an event: nothing that was counted before it is kept."""
    entry = Entry(chain=SYSTEM, verb="bench.changed", summary="Something changed")
    with transaction.atomic():
        record(entry=entry, by=SystemActor(), at=timezone.now())


@contextmanager
def queued() -> Iterator[None]:
    """Tasks go to the queue, which is empty before and after."""
    app.conf.task_always_eager = False
    app.control.purge()
    try:
        yield
    finally:
        app.control.purge()
        app.conf.task_always_eager = True
