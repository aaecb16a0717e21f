"""Who may do what, at every address: read from the resolver, so that none is forgotten.

Each rule is one letter for each of these, in this order: anonymous, outsider, owner, contributor,
sponsor, executive, reviewer, program office, administrator. The letters: ``+`` let through,
``s`` sent to the sign-in, ``f`` forbidden (403), ``n`` not found (404), ``-`` no such method (405).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from tests.ratchets.routes import HEALTH, ROUTES
from tests.ratchets.world import UNDONE, Cast, arguments_of, make_cast, make_underway

pytestmark = pytest.mark.django_db

ROLES = (
    "anonymous",
    "outsider",
    "owner",
    "contributor",
    "sponsor",
    "executive",
    "reviewer",
    "office",
    "administrator",
)

EVERYBODY = "+++++++++"
NOBODY = "sssssssss"
NO_SUCH_PAGE = "nnnnnnnnn"
NO_METHOD = "---------"
ONLY_ONCE = "-++++++++"
WITHOUT_DEVICE = "snnnnnnnn"
NOT_IN_USE = "s--------"
SIGNED_IN = "s++++++++"
PART_OF_IT = "sn++++++n"
OWNS_IT = "sn+nn+++n"
WORKS_ON_IT = "sn++fff+n"
ANSWERS_FOR_IT = "sn+ffff+n"
ENDS_IT = "sn+++ff+n"
CHECKS_IT = "sn++ff++n"
SIGNS_OFF = "snffff+fn"
DECIDES = "snff+ff+n"
ASSIGNS = "snfffff+n"
REVIEWERS = "sfffff+ff"
REVIEWER_OR_ADMINISTRATOR = "sfffff+f+"
OFFICE = "sffffff+f"
OFFICE_NO_METHOD = "sffffff-f"
SEES_ALL = "sffff+++f"
OWN_OR_ADMINISTRATOR = "sn+nnnnn+"
ADMINISTRATOR = "sfffffff+"
ADMINISTRATOR_NO_METHOD = "sfffffff-"


class Rule(NamedTuple):
    get: str
    post: str
    other: str = NOT_IN_USE


RULES = {
    "account_login": Rule(EVERYBODY, EVERYBODY, ONLY_ONCE),
    "account_logout": Rule(EVERYBODY, EVERYBODY, NO_METHOD),
    "account_inactive": Rule(EVERYBODY, NO_METHOD, NO_METHOD),
    "account_signup": Rule(EVERYBODY, EVERYBODY, EVERYBODY),  # says that it is closed
    "account_reauthenticate": Rule(SIGNED_IN, SIGNED_IN),
    "account_change_password": Rule(SIGNED_IN, SIGNED_IN),
    "account_reset_password": Rule(EVERYBODY, EVERYBODY, NO_METHOD),
    "account_reset_password_done": Rule(EVERYBODY, NO_METHOD, NO_METHOD),
    "account_reset_password_from_key": Rule(EVERYBODY, EVERYBODY, EVERYBODY),  # a used link
    "account_reset_password_from_key_done": Rule(EVERYBODY, NO_METHOD, NO_METHOD),
    "mfa_index": Rule(SIGNED_IN, NOT_IN_USE),
    "mfa_authenticate": Rule(SIGNED_IN, SIGNED_IN, SIGNED_IN),  # goes on to the start page
    "mfa_reauthenticate": Rule(SIGNED_IN, SIGNED_IN, SIGNED_IN),
    "mfa_activate_totp": Rule(SIGNED_IN, SIGNED_IN, SIGNED_IN),  # asks for the password first
    "mfa_deactivate_totp": Rule(WITHOUT_DEVICE, WITHOUT_DEVICE, WITHOUT_DEVICE),
    "mfa_view_recovery_codes": Rule(WITHOUT_DEVICE, NOT_IN_USE),
    "mfa_generate_recovery_codes": Rule(SIGNED_IN, SIGNED_IN, SIGNED_IN),
    "mfa_download_recovery_codes": Rule(WITHOUT_DEVICE, WITHOUT_DEVICE, WITHOUT_DEVICE),
    "accounts:setup": Rule(NOBODY, NOBODY, NO_METHOD),
    "accounts:demo_sign_in": Rule(NO_METHOD, NO_SUCH_PAGE, NO_METHOD),
    "accounts:accept": Rule(EVERYBODY, EVERYBODY, NO_METHOD),
    "accounts:people": Rule(ADMINISTRATOR, ADMINISTRATOR_NO_METHOD, ADMINISTRATOR_NO_METHOD),
    "accounts:invite": Rule(ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:resend": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:withdraw": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:person": Rule(ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:deactivate": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:reactivate": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "accounts:profile": Rule(SIGNED_IN, SIGNED_IN),
    "accounts:theme": Rule(NOT_IN_USE, SIGNED_IN),
    "portfolio:home": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:attention": Rule(OFFICE, NOT_IN_USE),
    "portfolio:table": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:search": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:assign": Rule(OFFICE, OFFICE),
    "portfolio:export": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:intake": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:graveyard": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:glossary": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:crosswalk": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:crosswalk_export": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:proving": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:playbook": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:playbook_version": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:playbook_toml": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:playbook_draft": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:playbook_draft_toml": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:playbook_upload": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:playbook_publish": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:playbook_part": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:playbook_add": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:playbook_moves": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:dependencies": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:dependency": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:funds": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:fund": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:fund_add": Rule(OFFICE, OFFICE),
    "portfolio:fund_edit": Rule(OFFICE, OFFICE),
    "portfolio:dashboard": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:promises": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:promises_export": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:conditions": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:decisions": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:meetings": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:meeting_call": Rule(OFFICE, OFFICE),
    "portfolio:meeting": Rule(SEES_ALL, OFFICE),
    "portfolio:meeting_minutes": Rule(SEES_ALL, NOT_IN_USE),
    "portfolio:meeting_change": Rule(OFFICE, OFFICE),
    "portfolio:meeting_build": Rule(NOT_IN_USE, OFFICE),
    "portfolio:meeting_close": Rule(OFFICE, OFFICE),
    "portfolio:meeting_move": Rule(NOT_IN_USE, OFFICE),
    "portfolio:meeting_defer": Rule(NOT_IN_USE, OFFICE),
    "portfolio:tasks": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:inbox": Rule(SIGNED_IN, NOT_IN_USE),
    "portfolio:imports": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_batch": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_file": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_undo": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_discard": Rule(OFFICE_NO_METHOD, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_columns": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_reading": Rule(OFFICE_NO_METHOD, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_values": Rule(OFFICE, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_dry_run": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_rows": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_twins": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_invalid": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "portfolio:import_answers": Rule(OFFICE_NO_METHOD, OFFICE, OFFICE_NO_METHOD),
    "portfolio:import_confirm": Rule(OFFICE_NO_METHOD, OFFICE, OFFICE_NO_METHOD),
    "portfolio:imported_row": Rule(OWNS_IT, NOT_IN_USE),
    "gates:create": Rule(OFFICE, OFFICE),
    "gates:initiative": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:edit": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:people": Rule(ASSIGNS, ASSIGNS),
    "gates:premises": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:assumption": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:holding": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:contributors": Rule(ANSWERS_FOR_IT, ANSWERS_FOR_IT),
    "gates:history": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:pause": Rule(ANSWERS_FOR_IT, ANSWERS_FOR_IT),
    "gates:resume": Rule(NOT_IN_USE, ANSWERS_FOR_IT),
    "gates:evidence_list": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:add_evidence": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:evidence": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:verify_evidence": Rule(NOT_IN_USE, CHECKS_IT),
    "gates:review": Rule(PART_OF_IT, ANSWERS_FOR_IT),
    "gates:submit": Rule(PART_OF_IT, ANSWERS_FOR_IT),
    "gates:withdraw": Rule(ANSWERS_FOR_IT, ANSWERS_FOR_IT),
    "gates:sign_off": Rule(SIGNS_OFF, SIGNS_OFF),
    "gates:answer_objection": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:stand_ins": Rule(SIGNED_IN, REVIEWERS),
    "gates:stand_ins_of": Rule(ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "gates:end_delegation": Rule(NOT_IN_USE, REVIEWER_OR_ADMINISTRATOR),
    "gates:criterion": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:design": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:ladder": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:check": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:sources": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:source": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:dependencies": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:dependency": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:fault": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:metrics": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:metric": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:record_figures": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:metric_figures": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:end_feed": Rule(NOT_IN_USE, WORKS_ON_IT),
    "gates:reach": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:practice": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:add_record": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:change_record": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:act_on_record": Rule(NOT_IN_USE, WORKS_ON_IT),
    "gates:risks": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:risk": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:crosswalk": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:money": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:ask_for_money": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:costs": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:approve_money": Rule(DECIDES, DECIDES),
    "gates:release_money": Rule(NOT_IN_USE, ASSIGNS),
    "gates:thaw_money": Rule(NOT_IN_USE, ASSIGNS),
    "gates:withdraw_money": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:decide": Rule(PART_OF_IT, DECIDES),
    "gates:decision": Rule(PART_OF_IT, NOT_IN_USE),
    "gates:stall": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:revive": Rule(PART_OF_IT, DECIDES),
    "gates:condition": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:ask_exception": Rule(WORKS_ON_IT, WORKS_ON_IT),
    "gates:exception": Rule(PART_OF_IT, DECIDES),
    "gates:end_exception": Rule(NOT_IN_USE, ENDS_IT),
    "gates:kill": Rule(PART_OF_IT, WORKS_ON_IT),
    "gates:settle_kill": Rule(NOT_IN_USE, DECIDES),
    "api:tokens": Rule(SIGNED_IN, SIGNED_IN),
    "api:revoke_token": Rule(NOT_IN_USE, OWN_OR_ADMINISTRATOR),
    "api:all_tokens": Rule(ADMINISTRATOR, ADMINISTRATOR_NO_METHOD, ADMINISTRATOR_NO_METHOD),
    "webhooks:endpoints": Rule(ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "webhooks:endpoint": Rule(ADMINISTRATOR, ADMINISTRATOR_NO_METHOD, ADMINISTRATOR_NO_METHOD),
    "webhooks:test": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "webhooks:end": Rule(ADMINISTRATOR_NO_METHOD, ADMINISTRATOR, ADMINISTRATOR_NO_METHOD),
    "reminders:sent": Rule(OFFICE, OFFICE_NO_METHOD, OFFICE_NO_METHOD),
    "reminders:mailbox": Rule(NO_SUCH_PAGE, NO_SUCH_PAGE, NO_SUCH_PAGE),  # outside the demo
    "reminders:mail": Rule(NO_SUCH_PAGE, NO_SUCH_PAGE, NO_SUCH_PAGE),
}
METHODS = {"get": "GET", "post": "POST", "other": "DELETE"}


def letter(response: HttpResponseBase) -> str:
    match response.status_code:
        case 302 if response["Location"].split("?")[0] == reverse("account_login"):
            return "s"
        case 403:
            return "f"
        case 404:
            return "n"
        case 405:
            return "-"
        case status if status < 500:
            return "+"
    raise AssertionError(f"answered {response.status_code}")


class Site(NamedTuple):
    clients: Mapping[str, Client]
    arguments: Mapping[str, Any]

    def ask(self, method: str, url: str) -> str:
        """The letter of each role's answer. Whatever a request changes is undone."""
        letters = ""
        for client in self.clients.values():
            cookies = deepcopy(client.cookies)
            with transaction.atomic():
                letters += letter(client.generic(method, url))
                transaction.set_rollback(True)
            client.cookies = cookies
        return letters


