"""The program office changes the playbook in the browser, and everybody reads it."""

from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.differences import differences
from gates.models import CriterionAnswer, Decision, Rollout
from gates.services.pinning import move_to_version
from playbook import drafting, toml
from playbook.document import Document
from playbook.loading import standard
from playbook.models import PlaybookDraft, PlaybookVersion
from playbook.places import data_of
from playbook.services import publish, start_draft
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_passed,
    make_playbook,
    make_ready,
    make_rollout,
)

pytestmark = pytest.mark.django_db

CRITERION = {
    "name": "Works council heard",
    "needs": "The works council has been heard on the pilot's findings.",
    "why": "Its objections come anyway, and cost more after the rollout.",
    "good_evidence": "The minutes.",
    "failure_mode": "resistance",
    "minutes": "20",
}


def url(name: str, *args: object) -> str:
    return reverse(f"portfolio:{name}", args=args)


@pytest.fixture
def draft(hannah: User) -> PlaybookDraft:
    make_playbook()
    return start_draft(by=hannah, at=timezone.now())


@pytest.fixture
def office(client: Client, hannah: User) -> Client:
    client.force_login(hannah)
    return client


def document_of(draft: PlaybookDraft) -> Document:
    draft.refresh_from_db()
    return Document.model_validate(draft.document)


def save(client: Client, page: str, **values: str):
    """Send the form of the page as it is shown, with these values instead."""
    shown = client.get(page).context["form"]
    data = {}
    for field in shown:
        value = field.value()
        if value is not None and value is not False:
            data[field.html_name] = value
    return client.post(page, {**data, **values}, follow=True)


def test_everybody_reads_the_version_in_force_whole(client: Client, maya: User):
    make_playbook()
    client.force_login(maya)
    page = unescape(client.get(url("playbook")).content.decode())
    document = standard()
    for asked in (*document.checks, *(c for c, _gate in document.placed_criteria)):
        assert asked.name in page
    assert "Draft the next version" not in page


def test_a_draft_is_started_and_dropped(office: Client):
    make_playbook()
    office.post(url("playbook_draft"), {"start": "1"})
    assert PlaybookDraft.objects.under_way()
    office.post(url("playbook_draft"), {"drop": "1", "seen": "0"})
    assert PlaybookDraft.objects.under_way() is None
    events = Event.objects.filter(verb__startswith="playbook.draft").order_by("seq")
    assert list(events.values_list("verb", flat=True)) == [
        "playbook.draft_started",
        "playbook.draft_dropped",
    ]


def test_a_criterion_is_added_to_a_gate(office: Client, draft: PlaybookDraft):
    page = save(office, url("playbook_add", "gates/1/criteria"), **CRITERION)
    added = document_of(draft).gate(1).criteria[-1]
    assert (added.key, added.name, added.minutes) == (
        "works_council_heard",
        "Works council heard",
        20,
    )
    assert "Gate 1: Works council heard" in page.content.decode()


def test_a_criterion_is_added_for_one_impact_class(office: Client, draft: PlaybookDraft):
    save(office, url("playbook_add", "gates/3/criteria"), **CRITERION, only_for="rights")
    document = document_of(draft)
    name = CRITERION["name"]
    assert name in [c.name for c in document.criteria_for(3, "rights")]
    assert name not in [c.name for c in document.criteria_for(3, "ordinary")]


def test_a_check_is_added_to_an_item(office: Client, draft: PlaybookDraft):
    save(office, url("playbook_add", "mvp_items/data/checks"), **CRITERION)
    document = document_of(draft)
    assert len(document.checks) == 21
    assert document.item_of_check("works_council_heard").key == "data"


def test_a_threshold_is_tightened(office: Client, draft: PlaybookDraft):
    save(office, url("playbook_part", "rating"), critical_from="15")
    assert document_of(draft).rating.critical_from == 15


def test_more_voices_are_asked_of_a_remit_and_never_fewer_than_one(
    office: Client, draft: PlaybookDraft
):
    save(office, url("playbook_part", "remits/security"), quorum="2", unanimous="on")
    remit = document_of(draft).remit("security")
    assert (remit.quorum, remit.unanimous) == (2, True)
    page = save(office, url("playbook_part", "remits/security"), quorum="0")
    assert page.status_code == 422
    assert document_of(draft).remit("security").quorum == 2


