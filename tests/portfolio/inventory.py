"""The published inventory, when it lies beside the repository, and small files made for tests."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
CSV = DATA / "omb-2024-ai-use-case-inventory.csv"
XLS = DATA / "omb-2024-ai-use-case-inventory.xls"

needs_inventory = pytest.mark.skipif(
    not CSV.exists() or not XLS.exists(),
    reason="the published inventory is not in ../shared/data",
)

HEADINGS = ("Project", "Department", "Status", "Description")


def raw_rows() -> list[list[str]]:
    """The file's records, read by nothing but the standard library."""
    text = CSV.read_bytes().decode("cp1252")
    return list(csv.reader(io.StringIO(text, newline="")))


def csv_bytes(*rows: Sequence[object], headings: Sequence[str] = HEADINGS) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue().encode()


def xlsx_bytes(*rows: Sequence[object], headings: Sequence[object] = HEADINGS) -> bytes:
    book = openpyxl.Workbook()
    for row in (headings, *rows):
        book.active.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
