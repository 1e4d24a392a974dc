"""Customers' accounts: money and credit of a customer that no order holds, and who works here in which role."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Serial


class AccountEntry(Base):
    """The ledger of customers' accounts: rows are added, never changed.

    As in the receivables ledger, positive minor units raise what is owed to us; a customer whose entries add up to less than nothing has
    that much on account.
    """

    __tablename__ = "account_entries"
    __table_args__ = (Index(None, "customer", "currency"),)

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    currency: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[int]
    order: Mapped[str] = mapped_column(default="")  # the order that it came from or went to
    reference: Mapped[str] = mapped_column(default="")  # the bank's, the gateway's or our own name of it
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class StaffRole(Base):
    """What somebody may do here beyond what everybody may: one row for each role of an actor."""

    __tablename__ = "staff_roles"

    actor: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
