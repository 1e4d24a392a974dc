"""Goods on their way come later, or not at all: it is written down once, and every order that was promised them is told."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from domain.errors import OrderError
    from domain.purchasing import CancelSupply, MoveSupply, SupplyChange

from workflows.policies import DATABASE


@workflow.defn(name="SupplySlip", failure_exception_types=[OrderError])
class SupplySlip:
    """Durable from the new date to the last order told: a crash in between tells nobody twice and forgets nobody."""

    @workflow.run
    async def run(self, slip: MoveSupply) -> SupplyChange:
        about = f"purchase order {slip.purchase_order}" if slip.purchase_order else f"transfer {slip.transfer}"
        return await workflow.execute_activity_method(
            SupplyActivities.move_supply,
            slip,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary=f"Expect {about} on {slip.expected_at:%Y-%m-%d}",
        )


@workflow.defn(name="SupplyCancellation", failure_exception_types=[OrderError])
class SupplyCancellation:
    """Durable from the cancellation to the last order told."""

    @workflow.run
    async def run(self, cancelled: CancelSupply) -> SupplyChange:
        about = f"purchase order {cancelled.purchase_order}" if cancelled.purchase_order else f"transfer {cancelled.transfer}"
        return await workflow.execute_activity_method(
            SupplyActivities.cancel_supply,
            cancelled,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary=f"Give up what has not come of {about}",
        )
