"""Orders in random parts, edited, returned, appeased, exchanged and refunded: total = paid - refunded + due at every step.

The machine carries out what the order's chapters do with money, with the same rules of the domain, against the real tables.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import orders, payments, receivables, returns, shipments, stock
from database.journal import once
from domain.crediting import (
    fees_of,
    goodwill_line,
    holds_of,
    in_refund_order,
    left_of,
    releases,
    restocking_fees,
    value_of,
)
from domain.dispositions import EFFECTS, MoneyEffect
from domain.invoicing import credit_lines, draft_invoice, total_of
from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnKind
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    DocumentIssued,
    InvoiceLine,
    IssueCredit,
    IssueInvoice,
    Part,
    Refunded,
    RefundPayment,
)
from domain.order import TaxLine
from domain.parts import Invoice, Payment
from domain.policies import Policies
from domain.return_rules import ReturnPolicies
from domain.returning import creditable
from domain.state import opened, order_start
from domain.steps import (
    Accepted,
    AcceptOrder,
    AllocateStock,
    Allocation,
    AuthorizeReturn,
    ChangeLines,
    LineChange,
    Need,
    ParcelsRecorded,
    RecordDelivery,
    Recorded,
    RecordInspection,
    RecordPacking,
    RecordPick,
    RecordReturnReceipt,
    ReturnAuthorized,
    SettleReturn,
    Shipped,
)
from tests.database.builders import DAY, NOW, PARCEL, book, eur, line, order, ship_request, shipped, step
from tests.database.watched import Watched
from tests.endurance import machine

VAT = TaxLine(title="VAT", amount=eur(2_753))
PLACED = order("1001", line(1, "KETTLE", 6, "24.99").model_copy(update={"discount": eur(451), "taxes": (VAT,)}), discount=eur(333))
ZERO = eur(0)
FEES = ("", "15%", "2.50 EUR")


class ReturnsMachine(RuleBasedStateMachine):
    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database = database
        self.keys = 0
        self.state = opened(order_start(PLACED, Policies(returns=ReturnPolicies())), NOW)
        self.came_back = 0  # units that were credited
        self.rmas = 0
        self.fees = 0  # cents that were kept of credits

    @initialize()
    def accepted(self) -> None:
        self.database.run(self.database.refurnish)
        accept = AcceptOrder(**self.step(), placed=PLACED, price_tolerance=Decimal(1), waived=True)
        self.do(accept, Accepted, orders.accept_order)

    @rule(units=st.integers(1, 4))
    @precondition(lambda self: self.state.line(1).open)
    def ship_and_invoice(self, units: int) -> None:
        state, units = self.state, min(units, self.state.line(1).open)
        number = len(state.shipments) + 1
        needs = (Need(line=1, item="KETTLE", quantity=units),)
        asked = AllocateStock(
            **self.step(), needs=needs, all_or_nothing=True, first_shipment=number, pick_due=NOW, backorder_due=NOW, only="BERLIN"
        )
        allocation = self.do(asked, Allocation, stock.allocate_stock)
        if not allocation.shipments:
            return
        shipment = state.plan(allocation.shipments[0], asked.key, NOW)
        lines = (LineQuantity(line=1, quantity=units),)
        pick = RecordPick(**self.step(), shipment=number, location="BERLIN", picks=(), picked=lines, pack_due=NOW)
        self.do(pick, Recorded, shipments.record_pick)
        self.do(RecordPacking(**self.step(), shipment=number, parcels=(PARCEL,)), ParcelsRecorded, shipments.record_packing)
        shipment.draft = draft = draft_invoice(state, shipment)
        label = shipped(f"TRACK-{number}")
        self.do(ship_request(PLACED, number), Shipped, lambda session, request: book(session, request, label))
        state.line(1).move("allocated", "shipped", units)
        bill = IssueInvoice(**self.step(), invoice=number, shipment=number, draft=draft, terms=PLACED.terms, due_at=NOW)
        issued = self.do(bill, DocumentIssued, receivables.issue_invoice)
        proof = RecordDelivery(**self.step(), shipment=number, delivered_at=NOW, signed_by="M. Maier")
        self.do(proof, Recorded, shipments.record_delivery)
        state.line(1).delivered += units
        shipment.shipped_at = shipment.delivered_at = NOW
        amounts: dict[str, Any] = dict.fromkeys(("fees", "credited", "paid", "written_off", "owed"), ZERO)
        about: dict[str, Any] = {"freight": draft.freight, "freight_tax": draft.freight_tax, "total": draft.total, "due_at": NOW}
        state.invoices.append(
            Invoice(number=number, document=issued.number, shipment=number, lines=list(draft.lines), issued_at=NOW, **about, **amounts)
        )

    @rule(units=st.integers(1, 2))
    @precondition(lambda self: self.state.line(1).open > 1)
    def edit(self, units: int) -> None:
        change = LineChange(line=1, cancel=min(units, self.state.line(1).open - 1))
        self.do(ChangeLines(**self.step(), changes=(change,), reason="edited"), Recorded, orders.change_lines)
        self.state.apply([change])

    @rule(cents=st.integers(1, 9_000))
    @precondition(lambda self: self.state.invoices)
    def pay(self, cents: int) -> None:
        """The oldest invoices first; what they do not take lies on account."""
        name, left, parts = f"bank-{self.keys}", cents, []
        for invoice in self.state.invoices:
            part = min(left, invoice.balance.minor)
            if part > 0:
                parts.append(Part(invoice=invoice.number, amount=eur(part)))
                left -= part
        self.do(ApplyPayment(**self.step(), payment=name, amount=eur(cents), parts=tuple(parts)), Recorded, payments.apply_payment)
        paid = Payment(payment=name, amount=eur(cents), refunded=ZERO, refunded_on_account=ZERO)
        self.state.payments.append(paid)
        for applied in parts:
            paid.parts[applied.invoice] = applied.amount
            self.state.invoice(applied.invoice).paid += applied.amount

    @rule(units=st.integers(1, 3), what=st.sampled_from(list(Disposition)), fee=st.sampled_from(FEES), exchange=st.booleans())
    @precondition(lambda self: self.state.line(1).returnable)
    def come_back(self, units: int, what: Disposition, fee: str, exchange: bool) -> None:
        state, units = self.state, min(units, self.state.line(1).returnable)
        self.rmas += 1
        came = (LineQuantity(line=1, quantity=units),)
        about: dict[str, Any] = {"rma": self.rmas, "location": "BERLIN"}
        kind = ReturnKind.EXCHANGE if exchange else ReturnKind.REFUND
        announce = AuthorizeReturn(**self.step(), **about, lines=came, kind=kind, reason="", expires_at=NOW + DAY)
        self.do(announce, ReturnAuthorized, returns.authorize_return)
        self.do(RecordReturnReceipt(**self.step(), **about, lines=came, inspect_due=NOW), Recorded, returns.record_return_receipt)
        looked = (InspectedLine(line=1, quantity=units, disposition=what),)
        inspected = RecordInspection(**self.step(), **about, lines=looked, items={1: "KETTLE"}, worth={1: eur(2_499)})
        self.do(inspected, Recorded, returns.record_inspection)
        state.line(1).returned += units if EFFECTS[what].counts else 0
        owed = creditable(looked)
        left = sum(counted.get(1, 0) for counted in owed.values())
        bears = owed[MoneyEffect.LESS_FEE].get(1, 0)
        for invoice in state.invoices:
            lines = credit_lines(invoice, {1: left})
            if lines:
                fees = restocking_fees(lines, {1: bears}, {1: "" if exchange else fee})
                total = eur(total_of(lines, ZERO, ZERO, taxes_included=False).minor - fees_of(fees, taxes_included=False))
                self.credit(invoice, lines, total, release=exchange, fees=fees, rma=self.rmas)
                left -= sum(one.quantity for one in lines)
        assert left == 0  # every unit that came back was invoiced and credited before by nobody
        self.came_back += sum(counted.get(1, 0) for counted in owed.values())
        for invoice in state.invoices:
            self.refund_excess(invoice)
        self.do(SettleReturn(**self.step(), rma=self.rmas, outcome="refunded"), Recorded, returns.settle_return)

    @rule(cents=st.integers(1, 3_000))
    @precondition(lambda self: self.state.invoices)
    def appease(self, cents: int) -> None:
        for invoice in self.state.invoices:
            left = left_of(invoice, 1)
            if left is not None and cents:
                amount = min(eur(cents), value_of(left, False))
                gift = goodwill_line(left, amount, taxes_included=False)
                self.credit(invoice, (gift,), amount)
                cents -= amount.minor
                self.refund_excess(invoice)

    @rule(cents=st.integers(1, 5_000), to_account=st.booleans())
    @precondition(lambda self: any(payment.unapplied.minor > 0 for payment in self.state.payments))
    def give_back_what_lies_on_account(self, cents: int, to_account: bool) -> None:
        payment = next(payment for payment in self.state.payments if payment.unapplied.minor > 0)
        self.refund(payment, None, min(eur(cents), payment.unapplied, payment.left), to_account)

    @invariant()
    def nothing_is_given_twice_and_every_cent_is_known(self) -> None:
        state = self.state
        assert self.database.run(self.database.audit) == []
        invoiced = sum(invoice.total.minor for invoice in state.invoices)
        credited = sum(value_of(line, False).minor for invoice in state.invoices for line in invoice.credits) - self.fees
        paid = sum(payment.amount.minor for payment in state.payments)
        refunded = sum(payment.refunded.minor for payment in state.payments)
        due = self.database.run(receivables.account, PLACED.key)
        assert invoiced - credited == paid - refunded + due
        assert 0 <= refunded <= paid
        assert state.balance.minor - due == sum(payment.unapplied.minor for payment in state.payments) + sum(
            invoice.owed.minor for invoice in state.invoices
        )
        units = sum(line.quantity for invoice in state.invoices for line in invoice.credits)
        assert units == self.came_back <= state.line(1).delivered

    # --- what the chapters of credit do ---

    def credit(
        self, invoice: Invoice, lines: tuple[InvoiceLine, ...], total: Money, *, release: bool = False, fees: Any = (), rma: int = 0
    ) -> None:
        state = self.state
        state.credits += 1
        beyond = total - min(total, max(invoice.balance, ZERO))
        came = in_refund_order(state.payments, state.policies.returns.refund_order)
        released = releases(came, invoice.number, beyond) if release else ()
        applied = total - beyond + Money.total((part.amount for part in released), "EUR")
        about: dict[str, Any] = {"freight": ZERO, "freight_tax": ZERO, "reason": "", "fees": fees, "rma": rma, "released": released}
        note = IssueCredit(**self.step(), credit=state.credits, invoice=invoice.number, lines=lines, total=total, applied=applied, **about)
        self.do(note, DocumentIssued, receivables.issue_credit)
        for part in released:
            payment = state.payment(part.payment)
            assert payment is not None
            payment.parts[invoice.number] -= part.amount
            invoice.paid -= part.amount
        invoice.credited += applied
        invoice.owed += total - applied
        invoice.credits = [*invoice.credits, *lines]
        self.fees += sum(fee.net.minor + fee.tax.minor for fee in fees)

    def refund_excess(self, invoice: Invoice) -> None:
        came = [payment for payment in self.state.payments if invoice.number in payment.parts]
        for payment in in_refund_order(came, self.state.policies.returns.refund_order):
            self.refund(payment, invoice, min(invoice.owed, holds_of(payment, invoice.number, ZERO)), False)
        assert invoice.owed.minor == 0  # what was paid can be given back

    def refund(self, payment: Payment, invoice: Invoice | None, amount: Money, to_account: bool) -> None:
        if amount.minor <= 0:
            return
        self.state.refunds += 1
        number = self.state.refunds
        about: dict[str, Any] = {"order": PLACED.key, "key": f"{PLACED.key}/refund/{number}", "at": NOW, "refund": number, "reason": ""}
        back = RefundPayment(
            **about, payment=payment.payment, invoice=invoice.number if invoice else 0, amount=amount, to_account=to_account
        )
        self.do(back, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
        payment.refunded += amount
        if invoice is None:
            payment.refunded_on_account += amount
        else:
            invoice.owed -= amount
            payment.refunded_of[invoice.number] = payment.refunded_of.get(invoice.number, ZERO) + amount

    def step(self) -> dict[str, Any]:
        self.keys += 1
        return step(f"step/{self.keys}")

    def do(self, request: Any, result: Any, work: Callable[..., Any]) -> Any:
        """Every step is asked for twice, and happens once."""
        answer = self.database.run(once, request, "step", result, work)
        assert self.database.run(once, request, "step", result, work) == answer
        return answer


def test_nothing_is_refunded_twice_whatever_comes_back(workshop: Watched) -> None:
    calm = machine(8, steps=12)
    run_state_machine_as_test(lambda: ReturnsMachine(workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well as a class
