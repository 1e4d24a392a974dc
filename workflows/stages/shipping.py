"""Shipping: the money is taken, a label is bought, the goods leave, and the invoice follows."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from activities.money import MoneyActivities
    from activities.shipping import ShippingActivities
    from domain.crediting import value_of
    from domain.exceptions import ExceptionKind
    from domain.invoicing import draft_invoice
    from domain.money import Money
    from domain.money_steps import CapturePayment, InvoiceDraft, IssueInvoice, RefundCapture
    from domain.parts import Invoice, Payment, Shipment
    from domain.state import OrderState
    from domain.steps import ShipParcels

from workflows.chapter import Chapter
from workflows.policies import CARRIER, PAYMENTS
from workflows.stages.floor import cancel_parked, give_up
from workflows.stages.supply import cause_of


async def capture(chapter: Chapter, shipment: Shipment) -> None:
    """Take the money of a prepaid shipment just before it leaves: exactly what its invoice will say."""
    state = chapter.state
    if shipment.shipped_at is not None:
        return
    await chapter.pause(lambda: not state.holds and everything_packed(state, shipment))
    shipment.draft = shipment.draft or draft_invoice(state, shipment)
    asked = prepaid_part(state, shipment.draft)
    while state.prepaid and not shipment.captured and asked.minor > 0:
        attempt = shipment.capture_attempts + 1
        base = chapter.base(f"shipment/{shipment.number}/capture/{attempt}")
        state.begin(shipment, "capture", base["key"])
        answer = await chapter.act(
            MoneyActivities.capture_payment,
            CapturePayment(
                **base,
                payment=capture_name(state, shipment, attempt),
                authorization=state.authorization,
                amount=asked,
                shipment=shipment.number,
            ),
            f"Capture {asked} for {shipment.name}",
            PAYMENTS,
        )
        if not answer.declined:
            state.payments.append(
                Payment(
                    payment=capture_name(state, shipment, attempt),
                    amount=asked,
                    captured=True,
                    refunded=state.zero,
                    refunded_on_account=state.zero,
                )
            )
            shipment.captured = True
            shipment.capture_attempts = attempt
            return
        detail = f"{asked} for {shipment.name} could not be captured: {answer.declined}"
        async with chapter.question(ExceptionKind.CAPTURE_FAILED, shipment.name, detail) as decision:
            shipment.capture_attempts = attempt
            if decision.choice == "bill":
                state.billed = True


async def ship(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state
    while shipment.shipped_at is None and not shipment.abandoned:
        await chapter.clear()
        attempt = shipment.ship_attempts + 1
        base = chapter.base(f"shipment/{shipment.number}/ship/{attempt}")
        state.begin(shipment, "ship", base["key"])
        shipped = await chapter.act(
            ShippingActivities.ship_parcels,
            ShipParcels(
                **base,
                shipment=shipment.number,
                location=shipment.location,
                parcels=tuple(shipment.parcels),
                promise_by=state.placed.requested_at,
                service=state.placed.shipping_service,
                currency=state.currency,
                day=state.policies.day,
                delivery_grace=state.policies.delivery_grace,
            ),
            f"Ship {len(shipment.parcels)} parcels of {shipment.name} from {shipment.location}",
            CARRIER,
        )
        if shipped.tracking:
            shipment.carrier, shipment.tracking = shipped.carrier, shipped.tracking
            shipment.expected_at, shipment.overdue_at = shipped.expected_at, shipped.overdue_at
            for line, quantity in shipment.quantities.items():
                state.line(line).move("packed", "shipped", quantity)
            shipment.ship_attempts = attempt
            shipment.shipped_at = base["at"]
            return
        async with chapter.question(ExceptionKind.NO_CARRIER_SERVICE, shipment.name, shipped.refused) as answer:
            if answer.choice == "cancel_shipment":
                shipment.unshippable, shipment.unshippable_cause = shipped.refused, cause_of(answer)
            shipment.ship_attempts = attempt
        if shipment.unshippable:
            await cancel_shipment(chapter, shipment)


async def cancel_shipment(chapter: Chapter, shipment: Shipment) -> None:
    """Give up a packed shipment that nobody carries with all its units, and give its money back; each step skips itself when it is done."""
    if shipment.captured:
        await refund_capture(chapter, shipment)
    if not shipment.abandoned:
        await give_up(chapter, shipment, "no carrier service")
        for line, quantity in shipment.quantities.items():
            chapter.state.line(line).parked += quantity  # until the change that cancels them is booked
    reason = f"{shipment.name} cancelled: {shipment.unshippable}"
    await cancel_parked(chapter, shipment.quantities, reason, shipment.unshippable_cause)
    shipment.unshippable = ""


async def refund_capture(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state
    for attempt in reversed(shipment.attempted):
        if attempt.step == "capture":
            name = capture_name(state, shipment, int(attempt.key.rsplit("/", 1)[1]))
            await chapter.act(
                MoneyActivities.refund_capture,
                RefundCapture(**chapter.base(f"{attempt.key.removeprefix(f'{state.order}/')}/undo"), payment=name, undoes=attempt.key),
                f"Give back the money captured for {shipment.name}",
                PAYMENTS,
            )
            forget_capture(state, name)
    shipment.captured = False


def forget_capture(state: OrderState, name: str) -> None:
    """A capture that was given back entirely has nothing left to apply."""
    payment = state.payment(name)
    if payment is not None:
        payment.refunded = payment.refunded_on_account = payment.amount


async def invoice(chapter: Chapter, shipment: Shipment) -> None:
    """The invoice of what left; it is numbered like its shipment within the order."""
    state = chapter.state
    draft = shipment.draft
    if draft is None or not shipment.to_invoice:
        return
    base = chapter.base(f"invoice/{shipment.number}")
    due_at = base["at"] + state.policies.days(state.terms.days)
    due_at = max(due_at, due_with_return(state, shipment) or due_at)
    payment = state.payment(capture_name(state, shipment, shipment.capture_attempts)) if shipment.captured else None
    issued = await chapter.act(
        InvoiceActivities.issue_invoice,
        IssueInvoice(
            **base,
            invoice=shipment.number,
            shipment=shipment.number,
            draft=draft,
            terms=state.terms,
            due_at=due_at,
            payment=payment.payment if payment else "",
            paid=payment.amount if payment else None,
        ),
        f"Invoice {draft.total} for {shipment.name}",
    )
    if payment is not None:
        payment.parts[shipment.number] = payment.amount
    state.invoices.append(
        Invoice(
            number=shipment.number,
            document=issued.number,
            shipment=shipment.number,
            lines=list(draft.lines),
            freight=draft.freight,
            freight_tax=draft.freight_tax,
            total=draft.total,
            issued_at=base["at"],
            due_at=due_at,
            fees=state.zero,
            credited=state.zero,
            owed=state.zero,
            paid=payment.amount if payment else state.zero,
            written_off=state.zero,
        )
    )
    shipment.invoice = shipment.number


def prepaid_part(state: OrderState, draft: InvoiceDraft) -> Money:
    """What the card that paid the order is asked for: not for what an exchange sold, which the return pays."""
    sold = {number for rma in state.returns for number in rma.sold}
    included = state.placed.taxes_included
    return draft.total - Money.total((value_of(line, included) for line in draft.lines if line.line in sold), state.currency)


def due_with_return(state: OrderState, shipment: Shipment) -> datetime | None:
    """Goods that an exchange sends ahead are due when the return that pays them has had its time."""
    ahead = [
        rma.expires_at + state.policies.days(state.policies.inspect_within)
        for rma in state.returns
        if not rma.outcome and rma.expires_at and rma.inspected is None and any(number in shipment.quantities for number in rma.sold)
    ]
    return max(ahead, default=None)


def everything_packed(state: OrderState, shipment: Shipment) -> bool:
    """Every unit that has to leave together with this shipment is in a parcel."""
    together = state.leaves_with(shipment)
    return not any(line.open or line.allocated or line.picked for line in state.lines if line.number in together)


def capture_name(state: OrderState, shipment: Shipment, attempt: int) -> str:
    """Our own name of a capture: refunds refer to it."""
    return f"{state.order}/shipment/{shipment.number}/capture/{attempt}"
