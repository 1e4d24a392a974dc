"""Invoicing: what left is invoiced by itself, or waits for the one invoice that its customer gets for a period."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from domain.exceptions import ExceptionKind
    from domain.instalments import refill
    from domain.lifecycle import Wait
    from domain.messages import Fact, InvoiceCollected
    from domain.money import Money
    from domain.money_steps import CollectShipment, IssueInvoice, Prepayment
    from domain.parts import Invoice, Payment, Shipment
    from domain.state import OrderState
    from domain.terms import Invoicing, days_to_collection, instalments

from workflows.chapter import Chapter
from workflows.stages.floor import move_due

LATE = 3
"""Days after the end of a period until a person is asked where its invoice is."""


async def collect(chapter: Chapter, shipment: Shipment) -> None:
    """Ends with the order's own part of its customer's invoice booked, under the number that all of that invoice has."""
    state = chapter.state
    if shipment.collect_by is None:
        await ask_for_it(chapter, shipment)

    def told() -> InvoiceCollected | None:
        return chapter.find(InvoiceCollected, lambda fact: fact.shipment == shipment.number)

    while not shipment.invoice:
        due = shipment.collect_by
        await chapter.until(lambda: told() is not None, Wait.INVOICE, shipment.name, due, ExceptionKind.INVOICE_OVERDUE)
        fact = told()
        if fact is not None:
            await issue(chapter, shipment, fact.document, fact.issued_at, fact)
            chapter.taken(fact)
            return
        detail = f"{shipment.name} is on no invoice, although its {state.agreement.invoicing.value} period is over."
        async with chapter.question(ExceptionKind.INVOICE_OVERDUE, shipment.name, detail, lambda: told() is not None) as answer:
            if answer.choice == "invoice_now":
                await issue(chapter, shipment, apart=True)
            elif answer.choice == "wait_on":
                shipment.collect_by = chapter.now + state.policies.days(LATE)
                await move_due(chapter, f"collection {shipment.number}", shipment.collect_by)


def collects(state: OrderState, shipment: Shipment) -> bool:
    """It left and waits for its customer's invoice; a captured shipment is paid, and is invoiced at once."""
    return state.agreement.invoicing is not Invoicing.PER_SHIPMENT and shipment.to_invoice and not shipment.captured


async def invoiced(chapter: Chapter, lines: Iterable[int]) -> None:
    """Ends when units of these lines that have left are on their invoices: a credit takes them from there.

    An invoice that waits for its period, or for the end of a block, would otherwise ask for what was to be credited.
    """
    state, wanted = chapter.state, set(lines)
    if invoice_to_come(state, wanted) and workflow.patched("credit-after-invoices"):
        await chapter.pause(lambda: not invoice_to_come(state, wanted))


def invoice_to_come(state: OrderState, lines: set[int]) -> bool:
    drafts = [shipment.draft for shipment in state.shipments if shipment.to_invoice and shipment.draft is not None]
    return any(line.line in lines for draft in drafts for line in draft.lines)


