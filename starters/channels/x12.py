"""A purchase order that a trading partner sends by EDI: the X12 transaction set 850.

What is read, by element: BEG (purpose, number, release, date), CUR, CSH01, SAC, ITD07, DTM 002 and 010, TD5, TXI, N1 to N4 of
the buyer (BY), bill-to (BT) and ship-to (ST), PO1, PID, CTT01, AMT. Orders by EDI are on account. Source: ASC X12 004010, 850.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.errors import InputRefused
from domain.money import Money, parse_amount
from domain.order import MOST_LINES, Address, OrderLine, PaymentTerms, PlaceOrder, ShippingPolicy, TaxLine
from starters.channels.bounds import built, known_currency, money, whole_quantity, within_reason
from starters.channels.dates import moment_in
from starters.channels.reading import decoded
from starters.channels.units import UnknownUnit
from starters.channels.x12_envelope import Segment, TransactionSet
from starters.edi.x12.opening import open_whole

NET_DAYS = {"14": PaymentTerms.NET_14, "30": PaymentTerms.NET_30, "60": PaymentTerms.NET_60}
"""ITD07; any other number, and none, is NET_30, and validation compares it with what the customer has."""

ITEM_QUALIFIERS = ("VN", "VP", "UP", "UK", "IN", "CB", "BP", "SK")
"""Whose number names the item, best first (element 235): ours, the trade's, then the buyer's; validation maps what is not ours."""

PRICE_PER = {"HP": 100, "TP": 1000}
"""PO105: the price is for a hundred or a thousand; every other code is the price of one unit."""

SHIP_COMPLETE = "SC"
"""CSH01 (element 563): SC is ship complete. Y, BK (back order) and P2 (as soon as possible) and the rest ship what there is."""

DELIVERY_REQUESTED, SHIPMENT_REQUESTED = "002", "010"

DEFAULT_CURRENCY, DEFAULT_COUNTRY = "USD", "US"
"""What CUR and N404 mean when they are left out."""


@dataclass(frozen=True)
class Reading:
    """How a sender's purchase orders are meant; as it stands, those of somebody with whom nothing was agreed.

    `units` are pieces per unit (PO103), none: whatever the unit, it is one piece. `dates` are formats, tried in their order. Where prices
    or taxes are ours, a line without a price is priced by our lists, and an order that states no taxes is taxed by our rules.
    """

    channel: str = "x12"
    currency: str = DEFAULT_CURRENCY
    country: str = DEFAULT_COUNTRY
    items: tuple[str, ...] = ITEM_QUALIFIERS
    units: Mapping[str, int] | None = None
    dates: tuple[str, ...] = ("%Y%m%d",)
    prices_ours: bool = False
    taxes_ours: bool = False


AS_IT_STANDS = Reading()


def read(content: bytes) -> list[PlaceOrder]:
    """One order for each transaction set 850 in `content`; InputRefused when one of the sets is anything else."""
    return [purchase_order(one) for one in open_whole(decoded(content))]


@dataclass
class _Loop:
    """A segment that begins a loop (PO1, N1) and the segments under it."""

    head: Segment
    under: list[Segment] = field(default_factory=list)


def purchase_order(source: TransactionSet, reading: Reading = AS_IT_STANDS) -> PlaceOrder:
    """The order of one transaction set 850. Raises InputRefused."""
    where = f"set {source.control:.20}"
    if source.code != "850":
        raise InputRefused(f"{where}, ST01", f"{source.code!r:.20} is not a purchase order (850)")
    header, loops, summary = _parts(source.segments)
    beg = _first(header, "BEG")
    if beg is None:
        raise InputRefused(where, "the purchase order has no beginning (BEG)")
    if beg.at(1) != "00":
        raise InputRefused(beg.place(1), f"{beg.at(1)!r:.20} is not an original order (00); changes are asked for, not placed")
    number = "-".join(part for part in (beg.at(3), beg.at(4)) if part)
    if not number:
        raise InputRefused(beg.place(3), "the purchase order has no number")
    currency = _currency(source.segments, reading)
    parties = _parties(header)
    if not loops:
        raise InputRefused(where, "the purchase order has no line (PO1)")
    _check_line_count(summary, len(loops))
    if len(loops) > MOST_LINES:
        raise InputRefused(f"{where}, PO1", f"there are more than {MOST_LINES:,}")
    lines = _lines(loops, currency, reading)
    lines = _with_shared_taxes(lines, [_tax(txi, currency) for txi in header if txi.name == "TXI"], currency)
    goods = _worth(lines, currency)
    taxed = any(line.taxes for line in lines)
    order = built(
        PlaceOrder,
        {"external_id": beg.place(3), "po_number": beg.place(3), "customer": f"{where}, N104 of the buyer", "lines": f"{where}, PO1"},
        channel=reading.channel,
        external_id=number,
        customer=f"x12:{_buyer(parties) or source.sender}",
        currency=currency,
        lines=lines,
        placed_at=_day(beg.at(5), beg.place(5), reading),
        po_number=beg.at(3),
        ship_to=_address(parties.get("ST"), reading),
        bill_to=_address(parties.get("BT") or parties.get("BY"), reading),
        requested_at=_requested(header, reading),
        shipping_service=_service(header),
        terms=_terms(header),
        policy=_policy(header),
        discount=_allowances(header, currency, goods),
        freight=_freight(source.segments, loops, lines, currency, goods),
        **({"to_tax": True} if reading.taxes_ours and not taxed else {}),
    )
    return within_reason(_with_stated_total(order, summary), f"{where}, PO1", f"{where}, SAC05")


def _parts(segments: Sequence[Segment]) -> tuple[list[Segment], list[_Loop], list[Segment]]:
    """Heading, line loops and summary; the summary begins at CTT."""
    header: list[Segment] = []
    loops: list[_Loop] = []
    for n, segment in enumerate(segments):
        if segment.name == "CTT":
            return header, loops, list(segments[n:])
        if segment.name == "PO1":
            loops.append(_Loop(segment))
        elif loops:
            loops[-1].under.append(segment)
        else:
            header.append(segment)
    return header, loops, [segment for segment in (loops[-1].under if loops else []) if segment.name == "AMT"]


def _lines(loops: Sequence[_Loop], currency: str, reading: Reading) -> list[OrderLine]:
    """The lines under the buyer's own numbers (PO101) if those are whole numbers and all different, else counted from 1."""
    written = [loop.head.at(1) for loop in loops]
    numbers = [int(text) for text in written if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0]
    if len(set(numbers)) < len(loops):
        numbers = list(range(1, len(loops) + 1))
    return [_line(loop, number, currency, reading) for loop, number in zip(loops, numbers, strict=True)]


