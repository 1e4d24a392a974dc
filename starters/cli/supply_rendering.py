"""How goods on their way look on a terminal: what is expected first stands first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.markup import escape

from starters.cli.rendering import moment, plain_table

if TYPE_CHECKING:
    from database.supply_reading import PurchaseView, TransferView


def purchase_table(orders: Sequence[PurchaseView]) -> RenderableType:
    """One row a line, by the day it is expected."""
    table = plain_table("Purchase order", "Supplier", "To", "Line>", "Item", "Ordered>", "Received>", "Expected (UTC)", "Status")
    rows = [(line.expected_at, order, line) for order in orders for line in order.lines]
    for expected, order, line in sorted(rows, key=lambda row: (row[0], row[1].purchase_order, row[2].line)):
        table.add_row(
            escape(order.purchase_order),
            escape(order.supplier),
            escape(order.location),
            str(line.line),
            escape(line.item),
            str(line.ordered),
            str(line.received),
            moment(expected) + _slipped(line.slips),
            order.status.value if order.status != "open" or line.received < line.ordered else "received",
        )
    return table


def transfer_table(transfers: Sequence[TransferView]) -> RenderableType:
    """One row a line, by the day they are expected."""
    table = plain_table("Transfer", "From", "To", "Item", "Units>", "Shipped>", "Received>", "Expected (UTC)", "Status")
    for row in transfers:
        for line in row.lines:
            places = (escape(row.transfer), escape(row.from_location), escape(row.to_location))
            numbers = (str(line.quantity), str(line.shipped), str(line.received))
            arrived = row.status == "shipped" and not line.on_the_way
            status = "received" if arrived else row.status.value
            table.add_row(*places, escape(line.item), *numbers, moment(row.expected_at) + _slipped(row.slips), status)
    return table


def _slipped(times: int) -> str:
    return "" if not times else " [yellow](moved once)[/]" if times == 1 else f" [yellow](moved {times} times)[/]"
