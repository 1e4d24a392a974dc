"""Who owes what: authorizations, payments, invoices, reminders, credits and refunds, in minor units of the order's currency."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial

_INVOICE = (["order", "invoice"], ["invoices.order", "invoices.invoice"])
_PAYMENT = (["order", "payment"], ["payments.order", "payments.payment"])


class AuthorizationRow(Base):
    __tablename__ = "authorizations"
    __table_args__ = (Index(None, "order"), Index(None, "authorization"))

    key: Mapped[str] = mapped_column(primary_key=True)
    order: Mapped[str] = mapped_column(ForeignKey("orders.order"))
    authorization: Mapped[str] = mapped_column(default="")
    amount: Mapped[int]
    currency: Mapped[str]
    declined: Mapped[str] = mapped_column(default="")
    voided: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]  # until when it may be captured, as the gateway says
    single: Mapped[bool] = mapped_column(default=False)  # its first capture ends it
    at: Mapped[datetime]


class Payment(Base):
    """What of `amount` is neither refunded nor in a part is the customer's, on account; a reversed payment counts for nothing."""

    __tablename__ = "payments"
    __table_args__ = (CheckConstraint("refunded >= 0 AND refunded <= amount", "refunded_within_amount"),)

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    payment: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # captured, received
    key: Mapped[str] = mapped_column(unique=True)
    authorization: Mapped[str] = mapped_column(default="")  # of a capture: the gateway's id of what it was taken from
    amount: Mapped[int]
    refunded: Mapped[int] = mapped_column(default=0)
    reversed: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")  # of the reversal
    at: Mapped[datetime]


class Invoice(Base):
    """balance = total + fees - credited - paid - written_off - discounted; each of them is a sum of receivable entries.

    An order's part of a collective invoice has its document's number, which other orders' parts have too, and no `sequence` of its own.
    With several instalments `due_at` is the due date of the oldest that is open.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("balance = total + fees - credited - paid - written_off - discounted", "balance_adds_up"),
        CheckConstraint("balance >= 0", "never_overpaid"),
        Index(None, "due_at"),
        Index(None, "document"),
    )

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str]
    sequence: Mapped[int | None] = mapped_column(unique=True)
    shipment: Mapped[int]
    terms: Mapped[str]
    agreed: Mapped[Json] = mapped_column(default="")  # the terms word for word, where there is more to them than one due date
    instalments: Mapped[int] = mapped_column(default=0)  # how many parts have rows of their own; 0: it is due as a whole
    freight: Mapped[int]
    freight_tax: Mapped[int]
    taxes_included: Mapped[bool]
    rounding: Mapped[int] = mapped_column(default=0)  # to the smallest coin; part of the total
    total: Mapped[int]
    fees: Mapped[int] = mapped_column(default=0)
    credited: Mapped[int] = mapped_column(default=0)
    paid: Mapped[int] = mapped_column(default=0)
    written_off: Mapped[int] = mapped_column(default=0)
    discounted: Mapped[int] = mapped_column(default=0)  # early-payment discounts that stand
    balance: Mapped[int]
    issued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_due_at: Mapped[datetime | None]
    by_terms: Mapped[bool] = mapped_column(default=False)  # its reminders follow the customer's terms, not a ladder of its order's own
    reminder_not_before: Mapped[datetime | None]  # after a cancelled reminder
    dunning_held_until: Mapped[datetime | None]
    promised_by: Mapped[datetime | None]
    promise_broken_at: Mapped[datetime | None]
    dispute_review_at: Mapped[datetime | None]
    collections_at: Mapped[datetime | None]
    collections_review_at: Mapped[datetime | None]


class InvoiceLineRow(Base):
    __tablename__ = "invoice_lines"
    __table_args__ = (ForeignKeyConstraint(*_INVOICE),)

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str]
    quantity: Mapped[int]
    gross: Mapped[int]
    discount: Mapped[int]
    tax: Mapped[int]
    surcharge: Mapped[int] = mapped_column(default=0)
    surcharged_for: Mapped[str] = mapped_column(default="")  # in words


class PaymentPart(Base):
    """How much of a payment stands against an invoice; nothing once the payment is reversed."""

    __tablename__ = "payment_parts"
    __table_args__ = (
        ForeignKeyConstraint(*_PAYMENT),
        ForeignKeyConstraint(*_INVOICE),
        CheckConstraint("amount >= 0", "not_negative"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    payment: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int]


class ReceivableEntry(Base):
    """The receivables ledger: rows are added, never changed. Positive amounts raise what is owed; without `invoice` they are on account."""

    __tablename__ = "receivable_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'fee', 'payment', 'reversal', 'credit', 'refund', 'write_off', 'discount')", "kind"),
        ForeignKeyConstraint(*_INVOICE),
        Index(None, "order", "invoice"),
    )

    id: Mapped[Serial]
    key: Mapped[str] = mapped_column(unique=True)
    order: Mapped[str]
    invoice: Mapped[int | None]
    kind: Mapped[str]
    amount: Mapped[int]
    payment: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Reminder(Base):
    __tablename__ = "reminders"
    __table_args__ = (ForeignKeyConstraint(*_INVOICE),)

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # of all its invoice ever had
    level: Mapped[int]
    document: Mapped[str] = mapped_column(default="")  # the customer's reminder that it stands on; none: a letter of its own
    cancelled_at: Mapped[datetime | None]
    fee: Mapped[int]  # all that it charged: fees and interest
    balance: Mapped[int]  # as the letter says, with the fee
    text: Mapped[str]
    due_at: Mapped[datetime]
    holds_customer: Mapped[bool]
    at: Mapped[datetime]


class CreditNote(Base):
    """`applied` of the total lowered its invoice, the rest is owed to the customer."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        ForeignKeyConstraint(*_INVOICE),
        CheckConstraint("applied >= 0 AND applied <= total", "applied_within_total"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    credit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    invoice: Mapped[int]
    freight: Mapped[int]
    rounding: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    applied: Mapped[int]
    reason: Mapped[str]
    rma: Mapped[int] = mapped_column(default=0)  # the return that it credits; 0: none
    at: Mapped[datetime]


class CreditLine(Base):
    """What a credit note takes off the invoice line (`invoice`, `line`); all credit lines of it together are never more than it."""

    __tablename__ = "credit_lines"
    __table_args__ = (
        ForeignKeyConstraint(["order", "credit"], ["credit_notes.order", "credit_notes.credit"]),
        ForeignKeyConstraint(["order", "invoice", "line"], ["invoice_lines.order", "invoice_lines.invoice", "invoice_lines.line"]),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    credit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    invoice: Mapped[int]
    item: Mapped[str]
    quantity: Mapped[int]
    gross: Mapped[int]
    discount: Mapped[int]
    tax: Mapped[int]
    surcharge: Mapped[int] = mapped_column(default=0)
    surcharged_for: Mapped[str] = mapped_column(default="")


class Refund(Base):
    __tablename__ = "refunds"
    __table_args__ = (ForeignKeyConstraint(*_PAYMENT), CheckConstraint("amount > 0", "positive"))

    order: Mapped[str] = mapped_column(primary_key=True)
    refund: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payment: Mapped[str]
    invoice: Mapped[int] = mapped_column(default=0)  # the one whose credit is given back; 0: money on account
    amount: Mapped[int]
    to_account: Mapped[bool] = mapped_column(default=False)  # it became store credit
    reason: Mapped[str]
    at: Mapped[datetime]