def sign_in(cast: Cast, role: str) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(getattr(cast, role))
    return client


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """One world for all addresses, in a transaction that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**UNDONE):
        now = timezone.now()
        cast = make_cast()
        rollout = make_underway(cast, at=now, name="Claims triage assistant")
        yield Site(
            {role: sign_in(cast, role) for role in ROLES}, arguments_of(rollout, cast, at=now)
        )
        transaction.set_rollback(True)


def test_every_address_has_its_rule() -> None:
    assert sorted(set(ROUTES) - set(RULES)) == [], "addresses without a rule"
    assert sorted(set(RULES) - set(ROUTES)) == [], "rules without an address"


def test_every_role_has_its_letter_in_every_rule() -> None:
    for name, rule in RULES.items():
        for letters in rule:
            assert len(letters) == len(ROLES), name
            assert set(letters) <= set("+sfn-"), name


@pytest.mark.parametrize("name", sorted(set(RULES) & set(ROUTES)))
def test_everybody_gets_what_the_rule_says(name: str, site: Site) -> None:
    url = ROUTES[name].url(site.arguments)
    found = {method: site.ask(verb, url) for method, verb in METHODS.items()}
    assert found == RULES[name]._asdict()


@pytest.mark.parametrize("url", HEALTH)
def test_anybody_may_ask_for_health(url: str, site: Site) -> None:
    assert site.ask("GET", url) == EVERYBODY
