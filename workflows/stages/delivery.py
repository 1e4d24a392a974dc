"""Delivery: what the carrier says decides whether the goods arrived, and somebody is asked when it says nothing."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.shipping import ShippingActivities
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import CarrierEvent, CarrierStatus, Cause, DeliveryConfirmed, Fact
    from domain.parts import Shipment
    from domain.returning import billed_line, window_days, worth
    from domain.steps import LineChange, RecordDelivery, RecordLoss, RecordTracking

from workflows.chapter import Chapter
from workflows.stages.credit import credit_invoice, refund_excess, units_of
from workflows.stages.floor import move_due
from workflows.stages.invoicing import collects, invoiced
from workflows.stages.supply import cause_of, change


async def deliver(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state

    def news() -> bool:
        return arrived(chapter, shipment)

    while not shipment.settled:
        if shipment.carrier_status in (CarrierStatus.LOST, CarrierStatus.RETURNED_TO_SENDER) and not news():
            await lost(chapter, shipment)
        elif await chapter.until(news, Wait.DELIVERY, shipment.name, shipment.overdue_at, ExceptionKind.DELIVERY_OVERDUE):
            signed = confirmation(chapter, shipment)
            if signed is not None:
                await delivered(chapter, shipment, signed.occurred_at, signed.signed_by, signed)
                chapter.taken(signed)
            else:
                await tracked(chapter, shipment)
        else:
            detail = f"{shipment.carrier} said nothing of {shipment.tracking} by the expected delivery."
            async with chapter.question(ExceptionKind.DELIVERY_OVERDUE, shipment.name, detail, news) as answer:
                if answer.choice == "confirm_delivered":
                    await delivered(chapter, shipment, answer.at, answer.by, cause_of(answer))
                elif answer.choice == "declare_lost":
                    shipment.carrier_status, shipment.carrier_status_at = CarrierStatus.LOST, answer.at
                elif answer.choice == "wait_on":
                    shipment.overdue_at = chapter.now + state.policies.days(state.policies.delivery_grace)
                    await move_due(chapter, shipment.name, shipment.overdue_at)


async def tracked(chapter: Chapter, shipment: Shipment) -> None:
    """Take the carrier's latest word; what is older changes nothing, and waits in the inbox until the shipment is settled."""
    state = chapter.state
    fact = event(chapter, shipment)
    assert fact is not None  # the caller has seen it
    if fact.status is CarrierStatus.DELIVERED:
        await delivered(chapter, shipment, fact.occurred_at, "", fact)
        chapter.taken(fact)
        return
    overdue_at = shipment.overdue_at
    if fact.expected_at is not None:
        overdue_at = fact.expected_at + state.policies.days(state.policies.delivery_grace)
    await chapter.act(
        ShippingActivities.record_tracking,
        RecordTracking(
            **chapter.base(f"shipment/{shipment.number}/track/{fact.message_id}", fact),
            shipment=shipment.number,
            status=fact.status,
            status_at=fact.occurred_at,
            detail=fact.detail,
            overdue_at=overdue_at,
        ),
        f"{shipment.name} is {fact.status.replace('_', ' ')}",
    )
    shipment.overdue_at = overdue_at
    shipment.carrier_status, shipment.carrier_status_at = fact.status, fact.occurred_at
    if fact.status is CarrierStatus.EXCEPTION:
        state.ask(ExceptionKind.CARRIER_TROUBLE, shipment.name, f"{shipment.carrier}: {fact.detail or 'an exception'}", chapter.now)
    chapter.taken(fact)


async def delivered(chapter: Chapter, shipment: Shipment, at: datetime, signed_by: str, cause: Fact | Cause | None) -> None:
    state = chapter.state
    window = max((window_days(state, state.line(line).item) for line in shipment.quantities), default=state.policies.return_window)
    window_ends = max(at, shipment.shipped_at or at) + state.policies.days(window)
    returnable_until = max(state.returnable_until or window_ends, window_ends)
    await chapter.act(
        ShippingActivities.record_delivery,
        RecordDelivery(
            **chapter.base(f"shipment/{shipment.number}/delivery", cause),
            shipment=shipment.number,
            delivered_at=at,
            signed_by=signed_by,
            returnable_until=returnable_until,
        ),
        f"{shipment.name} was delivered",
    )
    for line, quantity in shipment.quantities.items():
        state.line(line).delivered += quantity
    shipment.delivered_at, shipment.signed_by = at, signed_by
    shipment.carrier_status, shipment.carrier_status_at = CarrierStatus.DELIVERED, at
    state.returnable_until = returnable_until


