"""What is sold, to whom, at which price, and from where."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base, Json


class Item(Base):
    __tablename__ = "items"

    item: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(default="")
    weight_g: Mapped[int] = mapped_column(default=0)  # grams, one unit
    hazardous: Mapped[bool] = mapped_column(default=False)  # only some locations may ship it
    cold: Mapped[bool] = mapped_column(default=False)  # it needs a cold chain
    supplier: Mapped[str | None] = mapped_column(ForeignKey("suppliers.supplier"))  # whom it is usually bought from
    lead_time_days: Mapped[int | None]  # from ordering to receiving; none: the supplier's
    by_lot: Mapped[bool] = mapped_column(default=False)  # every unit belongs to a lot
    by_serial: Mapped[bool] = mapped_column(default=False)  # every unit has a number of its own, recorded when it is picked
    unit: Mapped[str] = mapped_column(default="C62")  # what one of it is, by UN/ECE Recommendation 20: C62 is a piece, KGM a kilogram
    value: Mapped[int] = mapped_column(default=0)  # its cost, in minor units of the house's currency: in margins, and when one is missing
    item_group: Mapped[str] = mapped_column(default="")  # items that prices treat alike
    tax_code: Mapped[str] = mapped_column(default="standard")  # of the rates that apply to it, such as reduced
    returns: Mapped[Json] = mapped_column(default="")  # its own rules for what comes back (`ItemReturns`); empty: the house's


class PriceList(Base):
    __tablename__ = "price_lists"

    price_list: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str]
    taxes_included: Mapped[bool] = mapped_column(default=False)  # its prices contain their taxes


class Price(Base):
    __tablename__ = "prices"

    price_list: Mapped[str] = mapped_column(ForeignKey("price_lists.price_list"), primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    unit_price: Mapped[str]  # a decimal in major units, exactly as agreed


class PriceAhead(Base):
    """A price of a list from a day on; it goes before `Price` from then, and before those of earlier days."""

    __tablename__ = "prices_ahead"

    price_list: Mapped[str] = mapped_column(ForeignKey("price_lists.price_list"), primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("items.item"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    unit_price: Mapped[str]  # a decimal in major units, exactly as agreed


class Customer(Base):
    """`blocked` is the catalogue's word and means all; `block` is what a person set since, by kind.

    `credit_hold` comes with the reminder that says so and lifts itself when its invoices are paid. The limits of a `parent` count what all
    its accounts owe; a parent has none itself.
    """

    __tablename__ = "customers"

    customer: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    price_list: Mapped[str | None] = mapped_column(ForeignKey("price_lists.price_list"))
    terms: Mapped[str] = mapped_column(default="")  # the payment terms they have, separated by blanks
    credit_limit: Mapped[int | None]  # minor units of their currency; none: unlimited
    blocked: Mapped[bool] = mapped_column(default=False)
    block: Mapped[str] = mapped_column(default="")  # all, ship or invoice; empty: none
    block_reason: Mapped[str] = mapped_column(default="")
    credit_hold: Mapped[bool] = mapped_column(default=False)
    parent: Mapped[str | None]  # another customer; no foreign key: SQLite would have to build the table anew under its references
    overdue_days: Mapped[int | None]  # an invoice more days past due stops the orders; none: as the parent or the house has it
    priority: Mapped[int | None]  # in the backorder queue, 1 is first; none: the usual one
    ships: Mapped[str | None]  # the shipping policy of orders that state none; none: partial
    min_life_days: Mapped[int] = mapped_column(default=0)  # what is sent to them can be used at least so many days longer
    email: Mapped[str] = mapped_column(default="")  # where invoices and reminders go
    invoicing: Mapped[str] = mapped_column(default="")  # per_shipment, weekly, monthly; none: as their terms say
    vat_id: Mapped[str] = mapped_column(default="")
    endpoint: Mapped[str] = mapped_column(default="")  # where e-invoices go, in the scheme that it is of (EAS: EM is e-mail, 9930 a VAT id)
    endpoint_scheme: Mapped[str] = mapped_column(default="")
    reminder_terms: Mapped[str | None] = mapped_column(ForeignKey("reminder_terms.terms"))  # none: the house's
    finance_charge_terms: Mapped[str | None] = mapped_column(ForeignKey("finance_charge_terms.terms"))  # none: no finance charges
    refund_on: Mapped[str] = mapped_column(
        default=""
    )  # scan, receipt or inspection: when their returns are refunded; empty: as the house does
    language: Mapped[str] = mapped_column(default="")  # ISO 639-1: what they are written in; none: the house's
    price_group: Mapped[str | None] = mapped_column(ForeignKey("customer_groups.customer_group"))
    tax_exempt: Mapped[str] = mapped_column(default="")  # why they pay no tax, such as reverse charge; printed on their invoices
    tax_exempt_in: Mapped[str] = mapped_column(default="")  # ISO 3166-1 countries where that holds, separated by blanks; empty: everywhere


class CustomerAlias(Base):
    """Other names of a customer, as channels write them: a shop's customer id, an EDI sender id."""

    __tablename__ = "customer_aliases"
    __table_args__ = (Index(None, "customer"),)

    alias: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customers.customer"))


class Location(Base):
    """A place that holds stock, and when it works; what nobody has said is open every day, until the end of the day."""

    __tablename__ = "locations"
    __table_args__ = (CheckConstraint("handling_days >= 0", "handling"),)

    location: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")  # ISO 3166-1 alpha-2: whose holidays it keeps
    subdivision: Mapped[str] = mapped_column(default="")  # ISO 3166-2 without the country, for holidays of a state
    time_zone: Mapped[str] = mapped_column(default="UTC")  # of the IANA database
    cut_off: Mapped[str] = mapped_column(default="23:59")  # local time until which an order counts on the same day
    working_days: Mapped[str] = mapped_column(default="1234567")  # ISO: 1 is Monday
    handling_days: Mapped[int] = mapped_column(default=1)  # working days to pick and pack


class TransitTime(Base):
    """How many working days goods are on their way from a location to a country; the longest `postcode` prefix that fits decides."""

    __tablename__ = "transit_times"
    __table_args__ = (CheckConstraint("days >= 0", "days"),)

    location: Mapped[str] = mapped_column(ForeignKey("locations.location"), primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    postcode: Mapped[str] = mapped_column(primary_key=True, default="")
    days: Mapped[int]
