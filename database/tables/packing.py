"""What packing needs to know and what the packing station did: measures, cartons, rules, numbers of parcels, scans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json


class ItemMeasures(Base):
    """How large one unit is and how it may be packed; its weight stands with the item."""

    __tablename__ = "item_measures"
    __table_args__ = (
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", "sides_positive"),
        CheckConstraint("goods_class IN ('general', 'food')", "goods_class"),
    )

    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    goods_class: Mapped[str] = mapped_column(default="general")  # what is hazardous stands with the item
    upright: Mapped[bool] = mapped_column(default=False)  # never turned on its side
    as_is: Mapped[bool] = mapped_column(default=False)  # ships in the container it comes in


class CartonRow(Base):
    """The carton list: sides are inside, `max_weight_g` is gross, `cost` is in minor units of the house's own currency."""

    __tablename__ = "cartons"
    __table_args__ = (
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", "sides_positive"),
        CheckConstraint("tare_g >= 0 AND max_weight_g > tare_g AND cost >= 0", "weights_and_cost"),
    )

    carton: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(default="")
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    tare_g: Mapped[int]
    max_weight_g: Mapped[int]
    cost: Mapped[int]


class PackingRulesRow(Base):
    """What a customer asks of every parcel."""

    __tablename__ = "packing_rules"

    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"), primary_key=True)
    rules: Mapped[Json]


class PackingProposal(Base):
    """Parcels proposed for a shipment; `fingerprint` names the goods and the rules that they were proposed for."""

    __tablename__ = "packing_proposals"
    __table_args__ = (ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),)

    order: Mapped[str] = mapped_column(primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str]
    proposal: Mapped[Json]
    proposed_at: Mapped[datetime]


class SsccCounter(Base):
    """Our series of SSCCs; `last` is the serial that was given out last, without gaps."""

    __tablename__ = "sscc_series"
    __table_args__ = (CheckConstraint("last >= 0", "last"),)

    series: Mapped[str] = mapped_column(primary_key=True)
    extension: Mapped[int]
    company_prefix: Mapped[str]
    last: Mapped[int] = mapped_column(default=0)


class LogisticUnit(Base):
    """Every SSCC that was ever given out, and to which parcel; `ended` says why it is on no parcel any more."""

    __tablename__ = "logistic_units"
    __table_args__ = (
        ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),
        CheckConstraint("ended IN ('', 'repacked')", "ended"),
    )

    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sscc: Mapped[str] = mapped_column(unique=True)
    order: Mapped[str]
    shipment: Mapped[int]
    parcel: Mapped[int]
    ended: Mapped[str] = mapped_column(default="")


class PackingSession(Base):
    """A shipment at the packing station. `fact` is what the order is told when it is closed; `told_at` says that it was."""

    __tablename__ = "packing_sessions"
    __table_args__ = (ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),)

    order: Mapped[str] = mapped_column(primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # a shipment that has to be packed anew has several
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    fact: Mapped[Json | None]
    told_at: Mapped[datetime | None]


class PackedParcel(Base):
    """A parcel of a session; its SSCC is drawn with its first scan, so that its label can be printed before it is closed."""

    __tablename__ = "packing_parcels"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order", "shipment", "round"], ["packing_sessions.order", "packing_sessions.shipment", "packing_sessions.round"]
        ),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parcel: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    carton: Mapped[str] = mapped_column(default="")
    sscc: Mapped[str] = mapped_column(default="")
    weight_g: Mapped[int | None]  # as the scale said; none: reckoned from the items


class PackingScan(Base):
    """One scan: units of an item that were put into a parcel. The scan's id makes a repetition harmless."""

    __tablename__ = "packing_scans"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order", "shipment", "round", "parcel"],
            ["packing_parcels.order", "packing_parcels.shipment", "packing_parcels.round", "packing_parcels.parcel"],
        ),
        CheckConstraint("quantity > 0", "quantity"),
    )

    scan: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str]
    shipment: Mapped[int]
    round: Mapped[int]
    parcel: Mapped[int]
    item: Mapped[str]
    quantity: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
