"""How long things may take, and what follows when they take longer: the business's patience, as data that travels with its order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.return_rules import ReturnPolicies
from domain.values import Value


class ReminderLevel(Value):
    """One rung of the reminder ladder.

    A reminder of this level is due `grace_days` after the due date of the reminder before it (of the invoice, for the first rung); it asks
    for payment within `due_in_days` and adds `fee_minor` minor units of the invoice's currency.
    """

    level: int
    grace_days: int
    due_in_days: int
    fee_minor: int = 0
    holds_customer: bool = False  # the customer's new orders stop at validation until the balance is paid
    text: str = ""


LADDER: tuple[ReminderLevel, ...] = (
    ReminderLevel(level=1, grace_days=5, due_in_days=10, text="A friendly reminder: this invoice is past its due date."),
    ReminderLevel(level=2, grace_days=3, due_in_days=7, fee_minor=1500, text="Second reminder: please pay at once; a fee has been added."),
    ReminderLevel(
        level=3,
        grace_days=2,
        due_in_days=5,
        fee_minor=2500,
        holds_customer=True,
        text="Last reminder: further orders are held until you pay.",
    ),
)


class Policies(Value):
    """All durations are in days of length `day`: 24 hours in a business, a fraction of a second in a demo."""

    day: timedelta = timedelta(days=1)
    pick_within: int = 1  # days from release to the confirmed pick
    pack_within: int = 1  # days from the pick to the packing
    backorder_within: int = 14  # days a backorder waits before a person decides
    delivery_grace: int = 2  # days after the expected delivery without a word from the carrier
    return_window: int = 30  # days after delivery in which goods may come back
    rma_expires: int = 21  # days until an authorized return that never came expires
    inspect_within: int = 3  # days from a return's receipt to its inspection
    collections_review: int = 90  # days after which a collection case is looked at again
    credit_review: int = 1  # days that credit stops an order before the credit controller is asked
    credit_stands: int = 3  # days after which goods that were held up since are judged anew before they go on
    credit_release: int = 30  # days for which the answer to that question lets the order pass
    price_tolerance: Decimal = Decimal("0.02")  # how far a stated price may be from ours, as a fraction
    price_roles: tuple[str, ...] = ()  # who may set a price; empty: whoever may decide
    ladder: tuple[ReminderLevel, ...] | None = None  # the order's own reminders; none: the customer's reminder terms
    returns: ReturnPolicies = ReturnPolicies()
    leave_at_events: int = 20_000  # history events after which even retrying activities are interrupted to continue as new

    def days(self, count: float) -> timedelta:
        return count * self.day