async def ask_for_it(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state
    assert shipment.draft is not None  # it is to be invoiced
    assert shipment.shipped_at is not None  # it left
    terms = state.agreement
    due_at = shipment.shipped_at + state.policies.days(days_to_collection(terms.invoicing, shipment.shipped_at) + LATE)
    request = chapter.again(
        CollectShipment(
            **chapter.base(f"invoice/{shipment.number}/collect"),
            shipment=shipment.number,
            customer=state.customer,
            terms=state.terms,
            invoicing=terms.invoicing,
            taxes_included=shipment.draft.taxes_included,
            total=shipment.draft.total,
            shipped_at=shipment.shipped_at,
            due_at=due_at,
        )
    )
    summary = f"Put {request.total} of {shipment.name} on the {terms.invoicing.value} invoice"
    await chapter.act(InvoiceActivities.collect_shipment, request, summary)
    shipment.collect_by = request.due_at


async def issue(
    chapter: Chapter,
    shipment: Shipment,
    document: str = "",
    issued_at: datetime | None = None,
    cause: Fact | None = None,
    apart: bool = False,
) -> None:
    """Book the invoice of a shipment. What was paid before is netted on it: money on account is used once, whoever asks first."""
    state = chapter.state
    released = any(payment.captured for payment in on_account(state)) and workflow.patched("net-released")
    known = [payment for payment in on_account(state) if released or not payment.captured]
    nets = not shipment.captured and bool(known) and (released or state.deposit is not None or workflow.patched("net-prepayments"))
    async with chapter.balances() if nets else contextlib.nullcontext():
        assert shipment.draft is not None  # it is to be invoiced
        base = chapter.base(f"invoice/{shipment.number}", cause)
        terms, issued = state.agreement, issued_at or base["at"]
        parts = instalments(terms, shipment.draft.total, issued, state.policies.day)
        due_at = max(parts[0].due_at, due_with_return(state, shipment) or parts[0].due_at)
        captured = state.payment(capture_name(state, shipment, shipment.capture_attempts)) if shipment.captured else None
        request = chapter.again(
            IssueInvoice(
                **base,
                invoice=shipment.number,
                shipment=shipment.number,
                draft=shipment.draft,
                terms=state.terms,
                due_at=due_at,
                payment=captured.payment if captured else "",
                paid=min(captured.amount, shipment.draft.total) if captured else None,
                instalments=parts if len(parts) > 1 else (),
                issued_at=issued_at,
                agreed=None if terms.plain else terms,
                prepaid=netted(state, shipment.draft.total, released) if nets else (),
                document=document,
                apart=apart,
                by_terms=state.policies.ladder is None,
            )
        )
        answer = await chapter.act(InvoiceActivities.issue_invoice, request, f"Invoice {request.draft.total} for {shipment.name}")
        book(state, shipment, request, answer.number)


def book(state: OrderState, shipment: Shipment, request: IssueInvoice, document: str) -> None:
    """Take what was issued into the state."""
    paid = request.paid or state.zero
    if request.payment:
        pays = state.payment(request.payment)
        assert pays is not None  # it was named by the state
        pays.parts[request.invoice] = paid
    for netted_part in request.prepaid:
        payment = state.payment(netted_part.payment)
        assert payment is not None  # it was named by the state
        payment.parts[request.invoice] = payment.parts.get(request.invoice, state.zero) + netted_part.amount
        paid += netted_part.amount
    draft = request.draft
    invoice = Invoice(
        number=request.invoice,
        document=document,
        shipment=shipment.number,
        lines=list(draft.lines),
        freight=draft.freight,
        freight_tax=draft.freight_tax,
        freight_taxes=draft.freight_taxes,
        rounding=draft.rounding,
        total=draft.total,
        issued_at=request.issued_at or request.at,
        due_at=request.due_at,
        fees=state.zero,
        credited=state.zero,
        owed=state.zero,
        paid=paid,
        written_off=state.zero,
        instalments=list(request.instalments),
    )
    refill(invoice)
    state.invoices.append(invoice)
    shipment.invoice = request.invoice


def due_with_return(state: OrderState, shipment: Shipment) -> datetime | None:
    """Goods that an exchange sends ahead are due when the return that pays them has had its time."""
    ahead = [
        rma.expires_at + state.policies.days(state.policies.inspect_within)
        for rma in state.returns
        if not rma.outcome and rma.expires_at and rma.inspected is None and any(number in shipment.quantities for number in rma.sold)
    ]
    return max(ahead, default=None)


def on_account(state: OrderState) -> list[Payment]:
    """Payments with money that no invoice has yet; a capture belongs to its own shipment first, its rest to what an exchange sold."""
    awaited = any((s.captured or s.taken) and not s.invoice and not s.abandoned for s in state.shipments)
    return [payment for payment in state.payments if payment.unapplied.minor > 0 and not (payment.captured and awaited)]


def netted(state: OrderState, total: Money, captured: bool = False) -> tuple[Prepayment, ...]:
    """What the invoice takes of the money on account, the oldest first: never more than it asks for; `captured` of a card, too."""
    left, found = total, []
    for payment in on_account(state):
        if payment.captured and not captured:
            continue
        part = min(left, payment.unapplied)
        if part.minor > 0:
            found.append(Prepayment(payment=payment.payment, amount=part))
            left -= part
    return tuple(found)


def capture_name(state: OrderState, shipment: Shipment, attempt: int) -> str:
    """Our own name of a capture: refunds refer to it."""
    return f"{state.order}/shipment/{shipment.number}/capture/{attempt}"
