"""Available to promise: how much of an item nobody else was promised, and when so much of it is there.

The projected balance of an item after a moment t is

    balance(t) = on hand - reserved + scheduled receipts until t - scheduled requirements until t

and what can be promised for t is the cumulative available-to-promise with look-ahead: the least balance from t on, never below zero,

    available(t) = max(0, min over s >= t of balance(s))

so that what was promised for a later day is not sold today (APICS Dictionary, "available-to-promise" and "look-ahead"; Vollmann, Berry,
Whybark and Jacobs, "Manufacturing Planning and Control for Supply Chain Management", chapter on master production scheduling). Receipts
and requirements of one moment count together. Whatever should have come before now and has not is not counted: nobody knows its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.order import Moment
from domain.values import Value

STOCK = "stock"
LEAD_TIME = "lead time"
"""What a promise hangs on when it hangs on no receipt: units that are there, or how long it takes to buy the item."""


class ScheduledReceipt(Value):
    """Units that will come to a location; `supply` names the purchase order or the transfer."""

    supply: str
    location: str
    quantity: int
    at: Moment


class Requirement(Value):
    """Units that somebody was promised for a moment and that are not reserved yet; without a location any of them will do."""

    quantity: int
    at: Moment
    location: str = ""


class Position(Value):
    """What is known of an item, at one location or in the whole house: free units now, and what will come and go."""

    free: int
    receipts: tuple[ScheduledReceipt, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def at_location(self, location: str, free: int) -> Position:
        """The part of one location: requirements that no location was named for count for the house only."""
        return Position(
            free=free,
            receipts=tuple(receipt for receipt in self.receipts if receipt.location == location),
            requirements=tuple(need for need in self.requirements if need.location == location),
        )

    def balance(self, at: datetime) -> int:
        """The projected balance: negative when more was promised than will have come."""
        came = sum(receipt.quantity for receipt in self.receipts if receipt.at <= at)
        went = sum(need.quantity for need in self.requirements if need.at <= at)
        return self.free + came - went

    def changes_after(self, at: datetime) -> list[datetime]:
        """The moments after `at` at which the balance changes, in their order."""
        moments = {receipt.at for receipt in self.receipts} | {need.at for need in self.requirements}
        return sorted(moment for moment in moments if moment > at)

    def available(self, at: datetime) -> int:
        """Units that can be promised for this moment without breaking any other promise."""
        return max(0, min(self.balance(moment) for moment in (at, *self.changes_after(at))))


class Availability(Value):
    """From when on so many units are there, and on what that hangs: `stock`, or the name of a supply."""

    at: Moment
    supply: str
    location: str = ""


def earliest(position: Position, quantity: int, now: datetime) -> Availability | None:
    """When `quantity` units can be promised first; None when what is known to come is not enough.

    The moment is one at which the balance rises, and it hangs on the last receipt that is needed for it.
    """
    if position.available(now) >= quantity:
        return Availability(at=now, supply=STOCK)
    for moment in position.changes_after(now):
        if position.available(moment) >= quantity:
            receipt = max(
                (receipt for receipt in position.receipts if receipt.at <= moment), key=lambda each: (each.at, each.supply), default=None
            )
            return Availability(at=moment, supply=receipt.supply if receipt else STOCK, location=receipt.location if receipt else "")
    return None


def projected(position: Position, now: datetime) -> Sequence[tuple[datetime, int]]:
    """What can be promised from now on: (moment, units), at every moment at which the balance changes."""
    return [(moment, position.available(moment)) for moment in (now, *position.changes_after(now))]
