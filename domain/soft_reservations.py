"""Soft reservations: stock set aside for a cart, a quote or a waiting order, before anything is allocated."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.order import Moment
from domain.values import Value


class SoftKind(StrEnum):
    CART = "cart"  # a customer is about to pay; minutes
    QUOTE = "quote"  # an offer was made; days
    GRANT = "grant"  # the backorder queue set it aside for one order; until the order takes it


class Wanted(Value):
    """Units of an item; without a `location` they may lie anywhere, and are taken where most may be taken."""

    item: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=1, le=10_000_000)
    location: str = ""


class ReserveSoftly(Value):
    """Set all of it aside or nothing. `owner` is the cart, the quote or, for a grant, the order; only the owner may allocate it.

    `key` names the reservation: the same key again is the same reservation. It lapses at `expires_at`; a grant may stand without end.
    """

    key: str = Field(min_length=1, max_length=200)
    kind: SoftKind
    owner: str = Field(min_length=1, max_length=200)
    channel: str = Field(min_length=1, max_length=120)
    wanted: tuple[Wanted, ...] = Field(min_length=1, max_length=2_000)
    expires_at: Moment | None = None
    at: Moment

    @model_validator(mode="after")
    def lapses(self) -> Self:
        if self.expires_at is None and self.kind is not SoftKind.GRANT:
            raise ValueError(f"a {self.kind} needs a time at which it lapses")
        if self.expires_at is not None and self.expires_at <= self.at:
            raise ValueError("a reservation cannot lapse before it begins")
        return self


class SetAside(Value):
    """Units of an item at a location that are set aside."""

    item: str
    location: str
    quantity: int


class SoftShortage(Value):
    """Of an item (at a location, if one was named) fewer units may be taken than were asked for."""

    item: str
    location: str
    asked: int
    available: int


class SoftlyReserved(Value):
    """What is set aside, or every shortage because of which nothing is. `ended`: empty while it stands, used, expired or released."""

    key: str
    kept: tuple[SetAside, ...] = ()
    short: tuple[SoftShortage, ...] = ()
    expires_at: Moment | None = None
    ended: str = ""
    repeated: bool = False


class SoftReservationView(Value):
    """One row of a soft reservation: `asked` units were set aside, `quantity` of them still are."""

    key: str
    kind: SoftKind
    owner: str
    channel: str
    item: str
    location: str
    asked: int
    quantity: int
    made_at: Moment
    expires_at: Moment | None
    ended: str
    ended_at: Moment | None
