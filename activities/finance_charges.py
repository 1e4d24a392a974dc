"""Finance charges: who bears them, and charging one customer at a time, each in a transaction of its own."""

from __future__ import annotations

from temporalio import activity

from database import finance_charges
from database.engine import Database
from domain.charging import ChargeCustomer, Charged, ChargedCustomers, ChargeUntil


class FinanceChargeActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def find_charged_customers(self, request: ChargeUntil) -> ChargedCustomers:
        """Every customer with finance charge terms, or the one that was named."""
        found = await self.database.read(finance_charges.charged_customers)
        return ChargedCustomers(customers=tuple(each for each in found if request.customer in ("", each)))

    @activity.defn
    async def charge_customer(self, request: ChargeCustomer) -> Charged:
        """Charge a customer until a day: a repetition finds no day left to charge, and writes nothing."""
        charges = await self.database.transaction(finance_charges.post_charges, request.customer, request.until, request.at)
        return Charged(charges=tuple(charges))
