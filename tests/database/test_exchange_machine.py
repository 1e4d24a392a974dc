"""Whatever happens to an invoice in another currency, in any order: what it is carried at follows its balance to the minor unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import exchange, orders, payments, receivables
from database.journal import once
from domain.exchange import Rate
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    DocumentIssued,
    InvoiceDraft,
    IssueCredit,
    IssueInvoice,
    Part,
    Refunded,
    RefundPayment,
    ReversePayment,
    SendReminder,
    WriteOff,
)
from domain.order import OrderLine
from domain.steps import Accepted, AcceptOrder, Recorded
from tests.database.builders import NOW, order, step
from tests.database.watched import Watched
from tests.endurance import machine

TOTAL = 100_003
DAYS = st.integers(0, 5)


def yen(minor: int) -> Money:
    return Money(minor=minor, currency="JPY")


PLACED = order(
    "1001",
    OrderLine(number=1, item="KETTLE", quantity=1, unit_price=Decimal(TOTAL), discount=yen(0)),
    currency="JPY",
    discount=yen(0),
    freight=yen(0),
)


class ExchangeMachine(RuleBasedStateMachine):
    """One invoice of 100,003 JPY; every day has a rate of its own, and some of them come late."""

    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database = database
        self.keys = self.credited = self.level = 0
        self.balance = TOTAL
        self.paid: dict[str, int] = {}  # payment -> applied
        self.on_account: dict[str, int] = {}  # payment -> what no invoice took
        self.refunds = 0
        self.known: set[int] = set()

    @initialize()
    def invoice(self) -> None:
        self.database.run(self.database.refurnish)
        accept = AcceptOrder(**self.step(0), placed=PLACED, price_tolerance=Decimal(1), waived=True)
        self.do(accept, Accepted, orders.accept_order)
        draft = InvoiceDraft(lines=(), freight=yen(TOTAL), freight_tax=yen(0), taxes_included=False, total=yen(TOTAL))
        about: dict[str, Any] = {"invoice": 1, "shipment": 1, "draft": draft, "terms": PLACED.terms, "due_at": NOW}
        self.do(IssueInvoice(**self.step(0), **about), DocumentIssued, receivables.issue_invoice)

    @rule(day=DAYS, price=st.decimals("0.0040", "0.0090", places=4))
    def rate(self, day: int, price: Decimal) -> None:
        on = (NOW + timedelta(days=10 * day)).date()  # ten days apart: no day serves another
        if day not in self.known:
            self.known.add(day)
            self.database.run(exchange.set_rates, [Rate(currency="JPY", day=on, rate=price)], NOW)

    @rule(day=DAYS, amount=st.integers(1, 60_000), part=st.integers(1, 60_000))
    @precondition(lambda self: self.balance)
    def pay(self, day: int, amount: int, part: int) -> None:
        part = min(part, amount, self.balance)
        name = f"BANK-{self.keys}"
        request = ApplyPayment(**self.step(day), payment=name, amount=yen(amount), parts=(Part(invoice=1, amount=yen(part)),))
        self.do(request, Recorded, payments.apply_payment)
        self.paid[name] = part
        self.on_account[name] = amount - part
        self.balance -= part

    @rule(data=st.data(), day=DAYS)
    @precondition(lambda self: self.paid)
    def reverse(self, data: st.DataObject, day: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.paid)))
        self.do(ReversePayment(**self.step(day), payment=name, reason="chargeback"), Recorded, payments.reverse_payment)
        self.balance += self.paid.pop(name)
        self.on_account[name] = 0

    @rule(data=st.data(), day=DAYS, amount=st.integers(1, 60_000))
    @precondition(lambda self: any(self.on_account.values()))
    def give_back(self, data: st.DataObject, day: int, amount: int) -> None:
        name = data.draw(st.sampled_from(sorted(name for name, left in self.on_account.items() if left)))
        amount = min(amount, self.on_account[name])
        self.refunds += 1
        back = RefundPayment(**self.step(day), refund=self.refunds, payment=name, amount=yen(amount), reason="paid too much")
        self.do(back, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
        self.on_account[name] -= amount

    @rule(day=DAYS, fee=st.integers(1, 900))
    def remind(self, day: int, fee: int) -> None:
        self.level += 1
        about: dict[str, Any] = {"level": self.level, "text": "", "balance": yen(0), "due_at": NOW, "holds_customer": False}
        self.do(SendReminder(**self.step(day), invoice=1, fee=yen(fee), **about), Recorded, receivables.send_reminder)
        self.balance += fee

    @rule(day=DAYS, total=st.integers(1, 30_000))
    @precondition(lambda self: self.credited < 3)
    def credit(self, day: int, total: int) -> None:
        self.credited += 1
        given: dict[str, Any] = {"lines": (), "freight": yen(total), "freight_tax": yen(0), "reason": "it came late"}
        note = IssueCredit(**self.step(day), credit=self.credited, invoice=1, total=yen(total), **given)
        self.do(note, DocumentIssued, receivables.issue_credit)
        self.balance -= min(total, self.balance)

    @rule(day=DAYS, amount=st.integers(1, 60_000))
    @precondition(lambda self: self.balance)
    def write_off(self, day: int, amount: int) -> None:
        amount = min(amount, self.balance)
        self.do(WriteOff(**self.step(day), invoice=1, amount=yen(amount), reason="bankrupt"), Recorded, receivables.write_off)
        self.balance -= amount

    @invariant()
    def the_audit_is_clean_and_every_difference_is_explained(self) -> None:
        assert self.database.run(self.database.audit) == []
        rows = self.database.run(exchange.differences, PLACED.key)
        assert all(row.paid - row.carried == row.difference for row in rows)
        if self.known == set(range(6)):
            assert self.database.run(exchange.missing_rates) == []
            standing: dict[str, int] = {}
            for row in (row for row in rows if not row.payment.startswith("refund ")):
                standing[row.payment] = standing.get(row.payment, 0) + row.amount.minor
            assert {name: part for name, part in standing.items() if part} == self.paid
            assert (self.database.run(exchange.carried, PLACED.key, 1) == 0) == (self.balance == 0)

    # --- parts ---

    def step(self, day: int) -> dict[str, Any]:
        self.keys += 1
        return step(f"step/{self.keys}") | {"at": NOW + timedelta(days=10 * day)}

    def do(self, request: Any, result: Any, work: Callable[..., Any]) -> None:
        """Every step is asked for twice, and happens once."""
        answer = self.database.run(once, request, "step", result, work)
        assert self.database.run(once, request, "step", result, work) == answer


def test_what_is_carried_follows_the_balance_whatever_happens(workshop: Watched) -> None:
    calm = machine(10, steps=25)
    run_state_machine_as_test(lambda: ExchangeMachine(workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well as a class
