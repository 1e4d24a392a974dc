"""What came in: every document as its sender wrote it, what was found in it, what became of each part, and what somebody has to map."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Serial

STATUSES = ("open", "waiting", "done", "refused")


class InboxEntry(Base):
    """A document that was accepted; the pair of channel and delivery makes it one, however often it is delivered.

    `open`: not handed over yet; `waiting`: parts of it wait for a mapping or for their order; `done` and `refused` are final.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "delivery"),
        Index(None, "channel", "event", unique=True),
        CheckConstraint("status IN ('open', 'waiting', 'done', 'refused')", "status"),
        Index(None, "status", "next_at"),
    )

    entry: Mapped[Serial]
    channel: Mapped[str]  # whom it comes from: a shop's channel, edi/{partner}, desk, api/{caller}
    delivery: Mapped[str]  # the sender's own id of it
    form: Mapped[str]  # which translator reads it
    topic: Mapped[str] = mapped_column(default="")  # what the sender says it is, such as orders/create
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str]  # SHA-256 of the body
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]  # not before then is it tried again
    event: Mapped[str | None] = mapped_column(default=None)  # what it tells of, by the sender's id, where several deliveries may


class InboxPart(Base):
    """One order, message or refusal in a document, and what became of it; parts are numbered as the document has them."""

    __tablename__ = "inbox_parts"
    __table_args__ = (
        CheckConstraint("status IN ('mapping', 'parked', 'done', 'refused', 'ignored')", "status"),
        Index(None, "order", "status"),
        Index(None, "tracking", "status"),
    )

    entry: Mapped[int] = mapped_column(ForeignKey("inbox.entry"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(default="")  # where in the document
    kind: Mapped[str]  # order, or the name of the message
    order: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str] = mapped_column(default="")  # the tracking number that it is about, where it names no order
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class InboxNeed(Base):
    """A text of a sender that nobody has mapped to something of ours yet; its part waits."""

    __tablename__ = "inbox_needs"
    __table_args__ = (ForeignKeyConstraint(["entry", "part"], ["inbox_parts.entry", "inbox_parts.part"]), Index(None, "kind", "text"))

    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)  # item, customer, unit, partner
    text: Mapped[str] = mapped_column(primary_key=True)


class StatedOrder(Base):
    """An order as its shop said last that it stands, in the shop's words: what the shop says next is compared with it."""

    __tablename__ = "stated_orders"

    order: Mapped[str] = mapped_column(primary_key=True)
    said_at: Mapped[datetime]
    entry: Mapped[int]  # of the inbox
    document: Mapped[str]  # JSON of domain.restating.Stated


class Mapping(Base):
    """What a text of a channel means here; the channel `` holds for every channel that says nothing else."""

    __tablename__ = "mappings"

    channel: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(primary_key=True)
    ours: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
