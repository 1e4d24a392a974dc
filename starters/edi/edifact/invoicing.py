"""The invoice and the credit note (INVOIC).

A collective invoice has no purchase order of its own: each of its lines names its own. A credit note names its invoice (RFF IV); its
amounts are positive. Source: UN/EDIFACT D.96A, INVOIC; codes: BGM 380 and 381, MOA 203 (line), 8 (allowance or charge), 79 (all lines),
125 (taxable), 124 (tax), 77 (to pay).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.edi_documents import Charge, ChargeKind, InvoicedLine, InvoiceDocument
from starters.edi.edifact.writing import PIECE, Row, dated, item, party, written
from starters.edi.outgoing import Envelope, identifier, major, number

CHARGES = {ChargeKind.FREIGHT: ("C", "FC"), ChargeKind.FEE: ("C", "HD"), ChargeKind.DISCOUNT: ("A", "DI"), ChargeKind.KEPT: ("A", "ZZZ")}
"""ALC01 and ALC05 (element 7161): freight, handling, discount, mutually defined."""


def invoices(envelope: Envelope, documents: Sequence[InvoiceDocument]) -> bytes:
    """One INVOIC for each invoice."""
    return written(envelope, "INVOIC", envelope.partner.version, [_message(one) for one in documents])


def _message(one: InvoiceDocument) -> list[Row]:
    rows: list[Row] = [
        ("BGM", "381" if one.corrects else "380", identifier(one.number, 35, "BGM02"), "9"),
        *dated("137", one.issued_on),
    ]
    if one.reason:
        rows.append(("FTX", "AAI", "", "", (one.reason[:70], one.reason[70:140])))
    if one.po_number:
        rows += [("RFF", ("ON", identifier(one.po_number, 35, "RFF01"))), *dated("171", one.po_date)]
    if one.corrects:
        rows += [("RFF", ("IV", identifier(one.corrects, 35, "RFF01"))), *dated("171", one.corrected_on)]
    if one.shipment:
        rows.append(("RFF", ("DQ", identifier(one.shipment, 35, "RFF01"))))
    rows += [*party("BY", one.buyer), *_tax_id(one.buyer_tax_id), *party("SU", one.seller), *_tax_id(one.seller_tax_id)]
    rows += [*party("DP", one.ship_to), ("CUX", ("2", one.currency, "4"))]
    if not one.corrects:
        rows += [("PAT", "1", "", ("5", "3", "D", str(one.net_days))), *dated("13", one.due_on)]
    for charge in one.charges:
        rows += _charge(charge)
    for line in one.lines:
        rows += _line(line)
    rows += [("UNS", "S"), ("CNT", ("2", str(len(one.lines))))]
    rows += [("MOA", ("79", major(one.goods))), ("MOA", ("124", major(one.tax))), ("MOA", ("77", major(one.total)))]
    for tax in one.taxes:
        rate = number(tax.rate * Decimal(100))
        rows += [("TAX", "7", "VAT", "", "", ("", "", "", rate), "S" if tax.rate else "E")]
        rows += [("MOA", ("125", major(tax.base))), ("MOA", ("124", major(tax.amount)))]
    return rows


def _line(line: InvoicedLine) -> list[Row]:
    rows = item(line.line, "", line.item, line.buyer_item, line.description)
    rows += [("QTY", ("47", str(line.quantity), PIECE)), ("MOA", ("203", major(line.net))), ("PRI", ("AAA", number(line.price)))]
    for what, named in (("ON", line.po_number), ("DQ", line.shipment)):
        if named:
            rows.append(("RFF", (what, identifier(named, 35, "RFF01"))))
    return rows + (_charge(Charge(kind=ChargeKind.DISCOUNT, amount=line.discount)) if line.discount else [])


def _charge(charge: Charge) -> list[Row]:
    kind, code = CHARGES[charge.kind]
    return [("ALC", kind, "", "", "", (code, "", "", charge.words[:35]) if charge.words else code), ("MOA", ("8", major(charge.amount)))]


def _tax_id(number_: str) -> list[Row]:
    return [("RFF", ("VA", identifier(number_, 35, "RFF01")))] if number_ else []
