"""The order as the customer placed it: one canonical model for every sales channel."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.money import Money, exponent, round_half_up
from domain.values import Value

MOST_LINES = 2_000
"""More lines than this are refused at the door: a payload of Temporal holds 2 MiB."""


class ShippingPolicy(StrEnum):
    COMPLETE = "complete"  # one shipment when everything is there
    PARTIAL = "partial"  # what is there goes now, the rest is a backorder
    BY_LINE = "by_line"  # each line goes when all of it is there; lines may go apart
    BY_DATE_GROUP = "by_date_group"  # the lines of one requested date go together, those of another date apart


class PaymentTerms(StrEnum):
    PREPAID = "prepaid"  # authorized when the order is accepted, captured when it ships
    NET_14 = "net14"  # due 14 days after the invoice
    NET_30 = "net30"  # due 30 days after the invoice
    NET_60 = "net60"  # due 60 days after the invoice

    @property
    def days(self) -> int:
        """Days from the invoice to its due date."""
        return {"prepaid": 0, "net14": 14, "net30": 30, "net60": 60}[self.value]


TermsCode = Annotated[
    PaymentTerms | Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")],
    Field(union_mode="left_to_right"),
]
"""The code of terms of payment: one of those that every installation has, or one of its own."""


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return moment


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A point in time with its zone; kept in UTC by the database."""

Key = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:#-]*$")]
"""A business id that may stand in a workflow id: no blank, no slash, no personal data."""


class Address(Value):
    name: str = Field(max_length=200)
    street: str = Field(max_length=400)
    city: str = Field(max_length=200)
    postcode: str = Field(default="", max_length=40)
    region: str = Field(default="", max_length=100)
    country: str = Field(pattern=r"^[A-Z]{2}$")  # ISO 3166-1 alpha-2
    email: str = Field(default="", max_length=320)


class TaxLine(Value):
    """One tax of one line as the channel stated it; `rate` is a fraction (0.19)."""

    title: str = Field(max_length=100)
    rate: Decimal = Decimal(0)
    amount: Money


class OrderLine(Value):
    """One line: `quantity` units of `item` at `unit_price` major units, less `discount`, plus `taxes` for the whole line."""

    number: int = Field(ge=1)
    item: str = Field(min_length=1, max_length=100)
    quantity: int
    unit_price: Decimal
    discount: Money
    taxes: tuple[TaxLine, ...] = ()
    description: str = Field(default="", max_length=400)
    requested_at: Moment | None = None  # its own requested date; none: the order's

    def gross(self, currency: str) -> Money:
        """Quantity times unit price, rounded half up to the cent, before discount and tax."""
        return Money(minor=round_half_up((self.quantity * self.unit_price).scaleb(exponent(currency))), currency=currency)

    @property
    def tax(self) -> int:
        """Minor units of all taxes of the line."""
        return sum(tax.amount.minor for tax in self.taxes)


class PlaceOrder(Value):
    """What a customer asks for, in one shape for every channel.

    `discount` is what the channel took off the whole order and did not spread over its lines; `freight` is what the customer
    pays for shipping. With `taxes_included` prices and freight contain their taxes. `stated_total` is the total the channel printed.
    """

    channel: Key
    external_id: Key
    customer: str = Field(min_length=1, max_length=120)
    currency: str = Field(min_length=3, max_length=3)
    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=MOST_LINES)
    placed_at: Moment
    po_number: str = Field(default="", max_length=100)
    ship_to: Address | None = None
    bill_to: Address | None = None
    requested_at: Moment | None = None
    shipping_service: str = Field(default="", max_length=60)
    terms: TermsCode = PaymentTerms.PREPAID
    policy: ShippingPolicy | None = None  # what the order says of shipping apart; none: as its customer has it
    priority: int = Field(default=5, ge=1, le=9)  # in the backorder queue, among the orders of customers of one priority; 1 is first
    discount: Money
    freight: Money
    freight_taxes: tuple[TaxLine, ...] = ()
    taxes_included: bool = False
    stated_total: Money | None = None
    basket: str = Field(default="", max_length=200)  # the cart or quote it comes from: what was set aside for that is set aside for it
    payment_reference: str = Field(default="", max_length=200)  # the gateway's token; never card data

    @property
    def key(self) -> str:
        """The order's name everywhere: `{channel}/{external id}`."""
        return f"{self.channel}/{self.external_id}"

    @property
    def total(self) -> Money:
        """Lines less discounts plus freight plus the taxes that the prices do not contain."""
        net = sum(line.gross(self.currency).minor - line.discount.minor for line in self.lines)
        taxes = 0 if self.taxes_included else sum(line.tax for line in self.lines) + self.freight_tax
        return Money(minor=net - self.discount.minor + self.freight.minor + taxes, currency=self.currency)

    @property
    def freight_tax(self) -> int:
        """Minor units of all taxes on the freight."""
        return sum(tax.amount.minor for tax in self.freight_taxes)

    @property
    def fingerprint(self) -> str:
        """What makes two deliveries of one order the same: a hash of all its content."""
        unsaid = set() if self.basket else {"basket"}  # an order that came before baskets were known is still the same order
        return hashlib.sha256(self.model_dump_json(exclude=unsaid).encode()).hexdigest()

    def without_people(self) -> PlaceOrder:
        """The order as it may travel in a payload: names and addresses stay in the database."""
        return self.model_copy(update={"ship_to": None, "bill_to": None})

    def numbered(self) -> dict[int, OrderLine]:
        return {line.number: line for line in self.lines}

    def requested_of(self, line: int) -> datetime | None:
        """The requested date of a line; a line that was added later has the order's."""
        placed = self.numbered().get(line)
        return (placed.requested_at if placed else None) or self.requested_at
