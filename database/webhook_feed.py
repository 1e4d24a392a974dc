"""The feed: reads the audit trail to its end, once, and puts each event on its way to whoever wants to hear it.

The trail is written in the transaction of every step, so that an event exists exactly when its step does. On PostgreSQL numbers are given
before they are committed, so that a smaller one may appear after a greater one: nothing is read beyond a fence until every transaction that
was at work when the fence was set has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.subscriptions import FEED
from database.tables import AuditEntry, Subscription, WebhookDelivery, WebhookEvent, WebhookFeed
from database.webhook_events import Told, events_of, name_of
from domain.values import Value
from domain.webhooks import Event, EventData, EventType

AT_A_TIME = 500
"""Rows of the audit trail in one transaction."""

KEPT_FOR = timedelta(days=30)
"""What was sent is kept for so long, to be looked at and to be replayed."""


class Fence(Value):
    """Rows up to `row` are complete once no transaction older than `transaction` is at work; 0: they are already."""

    row: int
    transaction: int = 0


class Round(Value):
    """`subscriptions` have something to send now; `more`: the feed has not come to its end."""

    subscriptions: tuple[str, ...] = ()
    events: int = 0
    more: bool = False


def set_fence(session: Session) -> Fence | None:
    """As far as the trail goes by now; None when nobody subscribes or nothing is new."""
    read_to = session.scalar(select(WebhookFeed.read_to).where(WebhookFeed.feed == FEED))
    if read_to is None:
        return None
    last = session.scalar(select(func.max(AuditEntry.id))) or 0
    if last <= read_to or session.scalar(select(Subscription.subscription).limit(1)) is None:
        return None
    if session.get_bind().dialect.name == "sqlite":  # one writer at a time: rows become visible in the order of their numbers
        return Fence(row=last)
    # Every row up to `last` that is still to come belongs to a transaction that wrote before it (its journal entry): its number is smaller
    # than the one that we are given now.
    return Fence(row=last, transaction=int(session.execute(text("SELECT pg_current_xact_id()::text")).scalar_one()))


def passed(session: Session, fence: Fence) -> bool:
    """Whether everything up to the fence is there to be read."""
    if not fence.transaction:
        return True
    oldest = int(session.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")).scalar_one())
    return oldest >= fence.transaction


def read_on(session: Session, fence: Fence, at: datetime) -> Round:
    """Read the trail up to a fence that is passed; whoever comes second finds it read."""
    feed = session.get(WebhookFeed, FEED, with_for_update=True)
    if feed is None or feed.read_to >= fence.row:
        return Round()
    chosen = select(AuditEntry).where(AuditEntry.id > feed.read_to, AuditEntry.id <= fence.row).order_by(AuditEntry.id).limit(AT_A_TIME)
    rows = list(session.scalars(chosen))
    subscriptions = list(session.scalars(select(Subscription).order_by(Subscription.subscription)))
    told: set[str] = set()
    found = 0
    seen: set[str] = set()
    for row in rows:
        if row.key in seen:  # one row for each message that caused the step
            continue
        seen.add(row.key)
        for event in events_of(session, row):
            told |= set(_put(session, event, subscriptions, at))
            found += 1
    whole = len(rows) < AT_A_TIME
    feed.read_to = fence.row if whole else rows[-1].id
    active = {each.subscription for each in subscriptions if each.status == "active"}
    return Round(subscriptions=tuple(sorted(told & active)), events=found, more=not whole)


def delivery_of(event: str, subscription: str) -> str:
    """The webhook-id: the same at every attempt, and another one for another subscription."""
    return f"msg_{hashlib.sha256(f'{event}/{subscription}'.encode()).hexdigest()[:32]}"


def _put(session: Session, told: Told, subscriptions: Sequence[Subscription], at: datetime) -> Iterable[str]:
    """Keep an event, and have it on its way to everybody who wants it."""
    session.flush()
    values = told.model_dump(include={"event", "type", "order", "subject", "sequence", "at", "body"})
    insert_once(session, WebhookEvent, values)
    for each in subscriptions:
        if wants(each, told) and insert_once(session, WebhookDelivery, _delivery(told.event, told.order, told.sequence, each, at)):
            yield each.subscription


def wants(subscription: Subscription, told: Told) -> bool:
    """Whether it asked for events of this type, and whether this one is of what it is bound to."""
    bound = all(
        not value or value == of_event
        for value, of_event in (
            (subscription.customer, told.customer),
            (subscription.channel, told.channel),
            (subscription.location, told.location),
        )
    )
    return bound and told.type.value in subscription.events.split()


def _delivery(event: str, order: str, sequence: int, to: Subscription, at: datetime) -> dict[str, object]:
    return {
        "delivery": delivery_of(event, to.subscription),
        "subscription": to.subscription,
        "event": event,
        "order": order,
        "sequence": sequence,
        "status": "pending",
        "attempts": 0,
        "next_at": at,
        "answer": "",
        "ended_at": None,
    }


def put_test(session: Session, subscription: Subscription, at: datetime) -> str:
    """Have a test event on its way to one subscription; its webhook-id."""
    event = name_of("test", subscription.subscription, at.isoformat())
    body = Event(type=EventType.TEST, timestamp=at, data=EventData(id=event, sequence=0)).body()
    values = {"event": event, "type": EventType.TEST.value, "order": "", "subject": "", "sequence": 0, "at": at, "body": body}
    insert_once(session, WebhookEvent, values)
    insert_once(session, WebhookDelivery, _delivery(event, "", 0, subscription, at))
    return delivery_of(event, subscription.subscription)


def overdue(session: Session, at: datetime) -> list[str]:
    """Active subscriptions with something that ought to have been sent before: whoever was to be rung was not."""
    late = select(WebhookDelivery.subscription).where(
        WebhookDelivery.subscription == Subscription.subscription, WebhookDelivery.status == "pending", WebhookDelivery.next_at < at
    )
    return list(session.scalars(select(Subscription.subscription).where(Subscription.status == "active", late.exists())))


def forget_old(session: Session, at: datetime) -> None:
    """Deliveries that were sent long ago, and the events of which nobody keeps a delivery."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.status == "sent", WebhookDelivery.ended_at < at - KEPT_FOR))
    kept = select(WebhookDelivery.event).where(WebhookDelivery.event == WebhookEvent.event)
    ended = WebhookEvent.subject.not_like("settled/%")  # whether an invoice was told as paid is asked again when its payment comes back
    session.execute(delete(WebhookEvent).where(WebhookEvent.at < at - KEPT_FOR, ended, ~kept.exists()))


def has_old(session: Session, at: datetime) -> bool:
    """Whether there is something to forget."""
    old = select(WebhookDelivery.delivery).where(WebhookDelivery.status == "sent", WebhookDelivery.ended_at < at - KEPT_FOR)
    return session.scalar(old.limit(1)) is not None
