"""What lies where, how it came there, and for whom it is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Serial

_PLACE = ("item", "location", "bin")
_STOCK = ("stock.item", "stock.location", "stock.bin")


class Stock(Base):
    """on_hand = sum of its movements; reserved = sum of its open reservations."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("reserved >= 0 AND reserved <= on_hand", "reserved_within_on_hand"),)

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    bin: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class StockMovement(Base):
    """The stock ledger: rows are added, never changed. `kind` is one of the values in the check; `quantity` is positive for goods in."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        ForeignKeyConstraint(_PLACE, _STOCK),
        CheckConstraint(
            "kind IN ('receipt', 'short_pick', 'shipment', 'shipment_undone', 'restock', 'adjustment', 'transfer_out')", "kind"
        ),
        CheckConstraint("quantity <> 0", "moves_something"),
        Index(None, *_PLACE),
    )

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    item: Mapped[str]
    location: Mapped[str]
    bin: Mapped[str]
    quantity: Mapped[int]
    order: Mapped[str | None]
    actor: Mapped[str] = mapped_column(default="holdfast")
    at: Mapped[datetime]


class Reservation(Base):
    """Units of one bin that an allocation (`attempt` is its key) keeps for a line: the pick of its shipment.

    `asked` units were planned, `quantity` of them still stand. `ended` is empty while they are kept, then one of shipped, short, unpacked,
    released, abandoned.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("order", "shipment", "line", *_PLACE),
        ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),
        ForeignKeyConstraint(["order", "line"], ["order_lines.order", "order_lines.line"]),
        ForeignKeyConstraint(_PLACE, _STOCK),
        CheckConstraint("quantity >= 0 AND quantity <= asked", "quantity_within_asked"),
        CheckConstraint("ended IN ('', 'shipped', 'short', 'unpacked', 'released', 'abandoned')", "ended"),
        Index(None, "attempt"),
        Index(None, *_PLACE),
    )

    id: Mapped[Serial]
    attempt: Mapped[str]
    order: Mapped[str]
    shipment: Mapped[int]
    line: Mapped[int]
    item: Mapped[str]
    location: Mapped[str]
    bin: Mapped[str]
    asked: Mapped[int]
    quantity: Mapped[int]
    ended: Mapped[str] = mapped_column(default="")
