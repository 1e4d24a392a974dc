"""The audit's rules about dunning: documents add up, a booked line is one reminder, levels follow one another, no day counts twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.tables import (
    AccountEntry,
    Counter,
    FinanceChargeDocument,
    FinanceChargeLine,
    FinanceChargeTermsRow,
    Invoice,
    Reminder,
    ReminderDocument,
    ReminderLine,
)

Found = Iterator[tuple[str, str]]


def _a_reminder_document_adds_up(session: Session) -> Found:
    """total = what is open, fees and interest of every line that was not dropped before it went out."""
    line = ReminderLine
    sums = (
        select(line.document, func.sum(line.remaining + line.fee + line.line_fee + line.interest).label("total"))
        .where(line.state != "dropped")
        .group_by(line.document)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    chosen = select(ReminderDocument, total).outerjoin(sums, sums.c.document == ReminderDocument.document)
    for document, adds_up_to in session.execute(chosen.where(ReminderDocument.state != "void", ReminderDocument.total != total)):
        yield document.document, f"asks for {document.total}, its lines add up to {adds_up_to}"


def _a_booked_line_is_one_reminder(session: Session) -> Found:
    """Each line that was booked, or cancelled after that, is one reminder of its invoice with the same level and charge."""
    joined = and_(
        Reminder.document == ReminderLine.document, Reminder.order == ReminderLine.order, Reminder.invoice == ReminderLine.invoice
    )
    lines = select(ReminderLine, Reminder).outerjoin(Reminder, joined).where(ReminderLine.state.in_(("booked", "cancelled")))
    pairs: list[tuple[ReminderLine, Reminder | None]] = [(row[0], row[1]) for row in session.execute(lines)]
    for line, reminder in pairs:
        name = f"{line.document} {line.order} invoice {line.invoice}"
        if reminder is None:
            yield name, f"the line is {line.state}, and no reminder stands for it"
        elif (reminder.fee, reminder.level, reminder.cancelled_at is not None) != (line.charged, line.level, line.state == "cancelled"):
            yield (
                name,
                f"the line charges {line.charged} at level {line.level} ({line.state}), its reminder {reminder.fee} at {reminder.level}",
            )
    strays = (
        select(Reminder)
        .outerjoin(ReminderLine, joined)
        .where(Reminder.document != "", or_(ReminderLine.document.is_(None), ReminderLine.state.not_in(("booked", "cancelled"))))
    )
    for reminder in session.scalars(strays):
        yield f"{reminder.order} invoice {reminder.invoice}", f"reminder {reminder.number} stands on no line of {reminder.document}"


def _reminders_follow_one_another(session: Session) -> Found:
    """An invoice by its customer's terms: so many reminders stand as it counts, numbered from one on, and their charges are its fees."""
    standing: dict[tuple[str, int], list[ReminderLine]] = defaultdict(list)
    for line in session.scalars(select(ReminderLine).where(ReminderLine.state == "booked")):
        standing[line.order, line.invoice].append(line)
    for invoice in session.scalars(select(Invoice).where(Invoice.by_terms)):
        lines = standing.get((invoice.order, invoice.invoice), [])
        name = f"{invoice.order} {invoice.document}"
        if invoice.reminders != len(lines) or sorted(line.number for line in lines) != list(range(1, len(lines) + 1)):
            yield name, f"counts {invoice.reminders} reminders; numbers {sorted(line.number for line in lines)} stand"
        if invoice.fees != sum(line.charged for line in lines):
            yield name, f"has fees of {invoice.fees}, its reminders charge {sum(line.charged for line in lines)}"


def _a_finance_charge_is_its_lines_and_its_entry(session: Session) -> Found:
    line = FinanceChargeLine
    sums = select(line.document, func.sum(line.amount).label("amount")).group_by(line.document).subquery()
    chosen = (
        select(FinanceChargeDocument, func.coalesce(sums.c.amount, 0), func.coalesce(AccountEntry.amount, 0))
        .outerjoin(sums, sums.c.document == FinanceChargeDocument.document)
        .outerjoin(AccountEntry, and_(AccountEntry.reference == FinanceChargeDocument.document, AccountEntry.kind == "finance_charge"))
    )
    for document, lines, entered in session.execute(chosen):
        if not document.amount == lines == entered:
            yield document.document, f"charges {document.amount}, its lines {lines}, its entry {entered}"


def _no_day_is_charged_twice(session: Session) -> Found:
    """Of one invoice, by the method that follows it day by day."""
    chosen = (
        select(FinanceChargeLine)
        .join(FinanceChargeDocument, FinanceChargeDocument.document == FinanceChargeLine.document)
        .join(FinanceChargeTermsRow, FinanceChargeTermsRow.terms == FinanceChargeDocument.terms)
        .where(FinanceChargeTermsRow.method == "average_daily_balance")
        .order_by(FinanceChargeLine.order, FinanceChargeLine.invoice, FinanceChargeLine.since)
    )
    before: FinanceChargeLine | None = None
    for line in session.scalars(chosen):
        if before is not None and (before.order, before.invoice) == (line.order, line.invoice) and line.since < before.until:
            yield (
                f"{line.order} invoice {line.invoice}",
                f"{line.document} begins after {line.since}, {before.document} went to {before.until}",
            )
        before = line


def _no_number_of_dunning_is_missing(session: Session) -> Found:
    sequences: dict[str, InstrumentedAttribute[int]] = {"REM": ReminderDocument.sequence, "FC": FinanceChargeDocument.sequence}
    last = {counter.name: counter.last for counter in session.scalars(select(Counter).where(Counter.name.in_(sequences)))}
    for name, sequence in sequences.items():
        count, highest = session.execute(select(func.count(), func.coalesce(func.max(sequence), 0))).one()
        if not count == highest == last.get(name, 0):
            yield f"{name} numbers", f"{count} documents, the highest is {highest}, the counter stands at {last.get(name)}"


DUNNING_RULES: tuple[Callable[[Session], Found], ...] = (
    _a_reminder_document_adds_up,
    _a_booked_line_is_one_reminder,
    _reminders_follow_one_another,
    _a_finance_charge_is_its_lines_and_its_entry,
    _no_day_is_charged_twice,
    _no_number_of_dunning_is_missing,
)
