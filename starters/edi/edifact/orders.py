"""A purchase order (ORDERS).

Read: BGM, DTM 137, 2 and 10, CUX, NAD BY, DP and IV, PAT, ALC with MOA, LIN, PIA, IMD, QTY 21, PRI AAA and AAB, TAX with MOA 124, CNT 2,
MOA 86. Source: UN/EDIFACT D.96A and D.01B, ORDERS. Orders by EDI are on account.
"""

from __future__ import annotations

from decimal import Decimal

from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.money import Money
from domain.order import MOST_LINES, OrderLine, PaymentTerms, PlaceOrder, TaxLine
from starters.channels.bounds import built, known_currency, money, within_reason
from starters.channels.units import UnknownUnit
from starters.channels.x12 import per_piece
from starters.edi.edifact.fields import (
    Loop,
    address_of,
    amounts,
    before,
    decimal,
    first,
    item_of,
    loops,
    moment_of,
    order_number,
    required,
    units,
)
from starters.edi.edifact.opening import Segment

ORDERS = {"105", "220", "221", "224", "226", "227", "22E", "23E", "402"}
"""BGM01 (element 1001): purchase order, order, blanket, rush, call-off, consignment, sample."""

ORIGINAL = ("", "9", "7", "43")
NET_DAYS = {"14": PaymentTerms.NET_14, "30": PaymentTerms.NET_30, "60": PaymentTerms.NET_60}
AMOUNT_OF_ALLOWANCE = ("8", "204", "23")
PRICES = ("AAA", "AAB", "CAL", "INV")
"""PRI01 (element 5125): net, gross, calculation, invoice."""


def order(segments: list[Segment], place: str, partner: Partner, sender: str) -> PlaceOrder:
    """Raises InputRefused."""
    bgm, header = required(segments, "BGM", place), before(segments, "LIN")
    if bgm.at(1) and bgm.at(1) not in ORDERS:
        raise InputRefused(bgm.place(1), f"{bgm.at(1)!r:.10} is not an order (220)")
    if bgm.at(3) not in ORIGINAL:
        raise InputRefused(bgm.place(3), f"{bgm.at(3)!r:.10} is not an original order (9); changes come as ORDCHG")
    number = order_number(bgm, 2)
    currency = _currency(header, partner)
    detail = loops(segments, "LIN", end=("UNS",))
    if not detail:
        raise InputRefused(place, "the order has no line (LIN)")
    if len(detail) > MOST_LINES:
        raise InputRefused(f"{place}, LIN", f"there are more than {MOST_LINES:,}")
    summary = segments[len(before(segments, "UNS")) :]
    _check_count(summary, len(detail))
    placed_at = moment_of(header, ("137", "4"), partner)
    if placed_at is None:
        raise InputRefused(place, "the order has no date (DTM)")
    parties = {nad.at(1): nad for nad in reversed(header) if nad.name == "NAD"}
    buyer = parties.get("BY") or parties.get("DP")
    numbers = [int(one.head.at(1)) for one in detail if one.head.at(1).isascii() and one.head.at(1).isdigit() and len(one.head.at(1)) <= 6]
    if len(set(numbers)) < len(detail) or 0 in numbers:
        numbers = list(range(1, len(detail) + 1))
    lines = [_line(loop, n, currency, partner) for loop, n in zip(detail, numbers, strict=True)]
    goods = _worth(lines, currency)
    charges = [_allowances(header, "C", currency, goods)]
    charges += [_allowances(loop.under, "C", currency, _gross(line, currency)) for loop, line in zip(detail, lines, strict=True)]
    ours = {"to_tax": True} if partner.taxes == "ours" and not any(line.taxes for line in lines) else {}
    built_order = built(
        PlaceOrder,
        {"external_id": bgm.place(2), "po_number": bgm.place(2), "customer": f"{place}, NAD02 of the buyer", "lines": f"{place}, LIN"},
        channel=partner.channel,
        external_id=number,
        customer=f"edifact:{(buyer.at(2) if buyer else '') or sender}",
        currency=currency,
        lines=lines,
        placed_at=placed_at,
        po_number=number[:100],
        ship_to=address_of(parties.get("DP") or parties.get("ST") or parties.get("BY"), partner),
        bill_to=address_of(parties.get("IV") or parties.get("BY"), partner),
        requested_at=moment_of(header, ("2", "64", "63", "10"), partner),
        terms=_terms(header),
        discount=_allowances(header, "A", currency, goods),
        freight=Money.total(charges, currency),
        **ours,
    )
    stated = amounts(summary, ("86", "128", "9"), currency)
    return within_reason(built_order.model_copy(update={"stated_total": stated}), f"{place}, LIN", f"{place}, ALC")


