"""What the columns of a sender's order files mean: data that is learned once for a channel."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.order import Key
from domain.values import Value


class OrderField(StrEnum):
    """What a column may say of an order or of one of its lines."""

    # of the order: the same in every row of it, or in its first row only
    NUMBER = "number"  # the sender's number of the order; without one the purchase order's number is
    PO = "po"  # the number of the customer's purchase order
    CUSTOMER = "customer"  # who orders, as we or as the sender names them
    PLACED = "placed"  # the day it was placed
    WANTED = "wanted"  # the day it is wanted
    TERMS = "terms"  # when it is paid
    CURRENCY = "currency"  # of every amount
    FREIGHT = "freight"  # what the shipping costs
    SERVICE = "service"  # the shipping service
    NAME = "name"  # to whom it is shipped; alone, a name of an address that the customer has had before
    STREET = "street"  # of the address, with the number of the house
    POSTCODE = "postcode"  # of the address
    CITY = "city"  # of the address
    REGION = "region"  # of the address: a state or province
    COUNTRY = "country"  # of the address: its two letters (ISO 3166-1)
    EMAIL = "email"  # to whom letters go
    # of a line
    ITEM = "item"  # as we or as the sender names it
    QUANTITY = "quantity"  # how many units
    PRICE = "price"  # of one unit; without one the house's prices count
    DISCOUNT = "discount"  # an amount off the whole line
    DESCRIPTION = "description"  # what the sender calls it


OF_LINES = (OrderField.ITEM, OrderField.QUANTITY, OrderField.PRICE, OrderField.DISCOUNT, OrderField.DESCRIPTION)

DATE_FORMS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD.MM.YY": "%d.%m.%y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "YYYYMMDD": "%Y%m%d",
}
"""How a date may be written, as a person says it and as Python reads it."""

Header = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ColumnMap(Value):
    """How one channel writes its order files; what is left out is seen in the file. `name` becomes the channel of its orders.

    `columns` says under which heading a field stands, `fixed` what a field is where no column says it. `header_row` counts from 1,
    0 looks for it. `decimal` is the sign before the cents.
    """

    name: Key
    columns: dict[OrderField, Header] = {}
    fixed: dict[OrderField, Header] = {}
    sheet: str = Field(default="", max_length=100)
    header_row: int = Field(default=0, ge=0, le=1_000)
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    encoding: Literal["", "utf-8", "utf-16", "cp1252", "iso-8859-15"] = ""  # of a text file; without one UTF-8, or UTF-16 by its mark
    decimal: Literal["", ".", ","] = ""
    dates: tuple[str, ...] = Field(default=(), max_length=len(DATE_FORMS))
    taxes_included: bool = False

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if unknown := [form for form in self.dates if form not in DATE_FORMS]:
            raise ValueError(f"{unknown[0]!r:.20} is not a way to write dates; those are {', '.join(DATE_FORMS)}")
        if len({heading.casefold() for heading in self.columns.values()}) < len(self.columns):
            raise ValueError("two fields are under one heading")
        if twice := [field for field in self.fixed if field in self.columns]:
            raise ValueError(f"the field {twice[0]} has a column and a fixed value")
        if lines := [field for field in self.fixed if field in (OrderField.ITEM, OrderField.QUANTITY)]:
            raise ValueError(f"the field {lines[0]} differs from row to row and cannot be fixed")
        return self


USUAL = ColumnMap(name="file")
"""For a file of which nobody has said anything: the usual headings, in English and German."""


class RowFinding(Value):
    """One thing that is wrong in a file: where, what is there, and what was expected. `row` counts from 1; 0 is the file itself.

    In a table it is the row of a `column`, in a typed order the line of a field.
    """

    row: int
    column: str
    found: str
    expected: str
    counted: Literal["row", "line"] = "row"

    def __str__(self) -> str:
        there = f"{self.found!r:.80} is there" if self.found else "nothing is there"
        return f"{self.place}: {there}, {self.expected}"

    @property
    def place(self) -> str:
        return ", ".join(part for part in (f"{self.counted} {self.row}" if self.row else "", self.column) if part)
