"""A run of collective invoices: durable until every customer whose period is over has theirs."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collective import CollectiveActivities
    from domain.collecting import Collected, CollectedInvoice, InvoicePeriod
    from domain.errors import OrderError

from workflows.execution import execute


@workflow.defn(name="InvoiceRun", failure_exception_types=[OrderError])
class InvoiceRun:
    """The schedule `invoice-run` starts it every day, `oms invoice-run` whenever somebody wants; customers follow one another."""

    @workflow.run
    async def run(self, request: InvoicePeriod | None = None) -> Collected:
        period = request or InvoicePeriod(at=workflow.now(), actor="schedule")
        waiting = await execute(CollectiveActivities.find_customers_to_invoice, period, "Find customers whose period is over")
        found: list[CollectedInvoice] = []
        for customer in waiting.customers:
            of_customer = period.model_copy(update={"customer": customer})
            issued = await execute(CollectiveActivities.issue_collective_invoices, of_customer, f"Invoice the period of {customer}")
            found += issued.invoices
        return Collected(invoices=tuple(found))
