"""What a payment service told us: written down once, and set against our books. What is news to them is told to its order.

The echo of a call of our own books nothing: its activity does. What somebody did at the service itself becomes a fact where the books have
a place for it (money that came, money that was taken back), and else a question for a person: nothing is different in silence.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from database import journal, outbox, unheard_money
from database.tables import AuthorizationRow, GatewayEventRow, Intake, Order, OutboxFact, Payment, Refund
from domain.gateway_events import EventKind, EventTaken, EventView, GatewayEvent
from domain.messages import ExceptionRaised, Fact, PaymentReceived, PaymentReversed
from domain.money import Money

NOTHING_TO_DO = "the books know it"


def take(session: Session, gateway: str, event: GatewayEvent, now: datetime) -> EventTaken:
    """Write an event down with what its order has to hear because of it. The same event twice is one."""
    order = _order_of(session, event)
    row: dict[str, Any] = {
        "event": event.event,
        "gateway": gateway,
        "name": event.name,
        "kind": event.kind.value,
        "authorization": event.authorization,
        "reference": event.reference,
        "order": order,
        "told": 0,
        "occurred_at": event.occurred_at,
        "received_at": now,
        "outcome": "",
    }
    if not journal.insert_once(session, GatewayEventRow, row):
        known = session.get_one(GatewayEventRow, event.event)
        return EventTaken(event=event.event, name=event.name, order=known.order, outcome=known.outcome, repeated=True)
    news = _Books(session, gateway, event, order).news()
    for fact in news.facts:
        outbox.put(session, order, fact, now)
    found = update(GatewayEventRow).where(GatewayEventRow.event == event.event)
    session.execute(found.values(outcome=news.outcome, told=news.told))
    return EventTaken(event=event.event, name=event.name, order=order, outcome=news.outcome, told=len(news.facts))


def recent(session: Session, unheard: bool = False, most: int = 50) -> list[EventView]:
    """The latest events first; `unheard`: only those of which an order would not hear what it was to be told, such as a closed one."""
    name = GatewayEventRow.gateway + "/" + GatewayEventRow.event
    chosen = select(GatewayEventRow, OutboxFact).outerjoin(OutboxFact, OutboxFact.message_id.in_((name, name + "/1")))
    if unheard:
        chosen = chosen.where(OutboxFact.outcome != "")
    return [
        EventView(
            event=row.event,
            name=row.name,
            order=row.order,
            occurred_at=row.occurred_at,
            outcome=row.outcome,
            heard=_heard(fact),
            booked=_booked(session, fact),
        )
        for row, fact in session.execute(chosen.order_by(GatewayEventRow.occurred_at.desc(), GatewayEventRow.event).limit(most))
    ]


def _booked(session: Session, fact: OutboxFact | None) -> str:
    return unheard_money.booked(session, fact) if fact is not None and fact.outcome else ""


def _heard(fact: OutboxFact | None) -> str:
    if fact is None:
        return ""
    return "not yet" if fact.told_at is None else fact.outcome or "yes"


def _order_of(session: Session, event: GatewayEvent) -> str:
    """The order that an event names, or the one whose payment it is about; empty when neither is ours. Its row is locked."""
    named = event.order
    if not named and event.authorization:
        chosen = select(AuthorizationRow.order).where(AuthorizationRow.authorization == event.authorization).limit(1)
        told = (
            select(GatewayEventRow.order).where(GatewayEventRow.authorization == event.authorization, GatewayEventRow.order != "").limit(1)
        )
        named = session.scalar(chosen) or session.scalar(told) or ""
    if not named:
        return ""
    if session.get(Order, named, with_for_update=True) is not None:
        return named
    return named if session.get(Intake, named) is not None else ""


class _News:
    def __init__(self, outcome: str, *facts: Fact, told: int = 0) -> None:
        self.outcome, self.facts, self.told = outcome, facts, told


class _Books:
    """One event against what the books say of its payment."""

    def __init__(self, session: Session, gateway: str, event: GatewayEvent, order: str) -> None:
        self.session, self.gateway, self.event, self.order = session, gateway, event, order

    def news(self) -> _News:
        kind = self.event.kind
        if kind is EventKind.OTHER:
            return _News("means nothing to an order")
        if not self.order:
            said = f", it names {self.event.order!r}" if self.event.order else ""
            return _News(f"belongs to no order of ours{said}")
        match kind:
            case EventKind.AUTHORIZED:
                return self._authorized()
            case EventKind.CAPTURED | EventKind.PAID:
                return self._captured()
            case EventKind.CANCELLED:
                return self._cancelled()
            case EventKind.REFUNDED:
                return self._refunded()
            case EventKind.REFUND_FAILED:
                return self._refund_failed()
            case EventKind.DISPUTED:
                return self._disputed()
            case EventKind.DISPUTE_CLOSED:
                return self._dispute_closed()
        return _News("a bank declined: whoever asked knows it")

    # --- authorizations -------------------------------------------------------------------------------------------------------------

    def _authorized(self) -> _News:
        if self._granted() is not None:
            return _News(NOTHING_TO_DO)
        if not self.event.key:
            return _News("an authorization that no order has taken yet")
        if journal.standing(self.session, self.event.key).undone and not self._earlier(EventKind.CANCELLED):
            return self._raised(
                f"An authorization of {self.event.amount} ({self.event.authorization}) stands although it was given up: void it."
            )
        return _News("our own call is on its way")

    def _cancelled(self) -> _News:
        granted = self._granted()
        if self.event.ours or granted is None or granted.voided:
            return _News(NOTHING_TO_DO)
        if self.event.reason in ("automatic", "expired"):
            return _News("the authorization has lapsed; a new one is asked for before goods leave")
        return self._raised(
            f"The authorization of {self.event.amount} ({self.event.authorization}) was cancelled at {self.gateway}, not by us: the next"
            " capture from it will fail and ask what to do."
        )

    # --- money that came in ---------------------------------------------------------------------------------------------------------

    def _captured(self) -> _News:
        """All that was captured of a payment, less what the books, our own calls and earlier events account for."""
        event = self.event
        if event.ours or event.amount is None:
            return _News(NOTHING_TO_DO)
        booked = self._sum(select(func.sum(Payment.amount)).where(Payment.authorization == event.authorization))
        announced = event.announced.minor if event.announced else 0
        told = self._told(EventKind.CAPTURED, EventKind.PAID) if event.authorization else 0
        more = event.amount.minor - max(booked, announced) - told
        if more <= 0:
            return _News(NOTHING_TO_DO)
        amount = Money(minor=more, currency=event.amount.currency)
        name = event.authorization or event.reference
        name = f"{name}/{event.amount.minor}" if booked or announced or told else name
        how = "was paid on a page of" if event.kind is EventKind.PAID else "was captured by hand at"
        received = PaymentReceived(**self._stamp(), payment=name, amount=amount)
        return _News(f"{amount} {how} {self.gateway}: told as payment {name}", received, told=more)

    # --- money that went out --------------------------------------------------------------------------------------------------------

    def _refunded(self) -> _News:
        event = self.event
        if event.ours or event.total is None:
            return _News(NOTHING_TO_DO)
        if event.amount is not None:
            more = event.amount.minor
        else:
            ours = or_(Payment.authorization == event.authorization, Payment.payment.startswith(event.authorization, autoescape=True))
            joined = (Payment.order == Refund.order) & (Payment.payment == Refund.payment)
            booked = self._sum(select(func.sum(Refund.amount)).join(Payment, joined).where(Payment.order == self.order, ours))
            undone = self._sum(
                select(func.sum(Payment.amount - Payment.refunded)).where(Payment.order == self.order, ours, Payment.reversed)
            )
            more = event.total.minor - booked - undone - self._told(EventKind.REFUNDED)
        if more <= 0:
            return _News(NOTHING_TO_DO)
        amount = Money(minor=more, currency=event.total.currency)
        detail = (
            f"{amount} of the payment {event.authorization} were refunded at {self.gateway} itself ({event.reference}), not by us. The"
            " books do not have it: credit the invoice and answer its refund as paid by hand, or ask for the money again."
        )
        return self._raised(detail, told=more)

    def _refund_failed(self) -> _News:
        event = self.event
        if self._earlier(EventKind.REFUND_FAILED, event.reference):
            return _News(NOTHING_TO_DO)
        number = event.key.removeprefix(f"{self.order}/refund/")
        readable = number.isascii() and number.isdecimal() and len(number) < 9
        booked = self.session.get(Refund, (self.order, int(number))) if readable else None
        if event.key and booked is None:
            return _News("our own call said so, and nothing was booked")
        why = event.reason.replace("_", " ") or "no reason given"
        what = f"refund {number}" if booked is not None else f"refund {event.reference}"
        return self._raised(f"The {what} of {event.amount} came back ({why}): the money is with us again. Pay it in another way.", told=1)

    def _disputed(self) -> _News:
        event = self.event
        if event.amount is None or self._earlier(EventKind.DISPUTE_CLOSED, event.reference):
            return _News("the dispute is closed already")
        return self._taken_back(f"chargeback: {event.reason.replace('_', ' ') or 'no reason given'} ({event.reference})")

    def _taken_back(self, reason: str) -> _News:
        """All payments of the disputed charge, when the dispute is about all that is left of them; a person looks at any other."""
        event = self.event
        assert event.amount is not None  # the callers looked
        if event.status.startswith("warning"):
            return self._raised(
                f"The customer's bank asks about the payment {event.authorization} ({event.amount}), {reason}; answer it there."
            )
        name = Payment.payment.startswith(event.authorization, autoescape=True)
        chosen = select(Payment).where(
            Payment.order == self.order, or_(Payment.authorization == event.authorization, name), ~Payment.reversed
        )
        payments = (
            [p for p in self.session.scalars(chosen.order_by(Payment.payment)) if p.amount > p.refunded] if event.authorization else []
        )
        left = sum(payment.amount - payment.refunded for payment in payments)
        if not payments or event.amount.minor < left:
            held = f"{Money(minor=left, currency=event.amount.currency)} are left of it" if payments else "the books have none of it"
            return self._raised(
                f"{event.amount} of the payment {event.authorization} were taken back, {reason}; {held}: see what is to be booked."
            )
        facts = [
            PaymentReversed(**self._stamp(number), payment=payment.payment, reason=reason[:1_000])
            for number, payment in enumerate(payments, 1)
        ]
        return _News(f"{event.amount} were taken back: told as {len(facts)} reversed payments", *facts, told=left)

    def _dispute_closed(self) -> _News:
        event = self.event
        earlier = self._earlier(EventKind.DISPUTED, event.reference)
        if event.status == "won" and earlier is not None and earlier.told:
            assert event.amount is not None  # every dispute has one
            amount = Money(minor=earlier.told, currency=event.amount.currency)
            received = PaymentReceived(**self._stamp(), payment=f"{event.authorization}/dispute/{event.reference}", amount=amount)
            return _News(f"the dispute is won: {amount} are told as received again", received, told=earlier.told)
        if event.status == "lost" and earlier is None and event.amount is not None:
            return self._taken_back(f"chargeback: {event.reason.replace('_', ' ') or 'no reason given'} ({event.reference}), lost")
        return _News(f"the dispute is {event.status.replace('_', ' ') or 'closed'}: nothing changes")

    # --- what all of them need ------------------------------------------------------------------------------------------------------

    def _granted(self) -> AuthorizationRow | None:
        chosen = select(AuthorizationRow).where(AuthorizationRow.authorization == self.event.authorization).limit(1)
        return self.session.scalars(chosen).one_or_none()

    def _earlier(self, kind: EventKind, reference: str = "") -> GatewayEventRow | None:
        """Another event of a kind about the same payment, or about the same refund or dispute."""
        chosen = select(GatewayEventRow).where(GatewayEventRow.kind == kind.value, GatewayEventRow.event != self.event.event)
        chosen = chosen.where(GatewayEventRow.authorization == self.event.authorization)
        if reference:
            chosen = chosen.where(GatewayEventRow.reference == reference)
        return self.session.scalars(chosen.limit(1)).one_or_none()

    def _told(self, *kinds: EventKind) -> int:
        return self._sum(
            select(func.sum(GatewayEventRow.told)).where(
                GatewayEventRow.authorization == self.event.authorization, GatewayEventRow.kind.in_([kind.value for kind in kinds])
            )
        )

    def _sum(self, chosen: Any) -> int:
        return int(self.session.scalar(chosen) or 0)

    def _raised(self, detail: str, told: int = 0) -> _News:
        return _News(f"a person is asked: {detail}", ExceptionRaised(**self._stamp(), detail=detail[:1_000]), told=told)

    def _stamp(self, number: int = 0) -> dict[str, Any]:
        name = f"{self.gateway}/{self.event.event}"
        return {
            "message_id": f"{name}/{number}" if number else name,
            "occurred_at": self.event.occurred_at,
            "actor": self.gateway,
        }
