"""What every reader of EDIFACT messages asks of segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.money import Money, parse_amount
from domain.order import Address
from starters.channels.bounds import built, money, whole_quantity
from starters.channels.dates import moment_in
from starters.channels.units import UnknownUnit
from starters.edi.edifact.opening import Segment

FORMATS = {"101": "%y%m%d", "102": "%Y%m%d", "201": "%y%m%d%H%M", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
"""Element 2379 of DTM."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}")


@dataclass
class Loop:
    head: Segment
    under: list[Segment] = field(default_factory=list)


def loops(segments: Iterable[Segment], name: str, end: Sequence[str] = ()) -> list[Loop]:
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


def before(segments: Sequence[Segment], name: str) -> list[Segment]:
    """The heading: everything before the first segment of a name."""
    return list(segments[: next((n for n, one in enumerate(segments) if one.name == name), len(segments))])


def first(segments: Iterable[Segment], name: str, qualifier: str = "") -> Segment | None:
    return next((one for one in segments if one.name == name and (not qualifier or one.at(1) == qualifier)), None)


def required(segments: Iterable[Segment], name: str, place: str) -> Segment:
    found = first(segments, name)
    if found is None:
        raise InputRefused(place, f"it has no segment that it needs ({name})")
    return found


def needed(segment: Segment, element: int, what: str, component: int = 1) -> str:
    value = segment.at(element, component)
    if not value:
        raise InputRefused(segment.place(element), f"there is no {what}")
    return value


def order_number(segment: Segment, element: int, component: int = 1) -> str:
    number = needed(segment, element, "number of the order", component)
    if not _KEY.fullmatch(number):
        raise InputRefused(segment.place(element, component if component > 1 else 0), f"{number!r:.60} is no number of an order")
    return number


def decimal(segment: Segment, element: int, component: int) -> Decimal:
    """A number of zero or more with a point or a comma, as ISO 9735 allows."""
    place = segment.place(element, component)
    amount = parse_amount(segment.at(element, component).replace(",", "."), place)
    if amount < 0:
        raise InputRefused(place, f"{amount} is less than zero")
    return amount


def moment(dtm: Segment, partner: Partner) -> datetime:
    """The second component in the format that the third names; without one, by its digits."""
    code = dtm.at(1, 3)
    if code and code not in FORMATS:
        raise InputRefused(dtm.place(1, 3), f"{code!r:.10} is not a format of dates that is read (102, 203)")
    return moment_in(dtm.at(1, 2), (FORMATS[code],) if code else partner.dates, dtm.place(1, 2))


def moment_of(segments: Iterable[Segment], qualifiers: Sequence[str], partner: Partner) -> datetime | None:
    dates = {dtm.at(1): dtm for dtm in segments if dtm.name == "DTM"}
    return next((moment(dates[one], partner) for one in qualifiers if one in dates), None)


def units(qty: Segment, partner: Partner) -> int:
    """Pieces of QTY: its second component in the unit of its third."""
    amount = decimal(qty, 1, 2)
    unit = qty.at(1, 3)
    if unit not in partner.units:
        raise UnknownUnit(qty.place(1, 3), unit)
    if amount == 0:
        return 0
    return whole_quantity(whole_quantity(amount, qty.place(1, 2)) * partner.units[unit], qty.place(1, 2))


def amounts(segments: Iterable[Segment], qualifiers: Sequence[str], currency: str) -> Money | None:
    """The MOA of the first qualifier that there is."""
    found = {moa.at(1): moa for moa in reversed(list(segments)) if moa.name == "MOA"}
    for qualifier in qualifiers:
        if moa := found.get(qualifier):
            return money(decimal(moa, 1, 2), currency, moa.place(1, 2))
    return None


def item_of(loop: Loop, partner: Partner) -> str:
    """LIN03 and the numbers of PIA (additional and substitute ones apart), by the partner's preference."""
    named = {loop.head.at(3, 2): loop.head.at(3)} if loop.head.at(3) else {}
    for pia in loop.under:
        if pia.name == "PIA" and pia.at(1) in ("1", "5"):
            for n in range(2, 7):
                if pia.at(n):
                    named.setdefault(pia.at(n, 2), pia.at(n))
    found = next((named[qualifier] for qualifier in (*partner.items, *named) if qualifier in named), "")
    if not found:
        raise InputRefused(loop.head.place(3), "the line names no item")
    return found[:100]


def address_of(nad: Segment | None, partner: Partner) -> Address | None:
    """None where the partner names only a number."""
    if nad is None or not nad.at(6):
        return None
    street = ", ".join(part for n in (1, 2, 3, 4) if (part := nad.at(5, n)))
    return built(
        Address,
        {
            "name": nad.place(4),
            "street": nad.place(5),
            "city": nad.place(6),
            "region": nad.place(7),
            "postcode": nad.place(8),
            "country": nad.place(9),
        },
        name=" ".join(part for n in (1, 2) if (part := nad.at(4, n) or nad.at(3, n))),
        street=street,
        city=nad.at(6),
        region=nad.at(7),
        postcode=nad.at(8),
        country=nad.at(9) or partner.country,
    )
