"""Following an invoice: waiting until something about it changes, or its deadline passes."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import ReminderIssued
    from domain.parts import Invoice
    from domain.state import OrderState

from workflows.chapter import Chapter
from workflows.stages.cash import cash_waits


async def followed(chapter: Chapter, invoice: Invoice, wait: Wait, due: datetime | None, asks: ExceptionKind | None = None) -> bool:
    """True when something about the invoice changed before the deadline; money that has come and is not booked yet counts as changed."""
    before = standing(invoice)

    def changed() -> bool:
        return invoice.settled or standing(invoice) != before or told_of(chapter.state, invoice) is not None

    if await chapter.until(changed, wait, invoice.name, due, asks):
        return True
    await chapter.pause(lambda: not cash_waits(chapter.state))
    return changed()


def told_of(state: OrderState, invoice: Invoice) -> ReminderIssued | None:
    """The word that a document written for another order names this invoice."""
    return next((fact for fact in state.inbox if isinstance(fact, ReminderIssued) and fact.invoice == invoice.number), None)


def standing(invoice: Invoice) -> tuple[object, ...]:
    """What about an invoice decides how it is followed."""
    return (
        invoice.disputed,
        invoice.dispute_review_at,
        invoice.promised_by,
        invoice.dunning_held_until,
        invoice.collections_review_at,
        invoice.reminded_due_at,
        invoice.due_at,
        invoice.next_reminder,
        invoice.cancel_asked,
        invoice.write_off_asked,
    )
