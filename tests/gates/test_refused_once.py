"""What is wrong with a link or a file is said in one line."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gates.forms.evidence import EvidenceForm
from gates.forms.reviews import CriterionForm
from tests.factories import make_initiative

pytestmark = pytest.mark.django_db
SAID = {"verdict": "met", "note": "41 minutes a case."}


@pytest.mark.parametrize("link", ["javascript:alert(1)", "report", "ftp://files.example.org/1"])
def test_a_bad_link_is_refused_once(link: str) -> None:
    form = EvidenceForm({"title": "Report", "url": link})
    assert form.errors == {
        "url": ["Give “Link” as a whole link, such as https://example.org/report."]
    }


def test_a_file_of_a_kind_that_is_not_taken_is_refused_once() -> None:
    file = SimpleUploadedFile("setup.exe", b"MZ")
    form = CriterionForm(
        {**SAID, "new_title": "Setup"}, {"new_file": file}, initiative=make_initiative()
    )
    (line,) = form.errors["new_file"]
    assert line.startswith("“setup.exe” is of a kind that is not taken.")
    assert set(form.errors) == {"new_file"}


def test_a_good_file_beside_another_error_has_to_be_chosen_again() -> None:
    file = SimpleUploadedFile("baseline.txt", b"41 minutes")
    form = CriterionForm(SAID, {"new_file": file}, initiative=make_initiative())
    assert form.errors["new_file"] == ["Choose the file again: it was not kept."]
