"""What customers were promised: every promise made, moved, kept or broken, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base


class Promise(Base):
    """The ledger of promises of a line, numbered from 1: rows are added, never changed.

    `made`: the customer was told `promised_at`. `moved`: it will be another day, of which the customer was not told. `kept` or `broken`
    ends it. `told_at` is what the customer counts on, `ready_at` when the goods will be there to be packed, and `supply` what that hangs
    on: stock, lead time, or the name of a purchase order's line or a transfer.
    """

    __tablename__ = "promises"
    __table_args__ = (
        ForeignKeyConstraint(["order", "line"], ["order_lines.order", "order_lines.line"]),
        CheckConstraint("status IN ('made', 'moved', 'kept', 'broken')", "status"),
        Index(None, "supply"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    promised_at: Mapped[datetime]
    told_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    supply: Mapped[str]
    cause: Mapped[str]
    made_at: Mapped[datetime]
