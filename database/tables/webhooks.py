"""Who is told what, what they were told, and how far the audit trail was read for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json


class Subscription(Base):
    """Somebody's address and the events that are sent there. Its secrets are derived from the house's key and kept nowhere.

    `active`: events are sent; `paused`: by a person, events wait; `disabled`: by us, because the address said so or failed for days.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (CheckConstraint("status IN ('active', 'paused', 'disabled')", "status"),)

    subscription: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    events: Mapped[str]  # separated by blanks
    name: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")  # whom an e-mail tells that it was disabled
    owner: Mapped[str]  # who may change it through the API
    customer: Mapped[str] = mapped_column(default="")  # only events of this customer's orders
    channel: Mapped[str] = mapped_column(default="")  # of this channel's
    location: Mapped[str] = mapped_column(default="")  # of shipments from this location
    generation: Mapped[int] = mapped_column(default=1)  # of its secret
    digest: Mapped[str]  # SHA-256 of the secret: whether the house's key is still the one it was derived from
    old_digest: Mapped[str] = mapped_column(default="")  # of the secret before
    old_until: Mapped[datetime | None]  # until when the secret before signs too
    status: Mapped[str] = mapped_column(default="active")
    reason: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]  # the first failure after the last success
    since: Mapped[int] = mapped_column(default=0)  # it hears of every row of the audit trail after this one
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class WebhookEvent(Base):
    """Something that subscribers are told; `body` is what is sent, character for character."""

    __tablename__ = "webhook_events"
    __table_args__ = (Index(None, "order", "subject"),)

    event: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    order: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # such as invoice/1
    sequence: Mapped[int]  # the row of the audit trail that it came from
    at: Mapped[datetime]
    body: Mapped[Json]


class WebhookDelivery(Base):
    """An event on its way to a subscription. `dead`: every attempt failed; somebody may replay it."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'sent', 'dead')", "status"),
        Index(None, "subscription", "status", "next_at"),
        Index(None, "status", "ended_at"),
    )

    delivery: Mapped[str] = mapped_column(primary_key=True)  # the webhook-id
    subscription: Mapped[str] = mapped_column(ForeignKey("subscriptions.subscription"))
    event: Mapped[str] = mapped_column(ForeignKey("webhook_events.event"))
    order: Mapped[str]
    sequence: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")  # what became of the last attempt, in words
    ended_at: Mapped[datetime | None]


class WebhookFeed(Base):
    """How far the audit trail was read: one row, which is locked by whoever reads on."""

    __tablename__ = "webhook_feed"

    feed: Mapped[str] = mapped_column(primary_key=True)
    read_to: Mapped[int]  # every row of the audit trail up to here was told
