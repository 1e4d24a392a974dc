"""Lists as files: the columns of each list that a person takes to a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starters.cli import frame

if TYPE_CHECKING:
    from domain.ageing import AgeingRow, OpenInvoice
    from domain.quotes import QuoteView
    from domain.views import OrderSummary, StockView
    from starters.files.outgoing import Field

OutFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a .csv or .xlsx file for a spreadsheet instead.")]


def write_orders(file: Path, orders: Iterable[OrderSummary]) -> None:
    """Each order with its money as numbers and its first wait."""
    headings = (
        "Order",
        "Stage",
        "On hold",
        "Customer",
        "Placed (UTC)",
        "Currency",
        "Total",
        "Due",
        "Waits for",
        "Until (UTC)",
        "Exceptions",
    )
    rows = [
        (
            each.order, each.stage.value, "yes" if each.held else "", each.customer, each.placed_at, each.total.currency, each.total.major,
            each.balance.major, ", ".join(wait.wait.value.replace("_", " ") for wait in each.waits),
            min((wait.until for wait in each.waits if wait.until), default=None),
            ", ".join(kind.replace("_", " ") for kind in each.open_exceptions),
        )
        for each in orders
    ]  # fmt: skip
    _write(file, "Orders", headings, rows)


def write_stock(file: Path, stock: Iterable[StockView]) -> None:
    rows = [(each.item, each.location, each.bin, each.on_hand, each.reserved, each.set_aside, each.available) for each in stock]
    _write(file, "Stock", ("Item", "Location", "Bin", "On hand", "Reserved", "Set aside", "Available"), rows)


def write_ageing(file: Path, owed: Iterable[AgeingRow]) -> None:
    """Who owes what, by how many days it is past due."""
    from domain.ageing import BUCKETS
    from domain.money import Money

    headings = ["Customer", "Name", "Currency", "Not due", *(f"{name} days" for name in BUCKETS[1:]), "On account", "Total", "Overdue"]
    rows: list[list[Field]] = []
    for row in owed:
        amounts = [*(row.buckets[name] for name in BUCKETS), row.on_account, row.total, row.overdue]
        rows.append([row.customer, row.name, row.currency, *(Money(minor=minor, currency=row.currency).major for minor in amounts)])
    _write(file, "Ageing", headings, rows)


def write_quotes(file: Path, quotes: Iterable[QuoteView]) -> None:
    headings = ("Quote", "Status", "Customer", "Revision", "Currency", "Total", "Valid until (UTC)", "Set aside", "Order")
    rows = [
        (
            each.quote,
            each.status.value,
            each.customer,
            each.revision,
            each.total.currency,
            each.total.major,
            each.valid_until,
            each.set_aside,
            each.order,
        )
        for each in quotes
    ]
    _write(file, "Quotes", headings, rows)


def write_open_invoices(file: Path, invoices: Iterable[OpenInvoice]) -> None:
    headings = ("Customer", "Name", "Invoice", "Order", "Due", "Days late", "Currency", "Open")
    rows = [
        (
            each.customer,
            each.name,
            each.document,
            each.order,
            each.due_at.date(),
            max(each.days_late, 0),
            each.balance.currency,
            each.balance.major,
        )
        for each in invoices
    ]
    _write(file, "Open invoices", headings, rows)


def _write(file: Path, title: str, headings: Sequence[str], rows: Sequence[Sequence[Field]]) -> None:
    from starters.files.outgoing import write

    count = write(file, title, headings, rows)
    frame.say(f"{count:,} {'row' if count == 1 else 'rows'} in {file}.")
