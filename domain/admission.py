"""Whether an order takes a request now: first the table of stages, then the order's own facts; refusals are sentences."""

from __future__ import annotations

from datetime import datetime

from domain.appeasing import refuse_appeasement
from domain.cards import terms_known
from domain.credit import RELEASERS
from domain.errors import InputRefused
from domain.exceptions import ExceptionKind, OpenException
from domain.lifecycle import TAKEN
from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    CancelReminder,
    Decide,
    DisputeInvoice,
    HoldDunning,
    Packed,
    PickConfirmed,
    PromiseToPay,
    ReleaseCredit,
    ReleaseOrder,
    Request,
    RequestReturn,
    WriteOffInvoice,
)
from domain.money import parse_amount
from domain.returning import by_line, refuse_return
from domain.state import OrderState

_NEEDS_ROLE = {ExceptionKind.CREDIT_STOP: "release", ExceptionKind.INVOICE_BLOCKED: "invoice_now"}
"""Choices that are open to those alone who may release credit."""

LONGEST_ITEM = 100
LONGEST_CUSTOMER = 120
"""Characters; the bounds of `OrderLine.item` and `PlaceOrder.customer`."""


def refusal(state: OrderState, request: Request, now: datetime) -> str | None:
    """Why the order refuses this request, or None when it takes it. A request that was recorded before is always taken again."""
    if request.message_id in state.receipts:
        return None
    taken_at = TAKEN[type(request)]
    if state.stage not in taken_at:
        return f"An order that is {state.stage} takes no {request.called()}; it is taken while {', '.join(taken_at)}."
    match request:
        case CancelOrder() | AmendOrder() if state.stopped:
            return "The order is already being cancelled."
        case CancelOrder() if request.before_picking and (picked := _picked(state)):
            return f"Units of the order are picked: {picked}."
        case AmendOrder():
            return _refuse_amendment(state, request)
        case ReleaseOrder() if not state.holds:
            return "The order is not on hold."
        case ReleaseCredit():
            return _refuse_credit_release(state, request, now)
        case Decide():
            return _refuse_decision(state, request)
        case RequestReturn():
            return refuse_return(state, request.lines, now, request.kind, request.wish)
        case Appease():
            return refuse_appeasement(state, request)
        case DisputeInvoice() | PromiseToPay() | WriteOffInvoice():
            return _refuse_invoice(state, request, now)
        case HoldDunning():
            return _refuse_dunning_hold(state, request, now)
        case CancelReminder():
            return _refuse_cancellation(state, request)
    return None


def _picked(state: OrderState) -> str:
    """The shipments that somebody began to pick, as far as anybody has said so, also what no chapter has taken yet."""
    told = {fact.shipment for fact in state.inbox if isinstance(fact, PickConfirmed | Packed)}
    begun = [shipment.name for shipment in state.shipments if not shipment.abandoned and (shipment.picked or shipment.number in told)]
    return ", ".join(begun)


def _refuse_amendment(state: OrderState, request: AmendOrder) -> str | None:
    if not request.quantities and request.requested_at is None:
        return "The amendment changes nothing."
    for number, quantity in by_line(request.quantities).items():
        if not state.has_line(number):
            return f"The order has no line {number}."
        line = state.line(number)
        wanted = line.ordered - line.cancelled
        if quantity < wanted - line.open:
            return f"Line {number} cannot go below {wanted - line.open}: so many are with the warehouse or shipped."
        if quantity > wanted and (line.bills_to != number or not state.is_placed(number)):
            return f"Line {number} ({line.origin}) cannot go above {wanted}: the customer did not order it."
        if quantity > wanted and state.prepaid and state.authorization and not terms_known(state):
            return f"Line {number} cannot go above {wanted}: the payment is authorized for no more; place another order."
    return None


def _refuse_credit_release(state: OrderState, request: ReleaseCredit, now: datetime) -> str | None:
    if state.stopped:
        return "The order is already being cancelled."
    if not may_release_credit(request):
        return _not_entitled(request)
    if request.expires_at <= now:
        return "A release of credit needs an end in the future."
    if request.cap is not None and (request.cap.currency != state.currency or request.cap.minor <= 0):
        return f"The order is in {state.currency}: it cannot be released up to {request.cap}."
    return None


def may_release_credit(request: Request) -> bool:
    return any(role in RELEASERS for role in request.roles)


def _not_entitled(request: Request) -> str:
    return f"Credit is released by a {' or a '.join(RELEASERS)}; {request.actor} is neither."


