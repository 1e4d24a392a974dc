"""How and when customers are invoiced: terms, parts of invoices, early-payment discounts, deposits, and invoices of many shipments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json

_INVOICE = (["order", "invoice"], ["invoices.order", "invoices.invoice"])
_PAYMENT = (["order", "payment"], ["payments.order", "payments.payment"])


class PaymentTermsRow(Base):
    """Terms of payment as they are granted from now on; an order carries those it was accepted with."""

    __tablename__ = "payment_terms"

    terms: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(default="")
    definition: Mapped[Json]


class House(Base):
    """Who we are on papers and in e-invoices: one row."""

    __tablename__ = "house"

    house: Mapped[str] = mapped_column(primary_key=True)
    seller: Mapped[Json]


class InstalmentRow(Base):
    """A part of an invoice that has several; what pays the invoice fills the oldest first, `open` is what it has not reached."""

    __tablename__ = "instalments"
    __table_args__ = (
        ForeignKeyConstraint(*_INVOICE),
        CheckConstraint("open >= 0 AND open <= amount", "open_within_amount"),
        Index(None, "due_at"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime]
    amount: Mapped[int]
    open: Mapped[int]


class EarlyDiscountRow(Base):
    """What a payment in time took off an invoice, and the tax in it. `taken_back`: the payment was reversed, or the goods were credited."""

    __tablename__ = "early_discounts"
    __table_args__ = (
        ForeignKeyConstraint(*_INVOICE),
        ForeignKeyConstraint(*_PAYMENT),
        CheckConstraint("taken_back >= 0 AND taken_back <= amount", "taken_back_within_amount"),
    )

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payment: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    tax: Mapped[int]  # the part of `amount` that corrects tax; 0 where tax is not corrected
    taken_back: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]


class DepositRow(Base):
    """What an order asked its customer to pay before anything is invoiced: a request, no invoice, so without tax."""

    __tablename__ = "deposits"
    __table_args__ = (CheckConstraint("amount > 0", "positive"),)

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    document: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    amount: Mapped[int]
    before_supply: Mapped[bool]
    due_at: Mapped[datetime]
    at: Mapped[datetime]


class PrepaymentRow(Base):
    """Money that had come before an invoice and was netted on it, as the invoice says; it stays when the payment is taken back."""

    __tablename__ = "invoice_prepayments"
    __table_args__ = (ForeignKeyConstraint(*_INVOICE), ForeignKeyConstraint(*_PAYMENT), CheckConstraint("amount > 0", "positive"))

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payment: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class CollectiveInvoice(Base):
    """One invoice of a customer over all that shipped before `period_end`; its orders book their own parts of it."""

    __tablename__ = "collective_invoices"
    __table_args__ = (
        UniqueConstraint("customer", "currency", "terms", "taxes_included", "period_end", name="uq_collective_invoices_period"),
    )

    document: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    currency: Mapped[str]
    terms: Mapped[str]
    taxes_included: Mapped[bool]
    period_end: Mapped[datetime]
    total: Mapped[int]
    issued_at: Mapped[datetime]
    mailing: Mapped[str] = mapped_column(default="")  # empty: to be sent; `sent`; else why the mail would not take it


class CollectibleRow(Base):
    """A shipment whose customer is invoiced by period: waiting for its invoice, on one (`document`), or invoiced `apart`."""

    __tablename__ = "collectibles"
    __table_args__ = (Index(None, "customer", "currency"), Index(None, "document"))

    order: Mapped[str] = mapped_column(ForeignKey("orders.order"), primary_key=True)
    shipment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))
    currency: Mapped[str]
    terms: Mapped[str]
    invoicing: Mapped[str]
    taxes_included: Mapped[bool]
    total: Mapped[int]
    shipped_at: Mapped[datetime]
    due_at: Mapped[datetime]  # when a person is asked why it is on no invoice
    document: Mapped[str | None] = mapped_column(ForeignKey("collective_invoices.document"))
    apart: Mapped[bool] = mapped_column(default=False)
