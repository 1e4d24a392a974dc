"""The desk: exceptions are followed up, holds are reviewed, and facts that no other chapter expects find a person."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from activities.shipping import ShippingActivities
    from domain.exceptions import RULES, ExceptionKind, OpenException
    from domain.lifecycle import Wait
    from domain.messages import (
        CarrierEvent,
        CarrierStatus,
        CreditCleared,
        DeliveryConfirmed,
        ExceptionRaised,
        Fact,
        InvoiceCollected,
        Packed,
        PickConfirmed,
        ReminderIssued,
        ReturnInspected,
        ReturnReceived,
        ReturnRequested,
        ReturnScanned,
        StockArrived,
        StockReallocated,
        SupplySlipped,
    )
    from domain.parts import Hold
    from domain.recording import open_return
    from domain.return_rules import RefundTiming
    from domain.returning import refuse_return, timing_of
    from domain.state import OrderState
    from domain.steps import RecordDelivery, RecordException, RecordNotes

from workflows.chapter import Chapter
from workflows.stages.supply import cause_of


async def follow(chapter: Chapter, exception: OpenException) -> None:
    """An exception is a row for a person from the moment it opens; unanswered it escalates; answered it is closed."""
    name = f"exception/{exception.number}"
    if not exception.recorded:
        await record(chapter, exception, f"{name}/opened", f"Ask {exception.owner}: {exception.kind} of {exception.subject}")
        exception.recorded = True
    while not await chapter.until(
        lambda: exception.decision is not None, Wait.DECISION, f"{exception.kind} of {exception.subject}", exception.due_at
    ):
        step = f"{name}/escalated/{exception.escalations + 1}"
        due_at = chapter.base(step)["at"] + chapter.state.policies.days(RULES[exception.kind].answer_within)
        escalated = exception.model_copy(update={"escalations": exception.escalations + 1, "due_at": due_at})
        await record(chapter, escalated, step, f"Escalate {exception.kind} of {exception.subject} to {escalated.owner}")
        exception.escalations, exception.due_at = escalated.escalations, escalated.due_at
    assert exception.decision is not None  # until() returned True
    await record(chapter, exception, f"{name}/answered", f"{exception.kind} of {exception.subject}: {exception.decision.choice}")
    exception.answered = True


async def record(chapter: Chapter, exception: OpenException, step: str, summary: str) -> None:
    cause = cause_of(exception.decision) if exception.decision else None
    request = RecordException(**chapter.base(step, cause), exception=exception.model_copy())
    await chapter.act(OrderActivities.record_exception, request, summary)


async def review_holds(chapter: Chapter) -> None:
    state = chapter.state
    while state.holds:
        hold = state.holds[0]

        def released(hold: Hold = hold) -> bool:
            return hold not in state.holds

        if await chapter.until(released, Wait.RELEASE, f"hold: {hold.reason[:80]}", hold.review_at):
            continue
        detail = f"On hold since {hold.since:%Y-%m-%d} by {hold.by}: {hold.reason}"
        async with chapter.question(ExceptionKind.HOLD_OVERDUE, "order", detail, released) as answer:
            if answer.choice == "release":
                state.holds.clear()
                state.note("released", cause_of(answer))
            elif answer.choice == "keep":
                hold.review_at = chapter.now + state.policies.days(7)
                state.note(f"kept on hold: {hold.reason}", cause_of(answer))


async def tidy(chapter: Chapter) -> None:
    """Write notes, and give every fact that no chapter will ever take to a person."""
    state = chapter.state
    while state.notes or any(strays(state, fact) for fact in state.inbox):
        for fact in [fact for fact in state.inbox if strays(state, fact)]:
            await place(chapter, fact)
        if state.notes:
            await write_notes(chapter)


async def write_notes(chapter: Chapter) -> None:
    state = chapter.state
    notes = list(state.notes)
    held = "; ".join(hold.reason for hold in state.holds)
    await chapter.act(
        OrderActivities.record_notes,
        RecordNotes(
            **chapter.base(f"notes/{state.noted + 1}", *(note.cause for note in notes)),
            held=held,
            review_at=min((hold.review_at for hold in state.holds), default=None),
            promised={invoice.number: invoice.promised_by for invoice in state.invoices},
            disputed={invoice.number: invoice.dispute_review_at for invoice in state.invoices},
            dunning_held={invoice.number: invoice.dunning_held_until for invoice in state.invoices},
            broken={invoice.number: invoice.promise_broken_at for invoice in state.invoices},
            notes=tuple(note.text for note in notes),
        ),
        "; ".join(note.text for note in notes)[:200],
    )
    state.noted += 1
    state.notes = state.notes[len(notes) :]


async def place(chapter: Chapter, fact: Fact) -> None:
    """Where a stray fact belongs."""
    state = chapter.state
    match fact:
        case ExceptionRaised():
            state.ask(ExceptionKind.RAISED, f"raised by {fact.actor}", fact.detail, chapter.now)
        case ReturnRequested():
            refused = refuse_return(state, fact.lines, chapter.now, fact.kind, fact.wish)
            if refused:
                state.ask(ExceptionKind.RETURN_REFUSED, "order", f"A return was announced: {refused}", chapter.now)
            else:
                open_return(state, fact)
        case DeliveryConfirmed() if (shipment := state.shipment(fact.shipment)) and shipment.delivered_at and not shipment.signed_by:
            await chapter.act(
                ShippingActivities.record_delivery,
                RecordDelivery(
                    **chapter.base(f"shipment/{fact.shipment}/signed", fact),
                    shipment=fact.shipment,
                    delivered_at=shipment.delivered_at,
                    signed_by=fact.signed_by,
                ),
                f"{shipment.name} was signed for",
            )
            shipment.signed_by = fact.signed_by
        case CarrierEvent(status=CarrierStatus.DELIVERED) | DeliveryConfirmed() if (
            shipment := state.shipment(fact.shipment)
        ) and shipment.lost:
            detail = f"{shipment.name} was given up as lost and made good, and now it was delivered."
            state.ask(ExceptionKind.UNEXPECTED_FACT, shipment.name, detail, chapter.now)
        case (
            CarrierEvent()
            | DeliveryConfirmed()
            | InvoiceCollected()
            | StockArrived()
            | StockReallocated()
            | SupplySlipped()
            | CreditCleared()
            | ReturnScanned()
        ):
            state.note(f"{fact.called()} came late and changes nothing")
        case _:
            detail = f"{fact.called()} of {fact.actor} ({fact.message_id}) does not fit the order: {fact.model_dump_json()}"
            state.ask(ExceptionKind.UNEXPECTED_FACT, fact.called(), detail[:600], chapter.now)
    chapter.taken(fact)


async def hand_over(chapter: Chapter) -> None:
    """Facts that are still here when nothing else is to come: a person sees each before the order closes."""
    for fact in list(chapter.state.inbox):
        await place(chapter, fact)


def strays(state: OrderState, fact: Fact) -> bool:
    """No chapter takes this fact, now or later. What is only early is no stray: it waits for its chapter."""
    match fact:
        case ExceptionRaised():
            return True
        case ReturnRequested():
            return state.ready or state.stopped or state.rejected is not None
        case StockArrived() | SupplySlipped():
            return state.ready and not state.needs and not state.amendments
        case InvoiceCollected():
            shipment = state.shipment(fact.shipment)
            return shipment is not None and (bool(shipment.invoice) or shipment.abandoned)
        case PickConfirmed() | StockReallocated():
            shipment = state.shipment(fact.shipment)
            return shipment is not None and (shipment.picked or shipment.abandoned)
        case Packed():
            shipment = state.shipment(fact.shipment)
            return shipment is not None and (shipment.packed or shipment.abandoned)
        case CarrierEvent() | DeliveryConfirmed():
            shipment = state.shipment(fact.shipment)
            return shipment is not None and shipment.settled
        case ReminderIssued():
            return not state.has_invoice(fact.invoice)
        case ReturnScanned():
            waits = timing_of(state) is RefundTiming.SCAN
            return any(
                rma.rma == fact.rma and (not waits or rma.scanned or rma.received is not None or bool(rma.outcome)) for rma in state.returns
            )
        case ReturnReceived():
            return any(rma.rma == fact.rma and (rma.received is not None or rma.outcome) for rma in state.returns)
        case ReturnInspected():
            return any(rma.rma == fact.rma and (rma.inspected is not None or rma.outcome) for rma in state.returns)
    return False
