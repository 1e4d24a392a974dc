"""The audit's rules about prices and taxes: what a tax is made of adds up to it, and no line is given less than nothing for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from database.tables import CreditLine, CreditNote, CreditTax, Invoice, InvoiceLineRow, InvoiceTax

Found = Iterator[tuple[str, str]]


def _the_taxes_of_an_invoice_add_up(session: Session) -> Found:
    """Of each line and of the freight, the taxes are its tax; documents that came before taxes were kept have none."""
    sums = (
        select(InvoiceTax.order, InvoiceTax.invoice, InvoiceTax.line, func.sum(InvoiceTax.amount).label("amount"))
        .group_by(InvoiceTax.order, InvoiceTax.invoice, InvoiceTax.line)
        .subquery()
    )
    line = InvoiceLineRow
    joined = and_(line.order == sums.c.order, line.invoice == sums.c.invoice, line.line == sums.c.line)
    chosen = select(line.order, line.invoice, line.line, line.tax, sums.c.amount).join(sums, joined).where(line.tax != sums.c.amount)
    for order, invoice, number, tax, amount in session.execute(chosen):
        yield f"{order} invoice {invoice} line {number}", f"its tax is {tax}, its taxes add up to {amount}"
    of_freight = and_(Invoice.order == sums.c.order, Invoice.invoice == sums.c.invoice, sums.c.line == 0)
    freight = select(Invoice.order, Invoice.invoice, Invoice.freight_tax, sums.c.amount).join(sums, of_freight)
    for order, invoice, tax, amount in session.execute(freight.where(Invoice.freight_tax != sums.c.amount)):
        yield f"{order} invoice {invoice} freight", f"its tax is {tax}, its taxes add up to {amount}"


def _the_taxes_of_a_credit_add_up(session: Session) -> Found:
    sums = (
        select(CreditTax.order, CreditTax.credit, CreditTax.line, func.sum(CreditTax.amount).label("amount"))
        .group_by(CreditTax.order, CreditTax.credit, CreditTax.line)
        .subquery()
    )
    line = CreditLine
    joined = and_(line.order == sums.c.order, line.credit == sums.c.credit, line.line == sums.c.line)
    chosen = select(line.order, line.credit, line.line, line.tax, sums.c.amount).join(sums, joined).where(line.tax != sums.c.amount)
    for order, credit, number, tax, amount in session.execute(chosen):
        yield f"{order} credit {credit} line {number}", f"its tax is {tax}, its taxes add up to {amount}"


def _no_tax_is_credited_that_was_not_invoiced(session: Session) -> Found:
    """Of each tax of an invoice, credit notes give back no more than it asked for; where both say what their tax is made of."""
    of_invoice = (
        select(InvoiceTax.order, InvoiceTax.invoice, InvoiceTax.title, func.sum(InvoiceTax.amount).label("amount"))
        .group_by(InvoiceTax.order, InvoiceTax.invoice, InvoiceTax.title)
        .subquery()
    )
    credited = (
        select(CreditTax.order, CreditNote.invoice, CreditTax.title, func.sum(CreditTax.amount).label("amount"))
        .join(CreditNote, and_(CreditNote.order == CreditTax.order, CreditNote.credit == CreditTax.credit))
        .group_by(CreditTax.order, CreditNote.invoice, CreditTax.title)
        .subquery()
    )
    back = credited.c
    same = and_(back.order == of_invoice.c.order, back.invoice == of_invoice.c.invoice, back.title == of_invoice.c.title)
    chosen = select(back.order, back.invoice, back.title, back.amount, of_invoice.c.amount).join(of_invoice, same)
    for order, invoice, title, amount, asked in session.execute(chosen.where(back.amount > of_invoice.c.amount)):
        yield f"{order} invoice {invoice} {title}", f"{amount} of {asked} was credited"


def _no_line_asks_for_less_than_nothing(session: Session) -> Found:
    """A discount is at most what it is taken off; what is free carries neither discount nor surcharge."""
    for name, line in (("invoice", InvoiceLineRow), ("credit", CreditLine)):
        number: ColumnElement[int] = line.__table__.c[name]
        wrong = or_(line.discount > line.gross, line.discount < 0, line.surcharge < 0)
        chosen = select(line.order, number, line.line, line.gross, line.discount, line.surcharge).where(wrong)
        for order, document, row, gross, discount, surcharge in session.execute(chosen):
            yield f"{order} {name} {document} line {row}", f"{gross} less {discount} plus {surcharge}"


PRICE_RULES: tuple[Callable[[Session], Found], ...] = (
    _the_taxes_of_an_invoice_add_up,
    _the_taxes_of_a_credit_add_up,
    _no_tax_is_credited_that_was_not_invoiced,
    _no_line_asks_for_less_than_nothing,
)
