"""What a decider signs: the facts as their page carries them, and the decision sent with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import reader
from audit.canonical import digest_of
from gates.case import Case
from gates.differences import Difference, differences
from gates.forms.decisions import DecisionForm
from gates.forms.shared import refuse
from gates.models import Decision, Rollout
from gates.services.decisions import FactsChanged
from gates.views.page import CHANGED, REFUSED
from initiatives.errors import Refused

SALT = "gates.seen"


@dataclass(frozen=True)
class Attempt:
    """What came of a decision that was sent: the decision, or its form with what stands against
    it."""

    form: DecisionForm
    made: Decision | None = None
    changes: Sequence[Difference] = ()
    status: int = REFUSED


def sign(case: Case) -> str:
    """The facts as the page's hidden field carries them."""
    return signing.dumps(case.seen, salt=SALT, compress=True)


def read_signed(value: str) -> dict[str, Any]:
    """The facts that a page carried. Raises Refused for what Clearway did not sign."""
    try:
        seen: dict[str, Any] = signing.loads(value, salt=SALT)
    except signing.BadSignature as broken:
        raise Refused(
            _("The facts that this page carried are not readable. Read them again, then decide.")
        ) from broken
    return seen


def attempt(
    request: HttpRequest, rollout: Rollout, case: Case, sign_it: Callable[..., Decision]
) -> Attempt:
    """Have ``sign_it`` decide what was posted, on the facts that the page carried.

    Raises NotAllowed for somebody who may not decide this.
    """
    form = DecisionForm(
        request.POST, case=case, initiative=rollout.initiative, today=case.facts.today
    )
    try:
        seen = read_signed(request.POST.get("seen", ""))
        if digest_of(seen) != case.digest:
            raise FactsChanged(differences(case.document, seen, case.seen))
        if form.is_valid():
            made = sign_it(choice=form.choice(), seen=seen, by=reader(request), at=timezone.now())
            return Attempt(form, made)
    except FactsChanged as changed:
        refuse(form, changed)
        return Attempt(form, changes=changed.changes, status=CHANGED)
    except Refused as refused:
        refuse(form, refused)
    return Attempt(form)
