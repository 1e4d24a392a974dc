"""What was agreed about prices, which taxes apply where, and what the tax of each document is made of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json, Serial


class CustomerGroup(Base):
    """Customers who buy on the same terms."""

    __tablename__ = "customer_groups"

    customer_group: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    price_list: Mapped[str | None] = mapped_column(ForeignKey("price_lists.price_list"))


class PriceCondition(Base):
    """A contract, quantity break, promotion, surcharge or least margin; what it says is in `rule`, whom and what it is about beside it."""

    __tablename__ = "price_conditions"
    __table_args__ = (
        CheckConstraint("kind IN ('contract', 'break', 'promotion', 'surcharge', 'margin')", "kind"),
        Index(None, "customer"),
        Index(None, "item"),
    )

    condition: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer: Mapped[str | None] = mapped_column(ForeignKey("customers.customer"))  # none: every customer
    customer_group: Mapped[str | None] = mapped_column(ForeignKey("customer_groups.customer_group"))
    item: Mapped[str | None] = mapped_column(ForeignKey("items.item"))  # none: every item
    item_group: Mapped[str] = mapped_column(default="")
    price_list: Mapped[str | None] = mapped_column(ForeignKey("price_lists.price_list"))  # of a quantity break
    valid_to: Mapped[date | None]
    rule: Mapped[Json]


class TaxRateRow(Base):
    """One tax on goods of a tax code in a country, a region of it or a city; the code `freight` is that of freight with its own rate."""

    __tablename__ = "tax_rates"

    country: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True, default="")
    city: Mapped[str] = mapped_column(primary_key=True, default="")
    title: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    rate: Mapped[str]  # a decimal fraction, exactly
    compound: Mapped[bool] = mapped_column(default=False)
    sequence: Mapped[int] = mapped_column(default=1)


class TaxSettingRow(Base):
    """How taxes are worked out for orders to a country (`*`: every one without its own), and the smallest coin there."""

    __tablename__ = "tax_settings"
    __table_args__ = (
        CheckConstraint("level IN ('unit', 'line', 'document') AND mode IN ('half_up', 'half_even')", "rounding"),
        CheckConstraint("freight IN ('weighted', 'own')", "freight"),
    )

    country: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]
    mode: Mapped[str]
    freight: Mapped[str]
    cash_step: Mapped[int] = mapped_column(default=0)  # minor units of `cash_currency`; 0: totals are not rounded
    cash_currency: Mapped[str] = mapped_column(default="")


class InvoiceTax(Base):
    """One of the taxes in an invoice line's tax; line 0 is the freight. They add up to it."""

    __tablename__ = "invoice_taxes"
    __table_args__ = (ForeignKeyConstraint(["order", "invoice"], ["invoices.order", "invoices.invoice"]),)

    order: Mapped[str] = mapped_column(primary_key=True)
    invoice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    rate: Mapped[str]  # a decimal fraction; 0 where nobody stated it
    base: Mapped[int | None]  # minor units that it was taken of, without it; none: the whole of its line
    amount: Mapped[int]


class CreditTax(Base):
    """The same of a credit note."""

    __tablename__ = "credit_taxes"
    __table_args__ = (ForeignKeyConstraint(["order", "credit"], ["credit_notes.order", "credit_notes.credit"]),)

    order: Mapped[str] = mapped_column(primary_key=True)
    credit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    rate: Mapped[str]
    base: Mapped[int | None]
    amount: Mapped[int]


class AgreementEventRow(Base):
    """The history of prices and tax rates: rows are added, never changed."""

    __tablename__ = "agreement_events"
    __table_args__ = (Index(None, "subject"),)

    id: Mapped[Serial]
    subject: Mapped[str]  # "condition K-1", "list TRADE-EUR KET-100", "tax DE standard MwSt"
    what: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
