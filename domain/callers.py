"""Who may ask what through the door for machines."""

from __future__ import annotations

from enum import StrEnum

from domain.values import Value


class Scope(StrEnum):
    """What a key or a token allows."""

    ORDERS_READ = "orders:read"  # orders, their timeline, quotes, the inbox
    ORDERS_WRITE = "orders:write"  # place orders, accept and decline quotes
    QUOTES_WRITE = "quotes:write"  # have orders quoted, and quotes e-mailed
    MESSAGES_WRITE = "messages:write"  # tell and ask orders
    STOCK_READ = "stock:read"  # availability
    WAREHOUSE_WRITE = "warehouse:write"  # what a warehouse says of its work: picked, packed, counted
    SUBSCRIPTIONS = "subscriptions"  # webhooks out


class Caller(Value):
    """Who calls, as the audit trail remembers it, and what they may.

    Who is bound to a customer, a channel or a location sees and does nothing that is another's.
    """

    name: str
    scopes: frozenset[Scope]
    customer: str = ""
    channel: str = ""
    location: str = ""

    @property
    def bound_to(self) -> dict[str, str]:
        """What the caller is bound to, by its kind."""
        return {kind: value for kind in ("customer", "channel", "location") if (value := getattr(self, kind))}
