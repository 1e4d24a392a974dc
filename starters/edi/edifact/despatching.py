"""The despatch advice (DESADV): one packing level for the shipment, one below it for each carton under its SSCC.

Source: UN/EDIFACT D.96A, DESADV; codes: PCI 33E (marked with the EAN serial shipping container code), GIN BJ, QTY 12 (despatched).
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_documents import Carton, ShipNotice
from starters.edi.edifact.writing import PIECE, Row, dated, item, party, written
from starters.edi.outgoing import Envelope, identifier, kilograms


def despatch_advices(envelope: Envelope, documents: Sequence[ShipNotice]) -> bytes:
    """One DESADV for each shipment."""
    return written(envelope, "DESADV", envelope.partner.version, [_message(one) for one in documents])


def _message(one: ShipNotice) -> list[Row]:
    rows: list[Row] = [
        ("BGM", "351", identifier(one.number, 35, "BGM02"), "9"),
        *dated("137", one.shipped_at),
        *dated("11", one.shipped_at),
        *dated("17", one.expected_at),
        ("MEA", "PD", "AAD", ("KGM", kilograms(sum(carton.weight_g for carton in one.cartons)))),
        ("RFF", ("ON", identifier(one.po_number, 35, "RFF01"))),
        *dated("171", one.po_date),
        *_tracking(one.tracking),
        *party("BY", one.buyer),
        *party("SF", one.ship_from),
        *party("DP", one.ship_to),
    ]
    if one.carrier or one.tracking:
        rows.append(("TDT", "20", one.tracking if len(one.tracking) <= 17 else "", "30", "", ("", "", "", one.carrier[:35])))
    rows += [("CPS", "1"), ("PAC", str(len(one.cartons)), "", "CT")]
    for level, carton in enumerate(one.cartons, 2):
        rows += _carton(carton, level, one.po_number)
    return [*rows, ("CNT", ("2", str(sum(len(carton.lines) for carton in one.cartons))))]


def _carton(carton: Carton, level: int, po_number: str) -> list[Row]:
    rows: list[Row] = [
        ("CPS", str(level), "1"),
        ("PAC", "1", "", "CT"),
        ("MEA", "PD", "AAB", ("KGM", kilograms(carton.weight_g))),
    ]
    if carton.sscc:
        rows += [("PCI", "33E"), ("GIN", "BJ", carton.sscc)]
    for line in carton.lines:
        rows += item(line.line, "", line.item, line.buyer_item, line.description)
        rows += [("QTY", ("12", str(line.quantity), PIECE)), ("QTY", ("21", str(line.ordered), PIECE))]
        rows.append(("RFF", ("ON", po_number, str(line.line))))
    return rows


def _tracking(number: str) -> list[Row]:
    """TDT02 has room for 17 characters; a longer number is a reference (CN)."""
    return [("RFF", ("CN", identifier(number, 35, "RFF01")))] if len(number) > 17 else []
