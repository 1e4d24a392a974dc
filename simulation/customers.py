"""The customers: they pay on the spot or do not, send goods back, and change their minds."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import (
    AmendOrder,
    CancelOrder,
    HoldOrder,
    LineQuantity,
    PaymentReceived,
    PaymentReversed,
    PromiseToPay,
    ReleaseOrder,
    Request,
    RequestReturn,
    ReturnReceived,
)
from domain.money import Money
from domain.views import InvoiceView, OrderView, PaymentView, ReturnView
from integrations.simulated import Script
from integrations.simulated.outbox import REFUSED, Entry, Outbox
from integrations.simulated.scripts import GoodsScript, PayScript, RequestScript, What, When, request_id

Entries = list[Entry]


def pays(view: OrderView, script: Script, day: timedelta, now: datetime) -> Entries:
    """Payments and reversals of open invoices that are due to be made at `now`; each is numbered and made once."""
    entries: Entries = []
    if script.transfer is not None:  # their bank tells of it
        return entries
    for invoice in view.invoices:
        name = f"bank/{view.order}/{invoice.number}"
        made = [payment for payment in view.payments if payment.payment.startswith(f"{name}/")]
        if script.pay is PayScript.REVERSED_THEN_PAID and len(made) == 1 and not made[0].reversed:
            # The payment was booked, and the debit comes back two days after the day on which it was made.
            at = first_payment_at(view, invoice, script, day) or now
            if now >= at + 2 * day:
                reversal = PaymentReversed(
                    message_id=f"{name}/1/reversed", occurred_at=now, actor="bank", payment=f"{name}/1", reason="The debit was returned."
                )
                entries.append(Entry(id=reversal.message_id, order=view.order, said=reversal, send_at=now))
        if invoice.balance.minor <= 0:
            continue
        amount = first_payment(view, invoice, script, day, now) if not made else next_payment(invoice, made, script, day, now)
        if amount is not None:
            payment = PaymentReceived(
                message_id=f"{name}/{len(made) + 1}",
                occurred_at=now,
                actor="bank",
                payment=f"{name}/{len(made) + 1}",
                amount=amount,
                invoice=invoice.number,
            )
            entries.append(Entry(id=payment.message_id, order=view.order, said=payment, send_at=now))
    return entries


def promises(view: OrderView, script: Script, day: timedelta, now: datetime) -> Entries:
    """After the first reminder: "you will have it within so many days". Whether that is kept says how they pay."""
    entries: Entries = []
    for invoice in view.invoices:
        if script.promise is None or invoice.reminders < 1 or invoice.balance.minor <= 0:
            continue
        promise = PromiseToPay(
            message_id=f"customer/{view.order}/promise/{invoice.number}",
            occurred_at=now,
            actor="customer",
            invoice=invoice.number,
            pay_by=now + script.promise * day,
        )
        entries.append(Entry(id=promise.message_id, order=view.order, said=promise, send_at=now))
    return entries


def first_payment_at(view: OrderView, invoice: InvoiceView, script: Script, day: timedelta) -> datetime | None:
    """When the first payment of an invoice is made; None while nothing moves the customer to it."""
    if script.pay is PayScript.NEVER:
        return None
    if script.pay is not PayScript.LATE:
        return max(invoice.due_at - 0.2 * (invoice.due_at - invoice.issued_at), invoice.issued_at + 0.2 * day)
    if ExceptionKind.INVOICE_UNPAID not in script.decisions:
        return invoice.due_at if invoice.reminders >= 2 else None
    answered = [
        exception.decision.at
        for exception in view.exceptions
        if exception.kind is ExceptionKind.INVOICE_UNPAID and exception.decision is not None
    ]
    return min(answered) + day if answered else None


def first_payment(view: OrderView, invoice: InvoiceView, script: Script, day: timedelta, now: datetime) -> Money | None:
    at = first_payment_at(view, invoice, script, day)
    if at is None or now < at:
        return None
    if script.pay is PayScript.PARTIAL_THEN_REST:
        return invoice.balance.split((1, 1))[0]
    if script.pay is PayScript.OVER:
        return invoice.balance + invoice.balance.split((1, 9))[0]
    return invoice.balance


def next_payment(invoice: InvoiceView, made: list[PaymentView], script: Script, day: timedelta, now: datetime) -> Money | None:
    """What the customer has not paid yet, two days after the due date, wherever the earlier payments were booked; never twice the same."""
    if script.pay is PayScript.NEVER or now < invoice.due_at + 2 * day:
        return None
    paid = Money.total((payment.amount - payment.refunded for payment in made if not payment.reversed), invoice.balance.currency)
    left = invoice.total + invoice.fees - invoice.credited - invoice.written_off - paid
    return min(left, invoice.balance) if left.minor > 0 else None


ASKS_AGAIN = 5
"""How often a refused return is announced again: the database may tell of a delivery before the order itself has taken it in."""


def sends_back(view: OrderView, script: Script, return_to: str, outbox: Outbox, day: timedelta, now: datetime) -> Entries:
    """The announcement of a return one day after the last of its goods arrived, and the goods two days after it was authorized."""
    scripted = script.goods_back
    if scripted is None or view.outcome:
        return []
    name = f"customer/{view.order}/return"
    lines = {line.number: line for line in view.lines}
    arrived = [shipment.delivered_at for shipment in view.shipments if shipment.delivered_at is not None]
    if not view.returns:
        here = all(number in lines and lines[number].delivered >= quantity for number, quantity in scripted.lines.items())
        if not here or not arrived or now < max(arrived) + day:
            return []
        attempts = [name, *(f"{name}/again/{n}" for n in range(1, ASKS_AGAIN + 1))]
        attempt = next((one for one in attempts if not (outbox.outcome(one) or "").startswith(REFUSED)), None)
        if attempt is None:
            return []
        asked = RequestReturn(
            message_id=attempt,
            occurred_at=now if attempt == name else now + day,
            actor="customer",
            kind=scripted.kind,
            reason="It does not fit.",
            lines=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(scripted.lines.items())),
            wish=scripted.wish,
        )
        return [Entry(id=attempt, order=view.order, said=asked, send_at=asked.occurred_at)]
    rma: ReturnView = view.returns[0]
    if rma.status != "authorized" or scripted.goods is GoodsScript.NEVER:
        return []
    quantities = dict(sorted(rma.lines.items()))
    if scripted.goods is GoodsScript.FEWER:
        quantities[min(quantities)] -= 1
    came = ReturnReceived(
        message_id=f"{name}/{rma.rma}/received",
        occurred_at=now + 2 * day,
        actor=f"dock {return_to}",
        rma=rma.rma,
        location=return_to,
        lines=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in quantities.items()),
    )
    return [Entry(id=came.message_id, order=view.order, said=came, send_at=came.occurred_at)]


def asks(order: str, script: Script, view: OrderView | None, day: timedelta, now: datetime) -> Entries:
    """Cancellations, amendments and holds at their named moment; those of the capture do not wait for the order to be seen."""
    entries: Entries = []
    for request in script.requests:
        at = _moment(request.when, view, day, now)
        if at is not None:
            entries += _said(order, request, view, at, day)
    return entries


def _moment(when: When, view: OrderView | None, day: timedelta, now: datetime) -> datetime | None:
    if when is When.CAPTURED:
        return now
    if view is None or view.outcome:
        return None
    waits = {wait.wait for wait in view.waits}
    if when is When.BACKORDERED:
        return now + 0.3 * day if Wait.STOCK in waits else None
    if when is When.PICKING:
        return now if Wait.PICK in waits else None
    # With its invoice the order itself has surely heard that the goods left, and not only the database.
    return now if view.stage in (Stage.SHIPPED, Stage.DELIVERED) and view.invoices else None


def _said(order: str, request: RequestScript, view: OrderView | None, at: datetime, day: timedelta) -> Entries:
    name = request_id(order, request)
    said: list[Request] = []
    if request.what is What.CANCEL:
        said.append(CancelOrder(message_id=name, occurred_at=at, actor="customer", reason="Not needed any more."))
    elif request.what is What.HOLD_RELEASE:
        said.append(HoldOrder(message_id=name, occurred_at=at, actor="order desk", reason="The customer wants to check the address."))
        said.append(ReleaseOrder(message_id=f"{name}/release", occurred_at=at + 0.5 * day, actor="order desk"))
    else:
        lines = request.lines or _one_less(view)
        if not lines:
            return []  # nobody has seen the order's quantities yet: it is said as soon as somebody has
        quantities = tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(lines.items()))
        said.append(AmendOrder(message_id=name, occurred_at=at, actor="customer", quantities=quantities))
    return [Entry(id=one.message_id, order=order, said=one, send_at=one.occurred_at) for one in said]


def _one_less(view: OrderView | None) -> dict[int, int]:
    """The first line that can lose a unit, with one unit less; a single unit of a single line loses it all."""
    if view is None:
        return {}
    line = next((line for line in view.lines if line.ordered - line.cancelled > 1), view.lines[-1])
    return {line.number: line.ordered - line.cancelled - 1}
