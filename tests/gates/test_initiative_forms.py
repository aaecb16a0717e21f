"""Adding and changing an initiative: what is kept, what is refused, and what it says then."""

import pytest
from django.urls import reverse

from audit.models import Event
from gates.models import Pause, Rollout
from initiatives.models import BusinessUnit, Initiative
from initiatives.services import edit_initiative, set_contributors
from tests.factories import (
    NOW,
    make_initiative,
    make_playbook,
    make_rollout,
    make_unit,
)

pytestmark = pytest.mark.django_db

CREATE = reverse("gates:create")


@pytest.fixture
def rollout(maya, carol, hannah):
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, name="Claims assistant")
    return make_rollout(initiative, by=hannah)


@pytest.fixture
def at(client, rollout):
    """The address of a page of the initiative, for somebody who is signed in."""

    def go(user, name, *args):
        client.force_login(user)
        return reverse(f"gates:{name}", args=[rollout.initiative.reference, *args])

    return go


def typed(form):
    """What a browser sends when nothing is changed on the page."""
    values = {bound.html_name: bound.value() for bound in form}
    return {name: "" if value is None else value for name, value in values.items()}


# Adding


def new(**fields):
    return {
        "name": "Reading aid",
        "unit": make_unit().pk,
        "impact_class": "ordinary",
        "population_unit": "people",
        **fields,
    }


def test_a_form_that_is_sent_twice_adds_one_initiative(client, hannah):
    make_playbook()
    client.force_login(hannah)
    key, other = (client.get(CREATE).context["form"]["form_key"].value() for _ in range(2))
    sent = new(form_key=key)
    first, second = client.post(CREATE, sent), client.post(CREATE, sent)
    assert first.url == second.url == Initiative.objects.get().get_absolute_url()
    assert Rollout.objects.count() == 1
    another = {**sent, "form_key": other, "none_of": Initiative.objects.get().reference}
    assert client.post(CREATE, another).url != first.url


def test_what_is_added_starts_at_intake(client, hannah, maya, carol):
    make_playbook()
    client.force_login(hannah)
    said = new(owner=maya.pk, sponsor=carol.pk, value_score="4", production_budget="false")
    response = client.post(CREATE, said, follow=True)
    initiative = Initiative.objects.get()
    assert response.redirect_chain == [(initiative.get_absolute_url(), 302)]
    assert initiative.reference in response.content.decode()
    assert (initiative.owner, initiative.sponsor) == (maya, carol)
    assert initiative.value_score == 4
    assert initiative.production_budget is False
    assert initiative.production_mandate is None
    assert Rollout.objects.get(initiative=initiative).stage == "intake"


def test_a_new_unit_is_made_along_its_path(client, hannah):
    make_playbook()
    client.force_login(hannah)
    client.post(CREATE, new(unit="", new_unit="Department of Energy > Office  of Science"))
    unit = Initiative.objects.get().unit
    assert unit.label == "Department of Energy › Office of Science"
    assert unit.parent.name == "Department of Energy"


def test_a_refused_form_keeps_what_was_typed(client, hannah):
    make_playbook()
    client.force_login(hannah)
    response = client.post(CREATE, new(unit="", problem="Files are read by hand."))
    html = response.content.decode()
    assert response.status_code == 422
    assert "Choose a unit, or write a new one below." in html
    assert "Files are read by hand." in html
    assert 'value="Reading aid"' in html
    assert not Initiative.objects.exists()


def test_owner_and_sponsor_are_two_people(client, hannah, maya):
    make_playbook()
    client.force_login(hannah)
    response = client.post(CREATE, new(owner=maya.pk, sponsor=maya.pk))
    assert response.status_code == 422
    assert "the sponsor decides what the owner submits" in response.content.decode()
    assert not Initiative.objects.exists()


