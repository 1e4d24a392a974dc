"""Validation: everything that is wrong with an order, told at once, with who can mend it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from database import credit
from database.tables import Customer
from domain.credit import CreditQuestion
from domain.money import Money, is_currency
from domain.order import PlaceOrder
from domain.pricing.pricing import Pricing, percent
from domain.steps import Finding, Severity
from domain.terms import Terms

MOST_UNITS = 10_000_000
"""More units in a line than this are refused: they are a slip of the keyboard."""

MOST_MINOR = 10**17
"""A total of more minor units than this is refused; the database's integers hold 9 x 10^18."""


def find_all(
    session: Session,
    pricing: Pricing,
    known: Container[str],
    customer: Customer | None,
    price_tolerance: Decimal,
    terms: Terms | None,
    question: CreditQuestion,
    at: datetime,
) -> list[Finding]:
    """Every finding, in the order of the document: lines first, then the whole, then the customer and its credit.

    `known` are the items that exist, `customer` is locked by the caller; `terms` are the terms of payment that the order names, if known.
    """
    placed = pricing.placed
    findings = [*_lines(placed, known), *_prices(pricing, price_tolerance)]
    findings.sort(key=lambda finding: int(finding.place.removeprefix("line ")))
    found = [*findings, *_whole(pricing), *_customer(placed, customer), *_terms(placed, terms)]
    return [*found, *_credit(session, placed, customer, question, at)]


def _lines(placed: PlaceOrder, known: Container[str]) -> Iterator[Finding]:
    seen: set[int] = set()
    for line in placed.lines:
        place = f"line {line.number}"
        if line.number in seen:
            yield _fatal(place, "two lines have this number")
        seen.add(line.number)
        if line.item not in known:
            yield _mendable(place, f"nobody knows the item {line.item!r}")
        if line.quantity <= 0:
            yield _fatal(place, f"the quantity is {line.quantity}")
        elif line.quantity > MOST_UNITS:
            yield _fatal(place, f"the quantity is {line.quantity}; no order takes more than {MOST_UNITS}")
        elif is_currency(placed.currency) and line.discount.minor > line.off(placed.currency):
            yield _mendable(place, f"the discount of {line.discount} is more than the {line.gross(placed.currency)} of the line")


def _prices(pricing: Pricing, tolerance: Decimal) -> Iterator[Finding]:
    """What is charged against what our price would have been, and what it earns. A price that a person set is only asked what it earns."""
    currency = pricing.placed.currency
    for line in pricing.placed.lines:
        found = pricing.derivations.get(line.number)
        if found is None:
            continue
        place, ours = f"line {line.number}", found.ours
        if line.to_price and ours is None:
            yield _unpriced(place, f"nobody has agreed a price of {line.item} in {currency}")
        elif ours is not None and line.override is None and not line.to_price and abs(line.unit_price - ours) > tolerance * ours:
            yield _mendable(place, f"the price is {line.unit_price}; {found.source} says {ours} {currency}")
        if (margin := found.margin) is not None and margin.least is not None and margin.too_low:
            earns = f"the margin is {percent(margin.rate)}" if margin.rate is not None else "it is given away"
            net, cost = (Money(minor=minor, currency=currency) for minor in (margin.net, margin.cost))
            yield _mendable(place, f"{earns}, at least {percent(margin.least)} is asked ({margin.rule}): {net} for what costs {cost}")


def _whole(pricing: Pricing) -> Iterator[Finding]:
    placed = pricing.placed
    if not is_currency(placed.currency):
        yield _fatal("currency", f"there is no currency {placed.currency!r}")
    else:
        total, stated = placed.total, placed.stated_total
        if abs(total.minor) > MOST_MINOR:
            yield _fatal("total", "the lines add up to more than any order may cost")
        elif total.minor < 0:
            yield _fatal("total", f"the lines add up to {total}")
        elif stated is not None and stated != total:
            yield Finding(place="total", reason=f"the document says {_said(stated)}, its lines add up to {total}", severity=Severity.NOTE)
        goods = sum(max(line.worth(placed.currency), 0) for line in placed.lines) + placed.freight.minor
        if placed.discount.minor > max(goods, 0):
            most = Money(minor=max(goods, 0), currency=placed.currency)
            yield _mendable("discount", f"{placed.discount} is more than the {most} that it is taken off; no more than that is")
        off = pricing.tax_difference
        if off is not None and abs(off.minor) > len(placed.lines):  # a minor unit a line is how others round
            way = "more" if off.minor > 0 else "less"
            reason = f"the order states {Money(minor=abs(off.minor), currency=off.currency)} {way} tax than the tax table comes to"
            yield Finding(place="taxes", reason=reason, severity=Severity.NOTE)
    if placed.ship_to is None:
        yield _mendable("ship_to", "there is no address to ship to")


def _customer(placed: PlaceOrder, customer: Customer | None) -> Iterator[Finding]:
    if customer is None:
        yield _mendable("customer", f"nobody knows the customer {placed.customer!r}")
        return
    name = customer.customer
    if is_currency(placed.currency) and customer.currency != placed.currency:
        yield _mendable("currency", f"{name} buys in {customer.currency}, the order is in {placed.currency}")
    if str(placed.terms) not in customer.terms.split():
        yield _mendable("terms", f"{name} has not got the payment terms {placed.terms!s}")


def _terms(placed: PlaceOrder, terms: Terms | None) -> Iterator[Finding]:
    if terms is None:
        yield _mendable("terms", f"there are no payment terms {placed.terms!s}")
    elif not terms.suits(placed.currency):
        yield _mendable("terms", f"the payment terms {placed.terms!s} name amounts in {terms.currency}, the order is in {placed.currency}")


def _credit(session: Session, placed: PlaceOrder, customer: Customer | None, question: CreditQuestion, at: datetime) -> Iterator[Finding]:
    """What stops the order until it changes by itself; a person entitled may let it pass."""
    if customer is not None and is_currency(placed.currency):
        for reason in credit.judge(session, question, placed.key, customer.customer, placed.total, at).reasons:
            yield Finding(place="credit", reason=reason, severity=Severity.STOP)


def _said(stated: Money) -> str:
    return str(stated) if is_currency(stated.currency) else f"{stated.minor} minor units of {stated.currency}"


def _mendable(place: str, reason: str) -> Finding:
    return Finding(place=place, reason=reason, severity=Severity.MENDABLE)


def _unpriced(place: str, reason: str) -> Finding:
    """Nobody can wave this through: it would be given away."""
    return Finding(place=place, reason=reason, severity=Severity.MENDABLE, waivable=False)


def _fatal(place: str, reason: str) -> Finding:
    return Finding(place=place, reason=reason, severity=Severity.FATAL)
