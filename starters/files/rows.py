"""Rows become orders: those of one number are one order, and everything that is wrong is found, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from domain.column_map import OF_LINES, ColumnMap, OrderField, RowFinding
from domain.errors import InputRefused
from domain.intake import LeftOut
from domain.money import Money, is_currency
from domain.order import LONGEST_DESCRIPTION, Address, OrderLine, PlaceOrder
from domain.values import Value
from starters.channels.bounds import refusal, within_reason
from starters.files import reading
from starters.files.headings import Columns
from starters.files.reading import Unexpected
from starters.files.table import Cell, Row

F = OrderField
HOUSE_CURRENCY = "EUR"
"""Of an order that names none."""
MOST_FINDINGS = 1_000
"""Of one file; who has more has another problem than rows."""

LONGEST = {
    F.NUMBER: 100, F.PO: 100, F.CUSTOMER: 120, F.TERMS: 40, F.CURRENCY: 3, F.SERVICE: 60, F.NAME: 200, F.STREET: 400, F.POSTCODE: 40,
    F.CITY: 200, F.REGION: 100, F.COUNTRY: 60, F.EMAIL: 320,
}  # fmt: skip

Read = TypeVar("Read")


class OrderRead(Value):
    """One order of a file and the rows that it stands in: taken, or refused alone with all that is wrong with it."""

    number: str
    rows: tuple[int, ...]
    counted: Literal["row", "line"] = "row"
    order: PlaceOrder | None = None
    left_out: LeftOut = LeftOut()
    findings: tuple[RowFinding, ...] = ()

    @property
    def place(self) -> str:
        where = said_rows(self.rows) if self.counted == "row" else f"lines {self.rows[0]}-{self.rows[-1]}"
        return f"order {self.number or '(no number)'}, {where}"


class TableRead(Value):
    """What a table holds. `unread` are headings of columns that say nothing of an order, `passed` rows without an item and a quantity."""

    orders: tuple[OrderRead, ...]
    headings: Mapping[OrderField, str]
    unread: tuple[str, ...] = ()
    passed: tuple[int, ...] = ()
    sheet: str = ""


def said_rows(rows: Sequence[int]) -> str:
    """Rows in words: row 4; rows 2-5; rows 2, 4, 7."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    if list(rows) == list(range(rows[0], rows[0] + len(rows))):
        return f"rows {rows[0]}-{rows[-1]}"
    return f"rows {', '.join(map(str, rows[:12]))}{' ...' if len(rows) > 12 else ''}"


@dataclass
class _Group:
    """The rows of one order while they are gathered: what its first row said counts, and another row may not say otherwise."""

    number: str
    rows: list[int] = field(default_factory=list)
    said: dict[OrderField, tuple[Cell, int]] = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)
    findings: list[RowFinding] = field(default_factory=list)


def orders_of(rows: Sequence[Row], columns: Columns, how: ColumnMap, received_at: datetime, sheet: str = "") -> TableRead:
    """Every order of the rows below the headings. InputRefused when there is none."""
    groups: dict[str, _Group] = {}
    current: _Group | None = None
    passed: list[int] = []
    for row in rows:
        if row.number <= columns.row:
            continue
        if all(_cell(row, columns, name).empty for name in (F.ITEM, F.QUANTITY)):
            passed.append(row.number)  # a total, a remark, or what else people write below a table
            continue
        key = _number_of(row, columns, how)
        if key or current is None:
            current = groups.setdefault(key, _Group(key))
        _gather(current, row, columns)
    if not groups:
        raise InputRefused("the document", f"there is no row with an item and a quantity below the headings of row {columns.row}")
    read = tuple(_Builder(group, columns, how, received_at).built() for group in groups.values())
    shown = columns.unread
    return TableRead(orders=read, headings=columns.headings, unread=tuple(shown), passed=tuple(passed), sheet=sheet)


def _cell(row: Row, columns: Columns, name: OrderField) -> Cell:
    return row.cell(columns.places[name]) if name in columns.places else Cell()


