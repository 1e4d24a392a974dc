"""Using what a customer has on account: for an invoice of an order, or paid back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import outbox
from database.accounts import account_locked, enter_account, on_account
from database.bank_booking import at_the_till
from database.bank_queue import payable
from database.locks import next_number, require
from database.tables import AccountApplication, AccountEntry, Customer, Invoice, Order, ReceivableEntry
from domain.bank_views import AccountLine, AccountView, OrderMoney
from domain.cash_application import OpenItem
from domain.errors import NotFound
from domain.messages import PaymentReceived
from domain.money import Money
from domain.values import Value


class Applied(Value):
    """`payment` is how the order names it."""

    payment: str
    order: str
    document: str
    amount: Money
    left: Money  # on account


def apply_account(session: Session, customer: str, named: str, minor: int | None, by: str, at: datetime) -> Applied:
    """Pay an invoice (or an order in advance) from the account: as much as is asked, else as much as both sides have.

    Raises Refused beyond the balance or the account, or for another customer's invoice.
    """
    at_the_till(session)
    account_locked(session, customer)
    item = payable(session, named)
    require(item.customer == customer, f"{item.document} is an invoice of {item.customer}, not of {customer}.")
    there = on_account(session, customer, item.currency)
    amount = min(there, item.open) if minor is None else minor
    have, owed, asked = (Money(minor=m, currency=item.currency) for m in (there, item.open, amount))
    require(item.open > 0, f"{item.document} has nothing left to pay.")
    require(there > 0, f"{customer} has nothing in {item.currency} on account.")
    require(0 < amount <= item.open, f"{item.document} has {owed} open, not {asked}.")
    require(amount <= there, f"{customer} has {have} on account, not {asked}.")
    payment = f"A-{next_number(session, 'AA'):06d}"
    session.add(_application(payment, item, amount, by, at))
    enter_account(
        session, f"account/{payment}", customer, "applied", asked, at, order=item.order, reference=payment, note=f"{item.document}, by {by}"
    )
    fact = PaymentReceived(
        message_id=f"account/{payment}",
        occurred_at=at,
        actor=by,
        payment=payment,
        amount=asked,
        invoice=item.invoice or None,
        from_account=True,
    )
    outbox.put(session, item.order, fact, at)
    return Applied(
        payment=payment, order=item.order, document=item.document, amount=asked, left=Money(minor=there - amount, currency=item.currency)
    )


def pay_back(session: Session, customer: str, amount: Money, reference: str, by: str, at: datetime) -> Money:
    """Book that money on account was paid back under a reference, once for each; what is left. Raises Refused beyond the account."""
    at_the_till(session)
    require(amount.minor > 0, f"{amount} is nothing to pay back.")
    key = f"account/{customer}/paid_back/{reference}"
    known = session.scalars(select(AccountEntry).where(AccountEntry.key == key)).one_or_none()
    require(
        known is None or (known.amount == amount.minor and known.currency == amount.currency),
        f"Reference {reference} paid another amount back to {customer} already.",
    )
    enter_account(session, key, customer, "paid_back", amount, at, reference=reference, note=f"by {by}")
    return Money(minor=on_account(session, customer, amount.currency), currency=amount.currency)


def account_view(session: Session, customer: str, limit: int = 100) -> AccountView:
    """What a customer has with us and owes us. Raises NotFound."""
    owner = session.get(Customer, customer)
    if owner is None:
        raise NotFound("customer", customer)
    sums = select(AccountEntry.currency, func.sum(AccountEntry.amount)).where(AccountEntry.customer == customer)
    owed = select(Order.currency, func.sum(Invoice.balance)).join(Order, Order.order == Invoice.order).where(Order.customer == customer)
    held = (
        select(Order.order, Order.currency, func.sum(ReceivableEntry.amount))
        .join(ReceivableEntry, ReceivableEntry.order == Order.order)
        .where(Order.customer == customer, ReceivableEntry.invoice.is_(None))
        .group_by(Order.order, Order.currency)
        .having(func.sum(ReceivableEntry.amount) < 0)
        .order_by(Order.order)
    )
    entries = select(AccountEntry).where(AccountEntry.customer == customer).order_by(AccountEntry.id.desc()).limit(limit)
    return AccountView(
        customer=customer,
        name=owner.name,
        on_account=tuple(
            Money(minor=-int(minor), currency=currency)
            for currency, minor in session.execute(sums.group_by(AccountEntry.currency).order_by(AccountEntry.currency))
        ),
        in_orders=tuple(
            OrderMoney(order=order, amount=Money(minor=-int(minor), currency=currency)) for order, currency, minor in session.execute(held)
        ),
        open_invoices=tuple(
            Money(minor=int(minor), currency=currency)
            for currency, minor in session.execute(owed.where(Invoice.balance > 0).group_by(Order.currency).order_by(Order.currency))
        ),
        lines=tuple(_line(entry) for entry in reversed(list(session.scalars(entries)))),
    )


def _application(payment: str, item: OpenItem, amount: int, by: str, at: datetime) -> AccountApplication:
    return AccountApplication(
        payment=payment,
        customer=item.customer,
        order=item.order,
        invoice=item.invoice,
        currency=item.currency,
        amount=amount,
        by=by,
        at=at,
        state="standing",
        note="",
    )


def _line(entry: AccountEntry) -> AccountLine:
    amount = Money(minor=entry.amount, currency=entry.currency)
    return AccountLine(at=entry.at, kind=entry.kind, amount=amount, order=entry.order, reference=entry.reference, note=entry.note)
