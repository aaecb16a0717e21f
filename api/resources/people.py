"""People by the numbers that requests name them by."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import User
from accounts.roles import Permission
from api.entrance import asker
from api.fields import TEXT, Reference
from api.loading import load
from api.paging import Asked, Page, Paged, page_of
from api.problems import Declined
from gates.forms.initiatives import people
from gates.forms.shared import people_on
from initiatives.permissions import may_edit

router = Router()


class Person(Schema):
    id: int
    name: str


class Search(Asked):
    q: Annotated[str, Field(pattern=TEXT, max_length=100)] = ""


def person(user: User | None) -> Person | None:
    return somebody(user) if user is not None else None


def somebody(user: User) -> Person:
    return Person(id=user.pk, name=user.name)


def chosen(of: QuerySet[User], pk: int | None, field: str) -> User | None:
    """The person with this number. Raises Declined for a number of nobody among them."""
    return given(of, pk, field) if pk is not None else None


def given(of: QuerySet[User], pk: int, field: str) -> User:
    found = of.filter(pk=pk).first()
    if found is None:
        raise Declined(409, f"{field}: nobody who may be chosen here has the number {pk}.")
    return found


@router.get("/people", response=Page[Person])
def list_people(request: HttpRequest, asked: Annotated[Search, Query()]) -> dict[str, Any]:
    """Everybody who can sign in, for those who name owners and sponsors."""
    who = asker(request)
    user = who.user
    if not who.reach.everything:
        raise Declined(403, "This token reaches single initiatives: ask for the people on one.")
    if not (user.may(Permission.ADD) or user.may(Permission.ASSIGN)):
        raise Declined(403, "Only those who add initiatives or assign owners need this list.")
    return page_of(people().filter(name__icontains=asked.q), asked, somebody)


@router.get("/initiatives/{reference}/people", response=Page[Person])
def list_people_on(request: HttpRequest, reference: Reference, asked: Paged) -> dict[str, Any]:
    """Everybody who may be given a task on the initiative."""
    rollout = load(request, reference, may=may_edit)
    return page_of(people_on(rollout.initiative), asked, somebody)
