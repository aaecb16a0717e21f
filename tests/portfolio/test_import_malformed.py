"""Files that cannot be an inventory get one clear sentence, soon and in bounded memory."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from portfolio.importing.reading import MAX_BYTES, ReadError, read
from tests.portfolio.inventory import CSV, ROOT, XLS, csv_bytes, needs_inventory, xlsx_bytes

SECONDS = 5
MEMORY = 700 * 1024 * 1024

# Reads each file named on the command line under a hard memory limit and prints what came of it.
READER = f"""
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
from portfolio.importing.reading import ReadError, read
for name in sys.argv[1:]:
    started = time.perf_counter()
    try:
        said = f"read {{len(read(Path(name)).rows)}} rows"
    except ReadError as error:
        said = f"refused: {{error}}"
    print(json.dumps([Path(name).name, said, time.perf_counter() - started]), flush=True)
"""


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def with_sheet(content: bytes, *, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A sound workbook in which one part holds something else."""
    sound = xlsx_bytes(["A", "HR", "Pilot", "x"])
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sound)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info))
        if part not in old.namelist():
            new.writestr(part, content)
    return out.getvalue()


SPREADSHEETML = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet_of(rows: bytes, *, before: bytes = b"") -> bytes:
    return (
        before
        + b"<worksheet "
        + SPREADSHEETML
        + b"><sheetData>"
        + rows
        + b"</sheetData></worksheet>"
    )


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(ord("b"), ord("j"))
    )
    + b"]>"
)

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

BAD: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "The file is empty"),
    "blank.csv": (b"\n\n , \n", "no rows"),
    "headings-only.csv": (b"Project,Unit\n", "no rows under them"),
    "no-headings.csv": (b"Chatbot,HR,2024-01-01\nOCR,IT,2024-02-01\n", "should hold the column"),
    "no-headings-words.csv": (b"Chatbot,HR,Pilot\nOCR,HR,Pilot\n", "should hold the column"),
    "open-quote.csv": (b'Project,Unit\n"A,HR\nB,IT\n', "cut off"),
    "cut-off.csv": (b"Project,Unit,Stage\nA,HR,Pilot\nB,IT,Pilot\nC,I", "cut off: row 4"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\x00\x00", "holds a picture"),
    "binary.csv": (bytes(range(256)) * 40, "named like text but holds something else"),
    "workbook.csv": (xlsx_bytes(["A", "B", "C", "D"]), "named .csv but holds a compressed"),
    "page.xls": (b"<html><table><tr><td>A</td></tr></table></html>", "holds a web page"),
    "text.xlsx": (csv_bytes(["A", "B", "C", "D"]), "named .xlsx but holds plain text"),
    "text.xls": (csv_bytes(["A", "B", "C", "D"]), "named .xls but holds plain text"),
    "notes.docx": (b"PK\x03\x04", "“.docx” files cannot be imported"),
    "no-ending": (b"Project,Unit\nA,HR\n", "without an ending cannot be imported"),
    "archive.xlsx": (archive(**{"notes.txt": b"x"}), "another kind of archive"),
    "binary-workbook.xlsx": (archive(**{"xl/workbook.bin": b"x"}), "(.xlsb) cannot be imported"),
    "truncated.xlsx": (xlsx_bytes(["A", "B", "C", "D"])[:-400], "damaged or was cut off"),
    "not-xml.xlsx": (with_sheet(b"<worksheet"), "damaged or was cut off"),
    "truncated.xls": (COMPOUND + b"\x00" * 900, "damaged or was cut off"),
    "protected.xlsx": (
        COMPOUND + "EncryptedPackage".encode("utf-16-le"),
        "protected by a password",
    ),
    "bomb-of-zeros.xlsx": (with_sheet(b"0" * 300_000_000, part="xl/media/x.xml"), "unpacks to"),
    "bomb-of-cells.xlsx": (with_sheet(sheet_of(b"<row>" + b"<c/>" * 9_000_000)), "too many cells"),
    "bomb-of-text.xlsx": (
        with_sheet(sheet_of(b"<row><c><v>" + b"1" * 90_000_000 + b"</v></c></row>")),
        "more than a million characters",
    ),
    "bomb-of-strings.xlsx": (
        with_sheet(b"<sst>" + b"<si><t>a</t></si>" * 4_000_000, part="xl/sharedStrings.xml"),
        "too many cells",
    ),
    "far-column.xlsx": (
        with_sheet(sheet_of(b'<row r="1"><c r="ZZZZZZ1" t="inlineStr"/></row>')),
        "beyond column ZZ",
    ),
    "far-row.xlsx": (
        with_sheet(sheet_of(b'<row r="99999999999"><c><v>1</v></c></row>')),
        "damaged",
    ),
    "billion-laughs.xlsx": (
        with_sheet(sheet_of(b"<row><c t='str'><v>&i;</v></c></row>", before=LAUGHS)),
        "damaged",
    ),
    "commas.csv": (b"A,B\n" + b"," * 6_000_000, "no rows under them"),
    "wide.csv": (b"A,B\n" + b"x," * 600_000 + b"\n", "columns; at most 500"),
    "deep.csv": (b"A,B\n" + b"x,y\n" * 900_000, "more than 50,000 rows"),
    "long-cell.csv": (b"A,B\nx," + b"y" * 3_000_000 + b"\n", "quotation mark is opened"),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    folder = tmp_path_factory.mktemp("malformed")
    for name, (content, _) in BAD.items():
        (folder / name).write_bytes(content)
    return reading_under_limits([folder / name for name in BAD])


def reading_under_limits(paths: list[Path]) -> dict[str, tuple[str, float]]:
    done = subprocess.run(
        [sys.executable, "-c", READER, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 + SECONDS * len(paths),
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(paths), done.stderr[-2000:]
    return {name: (said, seconds) for name, said, seconds in lines}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_inventory_is_refused_in_time_and_memory(
    name: str, results: dict[str, tuple[str, float]]
) -> None:
    said, seconds = results[name]
    assert said.startswith("refused: ")
    assert BAD[name][1] in said
    assert seconds < SECONDS


def test_a_file_over_20_mb_is_refused_unparsed() -> None:
    with pytest.raises(ReadError, match=r"20\.0 MB; at most 20 MB"):
        read(b"x" * (MAX_BYTES + 1), name="a.csv")


def test_a_large_path_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with path.open("wb") as sparse:
        sparse.truncate(MAX_BYTES * 500)
    with pytest.raises(ReadError, match="at most 20 MB"):
        read(path)


def test_names_of_ten_thousand_characters_are_read_for_the_plan_to_refuse() -> None:
    sheet = read(csv_bytes(["n" * 10_000, "HR", "Pilot", "x"]), name="a.csv")
    assert len(sheet.rows[0].cells[0]) == 10_000


def test_a_workbook_with_a_million_rows_declared_and_few_filled_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Project", "Unit"])
    book.active.append(["A", "HR"])
    book.active.cell(row=1_048_576, column=1, value=" ")
    out = io.BytesIO()
    book.save(out)
    assert len(read(out.getvalue(), name="a.xlsx").rows) == 1


@needs_inventory
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("path", [CSV, XLS])
def test_the_published_files_cut_off_anywhere_are_refused(path: Path, part: float) -> None:
    data = path.read_bytes()
    with pytest.raises(ReadError, match=r"cut off|never closed"):
        read(data[: int(len(data) * part)], name=path.name)
