"""Claims on stock that nothing is allocated for yet: soft reservations, and what channels keep for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base


class SoftReservation(Base):
    """Units of an item at a location, in no bin in particular, that only their owner may allocate: `quantity` of the `asked` still are.

    It stands while `ended` is empty and `expires_at`, if there is one, has not come; whether anybody has marked it expired does not matter.
    A reservation of several items, or from several locations, has a row each, numbered from 1.
    """

    __tablename__ = "soft_reservations"
    __table_args__ = (
        CheckConstraint("kind IN ('cart', 'quote', 'grant')", "kind"),
        CheckConstraint("ended IN ('', 'used', 'expired', 'released')", "ended"),
        CheckConstraint("(ended = '') = (ended_at IS NULL)", "ended_has_its_time"),
        CheckConstraint("quantity >= 0 AND quantity <= asked", "quantity_within_asked"),
        CheckConstraint("expires_at IS NOT NULL OR kind = 'grant'", "only_grants_endless"),
        Index(None, "item", "ended"),
        Index(None, "owner"),
        Index(None, "ended", "expires_at"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    owner: Mapped[str]  # a cart, a quote or, for a grant, an order
    channel: Mapped[str]
    item: Mapped[str] = mapped_column(ForeignKey("items.item"))
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    asked: Mapped[int]
    quantity: Mapped[int]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class ChannelQuota(Base):
    """What one channel must leave of an item at a location (`kept_back`), and what no other channel may take (`quota`).

    A quota counts from the moment it is set: reservations with a higher number than `counts_after` use it up.
    """

    __tablename__ = "channel_quotas"
    __table_args__ = (CheckConstraint("kept_back >= 0 AND quota >= 0", "no_unit_negative"),)

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # or * for the safety stock of every channel without a row
    kept_back: Mapped[int] = mapped_column(default=0)
    quota: Mapped[int] = mapped_column(default=0)
    counts_after: Mapped[int] = mapped_column(default=0)
