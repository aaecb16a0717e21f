"""What the database and the forms refuse of a single row."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from gates.forms.evidence import EvidenceForm
from initiatives.models import SCORES, Evidence, Initiative
from tests.factories import NOW, make_initiative


@pytest.mark.django_db
@pytest.mark.parametrize("field", SCORES)
@pytest.mark.parametrize("score", [0, 6])
def test_a_score_goes_from_one_to_five(field: str, score: int) -> None:
    make_initiative(**{field: 5})
    with pytest.raises(IntegrityError, match=f"initiatives_{field}_1_to_5"):
        Initiative.objects.update(**{field: score})


@pytest.mark.parametrize("url", ["ftp://files.example.org/report", "ftps://files.example.org/x"])
def test_evidence_is_no_link_that_a_browser_does_not_open(url: str) -> None:
    form = EvidenceForm({"title": "Load test", "url": url})
    assert form.errors == {
        "url": ["Give “Link” as a whole link, such as https://example.org/report."]
    }


@pytest.mark.parametrize("url", ["https://example.org/x", "HTTP://example.org/x", "example.org/x"])
def test_evidence_is_a_link_to_a_page(url: str) -> None:
    assert EvidenceForm({"title": "Load test", "url": url}).is_valid()


@pytest.mark.django_db
def test_the_model_says_the_same(maya: User) -> None:
    evidence = Evidence(
        initiative=make_initiative(),
        title="Load test",
        url="ftp://files.example.org/report",
        added_by=maya,
        added_at=NOW,
    )
    with pytest.raises(ValidationError, match="Begin the link"):
        evidence.full_clean()
