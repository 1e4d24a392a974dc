"""What is asked of the backorder queue and of whoever re-allocates, and what they answer."""

from __future__ import annotations

from pydantic import Field

from domain.order import Moment
from domain.reallocation import Plan, Strategy
from domain.values import Value


class DistributeStock(Value):
    """Hand out what was freed. `told` wins have reached their orders, `gone` ones could not: their orders have ended."""

    at: Moment
    told: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


class Won(Value):
    """Stock that is set aside for an order until it comes."""

    win: int
    order: str
    units: dict[str, int]  # by item


class Distributed(Value):
    """Wins that their orders do not know of yet, and when there is something to do again (a win lapses, somebody's turn begins)."""

    wins: tuple[Won, ...] = ()
    next_at: Moment | None = None


class ReallocateStock(Value):
    """Move stock of an item between orders, or with `undoes` take back an earlier re-allocation. The same `request` twice is one."""

    request: str = Field(min_length=1, max_length=200)
    item: str = Field(default="", max_length=100)
    strategy: Strategy = Strategy.UNDO
    order: str = ""  # the one that wins, gains or loses
    undoes: int = 0
    at: Moment
    actor: str = Field(min_length=1, max_length=120)


class Taken(Value):
    """A shipment that its order has to give up."""

    order: str
    shipment: int


class Reallocated(Value):
    """The plan as it was stored under `reallocation` (0 when it was only simulated), and the shipments that are to be given up for it."""

    reallocation: int
    plan: Plan
    takes: tuple[Taken, ...] = ()
    repeated: bool = False


class QueueRow(Value):
    """One bundle of the backorder queue of an item, for people: where it stands, why, and what is set aside for its order already."""

    item: str
    position: int
    order: str
    lines: tuple[int, ...]
    waiting: int  # units of this item
    set_aside: int  # units of this item that wait for the order to come
    policy: str
    customer_priority: int
    order_priority: int
    promised_for: Moment | None
    since: Moment
    expected_at: Moment | None  # when its goods are expected, as it was promised
    asked_at: Moment | None  # when a person is asked, if nothing comes
    why: str