def test_a_graver_threshold_goes_before_the_others(office: Client, draft: PlaybookDraft):
    where = "failure_modes/data_quality/indicators/records_missing_fields"
    before = len(document_of(draft).mode("data_quality").indicators[0].thresholds)
    save(
        office,
        url("playbook_add", f"{where}/thresholds"),
        when="above",
        figure="1",
        likelihood="1",
        says="Any gap is a sign.",
    )
    indicators = {i.key: i for i in document_of(draft).mode("data_quality").indicators}
    thresholds = indicators["records_missing_fields"].thresholds
    assert before
    assert thresholds[-1].figure == 1
    assert [t.likelihood for t in thresholds] == sorted(
        (t.likelihood for t in thresholds), reverse=True
    )


def test_what_the_standard_asks_is_not_loosened(office: Client, draft: PlaybookDraft):
    page = save(office, url("playbook_part", "rating"), critical_from="20")
    assert page.status_code == 422
    assert "stays at most 16, as in the standard" in page.content.decode()
    assert 'value="20"' in page.content.decode()
    assert document_of(draft) == standard()


def test_what_does_not_fit_names_its_field(office: Client, draft: PlaybookDraft):
    page = save(office, url("playbook_part", "stages/pilot"), **{"weeks-low": "9"})
    assert page.status_code == 422
    assert "low (9) must not be above high (8)" in page.content.decode()


def test_only_what_is_its_own_is_taken_out(office: Client, draft: PlaybookDraft):
    save(office, url("playbook_add", "gates/1/criteria"), **CRITERION)
    own, shipped = "gates/1/criteria/works_council_heard", standard().gate(1).criteria[0].key
    office.post(url("playbook_part", f"gates/1/criteria/{shipped}"), {"remove": "1", "seen": "1"})
    assert len(document_of(draft).gate(1).criteria) == len(standard().gate(1).criteria) + 1
    office.post(url("playbook_part", own), {"remove": "1", "seen": "1"})
    assert document_of(draft) == standard()


def test_every_part_has_a_form_that_saves_as_it_is(office: Client, draft: PlaybookDraft):
    sections = office.get(url("playbook_draft")).context["sections"]
    entries = [entry for section in sections for entry in section.entries]
    assert len(entries) > 250
    for entry in entries[:: max(1, len(entries) // 40)]:
        page = save(office, url("playbook_part", entry.where or "playbook"))
        assert page.status_code == 200, entry.where
    assert document_of(draft) == standard()
    assert draft.edits == 0


def test_two_editors_hear_of_each_other(office: Client, draft: PlaybookDraft, peter: User):
    first, second = url("playbook_part", "stall"), url("playbook_part", "rating")
    shown = office.get(first).context["form"]
    other = Client()
    other.force_login(peter)
    save(other, second, critical_from="14")
    page = office.post(first, {"seen": shown["seen"].value(), "no_progress_days": "21"})
    said = page.content.decode()
    assert page.status_code == 422
    assert "Peter Voss changed the draft meanwhile" in said
    assert "from 16 to 14" in said
    assert 'value="21"' in said
    assert document_of(draft).stall.no_progress_days == 30
    again = page.context["form"]
    office.post(
        first, {"seen": again["seen"].value(), "no_progress_days": "21", "over_longest_plan": "on"}
    )
    document = document_of(draft)
    assert (document.stall.no_progress_days, document.rating.critical_from) == (21, 14)


def test_a_playbook_goes_out_as_toml_and_comes_back(office: Client, draft: PlaybookDraft):
    text = office.get(url("playbook_draft_toml")).content.decode()
    assert toml.loads(text) == standard()
    changed = text.replace("no_progress_days = 30", "no_progress_days = 25")
    file = SimpleUploadedFile("playbook.toml", changed.encode())
    page = office.post(url("playbook_upload"), {"seen": "0", "file": file})
    assert "1 change would go into the draft" in page.content.decode()
    assert document_of(draft) == standard()
    kept = page.context["form"]["text"].value()
    office.post(url("playbook_upload"), {"seen": "0", "text": kept, "apply": "1"})
    assert document_of(draft).stall.no_progress_days == 25


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("no_progress_days = 30", "no_progress_days = = 30"), "This is not TOML yet"),
        (("no_progress_days = 30", "no_progres_days = 30"), "or write no_progress_days"),
        (("no_progress_days = 30", 'no_progress_days = "soon"'), "stall › no_progress_days"),
        (("no_progress_days = 30", "no_progress_days = 45"), "stays at most 30"),
    ],
)
def test_a_file_with_an_error_changes_nothing(office: Client, draft: PlaybookDraft, change, says):
    text = toml.dumps(standard()).replace(*change)
    file = SimpleUploadedFile("playbook.toml", text.encode())
    page = office.post(url("playbook_upload"), {"seen": "0", "file": file, "apply": "1"})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert change[1] in page.context["form"]["text"].value()
    assert document_of(draft) == standard()


