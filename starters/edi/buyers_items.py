"""What the buyer calls the items of an order: their numbers go back in every document about it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.order import PlaceOrder
from starters.channels.x12_envelope import Segment as X12Segment
from starters.edi.edifact.opening import Segment as EdifactSegment
from starters.edi.envelope import DocumentSet

X12_BUYERS, EDIFACT_BUYERS = ("BP", "IN", "CB", "SK"), ("BP", "IN")
"""Qualifiers of the buyer's own item number (elements 235 and 7143)."""


def buyers_items(one: DocumentSet, order: PlaceOrder) -> dict[int, str]:
    """Line -> the buyer's own number of its item, where the document names one."""
    found = _x12(one) if one.kind == "850" else _edifact(one)
    return {line.number: named[:48] for line, named in zip(order.lines, found, strict=False) if named}


def _x12(one: DocumentSet) -> list[str]:
    lines = (segment for segment in one.segments if isinstance(segment, X12Segment) and segment.name == "PO1")
    return [_first({po1.at(n): po1.at(n + 1) for n in range(24, 5, -2)}, X12_BUYERS) for po1 in lines]


def _edifact(one: DocumentSet) -> list[str]:
    found: list[str] = []
    for segment in one.segments:
        if not isinstance(segment, EdifactSegment):
            continue
        if segment.name == "LIN":
            found.append(_first({segment.at(3, 2): segment.at(3, 1)}, EDIFACT_BUYERS))
        elif segment.name == "PIA" and found and not found[-1]:
            found[-1] = _first({segment.at(n, 2): segment.at(n, 1) for n in range(6, 1, -1)}, EDIFACT_BUYERS)
    return found


def _first(named: dict[str, str], wanted: Sequence[str]) -> str:
    return next((named[qualifier] for qualifier in wanted if named.get(qualifier)), "")
