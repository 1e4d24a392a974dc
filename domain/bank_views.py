"""What people and programs see of bank statements, entries, and customers' accounts."""

from __future__ import annotations

from datetime import date

from domain.bank import entry_name
from domain.cash_application import Candidate
from domain.money import Money
from domain.order import Moment
from domain.values import Value


class PartView(Value):
    """A part of an entry: of an order, or on the customer's account where `order` is empty."""

    part: int
    order: str
    invoice: int
    document: str
    customer: str
    amount: Money
    written_off: Money
    reason: str
    rule: str
    score: int
    by: str
    at: Moment
    payment: str
    state: str
    note: str


class EntryView(Value):
    """An entry with what became of it; `known` says that an earlier statement had told of it."""

    entry: int
    account: str
    amount: Money
    credit: bool
    booked_on: date
    payer: str
    iban: str
    end_to_end: str
    reference: str
    text: str
    bank_reference: str
    return_reason: str
    status: str
    because: str
    candidates: tuple[Candidate, ...] = ()
    takes_back: int = 0
    decided_by: str = ""
    parts: tuple[PartView, ...] = ()
    known: bool = False

    @property
    def name(self) -> str:
        return entry_name(self.entry)


class StatementView(Value):
    """A statement and its entries as they stand after it was read."""

    account: str
    statement: str
    sequence: str
    form: str
    opening: Money | None
    closing: Money | None
    trouble: str
    gap: str = ""  # a statement before this one may be missing
    pending: int
    entries: tuple[EntryView, ...]


class AccountLine(Value):
    """An entry of a customer's account: a positive amount takes from what the customer has with us."""

    at: Moment
    kind: str
    amount: Money
    order: str
    reference: str
    note: str


class OrderMoney(Value):
    """Money on account that an order holds: an advance, or a surplus that was kept there."""

    order: str
    amount: Money


class AccountView(Value):
    """What a customer has with us by currency, and how it came to be; positive amounts on account are the customer's."""

    customer: str
    name: str
    on_account: tuple[Money, ...]
    in_orders: tuple[OrderMoney, ...] = ()
    open_invoices: tuple[Money, ...]
    lines: tuple[AccountLine, ...]


class CashSummary(Value):
    """What the bank has told so far, by what became of it."""

    statements: int = 0
    matched: int = 0
    on_account: int = 0
    queued: int = 0
    ignored: int = 0
    reversed: int = 0
    by_rule: dict[str, int] = {}
    short: int = 0  # parts that left something open or had it written off
    several: int = 0  # entries that paid more than one invoice
    over: int = 0  # entries that left something on an account
    decided: int = 0  # by a person
    received: tuple[Money, ...] = ()
