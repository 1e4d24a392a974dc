"""Goods on their way come later, or not at all: it is written down once, and every order that was promised them is told."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from domain.errors import OrderError
    from domain.messages import SupplySlipped
    from domain.purchasing import CancelSupply, MoveSupply, SupplyChange

from temporalio.exceptions import ApplicationError

from workflows.policies import DATABASE


@workflow.defn(name="SupplySlip", failure_exception_types=[OrderError])
class SupplySlip:
    """Durable from the new date to the last order told: a crash in between tells nobody twice and forgets nobody."""

    @workflow.run
    async def run(self, slip: MoveSupply) -> SupplyChange:
        about = f"purchase order {slip.purchase_order}" if slip.purchase_order else f"transfer {slip.transfer}"
        change: SupplyChange = await workflow.execute_activity_method(
            SupplyActivities.move_supply,
            slip,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary=f"Expect {about} on {slip.expected_at:%Y-%m-%d}",
        )
        detail = f"{about} is expected on {slip.expected_at:%Y-%m-%d}" + (f", {slip.reason}" if slip.reason else "")
        await tell_orders(change, f"slip/{slip.slip}", detail, slip.at, slip.actor)
        return change


@workflow.defn(name="SupplyCancellation", failure_exception_types=[OrderError])
class SupplyCancellation:
    """Durable from the cancellation to the last order told."""

    @workflow.run
    async def run(self, cancelled: CancelSupply) -> SupplyChange:
        about = f"purchase order {cancelled.purchase_order}" if cancelled.purchase_order else f"transfer {cancelled.transfer}"
        change: SupplyChange = await workflow.execute_activity_method(
            SupplyActivities.cancel_supply,
            cancelled,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary=f"Give up what has not come of {about}",
        )
        detail = f"{about} is cancelled" + (f", {cancelled.reason}" if cancelled.reason else "")
        await tell_orders(change, f"cancel/{about.replace(' ', '-')}", detail, cancelled.at, cancelled.actor)
        return change


async def tell_orders(change: SupplyChange, message: str, detail: str, at: datetime, actor: str) -> None:
    """One fact to every order; the same message told again, by whatever road, is the same fact."""
    for order in change.orders:
        fact = SupplySlipped(message_id=f"{message}/{order}"[:200], occurred_at=at, actor=actor, supplies=change.supplies, detail=detail)
        try:
            await workflow.get_external_workflow_handle(f"order/{order}").signal(SupplySlipped.called(), fact)
        except ApplicationError:
            workflow.logger.info("order ended before it heard of the slip", extra={"order": order})
