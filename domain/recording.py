"""What a message changes the moment it is recorded; everything else is decided by the stages, later."""

from __future__ import annotations

from datetime import datetime

from domain.appeasing import amount_of
from domain.exceptions import Decision, ExceptionKind
from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    CancelReminder,
    Cause,
    Decide,
    DisputeInvoice,
    Fact,
    HoldDunning,
    HoldOrder,
    PromiseToPay,
    Receipt,
    ReleaseCredit,
    ReleaseOrder,
    Request,
    RequestReturn,
    ReturnRequested,
    WriteOffInvoice,
)
from domain.parts import AmendmentAsked, Appeasement, CancelAsked, CreditReleaseAsked, Hold, Return
from domain.return_rules import RefundTo
from domain.state import OrderState

DISPUTE_REVIEW = 14
"""Days after which somebody is asked about a disputed invoice."""

MOST_UNREADABLE = 10
"""Unreadable messages that get an exception of their own while others are open; the rest only count."""


def record_fact(state: OrderState, fact: Fact, now: datetime) -> Receipt:
    """Keep a fact until a stage takes it; a repeat changes nothing."""
    known = state.receive(fact, now)
    if known is not None:
        return known
    state.inbox.append(fact)  # type: ignore[arg-type]  # every Fact subclass is a member of AnyFact; a test walks them
    return state.receipts[fact.message_id]


def record_unreadable(state: OrderState, name: str, reason: str, now: datetime) -> None:
    """A message that nobody can read becomes a row for a person; a flood of them becomes one row."""
    subject = f"signal {name[:60]}"
    open_ones = [e for e in state.open_exceptions() if e.kind is ExceptionKind.UNREADABLE_MESSAGE]
    if len(open_ones) >= MOST_UNREADABLE or any(exception.subject == subject for exception in open_ones):
        state.unreadable += 1
        return
    state.ask(ExceptionKind.UNREADABLE_MESSAGE, subject, f"A message called {name[:60]!r} cannot be read: {reason[:300]}", now)


def record_request(state: OrderState, request: Request, now: datetime) -> Receipt:
    """Record a request that was admitted; a repeat changes nothing and gets the same receipt."""
    known = state.receive(request, now)
    if known is not None:
        return known
    cause = Cause.of(request)
    match request:
        case CancelOrder():
            state.cancel(request.reason or "cancelled on request", cause)
        case AmendOrder():
            state.amendments.append(AmendmentAsked(quantities=list(request.quantities), requested_at=request.requested_at, cause=cause))
        case HoldOrder():
            review_at = now + state.policies.days(request.review_in)
            state.holds.append(Hold(reason=request.reason, by=request.actor, since=now, review_at=review_at))
            state.note(f"held: {request.reason}", cause)
        case ReleaseOrder():
            state.holds.clear()
            state.note("released", cause)
        case ReleaseCredit():
            state.credit_releases_asked.append(
                CreditReleaseAsked(
                    by=request.actor,
                    roles=list(request.roles),
                    reason=request.reason,
                    expires_at=request.expires_at,
                    cap=request.cap,
                    cause=cause,
                )
            )
        case Decide():
            _decide(state, request, now)
        case RequestReturn():
            open_return(state, request)
        case Appease():
            state.appeasements.append(
                Appeasement(
                    number=len(state.appeasements) + 1,
                    line=request.line,
                    amount=amount_of(state, request),
                    to_account=request.refund_to is RefundTo.STORE_CREDIT,
                    reason=request.reason,
                    cause=cause,
                    given=state.zero,
                )
            )
        case DisputeInvoice() | PromiseToPay() | HoldDunning() | CancelReminder() | WriteOffInvoice():
            _follow(state, request, now, cause)
    return state.receipts[request.message_id]


def open_return(state: OrderState, wanted: RequestReturn | ReturnRequested) -> None:
    """Begin a return: from now on its units cannot be announced twice."""
    for entry in wanted.lines:
        state.line(entry.line).returning += entry.quantity
    state.returns.append(
        Return(
            rma=len(state.returns) + 1,
            kind=wanted.kind,
            lines=list(wanted.lines),
            reason=wanted.reason,
            cause=Cause.of(wanted),
            wish=wanted.wish,
        )
    )


def _decide(state: OrderState, request: Decide, now: datetime) -> None:
    exception = next(e for e in state.exceptions if e.number == request.exception)
    exception.decision = Decision(
        choice=request.choice,
        by=request.actor,
        at=now,
        message_id=request.message_id,
        items=request.items,
        prices=request.prices,
        customer=request.customer,
        ship_to=request.ship_to,
        note=request.note,
        roles=request.roles,
    )


def _follow(
    state: OrderState,
    request: DisputeInvoice | PromiseToPay | HoldDunning | CancelReminder | WriteOffInvoice,
    now: datetime,
    cause: Cause,
) -> None:
    invoice = state.invoice(request.invoice)
    match request:
        case DisputeInvoice(resolved=True):
            invoice.disputed, invoice.dispute_review_at = False, None
            state.note(f"{invoice.name}: dispute resolved", cause)
        case DisputeInvoice():
            invoice.disputed, invoice.dispute_review_at = True, now + state.policies.days(DISPUTE_REVIEW)
            state.note(f"{invoice.name}: disputed, {request.reason}", cause)
        case PromiseToPay():
            invoice.promised_by, invoice.promise_broken_at = request.pay_by, None
            state.note(f"{invoice.name}: promised to pay by {request.pay_by:%Y-%m-%d}", cause)
        case HoldDunning(lifted=True):
            invoice.dunning_held_until = None
            state.note(f"{invoice.name}: reminders go on", cause)
        case HoldDunning():
            invoice.dunning_held_until = request.until
            state.note(f"{invoice.name}: no reminder until {request.until:%Y-%m-%d}, {request.reason}", cause)
        case CancelReminder():
            invoice.cancel_asked = CancelAsked(document=request.document, reason=request.reason, cause=cause)
        case WriteOffInvoice():
            invoice.write_off_asked, invoice.write_off_cause = request.reason or "written off on request", cause