def _line(loop: Loop, number: int, currency: str, partner: Partner) -> OrderLine:
    qty = next((one for one in loop.under if one.name == "QTY" and one.at(1) in ("21", "1")), None)
    if qty is None:
        raise InputRefused(loop.head.where, "the line has no quantity that is ordered (QTY)")
    quantity = units(qty, partner)
    if quantity == 0:
        raise InputRefused(qty.place(1, 2), "0 is not a quantity; order at least 1")
    price = _price(loop, qty, partner)
    gross = None if price is None else money(quantity * price, currency, qty.place(1, 2))
    discount = _allowances(loop.under, "A", currency, gross)
    imd = first(loop.under, "IMD")
    return built(
        OrderLine,
        {"item": loop.head.place(3), "description": f"{loop.head.where}, IMD03"},
        number=number,
        item=item_of(loop, partner),
        quantity=quantity,
        **({} if price is None else {"unit_price": price}),
        discount=discount,
        taxes=_taxes(loop.under, currency),
        description=(imd.at(3, 4) + imd.at(3, 5) if imd else "")[:400],
        requested_at=moment_of(loop.under, ("2", "64", "63", "10"), partner),
    )


def _gross(line: OrderLine, currency: str) -> Money | None:
    return None if line.to_price else line.gross(currency)


def _worth(lines: list[OrderLine], currency: str) -> Money | None:
    """What a percentage on the order is of: the goods after their own discounts; None where a line's price is ours to find."""
    if any(line.to_price for line in lines):
        return None
    return Money(minor=sum(line.worth(currency) for line in lines), currency=currency)


def _price(loop: Loop, qty: Segment, partner: Partner) -> Decimal | None:
    """The price of one piece: PRI says for how many of which unit it is (components 5 and 6); without a unit, that of the quantity.

    None where there is none and the partner's map leaves prices to us.
    """
    prices = {pri.at(1): pri for pri in reversed(loop.under) if pri.name == "PRI"}
    pri = next((prices[one] for one in PRICES if one in prices), None)
    if pri is None or not pri.at(1, 2):
        if partner.prices == "ours":
            return None
        raise InputRefused(loop.head.where, "the line has no price, and the partner's map does not leave prices to us (PRI)")
    basis = decimal(pri, 1, 5) if pri.at(1, 5) else Decimal(1)
    if basis == 0:
        raise InputRefused(pri.place(1, 5), "a price for no unit is none")
    unit = pri.at(1, 6) or qty.at(1, 3)
    if unit not in partner.units:
        raise UnknownUnit(pri.place(1, 6), unit)
    price = decimal(pri, 1, 2)
    return per_piece(price if basis == 1 else (price / basis).quantize(Decimal("1e-10")), partner.units[unit])


def _currency(header: list[Segment], partner: Partner) -> str:
    cux = first(header, "CUX")
    if cux is None:
        return partner.currency
    return known_currency(cux.at(1, 2), cux.place(1, 2))


def _terms(header: list[Segment]) -> PaymentTerms:
    """PAT: element 2, components of C112, the fourth is the number of days; any other number is net 30."""
    pat = first(header, "PAT")
    return NET_DAYS.get(pat.at(3, 4).lstrip("0") if pat else "", PaymentTerms.NET_30)


def _allowances(segments: list[Segment], kind: str, currency: str, base: Money | None) -> Money:
    """The amounts (MOA) under every ALC of a kind, A an allowance, C a charge; without one the percentage (PCD) of `base`."""
    total = Money.zero(currency)
    for loop in loops(segments, "ALC", end=("LIN", "TAX", "PRI", "QTY", "NAD", "UNS")):
        if loop.head.at(1) != kind:
            continue
        amount = amounts(loop.under, AMOUNT_OF_ALLOWANCE, currency)
        pcd = first(loop.under, "PCD")
        if amount is None and pcd is not None:
            if base is None:
                raise InputRefused(pcd.where, "a percentage of a price that is left to us has no amount yet; state it as an amount (MOA)")
            amount = money(base.major * decimal(pcd, 1, 2) / 100, currency, pcd.place(1, 2))
        if amount is None:
            raise InputRefused(loop.head.where, "an allowance or charge needs its amount or its percentage (MOA)")
        total += amount
    return total


def _taxes(segments: list[Segment], currency: str) -> list[TaxLine]:
    """TAX with its percentage, and MOA 124 below it; a rate without an amount says nothing of the order's money."""
    taxes = []
    for loop in loops(segments, "TAX", end=("ALC", "PRI", "QTY", "LIN", "UNS")):
        amount = amounts(loop.under, ("124",), currency)
        if amount is not None:
            rate = decimal(loop.head, 5, 4) / 100 if loop.head.at(5, 4) else Decimal(0)
            taxes.append(built(TaxLine, {"title": loop.head.place(2)}, title=loop.head.at(2) or "VAT", rate=rate, amount=amount))
    return taxes


def _check_count(summary: list[Segment], counted: int) -> None:
    cnt = first(summary, "CNT", "2")
    if cnt and decimal(cnt, 1, 2) != counted:
        raise InputRefused(cnt.place(1, 2), f"it says {cnt.at(1, 2)!r:.20} lines, and there are {counted}")
