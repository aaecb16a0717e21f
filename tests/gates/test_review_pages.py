"""The task list of a gate, judging a criterion, submitting, withdrawing, signing off."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.models import CriterionAnswer, Review, Rollout, SignOff
from gates.services.reviews import open_review
from initiatives.models import Evidence
from initiatives.services import set_contributors
from tests.factories import (
    make_evidence,
    make_initiative,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    return make_rollout(initiative, by=hannah, at=now)


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/"


@pytest.fixture
def ready(rollout: Rollout, maya: User, lena: User) -> Rollout:
    make_ready(rollout, by=maya, verifier=lena, at=timezone.now())
    return rollout


def page(client: Client, user: User, address: str, status: int = 200) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, answer
    return answer.content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_an_owner_opens_a_review_with_a_due_date(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    assert "Open the Gate 0 review" in page(client, maya, f"{url}review/")
    due = timezone.now().date() + timedelta(days=9)
    answer = client.post(f"{url}review/", {"due": due.isoformat()}, follow=True)
    assert "Gate 0 review opened." in answer.content.decode()
    review = Review.objects.get()
    assert (review.gate, review.due, review.opened_by) == (0, due, maya)
