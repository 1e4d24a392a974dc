"""What comes back and is not for sale, who is asked for money because of it, and what of a credit stays with us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class HeldStock(Base):
    """Units that are ours and given to nobody: on_hand = sum of their movements; `why` is quarantine or refurbish."""

    __tablename__ = "held_stock"
    __table_args__ = (CheckConstraint("on_hand >= 0", "on_hand_not_negative"), CheckConstraint("why IN ('quarantine', 'refurbish')", "why"))

    item: Mapped[str] = mapped_column(primary_key=True)  # as it was found: it may be none of ours
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    why: Mapped[str] = mapped_column(primary_key=True)
    lot: Mapped[str] = mapped_column(primary_key=True, default="")
    on_hand: Mapped[int] = mapped_column(default=0)


class HeldMovement(Base):
    """The ledger of held stock: rows are added, never changed. What is freed leaves it, and enters the stock ledger under the same key."""

    __tablename__ = "held_movements"
    __table_args__ = (
        CheckConstraint("kind IN ('returned', 'untaken', 'freed', 'scrapped')", "kind"),
        CheckConstraint("quantity <> 0", "moves_something"),
        ForeignKeyConstraint(
            ["item", "location", "why", "lot"], ["held_stock.item", "held_stock.location", "held_stock.why", "held_stock.lot"]
        ),
    )

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    item: Mapped[str]
    location: Mapped[str]
    why: Mapped[str]
    lot: Mapped[str] = mapped_column(default="")
    quantity: Mapped[int]
    order: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="holdfast")
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class SentBack(Base):
    """Goods that came with a return, were not taken, and left again to the customer under a label of their own."""

    __tablename__ = "sent_back"
    __table_args__ = (ForeignKeyConstraint(["order", "rma"], ["returns.order", "returns.rma"]),)

    key: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str]
    rma: Mapped[int]
    contents: Mapped[Json]  # item -> units
    carrier: Mapped[str]
    tracking: Mapped[str]
    cost: Mapped[int]
    currency: Mapped[str]
    at: Mapped[datetime]


class ClaimRow(Base):
    """Money that somebody owes us for goods: a carrier for what it lost or broke, a supplier for what goes back, a customer for what they
    were refunded too early. `status` is one of open, filed, accepted, refused, paid."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("against IN ('carrier', 'supplier', 'customer')", "against"),
        CheckConstraint("status IN ('open', 'filed', 'accepted', 'refused', 'paid')", "status"),
        CheckConstraint("amount >= 0 AND paid >= 0 AND paid <= amount", "paid_within_amount"),
        UniqueConstraint("key"),
        Index(None, "status", "due_at"),
    )

    claim: Mapped[Serial]
    key: Mapped[str]
    against: Mapped[str]
    party: Mapped[str]  # the carrier's name, the supplier's or the customer's id
    order: Mapped[str] = mapped_column(ForeignKey("orders.order"))
    shipment: Mapped[int] = mapped_column(default=0)
    rma: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str]
    amount: Mapped[int]  # minor units; 0 where nobody knows the value
    currency: Mapped[str]
    paid: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="open")
    evidence: Mapped[str] = mapped_column(default="")  # tracking number, photos, proof of value: what the other side wants to see
    reference: Mapped[str] = mapped_column(default="")  # theirs
    note: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # until when it has to be filed, then until when they have to answer
    filed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CreditFeeRow(Base):
    """What we keep of a credited line, with the tax of that part."""

    __tablename__ = "credit_fees"
    __table_args__ = (
        ForeignKeyConstraint(["order", "credit"], ["credit_notes.order", "credit_notes.credit"]),
        CheckConstraint("net >= 0", "not_negative"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    credit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(primary_key=True)
    net: Mapped[int]
    tax: Mapped[int]
