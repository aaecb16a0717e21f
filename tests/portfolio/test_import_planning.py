"""What each row becomes, and which initiative it belongs to."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from portfolio.importing.fields import FIELDS
from portfolio.importing.mapping import MappingError, load_data, load_preset
from portfolio.importing.parsing import DoubtfulError, fold, parse, parse_date
from portfolio.importing.planning import (
    ANSWER_LEAVE_OUT,
    ANSWER_NEW,
    Known,
    Outcome,
    Plan,
    make_plan,
)
from portfolio.importing.reading import read
from portfolio.importing.rows import ReadRow, read_rows
from portfolio.importing.safe import FORMULA_STARTS, safe_cell
from portfolio.importing.suggesting import suggest_mapping
from tests.portfolio.inventory import CSV, XLS, csv_bytes, needs_inventory, raw_rows

MAPPING = load_data(
    {
        "tell_apart": "problem",
        "columns": [
            {"field": "name", "heading": "Project"},
            {"field": "unit", "heading": "Department"},
            {"field": "stage", "heading": "Status", "values": {"Live": "steady", "": "intake"}},
            {"field": "problem", "heading": "Description"},
        ],
    }
)


def rows_of(*rows: tuple[str, ...]) -> list[ReadRow]:
    return read_rows(read(csv_bytes(*rows), name="a.csv"), MAPPING)


def known_from(plan: Plan, **changes: object) -> list[Known]:
    """What would be known after importing the plan."""
    return [
        Known(
            id=100 + i,
            label=f"AI-{100 + i}",
            key=each.row.key,
            apart=each.row.apart,
            current={**each.row.values, **changes},  # type: ignore[dict-item]
            imported=each.row.values,
            digest=each.row.digest,
        )
        for i, each in enumerate(plan.rows)
    ]


def outcomes(plan: Plan) -> list[str]:
    return [str(row.outcome) for row in plan.rows]


def test_the_same_rows_again_change_nothing() -> None:
    rows = rows_of(("A", "HR", "Live", "x"), ("A", "HR", "Live", "y"), ("A", "HR", "Live", "y"))
    assert outcomes(make_plan(rows, known_from(make_plan(rows)))) == ["unchanged"] * 3


def test_rows_in_another_order_are_still_themselves() -> None:
    rows = rows_of(("A", "HR", "Live", "x"), ("A", "HR", "", "y"), ("B", "HR", "", "z"))
    known = known_from(make_plan(rows))
    plan = make_plan(
        rows_of(("B", "HR", "", "z"), ("A", "HR", "", "y"), ("A", "HR", "Live", "x")), known
    )
    assert [each.known and each.known.id for each in plan.rows] == [102, 101, 100]


def test_case_and_spacing_do_not_make_another_initiative() -> None:
    known = known_from(make_plan(rows_of(("Chat Bot", "HR", "", "x"))))
    plan = make_plan(rows_of(("chat  bot ", "hr", "", "x")), known)
    assert plan.rows[0].known is known[0]
    assert [change.field for change in plan.rows[0].changes] == ["name"]


def test_rows_sharing_a_key_are_told_apart_by_their_description() -> None:
    known = known_from(make_plan(rows_of(("A", "HR", "", "x"), ("A", "HR", "", "y"))))
    plan = make_plan(rows_of(("A", "HR", "Live", "y"), ("A", "HR", "Live", "x")), known)
    assert [each.known and each.known.id for each in plan.rows] == [101, 100]
    assert {change.field for each in plan.rows for change in each.changes} == {"stage"}


def test_the_last_one_left_on_each_side_belong_together() -> None:
    known = known_from(make_plan(rows_of(("A", "HR", "", "x"), ("A", "HR", "", "y"))))
    plan = make_plan(rows_of(("A", "HR", "", "x"), ("A", "HR", "Live", "new words")), known)
    assert plan.rows[1].known is known[1]


def test_more_than_one_left_is_asked_and_never_guessed() -> None:
    known = known_from(make_plan(rows_of(("A", "HR", "", "x"), ("A", "HR", "", "y"))))
    rows = rows_of(("A", "HR", "", "p"), ("A", "HR", "", "q"))
    plan = make_plan(rows, known)
    assert outcomes(plan) == ["ask", "ask"]
    assert plan.rows[0].candidates == tuple(known)
    answered = make_plan(rows, known, answers={2: known[1].id, 3: ANSWER_NEW})
    assert outcomes(answered) == ["changed", "new"]
    assert outcomes(make_plan(rows, known, answers={2: ANSWER_LEAVE_OUT, 3: ANSWER_NEW})) == [
        "left_out",
        "new",
    ]


def test_twins_are_flagged_and_not_merged() -> None:
    plan = make_plan(rows_of(("A", "HR", "", "x"), ("B", "HR", "", "x"), ("A", "HR", "", "x")))
    assert [(each.outcome, each.twins, each.occurrence) for each in plan.rows] == [
        (Outcome.NEW, (4,), 1),
        (Outcome.NEW, (), 1),
        (Outcome.NEW, (2,), 2),
    ]


def test_what_people_edited_is_kept_and_said() -> None:
    known = known_from(make_plan(rows_of(("A", "HR", "", "x"))), problem="mended by hand")
    assert outcomes(make_plan(rows_of(("A", "HR", "", "x")), known)) == ["unchanged"]
    change = make_plan(rows_of(("A", "HR", "", "z")), known).rows[0].changes[0]
    assert (change.field, change.kept) == ("problem", "edited here since the last import")


def test_a_stage_that_a_gate_decided_outranks_the_file() -> None:
    first = make_plan(rows_of(("A", "HR", "Live", "x")))
    known = [
        Known(1, "AI-0001", each.row.key, "x", {**each.row.values, "stage": "limited"},
              each.row.values, each.row.digest, held_by="gates outrank a claim")
        for each in first.rows
    ]  # fmt: skip
    change = make_plan(rows_of(("A", "HR", "Pilot", "x")), known).rows[0].changes[0]
    assert (change.before, change.after) == ("limited", "pilot")
    assert change.kept == "gates outrank a claim"


def test_an_initiative_entered_by_hand_loses_nothing_to_a_blank_cell() -> None:
    row = rows_of(("A", "HR", "", ""))[0]
    by_hand = Known(7, "AI-0007", row.key, "", {**row.values, "problem": "written by hand"})
    assert outcomes(make_plan([row], [by_hand])) == ["unchanged"]


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        (("", "HR", "", ""), "Project", "empty"),
        (("A", " ", "", ""), "Department", "empty"),
        (("A", "HR", "Somewhere", ""), "Status", "Nothing says what this value becomes"),
        (("n" * 10_000, "HR", "", ""), "Project", "10,000 characters and 500 fit"),
        (("#REF!", "HR", "", ""), "Project", "Mend the formula"),
    ],
)
def test_an_invalid_row_names_column_and_fix(row: tuple[str, ...], column: str, why: str) -> None:
    planned = make_plan(rows_of(row, ("B", "HR", "", ""))).rows[0]
    assert planned.outcome is Outcome.INVALID
    assert planned.row.problems[0].column == column
    assert why in planned.row.problems[0].why


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xyz")), max_size=8))
def test_a_second_import_never_asks_and_never_changes(pairs: list[tuple[str, str]]) -> None:
    rows = rows_of(("Z", "HR", "", ""), *[(name, "HR", "", text) for name, text in pairs])
    again = make_plan(rows, known_from(make_plan(rows)))
    assert set(outcomes(again)) == {"unchanged"}
    assert again.absent == ()


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(["mdy", "dmy"]))
def test_dates_come_back_from_every_common_form(day: date, order: str) -> None:
    first, second = (day.month, day.day) if order == "mdy" else (day.day, day.month)
    for text in (
        f"{day:%Y-%m-%d}",
        f"{first}/{second}/{day.year}",
        f"{first:02}.{second:02}.{day.year} 00:00",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%b} {day.day}, {day.year}",
    ):
        assert parse_date(text, order=order) == day


@pytest.mark.parametrize("text", ["Q4FY25", "22-Jul", "2/30/2024", "Ongoing", "Pre-2016"])
def test_what_is_no_date_stays_text(text: str) -> None:
    with pytest.raises(DoubtfulError, match="kept as text"):
        parse_date(text)


def test_a_doubtful_date_suggests_what_may_be_meant() -> None:
    with pytest.raises(DoubtfulError, match="10/1/2023"):
        parse_date("10/12023")
    with pytest.raises(DoubtfulError, match="the year 2024"):
        parse_date("7/16/1905")


@pytest.mark.parametrize("text", ["N/A", "NA", "", " n/a ", "-", "None"])
def test_what_says_there_is_no_date_is_no_date(text: str) -> None:
    assert parse(FIELDS["initiated"], text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("12,000", 12_000), ("1 200", 1_200), ("7.0", 7), ("N/A", None)]
)
def test_numbers_are_read_as_people_write_them(text: str, number: int | None) -> None:
    assert parse(FIELDS["population"], text) == number


def test_a_mapping_says_what_is_wrong_with_it() -> None:
    with pytest.raises(MappingError, match="No column becomes “Unit"):
        load_data({"columns": [{"field": "name", "heading": "A"}]})
    with pytest.raises(MappingError, match="cannot become “nowhere”"):
        load_data({"columns": [{"field": "stage", "heading": "A", "values": {"x": "nowhere"}}]})


def test_headings_that_repeat_are_told_apart_by_position() -> None:
    sheet = read(b"Name,Unit,Note,Note\nA,HR,first,second\n", name="a.csv")
    columns = [{"field": "name", "heading": "Name"}, {"field": "unit", "heading": "Unit"}]
    with pytest.raises(MappingError, match="stands over columns C, D"):
        read_rows(
            sheet, load_data({"columns": [*columns, {"field": "problem", "heading": "Note"}]})
        )
    placed = load_data(
        {"columns": [*columns, {"field": "problem", "heading": "Note", "position": 4}]}
    )
    assert read_rows(sheet, placed)[0].values["problem"] == "second"


def test_an_inventory_with_other_columns_gets_a_sound_first_guess() -> None:
    sheet = read(
        b"Project;Department;Status;Owner email;Description;Start date\n"
        b"Chatbot;HR;Pilot;a@example.org;Answers;31/12/2023\n"
        b"OCR;Finance;In production;;Reads;02/01/2024\n",
        name="a.csv",
    )
    preset, mapping = suggest_mapping(sheet)
    assert preset == ""
    first, second = read_rows(sheet, mapping, {"a@example.org": "a@example.org"})
    assert (first.values["stage"], second.values["stage"]) == ("pilot", "steady")
    assert first.values["owner"] == "a@example.org"
    assert second.values["initiated"] == "2024-01-02"


@given(st.text(max_size=30))
def test_nothing_exported_begins_like_a_formula(text: str) -> None:
    safe = str(safe_cell(text))
    assert not safe.startswith(FORMULA_STARTS)
    written = ILLEGAL_CHARACTERS_RE.sub("", text)
    assert safe.removeprefix("'") in (written, written.removeprefix("'"))
    assert ILLEGAL_CHARACTERS_RE.search(safe) is None


@needs_inventory
def test_the_published_inventory_is_placed_as_counted_from_the_file_itself() -> None:
    rows = read_rows(read(CSV), load_preset("omb-2024"))
    plan = make_plan(rows)
    assert plan.counts == {"new": 2_133}
    stages, impacts = Counter[str](), Counter[str]()
    for cells in raw_rows()[1:]:
        words, impact = " ".join(cells[9].split()), cells[10].strip().lower()
        stages[
            {
                "Operation and Maintenance": "steady",
                "In production": "steady",
                "In mission": "steady",
                "Implementation and Assessment": "limited",
                "Acquisition and/or Development": "pilot",
                "Research or Administrative Action Complete": "stopped",
                "Retired": "retired",
            }.get(words, "intake")
        ] += 1
        impacts[
            {"neither": "ordinary", "both": "both", "rights-impacting": "rights"}.get(
                impact, "safety" if impact == "safety-impacting" else "not_assessed"
            )
        ] += 1
    assert Counter(row.values["stage"] for row in rows) == stages
    assert Counter(row.values["impact_class"] for row in rows) == impacts
    assert stages == Counter(steady=892, limited=287, pilot=404, intake=403, stopped=5, retired=142)
    assert len({row.key for row in rows}) == 2_083


@needs_inventory
def test_the_xls_gives_the_same_portfolio_but_for_eight_benefits() -> None:
    """Eight of the ten texts that the .csv spoilt are in a mapped column; all dates agree."""
    preset = load_preset("omb-2024")
    known = known_from(make_plan(read_rows(read(CSV), preset)))
    plan = make_plan(read_rows(read(XLS), preset), known)
    assert {
        (each.row.number, change.field)
        for each in plan.of(Outcome.CHANGED)
        for change in each.changes
    } == {(row, "benefit") for row in (36, 41, 625, 846, 870, 1086, 1409, 1415)}
    assert plan.counts == {"unchanged": 2_125, "changed": 8}


@needs_inventory
def test_dates_without_a_year_stay_text_with_a_warning_in_both_formats() -> None:
    for path in (CSV, XLS):
        doubts = [d for row in read_rows(read(path), load_preset("omb-2024")) for d in row.doubts]
        assert sum("has no year" in doubt.why for doubt in doubts) == 65


def test_folding_is_stable() -> None:
    assert fold(" Research or  Administrative\u200b Action ") == "research or administrative action"
