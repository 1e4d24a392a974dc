"""What one customer's order may take of an item at a location, when others have claims on it too."""

from __future__ import annotations

from domain.values import Value


class Claims(Value):
    """Who else has a claim on an item at a location, in units, seen by one owner who sells through one channel.

    `own` units the owner has softly reserved; `others` units are softly reserved for others, `senior` of them before the owner's own.
    `kept_back` units the channel has to leave (its safety stock); `quotas_of_others` units are what is left of other channels' quotas.
    """

    own: int = 0
    others: int = 0
    senior: int = 0
    kept_back: int = 0
    quotas_of_others: int = 0


class Quota(Value):
    """A channel's share of an item at a location: `kept_back` units it must leave, `quota` units that no other channel may take.

    `used` units of the quota the channel has allocated since the quota was set, shipped ones included; `held` units it holds softly.
    """

    channel: str
    kept_back: int = 0
    quota: int = 0
    used: int = 0
    held: int = 0

    @property
    def left(self) -> int:
        return max(self.quota - self.used - self.held, 0)


EVERY_CHANNEL = "*"
"""A row for this channel keeps units back from every channel that has no row of its own."""


def may_take(free: int, claims: Claims) -> int:
    """How many of `free` units (on hand less reserved, over all bins of the location) the owner may take:

        max(0, min(own, free - senior), free - others - kept_back - quotas_of_others)

    The last term is what is left when every other claim is honoured. The middle one keeps a soft reservation good although a quota or a
    safety stock was raised after it was made; when stock went missing and not all soft reservations can be honoured, the older ones are.
    """
    return max(0, min(claims.own, free - claims.senior), free - claims.others - claims.kept_back - claims.quotas_of_others)


def kept_back_from(channel: str, quotas: dict[str, Quota]) -> int:
    """The safety stock that a channel has to leave: its own row's, else that of every channel."""
    found = quotas.get(channel) or quotas.get(EVERY_CHANNEL)
    return found.kept_back if found else 0


def quotas_of_others(channel: str, quotas: dict[str, Quota]) -> int:
    """What is left of the quotas of all channels but this one."""
    return sum(quota.left for name, quota in quotas.items() if name != channel)
