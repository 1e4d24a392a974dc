"""Credit and currencies: limits, releases, orders that wait, exchange rates and what is booked in the ledger's currency."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class HouseSetting(Base):
    """What holds for the whole house: `ledger_currency`, `overdue_days`."""

    __tablename__ = "house_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class CreditLimit(Base):
    """What a person set; it stands before the limit of the catalogue. `amount` none: unlimited."""

    __tablename__ = "credit_limits"
    __table_args__ = (CheckConstraint("amount IS NULL OR amount >= 0", "not_negative"),)

    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int | None]


class CreditWait(Base):
    """An order that credit has stopped, until its next judgement lets it go on; `key` is the step that stopped it."""

    __tablename__ = "credit_waits"
    __table_args__ = (Index(None, "account"),)

    order: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # "order", or the shipment whose invoice waits
    customer: Mapped[str]
    account: Mapped[str]  # the head of the family: what changes for one of its accounts may lift it
    key: Mapped[str]
    question: Mapped[Json]
    reasons: Mapped[Json]
    since: Mapped[datetime]
    review_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when the outbox was given the word that it may go on


class CreditRelease(Base):
    """The latest release of an order; what was released before stands in the events."""

    __tablename__ = "credit_releases"

    order: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    by: Mapped[str]
    reason: Mapped[str]
    expires_at: Mapped[datetime]
    cap: Mapped[int | None]  # minor units of the order's currency: it passes while it comes to no more
    at: Mapped[datetime]


class CreditEvent(Base):
    """The credit history of customers: rows are added, never changed."""

    __tablename__ = "credit_events"
    __table_args__ = (
        CheckConstraint("kind IN ('stopped', 'lifted', 'released', 'limit', 'blocked', 'unblocked', 'ageing')", "kind"),
        Index(None, "customer"),
    )

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)
    customer: Mapped[str]  # empty: the house's own rule
    order: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    detail: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    at: Mapped[datetime]


class ExchangeRate(Base):
    """What one unit of a currency costs in the ledger's currency on a day."""

    __tablename__ = "exchange_rates"

    currency: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[str]  # a decimal, exactly as it was given
    source: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class ForeignPayment(Base):
    """A payment in another currency than the ledger's: the rate of its day, and what all of it comes to."""

    __tablename__ = "foreign_payments"

    order: Mapped[str] = mapped_column(primary_key=True)
    payment: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount: Mapped[int]
    ledger_currency: Mapped[str]
    ledger: Mapped[int]
    rate: Mapped[str]
    rate_on: Mapped[date]


class ExchangeEntry(Base):
    """The receivables of other currencies in the ledger's: one row for each entry of the receivables ledger about an invoice.

    `ledger` is what the entry changes of the amount at which the invoice is carried, `paid` what came in at the payment's own rate, and
    `difference` = paid + ledger is realised: a gain when positive, a loss when negative. Rows are added, never changed.
    """

    __tablename__ = "exchange_entries"
    __table_args__ = (
        CheckConstraint("difference = 0 OR difference = paid + ledger", "difference_adds_up"),
        Index(None, "order", "invoice"),
    )

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)  # of the receivables entry
    order: Mapped[str]
    invoice: Mapped[int]
    payment: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[int]  # minor units of the order's currency, signed as in the receivables ledger
    ledger: Mapped[int]  # minor units of the ledger's currency
    paid: Mapped[int]
    difference: Mapped[int]
    rate: Mapped[str]  # of the invoice's day
    rate_on: Mapped[date]
    at: Mapped[datetime]


class ExchangeRefund(Base):
    """A refund in another currency in the ledger's: one row for each, never changed.

    What is owed to the customer is carried at the rate at which it arose (`carried`): that of the invoice whose credit it is, or of the
    payment that lay on account. What went out is at the rate of the refund's day (`paid`); `difference` = carried - paid is realised, a
    gain when positive. Store credit has not gone out: nothing is realised of it.
    """

    __tablename__ = "exchange_refunds"
    __table_args__ = (
        ForeignKeyConstraint(["order", "refund"], ["refunds.order", "refunds.refund"]),
        CheckConstraint("difference = carried - paid", "difference_adds_up"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    refund: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payment: Mapped[str]
    invoice: Mapped[int]  # 0: money on account
    amount: Mapped[int]  # minor units of the order's currency
    carried: Mapped[int]  # minor units of the ledger's currency
    paid: Mapped[int]
    difference: Mapped[int]
    carried_rate: Mapped[str]
    rate: Mapped[str]  # of the refund's day
    rate_on: Mapped[date]
    at: Mapped[datetime]
