"""Lists that go to a spreadsheet: nothing of them is carried out there, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from domain.errors import InputRefused
from starters.files.outgoing import MARK, as_csv, as_xlsx, write

FORMULAS = ["=1+1", "+49 40 123", "-5", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A1", " =1+1", "＝1"]
PLAIN = ["Kaffee, süß", 'so "genannt"', "a=b", "00123", "'quoted"]


def rows_of(content: bytes) -> list[list[str]]:
    text = content.decode()
    assert text.startswith(MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))


def test_a_text_that_begins_like_a_formula_gets_an_apostrophe_in_csv_and_numbers_stay_numbers() -> None:
    rows = rows_of(as_csv(("=Item", "Units"), [(text, -5) for text in (*FORMULAS, *PLAIN)]))
    assert rows[0] == ["'=Item", "Units"]
    assert rows[1:] == [*([f"'{text}", "-5"] for text in FORMULAS), *([text, "-5"] for text in PLAIN)]


def test_amounts_days_and_times_are_written_plainly() -> None:
    when = datetime(2026, 11, 26, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert rows_of(as_csv(("A", "B", "C", "D"), [(Decimal("-1E+3"), date(2026, 12, 4), when, None)]))[1] == [
        "-1000", "2026-12-04", "2026-11-25 23:30:00", "",
    ]  # fmt: skip


def test_a_workbook_has_texts_as_texts_and_no_formula() -> None:
    when = datetime(2026, 11, 26, 9, tzinfo=UTC)
    content = as_xlsx(
        "Orders", ("=Item", "Units", "Worth", "At"), [(text, -5, Decimal("12.50"), when) for text in (*FORMULAS, *PLAIN, "a\0b")]
    )
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True] * (len(FORMULAS) + 1) + [False] * (len(PLAIN) + 1)
    assert cells[1].value == "=1+1"
    assert cells[-1].value == "a\ufffdb"
    assert [cell.value for cell in list(sheet.iter_rows())[1][1:]] == [-5, 12.5, datetime(2026, 11, 26, 9)]  # noqa: DTZ001  # Excel knows no zones
    assert (sheet.title, sheet.freeze_panes) == ("Orders", "A2")


def test_the_kind_of_file_is_its_name(tmp_path: Path) -> None:
    assert write(tmp_path / "a.CSV", "Orders", ("Item",), [("KET-100",)]) == 1
    assert (tmp_path / "a.CSV").read_bytes() == f"{MARK}Item\r\nKET-100\r\n".encode()
    with pytest.raises(InputRefused, match=r"--out: '.pdf' is neither .csv nor .xlsx"):
        write(tmp_path / "a.pdf", "Orders", ("Item",), [])
    assert not (tmp_path / "a.pdf").exists()
