"""Inviting, roles, leaving and coming back; all of it written to the audit trail."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from accounts.errors import Refused
from accounts.models import Invitation, User
from accounts.roles import Remit, Role
from accounts.services import invitations
from accounts.services.people import deactivate, set_grants
from accounts.views import profile
from audit.models import Event
from audit.services import verify
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("playbook")]

REVIEWER = [(str(Role.REVIEWER), str(Remit.SECURITY))]
OFFICE = [(str(Role.PROGRAM_OFFICE), "")]


def invite(ada: User, email: str = "new@example.org") -> tuple[Invitation, str]:
    return invitations.invite(email=email, name="Noor Malik", grants=REVIEWER, by=ada, at=NOW)


def about_people() -> list[Event]:
    return list(Event.objects.of("system").filter(verb__startswith="person.").order_by("seq"))


def verbs() -> list[str]:
    return [event.verb for event in about_people()]


def test_an_invitation_goes_out_by_mail_and_becomes_an_account(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.post(
        "/people/invite/",
        {
            "name": "Noor Malik",
            "email": "Noor@Example.org",
            "roles": ["executive"],
            "remits": ["security"],
        },
    )
    assert page.headers["location"] == "/people/"
    [letter] = mail.outbox
    assert letter.to == ["Noor@example.org"]
    [link] = re.findall(r"https?://[^/]+(/invitations/\S+/)", str(letter.body))
    assert isinstance(letter, EmailMultiAlternatives)
    assert link in str(letter.alternatives[0][0])
    visitor = Client()
    assert "Ada Lindqvist invites you" in visitor.get(link).content.decode()
    password = "seven-green-ferries"
    visitor.post(link, {"name": "Noor M.", "password1": password, "password2": password})
    noor = User.objects.get(email__iexact="noor@example.org")
    assert (noor.name, noor.roles, noor.remits) == (
        "Noor M.",
        {"executive", "reviewer"},
        {"security"},
    )
    assert visitor.get("/profile/").status_code == 200, "signed in at once"
    assert Client().get(link).status_code == 410, "the link works once"
    assert verbs() == ["person.invited", "person.joined"]
    assert verify()[1] == []


def test_the_secret_of_a_link_is_stored_nowhere(ada: User) -> None:
    invitation, secret = invite(ada)
    stored = repr(Invitation.objects.values()) + repr(Event.objects.values())
    assert secret not in stored
    assert len(invitation.secret_sha256) == 64


def test_a_link_runs_out(ada: User) -> None:
    invitation, secret = invite(ada)
    last = invitation.expires_at - timedelta(seconds=1)
    assert invitations.find(secret=secret, at=last) == invitation
    with pytest.raises(Refused, match="ran out"):
        invitations.accept(secret=secret, name="Noor", password="x", at=invitation.expires_at)


def test_sending_again_replaces_the_link(client: Client, ada: User) -> None:
    invitation, first = invite(ada)
    client.force_login(ada)
    client.post(reverse("accounts:resend", args=[invitation.pk]))
    assert len(mail.outbox) == 1
    with pytest.raises(Refused, match="replaced"):
        invitations.find(secret=first, at=NOW)


def test_a_withdrawn_link_is_dead(client: Client, ada: User) -> None:
    invitation, secret = invite(ada)
    client.force_login(ada)
    client.post(reverse("accounts:withdraw", args=[invitation.pk]))
    assert client.get(f"/invitations/{secret}/").status_code == 410
    assert verbs()[-1] == "person.invitation_withdrawn"


@pytest.mark.parametrize("email", ["NEW@example.org", "ADA.lindqvist@example.com"])
def test_an_address_is_invited_once_and_never_when_it_has_an_account(ada: User, email: str) -> None:
    invite(ada)
    with pytest.raises(Refused, match="E-mail address"):
        invite(ada, email)


def test_a_mail_server_that_is_down_leaves_the_invitation_to_send_again(
    client: Client, ada: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client.force_login(ada)
    page = client.post(
        "/people/invite/", {"name": "Noor", "email": "noor@example.org"}, follow=True
    )
    assert "could not be sent" in page.content.decode()
    assert Invitation.objects.pending().count() == 1


def test_roles_change_and_the_audit_says_from_what_to_what(
    client: Client, ada: User, hannah: User
) -> None:
    client.force_login(ada)
    client.post(reverse("accounts:person", args=[hannah.pk]), {"roles": ["executive"]})
    assert User.objects.get(pk=hannah.pk).roles == {"executive"}
    [event] = about_people()
    assert event.summary == "Hannah Cole: Executive (was Program office)"
    history = client.get(reverse("accounts:person", args=[hannah.pk])).content.decode()
    assert event.summary in history


def test_the_last_administrator_stays(client: Client, ada: User, hannah: User) -> None:
    with pytest.raises(Refused, match="last administrator"):
        set_grants(user=ada, grants=OFFICE, by=ada, at=NOW)
    client.force_login(ada)
    page = client.post(reverse("accounts:deactivate", args=[ada.pk]), follow=True)
    assert "Ada Lindqvist is the last administrator" in page.content.decode()
    assert User.objects.get(pk=ada.pk).roles == {"administrator"}
    set_grants(user=hannah, grants=[("administrator", "")], by=ada, at=NOW)
    deactivate(user=ada, by=hannah, at=NOW)
    assert not User.objects.get(pk=ada.pk).is_active


def test_a_closed_account_opens_again_with_its_roles(client: Client, ada: User, lena: User) -> None:
    client.force_login(ada)
    client.post(reverse("accounts:deactivate", args=[lena.pk]))
    assert not User.objects.get(pk=lena.pk).may("sign_off")
    client.post(reverse("accounts:reactivate", args=[lena.pk]))
    assert User.objects.get(pk=lena.pk).remits == {"security", "governance"}
    assert verbs() == ["person.deactivated", "person.reactivated"]


@pytest.mark.parametrize(
    "name", ["people", "invite", "person", "deactivate", "reactivate", "resend", "withdraw"]
)
def test_only_an_administrator_manages_people(client: Client, hannah: User, name: str) -> None:
    args = [] if name in {"people", "invite"} else [hannah.pk]
    client.force_login(hannah)
    assert client.post(reverse(f"accounts:{name}", args=args)).status_code == 403


def test_the_list_costs_the_same_for_many_people(
    client: Client, ada: User, django_assert_max_num_queries: Any
) -> None:
    User.objects.bulk_create(User(email=f"p{n}@many.example", name=f"P{n}") for n in range(120))
    client.force_login(ada)
    client.get("/people/")
    with django_assert_max_num_queries(8):
        page = client.get("/people/?q=many.example")
    assert "1 to 50 of 120" in page.content.decode()


def test_a_profile_keeps_name_time_zone_and_appearance(client: Client, maya: User) -> None:
    client.force_login(maya)
    page = client.post(
        "/profile/", {"name": "Maya O.", "time_zone": "America/New_York", "theme": "dark"}
    )
    assert page.cookies["theme"].value == "dark"
    page = client.get("/profile/")
    assert 'data-theme="dark"' in page.content.decode()
    assert "Maya O." in page.content.decode()
    assert about_people()[0].summary == "Maya Okafor is now called Maya O."


def test_a_theme_chosen_in_the_menu_brings_back_no_older_name(
    client: Client, maya: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(maya)
    look = profile.reader

    def reader(request: HttpRequest) -> User:
        found = look(request)
        str(found)  # read, and then renamed in another window
        User.objects.update(name="Maya Renamed", time_zone="Asia/Tokyo")
        return found

    monkeypatch.setattr(profile, "reader", reader)
    client.post("/theme/", {"theme": "dark"})
    stored = User.objects.get()
    assert (stored.name, stored.time_zone, stored.theme) == ("Maya Renamed", "Asia/Tokyo", "dark")


def test_a_theme_chosen_in_the_menu_comes_along_to_another_browser(
    client: Client, maya: User
) -> None:
    client.force_login(maya)
    page = client.post("/theme/", {"theme": "light", "next": "/people/"})
    assert page.headers["location"] == "/people/"
    elsewhere = Client()
    elsewhere.force_login(maya)
    assert 'data-theme="light"' in elsewhere.get("/profile/").content.decode()
    elsewhere.post("/theme/", {"theme": ""})
    assert "data-theme" not in client.get("/profile/").content.decode()


def test_times_are_shown_in_the_readers_zone(client: Client, ada: User, time_machine: Any) -> None:
    time_machine.move_to(NOW)
    User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Auckland")
    invite(ada)
    client.force_login(ada)
    page = client.get("/people/").content.decode()
    assert "23 Nov 2026, 22:00" in page, "09:00 UTC a week after NOW"


def test_a_name_with_control_characters_is_refused(maya: User, client: Client) -> None:
    client.force_login(maya)
    profile_page = reverse("accounts:profile")
    page = client.post(profile_page, {"name": "Maya\x1b", "time_zone": "UTC", "theme": ""})
    assert "Remove the control characters" in page.content.decode()
    maya.refresh_from_db()
    assert maya.name == "Maya Okafor"
