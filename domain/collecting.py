"""What is asked of a run of collective invoices, and what it answers."""

from __future__ import annotations

from domain.money import Money
from domain.order import Moment
from domain.values import Value


class InvoicePeriod(Value):
    """Invoice what shipped before `until`; without it each customer's own period counts: before this Monday, or before the first.

    Without `customer` every customer who waits.
    """

    customer: str = ""
    until: Moment | None = None
    at: Moment
    actor: str


class WaitingCustomers(Value):
    customers: tuple[str, ...]


class CollectedInvoice(Value):
    """One invoice over shipments of several orders; `period_end` is the moment before which they left."""

    document: str
    customer: str
    terms: str
    period_end: Moment
    issued_at: Moment
    orders: int
    shipments: int
    total: Money


class Collected(Value):
    invoices: tuple[CollectedInvoice, ...]
