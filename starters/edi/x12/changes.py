"""The change of a purchase order (860).

Read: BCH (purpose, number, release, sequence, date), DTM 002 and 010, POC (line, change, quantity, unit, price, item). POC03 is what
shall be ordered in the end. Everything else that changes something is for a person. Source: ASC X12 004010, 860; codes: elements 353, 670.
"""

from __future__ import annotations

from domain.edi_documents import ChangedLine, ChangeRequest
from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.money import parse_amount
from starters.channels.x12 import PRICE_PER, per_piece
from starters.channels.x12_envelope import Segment
from starters.edi.x12.fields import Loop, day, day_of, first, key_of, line_number, loops, named_item, needed, pieces, required, units

CANCEL, CHANGE, REPLACE = "01", "04", "05"
DELETE, ADD, DATES = "DI", "AI", "CT"
QUANTITY_ONLY = {"QD", "QI", DELETE, DATES}
"""With these the price beside the quantity is only repeated (element 670)."""
UNCHANGED = {"NC", "OC"}

SAYS_NOTHING = {"BCH", "CUR", "REF", "PER", "DTM", "N1", "N2", "CTT", "PID", "AMT"}
"""Segments that an 860 repeats and that change nothing of the order."""


def change_request(segments: list[Segment], place: str, partner: Partner) -> ChangeRequest:
    """Raises InputRefused."""
    bch = required(segments, "BCH", place)
    purpose = bch.at(1)
    if purpose not in (CANCEL, CHANGE, REPLACE):
        raise InputRefused(bch.place(1), f"{purpose!r:.10} is neither a change (04), a replacement (05) nor a cancellation (01)")
    asked = day(bch, 11 if bch.at(11) else 6, partner)
    sequence = bch.at(5) or f"{asked:%Y%m%d}"
    lines = loops(segments, "POC", end=("CTT",))
    header = segments[: next((n for n, one in enumerate(segments) if one.name == "POC"), len(segments))]
    other = [f"{one.name} stands in {one.where}" for one in header if one.name not in SAYS_NOTHING]
    other += [f"{one.name} stands in {one.where}" for loop in lines for one in loop.under if one.name not in SAYS_NOTHING]
    if purpose == REPLACE:
        other.insert(0, "the order is to be replaced as a whole")
    if purpose == CHANGE and not lines and day_of(header, ("002", "010"), partner) is None and not other:
        raise InputRefused(place, "the change changes nothing (POC)")
    ctt = first(segments, "CTT")
    if ctt and ctt.at(1).isdigit() and int(ctt.at(1)[:9]) != len(lines):
        raise InputRefused(ctt.place(1), f"it says {ctt.at(1)!r:.20} lines, and there are {len(lines)}")
    return ChangeRequest(
        order=key_of(partner, bch, 3, bch.at(4)),
        number=sequence[:60],
        cancel=purpose == CANCEL,
        lines=tuple(_line(loop, partner) for loop in lines if loop.head.at(2) not in UNCHANGED),
        requested_at=day_of(header, ("002", "010"), partner),
        asked_at=asked,
        other=tuple(other),
    )


def _line(loop: Loop, partner: Partner) -> ChangedLine:
    poc = loop.head
    number, code = line_number(poc.at(1)), needed(poc, 2, "code of what changes")
    if number is None:
        raise InputRefused(poc.place(1), f"{poc.at(1)!r:.20} is not the number of a line")
    price = None
    if poc.at(6) and code not in QUANTITY_ONLY:
        per = PRICE_PER.get(poc.at(7), 1)
        price = per_piece(parse_amount(poc.at(6), poc.place(6)) / per, pieces(partner, poc.at(5), poc.place(5)))
    quantity = None
    if code == DELETE:
        quantity = 0
    elif code != DATES or poc.at(3):
        quantity = units(poc, 3, partner, poc.at(5))
    return ChangedLine(
        line=number,
        item=named_item(poc, 8, partner),
        quantity=quantity,
        added=code == ADD,
        unit_price=price,
        requested_at=day_of(loop.under, ("002", "010"), partner),
    )
