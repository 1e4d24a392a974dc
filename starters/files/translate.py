"""Files that people bring, read into orders: the translators of the forms csv, xlsx and yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.column_map import USUAL, ColumnMap
from domain.errors import InputRefused
from domain.intake import Delivery, NeedKind, OrderIn, Part, RefusedIn, Words
from starters.files import csv_file, headings, typed, xlsx_file
from starters.files.rows import OrderRead, TableRead, orders_of

LARGEST = 5_000_000
"""Bytes of a file, which hold more than the rows that are read."""
LONGEST_REASON = 1_900


def table(content: bytes, columns: ColumnMap, received_at: datetime) -> TableRead:
    """The orders of a CSV or XLSX file by a column map, with everything that is wrong with each.

    InputRefused for a file that cannot be read at all: no table, no headings, a column that is missing, no row.
    """
    if len(content) > LARGEST:
        raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {LARGEST:,} are read")
    if xlsx_file.is_workbook(content):
        rows, sheet = xlsx_file.sheet_rows(content, columns.sheet)
        if not rows:
            raise InputRefused("the document", f"its sheet {sheet!r:.60} is empty")
        try:
            return orders_of(rows, headings.find(rows, columns), columns, received_at, sheet)
        except InputRefused as refused:
            raise InputRefused(f"sheet {sheet!r:.60}, {refused.place}", refused.reason) from None
    text = csv_file.decoded(content, columns.encoding)
    separator = _separator(text, columns)
    rows = list(csv_file.rows(text, separator))
    return orders_of(rows, headings.find(rows, columns), columns, received_at)


def _separator(text: str, columns: ColumnMap) -> str:
    """The sign between cells: the one that shows most headings."""
    found: dict[str, int] = {}
    signs = csv_file.separators(text, columns)
    for sign in signs if len(signs) > 1 else ():
        try:
            found[sign] = headings.score(csv_file.rows(text, sign, headings.LOOKED_AT), columns)
        except InputRefused:  # with another sign its quotes may close
            found[sign] = -1
    return max(signs, key=lambda sign: found.get(sign, 0))


def of_table(delivery: Delivery, words: Words) -> Sequence[Part]:
    """A table by the column map that the delivery's topic names; without one by the usual headings."""
    return parts(table(delivery.body, column_map(delivery.topic, words), delivery.received_at).orders)


def of_typed(delivery: Delivery, words: Words) -> Sequence[Part]:
    return parts(typed.read(delivery.body, delivery.received_at))


def column_map(name: str, words: Mapping[tuple[NeedKind, str], str]) -> ColumnMap:
    """The map of that name. InputRefused when nobody has taught it."""
    if not name:
        return USUAL
    written = words.get((NeedKind.COLUMNS, name))
    if written is None:
        raise InputRefused("the column map", f"there is none called {name!r:.60}; `oms columns list` says which there are")
    return ColumnMap.model_validate_json(written)


def parts(orders: Sequence[OrderRead]) -> list[Part]:
    """A good order is taken, a bad one is refused alone with its rows."""
    return [_part(read) for read in orders]


def _part(read: OrderRead) -> Part:
    if read.order is not None:
        return OrderIn(place=read.place, order=read.order, left_out=read.left_out)
    reason = "; ".join(map(str, read.findings))
    return RefusedIn(place=read.place, reason=reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} ...")
