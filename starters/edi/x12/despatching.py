"""The ship notice (856): shipment, order, carton, item, each carton under its SSCC.

Source: ASC X12 004010, 856; BSN05 0001 (shipment, order, packaging, item), MAN GM (SSCC with its application identifier 00).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.edi_documents import Carton, PackedLine, ShipNotice
from starters.edi.outgoing import Envelope, identifier, kilograms
from starters.edi.x12.writing import Row, item, party, written


def ship_notices(envelope: Envelope, documents: Sequence[ShipNotice]) -> bytes:
    """One 856 for each shipment."""
    return written(envelope, "856", [_set(one) for one in documents])


def _set(one: ShipNotice) -> list[Row]:
    rows: list[Row] = [
        ("BSN", "00", identifier(one.number, 30, "BSN02"), f"{one.shipped_at:%Y%m%d}", f"{one.shipped_at:%H%M}", "0001"),
        ("HL", "1", "", "S"),
        ("TD1", "CTN25", str(len(one.cartons)), "", "", "", "G", kilograms(sum(carton.weight_g for carton in one.cartons)), "KG"),
        _carrier(one),
    ]
    if one.tracking:
        rows.append(("REF", "CN", identifier(one.tracking, 30, "REF02")))
    rows.append(("DTM", "011", f"{one.shipped_at:%Y%m%d}"))
    if one.expected_at:
        rows.append(("DTM", "017", f"{one.expected_at:%Y%m%d}"))
    rows += [*party("SF", one.ship_from), *party("ST", one.ship_to), *party("BY", one.buyer)]
    rows += [("HL", "2", "1", "O"), ("PRF", identifier(one.po_number, 22, "PRF01"), "", "", f"{one.po_date:%Y%m%d}")]
    level = 2
    for carton in one.cartons:
        level += 1
        rows += _carton(carton, level)
        parent = level
        for line in carton.lines:
            level += 1
            rows += _item(line, level, parent)
    units = sum(line.quantity for carton in one.cartons for line in carton.lines)
    return [*rows, ("CTT", str(level), str(units))]


def _carrier(one: ShipNotice) -> Row:
    """The carrier by its SCAC (2 to 4 letters), else in words."""
    words = " ".join(part for part in (one.carrier, one.service) if part)
    if re.fullmatch(r"[A-Z]{2,4}", one.carrier):
        return ("TD5", "B", "2", one.carrier, "", one.service[:35])
    return ("TD5", "", "", "", "", words[:35] or "UNSPECIFIED")


def _carton(carton: Carton, level: int) -> list[Row]:
    rows: list[Row] = [("HL", str(level), "2", "P")]
    rows.append(("TD1", "CTN25", "1", "", "", "", "G", kilograms(carton.weight_g), "KG"))
    tracking = ("CP", identifier(carton.tracking, 48, "MAN05")) if carton.tracking else ()
    if carton.sscc:
        rows.append(("MAN", "GM", f"00{carton.sscc}", "", *tracking))
    elif tracking:
        rows.append(("MAN", *tracking))
    return rows


def _item(line: PackedLine, level: int, parent: int) -> list[Row]:
    rows: list[Row] = [
        ("HL", str(level), str(parent), "I"),
        ("LIN", str(line.line), *item(line.item, line.buyer_item)),
        ("SN1", str(line.line), str(line.quantity), "EA", "", str(line.ordered), "EA"),
    ]
    return [*rows, ("PID", "F", "", "", "", line.description[:80])] if line.description else rows
