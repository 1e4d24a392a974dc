"""The audit's rules about credit and currencies: who waits is alive, and what is booked in the ledger's currency adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from database.exchange import missing_rates
from database.rates import rate_on
from database.tables import (
    CreditEvent,
    CreditRelease,
    CreditWait,
    Customer,
    ExchangeEntry,
    ExchangeRefund,
    ForeignPayment,
    Invoice,
    Order,
    ReceivableEntry,
    Refund,
)
from domain.exchange import at_rate

Found = Iterator[tuple[str, str]]


def _an_order_that_ended_waits_for_no_credit(session: Session) -> Found:
    ended = select(CreditWait).join(Order, Order.order == CreditWait.order).where(Order.outcome != "")
    for row in session.scalars(ended):
        yield row.order, f"has ended and its {row.subject} still waits for credit"


def _every_release_stands_in_the_history(session: Session) -> Found:
    told = and_(CreditEvent.order == CreditRelease.order, CreditEvent.kind == "released")
    chosen = select(CreditRelease).where(~select(CreditEvent.id).where(told).exists())
    for row in session.scalars(chosen):
        yield row.order, f"was released by {row.by}, and no history says so"


def _a_parent_is_a_customer_without_a_parent(session: Session) -> Found:
    child = select(Customer.parent).where(Customer.parent.is_not(None))
    for row in session.scalars(select(Customer).where(Customer.customer.in_(child), Customer.parent.is_not(None))):
        yield row.customer, f"is a parent account and has the parent {row.parent}"
    known = select(Customer.customer)
    for row in session.scalars(select(Customer).where(Customer.parent.is_not(None), Customer.parent.not_in(known))):
        yield row.customer, f"has the parent {row.parent}, whom nobody knows"


def _a_foreign_invoice_is_carried_as_far_as_it_is_open(session: Session) -> Found:
    """All that was booked of an invoice adds up to its balance, and is carried at nothing when nothing is left of it."""
    sums = (
        select(
            ExchangeEntry.order,
            ExchangeEntry.invoice,
            func.sum(ExchangeEntry.amount).label("amount"),
            func.sum(ExchangeEntry.ledger).label("ledger"),
            func.count().label("entries"),
        )
        .group_by(ExchangeEntry.order, ExchangeEntry.invoice)
        .subquery()
    )
    entries = select(func.count()).where(ReceivableEntry.order == Invoice.order, ReceivableEntry.invoice == Invoice.invoice)
    chosen = select(Invoice, sums.c.amount, sums.c.ledger).join(
        sums, and_(sums.c.order == Invoice.order, sums.c.invoice == Invoice.invoice)
    )
    complete = sums.c.entries == entries.scalar_subquery()
    for invoice, amount, ledger in session.execute(chosen.where(complete)):
        if amount != invoice.balance:
            yield (
                f"{invoice.order} {invoice.document}",
                f"has a balance of {invoice.balance}, {amount} of it is booked in the ledger's currency",
            )
        if (amount == 0 and ledger != 0) or amount * ledger < 0:
            yield f"{invoice.order} {invoice.document}", f"{amount} minor units of it are carried at {ledger}"


def _a_difference_is_what_was_paid_less_what_was_carried(session: Session) -> Found:
    for row in session.scalars(select(ExchangeEntry)):
        expected = row.paid + row.ledger if row.payment else 0
        if row.difference != expected or (not row.payment and row.paid):
            yield row.key, f"the difference is {row.difference}, paid {row.paid} less carried {-row.ledger} is {expected}"


def _a_foreign_payment_is_spent_to_the_cent(session: Session) -> Found:
    """A payment comes to its amount at its rate, and its shares add up to that when all of it was applied."""
    spent: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in session.scalars(select(ExchangeEntry).where(ExchangeEntry.payment != "")):
        amount, paid = spent[row.order, row.payment]
        spent[row.order, row.payment] = (amount - row.amount, paid + row.paid)
    for back in session.scalars(select(ExchangeRefund).where(ExchangeRefund.invoice == 0)):
        amount, paid = spent[back.order, back.payment]
        spent[back.order, back.payment] = (amount + back.amount, paid + back.carried)
    for payment in session.scalars(select(ForeignPayment)):
        name = f"{payment.order} payment {payment.payment}"
        worth = at_rate(payment.amount, payment.currency, Decimal(payment.rate), payment.ledger_currency)
        if payment.ledger != worth:
            yield name, f"is booked with {payment.ledger}, at its rate it comes to {worth}"
        amount, paid = spent[payment.order, payment.payment]
        if paid > payment.ledger or (amount == payment.amount and paid != payment.ledger):
            yield name, f"{amount} of {payment.amount} was applied, for {paid} of {payment.ledger} in the ledger's currency"


def _a_foreign_refund_is_what_went_out(session: Session) -> Found:
    """A refund is booked with its amount, went out at the rate of its day, and realises nothing as store credit."""
    joined = and_(Refund.order == ExchangeRefund.order, Refund.refund == ExchangeRefund.refund)
    chosen = select(ExchangeRefund, Refund, Order).join(Refund, joined).join(Order, Order.order == Refund.order)
    for row, refund, order in session.execute(chosen):
        name = f"{row.order} refund {row.refund}"
        worth = at_rate(row.amount, order.currency, Decimal(row.rate), order.ledger_currency)
        if row.amount != refund.amount or (not refund.to_account and row.paid != worth):
            yield name, f"{row.amount} of {refund.amount} are booked as {row.paid}, at their rate they come to {worth}"
        if refund.to_account and row.difference:
            yield name, f"is store credit, and {row.difference} are realised of it"


def _nothing_is_unbooked_whose_rate_is_known(session: Session) -> Found:
    for missing in missing_rates(session):
        if rate_on(session, missing.currency, missing.day) is not None:
            yield f"{missing.currency} on {missing.day}", f"its rate is known, {missing.entries} documents are not booked"


CREDIT_RULES: tuple[Callable[[Session], Found], ...] = (
    _an_order_that_ended_waits_for_no_credit,
    _every_release_stands_in_the_history,
    _a_parent_is_a_customer_without_a_parent,
    _a_foreign_invoice_is_carried_as_far_as_it_is_open,
    _a_difference_is_what_was_paid_less_what_was_carried,
    _a_foreign_payment_is_spent_to_the_cent,
    _a_foreign_refund_is_what_went_out,
    _nothing_is_unbooked_whose_rate_is_known,
)
