"""Cash: payments are booked once, applied to the oldest invoices, taken back when the bank takes them back."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from domain.exceptions import ExceptionKind
    from domain.instalments import refill, tax_in
    from domain.messages import Cause, PaymentReceived, PaymentReversed
    from domain.money import Money
    from domain.money_steps import ApplyPayment, DiscountTaken, Part, ReversePayment, WriteOff
    from domain.parts import Invoice, Payment
    from domain.state import OrderState
    from domain.terms import early_discount

from workflows.chapter import Chapter
from workflows.stages.credit import refund


async def take_cash(chapter: Chapter) -> None:
    """Ends when every payment that is known is booked and applied as far as there are invoices."""
    state = chapter.state
    while cash_waits(state):
        tried = next((payment for payment in state.payments if application_tried(state, payment)), None)
        if tried is not None:
            await apply(chapter, tried)
            continue
        allowed = next((payment for payment in state.payments if allowable(state, payment)), None)
        if allowed is not None:
            await allow(chapter, allowed)
            continue
        received = chapter.find(PaymentReceived, lambda _: True)
        reversed_ = chapter.find(PaymentReversed, lambda fact: state.payment(fact.payment) is not None)
        if received is not None:
            await receive(chapter, received)
        elif reversed_ is not None:
            await reverse(chapter, reversed_)
        else:
            await apply(chapter, next(payment for payment in state.payments if appliable(state, payment)))


def cash_waits(state: OrderState) -> bool:
    """Is there a payment to book, to take back or to apply, or the rest of an invoice to give up with it?"""
    if any(allowable(state, payment) for payment in state.payments):
        return True
    if any(
        isinstance(fact, PaymentReceived) or (isinstance(fact, PaymentReversed) and state.payment(fact.payment) is not None)
        for fact in state.inbox
    ):
        return True
    return any(not invoice.settled for invoice in state.invoices) and any(appliable(state, payment) for payment in state.payments)


def application_tried(state: OrderState, payment: Payment) -> bool:
    """An earlier run applied this money and got no answer: invoices may have it already, so it comes before money that is new."""
    return state.tried(application_step(state, payment))


def application_step(state: OrderState, payment: Payment) -> str:
    return f"payment/{payment.payment}/applied/{state.applications + 1}"


def allowable(state: OrderState, payment: Payment) -> bool:
    """Something of a known invoice is to be given up with this payment; the fact may be heard before the order has its invoice."""
    return payment.allowance is not None and state.has_invoice(payment.allowed_on)


def appliable(state: OrderState, payment: Payment) -> bool:
    """Money that no invoice has yet; a capture waits for the invoice of its own shipment."""
    if payment.captured and any((s.captured or s.taken) and not s.invoice and not s.abandoned for s in state.shipments):
        return False
    return payment.unapplied.minor > 0


async def receive(chapter: Chapter, fact: PaymentReceived) -> None:
    state = chapter.state
    known = state.payment(fact.payment)
    reason = ""
    if known is not None and known.amount != fact.amount:
        reason = f"payment {fact.payment} is booked with {known.amount}, and now came with {fact.amount}"
    elif fact.amount.currency != state.currency:
        reason = f"payment {fact.payment} is in {fact.amount.currency}, the order is in {state.currency}"
    elif fact.amount.minor <= 0:
        reason = f"payment {fact.payment} of {fact.amount} is not money that came in"
    if reason:
        state.ask(ExceptionKind.UNEXPECTED_FACT, f"payment {fact.payment}", f"Not booked: {reason}.", chapter.now)
    elif known is not None:
        state.note(f"payment {fact.payment} came again", None)
    else:
        async with chapter.balances():
            parts, discounts = shares_for(state, fact.amount, fact.invoice or 0, fact.occurred_at)
            base = chapter.base(f"payment/{fact.payment}", fact)
            request = chapter.again(ApplyPayment(**base, payment=fact.payment, amount=fact.amount, parts=parts, discounts=discounts))
            await chapter.act(InvoiceActivities.apply_payment, request, f"Book the payment of {fact.amount}")
            none = state.zero
            payment = Payment(
                payment=fact.payment, amount=fact.amount, from_account=fact.from_account, refunded=none, refunded_on_account=none
            )
            if fact.allowance is not None and fact.invoice is not None:
                payment.allowance, payment.allowed_on, payment.allowance_cause = fact.allowance, fact.invoice, Cause.of(fact)
            state.payments.append(payment)
            booked(state, payment, request.parts, request.discounts)
    chapter.taken(fact)


async def allow(chapter: Chapter, payment: Payment) -> None:
    """Give up what the payer kept back of the invoice, as far as it is still open."""
    allowance, invoice = payment.allowance, chapter.state.invoice(payment.allowed_on)
    assert allowance is not None  # looked up by the caller
    async with chapter.balances():
        if not payment.reversed and allowance.amount.currency == chapter.state.currency:
            amount = min(allowance.amount, invoice.balance)
            if amount.minor > 0:
                base = chapter.base(f"payment/{payment.payment}/allowance", payment.allowance_cause)
                request = chapter.again(WriteOff(**base, invoice=invoice.number, amount=amount, reason=allowance.reason))
                await chapter.act(InvoiceActivities.write_off, request, f"Give up {amount} of {invoice.document}: {allowance.reason}")
                invoice.written_off += request.amount
                refill(invoice)
        payment.allowance = payment.allowance_cause = None


async def apply(chapter: Chapter, payment: Payment) -> None:
    """Apply money on account to invoices that came after it."""
    state = chapter.state
    async with chapter.balances():
        parts = parts_for(state, payment.unapplied, 0)
        if parts:
            base = chapter.base(application_step(state, payment))
            request = chapter.again(ApplyPayment(**base, payment=payment.payment, amount=payment.amount, parts=parts))
            total = Money.total((part.amount for part in request.parts), state.currency)
            await chapter.act(InvoiceActivities.apply_payment, request, f"Apply {total} on account")
            state.applications += 1
            booked(state, payment, request.parts)


async def reverse(chapter: Chapter, fact: PaymentReversed) -> None:
    state = chapter.state
    payment = state.payment(fact.payment)
    assert payment is not None  # looked up by the caller
    if payment.reversed:
        state.note(f"payment {fact.payment} was taken back again", None)
    else:
        async with chapter.balances():
            await chapter.act(
                InvoiceActivities.reverse_payment,
                ReversePayment(**chapter.base(f"payment/{fact.payment}/reversed", fact), payment=fact.payment, reason=fact.reason),
                f"Take back the payment of {payment.amount}: {fact.reason or 'reversed'}",
            )
            for number, amount in payment.parts.items():
                invoice = state.invoice(number)
                invoice.paid -= amount
                invoice.discounts.pop(payment.payment, None)
                refill(invoice)
            payment.parts = {}
            payment.reversed = True
    chapter.taken(fact)


async def settle_surplus(chapter: Chapter, payment: Payment) -> None:
    """More was paid than is owed, and no invoice is to come: a person decides."""
    state = chapter.state
    if state.deposit is not None and state.stopped and not state.invoices:  # a deposit is for goods that will never come
        await refund(chapter, payment, None, "the order was cancelled")
        return
    detail = f"{payment.unapplied} of payment {payment.payment} are owed to the customer."

    def moot() -> bool:
        return payment.unapplied.minor <= 0 or cash_waits(state)

    async with chapter.question(ExceptionKind.OVERPAID, f"payment {payment.payment}", detail, moot) as answer:
        if answer.choice == "refund":
            await refund(chapter, payment, None, "paid too much")
        elif answer.choice == "keep":
            payment.kept = True


def surplus(state: OrderState) -> list[Payment]:
    """Payments with money that no invoice will ever ask for."""
    more_to_come = state.rejected is None and any(line.open or line.at_work for line in state.lines)
    if more_to_come or any(shipment.to_invoice for shipment in state.shipments):
        return []
    if cash_waits(state):  # it is applied first; asking a person now would be moot at once, again and again
        return []
    return [payment for payment in state.payments if payment.unapplied.minor > 0 and not payment.kept]


def shares_for(state: OrderState, amount: Money, named: int, paid_at: datetime) -> tuple[tuple[Part, ...], tuple[DiscountTaken, ...]]:
    """What a payment pays, and the discounts it earns: of the invoice that it names, else of the one that it settles by one."""
    wanted = [invoice for invoice in state.invoices if not invoice.settled and (not named or invoice.number == named)]
    for invoice in sorted(wanted, key=lambda i: (i.due_at, i.number)):
        earned = early_discount(state.agreement, invoice.balance, amount, invoice.issued_at, paid_at, state.policies.day)
        if earned is not None:
            offer, taken = earned
            discount = DiscountTaken(invoice=invoice.number, amount=taken, tax=tax_in(offer, taken, invoice))
            return (Part(invoice=invoice.number, amount=amount),), (discount,)
    return parts_for(state, amount, named), ()


def parts_for(state: OrderState, amount: Money, named: int) -> tuple[Part, ...]:
    """The named invoice first, then the oldest: each takes what it asks for."""
    left = amount.minor
    parts = []
    unpaid: list[Invoice] = sorted(
        (invoice for invoice in state.invoices if not invoice.settled), key=lambda i: (i.number != named, i.due_at, i.number)
    )
    for invoice in unpaid:
        part = min(left, invoice.balance.minor)
        if part > 0:
            parts.append(Part(invoice=invoice.number, amount=Money(minor=part, currency=amount.currency)))
            left -= part
    return tuple(parts)


def booked(state: OrderState, payment: Payment, parts: tuple[Part, ...], discounts: tuple[DiscountTaken, ...] = ()) -> None:
    for part in parts:
        payment.parts[part.invoice] = payment.parts.get(part.invoice, state.zero) + part.amount
        state.invoice(part.invoice).paid += part.amount
    for taken in discounts:
        state.invoice(taken.invoice).discounts[payment.payment] = taken.amount
    for number in {part.invoice for part in parts}:
        refill(state.invoice(number))
