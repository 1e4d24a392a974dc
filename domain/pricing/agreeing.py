"""Changing what was agreed about prices and taxes: by whom, why, from which day; what was is never written over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.errors import Refused
from domain.order import Moment
from domain.values import Value

PRICERS = ("pricing", "finance_manager")
"""Roles that may change prices."""

TAXERS = ("tax", "finance_manager")
"""Roles that may change tax rates."""


class Agreed(Value):
    """Who changes what was agreed, why, and when."""

    actor: str
    roles: tuple[str, ...] = ()
    reason: str
    at: Moment

    def may(self, *roles: str) -> None:
        """Raises Refused for somebody without one of the roles, or without a reason."""
        if not set(roles) & set(self.roles):
            has = f"is {', '.join(self.roles)}" if self.roles else "has no role"
            raise Refused(f"This takes the role {' or '.join(roles)}; {self.actor} {has}.")
        if not self.reason.strip():
            raise Refused("Say why: it stands in the history of prices and taxes.")


class AgreementEvent(Value):
    """A line of that history: what was before and what is since, in words."""

    at: Moment
    subject: str
    what: str
    actor: str
    reason: str


class ListedPrice(Value):
    """What one unit of an item costs on a list, in major units of its currency; `valid_from` is a day to come, none for now."""

    price_list: str
    item: str
    price: Decimal
    valid_from: date | None = None


def day_to_come(day: date, today: date, what: str) -> None:
    """Raises Refused for a day that is over: orders were placed on it under what held then."""
    if day < today:
        raise Refused(f"{what} {day} is over: orders of that day keep what held then. The earliest is {today}.")
