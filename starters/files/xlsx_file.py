"""A workbook: the values of one sheet as they were stored. Nothing in it is carried out, and it is measured before it is opened."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any

from domain.errors import InputRefused
from starters.files.table import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, NOTHING, Cell, Row

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_PARTS = 2_000
LARGEST_INSIDE = 80_000_000
"""Bytes of all parts together, unpacked: some 500,000 filled cells."""
MOST_SHEET_ROWS = 1_048_576
"""What a spreadsheet holds; empty rows are passed over."""

_DECLARATION = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I\x00?T\x00?Y)", re.IGNORECASE)


def is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def sheet_rows(content: bytes, sheet: str = "") -> tuple[list[Row], str]:
    """The rows of the sheet that hold something, and the sheet's name; without a name it is the first that is not hidden.

    InputRefused for what is no workbook, is protected by a password, would unpack beyond `LARGEST_INSIDE`, or has not got the sheet.
    """
    _bounded(content)
    import openpyxl  # a third of a second, only where a workbook comes in

    try:
        values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            name = _chosen(values, sheet)
            formulas = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            try:
                return list(_rows(values[name], formulas[name])), name
            finally:
                formulas.close()
        finally:
            values.close()
    except InputRefused:
        raise
    except Exception as trouble:  # noqa: BLE001  # the library meets broken files with errors of every kind
        raise InputRefused("the document", f"it is a broken workbook ({type(trouble).__name__})") from None


def _bounded(content: bytes) -> None:
    """Refuse archives that unpack beyond reason and XML that declares entities, before anything reads them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names and not any(name.endswith("workbook.xml") for name in names):
                raise InputRefused("the document", "it is a ZIP archive and no Excel workbook (.xlsx)")
            inside = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or inside > LARGEST_INSIDE:
                reason = (
                    f"it unpacks to {len(parts):,} parts of {inside:,} bytes, and at most {MOST_PARTS:,} of {LARGEST_INSIDE:,} are read"
                )
                raise InputRefused("the document", reason)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _DECLARATION.search(archive.read(part)):
                    raise InputRefused("the document", f"its part {part.filename[:60]} declares a document type, which no spreadsheet does")
    except InputRefused:
        raise
    except Exception as trouble:  # noqa: BLE001  # what the archive's reader makes of broken bytes is of every kind
        raise InputRefused("the document", f"it is a broken workbook ({type(trouble).__name__})") from None


def _chosen(book: Workbook, sheet: str) -> str:
    names = [each.title for each in book.worksheets]
    if sheet:
        if sheet not in names:
            raise InputRefused("the document", f"it has no sheet {sheet!r:.60}; its sheets are {', '.join(names[:20])}")
        return sheet
    shown = [each.title for each in book.worksheets if each.sheet_state == "visible"]
    if not shown:
        raise InputRefused("the document", "it has no sheet that can be seen")
    return shown[0]


def _rows(values: Any, formulas: Any) -> Iterator[Row]:
    """Values beside formulas, so that a formula nobody has calculated shows. What the sheet claims of its size is not believed."""
    taken, empty = 0, None
    for sheet in (values, formulas):
        sheet.reset_dimensions()
    bounds = {"max_row": MOST_SHEET_ROWS, "max_col": MOST_COLUMNS}
    for number, (cells, written) in enumerate(zip(values.iter_rows(**bounds), formulas.iter_rows(**bounds), strict=True), 1):
        if written is empty:  # rows that are not there are all the same one: a million of them are passed over in half a second
            continue
        if not any(cell.value is not None for cell in written):
            empty = written
            continue
        row = Row(number, _cells(cells, written))
        if row.empty:
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise InputRefused("the document", f"it has more than {MOST_ROWS:,} rows")
        yield row


def _cells(cells: Sequence[Any], written: Sequence[Any]) -> list[Cell]:
    return [_cell(cell, formula) for cell, formula in zip(cells, [*written, *repeat(None, len(cells) - len(written))], strict=False)]


def _cell(cell: Any, written: Any) -> Cell:
    value = cell.value
    if value is None:
        if written is not None and written.value is not None:
            return Cell(str(written.value)[:80], "a formula that nobody has calculated; open the file in a spreadsheet and save it")
        return NOTHING
    if cell.data_type == "e":
        return Cell(str(value)[:20], "an error of the spreadsheet")
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE")
    if isinstance(value, datetime):
        return Cell(value.date())
    if isinstance(value, date):
        return Cell(value)
    if isinstance(value, int | float):
        return _number(value, str(getattr(cell, "number_format", "")))
    text = " ".join(str(value).split())
    if len(text) > LONGEST_CELL:
        return Cell(text[:80], f"it has {len(text):,} characters, and at most {LONGEST_CELL:,} are read")
    if any(ord(sign) < 32 for sign in text):
        return Cell(ascii(text)[:80], "a character has no business in a text")
    return Cell(text)


def _number(value: float, shape: str) -> Cell:
    """A number as it is shown: 15 digits are what a spreadsheet keeps, and a format of noughts (`00000`) is an item number's."""
    if not -1e15 < value < 1e15:  # also what is no number
        return Cell(repr(value)[:40], "a number beyond reason")
    number = Decimal(format(value, ".15g"))
    if number == number.to_integral_value():
        number = number.quantize(Decimal(1))
        if re.fullmatch("0{2,40}", shape) and number >= 0:
            return Cell(f"{int(number):0{len(shape)}d}")
    return Cell(number)
