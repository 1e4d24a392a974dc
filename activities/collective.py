"""Collective invoices: who waits for one, and the invoice itself."""

from __future__ import annotations

from temporalio import activity

from database import collective
from database.engine import Database
from domain.collecting import Collected, InvoicePeriod, WaitingCustomers


class CollectiveActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def find_customers_to_invoice(self, request: InvoicePeriod) -> WaitingCustomers:
        """Customers with shipments whose period is over."""
        return await self.database.read(collective.waiting_customers, request)

    @activity.defn
    async def issue_collective_invoices(self, request: InvoicePeriod) -> Collected:
        """Issue one customer's invoices of a period; a repetition issues none and answers the same."""
        return await self.database.transaction(collective.issue_collective, request)
