"""The letter of a reminder document: what the e-mail says, the reminder as PDF, and a copy of every invoice that it names."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.letters import written
from activities.papers import paper, postal_address
from activities.records import seller_of
from database.reminder_terms import read_terms
from database.tables import Customer, Invoice, ReminderDocument, ReminderLine
from domain.errors import NotFound
from domain.money import Money
from domain.reminder_terms import Wording
from integrations.documents.language import Voice, spoken
from integrations.documents.reminders import RemindedInvoice, ReminderSheet, draw_reminder, opening
from integrations.ports import Attachment, Letter

MOST_COPIES = 20
"""Invoices that go with a reminder as a copy; the others are named in it. Mail servers take some ten to twenty-five megabytes."""


def reminder_sheet(session: Session, document: str) -> ReminderSheet:
    """What the paper says. Raises NotFound for an unknown document."""
    row = session.get(ReminderDocument, document)
    if row is None:
        raise NotFound("reminder", document)
    lines = _lines(session, document)
    wording = _wording(session, row)

    def amount(minor: int) -> Money:
        return Money(minor=minor, currency=row.currency)

    return ReminderSheet(
        seller=seller_of(session),
        number=row.document,
        customer=row.customer or "",
        bill_to=postal_address(session, lines[0][0].order),
        language=spoken(row.language),
        level=row.level,
        at=row.at,
        due_at=row.due_at,
        lines=tuple(
            RemindedInvoice(
                document=invoice.document,
                order=line.order,
                issued_at=invoice.issued_at,
                was_due_at=invoice.due_at,
                number=line.number,
                remaining=amount(line.remaining),
                line_fee=amount(line.line_fee),
                interest=amount(line.interest),
                interest_days=line.interest_days,
            )
            for line, invoice in lines
        ),
        fee=amount(sum(line.fee for line, _ in lines)),
        total=amount(row.total),
        opening=wording.opening,
        closing=wording.closing,
        holds_customer=any(line.holds_customer for line, _ in lines),
    )


def reminder_paper(session: Session, document: str) -> bytes:
    """The reminder as PDF. Raises NotFound for an unknown document."""
    return draw_reminder(reminder_sheet(session, document))


def reminder_letter(session: Session, document: str) -> Letter:
    """The e-mail; without an address it is one that nobody can send, and the paper is printed instead."""
    sheet, row = reminder_sheet(session, document), session.get_one(ReminderDocument, document)
    customer = session.get(Customer, row.customer) if row.customer else None
    voice = Voice(sheet.language)
    said = voice.said
    wording, first, more = _wording(session, row), sheet.lines[0].document, len(sheet.lines) - 1
    about = said("and_more", invoice=first, more=str(more)) if more else first
    paragraphs = [
        opening(voice.language, sheet.level, sheet.opening),
        "\n".join(
            f"  {line.document}   {said('was_due')} {voice.day(line.was_due_at)}   {voice.money(line.remaining)}" for line in sheet.lines
        ),
        _charges(sheet, voice),
        said("please_pay", amount=voice.money(sheet.total), date=voice.day(sheet.due_at), number=sheet.number),
        said("held") if sheet.holds_customer else "",
        sheet.closing or said("crossed"),
    ]
    copies = [
        Attachment(name=f"{line.document}.pdf", content=paper(session, line.order, line.document)) for line in sheet.lines[:MOST_COPIES]
    ]
    return written(
        voice,
        sheet.seller,
        to=row.customer or "",
        address=row.email,
        name=customer.name if customer else "",
        subject=wording.subject or said("reminder_about", number=sheet.number, invoices=about),
        paragraphs=paragraphs,
        attachments=(Attachment(name=f"{sheet.number}.pdf", content=draw_reminder(sheet)), *copies),
    )


def _charges(sheet: ReminderSheet, voice: Voice) -> str:
    currency = sheet.total.currency
    sums = (
        ("sum_fee", sheet.fee),
        ("sum_line_fees", Money.total((line.line_fee for line in sheet.lines), currency)),
        ("interest", Money.total((line.interest for line in sheet.lines), currency)),
    )
    return "\n".join(f"  {voice.said(name)}: {voice.money(value)}" for name, value in sums if value)


def _lines(session: Session, document: str) -> list[tuple[ReminderLine, Invoice]]:
    chosen = (
        select(ReminderLine, Invoice)
        .join(Invoice, (Invoice.order == ReminderLine.order) & (Invoice.invoice == ReminderLine.invoice))
        .where(ReminderLine.document == document)
        .order_by(Invoice.due_at, ReminderLine.order, ReminderLine.invoice)
    )
    found = [(line, invoice) for line, invoice in session.execute(chosen)]
    return [pair for pair in found if pair[0].state != "dropped"] or found  # a void document still says what it was about


def _wording(session: Session, row: ReminderDocument) -> Wording:
    """What the level says in the customer's language, as far as the terms say anything of their own."""
    terms = read_terms(session, row.terms)
    level = next((each for each in terms.levels if each.level == row.level), None) if terms else None
    return (level.wording.get(row.language) if level else None) or Wording()
