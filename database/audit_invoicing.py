"""The audit's rules about terms: parts of invoices, discounts, prepayments and collective invoices add up, and nothing is used twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, pairwise

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from database.tables import (
    CollectibleRow,
    CollectiveInvoice,
    CreditLine,
    DepositRow,
    EarlyDiscountRow,
    InstalmentRow,
    Invoice,
    InvoiceLineRow,
    Order,
    Payment,
    PrepaymentRow,
)
from domain.instalments import open_parts
from domain.money import Money
from domain.terms import Instalment

Found = Iterator[tuple[str, str]]


def _instalments_add_up_to_their_invoice(session: Session) -> Found:
    """Their amounts are the invoice's total, they fall due one after the other, and what settles the invoice fills the oldest first."""
    chosen = select(InstalmentRow).order_by(InstalmentRow.order, InstalmentRow.invoice, InstalmentRow.number)
    with_rows: set[tuple[str, int]] = set()
    for (order, number), found in groupby(session.scalars(chosen), key=lambda row: (row.order, row.invoice)):
        rows, invoice = list(found), session.get_one(Invoice, (order, number))
        with_rows.add((order, number))
        amounts = sum(row.amount for row in rows)
        if amounts != invoice.total or len(rows) != invoice.instalments:
            yield _name(invoice), f"comes to {invoice.total} in {invoice.instalments} parts; {len(rows)} add up to {amounts}"
            continue
        parts = [Instalment(number=row.number, due_at=row.due_at, amount=Money(minor=row.amount, currency="XXX")) for row in rows]
        settled = invoice.credited + invoice.paid + invoice.written_off + invoice.discounted
        if [row.open for row in rows] != open_parts(parts, settled):
            yield _name(invoice), f"{settled} minor units settled it, its parts are open with {[row.open for row in rows]}"
        if any(later.due_at < row.due_at for row, later in pairwise(rows)):
            yield _name(invoice), "its parts do not fall due one after the other"
    for invoice in session.scalars(select(Invoice).where(Invoice.instalments > 0)):
        if (invoice.order, invoice.invoice) not in with_rows:
            yield _name(invoice), f"has {invoice.instalments} parts and rows of none"


def _a_discount_is_earned_once(session: Session) -> Found:
    """What an invoice lost to discounts is what stands of them; one that was taken back with its payment stands no more."""
    standing = (
        select(
            EarlyDiscountRow.order,
            EarlyDiscountRow.invoice,
            func.sum(EarlyDiscountRow.amount - EarlyDiscountRow.taken_back).label("amount"),
        )
        .group_by(EarlyDiscountRow.order, EarlyDiscountRow.invoice)
        .subquery()
    )
    stands = func.coalesce(standing.c.amount, 0)
    joined = and_(standing.c.order == Invoice.order, standing.c.invoice == Invoice.invoice)
    for invoice, amount in session.execute(select(Invoice, stands).outerjoin(standing, joined).where(Invoice.discounted != stands)):
        yield _name(invoice), f"lost {invoice.discounted} to discounts, {amount} of them stand"
    wrong = or_(
        and_(Payment.reversed, EarlyDiscountRow.taken_back < EarlyDiscountRow.amount),
        EarlyDiscountRow.tax < 0,
        EarlyDiscountRow.tax > EarlyDiscountRow.amount,
    )
    paid = and_(Payment.order == EarlyDiscountRow.order, Payment.payment == EarlyDiscountRow.payment)
    for row in session.scalars(select(EarlyDiscountRow).join(Payment, paid).where(wrong)):
        said = f"{row.amount} ({row.tax} of it tax), {row.taken_back} taken back"
        yield f"{row.order} invoice {row.invoice}", f"the discount of payment {row.payment} is {said}"


