"""What customers asked for, what was refused, and how far each line has come."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class Intake(Base):
    """The order as the channel delivered it, with names and addresses; the pair of channel and external id makes it one order."""

    __tablename__ = "order_intake"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    order: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    fingerprint: Mapped[str]
    document: Mapped[Json]
    received_at: Mapped[datetime]


class Refusal(Base):
    """A document or a message that was not taken: where it came from, what was wrong and where."""

    __tablename__ = "refusals"

    id: Mapped[Serial]
    source: Mapped[str]
    place: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("outcome IN ('', 'closed', 'cancelled', 'rejected')", "outcome"),
        Index(None, "customer"),
        Index(None, "placed_at"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    customer: Mapped[str | None] = mapped_column(ForeignKey("customers.customer"))
    stated_customer: Mapped[str]  # as the channel named them
    po_number: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    terms: Mapped[str]
    policy: Mapped[str]
    ships_apart_at: Mapped[datetime | None]  # when a person let an order that ships together go in parts
    priority: Mapped[int | None]  # in the backorder queue among orders of equally important customers; none: the usual one
    placed_at: Mapped[datetime]
    requested_at: Mapped[datetime | None]
    total: Mapped[int]  # minor units, as placed
    ledger_currency: Mapped[str] = mapped_column(default="EUR")  # the house's, when the order was taken in
    ship_country: Mapped[str] = mapped_column(default="")  # where it goes, as far as sourcing and the way there depend on it
    ship_postcode: Mapped[str] = mapped_column(default="")
    service: Mapped[str] = mapped_column(default="")  # the carrier service that the customer asked for
    basket: Mapped[str] = mapped_column(default="")  # the cart or quote whose soft reservations are this order's
    accepted_at: Mapped[datetime | None]
    held: Mapped[str] = mapped_column(default="")  # the reason of the hold
    review_at: Mapped[datetime | None]  # of the hold
    returnable_until: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class OrderLine(Base):
    """ordered = cancelled + open + allocated + picked + packed + shipped; delivered <= shipped; returned <= delivered."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("ordered = cancelled + open + allocated + picked + packed + shipped", "units_add_up"),
        CheckConstraint(
            "cancelled >= 0 AND open >= 0 AND allocated >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0", "no_unit_negative"
        ),
        CheckConstraint("returned >= 0 AND returned <= delivered AND delivered <= shipped", "returned_delivered_shipped"),
        Index(None, "item", "backorder_due"),
    )

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="")  # why a line that the customer did not place exists
    bills_to: Mapped[int]  # the placed line whose money its units take; 0: free of charge
    unit_price: Mapped[str]  # a decimal in major units
    amount: Mapped[int] = mapped_column(default=0)  # minor units of the order's total that are this line's: net, and tax where it adds
    priced: Mapped[int] = mapped_column(default=0)  # how many units `amount` is for
    ordered: Mapped[int]
    cancelled: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)
    picked: Mapped[int] = mapped_column(default=0)
    packed: Mapped[int] = mapped_column(default=0)
    shipped: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    requested_at: Mapped[datetime | None]  # the line's own requested date; none: the order's
    backorder_due: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]  # since when it stands in the backorder queue
    derivation: Mapped[Json | None] = mapped_column(deferred=True)  # how its price came about; none for lines that were added

    def wait(self, due: datetime | None, at: datetime) -> None:
        """Stand in the backorder queue until `due`, from now on or as long as before; without it, stand there no more."""
        self.backorder_due = due
        self.waiting_since = None if due is None else self.waiting_since or at

    def move(self, source: str, target: str, quantity: int) -> None:
        """Move units between two of the buckets of the first sentence above."""
        setattr(self, source, getattr(self, source) - quantity)
        setattr(self, target, getattr(self, target) + quantity)


class OrderFinding(Base):
    __tablename__ = "order_findings"

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str]
    reason: Mapped[str]
    severity: Mapped[str]


class ExceptionRow(Base):
    """What a person has to decide; open while `decision` is empty."""

    __tablename__ = "exceptions"
    __table_args__ = (Index(None, "kind"),)

    order: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    escalations: Mapped[int] = mapped_column(default=0)
    offered: Mapped[str] = mapped_column(default="")  # the choices that make sense, separated by blanks; empty: all of the kind
    decision: Mapped[Json | None]


class Shipment(Base):
    """`attempt` is the key of the allocation that planned it, `ship_key` that of the step which shipped it."""

    __tablename__ = "shipments"
    __table_args__ = (
        CheckConstraint(
            "status IN ('planned', 'released', 'picked', 'packed', 'shipped', 'delivered', 'lost', 'returned', 'cancelled')", "status"
        ),
        Index(None, "attempt"),
        Index(None, "location", "ships_on"),
    )

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    attempt: Mapped[str]
    status: Mapped[str] = mapped_column(default="planned")
    reason: Mapped[str] = mapped_column(default="")  # why it was given up
    due_at: Mapped[datetime | None]  # the deadline of what it waits for now
    ships_on: Mapped[date | None]  # the day whose capacity of the location it takes
    day_limit: Mapped[int | None]  # how many shipments the location took on a day when this one was planned; none: as many as come
    pick_reference: Mapped[str] = mapped_column(default="")
    ship_key: Mapped[str] = mapped_column(default="")
    carrier: Mapped[str] = mapped_column(default="")
    service: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str | None] = mapped_column(unique=True)
    cost: Mapped[int | None]  # minor units of `cost_currency`
    cost_currency: Mapped[str] = mapped_column(default="")
    expected_at: Mapped[datetime | None]
    carrier_status: Mapped[str] = mapped_column(default="")
    carrier_status_at: Mapped[datetime | None]
    carrier_detail: Mapped[str] = mapped_column(default="")
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")


class ParcelRow(Base):
    __tablename__ = "parcels"
    __table_args__ = (ForeignKeyConstraint(["order", "shipment"], ["shipments.order", "shipments.shipment"]),)

    order: Mapped[str] = mapped_column(primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parcel: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weight_g: Mapped[int]
    contents: Mapped[Json]  # the parcel as the floor described it
    sscc: Mapped[str | None] = mapped_column(unique=True)  # none where the house has no GS1 company prefix


class Return(Base):
    """`status` is one of authorized, received, inspected and the outcomes refunded, exchanged, billed, expired, rejected."""

    __tablename__ = "returns"
    __table_args__ = (Index(None, "tracking"),)

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    rma: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(ForeignKey("locations.location"))
    tracking: Mapped[str] = mapped_column(default="")
    status: Mapped[str]
    due_at: Mapped[datetime | None]
    authorized_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    prices: Mapped[Json | None] = mapped_column(deferred=True)  # of an exchange: item -> how its price was derived


class ReturnLine(Base):
    """Units of a line: authorized, received, and after inspection by what became of them."""

    __tablename__ = "return_lines"
    __table_args__ = (
        ForeignKeyConstraint(["order", "rma"], ["returns.order", "returns.rma"]),
        CheckConstraint("restock >= 0 AND scrap >= 0 AND refurbish >= 0 AND vendor >= 0", "no_unit_negative"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    rma: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    authorized: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    restock: Mapped[int] = mapped_column(default=0)
    scrap: Mapped[int] = mapped_column(default=0)
    refurbish: Mapped[int] = mapped_column(default=0)
    vendor: Mapped[int] = mapped_column(default=0)
    quarantine: Mapped[int] = mapped_column(default=0)
    send_back: Mapped[int] = mapped_column(default=0)
    customer_keeps: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0)  # of those received
    reason: Mapped[str] = mapped_column(default="")