def _line(loop: _Loop, number: int, currency: str, reading: Reading) -> OrderLine:
    po1 = loop.head
    if not po1.at(4) and not reading.prices_ours:
        raise InputRefused(po1.place(4), "there is no unit price, and the partner's map does not leave prices to us")
    quantity = whole_quantity(po1.at(2), po1.place(2))
    price = _not_negative(po1.at(4) or "0", po1.place(4)) / PRICE_PER.get(po1.at(5), 1)
    if reading.units is not None:
        if (pieces := reading.units.get(po1.at(3))) is None:
            raise UnknownUnit(po1.place(3), po1.at(3))
        quantity, price = whole_quantity(quantity * pieces, po1.place(2)), per_piece(price, pieces)
    gross = money(quantity * price, currency, po1.place(4))
    discount = _allowances(loop.under, currency, gross if po1.at(4) else None)
    if gross < discount and po1.at(4):
        raise InputRefused(f"{po1.where}, SAC05", f"the allowance of {discount} is more than the {gross} of the line")
    return built(
        OrderLine,
        {"item": po1.place(7), "description": f"{po1.where}, PID05"},
        number=number,
        item=_item(po1, reading.items),
        quantity=quantity,
        **({"unit_price": price} if po1.at(4) else {}),
        discount=discount,
        taxes=[_tax(txi, currency) for txi in loop.under if txi.name == "TXI"],
        description=_first_value(loop.under, "PID", 5),
        requested_at=_requested(loop.under, reading),
    )


