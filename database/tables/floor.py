"""The floor's own book: where bins stand, what is to be picked, in which wave, what was scanned, and what has to be counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial

_STOCK = ("stock.item", "stock.location", "stock.bin")


class Bin(Base):
    """A place where goods lie: its zone, its aisle, and how far down the aisle it is. Stock in a bin without a row is walked to last."""

    __tablename__ = "bins"

    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    bin: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(default="")
    aisle: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)


class Wave(Base):
    """Pick tasks of one location that are walked together; `zone` and `cut_off` are what they were gathered by."""

    __tablename__ = "waves"
    __table_args__ = (Index(None, "location"),)

    wave: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    zone: Mapped[str] = mapped_column(default="")
    cut_off: Mapped[datetime | None]
    created_at: Mapped[datetime]
    actor: Mapped[str]


class PickRelease(Base):
    """One shipment's picks, handed to our own floor under the key of the step that released them.

    `confirmed` when every task is picked or closed short; `cancelled` for ever, also when it was never released: a late release finds it.
    """

    __tablename__ = "pick_releases"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'confirmed', 'cancelled')", "status"),
        Index(None, "order", "shipment"),
        Index(None, "location", "status"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(unique=True)
    order: Mapped[str] = mapped_column(default="")
    shipment: Mapped[int] = mapped_column(default=0)
    location: Mapped[str] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(default=5)  # 1 is picked first, 9 last
    due_at: Mapped[datetime | None]  # the cut-off: picked by then, or somebody is asked
    released_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="open")
    confirmed_at: Mapped[datetime | None]


class PickTask(Base):
    """`quantity` units of one line to take out of one bin; `picked` is the sum of its scans.

    A task ends `picked`, `short` (there was less), `told` (its order heard of the pick without a scan) or `cancelled`.
    """

    __tablename__ = "pick_tasks"
    __table_args__ = (
        UniqueConstraint("release", "line", "item", "bin", "lot"),
        CheckConstraint("status IN ('released', 'waved', 'picked', 'short', 'told', 'cancelled')", "status"),
        CheckConstraint("picked >= 0 AND picked <= quantity", "picked_within_quantity"),
        Index(None, "wave"),
        Index(None, "item", "location", "bin"),
    )

    id: Mapped[Serial]
    release: Mapped[str] = mapped_column(ForeignKey("pick_releases.key"))
    order: Mapped[str]
    shipment: Mapped[int]
    line: Mapped[int]
    item: Mapped[str]
    location: Mapped[str]
    bin: Mapped[str]
    lot: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    quantity: Mapped[int]
    picked: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="released")
    wave: Mapped[str | None] = mapped_column(ForeignKey("waves.wave"))
    position: Mapped[int] = mapped_column(default=0)  # its place in the walk of its wave


class ScanRow(Base):
    """A scan that was taken, as it was said and as it was answered: the same scan again gets the same answer."""

    __tablename__ = "scans"
    __table_args__ = (Index(None, "wave"),)

    scan: Mapped[str] = mapped_column(primary_key=True)
    wave: Mapped[str]
    said: Mapped[Json]
    answer: Mapped[Json] = mapped_column(default="")
    at: Mapped[datetime]
    actor: Mapped[str]


class ScanPart(Base):
    """What a scan took for one task: a picker takes the units of several orders from a bin in one go."""

    __tablename__ = "scan_parts"
    __table_args__ = (CheckConstraint("quantity > 0", "takes_something"), Index(None, "task"))

    scan: Mapped[str] = mapped_column(ForeignKey("scans.scan"), primary_key=True)
    task: Mapped[int] = mapped_column(ForeignKey("pick_tasks.id"), primary_key=True)
    quantity: Mapped[int]


class PickedSerial(Base):
    """The serial number of a unit that was picked for a shipment."""

    __tablename__ = "picked_serials"
    __table_args__ = (Index(None, "order", "shipment"),)

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    serial: Mapped[str] = mapped_column(primary_key=True)
    release: Mapped[str] = mapped_column(ForeignKey("pick_releases.key"), primary_key=True)
    order: Mapped[str]
    shipment: Mapped[int]
    line: Mapped[int]
    lot: Mapped[str] = mapped_column(default="")
    scan: Mapped[str]


class CountTask(Base):
    """A bin (and lot) to be counted. `open` until somebody counts, `counted` while a variance waits for approval, then `posted` into the
    ledger, or `recounted` by a later task.

    `expected` is what had to lie in the bin when it was counted: on hand less what was picked and stands at the packing table. `ledger_at`
    is the last movement of the bin by then: corrections booked after it are part of the same variance.
    """

    __tablename__ = "count_tasks"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'counted', 'posted', 'recounted')", "status"),
        CheckConstraint("reason IN ('short_pick', 'plan', 'recount')", "reason"),
        CheckConstraint("counted IS NULL OR counted >= 0", "counted_not_negative"),
        ForeignKeyConstraint(("item", "location", "bin"), _STOCK),
        Index(None, "status", "location"),
        Index(None, "item", "location", "bin"),
    )

    task: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    location: Mapped[str]
    bin: Mapped[str]
    lot: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    expected: Mapped[int | None]
    counted: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    counted_by: Mapped[str] = mapped_column(default="")
    ledger_at: Mapped[int] = mapped_column(default=0)
    adjusted: Mapped[int | None]  # what went into the ledger when it was posted
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


class OutboxFact(Base):
    """A fact that a transaction of ours established and an order has to hear; kept until it was told, so that a crash forgets nothing."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "told_at"),)

    message_id: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str]
    name: Mapped[str]
    body: Mapped[Json]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # the sentence of an order that would not hear it
