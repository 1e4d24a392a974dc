"""EDI: what came from partners under which control number, what goes back to them, and what they say beside orders."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class EdiInterchange(Base):
    """An interchange that was taken: the same `identity` with the same `digest` is a repetition, with another one a fault."""

    __tablename__ = "edi_interchanges"

    identity: Mapped[str] = mapped_column(primary_key=True)  # syntax, sender, receiver, control number
    digest: Mapped[str]
    entry: Mapped[int] = mapped_column(ForeignKey("inbox.entry"))
    partner: Mapped[str]
    at: Mapped[datetime]


class EdiOrder(Base):
    """An order that a partner sent by EDI, and which documents the partner was to have back when it came."""

    __tablename__ = "edi_orders"
    __table_args__ = (Index(None, "partner"), Index(None, "settled"))

    order: Mapped[str] = mapped_column(primary_key=True)
    partner: Mapped[str]  # the name of the partner's map
    qualifier: Mapped[str]  # of the partner's id in an envelope
    receiver: Mapped[str]  # that id
    wants: Mapped[str]  # kinds of documents between blanks: " 810 855 856 "
    test: Mapped[bool]
    items: Mapped[Json] = mapped_column(default="{}")  # line -> the partner's own number of its item
    at: Mapped[datetime]
    settled: Mapped[bool] = mapped_column(default=False)  # it is over and its partner has everything: nobody looks at it any more


class EdiCounter(Base):
    """The last control number of what we sent under one id of ours to one of a partner."""

    __tablename__ = "edi_counters"

    pair: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class EdiOutgoing(Base):
    """A document for a partner; the pair of kind and key makes it one. `control` is drawn in the transaction that writes the row.

    `drawn`: not written to the wire yet; `sent`; `accepted` or `rejected` by the partner.
    """

    __tablename__ = "edi_outgoing"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        UniqueConstraint("pair", "control"),
        CheckConstraint("status IN ('drawn', 'sent', 'accepted', 'rejected')", "status"),
        Index(None, "status"),
        Index(None, "order"),
    )

    number: Mapped[Serial]
    kind: Mapped[str]  # 997, TA1, 855, 856, 810, 846, 940, 865; CONTRL, ORDRSP, DESADV, INVOIC
    key: Mapped[str]  # what it is about: an order, a shipment, an invoice, what came in
    partner: Mapped[str]
    pair: Mapped[str]  # syntax, our id, the partner's id
    control: Mapped[int]  # of its interchange, and of its group
    order: Mapped[str] = mapped_column(default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(default="drawn")
    drawn_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    errors: Mapped[str] = mapped_column(default="")  # what the partner says is wrong with it


class EdiStuck(Base):
    """A document that cannot be written, and why; the row goes when it can."""

    __tablename__ = "edi_stuck"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    partner: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]


class EdiChange(Base):
    """A change of an order that a partner asks for and a person decides: `open`, `accepted`, `rejected`."""

    __tablename__ = "edi_changes"
    __table_args__ = (
        UniqueConstraint("entry", "part"),
        CheckConstraint("status IN ('open', 'accepted', 'rejected')", "status"),
        Index(None, "status"),
        Index(None, "order"),
    )

    change: Mapped[Serial]
    entry: Mapped[int] = mapped_column(ForeignKey("inbox.entry"))
    part: Mapped[int]
    partner: Mapped[str]
    order: Mapped[str]
    document: Mapped[Json]
    status: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str] = mapped_column(default="")  # why a person decides; then why it was decided so
    at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")


class EdiRemittance(Base):
    """A partner says which invoices a payment is for; the payment itself comes with the bank's statement."""

    __tablename__ = "edi_remittances"
    __table_args__ = (Index(None, "reference"),)

    entry: Mapped[int] = mapped_column(ForeignKey("inbox.entry"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner: Mapped[str]
    reference: Mapped[str]
    payer: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    paid_on: Mapped[date | None]
    document: Mapped[Json]
    at: Mapped[datetime]


class EdiStock(Base):
    """What a partner last said to have of an item, by place and kind of quantity."""

    __tablename__ = "edi_stock"

    partner: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # X12 element 673: 33 available, 17 on hand
    quantity: Mapped[int]
    on: Mapped[date | None]
    reported_at: Mapped[datetime]
    reference: Mapped[str]
