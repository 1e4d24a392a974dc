"""Whatever happens to an invoice, in any order: its balance and the customer's account are exact, and no more goes back than came in."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import orders, payments, reading, receivables, shipments, stock
from database.journal import once
from domain.errors import RefundTooHigh, Refused
from domain.messages import LineQuantity
from domain.money_steps import (
    ApplyPayment,
    DocumentIssued,
    InvoiceLine,
    IssueCredit,
    Part,
    Refunded,
    RefundPayment,
    ReversePayment,
    SendReminder,
    WriteOff,
)
from domain.steps import (
    Accepted,
    AcceptOrder,
    AllocateStock,
    Allocation,
    Need,
    ParcelsRecorded,
    Recorded,
    RecordPacking,
    RecordPick,
    Shipped,
)
from domain.views import InvoiceView
from tests.database.builders import NOW, PARCEL, book, eur, invoice_request, line, order, ship_request, shipped, step
from tests.database.watched import Watched
from tests.endurance import machine

TOTAL = 10_000
PLACED = order("1001", line(1, "KETTLE", 4, "25.00"))


class MoneyMachine(RuleBasedStateMachine):
    """One invoice of 100.00; balance and account are kept by hand beside the ledger."""

    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database = database
        self.keys = 0
        self.balance = TOTAL  # of the invoice
        self.account = TOTAL  # of the order
        self.paid: dict[str, list[int]] = {}  # payment -> amount, applied, refunded; empty when reversed
        self.credited = self.credits = self.refunds = self.level = 0

    @initialize()
    def invoice(self) -> None:
        self.database.run(self.database.refurnish)
        quantity = (LineQuantity(line=1, quantity=4),)
        accept = AcceptOrder(**self.step(), placed=PLACED, price_tolerance=PLACED.lines[0].unit_price, waived=True)
        self.do(accept, Accepted, orders.accept_order)
        needs = (Need(line=1, item="KETTLE", quantity=4),)
        dates: dict[str, Any] = {"pick_due": NOW, "backorder_due": NOW}
        allocate = AllocateStock(**self.step(), needs=needs, all_or_nothing=True, first_shipment=1, **dates)
        self.do(allocate, Allocation, stock.allocate_stock)
        pick = RecordPick(**self.step(), shipment=1, location="BERLIN", picks=(), picked=quantity, pack_due=NOW)
        self.do(pick, Recorded, shipments.record_pick)
        self.do(RecordPacking(**self.step(), shipment=1, parcels=(PARCEL,)), ParcelsRecorded, shipments.record_packing)
        self.do(ship_request(PLACED), Shipped, lambda session, asked: book(session, asked, shipped("TRACK-1")))
        self.do(invoice_request(PLACED), DocumentIssued, receivables.issue_invoice)

    @rule(amount=st.integers(1, 12_000), applied=st.integers(0, 12_000))
    def pay(self, amount: int, applied: int) -> None:
        applied = min(applied, amount, self.balance)
        name = f"BANK-{self.keys}"
        parts = (Part(invoice=1, amount=eur(applied)),) if applied else ()
        request = ApplyPayment(**self.step(), payment=name, amount=eur(amount), parts=parts)
        self.do(request, Recorded, payments.apply_payment)
        self.paid[name] = [amount, applied, 0]
        self.balance -= applied
        self.account -= amount

    @rule(data=st.data())
    @precondition(lambda self: self.paid)
    def reverse(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.paid)))
        self.do(ReversePayment(**self.step(), payment=name, reason="chargeback"), Recorded, payments.reverse_payment)
        amount, applied, _ = self.paid[name] or [0, 0, 0]
        self.balance += applied
        self.account += amount
        self.paid[name] = []

    @rule(data=st.data(), amount=st.integers(1, 12_000))
    @precondition(lambda self: self.paid)
    def refund(self, data: st.DataObject, amount: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.paid)))
        paid = self.paid[name] or [0, 0, 0]
        self.refunds += 1
        request = RefundPayment(**self.step(), refund=self.refunds, payment=name, invoice=1, amount=eur(amount), reason="goodwill")
        if amount > paid[0] - paid[2]:
            with pytest.raises(RefundTooHigh):
                self.do(request, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
            return
        self.do(request, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
        paid[2] += amount
        self.account += amount

    @rule(fee=st.integers(0, 2_500))
    def remind(self, fee: int) -> None:
        self.level += 1
        about: dict[str, Any] = {"invoice": 1, "level": self.level, "text": "", "due_at": NOW, "holds_customer": self.level >= 3}
        self.do(SendReminder(**self.step(), fee=eur(fee), balance=eur(0), **about), Recorded, receivables.send_reminder)
        self.balance += fee
        self.account += fee

    @rule(total=st.integers(1, 4_000))
    @precondition(lambda self: self.credits < 4)
    def credit(self, total: int) -> None:
        request = IssueCredit(
            **self.step(),
            credit=self.credits + 1,
            invoice=1,
            lines=(InvoiceLine(line=1, item="KETTLE", quantity=1, gross=eur(total), discount=eur(0), tax=eur(0)),),
            freight=eur(0),
            freight_tax=eur(0),
            total=eur(total),
            reason="scratched",
        )
        if self.credited + total > TOTAL:
            with pytest.raises(Refused, match="can be credited"):
                self.do(request, DocumentIssued, receivables.issue_credit)
            return
        self.do(request, DocumentIssued, receivables.issue_credit)
        self.credits += 1
        self.credited += total
        self.balance -= min(total, self.balance)
        self.account -= total

    @rule(amount=st.integers(1, 12_000))
    def write_off(self, amount: int) -> None:
        request = WriteOff(**self.step(), invoice=1, amount=eur(amount), reason="bankrupt")
        if amount > self.balance:
            with pytest.raises(Refused, match="cannot be written off"):
                self.do(request, Recorded, receivables.write_off)
            return
        self.do(request, Recorded, receivables.write_off)
        self.balance -= amount
        self.account -= amount

    @invariant()
    def the_audit_is_clean_and_every_cent_is_known(self) -> None:
        assert self.database.run(self.database.audit) == []
        invoice = self.the_invoice()
        assert invoice.balance == eur(self.balance)
        assert invoice.balance == invoice.total + invoice.fees - invoice.credited - invoice.paid - invoice.written_off
        assert self.database.run(receivables.account, PLACED.key) == self.account

    # --- parts ---

    def step(self) -> dict[str, Any]:
        self.keys += 1
        return step(f"step/{self.keys}")

    def do(self, request: Any, result: Any, work: Callable[..., Any]) -> None:
        """Every step is asked for twice, and happens once."""
        answer = self.database.run(once, request, "step", result, work)
        assert self.database.run(once, request, "step", result, work) == answer

    def the_invoice(self) -> InvoiceView:
        return self.database.run(reading.order_view, PLACED.key).invoices[0]


def test_every_cent_is_known_whatever_happens(workshop: Watched) -> None:
    calm = machine(8, steps=20)
    run_state_machine_as_test(lambda: MoneyMachine(workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well as a class
