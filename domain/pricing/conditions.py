"""What was agreed about prices, as data: contracts, quantity breaks, promotions, surcharges and the least margin.

Amounts are decimals in major units of `currency`, percents are fractions (0.05). A condition holds from `valid_from` until `valid_to`, both
days included, by the day on which the order was placed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, TypeAdapter, model_validator

from domain.values import Value

Amount = Annotated[Decimal, Field(ge=0, max_digits=18, allow_inf_nan=False)]
Percent = Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)]


Ruled = TypeVar("Ruled", bound="Scope")


class Scope(Value):
    """Whom and what a condition is about; what is empty leaves nobody and nothing out."""

    id: str = Field(min_length=1, max_length=60)
    title: str = Field(default="", max_length=100)
    customer: str = ""
    customer_group: str = ""
    item: str = ""
    item_group: str = ""
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def name(self) -> str:
        return self.title or self.id

    def outside(self, day: date) -> str:
        """Why it does not hold on this day; empty when it does."""
        if self.valid_from is not None and day < self.valid_from:
            return f"valid from {self.valid_from}"
        if self.valid_to is not None and day > self.valid_to:
            return f"ended on {self.valid_to}"
        return ""

    @model_validator(mode="after")
    def _from_before_to(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"{self.id} ends before it begins")
        return self


class Contract(Scope):
    """A price agreed with a customer for an item, from `min_quantity` units on."""

    kind: Literal["contract"] = "contract"
    customer: str = Field(min_length=1)
    item: str = Field(min_length=1)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    price: Amount
    min_quantity: int = Field(default=1, ge=1)
    taxes_included: bool = False


class QuantityBreak(Scope):
    """From `min_quantity` units on, a list's price of an item is another, or so much lower."""

    kind: Literal["break"] = "break"
    price_list: str = Field(min_length=1)
    min_quantity: int = Field(ge=2)
    price: Amount | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        return _one_of(self, self.price, self.percent, "a price or a percent")


class Promotion(Scope):
    """So much off a unit. The first by `priority` (1 is first) is taken; further ones only where all are `combinable`."""

    kind: Literal["promotion"] = "promotion"
    percent: Percent | None = None
    amount: Amount | None = None
    min_quantity: int = Field(default=1, ge=1)
    priority: int = Field(default=5, ge=1, le=9)
    combinable: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.amount is not None and not self.currency:
            raise ValueError(f"{self.id} takes an amount off and names no currency")
        return _one_of(self, self.percent, self.amount, "a percent or an amount")


class ChargedPer(StrEnum):
    UNIT = "unit"  # of every `every` units begun, such as 48 to a pallet
    LINE = "line"
    ORDER = "order"


class Surcharge(Scope):
    """So much on top: for hazardous goods, a line below `below_quantity` units, an order whose goods come to less than `below_value`."""

    kind: Literal["surcharge"] = "surcharge"
    amount: Amount
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    per: ChargedPer = ChargedPer.LINE
    every: int = Field(default=1, ge=1)
    hazardous: bool = False
    below_quantity: int | None = Field(default=None, ge=2)
    min_quantity: int = Field(default=1, ge=1)
    below_value: Amount | None = None

    @model_validator(mode="after")
    def _value_of_orders(self) -> Self:
        if self.per is ChargedPer.ORDER and (self.item or self.item_group or self.hazardous or self.below_quantity):
            raise ValueError(f"{self.id} is on the order and cannot ask for an item or for units of a line")
        if self.per is not ChargedPer.ORDER and self.below_value is not None:
            raise ValueError(f"{self.id} is on a line; only one on the order can ask what its goods come to")
        return self


class LeastMargin(Scope):
    """Below this margin, (net price - unit cost) / net price, a person has to agree. The one that says most about the line counts."""

    kind: Literal["margin"] = "margin"
    least: Decimal = Field(ge=-10, lt=1)

    @property
    def rank(self) -> tuple[bool, bool, bool, bool]:
        return (bool(self.item), bool(self.customer), bool(self.item_group), bool(self.customer_group))


Condition = Annotated[Contract | QuantityBreak | Promotion | Surcharge | LeastMargin, Field(discriminator="kind")]
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def _one_of(rule: Ruled, first: object, second: object, words: str) -> Ruled:
    if (first is None) == (second is None):
        raise ValueError(f"{rule.id} needs either {words}")
    return rule
