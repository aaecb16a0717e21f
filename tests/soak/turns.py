"""One turn of a long sequence: somebody is about to do something, entitled or not.

Who acts and on what is drawn at random. A *likely* turn draws among those who may and what waits,
or hardly anything would ever come about; every other turn draws among all.
"""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import time_machine

from accounts.models import User
from gates.case import Case, case_of
from gates.models import Rollout
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from initiatives.permissions import may_edit, may_submit
from playbook.document import Document
from tests.api.calling import Caller
from tests.soak.company import Company

T = TypeVar("T")
BY_HTTP = 0.2
TEMPTED = 0.7
SAYS_NOT_ALLOWED = (401, 403, 404)


class Nothing(Exception):
    """There is nothing that this could be done to."""


@dataclass
class Turn:
    rng: random.Random
    company: Company
    people: Sequence[User]
    rollout: Rollout
    at: datetime
    by: User
    likely: bool
    adding: int = 0
    """How many conditions a conditional go would have added."""

    @property
    def today(self) -> date:
        return self.at.date()

    @property
    def initiative(self) -> Initiative:
        return self.rollout.initiative

    @property
    def document(self) -> Document:
        return self.rollout.playbook.parsed

    @cached_property
    def case(self) -> Case:
        return case_of(self.rollout, at=self.at)

    @property
    def signed(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at}

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def one(self, rows: Any) -> Any:
        """One of these, drawn. Raises Nothing when there is none."""
        found = list(rows)
        if not found:
            raise Nothing
        return self.rng.choice(found)

    def goes_where(self, possible: Callable[[Rollout], bool]) -> None:
        """In a likely turn, to an initiative where what is to be done is possible. Raises Nothing
        when there is none."""
        if self.likely:
            self.rollout = self.one(row for row in self.company.rollouts if possible(row))

    def in_days(self, first: int, last: int) -> date:
        return self.today + timedelta(days=self.rng.randint(first, last))

    def somebody(
        self, may: Callable[[User], bool], *, tempted: Collection[int | None] = ()
    ) -> User:
        """Whoever acts: in a likely turn somebody who may, else anybody, and mostly one of the
        ``tempted``, whose own work it is."""
        if self.likely:
            self.by = self.one(person for person in self.people if may(person))
        elif self.chance(TEMPTED):
            own = [person for person in self.people if person.pk in tempted]
            self.by = self.rng.choice(own or [self.by])
        return self.by

    def only(self, may: Callable[[User], bool], *, tempted: Collection[int | None] = ()) -> None:
        """What pages ask before they call a service that does not. Raises NotAllowed."""
        if not may(self.somebody(may, tempted=tempted)):
            raise NotAllowed("Pages let nobody through who may not.")

    def works_on_it(self) -> None:
        self.only(lambda person: may_edit(person, self.initiative))

    def submits_it(self) -> None:
        self.only(lambda person: may_submit(person, self.initiative))

    def ask(self, method: str, path: str, body: Any = None, *, secret: str = "") -> Any:
        """The same by the API, in a session or through a token. Raises what its status says."""
        with time_machine.travel(self.at, tick=False):
            call = Caller(self.by, secret=secret)
            answer = call(method, path, body)
        heard(call.status, answer)
        return answer


def heard(status: int, words: Any = "") -> None:
    """Raise what the status of an answer says."""
    if status in SAYS_NOT_ALLOWED:
        raise NotAllowed(str(words))
    if status >= 500:
        raise RuntimeError(words)
    if status >= 400:
        raise Refused(str(words))