def _a_credit_line_takes_at_most_its_invoice_line(session: Session) -> Found:
    """In units and in money, over all credit notes of the invoice."""
    line, billed = CreditLine, InvoiceLineRow
    credited = (
        select(
            line.order,
            line.invoice,
            line.line,
            func.sum(line.quantity).label("quantity"),
            func.sum(line.gross).label("gross"),
            func.sum(line.discount).label("discount"),
            func.sum(line.tax).label("tax"),
        )
        .group_by(line.order, line.invoice, line.line)
        .subquery()
    )
    joined = and_(credited.c.order == billed.order, credited.c.invoice == billed.invoice, credited.c.line == billed.line)
    names = ("quantity", "gross", "discount", "tax")
    more: list[ColumnElement[bool]] = [func.abs(credited.c[name]) > func.abs(getattr(billed, name)) for name in names]
    for row, *amounts in session.execute(select(billed, *(credited.c[name] for name in names)).join(credited, joined).where(or_(*more))):
        said = ", ".join(f"{name} {amount} of {getattr(row, name)}" for name, amount in zip(names, amounts, strict=True))
        yield f"{row.order} invoice {row.invoice} line {row.line}", f"more is credited than was invoiced: {said}"


def _a_prepayment_is_used_once(session: Session) -> Found:
    """What invoices netted of a payment is never more than came in, nor than the invoice asks for."""
    used = func.sum(PrepaymentRow.amount)
    chosen = (
        select(PrepaymentRow.order, PrepaymentRow.payment, Payment.amount, used)
        .join(Payment, and_(Payment.order == PrepaymentRow.order, Payment.payment == PrepaymentRow.payment))
        .group_by(PrepaymentRow.order, PrepaymentRow.payment, Payment.amount)
        .having(used > Payment.amount)
    )
    for order, payment, amount, netted in session.execute(chosen):
        yield f"{order} payment {payment}", f"{netted} of its {amount} minor units were netted on invoices"
    on_invoices = (
        select(Invoice, used)
        .join(PrepaymentRow, and_(PrepaymentRow.order == Invoice.order, PrepaymentRow.invoice == Invoice.invoice))
        .group_by(*Invoice.__table__.c)
        .having(used > Invoice.total)
    )
    for invoice, netted in session.execute(on_invoices):
        yield _name(invoice), f"{netted} minor units were netted on an invoice of {invoice.total}"


def _a_collective_invoice_is_the_sum_of_its_shipments(session: Session) -> Found:
    """Its total is what its shipments come to, and each order books its own part of it: that amount, under that number."""
    sums = (
        select(CollectibleRow.document, func.sum(CollectibleRow.total).label("total"))
        .where(CollectibleRow.document.is_not(None))
        .group_by(CollectibleRow.document)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    joined = sums.c.document == CollectiveInvoice.document
    for document, asked, adds_up_to in session.execute(
        select(CollectiveInvoice.document, CollectiveInvoice.total, total).outerjoin(sums, joined).where(CollectiveInvoice.total != total)
    ):
        yield document, f"asks for {asked}, its shipments come to {adds_up_to}"
    row = CollectibleRow
    booked = and_(Invoice.order == row.order, Invoice.shipment == row.shipment)
    apart = case((row.apart, 1), else_=0)
    wrong = or_(
        Invoice.total != row.total,
        and_(apart == 0, or_(row.document.is_(None), Invoice.document != row.document)),
        and_(apart == 1, or_(row.document.is_not(None), Invoice.sequence.is_(None))),
    )
    for collected, invoice in session.execute(select(row, Invoice).join(Invoice, booked).where(wrong)):
        said = collected.document or ("invoiced apart" if collected.apart else "on no invoice")
        yield _name(invoice), f"asks for {invoice.total}; its shipment comes to {collected.total} and is {said}"
    parts = select(Invoice).where(Invoice.sequence.is_(None), ~select(row.order).where(booked).exists())
    for invoice in session.scalars(parts):
        yield _name(invoice), "has no number of its own and is no part of a collective invoice"


def _a_deposit_is_of_an_accepted_order(session: Session) -> Found:
    chosen = select(DepositRow, Order.total).join(Order, Order.order == DepositRow.order).where(Order.accepted_at.is_(None))
    for deposit, total in session.execute(chosen):
        yield f"{deposit.order} {deposit.document}", f"asks for {deposit.amount} of an order of {total} that nobody accepted"


INVOICING_RULES: tuple[Callable[[Session], Found], ...] = (
    _instalments_add_up_to_their_invoice,
    _a_discount_is_earned_once,
    _a_credit_line_takes_at_most_its_invoice_line,
    _a_prepayment_is_used_once,
    _a_collective_invoice_is_the_sum_of_its_shipments,
    _a_deposit_is_of_an_accepted_order,
)


def _name(invoice: Invoice) -> str:
    return f"{invoice.order} {invoice.document}"
