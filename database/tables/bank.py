"""What the bank says and what we made of it: statements, their entries, and what each entry was matched to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class BankStatement(Base):
    """One statement as it was read, known again by its digest. `trouble` says why its entries were not applied without a person."""

    __tablename__ = "bank_statements"

    id: Mapped[Serial]
    digest: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str]
    statement: Mapped[str]
    sequence: Mapped[str] = mapped_column(default="")
    form: Mapped[str]
    currency: Mapped[str]
    opening: Mapped[int | None]
    closing: Mapped[int | None]
    entries: Mapped[int]  # how many it states
    trouble: Mapped[str] = mapped_column(default="")
    file: Mapped[str] = mapped_column(default="")
    read_at: Mapped[datetime]
    read_by: Mapped[str]


class BankEntryRow(Base):
    """Money that moved on our account: a fact, once, whatever statements tell of it, and what became of it.

    `status`: matched (its parts say to what), on_account, queued, ignored, reversed (its parts were taken back).
    """

    __tablename__ = "bank_entries"
    __table_args__ = (
        CheckConstraint("amount >= 0", "amount"),
        CheckConstraint("status IN ('matched', 'on_account', 'queued', 'ignored', 'reversed')", "status"),
        Index(None, "account", "booked_on", "amount"),
        Index(None, "status"),
        Index(None, "end_to_end"),
    )

    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int]
    credit: Mapped[bool]
    reversal: Mapped[bool] = mapped_column(default=False)
    booked_on: Mapped[date]
    value_on: Mapped[date | None]
    end_to_end: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    payer: Mapped[str] = mapped_column(default="")
    iban: Mapped[str] = mapped_column(default="")
    bank_reference: Mapped[str] = mapped_column(default="")
    return_reason: Mapped[str] = mapped_column(default="")
    charges: Mapped[int] = mapped_column(default=0)
    status: Mapped[str]
    because: Mapped[str] = mapped_column(default="")  # what was seen, why it is queued, why it is ignored
    candidates: Mapped[Json] = mapped_column(default="[]")
    takes_back: Mapped[int] = mapped_column(default=0)  # the entry that this one reverses
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]


class BankSighting(Base):
    """Where an entry stands in a statement; one that is told by two statements stands in both and is one entry."""

    __tablename__ = "bank_sightings"
    __table_args__ = (UniqueConstraint("statement", "entry"), Index(None, "entry"))

    statement: Mapped[int] = mapped_column(ForeignKey("bank_statements.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(ForeignKey("bank_entries.entry"))


class BankMatch(Base):
    """A part of an entry: paid on an invoice (or, `invoice` 0, to an order in advance), or, without an order, kept on account.

    `state`: standing; came_back (the order would not hear it: the money is on the customer's account); reversed.
    """

    __tablename__ = "bank_matches"
    __table_args__ = (
        CheckConstraint("amount > 0", "amount"),
        CheckConstraint("state IN ('standing', 'came_back', 'reversed')", "state"),
        Index(None, "order", "invoice"),
    )

    entry: Mapped[int] = mapped_column(ForeignKey("bank_entries.entry"), primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order: Mapped[str] = mapped_column(default="")
    invoice: Mapped[int] = mapped_column(default=0)
    document: Mapped[str] = mapped_column(default="")
    customer: Mapped[str] = mapped_column(default="")
    amount: Mapped[int]
    written_off: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    rule: Mapped[str]
    score: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]
    payment: Mapped[str] = mapped_column(default="", index=True)  # as the order names it
    state: Mapped[str] = mapped_column(default="standing")
    note: Mapped[str] = mapped_column(default="")


class BankPayer(Base):
    """An account that has paid for a customer: learned from matches that the payer's words or a person confirmed."""

    __tablename__ = "bank_payers"

    iban: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime]


class AccountApplication(Base):
    """Money on a customer's account that was applied to an order, as a payment of its own name."""

    __tablename__ = "account_applications"
    __table_args__ = (CheckConstraint("amount > 0", "amount"), CheckConstraint("state IN ('standing', 'came_back')", "state"))

    payment: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    order: Mapped[str] = mapped_column(index=True)
    invoice: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    amount: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="standing")
    note: Mapped[str] = mapped_column(default="")
