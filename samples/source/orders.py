"""The orders of the demo, and what the outside world does to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Order:
    """One order: what the customer wants, how its document is written, how it ends and the world's script for it.

    `lines` are (item, units) or (item, units, cents of one unit where it is not the customer's list price).
    """

    number: str
    customer: str  # as its channel knows it
    title: str
    lines: tuple[tuple[Any, ...], ...]
    ends: str = "closed"
    script: dict[str, Any] = field(default_factory=dict)
    to: str = "berlin"
    freight: int = 690  # cents
    terms: int = 0  # net days, 0 is prepaid (Shopify) or nothing said (X12)
    service: str = "standard"
    complete: bool = False
    requested: str = ""
    allocated: int = 0  # cents of discount, shared over the lines
    unallocated: int = 0  # cents of discount on the whole order
    amounts_as: str = "string"  # string, number: how Shopify's amounts are written
    release: str = ""  # of a blanket order (X12)
    misstated: int = 0  # cents that the stated total is off

    @property
    def external_id(self) -> str:
        return f"{self.number}-{self.release}" if self.release else self.number


def returned(kind: str, lines: dict[str, int], disposition: str, goods: str = "come") -> dict[str, Any]:
    return {"kind": kind, "lines": lines, "disposition": disposition, "goods": goods}


def wished(back: dict[str, Any], **wish: Any) -> dict[str, Any]:
    """A return with why it comes back and what goes out instead; `dispositions` are by line."""
    dispositions = wish.pop("dispositions", None)
    return back | ({"dispositions": dispositions} if dispositions else {}) | ({"wish": wish} if wish else {})


def asked(when: str, what: str) -> list[dict[str, str]]:
    return [{"when": when, "what": what}]


def decided(**choices: str) -> dict[str, Any]:
    return {"decisions": choices}
