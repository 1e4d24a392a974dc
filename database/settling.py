"""What settles invoices besides whole payments: the parts of an invoice that fall due one by one, and early-payment discounts."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from database.locks import require
from database.tables import EarlyDiscountRow, InstalmentRow, Invoice, Payment, ReceivableEntry
from domain.instalments import open_parts
from domain.money import Money
from domain.money_steps import DiscountTaken, IssueInvoice
from domain.steps import Step
from domain.terms import Instalment


def write_instalments(session: Session, request: IssueInvoice) -> None:
    """The rows of an invoice of several parts; refused unless they add up to it."""
    parts = request.instalments
    adds_up_to = sum(part.amount.minor for part in parts)
    total = request.draft.total
    require(adds_up_to == total.minor, f"The instalments of invoice {request.invoice} of {request.order} do not add up to {total}.")
    about = {"order": request.order, "invoice": request.invoice}
    amounts = [{"amount": part.amount.minor, "open": part.amount.minor} for part in parts]
    rows = [about | {"number": part.number, "due_at": part.due_at} | amount for part, amount in zip(parts, amounts, strict=True)]
    session.execute(insert(InstalmentRow), rows)


def refill(session: Session, invoice: Invoice) -> None:
    """After its balance changed: the oldest parts are filled first, and the invoice is due when the oldest open one is."""
    if not invoice.instalments:
        return
    session.flush()
    rows = list(
        session.scalars(
            select(InstalmentRow)
            .where(InstalmentRow.order == invoice.order, InstalmentRow.invoice == invoice.invoice)
            .order_by(InstalmentRow.number)
        )
    )
    parts = [Instalment(number=row.number, due_at=row.due_at, amount=Money(minor=row.amount, currency="XXX")) for row in rows]
    settled = invoice.credited + invoice.paid + invoice.written_off + invoice.discounted
    for row, left in zip(rows, open_parts(parts, settled), strict=True):
        row.open = left
    due_at = next((row.due_at for row in rows if row.open), rows[-1].due_at)
    if due_at > invoice.due_at:
        invoice.reminded_due_at = None
    invoice.due_at = due_at


def take_discount(session: Session, step: Step, payment: Payment, invoice: Invoice, taken: DiscountTaken) -> None:
    """Book what a payment in time takes off its invoice; more than is open is refused."""
    amount = taken.amount.minor
    require(
        0 < amount <= invoice.balance,
        f"{invoice.document} has a balance of {invoice.balance} minor units; {amount} cannot be discounted.",
    )
    session.add(
        EarlyDiscountRow(
            order=step.order,
            invoice=invoice.invoice,
            payment=payment.payment,
            amount=amount,
            tax=taken.tax.minor,
            taken_back=0,
            at=step.at,
        )
    )
    _enter(session, step, invoice, -amount, payment.payment, "paid early")


def lose_discount(session: Session, step: Step, invoice: Invoice, payment: str, reason: str) -> None:
    """The payment that earned a discount was taken back: what the discount took off is owed again."""
    row = session.get(EarlyDiscountRow, (step.order, invoice.invoice, payment)) if invoice.discounted else None
    if row is not None and row.amount > row.taken_back:
        back = row.amount - row.taken_back
        row.taken_back = row.amount
        _enter(session, step, invoice, back, payment, reason)


def give_discount_back(session: Session, step: Step, invoice: Invoice, amount: int, reason: str) -> None:
    """What is credited was paid for less: `amount` of the discounts is owed again, of the first first, before the credit is set off."""
    require(amount <= invoice.discounted, f"{invoice.document} has a discount of {invoice.discounted} minor units, not {amount}.")
    rows = session.scalars(
        select(EarlyDiscountRow)
        .where(EarlyDiscountRow.order == step.order, EarlyDiscountRow.invoice == invoice.invoice)
        .order_by(EarlyDiscountRow.at, EarlyDiscountRow.payment)
    )
    for row in rows:
        part = min(amount, row.amount - row.taken_back)
        if part > 0:
            row.taken_back += part
            amount -= part
            _enter(session, step, invoice, part, row.payment, reason)


def _enter(session: Session, step: Step, invoice: Invoice, amount: int, payment: str, note: str) -> None:
    """A discount's own kind of entry: it lowers what is owed, or raises it when it is taken back."""
    invoice.discounted -= amount
    invoice.balance += amount
    entry = ReceivableEntry(
        key=f"{step.key}/discount/{invoice.invoice}/{payment}",
        order=step.order,
        invoice=invoice.invoice,
        kind="discount",
        amount=amount,
        payment=payment,
        note=note,
        at=step.at,
    )
    session.add(entry)