@pytest.mark.parametrize("who", ["maya", "carol", "lena", "ada"])
def test_only_the_program_office_adds(client, who, request):
    make_playbook()
    client.force_login(request.getfixturevalue(who))
    assert client.get(CREATE).status_code == 403
    assert client.post(CREATE, new()).status_code == 403
    assert not Initiative.objects.exists()


# Editing


def test_an_edit_changes_what_was_changed_and_tells_the_history(client, at, rollout, maya):
    url = at(maya, "edit")
    form = client.get(url).context["form"]
    response = client.post(url, {**typed(form), "benefit": "Seven minutes a claim."}, follow=True)
    rollout.initiative.refresh_from_db()
    assert response.redirect_chain == [(rollout.initiative.get_absolute_url(), 302)]
    assert rollout.initiative.benefit == "Seven minutes a claim."
    event = Event.objects.of(rollout.initiative.chain).newest_first().first()
    assert event.verb == "initiative.edited"
    assert event.data == {"benefit": ["", "Seven minutes a claim."]}


def test_saving_without_a_change_leaves_no_trace(client, at, rollout, maya):
    url = at(maya, "edit")
    before = Event.objects.count()
    client.post(url, typed(client.get(url).context["form"]))
    assert Event.objects.count() == before


def test_two_people_who_change_different_fields_both_keep_their_change(
    client, at, rollout, maya, hannah
):
    url = at(maya, "edit")
    form = client.get(url).context["form"]
    change(rollout, hannah, problem="Theirs.")
    client.post(url, {**typed(form), "benefit": "Mine."})
    rollout.initiative.refresh_from_db()
    assert (rollout.initiative.problem, rollout.initiative.benefit) == ("Theirs.", "Mine.")


def test_two_people_who_change_the_same_field_are_told_and_the_second_may_insist(
    client, at, rollout, maya, hannah
):
    url = at(maya, "edit")
    form = client.get(url).context["form"]
    change(rollout, hannah, problem="Theirs.")
    refused = client.post(url, {**typed(form), "problem": "Mine."})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody else wrote “Theirs.”" in html
    assert ">\nMine.</textarea>" in html
    rollout.initiative.refresh_from_db()
    assert rollout.initiative.problem == "Theirs."
    client.post(url, typed(refused.context["form"]))
    rollout.initiative.refresh_from_db()
    assert rollout.initiative.problem == "Mine."


def change(rollout, by, **fields):
    stored = Initiative.objects.get(pk=rollout.initiative_id)
    edit_initiative(initiative=stored, fields=fields, version=stored.version, by=by, at=NOW)


def test_what_the_page_had_shown_cannot_be_forged(client, at, maya, rollout):
    url = at(maya, "edit")
    form = client.get(url).context["form"]
    response = client.post(url, {**typed(form), "seen": "made:up", "name": "Another"})
    assert response.status_code == 422
    assert Initiative.objects.get().name == "Claims assistant"


def test_an_edit_may_move_it_to_a_new_unit(client, at, maya, rollout):
    url = at(maya, "edit")
    form = client.get(url).context["form"]
    client.post(url, {**typed(form), "new_unit": "Department of Energy"})
    assert Initiative.objects.get().unit == BusinessUnit.objects.get(label="Department of Energy")


@pytest.mark.parametrize("path", ["edit", "pause", "contributors", "people", "add_evidence"])
@pytest.mark.parametrize(("who", "status"), [("lena", 403), ("carol", 403), ("oscar", 404)])
def test_who_has_no_right_is_turned_away(client, at, path, who, status, request):
    assert client.get(at(request.getfixturevalue(who), path)).status_code == status


# People


def test_the_program_office_names_owner_and_sponsor(client, at, rollout, hannah, devin):
    url = at(hannah, "people")
    response = client.post(url, {"owner": devin.pk, "sponsor": rollout.initiative.sponsor_id})
    assert response.status_code == 302
    assert Initiative.objects.get().owner == devin


