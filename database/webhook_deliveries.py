"""Deliveries: what is to be sent to a subscription now, what became of each attempt, and what nobody took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database import subscriptions
from database.locks import require
from database.tables import Subscription, WebhookDelivery, WebhookEvent
from domain.errors import NotFound
from domain.order import Moment
from domain.values import Value
from domain.webhooks import Attempt, next_pause

AT_A_TIME = 100

GIVEN_UP_AFTER = timedelta(days=3)
"""A subscription is disabled when an event ran out of attempts and none was taken for so long."""


class Due(Value):
    """An event to be sent now: what is signed, and with which generations of the secret (the newest first)."""

    delivery: str
    order: str
    body: str


class Address(Value):
    """Where a subscription's events go and what signs them; `old_digest` is empty when one secret signs."""

    subscription: str
    url: str
    generation: int
    digest: str
    old_digest: str = ""


class Batch(Value):
    address: Address
    due: tuple[Due, ...]


class DeliveryView(Value):
    """A delivery, for whoever looks at it."""

    delivery: str
    subscription: str
    type: str
    order: str
    status: str
    attempts: int
    at: Moment
    next_at: Moment
    answer: str
    ended_at: Moment | None


def due(session: Session, subscription: str, at: datetime) -> Batch | None:
    """What an active subscription is to be sent now, in the order in which it happened; None when there is nothing."""
    row = session.get(Subscription, subscription)
    if row is None or row.status != "active":
        return None
    chosen = (
        select(WebhookDelivery.delivery, WebhookDelivery.order, WebhookEvent.body)
        .join(WebhookEvent, WebhookEvent.event == WebhookDelivery.event)
        .where(WebhookDelivery.subscription == subscription, WebhookDelivery.status == "pending", WebhookDelivery.next_at <= at)
        .order_by(WebhookDelivery.sequence, WebhookDelivery.delivery)
        .limit(AT_A_TIME)
    )
    found = tuple(Due(delivery=delivery, order=order, body=body) for delivery, order, body in session.execute(chosen))
    if not found:
        return None
    both = row.old_until is not None and at < row.old_until
    address = Address(
        subscription=row.subscription,
        url=row.url,
        generation=row.generation,
        digest=row.digest,
        old_digest=row.old_digest if both else "",
    )
    return Batch(address=address, due=found)


def record(session: Session, subscription: str, delivery: str, attempt: Attempt, at: datetime) -> str:
    """Write what became of an attempt; why the subscription was disabled by it, mostly nothing."""
    to = session.get(Subscription, subscription)
    if to is None:  # removed meanwhile
        return ""
    if attempt.outcome != "taken" or to.failing_since is not None:
        session.refresh(to, with_for_update=True)
    row = session.get(WebhookDelivery, delivery, with_for_update=True)
    if row is None or row.status != "pending":  # somebody else sent it too
        return ""
    row.attempts += 1
    row.answer = attempt.answer[:500]
    if attempt.outcome == "taken":
        row.status, row.ended_at = "sent", at
        if to.failing_since is not None:
            to.failing_since = None
        return ""
    to.failing_since = to.failing_since or at
    if attempt.outcome == "gone":
        return _disable(to, f"{attempt.answer}: its receiver wants no more events")
    pause = next_pause(row.delivery, row.attempts, attempt.asked)
    if pause is not None:
        row.next_at = at + pause
        return ""
    row.status, row.ended_at = "dead", at
    if to.failing_since <= at - GIVEN_UP_AFTER:
        return _disable(to, f"no event was taken since {to.failing_since:%Y-%m-%d %H:%M} UTC, the last answer was: {attempt.answer}")
    return ""


def _disable(to: Subscription, reason: str) -> str:
    if to.status != "active":
        return ""
    to.status, to.reason = "disabled", reason[:500]
    return to.reason


def put_off(session: Session, subscription: str, at: datetime, pause: timedelta) -> None:
    """Nobody answers: what is due by now is tried later, and no attempt of it is counted."""
    waiting = (WebhookDelivery.subscription == subscription, WebhookDelivery.status == "pending", WebhookDelivery.next_at <= at)
    session.execute(update(WebhookDelivery).where(*waiting).values(next_at=at + pause))


def next_at(session: Session, subscription: str) -> datetime | None:
    """When there is something to send to an active subscription again."""
    chosen = (
        select(func.min(WebhookDelivery.next_at))
        .join(Subscription, Subscription.subscription == WebhookDelivery.subscription)
        .where(WebhookDelivery.subscription == subscription, WebhookDelivery.status == "pending", Subscription.status == "active")
    )
    return session.scalar(chosen)


def deliveries(session: Session, subscription: str | None = None, status: str = "", most: int = 50) -> list[DeliveryView]:
    """The newest first; of one subscription, or of one status. Raises NotFound."""
    if subscription is not None:
        subscriptions.of(session, subscription)
    chosen = select(WebhookDelivery, WebhookEvent.type, WebhookEvent.at).join(WebhookEvent, WebhookEvent.event == WebhookDelivery.event)
    if subscription is not None:
        chosen = chosen.where(WebhookDelivery.subscription == subscription)
    if status:
        chosen = chosen.where(WebhookDelivery.status == status)
    ordered = chosen.order_by(WebhookEvent.at.desc(), WebhookDelivery.sequence.desc(), WebhookDelivery.delivery).limit(most)
    same = [name for name in DeliveryView.model_fields if name not in ("type", "at")]
    return [DeliveryView(**{name: getattr(row, name) for name in same}, type=kind, at=at) for row, kind, at in session.execute(ordered)]


def replay(session: Session, subscription: str, names: Sequence[str], at: datetime) -> int:
    """Send dead letters again from the beginning: those that are named (these also when they were sent), or all; how many.

    Raises NotFound, and Refused for a delivery that is on its way.
    """
    subscriptions.of(session, subscription)
    chosen = select(WebhookDelivery).where(WebhookDelivery.subscription == subscription).order_by(WebhookDelivery.delivery)
    chosen = chosen.where(WebhookDelivery.delivery.in_(names)) if names else chosen.where(WebhookDelivery.status == "dead")
    rows = list(session.scalars(chosen.with_for_update()))
    known = {row.delivery for row in rows}
    if missing := [name for name in names if name not in known]:
        raise NotFound("delivery", missing[0])
    for row in rows:
        require(row.status != "pending", f"{row.delivery} is on its way already; it is sent again at {row.next_at:%Y-%m-%d %H:%M} UTC.")
        row.status, row.attempts, row.next_at, row.ended_at = "pending", 0, at, None
    return len(rows)
