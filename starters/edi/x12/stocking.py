"""What we have, for a partner who sells it (846); what another company's warehouse shall ship for us (940).

Source: ASC X12 004010, 846 (QTY01 33: available for sale) and 940.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_documents import StockReport, WarehouseOrder
from starters.edi.outgoing import Envelope, identifier
from starters.edi.x12.warehouse import AVAILABLE
from starters.edi.x12.writing import Row, item, party, written

ORIGINAL, CANCEL = "N", "F"
"""W0501 (element 473)."""


def stock_reports(envelope: Envelope, documents: Sequence[StockReport]) -> bytes:
    """One 846 for each report."""
    return written(envelope, "846", [_report(one) for one in documents])


def _report(one: StockReport) -> list[Row]:
    rows: list[Row] = [("BIA", "00", "DD", identifier(one.reference, 30, "BIA03"), f"{one.at:%Y%m%d}", f"{one.at:%H%M}")]
    for n, line in enumerate(one.lines, 1):
        rows += [("LIN", str(n), *item(line.item, "")), ("QTY", line.kind or AVAILABLE, str(line.quantity), "EA")]
        if line.on:
            rows.append(("DTM", "018", f"{line.on:%Y%m%d}"))
    return [*rows, ("CTT", str(len(one.lines)))]


def warehouse_orders(envelope: Envelope, documents: Sequence[WarehouseOrder]) -> bytes:
    """One 940 for each shipment."""
    return written(envelope, "940", [_order(one) for one in documents])


def _order(one: WarehouseOrder) -> list[Row]:
    rows: list[Row] = [
        ("W05", CANCEL if one.cancelled else ORIGINAL, identifier(one.reference, 22, "W0502"), identifier(one.po_number, 22, "W0503")),
        *party("WH", one.warehouse),
        *party("ST", one.ship_to),
        ("N9", "OR", identifier(one.order, 30, "N902")),
    ]
    if one.ship_by:
        rows.append(("G62", "10", f"{one.ship_by:%Y%m%d}"))
    rows.append(("W66", "PP", "M", "", "", one.service[:35], "", "", "", "", one.carrier if 2 <= len(one.carrier) <= 4 else ""))
    for line in one.lines:
        rows += [("LX", str(line.line)), ("W01", str(line.quantity), "EA", "", *item(line.item, ""))]
        if line.description:
            rows.append(("G69", line.description[:45]))
        if line.lot:
            rows.append(("N9", "LT", identifier(line.lot, 30, "N902")))
    return [*rows, ("W76", str(sum(line.quantity for line in one.lines)))]
