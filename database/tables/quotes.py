"""Quotes: what was offered, in every revision, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class Quote(Base):
    """A quote by its number, which has no gaps. Whether it has lapsed is told by its time, not by a mark."""

    __tablename__ = "quotes"
    __table_args__ = (
        CheckConstraint("ended IN ('', 'accepted', 'declined')", "ended"),
        CheckConstraint("(ended = 'accepted') = (\"order\" IS NOT NULL)", "accepted_has_an_order"),
        Index(None, "customer"),
    )

    quote: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)  # the request that it answers: customer and their number
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    currency: Mapped[str]
    revision: Mapped[int]  # the one that counts
    total: Mapped[int]  # minor units
    valid_until: Mapped[datetime]
    reserve: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    order: Mapped[str | None] = mapped_column(unique=True)
    entry: Mapped[int | None]  # the order's document in the inbox


class QuoteRevision(Base):
    """What was offered: the order with its prices and taxes, as it would be placed."""

    __tablename__ = "quote_revisions"
    __table_args__ = (Index(None, "mailing", sqlite_where=text("mailing = 'wanted'"), postgresql_where=text("mailing = 'wanted'")),)

    quote: Mapped[str] = mapped_column(ForeignKey("quotes.quote"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    placed: Mapped[Json]
    fingerprint: Mapped[str]  # of what was asked for
    valid_until: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    because: Mapped[str] = mapped_column(default="")
    mailing: Mapped[str] = mapped_column(default="")  # empty: nobody asked; wanted; sent; else why it was not sent
    mailings: Mapped[int] = mapped_column(default=0)  # how often it was asked for; each is a letter of its own
    mail_to: Mapped[str] = mapped_column(default="")


class QuoteEvent(Base):
    """What happened to a quote: made, revised, extended, accepted, declined."""

    __tablename__ = "quote_events"
    __table_args__ = (Index(None, "quote"),)

    id: Mapped[Serial]
    quote: Mapped[str] = mapped_column(ForeignKey("quotes.quote"))
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
