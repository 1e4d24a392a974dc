"""The invoice and the credit note (810). TDS01 and SAC05 are hundredths; TXI03 is the rate as a decimal fraction.

A collective invoice has no purchase order of its own: each of its lines names its own (REF PO). A credit note is BIG07 CR with the number
of its invoice (REF OI); its amounts are positive. Source: ASC X12 004010, 810; codes: elements 640, 128, 1300.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_documents import Charge, ChargeKind, InvoicedLine, InvoiceDocument
from starters.edi.outgoing import Envelope, hundredths, identifier, major, number
from starters.edi.x12.writing import Row, item, party, written

CHARGES = {
    ChargeKind.FREIGHT: ("C", "D240", "Freight"),
    ChargeKind.FEE: ("C", "G740", "Fee"),
    ChargeKind.DISCOUNT: ("A", "C310", "Discount"),
    ChargeKind.KEPT: ("A", "ZZZZ", "Kept back"),
}
"""SAC01 and SAC02 (element 1300)."""


def invoices(envelope: Envelope, documents: Sequence[InvoiceDocument]) -> bytes:
    """One 810 for each invoice."""
    return written(envelope, "810", [_set(one) for one in documents])


def _set(one: InvoiceDocument) -> list[Row]:
    numbers = identifier(one.number, 22, "BIG02"), identifier(one.po_number, 22, "BIG04")
    rows: list[Row] = [
        ("BIG", f"{one.issued_on:%Y%m%d}", numbers[0], f"{one.po_date:%Y%m%d}" if one.po_number else "", numbers[1], "", "", _type(one)),
        *([("NTE", "GEN", one.reason[:80])] if one.reason else []),
        ("CUR", "SE", one.currency),
    ]
    if one.corrects:
        rows.append(("REF", "OI", identifier(one.corrects, 30, "REF02")))
    if one.shipment:
        rows.append(("REF", "SI", identifier(one.shipment, 30, "REF02")))
    if one.seller_tax_id:
        rows.append(("REF", "VX", identifier(one.seller_tax_id, 30, "REF02")))
    rows += [*party("SE", one.seller), *party("BT", one.buyer), *party("ST", one.ship_to)]
    if not one.corrects:
        rows.append(("ITD", "01", "3", "", "", "", f"{one.due_on:%Y%m%d}", str(one.net_days)))
    for line in one.lines:
        rows += _line(line)
    rows.append(("TDS", hundredths(one.total, "TDS01")))
    rows += [("TXI", "TX", major(tax.amount), number(tax.rate)) for tax in one.taxes]
    rows += [_charge(charge) for charge in one.charges]
    return [*rows, ("CTT", str(len(one.lines)), str(sum(line.quantity for line in one.lines)))]


def _type(one: InvoiceDocument) -> str:
    return "CR" if one.corrects else "DI"


def _line(line: InvoicedLine) -> list[Row]:
    rows: list[Row] = [("IT1", str(line.line), str(line.quantity), "EA", number(line.price), "", *item(line.item, line.buyer_item))]
    if line.description:
        rows.append(("PID", "F", "", "", "", line.description[:80]))
    if line.po_number:
        rows.append(("REF", "PO", identifier(line.po_number, 30, "REF02")))
    if line.shipment:
        rows.append(("REF", "SI", identifier(line.shipment, 30, "REF02")))
    if line.discount:
        rows.append(_charge(Charge(kind=ChargeKind.DISCOUNT, amount=line.discount)))
    return rows


def _charge(charge: Charge) -> Row:
    kind, code, words = CHARGES[charge.kind]
    return ("SAC", kind, code, "", "", hundredths(charge.amount, "SAC05"), *[""] * 9, (charge.words or words)[:80])
