"""Feeding back: what a shop is told of its own orders, and of what it may still sell."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from domain.order import Moment
from domain.values import Value


class FeedbackKind(StrEnum):
    """What can be told; the order of the members is the order in which an order's news are told."""

    SHIPMENT = "shipment"  # goods left, with their tracking number
    CANCELLATION = "cancellation"  # units, or the whole order, will not come
    STOCK = "stock"  # how many units the shop may sell


class FeedbackStatus(StrEnum):
    """Where a piece of feedback stands."""

    DUE = "due"  # to be told, now or when its time comes
    TOLD = "told"  # the shop knows it
    REFUSED = "refused"  # the shop will never take it as it is: a person has to look
    UNLISTED = "unlisted"  # stock of what the shop does not sell


class ShopLine(Value):
    """Units of one line of a shop's order: the `ordinal`-th of its lines (from 1) that sell one of `words`.

    `words` are what the shop may call the item, our own name included; `line` is the number under which we keep it.
    """

    line: int
    words: tuple[str, ...] = Field(min_length=1)
    ordinal: int = Field(default=1, ge=1)
    quantity: int = Field(ge=0)


class ShopShipment(Value):
    """What left in one shipment of a shop's order; `order` is the shop's own id of it.

    `location` is the shop's own id of where it left, where it is known; `completes`: nothing of the order is still to come.
    """

    order: str
    shipment: int
    tracking: str
    carrier: str
    lines: tuple[ShopLine, ...]
    location: str = ""
    completes: bool = False


class ShopCancellation(Value):
    """What will never come of a shop's order: all units of each line that were given up until now, told before or not.

    `whole`: nothing of it was shipped and nothing will be.
    """

    order: str
    lines: tuple[ShopLine, ...]
    whole: bool = False
    completes: bool = False
    reason: str = ""


class StockPlace(Value):
    """What a shop calls an item, and the shop's own id of a location; shops without locations have the empty one."""

    sku: str
    location: str = ""


class StockLevel(StockPlace):
    """`quantity` units may be sold."""

    quantity: int = Field(ge=0)


class StockAnswer(Value):
    """What became of stock levels: `unlisted` the shop does not sell, `refused` it would not take, with its reason."""

    unlisted: tuple[StockPlace, ...] = ()
    refused: tuple[tuple[StockPlace, str], ...] = ()


class Feed(Value):
    """A shop that is fed back to, as far as that decides what it is told.

    `words` are the channels whose mappings its words are in; `locations` are our locations = the shop's own ids of them. A shop of
    `one_stock` has one figure for an item, over those locations, or over all where none is named; others have one for each.
    `one_status`: it has to be told when nothing of an order is still to come.
    """

    shop: str
    channel: str
    words: tuple[str, ...] = ()
    locations: dict[str, str] = {}
    one_stock: bool = False
    one_status: bool = False


class News(Value):
    """What a shop should know now, as the text that it is told from; `subject` names it within its kind."""

    kind: FeedbackKind
    subject: str
    wanted: str
    order: str = ""
    item: str = ""


class FindFeedback(Value):
    """Find what a shop is to be told at `at`."""

    shop: str
    at: Moment
    most: int = 40


class Telling(Value):
    """What is told in one go: one piece of news of an order, or stock levels together."""

    kind: FeedbackKind
    entries: tuple[int, ...]
    subject: str


class FeedbackFound(Value):
    """What is to be told, oldest first; without anything, when the next postponed piece has its time."""

    tellings: tuple[Telling, ...] = ()
    next_at: Moment | None = None


class TellFeedback(Value):
    shop: str
    telling: Telling


class FeedbackTold(Value):
    """`trouble`: the shop did not answer, and why; `wait` is for how long it asked not to be asked again."""

    told: int = 0
    refused: int = 0
    trouble: str = ""
    wait: timedelta | None = None


class FeedbackView(Value):
    """A piece of feedback as a person reads it; `wanted` is what the shop should know, `told` what it was told last."""

    entry: int
    shop: str
    kind: FeedbackKind
    subject: str
    order: str
    status: FeedbackStatus
    wanted: str
    told: str
    attempts: int
    reason: str
    reference: str
    changed_at: Moment
    next_at: Moment
    told_at: Moment | None


class StockDifference(Value):
    """A shop's figure beside ours; `theirs` is none for what it does not sell."""

    item: str
    sku: str
    location: str
    ours: int
    theirs: int | None
