"""Which steps were done, who caused them, and which document number comes next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class JournalEntry(Base):
    """A step by its key: `result` is what it answered; `undone` closes the door to attempts that come late."""

    __tablename__ = "journal"

    key: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str]
    result: Mapped[Json | None]
    undone: Mapped[bool] = mapped_column(default=False)
    repeats: Mapped[int] = mapped_column(default=0)


class AuditEntry(Base):
    """Who did what, when, and from which message: rows are added, never changed."""

    __tablename__ = "audit_trail"
    __table_args__ = (Index(None, "order"), Index(None, "message_id"))

    id: Mapped[Serial]
    order: Mapped[str]
    at: Mapped[datetime]
    step: Mapped[str]
    key: Mapped[str]
    actor: Mapped[str]
    message_id: Mapped[str] = mapped_column(default="")
    message_name: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")


class Counter(Base):
    """The last number given to a kind of document; taken in the document's own transaction, so that none is ever missing."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]
