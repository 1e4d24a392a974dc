"""A goods receipt: stock is booked once, and every order that won of it in the backorder queue is told."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.stock import StockActivities
    from domain.errors import OrderError
    from domain.messages import StockArrived
    from domain.steps import ReceiveStock, StockReceived

from temporalio.exceptions import ApplicationError

from workflows.execution import execute


@workflow.defn(name="StockReceipt", failure_exception_types=[OrderError])
class StockReceipt:
    """Durable from the receipt to the last order told: a crash in between tells nobody twice and forgets nobody."""

    @workflow.run
    async def run(self, receipt: ReceiveStock) -> StockReceived:
        received = await execute(
            StockActivities.receive_stock, receipt, f"Receive {receipt.quantity} of {receipt.item} at {receipt.location}"
        )
        for order in received.waiting:
            fact = StockArrived(
                message_id=f"receipt/{receipt.receipt}/{order}",
                occurred_at=receipt.at,
                actor=receipt.actor,
                item=receipt.item,
                location=receipt.location,
                quantity=receipt.quantity,
            )
            try:
                await workflow.get_external_workflow_handle(f"order/{order}").signal(StockArrived.called(), fact)
            except ApplicationError:
                workflow.logger.info("order ended before its stock came", extra={"order": order})
        return received
