"""Short ways into the middle of an order's life."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import credit_terms
from database.tables import Customer, Invoice, Payment, Refund, Reminder
from domain.credit import SetCreditLimit
from domain.lifecycle import Wait
from domain.order import OrderLine, PaymentTerms, TermsCode
from domain.policies import Policies
from starters.outbox import tell_untold
from tests.workflows.shop import Living, Shop, euro, line, order


async def delivered(
    shop: Shop, *lines: OrderLine, terms: TermsCode = PaymentTerms.NET_30, policies: Policies | None = None, **changes: Any
) -> Living:
    """An order whose only shipment has arrived; on terms its invoice is not paid."""
    living = await shop.place(order(*(lines or (line(1, "PLENTY", 4),)), terms=terms, **changes), policies)
    await living.ship()
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    return living


async def money(living: Living, invoice: int = 1) -> dict[str, int]:
    """The amounts of an invoice as the state has them, which have to be those of the database; in cents."""
    state = await living.state()
    known = state.invoice(invoice)
    in_state = {name: getattr(known, name).minor for name in ("total", "fees", "credited", "paid", "written_off", "balance")}
    view = next(view for view in (await living.view()).invoices if view.number == invoice)
    in_database = {name: getattr(view, name).minor for name in in_state}
    assert in_database == in_state
    return in_state


async def reminders(living: Living) -> list[tuple[int, int, int]]:
    """(level, fee in cents, full days since the invoice was issued) of every reminder, in order."""

    def read(session: Session) -> list[tuple[int, int, int]]:
        issued: dict[int, datetime] = {
            invoice.invoice: invoice.issued_at for invoice in session.scalars(select(Invoice).where(Invoice.order == living.key))
        }
        rows = session.scalars(select(Reminder).where(Reminder.order == living.key).order_by(Reminder.at))
        return [(row.level, row.fee, (row.at - issued[row.invoice]).days) for row in rows]

    return await living.shop.database.read(read)


async def refunds(living: Living) -> list[int]:
    """What was given back, in cents, in the order of its numbers."""

    def read(session: Session) -> list[int]:
        return list(session.scalars(select(Refund.amount).where(Refund.order == living.key).order_by(Refund.refund)))

    return await living.shop.database.read(read)


async def payments(living: Living) -> dict[str, tuple[int, bool]]:
    """Payment -> (cents, was it taken back)."""

    def read(session: Session) -> dict[str, tuple[int, bool]]:
        rows = session.scalars(select(Payment).where(Payment.order == living.key))
        return {row.payment: (row.amount, row.reversed) for row in rows}

    return await living.shop.database.read(read)


async def on_credit_hold(shop: Shop, customer: str = "C-1") -> bool:
    def read(session: Session) -> bool:
        return session.get_one(Customer, customer).credit_hold

    return await shop.database.read(read)


def letters(living: Living, document: str) -> list[str]:
    """The subjects of the letters about an invoice."""
    return [letter["subject"] for letter in living.shop.world.letters() if document in letter["subject"]]


_buyers = itertools.count(1)


async def buyer(shop: Shop) -> str:
    """A customer of its own, with unlimited credit and nothing owed."""
    customer = f"BUYER-{next(_buyers)}"

    def enter(session: Session) -> None:
        session.add(Customer(customer=customer, name="A buyer", currency="EUR", price_list="LIST", terms="prepaid net30"))

    await shop.database.transaction(enter)
    return customer


async def limit(shop: Shop, customer: str, cents: int | None) -> None:
    """Set a limit, and let the messenger run."""
    amount = None if cents is None else euro(cents)
    request = SetCreditLimit(customer=customer, currency="EUR", amount=amount, reason="review", actor="anna", at=datetime.now(UTC))
    await shop.database.transaction(credit_terms.set_limit, request)
    await tell_untold(shop.client, shop.database)
