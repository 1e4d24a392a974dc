"""What locations can do and cost, by which rules they are chosen, and every choice that was made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json


class LocationAbility(Base):
    """What a location can do and what its work costs (minor units of the house's currency); one without a row can do all for nothing."""

    __tablename__ = "location_abilities"
    __table_args__ = (CheckConstraint("shipments_per_day IS NULL OR shipments_per_day > 0", "ships_something"),)

    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    ships_to: Mapped[str] = mapped_column(default="")  # zones such as DE or FR:69, separated by blanks; empty: everywhere
    services: Mapped[str] = mapped_column(default="")  # carrier services, separated by blanks; empty: every one
    hazardous: Mapped[bool] = mapped_column(default=True)
    cold: Mapped[bool] = mapped_column(default=True)
    shipments_per_day: Mapped[int | None]  # none: as many as come
    handling: Mapped[int] = mapped_column(default=0)  # each shipment
    handling_per_unit: Mapped[int] = mapped_column(default=0)


class FreightRate(Base):
    """What one shipment into a zone (`FR:69`, `FR` or `*`) costs, and each kilogram of it, in minor units of the house's currency."""

    __tablename__ = "freight_rates"
    __table_args__ = (CheckConstraint("base >= 0 AND per_kg >= 0", "no_rate_negative"),)

    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    base: Mapped[int]
    per_kg: Mapped[int] = mapped_column(default=0)


class SourcingPolicyRow(Base):
    """The rules and weights for orders of a channel, or of every channel (`*`) without its own."""

    __tablename__ = "sourcing_policies"

    channel: Mapped[str] = mapped_column(primary_key=True)
    policy: Mapped[Json]


class SourcingDecision(Base):
    """What an allocation (`key` is its own) chose and what it weighed; rows are added, never changed."""

    __tablename__ = "sourcing_decisions"
    __table_args__ = (Index(None, "order"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str] = mapped_column(ForeignKey("orders.order"))
    at: Mapped[datetime]
    rule: Mapped[str]
    decision: Mapped[Json]