def _number_of(row: Row, columns: Columns, how: ColumnMap) -> str:
    """Which order a row belongs to: by the order's number, else by the purchase order's; empty: to the order above it."""
    for name in (F.NUMBER, F.PO):
        cell = _cell(row, columns, name)
        if not cell.empty and not cell.trouble:
            try:
                return reading.text(cell, LONGEST[name])
            except Unexpected:
                return str(cell)[:100]
        if name in how.fixed:
            return how.fixed[name]
    return ""


def _gather(group: _Group, row: Row, columns: Columns) -> None:
    group.rows.append(row.number)
    group.lines.append(row)
    for name in columns.places:
        if name in OF_LINES:
            continue
        cell = _cell(row, columns, name)
        if cell.empty:
            continue
        before = group.said.setdefault(name, (cell, row.number))
        if before[0].value != cell.value:
            expected = f"row {before[1]} of the same order says {str(before[0])!r:.60}"
            group.findings.append(RowFinding(row=row.number, column=columns.called(name), found=str(cell)[:80], expected=expected))


@dataclass
class _Builder:
    """One order from its rows; every reading that fails is a finding, and the next one goes on."""

    group: _Group
    columns: Columns
    how: ColumnMap
    received_at: datetime

    def built(self) -> OrderRead:
        group = self.group
        currency = self._currency()
        customer = self._text(F.CUSTOMER, needed="a customer was expected")
        numbered = F.NUMBER in group.said or F.NUMBER in self.how.fixed
        fields: dict[str, Any] = {
            "channel": self.how.name,
            "external_id": key_of(group.number) if numbered or F.CUSTOMER in self.how.fixed else key_of_po(customer, group.number),
            "customer": customer,
            "currency": currency,
            "po_number": self._text(F.PO),
            "shipping_service": self._text(F.SERVICE),
            "taxes_included": self.how.taxes_included,
            "to_tax": True,
            "discount": Money.zero(currency),
        }
        if not group.number:
            self._found(group.rows[0], "", "", "a number of the order or of the purchase order was expected")
        elif not fields["external_id"]:
            self._found(group.rows[0], "", group.number, "a number of letters and digits was expected")
        placed = self._day(F.PLACED)
        wanted = self._day(F.WANTED)
        terms = self._text(F.TERMS)
        address, address_name = self._address()
        freight = self._of_order(F.FREIGHT, lambda cell: Money.of(reading.number(cell, self.how.decimal, currency), currency))
        fields |= {
            "placed_at": noon(placed) if placed else self.received_at,
            "requested_at": noon(wanted) if wanted else None,
            "ship_to": address,
            "freight": freight or Money.zero(currency),
            "lines": tuple(line for number, row in enumerate(group.lines, 1) if (line := self._line(number, row, currency)) is not None),
        }
        if terms:
            fields["terms"] = terms.lower().replace(" ", "")
        left_out = LeftOut(placed_at=placed is None, terms=not terms, ship_to=address_name)
        order = None if group.findings else self._order(fields)
        findings = tuple(sorted(group.findings, key=lambda finding: (finding.row, finding.column))[:MOST_FINDINGS])
        return OrderRead(number=group.number, rows=tuple(group.rows), order=order, left_out=left_out, findings=findings)

    def _order(self, fields: dict[str, Any]) -> PlaceOrder | None:
        try:
            return within_reason(PlaceOrder.model_validate(fields))
        except ValidationError as error:
            refused = refusal(error)
        except InputRefused as bounds:
            refused = bounds
        self._found(self.group.rows[0], refused.place, "", refused.reason)
        return None

    def _line(self, number: int, row: Row, currency: str) -> OrderLine | None:
        before = len(self.group.findings)
        item = self._read(row.number, F.ITEM, _cell(row, self.columns, F.ITEM), reading.item, "an item was expected")
        quantity = self._read(
            row.number,
            F.QUANTITY,
            _cell(row, self.columns, F.QUANTITY),
            lambda cell: reading.units(cell, self.how.decimal),
            "a quantity was expected",
        )
        price = self._read(
            row.number, F.PRICE, _cell(row, self.columns, F.PRICE), lambda cell: reading.number(cell, self.how.decimal, currency)
        )
        discount = self._read(
            row.number, F.DISCOUNT, _cell(row, self.columns, F.DISCOUNT),
            lambda cell: Money.of(reading.number(cell, self.how.decimal, currency), currency),
        )  # fmt: skip
        description = self._read(
            row.number, F.DESCRIPTION, _cell(row, self.columns, F.DESCRIPTION), lambda cell: reading.text(cell, 2_000)[:LONGEST_DESCRIPTION]
        )
        if item is None or quantity is None or len(self.group.findings) > before:
            return None
        said: dict[str, Any] = {"number": number, "item": item, "quantity": quantity, "description": description or ""}
        said["discount"] = discount or Money.zero(currency)
        if price is not None:
            said["unit_price"] = price
        line = OrderLine.model_validate(said)
        if price is not None and line.gross(currency) < line.discount:
            self._found(row.number, self._called(F.DISCOUNT), str(discount), f"at most the {line.gross(currency)} of the line was expected")
        return line

    def _currency(self) -> str:
        code = self._text(F.CURRENCY).upper() or HOUSE_CURRENCY
        if is_currency(code):
            return code
        where = self.group.said.get(F.CURRENCY)
        self._found(where[1] if where else 0, self._called(F.CURRENCY), code, "a currency was expected (ISO 4217, such as EUR)")
        return HOUSE_CURRENCY

    def _address(self) -> tuple[Address | None, str]:
        """The address that is written out, or the name of one that the customer has had before."""
        said = {name: self._text(name) for name in (F.NAME, F.STREET, F.POSTCODE, F.CITY, F.REGION, F.COUNTRY, F.EMAIL)}
        if not (said[F.STREET] or said[F.CITY] or said[F.COUNTRY]):
            return None, said[F.NAME]
        row, whole = self.group.rows[0], True
        for name in (F.NAME, F.STREET, F.CITY, F.COUNTRY):
            if not said[name]:
                whole = False
                self._found(row, self._called(name), "", f"an address is written out, and its {name.value} was expected")
        country = said[F.COUNTRY].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            whole = False
            self._found(row, self._called(F.COUNTRY), country, "a country code of two letters was expected (ISO 3166-1, such as DE)")
        if not whole:
            return None, ""
        return Address.model_validate({name.value: text for name, text in said.items()} | {"country": country}), ""

    def _text(self, name: OrderField, needed: str = "") -> str:
        return self._of_order(name, lambda cell: reading.text(cell, LONGEST[name]), needed) or ""

    def _day(self, name: OrderField) -> date | None:
        return self._of_order(name, lambda cell: reading.day(cell, self.how.dates))

    def _of_order(self, name: OrderField, read: Callable[[Cell], Read], needed: str = "") -> Read | None:
        """What the order says of a field, in its column or for every order of the map."""
        fixed = self.how.fixed.get(name, "")
        cell, row = self.group.said.get(name, (Cell(fixed), self.group.rows[0]))
        return self._read(row, name, cell, read, needed)

    def _read(self, row: int, name: OrderField, cell: Cell, read: Callable[[Cell], Read], needed: str = "") -> Read | None:
        if cell.empty:
            if needed:
                self._found(row, self._called(name), "", needed)
            return None
        try:
            return read(cell)
        except Unexpected as unexpected:
            self._found(row, self._called(name), str(cell), str(unexpected))
            return None

    def _called(self, name: OrderField) -> str:
        return self.columns.called(name) if name in self.columns.places else name.value

    def _found(self, row: int, column: str, found: str, expected: str) -> None:
        self.group.findings.append(RowFinding(row=row, column=column, found=found[:80], expected=expected))


def key_of(number: str) -> str:
    """A sender's number as it may stand in a workflow's id: what may not stand there becomes a dash."""
    kept = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._:#-") else "-" for sign in number.strip())
    return kept.lstrip("._:#-")[:120]


def key_of_po(customer: str, po_number: str) -> str:
    """A purchase order is known by its number at one customer only: two of them may count alike."""
    return key_of(f"{customer}-{po_number}") if key_of(po_number) else ""


def noon(when: date) -> datetime:
    """A day without a time means its noon, which is the same day in every zone that orders come from."""
    return datetime.combine(when, time(12), UTC)
