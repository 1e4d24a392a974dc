"""What shops are told: each piece of feedback with what the shop should know, what it was told, and how far the looking has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class ChannelFeedback(Base):
    """One thing that one shop should know: `wanted` is what it is now, `told` what the shop was told last.

    `subject` names it within its kind: a shipment with its tracking number, an order whose units were given up, a place of stock.
    `revision` counts how often `wanted` changed; `attempts` how often the shop did not answer since then.
    """

    __tablename__ = "channel_feedback"
    __table_args__ = (
        UniqueConstraint("shop", "kind", "subject"),
        CheckConstraint("kind IN ('shipment', 'cancellation', 'stock')", "kind"),
        CheckConstraint("status IN ('due', 'told', 'refused', 'unlisted')", "status"),
        Index(None, "shop", "status", "next_at"),
        Index(None, "order"),
    )

    entry: Mapped[Serial]
    shop: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    order: Mapped[str] = mapped_column(default="")
    item: Mapped[str] = mapped_column(default="")  # of stock: ours
    wanted: Mapped[Json]
    told: Mapped[Json | None]
    revision: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")  # the shop's own name of what it made of it
    changed_at: Mapped[datetime]
    next_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class FeedbackCursor(Base):
    """How far a ledger was read for a shop: up to `position`; `held_at` is since when a gap after it is waited for."""

    __tablename__ = "feedback_cursors"

    shop: Mapped[str] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(primary_key=True)  # orders, stock
    position: Mapped[int]
    held_at: Mapped[datetime | None]
