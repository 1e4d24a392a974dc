"""What the run of finance charges asks: which customers bear any, and that one of them is charged."""

from __future__ import annotations

from datetime import date

from domain.finance_charges import FinanceCharge
from domain.order import Moment
from domain.values import Value


class ChargeUntil(Value):
    """Charge every customer with finance charge terms until the end of `until`; none: the day before the run. `customer`: one alone."""

    until: date | None = None
    customer: str = ""
    done: int = 0  # customers that earlier runs of the workflow have charged
    documents: int = 0  # that they wrote


class ChargedCustomers(Value):
    customers: tuple[str, ...]


class ChargeCustomer(Value):
    customer: str
    until: date
    at: Moment


class Charged(Value):
    """The documents that were written."""

    charges: tuple[FinanceCharge, ...] = ()
