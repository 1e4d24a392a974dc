"""Tables as people make them: CSV text and workbooks, with every part defaulted."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from domain.column_map import USUAL, ColumnMap
from starters.files.rows import OrderRead, TableRead
from starters.files.translate import table
from starters.files.typed import read as read_typed

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
HEADINGS = ("PO", "Customer", "Item", "Qty", "Price")


def csv(*rows: Sequence[object], headings: Sequence[str] = HEADINGS, separator: str = ",", encoding: str = "utf-8") -> bytes:
    return "".join(separator.join(map(str, row)) + "\r\n" for row in (headings, *rows)).encode(encoding)


def first(book: Workbook) -> Worksheet:
    """Its first sheet, as the types have it that know charts, too."""
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def workbook(*rows: Sequence[Any], headings: Sequence[Any] = HEADINGS, title: str = "Orders") -> Workbook:
    book = Workbook()
    sheet = first(book)
    sheet.title = title
    for row in (headings, *rows):
        sheet.append(list(row))
    return book


def saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(content: bytes, **how: Any) -> TableRead:
    return table(content, ColumnMap(**{"name": "nord", **how}) if how else USUAL, NOW)


def one(content: bytes, **how: Any) -> OrderRead:
    [found] = read(content, **how).orders
    return found


def typed(text: str) -> OrderRead:
    [found] = read_typed(text.encode(), NOW)
    return found


def findings(found: OrderRead) -> list[str]:
    return [str(finding) for finding in found.findings]
