"""Shipping: the money is taken, a label is bought, the goods leave, and the invoice follows."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.money import MoneyActivities
    from activities.shipping import ShippingActivities
    from domain import cards
    from domain.credit import StopStage
    from domain.crediting import value_of
    from domain.exceptions import ExceptionKind
    from domain.invoicing import draft_invoice
    from domain.money import Money
    from domain.money_steps import CapturePayment, InvoiceDraft, RefundCapture
    from domain.parts import Payment, Shipment
    from domain.state import OrderState
    from domain.steps import ShipParcels

from workflows.chapter import Chapter, never
from workflows.policies import CARRIER, PAYMENTS
from workflows.stages import cards as card
from workflows.stages.credit_check import good
from workflows.stages.floor import cancel_parked, give_up
from workflows.stages.invoicing import capture_name, collects, issue
from workflows.stages.supply import cause_of


async def capture(chapter: Chapter, shipment: Shipment) -> None:
    """Take the money of a prepaid shipment just before it leaves: exactly what its invoice will say."""
    state = chapter.state
    if shipment.shipped_at is not None:
        return
    await chapter.pause(lambda: not state.holds and not state.credit_stop and everything_packed(state, shipment))
    shipment.draft = shipment.draft or draft_invoice(state, shipment)
    shipment.sold = sold_in(state, shipment.draft)
    while state.prepaid and not shipment.captured and not covered(state, shipment):
        declined = await capture_part(chapter, shipment)
        if declined:
            detail = f"{shipment.capture_amount or cards.to_capture(shipment)} for {shipment.name} could not be captured: {declined}"
            async with chapter.question(ExceptionKind.CAPTURE_FAILED, shipment.name, detail) as decision:
                if shipment.capture_amount is not None:
                    shipment.capture_attempts += 1
                shipment.capture_from, shipment.capture_amount = "", None
                if decision.choice == "bill":
                    state.billed = True


def covered(state: OrderState, shipment: Shipment) -> bool:
    """Nothing is left to capture: money that came in otherwise (a payment link, a capture in the gateway's own pages) pays first."""
    if cards.terms_known(state) and shipment.capture_amount is None:
        shipment.on_account = (shipment.on_account or state.zero) + min(cards.on_account(state), cards.to_capture(shipment))
    return cards.to_capture(shipment).minor <= 0


async def capture_part(chapter: Chapter, shipment: Shipment) -> str:
    """One capture from one authorization, mostly all of the shipment; why it was declined, nothing when the money is taken."""
    state = chapter.state
    attempt = shipment.capture_attempts + 1
    base = chapter.base(f"shipment/{shipment.number}/capture/{attempt}")
    name = capture_name(state, shipment, attempt)
    if shipment.capture_amount is None:
        amount, source = cards.to_capture(shipment), None
        if cards.terms_known(state):
            asked = state.standing(ExceptionKind.CAPTURE_FAILED, shipment.name)
            if asked is not None:
                return asked.detail
            source, declined = await card.secured(chapter, shipment)
            if source is None:
                return declined
            amount = min(amount, cards.left(state, source))
        shipment.capture_from, shipment.capture_amount = source.key if source else "", amount
    amount = shipment.capture_amount
    source = next((known for known in state.authorizations if known.key == shipment.capture_from), None)
    reference = source.reference if source else state.authorization
    state.begin(shipment, "capture", base["key"], reference)
    answer = await chapter.act(
        MoneyActivities.capture_payment,
        CapturePayment(**base, payment=name, authorization=reference, amount=amount, shipment=shipment.number),
        f"Capture {amount} for {shipment.name}",
        PAYMENTS,
    )
    if answer.declined:
        if source is not None and answer.lapsed:
            source.closed = source.voided = True
        return answer.declined
    shipment.capture_from, shipment.capture_amount, shipment.capture_attempts = "", None, attempt
    state.payments.append(
        Payment(payment=name, amount=amount, captured=True, refunded=state.zero, refunded_on_account=state.zero),
    )
    shipment.taken = (shipment.taken or state.zero) + amount
    shipment.captured = cards.to_capture(shipment).minor == 0
    if source is not None:
        source.captured += amount
        if source.single:
            source.closed = source.voided = True
            state.authorize_more = True
    return ""


async def ship(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state
    while shipment.shipped_at is None and not shipment.abandoned:
        await good(chapter, shipment, StopStage.SHIPMENT, never)
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
                RefundCapture(
                    **chapter.base(f"{attempt.key.removeprefix(f'{state.order}/')}/undo"),
                    payment=name,
                    undoes=attempt.key,
                    authorization=attempt.authorization,
                ),
                f"Give back the money captured for {shipment.name}",
                PAYMENTS,
            )
            forget_capture(state, name)
    shipment.captured, shipment.taken = False, None


def forget_capture(state: OrderState, name: str) -> None:
    """A capture that was given back entirely has nothing left to apply."""
    payment = state.payment(name)
    if payment is not None:
        payment.refunded = payment.refunded_on_account = payment.amount


async def invoice(chapter: Chapter, shipment: Shipment) -> None:
    """The invoice of what left, unless its customer is invoiced by period; it is numbered like its shipment within the order."""
    if shipment.to_invoice and shipment.invoice_stop is None and not collects(chapter.state, shipment):
        await issue(chapter, shipment)


def sold_in(state: OrderState, draft: InvoiceDraft) -> Money | None:
    """What of a shipment exchanges sold: the returns pay for it, and not the card that paid the order."""
    sold = [value_of(line, state.placed.taxes_included) for line in draft.lines if line.line in state.sold_numbers]
    return Money.total(sold, state.currency) if sold else None


def everything_packed(state: OrderState, shipment: Shipment) -> bool:
    """Every unit that has to leave together with this shipment is in a parcel."""
    together = state.leaves_with(shipment)
    return not any(line.open or line.allocated or line.picked for line in state.lines if line.number in together)
