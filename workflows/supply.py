"""Goods on their way come later, or not at all: it is written down once, and every order that was promised them is told."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from domain.errors import OrderError
    from domain.messages import SupplySlipped
    from domain.purchasing import CancelSupply, MoveSupply, SupplyChange

from temporalio.exceptions import ApplicationError

from workflows.execution import execute


@workflow.defn(name="SupplySlip", failure_exception_types=[OrderError])
class SupplySlip:
    """Durable from the new date to the last order told: a crash in between tells nobody twice and forgets nobody."""

    @workflow.run
    async def run(self, slip: MoveSupply) -> SupplyChange:
        day = f"is expected on {slip.expected_at:%Y-%m-%d}"
        change = await execute(SupplyActivities.move_supply, slip, f"{_subject(slip)} {day}")
        await tell_orders(change, f"slip/{slip.slip}", slip, day)
        return change


@workflow.defn(name="SupplyCancellation", failure_exception_types=[OrderError])
class SupplyCancellation:
    """Durable from the cancellation to the last order told."""

    @workflow.run
    async def run(self, cancelled: CancelSupply) -> SupplyChange:
        change = await execute(SupplyActivities.cancel_supply, cancelled, f"{_subject(cancelled)} is cancelled")
        await tell_orders(change, f"cancel/{_subject(cancelled).replace(' ', '-')}", cancelled, "is cancelled")
        return change


async def tell_orders(change: SupplyChange, message: str, said: MoveSupply | CancelSupply, what: str) -> None:
    """One fact to every order; the same message told again, by whatever road, is the same fact."""
    detail = f"{_subject(said)} {what}" + (f", {said.reason}" if said.reason else "")
    for order in change.orders:
        fact = SupplySlipped(
            message_id=f"{message}/{order}"[:200], occurred_at=said.at, actor=said.actor, supplies=change.supplies, detail=detail
        )
        try:
            await workflow.get_external_workflow_handle(f"order/{order}").signal(SupplySlipped.called(), fact)
        except ApplicationError:
            workflow.logger.info("order ended before it heard of the slip", extra={"order": order})


def _subject(said: MoveSupply | CancelSupply) -> str:
    return f"purchase order {said.purchase_order}" if said.purchase_order else f"transfer {said.transfer}"
