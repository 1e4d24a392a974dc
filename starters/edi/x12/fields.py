"""What every reader of X12 sets asks of segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.money import Money, parse_amount
from starters.channels.bounds import money, whole_quantity
from starters.channels.dates import moment_in
from starters.channels.units import UnknownUnit
from starters.channels.x12_envelope import Segment

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}")


@dataclass
class Loop:
    """A segment that begins a loop and the segments under it."""

    head: Segment
    under: list[Segment] = field(default_factory=list)


def loops(segments: Iterable[Segment], name: str, end: Sequence[str] = ()) -> list[Loop]:
    """The loops that `name` begins; a segment of `end` closes the last one."""
    found: list[Loop] = []
    inside = False
    for segment in segments:
        if segment.name == name:
            found.append(Loop(segment))
            inside = True
        elif segment.name in end:
            inside = False
        elif inside:
            found[-1].under.append(segment)
    return found


def first(segments: Iterable[Segment], name: str, qualifier: str = "") -> Segment | None:
    return next((one for one in segments if one.name == name and (not qualifier or one.at(1) == qualifier)), None)


def required(segments: Iterable[Segment], name: str, place: str) -> Segment:
    found = first(segments, name)
    if found is None:
        raise InputRefused(place, f"it has no segment that it needs ({name})")
    return found


def needed(segment: Segment, element: int, what: str) -> str:
    value = segment.at(element)
    if not value:
        raise InputRefused(segment.place(element), f"there is no {what}")
    return value


def key_of(partner: Partner, segment: Segment, element: int, release: str = "") -> str:
    """The order's key from the element that names it."""
    number = "-".join(part for part in (needed(segment, element, "number of the order"), release) if part)
    if not _KEY.fullmatch(number):
        raise InputRefused(segment.place(element), f"{number!r:.60} is no number of an order")
    return f"{partner.channel}/{number}"


def day(segment: Segment, element: int, partner: Partner) -> datetime:
    return moment_in(segment.at(element), partner.dates, segment.place(element))


def day_of(segments: Iterable[Segment], qualifiers: Sequence[str], partner: Partner) -> datetime | None:
    """The DTM of the first qualifier that there is."""
    days = {dtm.at(1): dtm for dtm in segments if dtm.name == "DTM"}
    return next((day(days[one], 2, partner) for one in qualifiers if one in days), None)


def units(segment: Segment, element: int, partner: Partner, unit: str) -> int:
    """Pieces, zero or more, of a quantity in `unit`."""
    amount = parse_amount(needed(segment, element, "quantity"), segment.place(element))
    if amount == 0:
        return 0
    return whole_quantity(
        whole_quantity(amount, segment.place(element)) * pieces(partner, unit, segment.place(element)), segment.place(element)
    )


def pieces(partner: Partner, unit: str, place: str) -> int:
    if unit not in partner.units:
        raise UnknownUnit(place, unit)
    return partner.units[unit]


def amount(segment: Segment, element: int, currency: str) -> Money:
    """Major units with a point, as X12 writes monetary amounts (type R); nothing is zero."""
    written = segment.at(element)
    return money(parse_amount(written, segment.place(element)) if written else Decimal(0), currency, segment.place(element))


def count(segment: Segment, element: int) -> int:
    written = segment.at(element)
    if not re.fullmatch(r"[0-9]{1,9}", written):
        raise InputRefused(segment.place(element), f"{written!r:.20} is not a number")
    return int(written)


def named_item(segment: Segment, start: int, partner: Partner) -> str:
    """The item from pairs of qualifier and number, by the partner's preference; "" when there is none."""
    last = len(segment.elements)
    named = {segment.at(n): segment.at(n + 1) for n in range(last, start - 1, -1) if (n - start) % 2 == 0 and segment.at(n + 1)}
    wanted = (*partner.items, *named)
    return next((named[qualifier][:100] for qualifier in wanted if qualifier in named), "")


def line_number(written: str) -> int | None:
    """The number of a line, where it is one."""
    return int(written) if re.fullmatch(r"[0-9]{1,6}", written) and int(written) > 0 else None
