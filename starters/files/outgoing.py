"""Lists that a person takes to a spreadsheet, CSV or XLSX: numbers are numbers, and no text is one that it would carry out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from domain.errors import InputRefused

Field = str | int | Decimal | date | datetime | None

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), in full width too."""
MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""
LONGEST = 32_767
"""Characters of a cell of a workbook."""


def write(file: Path, title: str, columns: Sequence[str], rows: Iterable[Sequence[Field]]) -> int:
    """Write a list to `file`, a .csv or .xlsx; how many rows it has. Times are UTC. Raises InputRefused for another kind of file."""
    written = [list(row) for row in rows]
    match file.suffix.lower():
        case ".csv":
            content = as_csv(columns, written)
        case ".xlsx":
            content = as_xlsx(title, columns, written)
        case other:
            raise InputRefused("--out", f"{other or file.name!r} is neither .csv nor .xlsx")
    file.write_bytes(content)
    return len(written)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Field]]) -> bytes:
    """UTF-8 with its mark, commas, CRLF (RFC 4180). A text that begins like a formula gets an apostrophe before it."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([_text(column) for column in columns])
    writer.writerows([_text(value) for value in row] for row in rows)
    return (MARK + written.getvalue()).encode()


def _text(value: Field) -> str:
    match value:
        case None:
            return ""
        case str():
            return harmless(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def harmless(text: str) -> str:
    """The text itself, or with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def as_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[Field]]) -> bytes:
    """One sheet whose headings stay in sight. Every text is typed as text, so that nothing of it is a formula."""
    from openpyxl import Workbook  # a third of a second, only where a workbook goes out
    from openpyxl.cell import Cell, WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    assert isinstance(sheet, WriteOnlyWorksheet)
    sheet.freeze_panes = "A2"

    def cell(value: Field, *, bold: bool = False) -> Cell:
        if isinstance(value, datetime):
            value = value.astimezone(UTC).replace(tzinfo=None)
        dangerous = isinstance(value, str) and harmless(value) != value
        if isinstance(value, str):
            value = "".join(sign if sign >= " " or sign in "\t\n" else "\ufffd" for sign in value)[:LONGEST]
        made = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # it takes days and decimals, too
        if isinstance(value, str):
            made.data_type = "s"
            made.quotePrefix = dangerous  # so that it stays a text also when somebody edits the cell
        if isinstance(value, Decimal):
            made.number_format = "0.00" if value == value.quantize(Decimal("0.01")) else "General"
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(column, bold=True) for column in columns])
    for row in rows:
        sheet.append([cell(value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
