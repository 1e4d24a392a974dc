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


class ChargedCustomers(Value):
    customers: tuple[str, ...]


class ChargeCustomer(Value):
    customer: str
    until: date
    at: Moment


class Charged(Value):
    """The documents that were written."""

    charges: tuple[FinanceCharge, ...] = ()
