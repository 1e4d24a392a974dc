"""Subscriptions: who is told which events where; made, read, paused, resumed, removed, and given a new secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.tables import AuditEntry, Subscription, WebhookDelivery, WebhookFeed
from domain.errors import NotFound
from domain.order import Moment
from domain.values import Value
from domain.webhooks import EventType

FEED = "webhooks"

BOTH_SIGN_FOR = timedelta(days=1)
"""After a rotation the secret before signs as well for so long, as the Standard Webhooks specification proposes."""


class NewSubscription(Value):
    """`bound_to` narrows it to a customer's orders, a channel's, or the shipments of a location."""

    subscription: str
    url: str
    events: tuple[EventType, ...]
    name: str = ""
    contact: str = ""
    owner: str
    digest: str
    bound_to: Mapping[str, str] = {}


class SubscriptionView(Value):
    """A subscription without its secret; `waiting` and `dead` count deliveries."""

    subscription: str
    url: str
    events: tuple[str, ...]
    name: str
    contact: str
    owner: str
    customer: str
    channel: str
    location: str
    status: str
    reason: str
    failing_since: Moment | None
    old_until: Moment | None
    created_at: Moment
    created_by: str
    waiting: int = 0
    dead: int = 0


def add(session: Session, new: NewSubscription, at: datetime) -> None:
    """Keep a subscription; it hears of what happens from now on."""
    begin_feed(session)
    feed = session.get_one(WebhookFeed, FEED, with_for_update=True, populate_existing=True)  # whoever reads on finds it, or has read before
    session.add(
        Subscription(
            subscription=new.subscription,
            url=new.url,
            events=" ".join(new.events),
            name=new.name,
            contact=new.contact,
            owner=new.owner,
            digest=new.digest,
            old_until=None,
            failing_since=None,
            since=feed.read_to,
            created_at=at,
            created_by=new.owner,
            **new.bound_to,
        )
    )


def begin_feed(session: Session) -> None:
    """While nobody subscribes nothing is read: the first subscription begins with what happens from now on."""
    last = session.scalar(select(func.max(AuditEntry.id))) or 0
    new = insert_once(session, WebhookFeed, {"feed": FEED, "read_to": last})
    if not new and session.scalar(select(Subscription.subscription).limit(1)) is None:
        session.execute(update(WebhookFeed).where(WebhookFeed.feed == FEED, WebhookFeed.read_to < last).values(read_to=last))


def of(session: Session, subscription: str, lock: bool = False) -> Subscription:
    """Raises NotFound."""
    row = session.get(Subscription, subscription, with_for_update=lock)
    if row is None:
        raise NotFound("subscription", subscription)
    return row


def view(session: Session, subscription: str) -> SubscriptionView:
    """One subscription. Raises NotFound."""
    return _viewed(session, [of(session, subscription)])[0]


def all_of(session: Session, bound_to: Mapping[str, str] | None = None) -> list[SubscriptionView]:
    """All subscriptions, or those of a caller who is bound; the oldest first."""
    chosen = select(Subscription).order_by(Subscription.created_at, Subscription.subscription)
    for kind, value in (bound_to or {}).items():
        chosen = chosen.where(getattr(Subscription, kind) == value)
    return _viewed(session, list(session.scalars(chosen)))


def _viewed(session: Session, rows: Sequence[Subscription]) -> list[SubscriptionView]:
    counted = (
        select(WebhookDelivery.subscription, WebhookDelivery.status, func.count())
        .where(WebhookDelivery.subscription.in_([row.subscription for row in rows]), WebhookDelivery.status != "sent")
        .group_by(WebhookDelivery.subscription, WebhookDelivery.status)
    )
    counts = {(name, status): int(count) for name, status, count in session.execute(counted)}
    same = [name for name in SubscriptionView.model_fields if name not in ("events", "waiting", "dead")]
    return [
        SubscriptionView(
            **{name: getattr(row, name) for name in same},
            events=tuple(row.events.split()),
            waiting=counts.get((row.subscription, "pending"), 0),
            dead=counts.get((row.subscription, "dead"), 0),
        )
        for row in rows
    ]


def pause(session: Session, subscription: str, reason: str) -> None:
    """Send nothing until somebody resumes it; what happens meanwhile waits. Raises NotFound."""
    row = of(session, subscription, lock=True)
    if row.status == "active":
        row.status, row.reason = "paused", reason


def resume(session: Session, subscription: str, at: datetime) -> None:
    """Send again, beginning with what waited. Raises NotFound."""
    row = of(session, subscription, lock=True)
    row.status, row.reason, row.failing_since = "active", "", None
    waiting = (WebhookDelivery.subscription == subscription, WebhookDelivery.status == "pending")
    session.execute(update(WebhookDelivery).where(*waiting, WebhookDelivery.next_at > at).values(next_at=at))


def remove(session: Session, subscription: str) -> None:
    """Tell nothing any more, and forget what waited. Raises NotFound."""
    row = of(session, subscription, lock=True)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.subscription == subscription))
    session.delete(row)


def rotate(session: Session, subscription: str, generation: int, digest: str, at: datetime) -> None:
    """Sign with a new secret; the one before signs too for a day. Raises NotFound, and Refused when somebody else was quicker."""
    row = of(session, subscription, lock=True)
    require(row.generation == generation - 1, f"The secret of {subscription} was rotated by somebody else just now.")
    row.old_digest, row.old_until = row.digest, at + BOTH_SIGN_FOR
    row.generation, row.digest = generation, digest
