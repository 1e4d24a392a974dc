"""A run of collective invoices: durable until every customer whose period is over has theirs."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collective import CollectiveActivities
    from domain.collecting import Collected, CollectedInvoice, InvoicePeriod
    from domain.errors import OrderError

from workflows.policies import DATABASE


@workflow.defn(name="InvoiceRun", failure_exception_types=[OrderError])
class InvoiceRun:
    """The schedule `invoice-run` starts it every day, `oms invoice-run` whenever somebody wants; customers follow one another."""

    @workflow.run
    async def run(self, request: InvoicePeriod | None = None) -> Collected:
        period = request or InvoicePeriod(at=workflow.now(), actor="schedule")
        waiting = await workflow.execute_activity_method(
            CollectiveActivities.find_customers_to_invoice,
            period,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary="Find customers whose period is over",
        )
        found: list[CollectedInvoice] = []
        for customer in waiting.customers:
            issued = await workflow.execute_activity_method(
                CollectiveActivities.issue_collective_invoices,
                period.model_copy(update={"customer": customer}),
                task_queue=DATABASE.queue,
                start_to_close_timeout=DATABASE.start_to_close,
                retry_policy=DATABASE.retry,
                summary=f"Invoice the period of {customer}",
            )
            found += issued.invoices
        return Collected(invoices=tuple(found))
