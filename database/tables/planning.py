"""How items are planned, what was wanted of them before, and every proposal to order with its arithmetic."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial

_PLANNED = (["item", "location"], ["item_planning.item", "item_planning.location"])
_IS_OPEN = text("status = 'open'")


class ItemPlanningRow(Base):
    """The fields of `domain.replenishment.ItemPlanning`; costs are minor units of `currency`, rates and targets parts of one."""

    __tablename__ = "item_planning"
    __table_args__ = (
        CheckConstraint("scope IN ('network', 'location')", "scope"),
        CheckConstraint("goal IN ('cycle', 'fill')", "goal"),
        CheckConstraint("lead_from IN ('receipts', 'terms')", "lead_from"),
        CheckConstraint("minimum >= 1 AND multiple >= 1", "packs"),
        CheckConstraint("service > 0 AND service < 1", "service_within_one"),
        CheckConstraint("unit_cost > 0 AND holding_rate > 0 AND order_cost >= 0", "costs"),
    )

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    supplier: Mapped[str] = mapped_column(ForeignKey("suppliers.supplier"))
    scope: Mapped[str]
    lead_days: Mapped[float]
    lead_deviation: Mapped[float]
    lead_from: Mapped[str] = mapped_column(default="receipts")
    review_days: Mapped[float]
    minimum: Mapped[int]
    multiple: Mapped[int]
    order_cost: Mapped[int]
    unit_cost: Mapped[int]
    currency: Mapped[str]
    holding_rate: Mapped[float]
    goal: Mapped[str]
    service: Mapped[float]


class PastDemand(Base):
    """What was wanted before Holdfast knew the orders: imported, one row for an item, a location (empty: the network) and a day."""

    __tablename__ = "past_demand"
    __table_args__ = (CheckConstraint("quantity >= 0", "not_negative"),)

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    location: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    out_of_stock: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str]
    imported_at: Mapped[datetime]


class ReplenishmentRun(Base):
    """One run over all planned items; `result` says what it came to, once it has ended. It never overwrites what a later one planned."""

    __tablename__ = "replenishment_runs"

    run: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    bucket: Mapped[str]
    started_at: Mapped[datetime]
    result: Mapped[Json | None]


class ReplenishmentPlan(Base):
    """The newest plan of each planned item, with its whole arithmetic; `surplus` units are overstock or dead stock."""

    __tablename__ = "replenishment_plans"
    __table_args__ = (ForeignKeyConstraint(*_PLANNED), Index(None, "run"), Index(None, "verdict"))

    item: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("replenishment_runs.run"))
    verdict: Mapped[str]
    surplus: Mapped[int]
    plan: Mapped[Json]


class ReplenishmentProposal(Base):
    """A proposal to order `proposed` units; an approved one orders `quantity` of them by a line of a purchase order."""

    __tablename__ = "replenishment_proposals"
    __table_args__ = (
        UniqueConstraint("run", "item", "location"),
        ForeignKeyConstraint(*_PLANNED),
        ForeignKeyConstraint(["purchase_order", "purchase_line"], ["purchase_order_lines.purchase_order", "purchase_order_lines.line"]),
        CheckConstraint("status IN ('open', 'approved', 'rejected', 'superseded')", "status"),
        CheckConstraint("proposed > 0 AND (quantity IS NULL OR quantity > 0)", "units"),
        CheckConstraint("(status = 'approved') = (purchase_order IS NOT NULL)", "approved"),
        CheckConstraint("(purchase_order IS NULL) = (quantity IS NULL)", "quantity"),
        UniqueConstraint("purchase_order", "purchase_line"),
        Index("ix_replenishment_proposals_one_open", "item", "location", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index(None, "status"),
    )

    number: Mapped[Serial]
    run: Mapped[str] = mapped_column(ForeignKey("replenishment_runs.run"))
    item: Mapped[str]
    location: Mapped[str]
    supplier: Mapped[str] = mapped_column(ForeignKey("suppliers.supplier"))
    proposed: Mapped[int]
    status: Mapped[str] = mapped_column(default="open")
    quantity: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    purchase_order: Mapped[str | None]
    purchase_line: Mapped[int | None]
    plan: Mapped[Json]
    created_at: Mapped[datetime]
