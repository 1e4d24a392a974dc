"""Supply on its way: what was ordered from suppliers or is moved between our locations, and when it is expected."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.order import Key, Moment
from domain.values import Value

MOST_UNITS = 10_000_000
"""More units in a line than this are a slip of the keyboard."""

Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]


class PurchaseStatus(StrEnum):
    OPEN = "open"  # something of it is still expected
    CLOSED = "closed"  # everything came, or the rest was given up after a part had come
    CANCELLED = "cancelled"  # given up before anything came


class TransferStatus(StrEnum):
    PLANNED = "planned"  # agreed; the goods still lie at their origin
    SHIPPED = "shipped"  # on the way between two of our locations
    RECEIVED = "received"  # all of it arrived
    CLOSED = "closed"  # it left, and the rest that did not arrive was given up
    CANCELLED = "cancelled"  # given up before it left


class PurchaseLine(Value):
    """`ordered` units of an item, expected at the order's location by `expected_at`."""

    line: int = Field(ge=1)
    item: str = Field(min_length=1, max_length=100)
    ordered: Units
    expected_at: Moment


class PlacePurchase(Value):
    """A purchase order as it goes to the supplier; the same number twice is one purchase order."""

    purchase_order: Key
    supplier: str = Field(min_length=1, max_length=100)
    location: str = Field(min_length=1, max_length=100)
    lines: tuple[PurchaseLine, ...] = Field(min_length=1, max_length=1_000)
    at: Moment
    actor: str


class Placed(Value):
    """Stored; `repeated` when the same document was known already, and nothing was changed."""

    repeated: bool = False


class MoveSupply(Value):
    """Expected goods come on another day: a purchase order (its named `lines`, or all that are open) or a transfer slips.

    `slip` is the message's own id: the same slip twice is one, whatever was said in between.
    """

    slip: str = Field(min_length=1, max_length=200)
    purchase_order: str = ""
    transfer: str = ""
    lines: tuple[int, ...] = ()
    expected_at: Moment
    reason: str = Field(default="", max_length=300)
    at: Moment
    actor: str


class CancelSupply(Value):
    """Nothing more of a purchase order will come, a transfer that has not left is given up, or the rest of one never arrives."""

    purchase_order: str = ""
    transfer: str = ""
    reason: str = Field(default="", max_length=300)
    at: Moment
    actor: str


class SupplyChange(Value):
    """What a slip or a cancellation changed: `supplies` that moved, and the orders whose promises may hang on them, oldest first."""

    supplies: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    repeated: bool = False


class TransferLine(Value):
    item: str = Field(min_length=1, max_length=100)
    quantity: Units


class PlaceTransfer(Value):
    """Goods that travel together from one of our locations to another; the same number twice is one transfer.

    Each item has one line: what comes in under the transfer's number says by its item which line it belongs to.
    """

    transfer: Key
    from_location: str = Field(min_length=1, max_length=100)
    to_location: str = Field(min_length=1, max_length=100)
    lines: tuple[TransferLine, ...] = Field(min_length=1, max_length=1_000)
    expected_at: Moment
    at: Moment
    actor: str


class ShipTransfer(Value):
    """The goods of a transfer left their origin: all that was planned."""

    transfer: Key
    at: Moment
    actor: str


def purchase_supply(purchase_order: str, line: int) -> str:
    """The name by which promises and signals speak of a line of a purchase order."""
    return f"purchase/{purchase_order}/{line}"


def transfer_supply(transfer: str) -> str:
    """The name by which promises and signals speak of a transfer."""
    return f"transfer/{transfer}"


def supply_parts(supply: str) -> tuple[str, int | None]:
    """(number, line) of a supply's name; a transfer has no line."""
    kind, _, rest = supply.partition("/")
    if kind == "transfer":
        return rest, None
    number, _, line = rest.rpartition("/")
    return number, int(line)


def supply_in_words(supply: str) -> str:
    """`purchase/PO-7/1` as people say it; what hangs on no supply stays as it is."""
    if "/" not in supply:
        return supply
    number, line = supply_parts(supply)
    return f"transfer {number}" if line is None else f"purchase order {number} line {line}"
