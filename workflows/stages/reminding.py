"""Reminders by the customer's terms: found when the invoice is overdue, issued with everything else that is due, cancelled on request."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.reminders import ReminderActivities
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.parts import Invoice, StandingReminder
    from domain.reminder_terms import NextReminder
    from domain.reminding import FindReminder, IssueReminder, TakeBackReminder
    from domain.state import OrderState

from workflows.chapter import Chapter
from workflows.policies import MAIL
from workflows.stages.following import followed, told_of


def by_terms(state: OrderState) -> bool:
    """The order has no ladder of its own: its customer's terms hold, as they are when a reminder is due."""
    return state.policies.ladder is None


def reminder_step(invoice: Invoice) -> str:
    return f"invoice/{invoice.number}/reminder/{invoice.reminder_attempts + 1}"


def unfinished(state: OrderState, invoice: Invoice) -> bool:
    """A reminder may have gone out or is to be taken back, whatever has become of the invoice meanwhile."""
    return told_of(state, invoice) is not None or invoice.cancel_asked is not None


async def upcoming(chapter: Chapter, invoice: Invoice) -> NextReminder | None:
    """The next reminder of an invoice that is overdue; None when something about it changed first."""
    if invoice.next_reminder is None:
        state = chapter.state
        if await followed(chapter, invoice, Wait.PAYMENT, invoice.due_at + state.policies.days(1)):
            return None
        step = f"invoice/{invoice.number}/reminder/{invoice.reminder_attempts + 1}/find"
        request = FindReminder(**chapter.base(step), invoice=invoice.number, day=state.policies.day)
        invoice.next_reminder = await chapter.act(ReminderActivities.find_reminder, request, f"{invoice.document} is overdue")
    return invoice.next_reminder


async def remind(chapter: Chapter, invoice: Invoice) -> None:
    """One reminder, on a document with everything of the customer that is due; none when the money came first."""
    state = chapter.state
    told = told_of(state, invoice)
    if told is not None and any(reminder.document == told.document for reminder in invoice.issued):
        chapter.taken(told)  # its own time had come first, and it took its part then
        return
    base = chapter.base(reminder_step(invoice), told)
    request = chapter.again(IssueReminder(**base, invoice=invoice.number, day=state.policies.day))
    summary = f"Book {told.document} on {invoice.document}" if told else f"Remind of {invoice.document}: {invoice.balance} unpaid"
    answer = await chapter.act(ReminderActivities.issue_reminder, request, summary, MAIL)
    if told is not None:
        chapter.taken(told)
    invoice.reminder_attempts += 1
    if answer.document and answer.due_at is not None and answer.charged is not None:
        invoice.reminders += 1
        invoice.fees += answer.charged
        invoice.reminded_due_at = answer.due_at
        invoice.issued.append(StandingReminder(document=answer.document, level=answer.level, charged=answer.charged, due_at=answer.due_at))
        if answer.to_print:
            state.ask(ExceptionKind.REMINDER_TO_PRINT, invoice.name, _to_print(answer.document), chapter.now)
    invoice.next_reminder = answer.next


def _to_print(document: str) -> str:
    return f"{document} has no e-mail address to go to: print it (oms reminder print {document}) and send it by post."


def end(chapter: Chapter, invoice: Invoice) -> None:
    """The invoice is settled: nobody has to print its reminder any more, and a promise was kept."""
    state = chapter.state
    asked = state.standing(ExceptionKind.REMINDER_TO_PRINT, invoice.name)
    if asked is not None:
        state.withdraw(asked, chapter.now)
        asked.carried_out = True
    if invoice.promised_by is not None:
        state.note(f"{invoice.name}: the promise to pay was kept")
        invoice.promised_by = None


async def take_back(chapter: Chapter, invoice: Invoice) -> None:
    """The last reminder is cancelled: level, fee and due date step back; the ladder goes on from there, the next day at the earliest."""
    asked, state = invoice.cancel_asked, chapter.state
    assert asked is not None  # asked by the caller
    last = invoice.issued[-1] if invoice.issued else None
    if last is None or last.document != asked.document:
        state.note(f"{asked.document} is not the last reminder of {invoice.name} any more", asked.cause)
    elif last.charged.minor > max(invoice.balance.minor, 0):
        state.note(f"{asked.document} was paid before it could be cancelled", asked.cause)
    else:
        async with chapter.balances():
            base = chapter.base(f"invoice/{invoice.number}/reminder_cancelled/{asked.document}", asked.cause)
            request = TakeBackReminder(**base, invoice=invoice.number, document=asked.document, reason=asked.reason, day=state.policies.day)
            answer = await chapter.act(ReminderActivities.take_back_reminder, request, f"Cancel {asked.document}: {asked.reason}")
            invoice.issued.pop()
            invoice.reminders -= 1
            invoice.fees -= last.charged
            invoice.reminded_due_at, invoice.next_reminder = answer.due_at, answer.next
    invoice.cancel_asked = None


def break_promise(chapter: Chapter, invoice: Invoice) -> None:
    """The day passed without the money: the customer is held again, and the next level is due at once, its grace forfeited."""
    state = chapter.state
    state.note(f"{invoice.name}: the promise to pay was broken")
    invoice.promised_by = None
    invoice.promise_broken_at = chapter.now
    upcoming = invoice.next_reminder
    if upcoming is not None and upcoming.level and upcoming.at > chapter.now:
        invoice.next_reminder = upcoming.model_copy(update={"at": chapter.now})
