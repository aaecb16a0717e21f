"""Adding, opening and verifying evidence in the browser."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from checklists.models import Check
from checklists.services import meet_check, reopen_check
from gates.case import case_of
from gates.forms.evidence import TAKEN
from initiatives.models import Evidence
from tests.factories import make_evidence, make_initiative, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def rollout(maya, carol, hannah):
    return make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah), by=hannah)


@pytest.fixture
def at(client, rollout):
    def go(user, name, *args):
        client.force_login(user)
        return reverse(f"gates:{name}", args=[rollout.initiative.reference, *args])

    return go


def page(client, url):
    return html.unescape(client.get(url).content.decode())


def test_a_link_is_added_and_leads_where_it_says(client, at, maya):
    said = {"title": "Load test", "url": "https://reports.example.org/7"}
    response = client.post(at(maya, "add_evidence"), said, follow=True)
    assert "It counts once a second person has verified it." in response.content.decode()
    found = Evidence.objects.get()
    assert found.added_by == maya
    assert client.get(at(maya, "evidence", found.pk)).url == "https://reports.example.org/7"


def test_a_file_comes_back_whole_and_only_as_a_download(client, at, maya):
    page = SimpleUploadedFile("report.txt", b"<script>alert(1)</script>", "text/html")
    client.post(at(maya, "add_evidence"), {"title": "Report", "file": page})
    found = Evidence.objects.get()
    response = client.get(at(maya, "evidence", found.pk))
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"] == 'attachment; filename="report.txt"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Give a link or a file, one of the two."),
        ({"url": "javascript:alert(1)"}, "Give “Link” as a whole link"),
        ({"url": "https://a.example.org", "valid_until": "2020-01-01"}, "Choose today or a later"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(client, at, maya, said, words):
    response = client.post(at(maya, "add_evidence"), {"title": "Load test", **said})
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'value="Load test"' in page
    assert not Evidence.objects.exists()


def test_link_and_file_together_are_refused(client, at, maya):
    said = {
        "title": "Both",
        "url": "https://a.example.org",
        "file": SimpleUploadedFile("a.txt", b"a"),
    }
    assert client.post(at(maya, "add_evidence"), said).status_code == 422


def test_a_file_that_is_too_large_is_refused(client, at, maya, monkeypatch):
    monkeypatch.setattr("gates.forms.evidence.MOST_BYTES", 3)
    said = {"title": "Large", "file": SimpleUploadedFile("a.txt", b"four")}
    response = client.post(at(maya, "add_evidence"), said)
    assert "“a.txt” has more than 20 MB. Give a link to it instead." in response.content.decode()
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_a_file_of_each_kind_that_is_taken_is_taken(client, at, maya, name):
    file = SimpleUploadedFile(f"Report{name.upper()}", TAKEN[name] + b" and the rest")
    client.post(at(maya, "add_evidence"), {"title": "Report", "file": file})
    with Evidence.objects.get().file.open() as kept:
        assert kept.read() == TAKEN[name] + b" and the rest"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.html", b"<script>", "“page.html” is of a kind that is not taken. Choose one of"),
        ("setup.exe", b"MZ", "“setup.exe” is of a kind that is not taken. Choose one of"),
        ("report", b"words", "“report” is of a kind that is not taken. Choose one of"),
        ("report.pdf", b"MZ no report", "“report.pdf” is not what its ending .pdf says."),
        ("plan.docx", b"%PDF-1.7", "“plan.docx” is not what its ending .docx says."),
    ],
)
def test_any_other_file_is_refused_by_name_with_what_is_taken(
    client, at, rollout, maya, name, content, said
):
    file = SimpleUploadedFile(name, content)
    answer = client.post(at(maya, "add_evidence"), {"title": "Report", "file": file})
    assert (answer.status_code, Evidence.objects.count()) == (422, 0)
    assert f"Or a file: {said}" in html.unescape(answer.content.decode())
    check = reverse("gates:check", args=[rollout.initiative.reference, "data_pipeline"])
    file.seek(0)
    typed = {"action": "meet", "meet-new_title": "Report", "meet-new_file": file}
    answer = client.post(check, typed)
    assert (answer.status_code, Evidence.objects.count()) == (422, 0)
    assert f"File: {said}" in html.unescape(answer.content.decode())


def test_the_browser_offers_only_what_is_taken(client, at, maya):
    page = client.get(at(maya, "add_evidence")).content.decode()
    assert f'accept="{",".join(TAKEN)}"' in page
    assert "OpenDocument, CSV, text" in page


def test_one_goes_back_to_the_task_that_asked_for_it(client, at, rollout, maya):
    task = reverse("gates:ladder", args=[rollout.initiative.reference])
    url = at(maya, "add_evidence")
    assert f'value="{task}"' in client.get(url, {"next": task}).content.decode()
    said = {"title": "Report", "url": "https://a.example.org", "next": task}
    assert client.post(url, said).url == task


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example", "/\\evil"])
def test_one_is_never_sent_elsewhere(client, at, rollout, maya, elsewhere):
    said = {"title": "Report", "url": "https://a.example.org", "next": elsewhere}
    response = client.post(at(maya, "add_evidence"), said)
    assert response.url == reverse("gates:evidence_list", args=[rollout.initiative.reference])


def test_a_second_person_verifies(client, at, rollout, maya, devin, lena):
    found = make_evidence(rollout.initiative, by=maya)
    url = at(lena, "verify_evidence", found.pk)
    assert client.get(url).status_code == 405
    assert "Verified:" in client.post(url, follow=True).content.decode()
    found.refresh_from_db()
    assert found.verified_by == lena


def test_nobody_verifies_what_they_brought(client, at, rollout, maya):
    found = make_evidence(rollout.initiative, by=maya)
    response = client.post(at(maya, "verify_evidence", found.pk), follow=True)
    assert "A second person verifies evidence." in response.content.decode()
    found.refresh_from_db()
    assert found.verified_at is None


def test_a_verification_is_taken_back_with_a_reason(client, at, rollout, maya, lena):
    found = make_evidence(rollout.initiative, by=maya, verified_by=lena)
    url = at(lena, "verify_evidence", found.pk)
    response = client.post(url, {"withdraw": "1", "reason": " "}, follow=True)
    assert "Reason: say why it no longer counts." in response.content.decode()
    client.post(url, {"withdraw": "1", "reason": "The test ran on old code."})
    found.refresh_from_db()
    assert found.verified_at is None


def test_an_executive_only_looks(client, at, rollout, carol, maya):
    found = make_evidence(rollout.initiative, by=maya)
    assert client.post(at(carol, "verify_evidence", found.pk)).status_code == 403
    assert "Verify<" not in client.get(at(carol, "evidence_list")).content.decode()


def test_evidence_of_another_initiative_is_not_found(client, at, rollout, maya, hannah):
    other = make_evidence(make_rollout(by=hannah).initiative, by=hannah)
    assert client.get(at(maya, "evidence", other.pk)).status_code == 404
    assert client.post(at(maya, "verify_evidence", other.pk)).status_code == 404


def test_outsiders_get_nothing(client, at, rollout, oscar, maya):
    found = make_evidence(rollout.initiative, by=maya)
    for name, args in (("evidence_list", []), ("evidence", [found.pk]), ("add_evidence", [])):
        assert client.get(at(oscar, name, *args)).status_code == 404


def test_what_nobody_verified_comes_first(client, at, rollout, maya, lena):
    waiting = make_evidence(rollout.initiative, by=maya)
    make_evidence(rollout.initiative, by=maya, verified_by=lena)
    page = client.get(at(maya, "evidence_list")).context["page"]
    assert page.object_list[0] == waiting


def test_evidence_verified_for_one_thing_shows_another_once_a_second_person_says_so(
    client, at, rollout, maya, devin, lena
):
    initiative, asked = rollout.initiative, rollout.playbook.parsed.checks[0]
    old, now = make_evidence(initiative, by=maya, verified_by=devin), timezone.now()
    act = {"initiative": initiative, "check": asked, "by": maya, "at": now}

    def state():
        return case_of(rollout, at=now).facts.checks[asked.key].state_on(now.date())

    meet_check(evidence=old, days_valid=None, **act)
    assert state() == "assigned"
    assert "It was verified before it was chosen here." in page(
        client, at(maya, "check", asked.key)
    )
    client.post(at(maya, "verify_evidence", old.pk), {"check": asked.key})
    assert state() == "assigned"
    client.post(at(lena, "verify_evidence", old.pk), {"check": asked.key})
    assert state() == "met"
    confirmed = "Lena Haas confirmed on"
    assert confirmed in page(client, at(maya, "check", asked.key))
    meet_check(evidence=old, days_valid=None, **act)
    assert state() == "met"  # said again, it takes nothing away
    reopen_check(reason="It broke.", **act)
    assert Check.objects.get().met_by is None
