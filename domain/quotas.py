"""Shares of channels: what one must leave of an item at a location, and what no other may take."""

from __future__ import annotations

from pydantic import Field

from domain.values import Value


class SetQuota(Value):
    """From now on `channel` leaves `kept_back` units of the item at the location, and has `quota` units that no other channel may take.

    Channel `*` stands for every channel without a row of its own; it has no quota. Both zero: the share is dropped.
    """

    item: str = Field(min_length=1, max_length=100)
    location: str = Field(min_length=1, max_length=100)
    channel: str = Field(min_length=1, max_length=120)
    kept_back: int = Field(default=0, ge=0, le=10_000_000)
    quota: int = Field(default=0, ge=0, le=10_000_000)


class QuotaView(Value):
    """A channel's share and how much of its quota is left: `quota - used - held`, never below zero."""

    item: str
    location: str
    channel: str
    kept_back: int
    quota: int
    used: int
    held: int
    left: int
