"""Reminders by the customer's terms: one document for everything that is due together, each invoice's part booked by its own order.

The document is drawn up under the lock of its customer and sent outside of any transaction. The order that sent it books its own line; the
others are told through the outbox, or find their line when their own time comes. Until it is sent a document loses the lines that do not
ask to be paid any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, object_session

from database import outbox
from database.accounts import account_locked
from database.journal import standing
from database.locks import invoice_of, next_number, order_of, require
from database.payments import enter, judge_credit_hold
from database.reminder_terms import terms_of
from database.tables import Customer, InstalmentRow, Invoice, Order, Reminder, ReminderDocument, ReminderLine
from domain.messages import ReminderIssued
from domain.money import Money
from domain.reminder_documents import Composed, DueEntry, compose
from domain.reminder_terms import NextReminder, ReminderTerms, days_between, is_due
from domain.reminding import ASK_AGAIN, FindReminder, IssueReminder, ReminderAnswer, ReminderTakenBack, TakeBackReminder

HOUSE_LANGUAGE = "en"


@dataclass(frozen=True)
class Overdue:
    """What of an invoice is past its date (minor units), and since when."""

    amount: int
    due_at: datetime


def overdue(invoice: Invoice, at: datetime) -> Overdue:
    """What of an invoice is past its date: of one in instalments without the parts that are not due yet; since its oldest open part."""
    session = object_session(invoice)
    assert session is not None  # it was read in one
    parts = (InstalmentRow.order == invoice.order, InstalmentRow.invoice == invoice.invoice, InstalmentRow.due_at >= at)
    not_yet = int(session.scalar(select(func.coalesce(func.sum(InstalmentRow.open), 0)).where(*parts)) or 0)
    return Overdue(amount=invoice.balance - not_yet if invoice.due_at < at else 0, due_at=invoice.due_at)


def find_reminder(session: Session, request: FindReminder) -> NextReminder:
    """When the next reminder is due, by the terms that hold now."""
    order = session.get_one(Order, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    return _next(invoice, terms_of(session, order.customer), request.day, request.at)


# --- drawing up ----------------------------------------------------------------------------------------------------------------------


def draw_up(session: Session, request: IssueReminder) -> str:
    """The document that the invoice stands on: one that is drawn already, or a new one with all that is due. Empty when none is to be.

    Asking again finds the same document.
    """
    order = session.get_one(Order, request.order)
    if order.customer is not None:
        account_locked(session, order.customer)
    invoice = invoice_of(session, request.order, request.invoice)
    drawn = session.scalar(
        select(ReminderLine.document).where(
            ReminderLine.order == request.order, ReminderLine.invoice == request.invoice, ReminderLine.state == "drawn"
        )
    )
    if drawn is not None:
        return drawn
    if standing(session, request.key).done:  # a late attempt of a step that is done: the next reminder is another step's
        return ""
    terms = terms_of(session, order.customer)
    entries = [_entry(session, each, order.currency, request.day, request.at) for each in _due(session, order, invoice, terms, request)]
    composed = compose(terms, entries, request.at, request.day) if invoice.balance > 0 else None
    if composed is None or not any((line.order, line.invoice) == (request.order, request.invoice) for line in composed.lines):
        return ""
    email, language = _written_to(session, order.customer)
    sequence = next_number(session, "REM")
    document = ReminderDocument(
        document=f"REM-{sequence:06d}",
        sequence=sequence,
        customer=order.customer,
        currency=order.currency,
        terms=terms.code,
        level=composed.level,
        language=language,
        email=email,
        total=composed.total.minor,
        due_at=composed.due_at,
        at=request.at,
        state="drawn",
    )
    session.add(document)
    session.flush()
    _write_lines(session, document, composed)
    return document.document


def review(session: Session, document: str, day: timedelta) -> bool:
    """Before it is sent: lines that do not ask to be paid any more are dropped, the rest is reckoned anew. False when nothing is left."""
    row = session.get_one(ReminderDocument, document)
    if row.customer is not None:
        account_locked(session, row.customer)
    row = session.get_one(ReminderDocument, document, with_for_update=True)
    if row.state != "drawn":
        return row.state == "sent"
    lines = list(session.scalars(select(ReminderLine).where(ReminderLine.document == document, ReminderLine.state == "drawn")))
    kept = []
    for line in lines:
        invoice = invoice_of(session, line.order, line.invoice)
        if _asks(invoice) and not session.get_one(Order, line.order).outcome:
            kept.append((line, invoice))
        else:
            line.state = "dropped"
    entries = [_entry(session, invoice, row.currency, day, row.at, line.number - 1) for line, invoice in _oldest_first(kept)]
    composed = compose(terms_of(session, row.customer), entries, row.at, day)
    if composed is None:
        for line, _ in kept:
            line.state = "dropped"
        row.state = "void"
        return False
    row.email, row.language = _written_to(session, row.customer)
    row.level, row.total, row.due_at = composed.level, composed.total.minor, composed.due_at
    session.flush()
    _write_lines(session, row, composed)
    return True


def is_sent(session: Session, document: str) -> bool:
    return session.get_one(ReminderDocument, document).state == "sent"


# --- booking -------------------------------------------------------------------------------------------------------------------------


def book_reminder(session: Session, request: IssueReminder, document: str) -> ReminderAnswer:
    """Book the invoice's part of a document that went out, and have the orders told whose invoices it names too.

    A payment that came in the meantime is worth more than the letter: an invoice without a balance is charged nothing.
    """
    order = order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    terms = terms_of(session, order.customer)
    row = session.get(ReminderDocument, document, with_for_update=True) if document else None
    line = session.get(ReminderLine, (document, request.order, request.invoice)) if document else None
    to_print = row is not None and row.state == "drawn" and not row.email
    if row is not None and row.state == "drawn":
        row.state, row.sent_at = "sent", request.at
        _tell_others(session, row, request)
    if line is None or line.state != "drawn":
        return ReminderAnswer(next=_after_none(invoice, terms, request, 1 if document else ASK_AGAIN))
    if invoice.balance <= 0:
        line.state = "waived"
        return ReminderAnswer()
    assert row is not None  # a line stands on its document
    line.state = "booked"
    invoice.fees += line.charged
    invoice.balance += line.charged
    invoice.reminders += 1
    invoice.reminded_due_at, invoice.reminder_not_before = line.due_at, None
    number = 1 + int(session.scalar(select(func.coalesce(func.max(Reminder.number), 0)).where(*_of(Reminder, request))) or 0)
    session.add(
        Reminder(
            order=request.order,
            invoice=request.invoice,
            number=number,
            level=line.level,
            document=document,
            fee=line.charged,
            balance=invoice.balance,
            text="",
            due_at=line.due_at,
            holds_customer=line.holds_customer,
            at=row.at,
        )
    )
    session.flush()
    enter(session, request, "fee", line.charged, request.invoice, note=f"{document}, level {line.level}")
    if line.holds_customer and order.customer is not None:
        judge_credit_hold(session, order.customer)
    return ReminderAnswer(
        document=document,
        level=line.level,
        charged=Money(minor=line.charged, currency=order.currency),
        due_at=line.due_at,
        to_print=to_print,
        next=_next(invoice, terms, request.day, request.at),
    )


def take_back_reminder(session: Session, request: TakeBackReminder) -> ReminderTakenBack:
    """Cancel the last reminder of an invoice: its fee by a reversing entry, its level and its due date; never on the same day once more."""
    order = order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    reminded = list(
        session.scalars(select(Reminder).where(*_of(Reminder, request), Reminder.cancelled_at.is_(None)).order_by(Reminder.number.desc()))
    )
    last = reminded[0] if reminded else None
    require(last is not None and last.document == request.document, f"{request.document} is not the last reminder of {invoice.document}.")
    assert last is not None  # required above
    require(last.fee <= invoice.balance, f"{request.document} charged {last.fee} minor units on {invoice.document}, and they are paid.")
    last.cancelled_at = request.at
    session.get_one(ReminderLine, (request.document, request.order, request.invoice)).state = "cancelled"
    invoice.fees -= last.fee
    invoice.balance -= last.fee
    invoice.reminders -= 1
    invoice.reminded_due_at = reminded[1].due_at if len(reminded) > 1 else None
    invoice.reminder_not_before = request.at + request.day
    session.flush()
    enter(session, request, "fee", -last.fee, request.invoice, name="cancelled", note=f"{request.document} cancelled: {request.reason}")
    if order.customer is not None:
        judge_credit_hold(session, order.customer)
    return ReminderTakenBack(
        due_at=invoice.reminded_due_at, next=_next(invoice, terms_of(session, order.customer), request.day, request.at)
    )


def named_by(session: Session, document: str) -> list[tuple[str, int]]:
    """The orders and invoices on which a document was booked."""
    chosen = select(ReminderLine.order, ReminderLine.invoice).where(ReminderLine.document == document, ReminderLine.state == "booked")
    return [(order, invoice) for order, invoice in session.execute(chosen.order_by(ReminderLine.order, ReminderLine.invoice))]


# --- what is due ---------------------------------------------------------------------------------------------------------------------


def _due(session: Session, order: Order, own: Invoice, terms: ReminderTerms, request: IssueReminder) -> list[Invoice]:
    """The invoice that was asked for, and every other of the customer in this currency whose next reminder is due on this day."""
    others: list[Invoice] = []
    if order.customer is not None:
        drawn = (
            select(ReminderLine.document)
            .where(ReminderLine.order == Invoice.order, ReminderLine.invoice == Invoice.invoice, ReminderLine.state == "drawn")
            .exists()
        )
        chosen = (
            select(Invoice)
            .join(Order, Order.order == Invoice.order)
            .where(
                and_(Order.customer == order.customer, Order.currency == order.currency, Order.outcome == ""),
                Invoice.by_terms,
                Invoice.balance > 0,
                Invoice.due_at < request.at,
                ~drawn,
            )
        )
        others = [each for each in session.scalars(chosen) if each is not own and _is_due(each, terms, request)]
    return sorted([own, *others], key=lambda each: (each.due_at, each.order, each.invoice))


def _is_due(invoice: Invoice, terms: ReminderTerms, request: IssueReminder) -> bool:
    level = terms.level_after(invoice.reminders)
    if level is None or not _asks(invoice) or overdue(invoice, request.at).amount <= 0:
        return False
    if invoice.reminder_not_before is not None and invoice.reminder_not_before > request.at:
        return False
    reference = invoice.reminded_due_at or overdue(invoice, request.at).due_at
    return is_due(reference, level.grace_days, request.at, request.day)


def _asks(invoice: Invoice) -> bool:
    """It is owed, and nobody said that it is not to be reminded of: no dispute, promise, hold or collections."""
    paused = (invoice.promised_by, invoice.dispute_review_at, invoice.dunning_held_until, invoice.collections_at)
    return invoice.balance > 0 and not any(paused)


def _entry(session: Session, invoice: Invoice, currency: str, day: timedelta, at: datetime, issued: int | None = None) -> DueEntry:
    charged_until = session.scalar(
        select(func.max(ReminderDocument.at))
        .join(ReminderLine, ReminderLine.document == ReminderDocument.document)
        .where(
            ReminderLine.order == invoice.order,
            ReminderLine.invoice == invoice.invoice,
            ReminderLine.state == "booked",
            ReminderLine.interest > 0,
        )
    )
    asked = overdue(invoice, at)
    return DueEntry(
        order=invoice.order,
        invoice=invoice.invoice,
        issued=invoice.reminders if issued is None else issued,
        remaining=Money(minor=asked.amount, currency=currency),
        principal=Money(minor=max(asked.amount - invoice.fees, 0), currency=currency),
        interest_days=days_between(charged_until or asked.due_at, at, day),
    )


def _next(invoice: Invoice, terms: ReminderTerms, day: timedelta, at: datetime) -> NextReminder:
    reference = invoice.reminded_due_at or overdue(invoice, at).due_at
    level = terms.level_after(invoice.reminders)
    due = reference + (level.grace_days + 1 if level else 1) * day
    broken = invoice.promise_broken_at
    if level is not None and broken is not None and broken > reference:
        due = min(due, broken)
    if invoice.reminder_not_before is not None:
        due = max(due, invoice.reminder_not_before)
    last = level or terms.levels[-1]
    return NextReminder(at=due, number=invoice.reminders + 1, level=level.level if level else 0, due_in=last.due_in, terms=terms.code)


def _after_none(invoice: Invoice, terms: ReminderTerms, request: IssueReminder, days: int) -> NextReminder | None:
    """Nothing was written: nothing is owed, or it is looked at again so many days later."""
    if invoice.balance <= 0:
        return None
    found = _next(invoice, terms, request.day, request.at)
    return found if not found.level else found.model_copy(update={"at": max(found.at, request.at + days * request.day)})


# --- rows ----------------------------------------------------------------------------------------------------------------------------


def _write_lines(session: Session, document: ReminderDocument, composed: Composed) -> None:
    for line in composed.lines:
        session.merge(
            ReminderLine(
                document=document.document,
                order=line.order,
                invoice=line.invoice,
                number=line.number,
                level=line.level,
                remaining=line.remaining.minor,
                fee=line.fee.minor,
                line_fee=line.line_fee.minor,
                interest=line.interest.minor,
                interest_days=line.interest_days,
                charged=line.charged.minor,
                holds_customer=line.holds_customer,
                due_at=composed.due_at,
                state="drawn",
            )
        )
    session.flush()


def _tell_others(session: Session, document: ReminderDocument, request: IssueReminder) -> None:
    chosen = select(ReminderLine).where(ReminderLine.document == document.document, ReminderLine.state == "drawn")
    for line in session.scalars(chosen.order_by(ReminderLine.order, ReminderLine.invoice)):
        if (line.order, line.invoice) != (request.order, request.invoice):
            fact = ReminderIssued(
                message_id=f"reminder/{document.document}/{line.order}/{line.invoice}",
                occurred_at=document.at,
                actor="holdfast",
                invoice=line.invoice,
                document=document.document,
            )
            outbox.put(session, line.order, fact, request.at)


def _written_to(session: Session, customer: str | None) -> tuple[str, str]:
    """Where a customer is written to, and in which language."""
    row = session.get(Customer, customer) if customer else None
    return (row.email, row.language or HOUSE_LANGUAGE) if row else ("", HOUSE_LANGUAGE)


def _oldest_first(kept: list[tuple[ReminderLine, Invoice]]) -> list[tuple[ReminderLine, Invoice]]:
    return sorted(kept, key=lambda pair: (pair[1].due_at, pair[1].order, pair[1].invoice))


def _of(table: type[Reminder], request: IssueReminder | TakeBackReminder) -> tuple[ColumnElement[bool], ...]:
    return (table.order == request.order, table.invoice == request.invoice)
