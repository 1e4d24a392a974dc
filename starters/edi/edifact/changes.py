"""The change of a purchase order (ORDCHG).

Read: BGM, DTM 137, 2 and 10, RFF ON, LIN with its action, QTY 21, PRI AAA. Everything else that changes something is for a person.
Source: UN/EDIFACT D.96A and D.01B, ORDCHG; codes: elements 1225 and 1229.
"""

from __future__ import annotations

from decimal import Decimal

from domain.edi_documents import ChangedLine, ChangeRequest
from domain.edi_partners import Partner
from domain.errors import InputRefused
from starters.edi.edifact.fields import Loop, before, decimal, first, item_of, loops, moment_of, order_number, required, units
from starters.edi.edifact.opening import Segment

CANCEL, CHANGE, REPLACE = "1", "4", "5"
ADDED, DELETED, CHANGED, UNCHANGED = "1", "2", "3", ("4", "5")
SAYS_NOTHING = {"BGM", "DTM", "RFF", "NAD", "CUX", "CTA", "COM", "PIA", "IMD", "QTY", "MOA", "PRI", "TAX", "UNS", "CNT", "LOC"}


def change_request(segments: list[Segment], place: str, partner: Partner) -> ChangeRequest:
    """Raises InputRefused."""
    bgm, header = required(segments, "BGM", place), before(segments, "LIN")
    purpose = bgm.at(3) or CHANGE
    if purpose not in (CANCEL, CHANGE, REPLACE):
        raise InputRefused(bgm.place(3), f"{purpose!r:.10} is neither a change (4), a replacement (5) nor a cancellation (1)")
    reference = first(header, "RFF", "ON")
    if reference is None:
        raise InputRefused(place, "the change names no order (RFF)")
    asked = moment_of(header, ("137",), partner)
    if asked is None:
        raise InputRefused(place, "the change has no date (DTM)")
    lines = loops(segments, "LIN", end=("UNS",))
    wanted = moment_of(header, ("2", "64", "63", "10"), partner)
    other = [f"{one.name} stands in {one.where}" for one in segments if one.name not in SAYS_NOTHING and one.name != "LIN"]
    if purpose == REPLACE:
        other.insert(0, "the order is to be replaced as a whole")
    if purpose == CHANGE and not lines and wanted is None and not other:
        raise InputRefused(place, "the change changes nothing (LIN)")
    return ChangeRequest(
        order=f"{partner.channel}/{order_number(reference, 1, 2)}",
        number=(bgm.at(2) or f"{asked:%Y%m%d}")[:60],
        cancel=purpose == CANCEL,
        lines=tuple(_line(loop, partner) for loop in lines if loop.head.at(2) not in UNCHANGED),
        requested_at=wanted,
        asked_at=asked,
        other=tuple(other),
    )


def _line(loop: Loop, partner: Partner) -> ChangedLine:
    number, action = loop.head.at(1), loop.head.at(2) or CHANGED
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and int(number)):
        raise InputRefused(loop.head.place(1), f"{number!r:.20} is not the number of a line")
    if action not in (ADDED, DELETED, CHANGED):
        raise InputRefused(loop.head.place(2), f"{action!r:.10} is neither an addition (1), a deletion (2) nor a change (3)")
    qty, pri = first(loop.under, "QTY", "21"), first(loop.under, "PRI")
    price: Decimal | None = decimal(pri, 1, 2) if pri and pri.at(1, 2) and action != DELETED else None
    return ChangedLine(
        line=int(number),
        item=item_of(loop, partner) if loop.head.at(3) or any(one.name == "PIA" for one in loop.under) else "",
        quantity=0 if action == DELETED else units(qty, partner) if qty else None,
        added=action == ADDED,
        unit_price=price,
        requested_at=moment_of(loop.under, ("2", "64", "63", "10"), partner),
    )
