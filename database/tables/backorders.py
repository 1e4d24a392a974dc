"""Who won stock in the backorder queue, and which stock changed hands between orders on purpose."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class BackorderWin(Base):
    """Stock that was set aside for an order of the queue; the units themselves are the soft reservation `win/{win}`.

    A `complete` win is told to its order, which comes and allocates it. What is only saved up for an order is told to nobody until the rest
    has come: it is handed out anew each time. No foreign key leads to the order: checking it would lock an order's row after the locks of
    items, and the order's own steps take their locks the other way round.
    """

    __tablename__ = "backorder_wins"
    __table_args__ = (Index(None, "order"), Index(None, "cause"), Index(None, "told_at"))

    win: Mapped[Serial]
    order: Mapped[str]
    units: Mapped[Json]  # item -> units, as they were won
    complete: Mapped[bool]
    cause: Mapped[str]  # "receipt GR-1", "freed stock", "reallocation 3"
    won_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class ReallocationRow(Base):
    """Stock of an item that changed hands on purpose: by which strategy, on whose word; `undone_by` is the one that took it back."""

    __tablename__ = "reallocations"

    reallocation: Mapped[Serial]
    request: Mapped[str] = mapped_column(unique=True)
    item: Mapped[str] = mapped_column(ForeignKey("items.item"))
    strategy: Mapped[str]
    order: Mapped[str] = mapped_column(default="")  # the one that wins, gains or loses; empty for a strategy about all
    free_before: Mapped[int]
    free_after: Mapped[int]
    actor: Mapped[str]
    at: Mapped[datetime]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("reallocations.reallocation"))
    undone_by: Mapped[int | None]


class ReallocationShare(Base):
    """What the plan leaves an order with, and why. `moved` units are really its own by now, or really gone (below zero)."""

    __tablename__ = "reallocation_shares"
    __table_args__ = (CheckConstraint("before >= 0 AND after >= 0", "no_unit_negative"),)

    reallocation: Mapped[int] = mapped_column(ForeignKey("reallocations.reallocation"), primary_key=True)
    order: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]  # in the order of the queue
    wants: Mapped[int]
    before: Mapped[int]
    after: Mapped[int]
    moved: Mapped[int] = mapped_column(default=0)
    why: Mapped[str]


class ReallocationTake(Base):
    """A shipment that its order is asked to give up, and how many units of it are for others; the rest stays with the order."""

    __tablename__ = "reallocation_takes"
    __table_args__ = (
        ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),
        CheckConstraint("units > 0", "takes_something"),
    )

    reallocation: Mapped[int] = mapped_column(ForeignKey("reallocations.reallocation"), primary_key=True)
    order: Mapped[str] = mapped_column(primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    units: Mapped[int]
