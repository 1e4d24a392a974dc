"""Whatever becomes of an order that ships in parts, is edited, returned, paid early, paid back: its documents add up at every step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import orders, payments, reading, receivables, shipments, stock
from database.journal import once
from domain.instalments import discount_back, give_back, overdue, refill, tax_in
from domain.invoicing import credit_lines, draft_invoice, total_of, with_more
from domain.messages import LineQuantity
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    DiscountTaken,
    DocumentIssued,
    IssueCredit,
    IssueInvoice,
    Part,
    Refunded,
    RefundPayment,
    ReversePayment,
)
from domain.order import TaxLine
from domain.parts import Invoice, Payment, Shipment
from domain.policies import Policies
from domain.state import OrderStart, OrderState, opened
from domain.steps import (
    Accepted,
    AcceptOrder,
    AllocateStock,
    Allocation,
    ChangeLines,
    LineChange,
    Need,
    ParcelsRecorded,
    Recorded,
    RecordPacking,
    RecordPick,
    Shipped,
)
from domain.terms import EarlyDiscount, InstalmentLine, Share, Terms, early_discount, instalments
from tests.database.builders import DAY, NOW, PARCEL, book, eur, line, order, ship_request, shipped, step
from tests.database.watched import Watched
from tests.endurance import machine
from workflows.stages.invoicing import book as book_invoice
from workflows.stages.invoicing import netted

TERMS = Terms(
    code="net30",
    instalments=(
        InstalmentLine(share=Share.PERCENT, percent=Decimal("33.33"), days=10),
        InstalmentLine(share=Share.PERCENT, percent=Decimal("33.33"), days=40),
        InstalmentLine(days=70),
    ),
    discounts=(EarlyDiscount(percent=Decimal("2.5"), days=10),),
)


class InvoicingMachine(RuleBasedStateMachine):
    """One order of two lines with taxes: the order's state, as its workflow keeps it, beside the rows of the database."""

    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database = database
        self.keys = 0
        self.state: OrderState

    @initialize(kettles=st.integers(2, 9), price=st.sampled_from(["19.99", "3.333", "50.00"]), freight=st.integers(0, 999))
    def place(self, kettles: int, price: str, freight: int) -> None:
        self.database.run(self.database.refurnish)
        lines = []
        for number, item, units, each in ((1, "KETTLE", kettles, price), (2, "GRINDER", 3, "7.77")):
            plain = line(number, item, units, each)
            tax = Money.of(units * Decimal(each) * Decimal("0.19"), "EUR")
            lines.append(plain.model_copy(update={"taxes": (TaxLine(title="MwSt", rate=Decimal("0.19"), amount=tax),)}))
        placed = order("1001", *lines, freight=eur(freight), discount=eur(101))
        self.state = opened(OrderStart(placed=placed, policies=Policies()), NOW)
        self.state.accepted, self.state.agreed = True, TERMS
        accept = AcceptOrder(**self.step(), placed=placed, price_tolerance=Decimal(1), waived=True)
        self.do(accept, Accepted, orders.accept_order)

    @rule(units=st.integers(1, 4), number=st.integers(1, 2))
    @precondition(lambda self: any(line.open for line in self.state.lines))
    def ship(self, units: int, number: int) -> None:
        """A part of a line leaves and is invoiced; what is on account is netted."""
        line_ = self.state.line(number)
        units = min(units, line_.open)
        if not units:
            return
        shipment = len(self.state.shipments) + 1
        needs = (Need(line=number, item=line_.item, quantity=units),)
        dates: dict[str, Any] = {"pick_due": NOW, "backorder_due": NOW}
        request = AllocateStock(**self.step(), needs=needs, all_or_nothing=False, first_shipment=shipment, **dates)
        allocated = self.do(request, Allocation, stock.allocate_stock)
        for planned in allocated.shipments:
            kept = self.state.plan(planned, request.key, NOW)
            for bucket in ("allocated", "picked", "packed"):
                following = {"allocated": "picked", "picked": "packed", "packed": "shipped"}[bucket]
                for each, quantity in kept.quantities.items():
                    self.state.line(each).move(bucket, following, quantity)
            self.leave(kept)

    def leave(self, shipment: Shipment) -> None:
        number = shipment.number
        quantities = tuple(LineQuantity(line=each, quantity=units) for each, units in shipment.quantities.items())
        pick = RecordPick(**self.step(), shipment=number, location=shipment.location, picks=(), picked=quantities, pack_due=NOW)
        self.do(pick, Recorded, shipments.record_pick)
        self.do(RecordPacking(**self.step(), shipment=number, parcels=(PARCEL,)), ParcelsRecorded, shipments.record_packing)
        label = ship_request(self.state.placed, number).model_copy(update=self.step() | {"location": shipment.location})
        self.do(label, Shipped, lambda session, asked: book(session, asked, shipped(f"TRACK-{number}")))
        shipment.shipped_at = NOW
        shipment.draft = draft_invoice(self.state, shipment)
        if not shipment.draft.lines:
            return
        parts = instalments(TERMS, shipment.draft.total, NOW, DAY)
        request = IssueInvoice(
            **self.step(),
            invoice=number,
            shipment=number,
            draft=shipment.draft,
            terms=self.state.terms,
            due_at=parts[0].due_at,
            instalments=parts if len(parts) > 1 else (),
            agreed=TERMS,
            prepaid=netted(self.state, shipment.draft.total),
        )
        issued = self.do(request, DocumentIssued, receivables.issue_invoice)
        book_invoice(self.state, shipment, request, issued.number)

    @rule(more=st.integers(1, 3))
    def amend(self, more: int) -> None:
        """The customer wants more kettles."""
        self.state.placed = with_more(self.state.placed, 1, more)
        changes = (LineChange(line=1, add=more),)
        self.do(ChangeLines(**self.step(), changes=changes, total=self.state.placed.total, reason="more"), Recorded, orders.change_lines)
        self.state.apply(changes)

    @rule(units=st.integers(1, 3), number=st.integers(1, 2))
    @precondition(lambda self: sum(line.open for line in self.state.lines) > 1)
    def amend_down(self, units: int, number: int) -> None:
        """The customer wants fewer of what has not left yet."""
        units = min(units, self.state.line(number).open)
        if not units or units == sum(line.open for line in self.state.lines):
            return
        changes = (LineChange(line=number, cancel=units),)
        self.do(ChangeLines(**self.step(), changes=changes, reason="fewer"), Recorded, orders.change_lines)
        self.state.apply(changes)

    @rule(cents=st.integers(1, 20_000), early=st.booleans(), days=st.integers(0, 20))
    def pay(self, cents: int, early: bool, days: int) -> None:
        """Some money comes: any amount, or exactly what the oldest invoice asks for less its discount."""
        name, paid_at = f"BANK-{self.keys}", NOW + timedelta(days=days)
        oldest = next((invoice for invoice in self.state.invoices if not invoice.settled), None)
        amount = eur(cents)
        discounts: tuple[DiscountTaken, ...] = ()
        if early and oldest is not None:
            amount = oldest.balance - Money(minor=(oldest.balance.minor * 25 + 500) // 1000, currency="EUR")
        parts: list[Part] = []
        earned = early_discount(TERMS, oldest.balance, amount, oldest.issued_at, paid_at, DAY) if oldest is not None else None
        if amount.minor <= 0:
            return
        if oldest is not None and earned is not None:
            parts.append(Part(invoice=oldest.number, amount=amount))
            discounts = (DiscountTaken(invoice=oldest.number, amount=earned[1], tax=tax_in(earned[0], earned[1], oldest)),)
        else:
            left = amount
            for invoice in self.state.invoices:
                takes = min(left, invoice.balance)
                if takes.minor > 0:
                    parts.append(Part(invoice=invoice.number, amount=takes))
                    left -= takes
        request = ApplyPayment(**self.step(), payment=name, amount=amount, parts=tuple(parts), discounts=discounts)
        self.do(request, Recorded, payments.apply_payment)
        payment = Payment(payment=name, amount=amount, refunded=eur(0), refunded_on_account=eur(0))
        self.state.payments.append(payment)
        for part in parts:
            payment.parts[part.invoice] = part.amount
            self.state.invoice(part.invoice).paid += part.amount
        for taken in discounts:
            self.state.invoice(taken.invoice).discounts[name] = taken.amount
        self.refill()

    @rule(data=st.data())
    @precondition(lambda self: any(not payment.reversed and not payment.refunded for payment in self.state.payments))
    def reverse(self, data: st.DataObject) -> None:
        standing = [payment for payment in self.state.payments if not payment.reversed and not payment.refunded]
        payment = data.draw(st.sampled_from(standing))
        self.do(ReversePayment(**self.step(), payment=payment.payment, reason="no funds"), Recorded, payments.reverse_payment)
        for number, amount in payment.parts.items():
            self.state.invoice(number).paid -= amount
            self.state.invoice(number).discounts.pop(payment.payment, None)
        payment.parts, payment.reversed = {}, True
        self.refill()

    @rule(data=st.data(), units=st.integers(1, 3))
    @precondition(lambda self: self.state.invoices)
    def send_back(self, data: st.DataObject, units: int) -> None:
        """Units of an invoice are credited; what was paid for them is given back."""
        invoice = data.draw(st.sampled_from(self.state.invoices))
        lines = credit_lines(invoice, {each.line: units for each in invoice.lines})
        total = total_of(lines, eur(0), eur(0), taxes_included=False)
        if not lines or total.minor <= 0:
            return
        back = discount_back(invoice, total, taxes_included=False)
        applied = min(total, invoice.balance + back)
        self.state.credits += 1
        request = IssueCredit(
            **self.step(),
            credit=self.state.credits,
            invoice=invoice.number,
            lines=lines,
            freight=eur(0),
            freight_tax=eur(0),
            total=total,
            applied=applied,
            discount_back=back or None,
            reason="sent back",
        )
        self.do(request, DocumentIssued, receivables.issue_credit)
        give_back(invoice, back)
        invoice.credited += applied
        invoice.owed += total - applied
        invoice.credits = [*invoice.credits, *lines]
        self.refill()
        for payment in [payment for payment in self.state.payments if invoice.number in payment.parts]:
            self.refund(payment, invoice)

    def refund(self, payment: Payment, invoice: Invoice) -> None:
        amount = min(invoice.owed, payment.left)
        if amount.minor <= 0:
            return
        self.state.refunds += 1
        about: dict[str, Any] = {"refund": self.state.refunds, "payment": payment.payment, "invoice": invoice.number}
        request = RefundPayment(**self.step(), **about, amount=amount, reason="sent back")
        self.do(request, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
        payment.refunded += amount
        invoice.owed -= amount

    @invariant()
    def every_document_adds_up_and_the_total_is_paid_less_refunded_plus_due(self) -> None:
        if not hasattr(self, "state"):
            return
        assert self.database.run(self.database.audit) == []
        view = self.database.run(reading.order_view, self.state.order)
        for row in view.invoices:
            known = self.state.invoice(row.number)
            assert (row.balance, row.paid, row.credited, row.discounted) == (
                known.balance,
                known.paid,
                known.credited,
                known.discounted,
            )
            assert row.due_at == known.due_at
            assert overdue(known, datetime.max.replace(tzinfo=NOW.tzinfo)) == known.balance
        invoiced = sum(row.total.minor - row.discounted.minor for row in view.invoices)
        credited = sum(credit.total.minor for credit in view.credits)
        paid = sum(payment.amount.minor for payment in view.payments if not payment.reversed)
        refunded = sum(payment.refunded.minor for payment in view.payments)
        due = self.database.run(receivables.account, self.state.order)
        assert invoiced - credited == paid - refunded + due
        billed = sum(line.net.minor + line.tax.minor for invoice in self.state.invoices for line in invoice.lines)
        freight = sum(invoice.freight.minor + invoice.freight_tax.minor for invoice in self.state.invoices)
        assert billed + freight == sum(invoice.total.minor for invoice in self.state.invoices)
        assert sum(payment.refunded.minor for payment in self.state.payments) == refunded <= sum(p.amount.minor for p in view.payments)
        for line_ in self.state.lines:
            back = sum(one.quantity for invoice in self.state.invoices for one in invoice.credits if one.line == line_.number)
            assert 0 <= back <= line_.shipped, "no unit is credited twice"
        if self.state.invoices and not any(line.open or line.cancelled for line in self.state.lines):
            assert billed + freight == self.state.placed.total.minor

    # --- parts ---

    def refill(self) -> None:
        for invoice in self.state.invoices:
            refill(invoice)

    def step(self) -> dict[str, Any]:
        self.keys += 1
        return step(f"step/{self.keys}")

    def do(self, request: Any, result: Any, work: Callable[..., Any]) -> Any:
        """Every step is asked for twice, and happens once."""
        answer = self.database.run(once, request, "step", result, work)
        assert self.database.run(once, request, "step", result, work) == answer
        return answer


def test_every_document_adds_up_whatever_happens(workshop: Watched) -> None:
    calm = machine(12, steps=15)
    run_state_machine_as_test(lambda: InvoicingMachine(workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well
