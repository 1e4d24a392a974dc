"""What passes between us and the carriers: where parcels are fetched, labels as they came, calls whose answer may be lost, manifests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json


class Dock(Base):
    """Where a location's parcels are fetched: the address that carriers and labels show."""

    __tablename__ = "docks"

    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    address: Mapped[Json]
    phone: Mapped[str] = mapped_column(default="")


class LabelDocument(Base):
    """A label as the carrier gave it. `ship_key` is the purchase that it came with: a label bought anew does not mix with the old one."""

    __tablename__ = "label_documents"
    __table_args__ = (
        ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),
        CheckConstraint("format IN ('pdf', 'zpl')", "format"),
        Index(None, "order", "shipment"),
    )

    ship_key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order: Mapped[str]
    shipment: Mapped[int]
    format: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CarrierCall(Base):
    """A label that was asked for under our key; without an answer nobody knows whether it was sold, and it is looked up first."""

    __tablename__ = "carrier_calls"
    __table_args__ = (CheckConstraint("state IN ('asked', 'bought', 'voided')", "state"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")  # what the carrier knows the purchase by
    state: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[Json | None]


class Manifest(Base):
    """What one carrier fetched at one location: the paper that the driver signs. Numbered without gaps."""

    __tablename__ = "manifests"
    __table_args__ = (UniqueConstraint("document"), Index(None, "location", "carrier"))

    manifest: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str]
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    carrier: Mapped[str]
    closed_at: Mapped[datetime]
    actor: Mapped[str]
    reference: Mapped[str | None]  # the carrier's own number of it; none until the carrier has it, empty when it wants none


class ManifestLine(Base):
    """A shipment on a manifest: on one only, and on none again unless it is shipped anew under another label."""

    __tablename__ = "manifest_lines"
    __table_args__ = (ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]), Index(None, "manifest"))

    tracking: Mapped[str] = mapped_column(primary_key=True)
    manifest: Mapped[int] = mapped_column(ForeignKey("manifests.manifest"))
    order: Mapped[str]
    shipment: Mapped[int]
    service: Mapped[str]
    parcels: Mapped[int]
    weight_g: Mapped[int]


class PulledEvent(Base):
    """A carrier's word that we fetched ourselves, once: `told_at` says that its order knows it."""

    __tablename__ = "pulled_events"
    __table_args__ = (ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),)

    event: Mapped[str] = mapped_column(primary_key=True)  # the id of the message that tells the order
    order: Mapped[str]
    shipment: Mapped[int]
    fact: Mapped[Json]
    told_at: Mapped[datetime | None]
