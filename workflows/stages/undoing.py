"""Winding up: everything that was attempted and has not shipped is taken back, the last step first."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.floor import FloorActivities
    from activities.money import MoneyActivities
    from activities.orders import OrderActivities
    from activities.shipping import ShippingActivities
    from activities.stock import StockActivities
    from domain.exceptions import ExceptionKind
    from domain.money_steps import RefundCapture, VoidAuthorization
    from domain.parts import Attempt, Shipment
    from domain.steps import CancelPicks, CancelRest, ReleaseStock, VoidLabel

from workflows.chapter import Chapter, StepRefused
from workflows.policies import CARRIER, PAYMENTS, WAREHOUSE
from workflows.stages.shipping import forget_capture


async def wind_up(chapter: Chapter) -> None:
    """Undo covers what was attempted, not what is known to have succeeded: a late attempt finds its own undo and does nothing.

    No step is skipped because another was refused: a refusal becomes an exception, and the rest goes on.
    """
    state = chapter.state
    unshipped = [shipment for shipment in state.shipments if shipment.shipped_at is None and not shipment.abandoned]
    for shipment in reversed(unshipped):
        for attempt in reversed(shipment.attempted):
            await carefully(chapter, attempt.key, partial(undo_attempt, chapter, shipment, attempt), f"{attempt.step} of {shipment.name}")
    for key in reversed(state.allocations_attempted):
        await carefully(chapter, key, partial(release_stock, chapter, key), "allocation")
    async with chapter.life.lines:  # a replacement for what was lost comes before this and is cancelled too, or after it and stays
        if not state.rest_cancelled:
            await carefully(chapter, "order lines", partial(cancel_rest, chapter), "order lines")
            state.changes += 1  # the change that was on its way never comes, or came: its key is used up
            for line in state.lines:
                for bucket in ("open", "allocated", "picked", "packed"):
                    line.move(bucket, "cancelled", getattr(line, bucket))
                line.parked = 0
            state.rest_cancelled = True
    for key in reversed(state.authorizations_attempted):
        await carefully(chapter, key, partial(void_authorization, chapter, key), "authorization")
    for shipment in unshipped:
        shipment.abandoned = True
    state.backorder = None
    state.amendments = []
    state.repicks = []
    state.holds = []
    state.credit_stop = None
    state.credit_releases_asked = []
    state.undone = True


async def carefully(chapter: Chapter, key: str, undo: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
    """Take back one attempt, once: a run that was continued in the middle goes on with the next."""
    state = chapter.state
    if key in state.taken_back:
        return
    try:
        await undo()
    except StepRefused as refused:
        detail = f"The {what} could not be undone: {refused}"
        state.ask(ExceptionKind.RAISED, f"undo of {what}", detail, chapter.now)
    state.taken_back.append(key)


async def undo_attempt(chapter: Chapter, shipment: Shipment, attempt: Attempt) -> None:
    state = chapter.state
    base = chapter.base(f"{attempt.key.removeprefix(f'{state.order}/')}/undo", state.cancel_cause)
    number = shipment.number
    match attempt.step:
        case "release":
            await chapter.attempt(
                FloorActivities.cancel_picks,
                CancelPicks(**base, shipment=number, undoes=attempt.key),
                f"Take back the picks of {shipment.name}",
                WAREHOUSE,
            )
        case "capture":
            # The name of a capture is the key of its attempt.
            await chapter.attempt(
                MoneyActivities.refund_capture,
                RefundCapture(**base, payment=attempt.key, undoes=attempt.key, authorization=attempt.authorization),
                f"Give back the money captured for {shipment.name}",
                PAYMENTS,
            )
            forget_capture(state, attempt.key)
        case "ship":
            voided = await chapter.attempt(
                ShippingActivities.void_label,
                VoidLabel(**base, shipment=number, undoes=attempt.key),
                f"Void the label of {shipment.name}",
                CARRIER,
            )
            if voided.refused:
                detail = (
                    f"The carrier would not void the label of {shipment.name}: {voided.refused} Its goods are in our books again: "
                    "stop the parcel, or have it come back if it has left."
                )
                state.ask(ExceptionKind.RAISED, f"label of {shipment.name}", detail, chapter.now)


async def release_stock(chapter: Chapter, key: str) -> None:
    state = chapter.state
    base = chapter.base(f"{key.removeprefix(f'{state.order}/')}/undo", state.cancel_cause)
    await chapter.attempt(StockActivities.release_stock, ReleaseStock(**base, undoes=key), "Free the stock of what has not shipped")


async def cancel_rest(chapter: Chapter) -> None:
    state = chapter.state
    attempts = [f"{state.order}/accept/{attempt + 1}" for attempt in range(state.attempts + 1)]
    attempts.append(f"{state.order}/change/{state.changes + 1}")
    request = CancelRest(**chapter.base("cancel", state.cancel_cause), undoes=tuple(attempts))
    await chapter.attempt(OrderActivities.cancel_rest, request, "Cancel every line that has not shipped")


async def void_authorization(chapter: Chapter, key: str) -> None:
    state = chapter.state
    base = chapter.base(f"{key.removeprefix(f'{state.order}/')}/undo", state.cancel_cause)
    granted = next((known for known in state.authorizations if known.key == key), None)
    request = VoidAuthorization(**base, undoes=key, authorization=granted.reference if granted else "")
    await chapter.attempt(MoneyActivities.void_authorization, request, "Void the authorization", PAYMENTS)
    if granted is not None:
        granted.closed = granted.voided = True