def test_publishing_moves_no_rollout_and_moving_one_is_told(
    office: Client, draft: PlaybookDraft, maya: User
):
    rollout = make_rollout(make_initiative(owner=maya))
    stays = make_rollout(make_initiative(owner=maya))
    save(office, url("playbook_add", "gates/0/criteria"), **CRITERION)
    assert (
        "Works council heard" in office.get(url("playbook_publish"), {"replay": 1}).content.decode()
    )
    office.post(url("playbook_publish"), {"seen": "1"})
    current = PlaybookVersion.objects.current()
    assert (current.number, current.shipped) == (2, False)
    assert PlaybookDraft.objects.under_way() is None
    assert {r.playbook.number for r in Rollout.objects.all()} == {1}
    assert make_rollout(make_initiative(owner=maya)).playbook == current

    reference = rollout.initiative.reference
    page = office.get(url("playbook_moves"), {"reference": reference}).content.decode()
    assert "Works council heard" in page
    office.post(url("playbook_moves"), {"pick": rollout.pk, "apply": "1"})
    rollout, stays = (Rollout.objects.get(pk=r.pk) for r in (rollout, stays))
    assert (rollout.playbook.number, stays.playbook.number) == (2, 1)
    ids = {f.id for f in case_of(rollout, at=timezone.now()).evaluation.blockers}
    assert "criterion:works_council_heard" in ids
    event = Event.objects.get(verb="rollout.moved_to_version")
    assert event.data == {"rollout": rollout.pk, "from": 1, "to": 2}


def test_the_draft_and_the_move_tell_of_the_same_rollouts_in_the_same_figures(
    office: Client,
    draft: PlaybookDraft,
    maya: User,
    devin: User,
    carol: User,
    reviewers: list[User],
):
    """One is newly blocked, one asked for more before a gate that is shut anyhow."""
    people = {"owner": maya, "verifier": devin, "reviewers": reviewers, "decider": carol}
    ready = make_passed(
        make_rollout(make_initiative(owner=maya, sponsor=carol, at=NOW), at=NOW),
        gates=1,
        **people,  # type: ignore[arg-type]
    )
    make_ready(ready, by=maya, verifier=devin, at=timezone.now())
    make_rollout(make_initiative(owner=maya))
    save(office, url("playbook_add", "gates/1/criteria"), **CRITERION)
    save(office, url("playbook_add", "gates/0/criteria"), **CRITERION | {"name": "Staff heard"})
    replayed = office.get(url("playbook_publish"), {"replay": 1}).context["replay"].effect
    assert (replayed.rollouts, replayed.blocked, replayed.freed) == (2, 1, 0)
    assert (replayed.otherwise, replayed.same) == (1, 0)
    office.post(url("playbook_publish"), {"seen": "2"})
    moving = office.get(url("playbook_moves"), {"all": "1"})
    assert moving.context["effect"] == replayed
    assert "One would be newly blocked." in moving.content.decode()


def test_what_changed_since_it_was_read_is_not_published(office: Client, draft: PlaybookDraft):
    save(office, url("playbook_part", "rating"), critical_from="15")
    office.post(url("playbook_publish"), {"seen": "0"})
    assert PlaybookVersion.objects.count() == 1


def test_the_same_is_not_published_twice(office: Client, draft: PlaybookDraft):
    page = office.post(url("playbook_publish"), {"seen": "0"}, follow=True)
    assert "Version 1 says exactly this" in page.content.decode()


def test_what_is_no_longer_asked_stands_in_nobodys_way(
    maya: User, devin: User, carol: User, hannah: User, reviewers: list[User]
):
    make_playbook()
    own = {**data_of(standard())["gates"][0]["criteria"][0], "key": "own", "name": "Own"}
    asking = drafting.added(data_of(standard()), ("gates", "0", "criteria"), own)
    publish(document=Document.model_validate(asking), by=hannah, at=NOW)
    initiative = make_initiative(owner=maya, sponsor=carol)
    rollout = make_passed(
        make_rollout(initiative),
        gates=1,
        owner=maya,
        verifier=devin,
        reviewers=reviewers,
        decider=carol,
    )
    asking["edition"] = "3"
    silent = drafting.removed(asking, ("gates", "0", "criteria", "own"))
    third = publish(document=Document.model_validate(silent), by=hannah, at=NOW)
    move_to_version(rollouts=[rollout], version=third, by=hannah, at=NOW)
    facts = Decision.objects.get(rollout=rollout).facts
    titles = [each.title for each in differences(third.parsed, {}, facts)]
    assert "No longer asked: own" in titles
    rollout = Rollout.objects.get(pk=rollout.pk)
    make_decision(rollout, "return", return_to="intake", cause="value", by=carol)
    assert not CriterionAnswer.objects.filter(rollout=rollout, stands=True).exists()
