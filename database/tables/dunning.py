"""Dunning: the terms of reminders and finance charges as data, the documents that were written, the e-mails that went out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base

_LEVEL = (["terms", "level"], ["reminder_levels.terms", "reminder_levels.level"])
_INVOICE = (["order", "invoice"], ["invoices.order", "invoices.invoice"])


class ReminderTermsRow(Base):
    """Amounts and percentages are decimals in major units, as they were agreed."""

    __tablename__ = "reminder_terms"

    terms: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(default="")
    most_reminders: Mapped[int] = mapped_column(default=0)  # 0: as many as there are levels
    minimum: Mapped[str] = mapped_column(default="0")
    post_fee: Mapped[bool] = mapped_column(default=True)
    post_line_fee: Mapped[bool] = mapped_column(default=True)
    post_interest: Mapped[bool] = mapped_column(default=True)
    interest_percent: Mapped[str] = mapped_column(default="0")
    interest_period: Mapped[int] = mapped_column(default=365)  # days
    interest_on_fees: Mapped[bool] = mapped_column(default=False)


class ReminderLevelRow(Base):
    __tablename__ = "reminder_levels"

    terms: Mapped[str] = mapped_column(ForeignKey("reminder_terms.terms"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    grace_days: Mapped[int] = mapped_column(default=0)
    due_in: Mapped[str]  # a date formula
    fee_kind: Mapped[str] = mapped_column(default="fixed")
    line_fee_kind: Mapped[str] = mapped_column(default="fixed")
    interest: Mapped[bool] = mapped_column(default=False)
    holds_customer: Mapped[bool] = mapped_column(default=False)


class ReminderFeeRow(Base):
    """A fixed amount (of a currency, "" for all others) or a band of a dynamic fee, for the document or for each line."""

    __tablename__ = "reminder_fees"
    __table_args__ = (ForeignKeyConstraint(*_LEVEL), CheckConstraint("scope IN ('document', 'line')", "scope"))

    terms: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    above: Mapped[str] = mapped_column(primary_key=True)
    fixed: Mapped[str] = mapped_column(default="0")
    percent: Mapped[str] = mapped_column(default="0")
    least: Mapped[str] = mapped_column(default="0")
    most: Mapped[str] = mapped_column(default="0")


class ReminderTextRow(Base):
    """What a level says in a language, where it is not what the house says."""

    __tablename__ = "reminder_texts"
    __table_args__ = (ForeignKeyConstraint(*_LEVEL),)

    terms: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(default="")
    opening: Mapped[str] = mapped_column(default="")
    closing: Mapped[str] = mapped_column(default="")


class ReminderDocument(Base):
    """One reminder of one customer in one currency. Until it is sent it may lose lines; one that lost them all is void, its number stays.

    `total` = sum of its lines' remaining, fee and interest; `level` is the highest of its lines.
    """

    __tablename__ = "reminder_documents"
    __table_args__ = (
        CheckConstraint("state IN ('drawn', 'sent', 'void')", "state"),
        Index(None, "customer", "currency"),
    )

    document: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    customer: Mapped[str | None] = mapped_column(ForeignKey("customers.customer"))  # none: somebody whom we do not know by an id
    currency: Mapped[str]
    terms: Mapped[str]
    level: Mapped[int]
    language: Mapped[str]
    email: Mapped[str] = mapped_column(default="")  # where it went; none: a letter that a person prints
    total: Mapped[int]
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="drawn")
    sent_at: Mapped[datetime | None]
    printed_at: Mapped[datetime | None]  # a letter by post: when somebody printed it


class ReminderLine(Base):
    """An invoice on a reminder. `charged` is what of fee, line fee and interest posts to the invoice; the rest is only printed."""

    __tablename__ = "reminder_lines"
    __table_args__ = (
        ForeignKeyConstraint(*_INVOICE),
        CheckConstraint("state IN ('drawn', 'booked', 'waived', 'dropped', 'cancelled')", "state"),
        Index(None, "order", "invoice"),
    )

    document: Mapped[str] = mapped_column(ForeignKey("reminder_documents.document"), primary_key=True)
    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]  # which standing reminder of its invoice it is
    level: Mapped[int]
    remaining: Mapped[int]  # what was overdue
    fee: Mapped[int] = mapped_column(default=0)  # the document's own, on the line that set its level
    line_fee: Mapped[int] = mapped_column(default=0)
    interest: Mapped[int] = mapped_column(default=0)
    interest_days: Mapped[int] = mapped_column(default=0)
    charged: Mapped[int] = mapped_column(default=0)
    holds_customer: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="drawn")


class SentMail(Base):
    """Our own record of e-mails: noted before the server is asked, so that a lost answer is looked up."""

    __tablename__ = "sent_mails"
    __table_args__ = (CheckConstraint("state IN ('sending', 'sent')", "state"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    recipient: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]  # of the last attempt


class FinanceChargeTermsRow(Base):
    __tablename__ = "finance_charge_terms"
    __table_args__ = (CheckConstraint("method IN ('average_daily_balance', 'balance_due')", "method"),)

    terms: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(default="")
    method: Mapped[str]
    grace_days: Mapped[int] = mapped_column(default=0)
    minimum: Mapped[str] = mapped_column(default="0")


class FinanceChargeRate(Base):
    """From `from_date` on: `percent` for each `period` days."""

    __tablename__ = "finance_charge_rates"

    terms: Mapped[str] = mapped_column(ForeignKey("finance_charge_terms.terms"), primary_key=True)
    from_date: Mapped[date] = mapped_column(primary_key=True)
    percent: Mapped[str]
    period: Mapped[int] = mapped_column(default=30)


class FinanceChargeDocument(Base):
    """What a customer is charged in one currency for being late until a date; it stands in the ledger of the customer's account."""

    __tablename__ = "finance_charges"
    __table_args__ = (Index(None, "customer", "currency"),)

    document: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    currency: Mapped[str]
    terms: Mapped[str]
    until: Mapped[date]
    amount: Mapped[int]
    at: Mapped[datetime]


class FinanceChargeLine(Base):
    """The days from `since` (exclusive) to the document's `until` (inclusive) of one invoice, at one rate."""

    __tablename__ = "finance_charge_lines"
    __table_args__ = (ForeignKeyConstraint(*_INVOICE), Index(None, "order", "invoice"))

    document: Mapped[str] = mapped_column(ForeignKey("finance_charges.document"), primary_key=True)
    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date]
    balance: Mapped[int]
    percent: Mapped[str]
    period: Mapped[int]
    amount: Mapped[int]
