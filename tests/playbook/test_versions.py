"""Published versions are kept for ever, and the shipped standard finds its way in once."""

from datetime import UTC, datetime
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from audit.services import SystemActor
from playbook.document import Document
from playbook.loading import standard
from playbook.models import PlaybookText, PlaybookVersion
from playbook.services import ensure_standard, publish
from tests.together import Meeting, at_once

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def local(edition: str = "1, with local texts") -> Document:
    return Document.model_validate({**standard().model_dump(), "edition": edition})


def test_the_standard_is_published_once():
    first = ensure_standard(at=NOON)
    assert ensure_standard(at=NOON) == first
    assert (first.number, first.shipped) == (1, True)
    assert PlaybookVersion.objects.count() == 1
    assert Event.objects.filter(verb="playbook.published").count() == 1


def test_the_command_publishes_and_says_what_is_in_force():
    said = StringIO()
    call_command("load_playbook", stdout=said)
    call_command("load_playbook", stdout=said)
    assert PlaybookVersion.objects.get().parsed == standard()
    assert said.getvalue().count("Pilot to production, version 1") == 2


def test_a_version_gives_back_the_document_that_it_holds():
    published = publish(document=local(), by=SystemActor(), at=NOON)
    stored = PlaybookVersion.objects.get(pk=published.pk)
    assert stored.parsed == local()
    assert stored.parsed is stored.parsed


def test_the_newest_version_is_current():
    ensure_standard(at=NOON)
    publish(document=local(), by=SystemActor(), at=NOON)
    assert PlaybookVersion.objects.current().number == 2


def test_a_new_release_does_not_override_the_offices_own_version():
    own = publish(document=local(), by=SystemActor(), at=NOON)
    assert ensure_standard(at=NOON) == own


def test_a_new_release_follows_an_older_shipped_one():
    publish(document=local("0"), by=SystemActor(), at=NOON, shipped=True)
    assert ensure_standard(at=NOON).number == 2


def test_listing_versions_does_not_read_their_documents(django_assert_num_queries):
    publish(document=local("listed"), by=SystemActor(), at=NOON)
    PlaybookVersion.objects.current().parsed  # noqa: B018
    with django_assert_num_queries(1) as captured:
        documents = [version.parsed for version in PlaybookVersion.objects.all()]
    assert documents == [local("listed")]
    assert "document" not in captured.captured_queries[0]["sql"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE playbook_playbookversion SET title = 'Another'",
        "DELETE FROM playbook_playbookversion",
        "UPDATE playbook_playbooktext SET document = '{}'",
        "DELETE FROM playbook_playbooktext",
        "TRUNCATE playbook_playbookversion CASCADE",
        "TRUNCATE playbook_playbooktext CASCADE",
    ],
)
def test_the_database_refuses_to_change_what_is_published(statement):
    ensure_standard(at=NOON)
    refused = pytest.raises(DatabaseError, match=r"Cannot update or delete|never truncated")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is still to be checked bars TRUNCATE
        cursor.execute(statement)
    assert PlaybookText.objects.get().document["title"] == "Pilot to production"


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_each_get_a_number(monkeypatch: pytest.MonkeyPatch):
    meeting = Meeting(2)
    create = PlaybookText.objects.create

    def create_together(**fields: Any) -> PlaybookText:
        meeting.wait()
        return create(**fields)

    monkeypatch.setattr(PlaybookText.objects, "create", create_together)
    editions = ("One", "Another")
    published = at_once(
        [
            partial(publish, document=local(edition), by=SystemActor(), at=NOON)
            for edition in editions
        ]
    )
    assert sorted(version.number for version in published) == [1, 2]
    assert {version.parsed.edition for version in published} == set(editions)
