"""Validation: everything that is wrong with an order, told at once, with who can mend it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import credit
from database.tables import Customer, Item, Price
from domain.credit import CreditQuestion
from domain.money import Money, is_currency
from domain.order import PlaceOrder
from domain.steps import Finding, Severity
from domain.terms import Terms

MOST_UNITS = 10_000_000
"""More units in a line than this are refused: they are a slip of the keyboard."""

MOST_MINOR = 10**17
"""A total of more minor units than this is refused; the database's integers hold 9 x 10^18."""


def find_all(
    session: Session,
    placed: PlaceOrder,
    customer: Customer | None,
    price_tolerance: Decimal,
    terms: Terms | None,
    question: CreditQuestion,
    at: datetime,
) -> list[Finding]:
    """Every finding, in the order of the document: lines first, then the whole, then the customer and its credit.

    `customer` is locked by the caller; `terms` are those that the order names, if there are such.
    """
    findings = [*_lines(session, placed), *_prices(session, placed, customer, price_tolerance)]
    findings.sort(key=lambda finding: int(finding.place.removeprefix("line ")))
    found = [*findings, *_whole(placed), *_customer(placed, customer), *_terms(placed, terms)]
    return [*found, *_credit(session, placed, customer, question, at)]


def _lines(session: Session, placed: PlaceOrder) -> Iterator[Finding]:
    known = set(session.scalars(select(Item.item).where(Item.item.in_({line.item for line in placed.lines}))))
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


def _prices(session: Session, placed: PlaceOrder, customer: Customer | None, tolerance: Decimal) -> Iterator[Finding]:
    if customer is None or customer.price_list is None or customer.currency != placed.currency:
        return
    wanted = {line.item for line in placed.lines}
    chosen = select(Price.item, Price.unit_price).where(Price.price_list == customer.price_list, Price.item.in_(wanted))
    agreed = {item: Decimal(price) for item, price in session.execute(chosen)}
    for line in placed.lines:
        price = agreed.get(line.item)
        if price is not None and abs(line.unit_price - price) > tolerance * price:
            yield _mendable(
                f"line {line.number}",
                f"the price is {line.unit_price}; price list {customer.price_list} says {price} {placed.currency}",
            )


def _whole(placed: PlaceOrder) -> Iterator[Finding]:
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


def _fatal(place: str, reason: str) -> Finding:
    return Finding(place=place, reason=reason, severity=Severity.FATAL)
