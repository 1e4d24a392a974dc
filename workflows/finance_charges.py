"""Finance charges: a run over all customers who bear them, on a schedule or by hand."""

from __future__ import annotations

from datetime import UTC, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.finance_charges import FinanceChargeActivities
    from domain.charging import ChargeCustomer, Charged, ChargeUntil
    from domain.errors import OrderError

from workflows.policies import DATABASE

MOST_AT_ONCE = 200
"""Customers in one run's history; the rest goes on in a new one."""


@workflow.defn(name="FinanceCharges", failure_exception_types=[OrderError])
class FinanceCharges:
    """Charges are found and booked customer by customer; a day that was charged is never charged again, however often this runs."""

    @workflow.run
    async def run(self, request: ChargeUntil) -> int:
        """The number of documents that were written."""
        done, documents = request.done, request.documents
        until = request.until or (workflow.now().astimezone(UTC) - timedelta(days=1)).date()
        found = await workflow.execute_activity_method(
            FinanceChargeActivities.find_charged_customers,
            request,
            task_queue=DATABASE.queue,
            start_to_close_timeout=DATABASE.start_to_close,
            retry_policy=DATABASE.retry,
            summary="Find customers who bear finance charges",
        )
        for customer in found.customers[done : done + MOST_AT_ONCE]:
            charged: Charged = await workflow.execute_activity_method(
                FinanceChargeActivities.charge_customer,
                ChargeCustomer(customer=customer, until=until, at=workflow.now()),
                task_queue=DATABASE.queue,
                start_to_close_timeout=DATABASE.start_to_close,
                retry_policy=DATABASE.retry,
                summary=f"Charge {customer} until {until}",
            )
            documents += len(charged.charges)
        if len(found.customers) > done + MOST_AT_ONCE:
            more = {"until": until, "done": done + MOST_AT_ONCE, "documents": documents}
            workflow.continue_as_new(request.model_copy(update=more))
        return documents