async def lost(chapter: Chapter, shipment: Shipment) -> None:
    """The goods will not arrive: the customer gets them again, or the money back."""
    state = chapter.state
    came_back = shipment.carrier_status is CarrierStatus.RETURNED_TO_SENDER
    kind = ExceptionKind.RETURNED_TO_SENDER if came_back else ExceptionKind.PARCEL_LOST
    detail = f"{shipment.carrier} {'brought back' if came_back else 'lost'} {shipment.tracking} ({shipment.name})."

    async with chapter.question(kind, shipment.name, detail, lambda: arrived(chapter, shipment)) as answer:
        if answer.choice not in ("reship", "refund"):
            return
        await chapter.act(
            ShippingActivities.record_loss,
            RecordLoss(
                **chapter.base(f"shipment/{shipment.number}/loss", cause_of(answer)),
                shipment=shipment.number,
                came_back=came_back,
                reason=answer.choice,
                worth=None if came_back else worth(state, shipment.quantities),
            ),
            f"{shipment.name} {'came back' if came_back else 'is lost'}: {answer.choice}",
        )
        if answer.choice == "reship":
            again = [
                LineChange(line=0, add=quantity, item=state.line(line).item, origin=f"replacement for {shipment.name}", replaces=line)
                for line, quantity in sorted(shipment.quantities.items())
            ]
            await change(chapter, again, f"ship {shipment.name} again", cause_of(answer))
        else:
            await chapter.pause(lambda: not collects(state, shipment))
            await invoiced(chapter, shipment.quantities)
            if shipment.invoice:
                billed = state.invoice(shipment.invoice)
                await credit_invoice(chapter, billed, shipment.quantities, True, f"{shipment.name} did not arrive")
                await refund_excess(chapter, billed, f"{shipment.name} did not arrive")
            await credit_replaced(chapter, shipment)
        shipment.lost = True


async def credit_replaced(chapter: Chapter, shipment: Shipment) -> None:
    """Free goods were lost, which were to make good what was lost or exchanged before: that is credited now."""
    state = chapter.state
    free = {line: units for line, units in shipment.quantities.items() if state.line(line).replaces and not state.line(line).bills_to}
    if not free or not workflow.patched("credit-lost-replacements"):
        return
    await invoiced(chapter, (billed_line(state, line) for line in free))
    reason = f"{shipment.name} did not arrive"
    for line, units in sorted(free.items()):
        for invoice in list(state.invoices):
            left = units - shipment.credited.get(line, 0)
            credit = await credit_invoice(chapter, invoice, {billed_line(state, line): left}, False, reason)
            shipment.credited[line] = shipment.credited.get(line, 0) + units_of(credit)
    for invoice in list(state.invoices):
        await refund_excess(chapter, invoice, reason)


def arrived(chapter: Chapter, shipment: Shipment) -> bool:
    """There is a word that changes what we know of the shipment."""
    return confirmation(chapter, shipment) is not None or event(chapter, shipment) is not None


def confirmation(chapter: Chapter, shipment: Shipment) -> DeliveryConfirmed | None:
    return chapter.find(DeliveryConfirmed, lambda fact: fact.shipment == shipment.number)


def event(chapter: Chapter, shipment: Shipment) -> CarrierEvent | None:
    """The carrier's next event that says more than we know; in whatever order events come, they leave the same."""
    found = [fact for fact in chapter.state.inbox if isinstance(fact, CarrierEvent) and fact.shipment == shipment.number]
    if shipment.carrier_status is not None and shipment.carrier_status_at is not None:
        known = weight(shipment.carrier_status, shipment.carrier_status_at)
        found = [fact for fact in found if weight(fact.status, fact.occurred_at) > known]
    return min(found, key=lambda fact: weight(fact.status, fact.occurred_at), default=None)


def weight(status: CarrierStatus, at: datetime) -> tuple[int, datetime, bool]:
    """Goods that were handed over or came back are where they are; short of that the later word stands: what is lost may be found."""
    rank = {CarrierStatus.DELIVERED: 2, CarrierStatus.RETURNED_TO_SENDER: 1}.get(status, 0)
    return rank, at, status.final
