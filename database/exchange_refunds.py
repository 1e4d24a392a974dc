"""What refunds in another currency realise: what we owed was carried at one rate, what went out is at another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from database.rates import rate_on
from database.tables import ExchangeEntry, ExchangeRefund, ForeignPayment, Invoice, Order, Refund
from domain.exchange import DifferenceView, at_rate, take
from domain.money import Money

FOREIGN = Order.currency != Order.ledger_currency


def booked_refunds(session: Session, order: str) -> list[ExchangeRefund]:
    """Refunds of an order that are booked in the ledger's currency, in their order."""
    chosen = select(ExchangeRefund).where(ExchangeRefund.order == order).order_by(ExchangeRefund.refund)
    return list(session.scalars(chosen))


def book_refunds(
    session: Session,
    order: Order,
    heads: Mapping[int, ExchangeEntry],
    money: Mapping[str, ForeignPayment],
    spent: Sequence[ExchangeEntry],
) -> int:
    """Book the refunds of an order that are not, as far as rates are known; how many were. `heads` are its invoices' own bookings."""
    known = booked_refunds(session, order.order)
    done = {row.refund for row in known}
    for refund in session.scalars(select(Refund).where(Refund.order == order.order).order_by(Refund.refund)).all():
        if refund.refund in done:
            continue
        head, payment = heads.get(refund.invoice), money.get(refund.payment)
        if head is None if refund.invoice else payment is None:
            continue
        carried = _of_credit(refund, head, order, known) if head is not None else _of_payment(refund, payment, spent, known)
        carried_rate = head.rate if head is not None else payment.rate if payment is not None else ""
        rate, rate_day, paid = carried_rate, refund.at.date(), carried
        if not refund.to_account:
            today = rate_on(session, order.currency, refund.at.date())
            if today is None:
                continue
            rate, rate_day = str(today.rate), today.day
            paid = at_rate(refund.amount, order.currency, today.rate, order.ledger_currency)
        same = {name: getattr(refund, name) for name in ("order", "refund", "payment", "invoice", "amount", "at")}
        row = ExchangeRefund(
            **same, carried=carried, paid=paid, difference=carried - paid, carried_rate=carried_rate, rate=rate, rate_on=rate_day
        )
        session.add(row)
        known.append(row)
    return len(known) - len(done)


def given_back(known: Sequence[ExchangeRefund], payment: str) -> tuple[int, int]:
    """What went back of a payment that no invoice had taken: in its own currency, and as it was carried."""
    mine = [row for row in known if row.payment == payment and not row.invoice]
    return sum(row.amount for row in mine), sum(row.carried for row in mine)


def unbooked_refunds() -> Executable:
    """Refunds of orders in another currency that nothing books yet; store credit needs no rate of its own."""
    booked = select(ExchangeRefund.refund).where(ExchangeRefund.order == Refund.order, ExchangeRefund.refund == Refund.refund)
    return (
        select(Order.order, Order.currency, Refund.amount, Refund.at)
        .join(Refund, Refund.order == Order.order)
        .where(FOREIGN, ~Refund.to_account, ~booked.exists())
        .order_by(Refund.at, Refund.order, Refund.refund)
    )


def refund_differences(session: Session, order: str | None = None) -> list[DifferenceView]:
    """What was gained or lost on refunds: amounts are negative, they went out."""
    row = ExchangeRefund
    chosen = (
        select(row, Order.currency, Order.ledger_currency, Invoice.document)
        .join(Order, Order.order == row.order)
        .outerjoin(Invoice, (Invoice.order == row.order) & (Invoice.invoice == row.invoice))
        .order_by(row.at, row.order, row.refund)
    )
    return [
        DifferenceView(
            order=found.order,
            document=document or "",
            payment=f"refund {found.refund} of {found.payment}",
            amount=Money(minor=-found.amount, currency=currency),
            carried=Money(minor=-found.carried, currency=ledger),
            paid=Money(minor=-found.paid, currency=ledger),
            difference=Money(minor=found.difference, currency=ledger),
            invoice_rate=Decimal(found.carried_rate),
            payment_rate=Decimal(found.rate),
            at=found.at,
        )
        for found, currency, ledger, document in session.execute(chosen if order is None else chosen.where(row.order == order))
    ]


def _of_credit(refund: Refund, head: ExchangeEntry, order: Order, known: Sequence[ExchangeRefund]) -> int:
    """At the invoice's rate, together with what was given back of it before, so that parts add up to the whole."""
    before = sum(row.amount for row in known if row.invoice == refund.invoice)
    rate = Decimal(head.rate)
    together = at_rate(before + refund.amount, order.currency, rate, order.ledger_currency)
    return together - at_rate(before, order.currency, rate, order.ledger_currency)


def _of_payment(refund: Refund, payment: ForeignPayment | None, spent: Sequence[ExchangeEntry], known: Sequence[ExchangeRefund]) -> int:
    """Its share of what is left of the payment at the payment's own rate."""
    assert payment is not None  # the caller looked
    used = [row for row in spent if row.payment == refund.payment]
    back, carried = given_back(known, refund.payment)
    left = payment.ledger - sum(row.paid for row in used) - carried
    return take(left, refund.amount, payment.amount + sum(row.amount for row in used) - back)
