"""Customers' accounts: what a customer has with us beyond their orders; every change is an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import credit
from database.locks import require
from database.tables import AccountEntry, Customer
from domain.errors import NotFound
from domain.money import Money


def account_locked(session: Session, customer: str) -> Customer:
    """Lock a customer's account before its balance is read to be changed. Raises NotFound."""
    found = session.get(Customer, customer, with_for_update=True)
    if found is None:
        raise NotFound("customer", customer)
    return found


def on_account(session: Session, customer: str, currency: str) -> int:
    """Minor units that are the customer's: what came in or was granted, less what was applied, spent or given back."""
    chosen = select(func.coalesce(func.sum(AccountEntry.amount), 0))
    return -int(session.scalar(chosen.where(AccountEntry.customer == customer, AccountEntry.currency == currency)) or 0)


def enter_account(
    session: Session,
    key: str,
    customer: str,
    kind: str,
    amount: Money,
    at: datetime,
    *,
    order: str = "",
    reference: str = "",
    note: str = "",
) -> None:
    """Add an entry, once for its key: a positive amount takes from what the customer has, a negative one adds to it.

    Raises Refused when more would be taken than the customer has, NotFound for an unknown customer.
    """
    if amount.minor < 0:
        credit.family_locked(session, customer)
    account_locked(session, customer)
    if session.scalar(select(AccountEntry.id).where(AccountEntry.key == key)) is not None:
        return
    left = on_account(session, customer, amount.currency) - amount.minor
    require(
        amount.minor <= 0 or left >= 0,
        f"{customer} has {left + amount.minor} minor units of {amount.currency} on account, not {amount.minor}.",
    )
    session.add(
        AccountEntry(
            key=key,
            customer=customer,
            currency=amount.currency,
            kind=kind,
            amount=amount.minor,
            order=order,
            reference=reference,
            note=note,
            at=at,
        )
    )
    session.flush()
    if amount.minor < 0:
        credit.changed(session, customer, at)
