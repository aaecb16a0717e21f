"""The import in a browser's requests: file, columns, values, dry run, confirmation, undo."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout
from initiatives.models import Initiative
from portfolio.importing.reading import MAX_BYTES
from portfolio.models import ImportBatch, ImportState
from portfolio.views import import_steps
from tests.factories import make_playbook
from tests.portfolio.inventory import CSV, csv_bytes, needs_inventory, xlsx_bytes

pytestmark = pytest.mark.django_db
HEADINGS = ("Project", "Department", "Status", "Description")
ROWS = (("Chatbot", "HR", "Live", "Answers"), ("OCR", "Finance", "Dreaming", "Reads"))


@pytest.fixture(autouse=True)
def playbook(db: None) -> None:
    make_playbook()


@pytest.fixture
def office(hannah: User, client: Client) -> Client:
    client.force_login(hannah)
    return client


def upload(client: Client, content: bytes, name: str = "inventory.csv"):
    return client.post(reverse("portfolio:imports"), {"file": SimpleUploadedFile(name, content)})


def at(name: str) -> str:
    return reverse(f"portfolio:{name}", args=[ImportBatch.objects.get().pk])


def columns_of(client: Client) -> dict[str, object]:
    """What the columns form would send as it is shown."""
    form = client.get(at("import_columns")).context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, "")}


def values_of(client: Client, **chosen: str) -> dict[str, str]:
    """What the values form would send, with choices for texts of the file."""
    form = client.get(at("import_values")).context["form"]
    return {
        field.html_name: chosen.get(text, field.value())
        for _name, _heading, rows in form.groups
        for text, _count, field in rows
    }


def to_the_dry_run(client: Client, content: bytes, name: str = "inventory.csv", **chosen: str):
    upload(client, content, name)
    client.post(at("import_columns"), columns_of(client))
    response = client.post(at("import_values"), values_of(client, **chosen))
    assert response.status_code == 302, response.context["form"].errors
    return client.get(at("import_dry_run"))


def confirm(client: Client, page, **extra: str):
    return client.post(at("import_confirm"), {"seen": page.context["seen"], **extra})


def test_from_a_file_to_initiatives_and_back(office: Client) -> None:
    page = to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    assert "2 of 2 rows would add or change an initiative" in page.text
    assert Initiative.objects.count() == 0
    done = office.get(confirm(office, page).url)
    assert "2 initiatives came from this file" in done.text
    whole = "2 rows in the file: 2 new, 0 changed, 0 unchanged, 0 invalid."
    assert whole in page.text
    assert whole in done.text
    assert set(Rollout.objects.values_list("stage", flat=True)) == {"steady", "intake"}
    assert "2 initiatives" in office.get(at("import_undo")).text
    office.post(at("import_undo"))
    assert Initiative.objects.count() == 0
    assert "taken back" in office.get(at("import_batch")).text


def test_a_value_that_nobody_placed_must_be_chosen(office: Client) -> None:
    upload(office, csv_bytes(*ROWS))
    office.post(at("import_columns"), columns_of(office))
    sent = values_of(office)
    refused = office.post(at("import_values"), sent)
    assert refused.status_code == 422
    assert "Choose what it becomes" in refused.text


def test_rows_of_a_value_can_be_left_out(office: Client) -> None:
    page = to_the_dry_run(office, csv_bytes(*ROWS), Dreaming="leave_out", Live="steady")
    assert page.context["count"]["left_out"] == 1
    assert "1 new, 0 changed, 0 unchanged, 0 invalid, 0 to be answered, 1 left out" in page.text
    rows = office.get(reverse("portfolio:import_rows", args=[page.context["batch"].pk, "left_out"]))
    assert "1 row: left out" in rows.text
    assert "OCR" in rows.text
    confirm(office, page)
    assert Initiative.objects.get().name == "Chatbot"


def test_invalid_rows_are_shown_by_number_and_can_be_downloaded_safely(office: Client) -> None:
    rows = [
        ("Chatbot", "HR", "Live", "x"),
        ("=1+1", "", "Live", "@SUM"),
        ("n" * 10_000, "HR", "", ""),
    ]
    page = to_the_dry_run(office, csv_bytes(*rows), Live="steady")
    assert "10,000 characters and 500 fit" in page.text
    download = office.get(at("import_invalid"))
    lines = list(csv.reader(io.StringIO(download.content.decode("utf-8-sig"))))
    assert [line[0] for line in lines] == ["Row", "3", "4"]
    assert "Department: It is empty" in lines[1][1]
    assert (lines[1][2], lines[1][5]) == ("'=1+1", "'@SUM")


def test_headings_that_repeat_can_each_be_chosen(office: Client) -> None:
    content = csv_bytes(("A", "HR", "one", "two"), headings=("Name", "Unit", "Note", "Note"))
    upload(office, content)
    page = office.get(at("import_columns"))
    assert "C · Note" in page.text
    assert "D · Note" in page.text
    office.post(at("import_columns"), {**columns_of(office), "column_problem": "3"})
    page = office.get(at("import_dry_run"))
    confirm(office, page)
    assert Initiative.objects.get().problem == "two"


def test_a_file_without_a_unit_column_takes_one_unit_for_all(office: Client) -> None:
    upload(office, csv_bytes(("Chatbot", "Live"), headings=("Title", "Status")))
    sent = {"column_name": "0", "column_stage": "1", "date_order": "mdy"}
    refused = office.post(at("import_columns"), sent)
    assert refused.status_code == 422
    assert "No column becomes “Unit" in refused.text
    office.post(at("import_columns"), {**sent, "unit_for_all": "Head office"})
    office.post(at("import_values"), values_of(office, Live="steady"))
    confirm(office, office.get(at("import_dry_run")))
    assert str(Initiative.objects.get().unit) == "Head office"


def test_another_sheet_can_be_chosen(office: Client) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for name in ("Old", "New"):
        sheet = book.create_sheet(name)
        sheet.append(["Project", "Department"])
        sheet.append([f"{name} one", "HR"])
    out = io.BytesIO()
    book.save(out)
    upload(office, out.getvalue(), "inventory.xlsx")
    assert ImportBatch.objects.get().sheet.name == "Old"
    office.post(at("import_reading"), {"sheet": "New"})
    assert ImportBatch.objects.get().sheet.rows[0].cells[0] == "New one"


def test_confirming_twice_imports_once(office: Client) -> None:
    page = to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    first, second = confirm(office, page), confirm(office, page)
    assert first.url == second.url
    assert Initiative.objects.count() == 2


def test_a_dry_run_that_no_longer_holds_is_shown_again(office: Client) -> None:
    page = to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    response = office.post(at("import_confirm"), {"seen": "0" * 64})
    assert response.status_code == 409
    assert "changed since this dry run" in response.text
    assert Initiative.objects.count() == 0
    confirm(office, page)
    assert Initiative.objects.count() == 2


def test_changed_rows_are_applied_only_when_asked(office: Client, hannah: User) -> None:
    confirm(office, to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake"))
    ImportBatch.objects.update(file_name="first.csv")
    first = ImportBatch.objects.get()
    for sent, expected in (({}, "Answers"), ({"update": "on"}, "Answers more")):
        upload(office, csv_bytes(("Chatbot", "HR", "Live", "Answers more"), ("New", "HR", "", "x")))
        batch = ImportBatch.objects.filter(state=ImportState.DRAFT).get()
        args = [batch.pk]
        form = office.get(reverse("portfolio:import_columns", args=args)).context["form"]
        office.post(
            reverse("portfolio:import_columns", args=args),
            {b.html_name: b.value() for b in form if b.value()},
        )
        page = office.get(reverse("portfolio:import_dry_run", args=args))
        assert page.context["count"]["changed"] == 1
        office.post(
            reverse("portfolio:import_confirm", args=args), {"seen": page.context["seen"], **sent}
        )
        assert Initiative.objects.get(name="Chatbot").problem == expected
    assert first.rows.count() == 2


def test_a_row_that_several_could_match_is_asked_about(office: Client) -> None:
    twins = [("Chatbot", "HR", "Live", "one"), ("Chatbot", "HR", "Live", "two")]
    confirm(office, to_the_dry_run(office, csv_bytes(*twins), Live="steady"))
    ImportBatch.objects.update(state=ImportState.CONFIRMED)
    ours = list(Initiative.objects.order_by("number"))
    others = [("Chatbot", "HR", "Live", "three"), ("Chatbot", "HR", "Live", "four")]
    upload(office, csv_bytes(*others))
    args = [ImportBatch.objects.filter(state=ImportState.DRAFT).get().pk]
    page = office.get(reverse("portfolio:import_dry_run", args=args))
    assert page.context["count"]["ask"] == 2
    assert (
        "2 rows in the file: 0 new, 0 changed, 0 unchanged, 0 invalid, 2 not answered" in page.text
    )
    office.post(
        reverse("portfolio:import_answers", args=args),
        {"row_2": str(ours[1].pk), "row_3": "new"},
    )
    page = office.get(reverse("portfolio:import_dry_run", args=args))
    assert (page.context["count"]["changed"], page.context["count"]["new"]) == (1, 1)


def test_a_file_that_cannot_be_read_is_refused_on_the_form(office: Client) -> None:
    for content, name, words in (
        (b"", "a.csv", "The file is empty"),
        (b"x,y\n", "a.csv", "no rows under them"),
        (xlsx_bytes(["A", "B", "C", "D"]), "a.csv", "named .csv but holds"),
        (b"x" * (MAX_BYTES + 1), "a.csv", "at most 20 MB"),
        (b"PK", "a.docx", "cannot be imported"),
    ):
        response = upload(office, content, name)
        assert response.status_code == 422, name
        assert words in response.text
    assert not ImportBatch.objects.exists()


def test_the_form_works_without_a_file(office: Client) -> None:
    response = office.post(reverse("portfolio:imports"))
    assert response.status_code == 422
    assert "Inventory file" in response.text


def test_a_draft_can_be_dropped(office: Client) -> None:
    upload(office, csv_bytes(*ROWS))
    office.post(at("import_discard"))
    assert not ImportBatch.objects.exists()


def test_the_file_is_kept_as_it_was_given(office: Client) -> None:
    content = csv_bytes(*ROWS)
    upload(office, content)
    response = office.get(at("import_file"))
    assert response.content == content
    assert "attachment" in response["Content-Disposition"]


def test_only_the_program_office_imports(client: Client, carol: User, hannah: User) -> None:
    client.force_login(hannah)
    upload(client, csv_bytes(*ROWS))
    addresses = [
        reverse("portfolio:imports"),
        *(at(f"import_{name}") for name in ("columns", "values", "dry_run", "file", "undo")),
        at("import_batch"),
    ]
    client.force_login(carol)
    assert {client.get(address).status_code for address in addresses} == {403}
    assert client.post(at("import_confirm")).status_code == 403
    client.logout()
    assert {client.get(address).status_code for address in addresses} == {302}


@needs_inventory
def test_the_published_inventory_in_the_browser(office: Client) -> None:
    page = to_the_dry_run(office, CSV.read_bytes(), CSV.name)
    assert "2,133 of 2,133 rows would add or change an initiative" in page.text
    assert "Windows-1252" in page.text
    stages = {row.text: row.count for row in page.context["becomes"][0]["rows"]}
    assert (stages["Operation and Maintenance"], stages[""]) == (874, 4)
    dates = page.context["dates"][0]
    assert dates["heading"] == "Date Initiated"
    assert dates["read"] + dates["empty"] + dates["words"] == 2_133
    assert not re.search(r"\bNone\b", re.sub(r"<[^>]+>", " ", page.text).split("Dates")[0][-2_000:])
    confirm(office, page)
    assert Initiative.objects.count() == 2_133


def test_the_row_is_kept_whole_for_everybody_who_may_see_the_initiative(
    office: Client, maya: User, oscar: User
) -> None:
    rows = [("Chatbot", "HR", "Live", "two\nlines", "maya.okafor@example.com", "not mapped")]
    content = csv_bytes(*rows, headings=(*HEADINGS, "Owner", "Remarks"))
    confirm(office, to_the_dry_run(office, content, Live="steady"))
    address = reverse("portfolio:imported_row", args=[Initiative.objects.get().reference])
    for person, status in ((maya, 200), (oscar, 404)):
        office.force_login(person)
        assert office.get(address).status_code == status
    office.force_login(maya)
    page = office.get(address)
    assert "Row 2 of inventory.csv" in page.text
    assert "not mapped" in page.text


def test_dropping_a_draft_removes_its_file(
    office: Client, django_capture_on_commit_callbacks
) -> None:
    upload(office, csv_bytes(*ROWS))
    file = ImportBatch.objects.get().file
    with django_capture_on_commit_callbacks(execute=True):
        office.post(at("import_discard"))
    assert not file.storage.exists(file.name)


def test_without_a_mapping_every_later_step_leads_back_to_the_columns(office: Client) -> None:
    upload(office, csv_bytes(("alpha", "beta"), headings=("foo", "bar")))
    pk = ImportBatch.objects.get().pk
    assert ImportBatch.objects.get().mapping is None
    later = (
        office.get(at("import_values")),
        office.get(at("import_dry_run")),
        office.get(reverse("portfolio:import_rows", args=[pk, "new"])),
        office.get(at("import_invalid")),
        office.post(at("import_confirm")),
    )
    assert {response.url for response in later} == {at("import_columns")}
    assert "Choose first what each column means." in office.get(at("import_columns")).text


def test_an_answer_to_no_row_is_left_aside(office: Client) -> None:
    to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    office.post(at("import_answers"), {"row_²": "new", "row_x": "new", "row_2": "new"})
    assert ImportBatch.objects.get().answers == {"2": "new"}
    assert office.get(at("import_dry_run")).status_code == 200


LATE = {
    "columns": {"column_name": "3", "column_unit": "1", "date_order": "mdy"},
    "reading": {"encoding": "utf-8", "delimiter": ","},
    "values": {"stage_0": "pilot", "stage_1": "pilot"},
    "answers": {"row_2": "new"},
    "confirm": {"update": "on"},
}


@pytest.mark.parametrize("name", LATE)
def test_a_step_that_was_opened_before_the_confirmation_changes_nothing(
    office: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    page = to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    read_before = ImportBatch.objects.get()
    confirm(office, page)
    kept = ImportBatch.objects.values().get()
    monkeypatch.setattr(import_steps, "get_object_or_404", lambda *a, **k: read_before)
    assert office.post(at(f"import_{name}"), LATE[name]).url == at("import_batch")
    assert ImportBatch.objects.values().get() == kept


def test_the_steps_of_a_confirmed_import_show_what_it_did(office: Client) -> None:
    confirm(office, to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake"))
    for name in ("columns", "values", "dry_run", "invalid"):
        assert office.get(at(f"import_{name}")).url == at("import_batch")


def test_the_columns_step_shows_the_first_rows_in_a_region_that_keys_can_scroll(
    office: Client,
) -> None:
    upload(office, csv_bytes(*((f"Tool {n}", "HR", "Live", "x" * 300) for n in range(9))))
    page = office.get(at("import_columns"))
    preview = page.text[page.text.index('aria-label="The first rows of the file"') :]
    assert 'tabindex="0" role="region" aria-label="The first rows of the file"' in page.text
    assert [n for n in range(9) if f"<td>Tool {n}</td>" in preview] == [0, 1, 2, 3, 4]
    assert '<th scope="row">6</th>' in preview
    assert "x" * 80 not in preview


def test_every_set_of_twins_can_be_looked_at(office: Client) -> None:
    rows = [(f"Tool {n}", "HR", "Live", f"{kind} {n}") for n in range(30) for kind in ("a", "b")]
    page = to_the_dry_run(office, csv_bytes(*rows), Live="steady")
    assert "18 sets more" in page.text
    first, second = (office.get(at("import_twins"), {"page": number}) for number in (1, 2))
    assert "30 sets of rows that may be the same initiative" in first.text
    shown = re.findall(r"<b>(\d+)</b> ([ab] \d+)", first.text + second.text)
    assert len(shown) == 60
    assert ("2", "a 0") in shown


def test_how_long_it_takes_is_said_before_and_while_it_is_imported(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portfolio.importing.overview.ROWS_A_SECOND", 0.5)
    page = to_the_dry_run(office, csv_bytes(*ROWS), Live="steady", Dreaming="intake")
    assert "It takes about 4 seconds" in page.text
    assert 'data-wait="Importing 2 rows. This takes about 4 seconds;' in page.text
    assert '<p class="wait" role="status" data-wait-says></p>' in page.text
