"""A warehouse of another company reports what it shipped (945), a partner what they have (846).

Read of a 945: W06, N1 SF, W27, N9 2I, MAN GM, W12, W03. Of an 846: BIA, LIN, QTY, N1 WH. Source: ASC X12 004010, 945 and 846.
"""

from __future__ import annotations

from domain.edi_documents import ShippedLine, StockLine, StockReport, WarehouseShipped
from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.sscc import is_sscc
from starters.channels.x12_envelope import Segment
from starters.edi.x12.fields import Loop, count, day, day_of, first, line_number, loops, named_item, needed, required, units

ON_HAND, AVAILABLE = "17", "33"


def shipped(segments: list[Segment], place: str, partner: Partner) -> WarehouseShipped:
    """Raises InputRefused."""
    w06 = required(segments, "W06", place)
    w27, n9 = first(segments, "W27"), first(segments, "N9", "2I")
    lines: list[ShippedLine] = []
    number, sscc = 0, ""
    for segment in segments:
        if segment.name == "LX":
            number, sscc = line_number(segment.at(1)) or number + 1, ""
        elif segment.name == "MAN" and segment.at(1) == "GM":
            sscc = _sscc(segment)
        elif segment.name == "N9" and segment.at(1) == "LI" and lines:
            lines[-1] = lines[-1].model_copy(update={"line": line_number(segment.at(2)) or lines[-1].line})
        elif segment.name == "W12":
            lines.append(_shipped_line(segment, number or len(lines) + 1, sscc, partner))
    if not lines:
        raise InputRefused(place, "it names no line that was shipped (W12)")
    w03 = first(segments, "W03")
    total = sum(line.shipped for line in lines)
    if w03 and w03.at(1) and count(w03, 1) != total:
        raise InputRefused(w03.place(1), f"it says {w03.at(1)!r:.20} units, and there are {total}")
    warehouse = first(segments, "N1", "SF") or first(segments, "N1", "WH")
    return WarehouseShipped(
        reference=needed(w06, 2, "number of the shipment"),
        warehouse=(warehouse.at(4) or warehouse.at(2)) if warehouse else "",
        carrier=w27.at(2) if w27 else "",
        tracking=n9.at(2) if n9 else "",
        shipped_at=day(w06, 3, partner),
        lines=tuple(lines),
    )


def _shipped_line(w12: Segment, number: int, sscc: str, partner: Partner) -> ShippedLine:
    item = w12.at(8) or w12.at(6)
    if not item:
        raise InputRefused(w12.place(8), "the line names no item")
    return ShippedLine(
        line=number,
        item=item,
        ordered=units(w12, 2, partner, w12.at(5)) if w12.at(2) else None,
        shipped=units(w12, 3, partner, w12.at(5)),
        sscc=sscc,
    )


def _sscc(man: Segment) -> str:
    digits = man.at(2)
    digits = digits[2:] if len(digits) == 20 and digits.startswith("00") else digits
    if not is_sscc(digits):
        raise InputRefused(man.place(2), f"{man.at(2)!r:.30} is not an SSCC")
    return digits


def stock_report(segments: list[Segment], place: str, partner: Partner) -> StockReport:
    """Raises InputRefused."""
    bia = required(segments, "BIA", place)
    warehouse = first(segments, "N1", "WH")
    location = (warehouse.at(4) or warehouse.at(2)) if warehouse else ""
    lines = [line for loop in loops(segments, "LIN", end=("CTT",)) for line in _stock_lines(loop, location, partner)]
    if not lines:
        raise InputRefused(place, "it names no quantity of any item (LIN, QTY)")
    return StockReport(reference=needed(bia, 3, "reference"), at=day(bia, 4, partner), lines=tuple(lines))


def _stock_lines(loop: Loop, location: str, partner: Partner) -> list[StockLine]:
    """One for each QTY of an item."""
    item, known = named_item(loop.head, 2, partner), day_of(loop.under, ("018", "169", "007"), partner)
    if not item:
        raise InputRefused(loop.head.place(3), "the line names no item")
    return [
        StockLine(
            item=item,
            quantity=units(qty, 2, partner, qty.at(3)),
            location=location,
            kind=qty.at(1),
            on=known.date() if known else None,
        )
        for qty in loop.under
        if qty.name == "QTY"
    ]