def _item(po1: Segment, qualifiers: tuple[str, ...]) -> str:
    """PO106 to PO125 are pairs of qualifier and number."""
    named = {po1.at(n): po1.at(n + 1) for n in range(24, 5, -2) if po1.at(n) and po1.at(n + 1)}
    for qualifier in (*qualifiers, *reversed(named)):
        if qualifier in named:
            return named[qualifier]
    raise InputRefused(po1.place(7), "the line names no item")


def _tax(txi: Segment, currency: str) -> TaxLine:
    """TXI01 is the kind of tax, TXI02 its amount, TXI03 its percentage as a fraction."""
    amount = money(_not_negative(txi.at(2), txi.place(2)), currency, txi.place(2))
    rate = _not_negative(txi.at(3), txi.place(3)) if txi.at(3) else Decimal(0)
    return built(TaxLine, {"title": txi.place(1)}, title=txi.at(1) or "Tax", rate=rate, amount=amount)


def _with_shared_taxes(lines: list[OrderLine], taxes: Iterable[TaxLine], currency: str) -> list[OrderLine]:
    """A tax stated for the whole order is shared over the lines in proportion to their value."""
    for tax in taxes:
        parts = tax.amount.split([line.gross(currency).minor - line.discount.minor for line in lines])
        lines = [
            line.model_copy(update={"taxes": (*line.taxes, tax.model_copy(update={"amount": part}))})
            for line, part in zip(lines, parts, strict=True)
        ]
    return lines


def _worth(lines: Iterable[OrderLine], currency: str) -> Money | None:
    """What a percentage on the order is of: the goods after their own discounts; None where a line's price is ours to find."""
    found = list(lines)
    if any(line.to_price for line in found):
        return None
    return Money(minor=sum(line.worth(currency) for line in found), currency=currency)


def _freight(segments: Iterable[Segment], loops: Sequence[_Loop], lines: Sequence[OrderLine], currency: str, goods: Money | None) -> Money:
    """Every charge of the order; one in percent is of its line where it stands below one, else of the goods."""
    bases = {
        id(segment): None if line.to_price else line.gross(currency)
        for loop, line in zip(loops, lines, strict=True)
        for segment in loop.under
    }
    charges = (sac for sac in segments if sac.name == "SAC" and sac.at(1) == "C")
    return Money.total((_charge(sac, currency, bases.get(id(sac), goods)) for sac in charges), currency)


def _allowances(segments: Iterable[Segment], currency: str, base: Money | None) -> Money:
    return Money.total((_charge(sac, currency, base) for sac in segments if sac.name == "SAC" and sac.at(1) == "A"), currency)


def _charge(sac: Segment, currency: str, base: Money | None) -> Money:
    """SAC05 has two implied decimals (N2); a decimal point that is written all the same is taken at its word.

    Without it SAC07 is a percentage of `base`, rounded half up.
    """
    written = sac.at(5)
    if not written and sac.at(7):
        percent = _not_negative(sac.at(7), sac.place(7))
        if base is None:
            raise InputRefused(sac.place(7), "a percentage of a price that is left to us has no amount yet; state it as an amount (SAC05)")
        return money(base.major * percent / 100, currency, sac.place(7))
    if not written:
        raise InputRefused(sac.place(5), "an allowance or charge needs its amount (SAC05) or its percentage (SAC07)")
    amount = _not_negative(written, sac.place(5))
    return money(amount if "." in written else amount / 100, currency, sac.place(5))


def _currency(segments: Sequence[Segment], reading: Reading) -> str:
    """CUR02 of the heading or of the lines, which must agree."""
    codes = [(cur.at(2), cur.place(2)) for cur in segments if cur.name == "CUR"]
    for code, place in codes:
        known_currency(code, place)
        if code != codes[0][0]:
            raise InputRefused(place, f"{code} is not the {codes[0][0]} of the order; an order has one currency")
    return codes[0][0] if codes else reading.currency


def _parties(header: Sequence[Segment]) -> dict[str, _Loop]:
    """The N1 loops by who it is (N101), the first of each."""
    parties: dict[str, _Loop] = {}
    current: _Loop | None = None
    for segment in header:
        if segment.name == "N1":
            current = _Loop(segment)
            parties.setdefault(segment.at(1), current)
        elif current:
            current.under.append(segment)
    return parties


