"""The office: people who decide exceptions, inspect returns, book incoming goods, hear of late ones and report troubles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.bank_views import EntryView
from domain.exceptions import ExceptionKind, OpenException
from domain.lifecycle import Stage, Wait
from domain.messages import Decide, ExceptionRaised, InspectedLine, Message, ReturnInspected, ReturnReceived
from domain.purchasing import MoveSupply, purchase_supply
from domain.steps import ReceiveStock
from domain.views import OrderView
from integrations.simulated import Script
from integrations.simulated.outbox import REFUSED, Entry, Outbox
from integrations.simulated.scripts import Answer, ReturnScript, When, request_id

Entries = list[Entry]

SENSIBLE: Mapping[ExceptionKind, tuple[str, ...]] = {
    ExceptionKind.VALIDATION_FINDINGS: ("accept", "reject"),
    ExceptionKind.PAYMENT_DECLINED: ("retry", "cancel"),
    ExceptionKind.CREDIT_STOP: ("release",),
    ExceptionKind.INVOICE_BLOCKED: ("invoice_now",),
    ExceptionKind.BACKORDER_OVERDUE: ("wait_on", "cancel_line"),
    ExceptionKind.PROMISE_BROKEN: ("accept_new_date",),
    ExceptionKind.PICK_OVERDUE: ("wait_on",),
    ExceptionKind.SHORT_PICK: ("reallocate", "backorder", "cancel_line"),
    ExceptionKind.PACK_OVERDUE: ("wait_on",),
    ExceptionKind.PACK_MISMATCH: ("ship_packed",),
    ExceptionKind.NO_CARRIER_SERVICE: ("retry", "cancel_shipment"),
    ExceptionKind.CAPTURE_FAILED: ("retry", "bill"),
    ExceptionKind.DELIVERY_OVERDUE: ("wait_on", "confirm_delivered"),
    ExceptionKind.CARRIER_TROUBLE: ("acknowledge",),
    ExceptionKind.PARCEL_LOST: ("reship", "refund"),
    ExceptionKind.RETURNED_TO_SENDER: ("reship", "refund"),
    ExceptionKind.DEPOSIT_OVERDUE: ("wait_on", "go_on", "cancel"),
    ExceptionKind.INVOICE_OVERDUE: ("wait_on", "invoice_now"),
    ExceptionKind.OVERPAID: ("refund", "keep"),
    ExceptionKind.INVOICE_UNPAID: ("wait_on", "collections", "write_off"),
    ExceptionKind.REMINDER_TO_PRINT: ("acknowledge",),
    ExceptionKind.RETURN_REFUSED: ("acknowledge",),
    ExceptionKind.RETURN_MISMATCH: ("accept_received", "reject"),
    ExceptionKind.REFUNDED_EARLY: ("let_it_be",),
    ExceptionKind.EXCHANGE_UNPRICED: ("refund_instead",),
    ExceptionKind.EXCHANGE_DECLINED: ("retry", "bill"),
    ExceptionKind.INSPECTION_OVERDUE: ("wait_on", "restock"),
    ExceptionKind.STEP_REFUSED: ("retry",),
    ExceptionKind.REFUND_FAILED: ("retry", "paid_by_hand"),
    ExceptionKind.HOLD_OVERDUE: ("release",),
    ExceptionKind.UNREADABLE_MESSAGE: ("acknowledge",),
    ExceptionKind.UNEXPECTED_FACT: ("acknowledge",),
    ExceptionKind.RAISED: ("acknowledge",),
}
"""What a sensible person chooses when the same question comes for the first, the second, ... time; the last choice stays."""


def decides(view: OrderView, script: Script, outbox: Outbox, day: timedelta, now: datetime) -> Entries:
    """A decision for every open exception, a third of a day after it was opened; a refused choice is followed by the next."""
    if _waits_for_request(view, script, outbox, When.CAPTURED):
        return []
    entries: Entries = []
    for exception in view.exceptions:
        if exception.decision is not None:
            continue
        name = f"office/{view.order}/exception/{exception.number}"
        for choice in choices(exception, view, script):
            outcome = outbox.outcome(f"{name}/{choice}")
            if outcome is not None and outcome.startswith(REFUSED):
                continue
            if outcome is None:
                answer = script.answers.get(exception.kind, Answer())
                at = max(now, exception.opened_at + 0.3 * day)
                decision = Decide(
                    message_id=f"{name}/{choice}",
                    occurred_at=at,
                    actor=exception.owner,
                    roles=(exception.owner,),
                    exception=exception.number,
                    choice=choice,
                    items=answer.items,
                    prices=answer.prices,
                    customer=answer.customer,
                )
                entries.append(_entry(view.order, decision))
            break
    return entries


def choices(exception: OpenException, view: OrderView, script: Script) -> tuple[str, ...]:
    """All choices in the order in which the office tries them: the scripted one the first time, then what a sensible person would do."""
    asked_before = sum(
        1
        for earlier in view.exceptions
        if earlier.number < exception.number and (earlier.kind, earlier.subject) == (exception.kind, exception.subject)
    )
    sensible = SENSIBLE.get(exception.kind, exception.choices)
    scripted = script.decisions.get(exception.kind)
    if exception.kind is ExceptionKind.BACKORDER_OVERDUE and (script.receipt or script.purchase) and (asked_before or scripted is None):
        first = "wait_on"  # the goods are on their way, however often a slow day makes somebody ask
    elif scripted is not None and asked_before == 0:
        first = scripted
    elif scripted is not None and scripted in sensible:
        first = sensible[min(sensible.index(scripted) + asked_before, len(sensible) - 1)]
    else:
        first = sensible[min(asked_before, len(sensible) - 1)]
    rest = [choice for choice in exception.choices if choice != first and (choice not in _NEEDS_MORE or exception.kind in script.answers)]
    return (first, *rest)


_NEEDS_MORE = ("correct", "substitute")
"""Choices that nobody can make up: they need the right item, price or customer."""


def inspects(view: OrderView, script: Script, outbox: Outbox, day: timedelta, now: datetime) -> Entries:
    """What becomes of returned goods, half a day after they came; if it is not what was announced, after somebody accepted it."""
    accepted = any(
        exception.kind is ExceptionKind.RETURN_MISMATCH
        and exception.decision is not None
        and exception.decision.choice == "accept_received"
        for exception in view.exceptions
    )
    entries: Entries = []
    for rma in view.returns:
        came = outbox.find(f"customer/{view.order}/return/{rma.rma}/received")
        quantities = {part.line: part.quantity for part in came.lines} if isinstance(came, ReturnReceived) else rma.lines
        if rma.status != "received" or (quantities != rma.lines and not accepted):
            continue
        scripted = script.goods_back or ReturnScript(lines={1: 1})
        lines = tuple(
            InspectedLine(line=line, quantity=quantity, disposition=scripted.dispositions.get(line, scripted.disposition))
            for line, quantity in sorted(quantities.items())
            if quantity
        )
        if lines:
            name = f"office/{view.order}/return/{rma.rma}/inspected"
            said = ReturnInspected(message_id=name, occurred_at=now + 0.5 * day, actor="returns clerk", rma=rma.rma, lines=lines)
            entries.append(_entry(view.order, said))
    return entries


def receives(view: OrderView, script: Script, outbox: Outbox, day: timedelta, now: datetime) -> Entries:
    """The goods that a backordered order waits for, a day later (half a day after a slip); after the decision if the script has one."""
    expected = script.receipt or script.purchase
    if (
        expected is None
        or Wait.STOCK not in {wait.wait for wait in view.waits}
        or _waits_for_request(view, script, outbox, When.BACKORDERED)
    ):
        return []
    decided = {exception.kind for exception in view.exceptions if exception.decision is not None}
    if not {ExceptionKind.BACKORDER_OVERDUE, ExceptionKind.PROMISE_BROKEN} & script.decisions.keys() <= decided:
        return []
    bought = {"purchase_order": script.purchase.number(view.order), "purchase_line": 1} if script.purchase else {}
    goods = ReceiveStock(
        receipt=f"ASN-{view.order.replace('/', '-')}",
        item=expected.item,
        location=expected.location,
        quantity=expected.quantity,
        at=now + (0.5 if script.purchase else 1) * day,
        actor="goods inward",
    ).model_copy(update=bought)
    return [Entry(id=f"office/{view.order}/receipt", order=view.order, said=goods, send_at=goods.at)]


def slips(view: OrderView, script: Script, day: timedelta, now: datetime) -> Entries:
    """The supplier calls as soon as the order waits: what it was promised from comes later."""
    if script.purchase is None or not script.purchase.slips_by or Wait.STOCK not in {wait.wait for wait in view.waits}:
        return []
    number = script.purchase.number(view.order)
    promised = [each for each in view.promises if each.supply == purchase_supply(number, 1)]
    if not promised:
        return []
    moved = MoveSupply(
        slip=f"{number}/1",
        purchase_order=number,
        expected_at=promised[0].ready_at + script.purchase.slips_by * day,
        reason="the factory is behind",
        at=now,
        actor="buyer",
    )
    return [Entry(id=f"office/{view.order}/slip", order=view.order, said=moved, send_at=moved.at)]


def raises(view: OrderView, script: Script, now: datetime) -> Entries:
    """A trouble that only a person sees, when the script decides about one."""
    if ExceptionKind.RAISED not in script.decisions or view.stage is Stage.CAPTURED or view.outcome:
        return []
    trouble = ExceptionRaised(
        message_id=f"office/{view.order}/raised", occurred_at=now, actor="order desk", detail="The customer called: is the colour right?"
    )
    return [_entry(view.order, trouble)]


def reads_payment(entry: EntryView) -> str | None:
    """A payment that the rules left to a person: the one open invoice of this very amount is what it was for; what fits nothing stays."""
    fitting = [each.document for each in entry.candidates if each.open == entry.amount]
    return fitting[0] if entry.credit and len(fitting) == 1 else None


def _waits_for_request(view: OrderView, script: Script, outbox: Outbox, when: When) -> bool:
    """The customer is about to say something that makes the office's work needless."""
    return any(not outbox.outcome(request_id(view.order, request)) for request in script.requests if request.when is when)


def _entry(order: str, said: Message) -> Entry:
    return Entry(id=said.message_id, order=order, said=said, send_at=said.occurred_at)
