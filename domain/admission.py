"""Whether an order takes a request now: first the table of stages, then the order's own facts; refusals are sentences."""

from __future__ import annotations

from datetime import datetime

from domain.lifecycle import TAKEN
from domain.messages import (
    AmendOrder,
    CancelOrder,
    Decide,
    DisputeInvoice,
    PromiseToPay,
    ReleaseOrder,
    Request,
    RequestReturn,
    WriteOffInvoice,
)
from domain.returning import refuse_return
from domain.state import OrderState


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
        case AmendOrder():
            return _refuse_amendment(state, request)
        case ReleaseOrder() if not state.holds:
            return "The order is not on hold."
        case Decide():
            return _refuse_decision(state, request)
        case RequestReturn():
            return refuse_return(state, request.lines, now)
        case DisputeInvoice() | PromiseToPay() | WriteOffInvoice():
            return _refuse_invoice(state, request, now)
    return None


def _refuse_amendment(state: OrderState, request: AmendOrder) -> str | None:
    if not request.quantities and request.requested_at is None:
        return "The amendment changes nothing."
    for change in request.quantities:
        if not state.has_line(change.line):
            return f"The order has no line {change.line}."
        line = state.line(change.line)
        fixed = line.ordered - line.cancelled - line.open
        if change.quantity < fixed:
            return f"Line {change.line} cannot go below {fixed}: so many are with the warehouse or shipped."
    return None


def _refuse_decision(state: OrderState, request: Decide) -> str | None:
    exception = next((e for e in state.exceptions if e.number == request.exception), None)
    if exception is None:
        return f"The order has no exception {request.exception}."
    if exception.decision is not None:
        return f"Exception {exception.number} was already answered: {exception.decision.choice}."
    if request.choice not in exception.choices:
        return f"{request.choice!r} is not offered for {exception.kind}; choose one of: {', '.join(exception.choices)}."
    return None


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
