"""Settlement: an invoice is followed until it is paid, credited or written off."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from domain.date_formula import after
    from domain.dunning import next_step, reminder_due
    from domain.exceptions import ExceptionKind
    from domain.instalments import refill
    from domain.lifecycle import Wait
    from domain.messages import Cause
    from domain.money import Money
    from domain.money_steps import HandToCollections, SendReminder, WriteOff
    from domain.parts import Invoice
    from domain.state import OrderState

from workflows.chapter import Chapter
from workflows.policies import MAIL
from workflows.stages import reminding
from workflows.stages.floor import move_due
from workflows.stages.following import followed, standing, told_of
from workflows.stages.supply import cause_of


async def settle(chapter: Chapter, invoice: Invoice) -> None:
    """Ends with an invoice that asks for nothing; a payment that is taken back begins it again where the reminders stood."""
    while unsettled(chapter.state, invoice):
        if write_off_tried(chapter.state, invoice):
            await write_off(chapter, invoice, "", None)
        elif handover_tried(chapter.state, invoice):
            await hand_over(chapter, invoice, chapter.now, None)
        elif reminder_tried(chapter.state, invoice) or told_of(chapter.state, invoice) is not None:
            await remind(chapter, invoice)
        elif invoice.cancel_asked is not None:
            await reminding.take_back(chapter, invoice)
        elif invoice.write_off_asked is not None:
            await write_off(chapter, invoice, invoice.write_off_asked, invoice.write_off_cause)
        elif invoice.disputed:
            if not await followed(chapter, invoice, Wait.DISPUTE, invoice.dispute_review_at, ExceptionKind.INVOICE_UNPAID):
                await last_resort(chapter, invoice, "is disputed")
        elif invoice.collections_review_at is not None:
            if not await followed(chapter, invoice, Wait.COLLECTIONS, invoice.collections_review_at, ExceptionKind.INVOICE_UNPAID):
                await last_resort(chapter, invoice, "is in collections")
        elif invoice.promised_by is not None:
            if not await followed(chapter, invoice, Wait.PROMISE, invoice.promised_by):
                reminding.break_promise(chapter, invoice)
        elif invoice.dunning_held_until is not None:
            if not await followed(chapter, invoice, Wait.DUNNING_HOLD, invoice.dunning_held_until):
                chapter.state.note(f"{invoice.name}: the hold of its reminders is over")
                invoice.dunning_held_until = None
        else:
            await follow_up(chapter, invoice)
    reminding.end(chapter, invoice)


async def follow_up(chapter: Chapter, invoice: Invoice) -> None:
    """Wait for the money until the next reminder is due; after the last one a person decides."""
    if reminding.by_terms(chapter.state):
        upcoming = await reminding.upcoming(chapter, invoice)
        if upcoming is None:
            return
        at, last = upcoming.at, not upcoming.level
    else:
        step = next_step(invoice, chapter.state.policies)
        at, last = step.at, step.level is None
    if await followed(chapter, invoice, Wait.PAYMENT, at, ExceptionKind.INVOICE_UNPAID if last else None):
        return
    if last:
        await last_resort(chapter, invoice, f"is unpaid after {invoice.reminders} reminders")
    else:
        await remind(chapter, invoice)


def unsettled(state: OrderState, invoice: Invoice) -> bool:
    """The invoice asks for something, or a reminder or a hand-over of it is still on its way."""
    on_its_way = reminder_tried(state, invoice) or write_off_tried(state, invoice) or handover_tried(state, invoice)
    return not invoice.settled or on_its_way or reminding.unfinished(state, invoice)


def write_off_tried(state: OrderState, invoice: Invoice) -> bool:
    """An earlier run gave up the rest and got no answer: the books may not ask for it any more."""
    return state.tried(write_off_step(invoice))


def write_off_step(invoice: Invoice) -> str:
    return f"invoice/{invoice.number}/write_off/{invoice.write_offs + 1}"


def handover_tried(state: OrderState, invoice: Invoice) -> bool:
    """An earlier run handed it to collections and got no answer: somebody may be asking for the money already."""
    return state.tried(handover_step(invoice))


def handover_step(invoice: Invoice) -> str:
    return f"invoice/{invoice.number}/collections/{invoice.handed_over + 1}"


def reminder_tried(state: OrderState, invoice: Invoice) -> bool:
    """A reminder may have gone out, and its fee may stand in the books, whatever has become of the invoice meanwhile."""
    if reminding.by_terms(state):
        return state.tried(reminding.reminder_step(invoice))
    return state.tried(f"invoice/{invoice.number}/reminder/{invoice.reminders + 1}")


async def remind(chapter: Chapter, invoice: Invoice) -> None:
    """One reminder; none when the money came while the letter could not be sent."""
    if reminding.by_terms(chapter.state):
        await reminding.remind(chapter, invoice)
        return
    state = chapter.state
    level = next_step(invoice, state.policies).level
    if level is None:  # nothing of a ladder that has ended is ever tried
        for told in [fact for fact in [told_of(state, invoice)] if fact is not None]:
            chapter.taken(told)
        return
    base = chapter.base(f"invoice/{invoice.number}/reminder/{invoice.reminders + 1}")
    request = chapter.again(
        SendReminder(
            **base,
            invoice=invoice.number,
            level=level.level,
            text=level.text,
            fee=Money(minor=level.fee_minor, currency=state.currency),
            balance=invoice.balance,
            due_at=reminder_due(level, base["at"], state.policies),
            holds_customer=level.holds_customer,
        )
    )
    summary = f"Remind of {invoice.document}, level {level.level}: {invoice.balance} unpaid"
    reminded = await chapter.act(InvoiceActivities.send_reminder, request, summary, MAIL)
    invoice.reminders += 1  # one that was not needed counts too: its key is used
    invoice.reminded_due_at = request.due_at
    if reminded.sent:
        invoice.fees += request.fee


async def last_resort(chapter: Chapter, invoice: Invoice, why: str) -> None:
    """The reminders, the dispute or the collections led nowhere: a person decides."""
    before = standing(invoice)

    def changed() -> bool:
        return invoice.settled or standing(invoice) != before

    detail = f"{invoice.document} {why}: {invoice.balance} open."
    async with chapter.question(ExceptionKind.INVOICE_UNPAID, invoice.name, detail, changed) as answer:
        if answer.choice == "write_off":
            await write_off(chapter, invoice, answer.note or "uncollectable", cause_of(answer))
        elif answer.choice == "collections":
            await hand_over(chapter, invoice, answer.at, cause_of(answer))
        elif answer.choice == "wait_on":
            await wait_on(chapter, invoice, answer.at)


async def hand_over(chapter: Chapter, invoice: Invoice, since: datetime, cause: Cause | None) -> None:
    """Somebody else asks for the money from now on; that stands also when it came while the answer was away."""
    state = chapter.state
    review_at = since + state.policies.days(state.policies.collections_review)
    base = chapter.base(handover_step(invoice), cause)
    request = chapter.again(HandToCollections(**base, invoice=invoice.number, balance=invoice.balance, review_at=review_at))
    await chapter.act(InvoiceActivities.hand_to_collections, request, f"Hand {invoice.document} to collections")
    invoice.handed_over += 1
    invoice.collections_review_at = request.review_at
    invoice.disputed, invoice.dispute_review_at = False, None
    carried_out(chapter, invoice)


async def wait_on(chapter: Chapter, invoice: Invoice, since: datetime) -> None:
    """Give the invoice as long again as the last rung of the ladder gives."""
    state = chapter.state
    ladder, upcoming = state.policies.ladder, invoice.next_reminder
    again = since + state.policies.days(ladder[-1].due_in_days if ladder else 7)
    if upcoming is not None and upcoming.due_in:
        again = after(upcoming.due_in, since, state.policies.day)
    if invoice.disputed:
        invoice.dispute_review_at = again
    elif invoice.collections_review_at is not None:
        invoice.collections_review_at = again
    else:
        invoice.reminded_due_at = again
        if upcoming is not None:
            invoice.next_reminder = upcoming.model_copy(update={"at": again + state.policies.days(1)})
    await move_due(chapter, invoice.name, again)


async def write_off(chapter: Chapter, invoice: Invoice, reason: str, cause: Cause | None) -> None:
    """Give up what is open; a write-off that an earlier run tried is what it was then."""
    async with chapter.balances():
        amount = invoice.balance
        if amount.minor > 0 or write_off_tried(chapter.state, invoice):
            base = chapter.base(write_off_step(invoice), cause)
            request = chapter.again(WriteOff(**base, invoice=invoice.number, amount=amount, reason=reason))
            summary = f"Write off {request.amount} of {invoice.document}: {request.reason}"
            await chapter.act(InvoiceActivities.write_off, request, summary)
            invoice.written_off += request.amount
            invoice.write_offs += 1
            refill(invoice)
    invoice.write_off_asked = invoice.write_off_cause = None
    carried_out(chapter, invoice)


def carried_out(chapter: Chapter, invoice: Invoice) -> None:
    """The answer of a person, if it was one, has had its effect: it does not count for a later question."""
    asked = chapter.state.standing(ExceptionKind.INVOICE_UNPAID, invoice.name)
    if asked is not None and asked.decision is not None:
        asked.carried_out = True