def test_an_owner_who_sponsors_is_refused_and_the_choice_kept(client, at, rollout, hannah, carol):
    url = at(hannah, "people")
    response = client.post(url, {"owner": carol.pk, "sponsor": carol.pk})
    assert response.status_code == 422
    assert f'value="{carol.pk}" selected' in response.content.decode()


def test_an_owner_adds_and_removes_contributors(client, at, rollout, maya, devin, lena):
    url = at(maya, "contributors")
    set_contributors(initiative=rollout.initiative, people=[lena], by=maya, at=NOW)
    client.post(url, {"person": devin.pk})
    assert members(rollout) == {devin.pk, lena.pk}
    response = client.post(url, {"remove": lena.pk}, follow=True)
    assert "Lena Haas is removed." in response.content.decode()
    assert members(rollout) == {devin.pk}


def members(rollout):
    return set(rollout.initiative.memberships.values_list("user", flat=True))


@pytest.mark.parametrize("wrong", ["999999", "x", ""])
def test_removing_nobody_is_not_found(client, at, maya, wrong):
    assert client.post(at(maya, "contributors"), {"remove": wrong}).status_code == 404


# Pausing


@pytest.mark.seed("S-020", "S-022")
def test_a_pause_has_a_reason_and_a_coded_cause(client, at, rollout, maya):
    url = at(maya, "pause")
    refused = client.post(url, {"reason": "The feed is rebuilt."})
    assert refused.status_code == 422
    assert "The feed is rebuilt." in refused.content.decode()
    client.post(url, {"reason": "The feed is rebuilt.", "cause": "integration"})
    assert Pause.objects.get().cause == "integration"


def test_what_is_paused_already_is_refused_in_words(client, at, rollout, maya):
    said = {"reason": "The feed is rebuilt.", "cause": "integration"}
    client.post(at(maya, "pause"), said)
    response = client.post(at(maya, "pause"), said)
    assert response.status_code == 422
    assert "It is paused already." in response.content.decode()


def test_resuming_is_a_post_and_says_when_there_is_nothing_to_resume(client, at, rollout, maya):
    url = at(maya, "resume")
    assert client.get(url).status_code == 405
    response = client.post(url, follow=True)
    assert "It is not paused." in response.content.decode()
    client.post(at(maya, "pause"), {"reason": "Waits.", "cause": "budget"})
    assert "Resumed." in client.post(url, follow=True).content.decode()
    assert Pause.objects.get().resumed_by == maya


# History


def test_history_is_paged_newest_first_with_its_digests(client, at, rollout, maya):
    for number in range(60):
        change(rollout, maya, problem=f"Number {number}")
    url = at(maya, "history")
    first, second = client.get(url), client.get(url, {"page": 2})
    newest = Event.objects.of(rollout.initiative.chain).newest_first().first()
    assert newest.digest[:8] in first.content.decode()
    assert [told.event.seq for told in first.context["told"]] == list(range(62, 12, -1))
    assert [told.event.seq for told in second.context["told"]] == list(range(12, 0, -1))
    assert "The digests on this page hold" in first.content.decode()


def test_a_broken_chain_is_told_on_its_page(client, at, rollout, maya, monkeypatch):
    url = at(maya, "history")
    monkeypatch.setattr("audit.services.link_digest", lambda event: "0" * 64)
    html = client.get(url).content.decode()
    assert "its content was changed after it was written" in html
    assert "The digests on this page hold" not in html


@pytest.mark.parametrize("field", ["name", "problem"])
def test_control_characters_are_refused(client, hannah, field):
    make_playbook()
    client.force_login(hannah)
    page = client.post(CREATE, new(**{field: "Reading\x0b aid"}))
    assert "Remove the control characters" in page.content.decode()
    assert not Initiative.objects.exists()


def test_long_texts_keep_their_lines(client, hannah):
    make_playbook()
    client.force_login(hannah)
    client.post(CREATE, new(problem="One\r\n\ttwo"))
    assert Initiative.objects.get().problem.splitlines() == ["One", "\ttwo"]