def _refuse_decision(state: OrderState, request: Decide) -> str | None:
    exception = next((e for e in state.exceptions if e.number == request.exception), None)
    if exception is None:
        return f"The order has no exception {request.exception}."
    if exception.decision is not None:
        return f"Exception {exception.number} was already answered: {exception.decision.choice}."
    if request.choice not in exception.choices:
        return f"{request.choice!r} is not offered for {exception.kind}; choose one of: {', '.join(exception.choices)}."
    if request.choice == _NEEDS_ROLE.get(exception.kind) and not may_release_credit(request):
        return _not_entitled(request)
    return _refuse_details(state, exception, request)


def _refuse_details(state: OrderState, exception: OpenException, request: Decide) -> str | None:
    """What a correction or a substitute says has to be usable: it takes effect as it stands."""
    unknown = sorted(number for number in request.items.keys() | request.prices.keys() if not state.has_line(number))
    if unknown:
        return f"The order has no line {unknown[0]}."
    allowed = state.policies.price_roles
    if request.prices and allowed and not set(allowed) & set(request.roles):
        return f"A price is set by the role {' or '.join(allowed)}; {request.actor} is {', '.join(request.roles) or 'in no role'}."
    for number, item in request.items.items():
        if not 0 < len(item) <= LONGEST_ITEM:
            return f"An item's name has 1 to {LONGEST_ITEM} characters; the one for line {number} has {len(item)}."
    for number, written in request.prices.items():
        try:
            price = parse_amount(written, f"The price of line {number}")
        except InputRefused as refused:
            return f"{refused}."
        if price < 0:
            return f"The price of line {number} cannot be {price}."
    if len(request.customer) > LONGEST_CUSTOMER:
        return f"A customer's id has at most {LONGEST_CUSTOMER} characters."
    return _refuse_substitute(state, exception, request) if request.choice == "substitute" else None


def _refuse_substitute(state: OrderState, exception: OpenException, request: Decide) -> str | None:
    """Of units that were not found each needs an item; of those that wait for stock, the others may wait on."""
    if exception.kind is ExceptionKind.SHORT_PICK:
        shipment = next((shipment for shipment in state.shipments if shipment.name == exception.subject), None)
        unnamed = [str(number) for number in sorted(shipment.short if shipment else {}) if number not in request.items]
        lines = " and ".join(unnamed)
    else:
        short = [need.line for need in state.needs]
        lines = "" if any(number in short for number in request.items) else " or ".join(map(str, short))
    return f"A substitute needs an item: say which one is to be taken for line {lines}." if lines else None


def _refuse_invoice(state: OrderState, request: DisputeInvoice | PromiseToPay | WriteOffInvoice, now: datetime) -> str | None:
    if not state.has_invoice(request.invoice):
        return f"The order has no invoice {request.invoice}."
    invoice = state.invoice(request.invoice)
    if invoice.settled:
        return f"Invoice {invoice.number} ({invoice.document}) has nothing left to pay."
    if isinstance(request, PromiseToPay) and request.pay_by <= now:
        return "A promise to pay needs a date in the future."
    if isinstance(request, DisputeInvoice) and request.resolved and not invoice.disputed:
        return f"Invoice {invoice.number} ({invoice.document}) is not disputed."
    return None


def _refuse_dunning_hold(state: OrderState, request: HoldDunning, now: datetime) -> str | None:
    if not state.has_invoice(request.invoice):
        return f"The order has no invoice {request.invoice}."
    invoice = state.invoice(request.invoice)
    if state.policies.ladder is not None:
        return f"The order carries reminders of its own; dispute invoice {invoice.number} ({invoice.document}) or take a promise instead."
    if request.lifted:
        held = invoice.dunning_held_until is not None
        return None if held else f"The reminders of invoice {invoice.number} ({invoice.document}) are not on hold."
    if invoice.settled:
        return f"Invoice {invoice.number} ({invoice.document}) has nothing left to pay."
    if request.until is None or request.until <= now:
        return "A hold of reminders needs a date in the future."
    return None


CREDIT_CONTROLLER = "credit_controller"


def _refuse_cancellation(state: OrderState, request: CancelReminder) -> str | None:
    """Only the last reminder steps back, and only a fee that is still owed can be taken back."""
    if CREDIT_CONTROLLER not in request.roles:
        return "Only a credit controller cancels a reminder."
    if not state.has_invoice(request.invoice):
        return f"The order has no invoice {request.invoice}."
    invoice = state.invoice(request.invoice)
    about = f"invoice {invoice.number} ({invoice.document})"
    if invoice.cancel_asked is not None:
        return f"A reminder of {about} is already being cancelled."
    last = invoice.issued[-1] if invoice.issued else None
    if last is None or last.document != request.document:
        stands = f"its last one is {last.document}" if last else "none of it stands"
        return f"{request.document} is not the last reminder of {about}: {stands}."
    if last.charged.minor > max(invoice.balance.minor, 0):
        return f"{request.document} charged {last.charged} on {about}, and that is paid: give it back with a credit."
    return None