def _buyer(parties: dict[str, _Loop]) -> str:
    codes = (parties[who].head.at(4) for who in ("BY", "ST") if who in parties)
    return next((code for code in codes if code), "")


def _address(party: _Loop | None, reading: Reading) -> Address | None:
    """None where the partner names only a code, which is then the business of the customer's own record."""
    n4 = _first(party.under, "N4") if party else None
    if party is None or n4 is None:
        return None
    streets = [part for n3 in party.under if n3.name == "N3" for part in (n3.at(1), n3.at(2)) if part]
    return built(
        Address,
        {"name": party.head.place(2), "city": n4.place(1), "region": n4.place(2), "postcode": n4.place(3), "country": n4.place(4)},
        name=party.head.at(2),
        street=", ".join(streets),
        city=n4.at(1),
        region=n4.at(2),
        postcode=n4.at(3),
        country=n4.at(4) or reading.country,
    )


def _terms(header: Sequence[Segment]) -> PaymentTerms:
    return NET_DAYS.get(_first_value(header, "ITD", 7).lstrip("0"), PaymentTerms.NET_30)


def _policy(header: Sequence[Segment]) -> ShippingPolicy | None:
    """What the sales requirement (CSH01) says of shipping in parts; an order without one ships as its customer has it."""
    said = _first_value(header, "CSH", 1)
    if not said:
        return None
    return ShippingPolicy.COMPLETE if said == SHIP_COMPLETE else ShippingPolicy.PARTIAL


def _requested(segments: Sequence[Segment], reading: Reading) -> datetime | None:
    """Of an order or a line: the day of delivery where it is asked for, else the day of shipment."""
    days = {dtm.at(1): dtm for dtm in reversed(segments) if dtm.name == "DTM"}
    wanted = days.get(DELIVERY_REQUESTED) or days.get(SHIPMENT_REQUESTED)
    return _day(wanted.at(2), wanted.place(2), reading) if wanted else None


def _service(header: Sequence[Segment]) -> str:
    """The carrier's code (TD503), else the routing in words (TD505), else the service level (TD512)."""
    return next((value for element in (3, 5, 12) if (value := _first_value(header, "TD5", element))), "")


def _check_line_count(summary: Sequence[Segment], counted: int) -> None:
    ctt = _first(summary, "CTT")
    if ctt is None:
        return  # the segment is optional in an 850
    written = ctt.at(1)
    if not (written.isascii() and written.isdigit() and len(written) <= 6 and int(written) == counted):
        raise InputRefused(ctt.place(1), f"it says {written!r:.20} lines, and there are {counted}")


def _with_stated_total(order: PlaceOrder, summary: Sequence[Segment]) -> PlaceOrder:
    """AMT*TT is the total of the order; AMT*1 that of its lines alone, before discount, freight and tax."""
    amounts = {amt.at(1): amt for amt in reversed(summary) if amt.name == "AMT"}
    if amt := amounts.get("TT"):
        stated = money(_not_negative(amt.at(2), amt.place(2)), order.currency, amt.place(2))
    elif amt := amounts.get("1"):
        goods = Money.total((line.gross(order.currency) for line in order.lines), order.currency)
        stated = money(_not_negative(amt.at(2), amt.place(2)), order.currency, amt.place(2)) + order.total - goods
    else:
        return order
    return order.model_copy(update={"stated_total": stated})


def _not_negative(written: str, place: str) -> Decimal:
    amount = parse_amount(written, place)
    if amount < 0:
        raise InputRefused(place, f"{amount} is less than zero")
    return amount


def per_piece(price: Decimal, pieces: int) -> Decimal:
    """The price of one piece from that of a unit, to ten places: enough for a million pieces to be right to the cent."""
    if pieces == 1:
        return price
    exact = (price / pieces).quantize(Decimal("1e-10")).normalize()
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact


def _day(written: str, place: str, reading: Reading) -> datetime:
    """A day in the first of the sender's formats that it fits, as midnight UTC."""
    return moment_in(written, reading.dates, place)


def _first(segments: Iterable[Segment], name: str) -> Segment | None:
    return next((segment for segment in segments if segment.name == name), None)


def _first_value(segments: Iterable[Segment], name: str, element: int) -> str:
    return next((segment.at(element) for segment in segments if segment.name == name and segment.at(element)), "")
