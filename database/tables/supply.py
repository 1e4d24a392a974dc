"""What is on its way to us: purchase orders, transfers between locations, and every change of the day they are expected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Serial


class Supplier(Base):
    """Whom we buy from, and how many days they need when nothing else is known."""

    __tablename__ = "suppliers"
    __table_args__ = (CheckConstraint("lead_time_days >= 0", "lead_time"),)

    supplier: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    lead_time_days: Mapped[int]


class PurchaseOrder(Base):
    __tablename__ = "purchase_orders"
    __table_args__ = (CheckConstraint("status IN ('open', 'closed', 'cancelled')", "status"), Index(None, "status"))

    purchase_order: Mapped[str] = mapped_column(primary_key=True)
    supplier: Mapped[str] = mapped_column(ForeignKey("suppliers.supplier"))
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    status: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str] = mapped_column(default="")  # why it was given up
    placed_at: Mapped[datetime]
    created_by: Mapped[str]


class PurchaseOrderLine(Base):
    """received = sum of its receipts; never more than was ordered. As long as its order is open, the rest is a scheduled receipt."""

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        CheckConstraint("ordered > 0 AND received >= 0 AND received <= ordered", "within_ordered"),
        Index(None, "item", "expected_at"),
    )

    purchase_order: Mapped[str] = mapped_column(ForeignKey("purchase_orders.purchase_order"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str] = mapped_column(ForeignKey("items.item"))
    ordered: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    expected_at: Mapped[datetime]

    @property
    def outstanding(self) -> int:
        return self.ordered - self.received


class Transfer(Base):
    """Goods that travel together from one of our locations to another; they leave on one day and are expected on one."""

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'shipped', 'received', 'closed', 'cancelled')", "status"),
        CheckConstraint("from_location <> to_location", "moves_somewhere"),
        Index(None, "status"),
    )

    transfer: Mapped[str] = mapped_column(primary_key=True)
    from_location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    to_location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    expected_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="planned")
    reason: Mapped[str] = mapped_column(default="")  # why it was given up
    placed_at: Mapped[datetime]
    created_by: Mapped[str]


class TransferLine(Base):
    """received <= shipped <= quantity; what was shipped left the origin by movements, what was received are receipts.

    An item has one line in a transfer.
    """

    __tablename__ = "transfer_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND received >= 0 AND received <= shipped AND shipped <= quantity", "received_shipped_quantity"),
        UniqueConstraint("transfer", "item"),
        Index(None, "item"),
    )

    transfer: Mapped[str] = mapped_column(ForeignKey("transfers.transfer"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str] = mapped_column(ForeignKey("items.item"))
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)

    @property
    def on_the_way(self) -> int:
        """Units that have left their origin and have not arrived."""
        return self.shipped - self.received


class SupplyReceipt(Base):
    """Which receipt came against what: a line of a purchase order or of a transfer; rows are added, never changed."""

    __tablename__ = "supply_receipts"
    __table_args__ = (
        ForeignKeyConstraint(["purchase_order", "line"], ["purchase_order_lines.purchase_order", "purchase_order_lines.line"]),
        ForeignKeyConstraint(["transfer", "line"], ["transfer_lines.transfer", "transfer_lines.line"]),
        CheckConstraint("(purchase_order IS NULL) <> (transfer IS NULL)", "against_one_thing"),
        CheckConstraint("quantity > 0", "receives_something"),
        Index(None, "purchase_order", "line"),
        Index(None, "transfer", "line"),
    )

    receipt: Mapped[str] = mapped_column(primary_key=True)
    purchase_order: Mapped[str | None]
    line: Mapped[int]
    transfer: Mapped[str | None]
    quantity: Mapped[int]
    at: Mapped[datetime]


class SupplySlip(Base):
    """Every change of an expected day: how reliable a supplier is, and why promises moved. Rows are added, never changed."""

    __tablename__ = "supply_slips"
    __table_args__ = (Index(None, "slip"), Index(None, "supply"))

    id: Mapped[Serial]
    slip: Mapped[str]  # the message's own id; one message may move several lines
    supply: Mapped[str]  # purchase/{number}/{line} or transfer/{number}
    was: Mapped[datetime]
    becomes: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    actor: Mapped[str]
    at: Mapped[datetime]
