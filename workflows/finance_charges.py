"""Finance charges: a run over all customers who bear them, on a schedule or by hand."""

from __future__ import annotations

from datetime import UTC, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.finance_charges import FinanceChargeActivities
    from domain.charging import ChargeCustomer, ChargeUntil
    from domain.errors import OrderError

from workflows.execution import execute

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
        found = await execute(FinanceChargeActivities.find_charged_customers, request, "Find customers who bear finance charges")
        for customer in found.customers[done : done + MOST_AT_ONCE]:
            charge = ChargeCustomer(customer=customer, until=until, at=workflow.now())
            charged = await execute(FinanceChargeActivities.charge_customer, charge, f"Charge {customer} until {until}")
            documents += len(charged.charges)
        if len(found.customers) > done + MOST_AT_ONCE:
            more = {"until": until, "done": done + MOST_AT_ONCE, "documents": documents}
            workflow.continue_as_new(request.model_copy(update=more))
        return documents
