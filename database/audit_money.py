"""The audit's rules about money: every document adds up, every balance is its ledger's, no number is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.tables import (
    CollectiveInvoice,
    Counter,
    CreditLine,
    CreditNote,
    DepositRow,
    Invoice,
    InvoiceLineRow,
    Manifest,
    Order,
    OrderLine,
    Payment,
    PaymentPart,
    ReceivableEntry,
    Refund,
    Reminder,
    Return,
)
from domain.money import exponent, round_half_up

Found = Iterator[tuple[str, str]]


def _an_invoice_adds_up(session: Session) -> Found:
    """total = lines - discounts + surcharges + freight + rounding, plus the taxes unless the prices contain them."""
    line = InvoiceLineRow
    sums = (
        select(
            line.order, line.invoice, func.sum(line.gross - line.discount + line.surcharge).label("net"), func.sum(line.tax).label("tax")
        )
        .group_by(line.order, line.invoice)
        .subquery()
    )
    taxes = case((Invoice.taxes_included, 0), else_=func.coalesce(sums.c.tax, 0) + Invoice.freight_tax)
    adds_up_to = func.coalesce(sums.c.net, 0) + Invoice.freight + Invoice.rounding + taxes
    chosen = select(Invoice, adds_up_to).outerjoin(sums, and_(sums.c.order == Invoice.order, sums.c.invoice == Invoice.invoice))
    for invoice, total in session.execute(chosen.where(Invoice.total != adds_up_to)):
        yield _name(invoice), f"asks for {invoice.total}, its parts add up to {total}"


def _a_balance_is_the_sum_of_its_entries(session: Session) -> Found:
    """Each amount of an invoice is the sum of its kind of ledger entries, and the balance of all of them."""

    def entered(*kinds: str, sign: int = 1) -> ColumnElement[int]:
        return func.coalesce(func.sum(sign * ReceivableEntry.amount).filter(ReceivableEntry.kind.in_(kinds)), 0)

    parts = {
        "total": entered("invoice"),
        "fees": entered("fee"),
        "credited": entered("credit", sign=-1),
        "paid": entered("payment", "reversal", sign=-1),
        "written_off": entered("write_off", sign=-1),
        "discounted": entered("discount", sign=-1),
        "balance": func.coalesce(func.sum(ReceivableEntry.amount), 0),
    }
    sums = (
        select(ReceivableEntry.order, ReceivableEntry.invoice, *(part.label(name) for name, part in parts.items()))
        .where(ReceivableEntry.invoice.is_not(None))
        .group_by(ReceivableEntry.order, ReceivableEntry.invoice)
        .subquery()
    )
    there = [func.coalesce(sums.c[name], 0) for name in parts]
    joined = and_(sums.c.order == Invoice.order, sums.c.invoice == Invoice.invoice)
    wrong = or_(*(getattr(Invoice, name) != amount for name, amount in zip(parts, there, strict=True)))
    for invoice, *amounts in session.execute(select(Invoice, *there).outerjoin(sums, joined).where(wrong)):
        for name, amount in zip(parts, amounts, strict=True):
            if getattr(invoice, name) != amount:
                yield _name(invoice), f"{name} is {getattr(invoice, name)}, its entries add up to {amount}"


def _an_account_is_the_sum_of_its_documents(session: Session) -> Found:
    """Of an order: all entries = invoices + fees - credits - payments that stand - write-offs - early discounts + refunds."""
    documents: tuple[tuple[int, FromClause], ...] = (
        (1, _total(Invoice.order, Invoice.total)),
        (1, _total(Reminder.order, Reminder.fee, Reminder.cancelled_at.is_(None))),
        (-1, _total(CreditNote.order, CreditNote.total)),
        (-1, _total(Payment.order, Payment.amount, ~Payment.reversed)),
        (-1, _total(Invoice.order, Invoice.written_off)),
        (-1, _total(Invoice.order, Invoice.discounted)),
        (1, _total(Refund.order, Refund.amount)),
    )
    entries = _total(ReceivableEntry.order, ReceivableEntry.amount)
    expected: ColumnElement[int] = sum((sign * func.coalesce(sums.c.amount, 0) for sign, sums in documents), start=func.coalesce(0, 0))
    entered = func.coalesce(entries.c.amount, 0)
    joined: FromClause = Order.__table__.outerjoin(entries, entries.c.order == Order.order)
    for _, sums in documents:
        joined = joined.outerjoin(sums, sums.c.order == Order.order)
    chosen = select(Order.order, entered, expected).select_from(joined).where(entered != expected)
    for order, account, adds_up_to in session.execute(chosen):
        yield order, f"the ledger says {account}, its documents add up to {adds_up_to}"


def _a_line_is_invoiced_at_most_once(session: Session) -> Found:
    """Never more units than have shipped, and never more money than the line that pays for them came to."""
    invoiced = (
        select(InvoiceLineRow.order, InvoiceLineRow.line, func.sum(InvoiceLineRow.quantity), func.sum(InvoiceLineRow.gross))
        .group_by(InvoiceLineRow.order, InvoiceLineRow.line)
        .subquery("invoiced")
    )
    units, gross = list(invoiced.c)[2:]
    chosen = select(OrderLine, units, gross, Order.currency).join(
        invoiced, and_(invoiced.c.order == OrderLine.order, invoiced.c.line == OrderLine.line)
    )
    billed: dict[tuple[str, int], int] = {}
    currencies: dict[str, str] = {}
    for line, quantity, amount, currency in session.execute(chosen.join(Order, Order.order == OrderLine.order)):
        if quantity > line.shipped:
            yield f"{line.order} line {line.line}", f"{quantity} units are invoiced, {line.shipped} have shipped"
        paying = (line.order, line.bills_to)
        billed[paying] = billed.get(paying, 0) + int(amount)
        currencies[line.order] = currency
    for start in range(0, len(billed), 500):
        keys = dict(list(billed.items())[start : start + 500])
        for line in session.scalars(select(OrderLine).where(OrderLine.order.in_({order for order, _ in keys}))):
            limit = round_half_up((line.ordered * Decimal(line.unit_price)).scaleb(exponent(currencies[line.order])))
            if keys.get((line.order, line.line), 0) > limit:
                yield f"{line.order} line {line.line}", f"{keys[line.order, line.line]} is invoiced of {limit} minor units"


def _a_credit_is_at_most_its_invoice(session: Session) -> Found:
    credited = func.sum(CreditNote.total)
    chosen = (
        select(Invoice, credited)
        .join(CreditNote, and_(CreditNote.order == Invoice.order, CreditNote.invoice == Invoice.invoice))
        .group_by(*Invoice.__table__.c)
        .having(or_(credited > Invoice.total, func.sum(CreditNote.applied) != Invoice.credited))
    )
    for invoice, amount in session.execute(chosen):
        yield _name(invoice), f"{amount} of {invoice.total} was credited, {invoice.credited} of it applied"
    given = func.sum(CreditLine.quantity)
    lines = (
        select(CreditNote.order, CreditNote.invoice, CreditLine.line, given, func.coalesce(InvoiceLineRow.quantity, 0))
        .join(CreditLine, and_(CreditLine.order == CreditNote.order, CreditLine.credit == CreditNote.credit))
        .outerjoin(
            InvoiceLineRow,
            and_(
                InvoiceLineRow.order == CreditNote.order,
                InvoiceLineRow.invoice == CreditNote.invoice,
                InvoiceLineRow.line == CreditLine.line,
            ),
        )
        .group_by(CreditNote.order, CreditNote.invoice, CreditLine.line, InvoiceLineRow.quantity)
        .having(given > func.coalesce(InvoiceLineRow.quantity, 0))
    )
    for order, invoice_number, line, quantity, billed in session.execute(lines):
        yield f"{order} invoice {invoice_number}", f"{quantity} units of line {line} were credited, {billed} were invoiced"


def _a_payment_is_spent_at_most_once(session: Session) -> Found:
    """Parts and refunds never exceed what came in, and a payment that was taken back pays nothing."""
    parts = (
        select(PaymentPart.order, PaymentPart.payment, func.sum(PaymentPart.amount).label("amount"))
        .group_by(PaymentPart.order, PaymentPart.payment)
        .subquery()
    )
    refunds = (
        select(Refund.order, Refund.payment, func.sum(Refund.amount).label("amount")).group_by(Refund.order, Refund.payment).subquery()
    )
    applied, back = func.coalesce(parts.c.amount, 0), func.coalesce(refunds.c.amount, 0)
    wrong = or_(applied > case((Payment.reversed, 0), else_=Payment.amount), back != Payment.refunded, Payment.refunded > Payment.amount)
    chosen = (
        select(Payment, applied, back)
        .outerjoin(parts, and_(parts.c.order == Payment.order, parts.c.payment == Payment.payment))
        .outerjoin(refunds, and_(refunds.c.order == Payment.order, refunds.c.payment == Payment.payment))
    )
    for payment, used, given_back in session.execute(chosen.where(wrong)):
        spent = f"{used} applied, {payment.refunded} refunded ({given_back} by its refunds)"
        yield f"{payment.order} payment {payment.payment}", f"of {payment.amount} minor units: {spent}"


def _no_document_number_is_missing(session: Session) -> Found:
    sequences: dict[str, tuple[InstrumentedAttribute[Any], ...]] = {
        "INV": (Invoice.sequence, CollectiveInvoice.sequence),
        "CN": (CreditNote.sequence,),
        "DEP": (DepositRow.sequence,),
        "RMA": (Return.sequence,),
        "MF": (Manifest.manifest,),
    }
    last = {counter.name: counter.last for counter in session.scalars(select(Counter))}
    for name, columns in sequences.items():
        found = [session.execute(select(func.count(column), func.coalesce(func.max(column), 0))).one() for column in columns]
        count, highest = sum(row[0] for row in found), max(row[1] for row in found)
        if not count == highest == last.get(name, 0):
            yield f"{name} numbers", f"{count} documents, the highest is {highest}, the counter stands at {last.get(name)}"


MONEY_RULES: tuple[Callable[[Session], Found], ...] = (
    _an_invoice_adds_up,
    _a_balance_is_the_sum_of_its_entries,
    _an_account_is_the_sum_of_its_documents,
    _a_line_is_invoiced_at_most_once,
    _a_credit_is_at_most_its_invoice,
    _a_payment_is_spent_at_most_once,
    _no_document_number_is_missing,
)


def _total(order: InstrumentedAttribute[str], amount: InstrumentedAttribute[int], *which: ColumnElement[bool]) -> FromClause:
    return select(order.label("order"), func.sum(amount).label("amount")).where(*which).group_by(order).subquery()


def _name(invoice: Invoice) -> str:
    return f"{invoice.order} {invoice.document}"
