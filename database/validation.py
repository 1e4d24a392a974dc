"""Validation: everything that is wrong with an order, told at once, with who can mend it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from database.tables import Customer, Invoice, Order, OrderLine
from domain.money import Money, is_currency
from domain.order import PaymentTerms, PlaceOrder
from domain.pricing.pricing import Pricing, percent
from domain.steps import Finding, Severity

MOST_UNITS = 10_000_000
"""More units in a line than this are refused: they are a slip of the keyboard."""

MOST_MINOR = 10**17
"""A total of more minor units than this is refused; the database's integers hold 9 x 10^18."""


def find_all(
    session: Session, pricing: Pricing, known: Container[str], customer: Customer | None, price_tolerance: Decimal
) -> list[Finding]:
    """Every finding, in the order of the document: lines first, then the whole, then the customer. `customer` is locked by the caller.

    `known` are the items that exist.
    """
    placed = pricing.placed
    findings = [*_lines(placed, known), *_prices(pricing, price_tolerance)]
    findings.sort(key=lambda finding: int(finding.place.removeprefix("line ")))
    return [*findings, *_whole(pricing), *_customer(session, placed, customer)]


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


def _customer(session: Session, placed: PlaceOrder, customer: Customer | None) -> Iterator[Finding]:
    if customer is None:
        yield _mendable("customer", f"nobody knows the customer {placed.customer!r}")
        return
    name = customer.customer
    if customer.blocked:
        yield _mendable("customer", f"{name} is blocked")
    if customer.credit_hold:
        yield _mendable("customer", f"{name} is on credit hold: a last reminder is not paid")
    if is_currency(placed.currency) and customer.currency != placed.currency:
        yield _mendable("currency", f"{name} buys in {customer.currency}, the order is in {placed.currency}")
    if placed.terms.value not in customer.terms.split():
        yield _mendable("terms", f"{name} has not got the payment terms {placed.terms.value}")
    if placed.terms is not PaymentTerms.PREPAID and customer.currency == placed.currency and is_currency(placed.currency):
        yield from _credit(session, placed, customer)


def _credit(session: Session, placed: PlaceOrder, customer: Customer) -> Iterator[Finding]:
    if customer.credit_limit is None:
        return
    owed = exposure(session, customer, leave_out=placed.key)
    if owed.minor + placed.total.minor > customer.credit_limit:
        limit = Money(minor=customer.credit_limit, currency=customer.currency)
        yield _mendable("credit", f"{customer.customer} owes {owed}; with this order of {placed.total} that is above the limit of {limit}")


def exposure(session: Session, customer: Customer, leave_out: str = "") -> Money:
    """What the customer owes and will owe: open invoices, plus what accepted orders on terms have not been invoiced yet."""
    mine = (Order.customer == customer.customer, Order.currency == customer.currency, Order.order != leave_out)
    balances = select(func.coalesce(func.sum(Invoice.balance), 0)).join(Order, Order.order == Invoice.order).where(*mine)
    invoiced = select(func.coalesce(func.sum(Invoice.total), 0)).where(Invoice.order == Order.order).scalar_subquery()
    unshipped = OrderLine.open + OrderLine.allocated + OrderLine.picked + OrderLine.packed > 0
    to_come: ColumnElement[bool] = select(OrderLine.line).where(OrderLine.order == Order.order, unshipped).exists()
    accepted = (Order.accepted_at.is_not(None), Order.outcome == "", Order.terms != PaymentTerms.PREPAID.value, to_come)
    rest = session.execute(select(Order.total, invoiced).where(*mine, *accepted))
    minor = int(session.scalar(balances) or 0) + sum(max(total - int(already), 0) for total, already in rest)
    return Money(minor=minor, currency=customer.currency)


def _said(stated: Money) -> str:
    return str(stated) if is_currency(stated.currency) else f"{stated.minor} minor units of {stated.currency}"


def _mendable(place: str, reason: str) -> Finding:
    return Finding(place=place, reason=reason, severity=Severity.MENDABLE)


def _unpriced(place: str, reason: str) -> Finding:
    """Nobody can wave this through: it would be given away."""
    return Finding(place=place, reason=reason, severity=Severity.MENDABLE, waivable=False)


def _fatal(place: str, reason: str) -> Finding:
    return Finding(place=place, reason=reason, severity=Severity.FATAL)
