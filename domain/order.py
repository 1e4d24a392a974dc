"""The order as the customer placed it: one canonical model for every sales channel."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from domain.money import Money, exponent, round_half_up
from domain.rounding import TaxRounding, to_step
from domain.values import Value

LONGEST_DESCRIPTION = 400
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
    """One tax of one line, as the channel stated it or as we computed it; `rate` is a fraction (0.19).

    A `compound` tax is taken of the taxes before it, too.
    """

    title: str = Field(max_length=100)
    rate: Decimal = Decimal(0)
    amount: Money
    compound: bool = False
    base: Money | None = None  # what it was taken of, without it; none: the whole of its line


class Charge(Value):
    """A surcharge, such as for a pallet or for hazardous goods: it raises a price as a discount lowers it."""

    title: str = Field(min_length=1, max_length=100)
    amount: Money


class PriceOverride(Value):
    """A person set the price: who, when and why, and what it was before (none: the order named no price)."""

    was: Decimal | None = None
    by: str = Field(max_length=120)
    why: str = Field(max_length=1_000)
    at: Moment


class OrderLine(Value):
    """One line: `quantity` units of `item` at `unit_price` major units, less `discount`, plus `surcharges` and `taxes` for the whole line.

    A line that leaves its price out is ours to price and to tax (`to_price`); its price is zero until that is done.
    """

    number: int = Field(ge=1)
    item: str = Field(min_length=1, max_length=100)
    quantity: int
    unit_price: Decimal = Decimal(0)
    discount: Money
    taxes: tuple[TaxLine, ...] = ()
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    requested_at: Moment | None = None  # its own requested date; none: the order's
    to_price: bool = False
    surcharges: tuple[Charge, ...] = ()
    override: PriceOverride | None = None

    @model_validator(mode="after")
    def _ours_without_a_price(self) -> Self:
        if not {"unit_price", "to_price"} & self.model_fields_set:
            object.__setattr__(self, "to_price", True)  # the value is still being made
        return self

    def gross(self, currency: str) -> Money:
        """Quantity times unit price, rounded half up to the cent, before discount and tax."""
        return Money(minor=round_half_up((self.quantity * self.unit_price).scaleb(exponent(currency))), currency=currency)

    def off(self, currency: str) -> int:
        """Minor units of the line's discount: never more than the line comes to."""
        return min(self.discount.minor, max(self.gross(currency).minor, 0))

    def worth(self, currency: str) -> int:
        """Minor units after the line's own discount, before its part of the order's: what parts of the order are in proportion to."""
        gross = self.gross(currency).minor
        return gross - min(self.discount.minor, max(gross, 0))

    def charges(self, currency: str) -> tuple[Charge, ...]:
        """The surcharges of the line; what has no price carries none."""
        return self.surcharges if self.surcharges and self.gross(currency).minor > 0 else ()

    @property
    def left_to_us(self) -> bool:
        """The order named no price: it is ours to price and to tax, also after a person set the price."""
        return self.to_price or (self.override is not None and self.override.was is None)

    @property
    def tax(self) -> int:
        """Minor units of all taxes of the line."""
        return sum(tax.amount.minor for tax in self.taxes)


_LATER = {"basket", "surcharges", "tax_rounding", "rounds_to", "discount_on_freight"}
_LATER_OF_LINES = {"to_price", "surcharges", "override"}
"""Fields that came after the first orders: one that says nothing in them has the fingerprint that it had without them."""


class PlaceOrder(Value):
    """What a customer asks for, in one shape for every channel.

    `discount` is what the channel took off the whole order and did not spread over its lines; `freight` is what the customer
    pays for shipping. With `taxes_included` prices and freight contain their taxes. `stated_total` is the total the channel printed.
    With `to_tax` the lines and the freight that state no taxes get ours.
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
    to_tax: bool = False
    surcharges: tuple[Charge, ...] = ()  # on the whole order, spread over its lines
    discount_on_freight: bool = False  # the order's discount is spread over its lines and its freight
    tax_rounding: TaxRounding = TaxRounding()
    rounds_to: int = Field(default=0, ge=0, le=10_000)  # minor units of the smallest coin; documents come to a multiple of it
    stated_total: Money | None = None
    basket: str = Field(default="", max_length=200)  # the cart or quote it comes from: what was set aside for that is set aside for it
    payment_reference: str = Field(default="", max_length=200)  # the gateway's token; never card data

    @property
    def key(self) -> str:
        """The order's name everywhere: `{channel}/{external id}`."""
        return f"{self.channel}/{self.external_id}"

    @property
    def total(self) -> Money:
        """Lines less discounts plus surcharges and freight, plus the taxes that the prices do not contain; to the smallest coin."""
        return Money(minor=to_step(self.unrounded, self.rounds_to), currency=self.currency)

    @property
    def unrounded(self) -> int:
        """Minor units of the total before it is rounded to the smallest coin. A discount never takes more than there is."""
        worths = [line.worth(self.currency) for line in self.lines]
        goods = sum(max(worth, 0) for worth in worths)
        off = min(self.discount.minor, goods + max(self.freight.minor, 0))
        charges = sum(charge.amount.minor for line in self.lines for charge in line.charges(self.currency))
        if goods:  # what is free carries nothing
            charges += sum(charge.amount.minor for charge in self.surcharges)
        taxes = 0 if self.taxes_included else sum(line.tax for line in self.lines) + self.freight_tax
        return sum(worths) - off + charges + self.freight.minor + taxes

    @property
    def freight_tax(self) -> int:
        """Minor units of all taxes on the freight."""
        return sum(tax.amount.minor for tax in self.freight_taxes)

    @property
    def fingerprint(self) -> str:
        """What makes two deliveries of one order the same: a hash of all its content."""
        fields, of_lines = type(self).model_fields, OrderLine.model_fields
        unsaid: dict[str, Any] = {name: True for name in _LATER if getattr(self, name) == fields[name].default}
        never: dict[str, Any] = {"compound": True, "base": True}  # no channel says them
        unsaid |= {"to_tax": True, "freight_taxes": {"__all__": never}}  # to_tax says how the document was read
        unsaid["lines"] = {
            i: {name: True for name in _LATER_OF_LINES if getattr(line, name) == of_lines[name].default} | {"taxes": {"__all__": never}}
            for i, line in enumerate(self.lines)
        }
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


class Priced(Value):
    """What an order is charged when it leaves that to us: it replaces these fields of the order once, at acceptance."""

    lines: tuple[OrderLine, ...]
    surcharges: tuple[Charge, ...] = ()
    freight_taxes: tuple[TaxLine, ...] = ()
    tax_rounding: TaxRounding = TaxRounding()
    rounds_to: int = 0

    @classmethod
    def of(cls, placed: PlaceOrder) -> Priced:
        lines = tuple(line.model_copy(update={"to_price": False}) for line in placed.lines)
        return cls(
            lines=lines,
            surcharges=placed.surcharges,
            freight_taxes=placed.freight_taxes,
            tax_rounding=placed.tax_rounding,
            rounds_to=placed.rounds_to,
        )

    def on(self, placed: PlaceOrder) -> PlaceOrder:
        """The order as it is charged; nothing of it is left to us any more."""
        changed = {name: getattr(self, name) for name in type(self).model_fields}
        return placed.model_copy(update=changed | {"to_tax": False})
