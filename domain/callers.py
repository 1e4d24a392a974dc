"""Who may ask what through the door for machines."""

from __future__ import annotations

from enum import StrEnum

from domain.values import Value


class Scope(StrEnum):
    """What a key or a token allows."""

    ORDERS_READ = "orders:read"  # orders, their timeline, the inbox
    ORDERS_WRITE = "orders:write"  # place orders
    MESSAGES_WRITE = "messages:write"  # tell and ask orders
    STOCK_READ = "stock:read"  # availability
    SUBSCRIPTIONS = "subscriptions"  # webhooks out


class Caller(Value):
    """Who calls, as the audit trail remembers it, and what they may."""

    name: str
    scopes: frozenset[Scope]
