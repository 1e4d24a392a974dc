"""What the demonstration shows of dunning: a reminder as it reached its customer, and a promise that was broken."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import AuditEntry, Customer, Order, Reminder
from domain.values import Value
from simulation.post import Kept, kept


class BrokenPromise(Value):
    """Whose it was, and what followed: the next level's reminder, if it went out before the money came."""

    order: str
    customer: str
    at: datetime
    level: int = 0
    document: str = ""
    held: bool = False  # the customer is held still


class Dunned(Value):
    """`letters` e-mails lie in `folder`; `letter` is the last that was a customer's last reminder, or simply the last."""

    letters: int
    folder: Path
    letter: Kept | None = None
    broken: BrokenPromise | None = None


def look(session: Session, folder: Path) -> Dunned:
    letters = list(kept(folder))
    return Dunned(letters=len(letters), folder=folder, letter=letters[-1] if letters else None, broken=_broken(session))


def _broken(session: Session) -> BrokenPromise | None:
    chosen = select(AuditEntry).where(AuditEntry.step == "note", AuditEntry.summary.endswith("the promise to pay was broken"))
    entry = session.scalars(chosen.order_by(AuditEntry.id).limit(1)).one_or_none()
    if entry is None:
        return None
    order = session.get_one(Order, entry.order)
    customer = session.get(Customer, order.customer) if order.customer else None
    after = select(Reminder).where(Reminder.order == entry.order, Reminder.at >= entry.at, Reminder.cancelled_at.is_(None))
    reminder = session.scalars(after.order_by(Reminder.at).limit(1)).one_or_none()
    return BrokenPromise(
        order=entry.order,
        customer=f"{order.customer} {customer.name}" if customer else order.customer or "",
        at=entry.at,
        level=reminder.level if reminder else 0,
        document=reminder.document if reminder else "",
        held=customer.credit_hold if customer else False,
    )
