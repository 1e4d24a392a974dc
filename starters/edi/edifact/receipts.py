"""A partner's syntax report of what we sent (CONTRL).

Read: UCI, UCM, UCS, UCD. Source: ISO 9735 (syntax version 3), CONTRL D.3; codes: elements 0083 and 0085.
"""

from __future__ import annotations

from domain.edi_documents import Receipt, SetReceipt
from starters.edi.edifact.fields import loops, needed, required
from starters.edi.edifact.opening import Segment

ACTIONS = {"4": "R", "7": "A", "8": "A"}
"""Element 0083: this level rejected; acknowledged; interchange received."""


def receipt(segments: list[Segment], place: str) -> Receipt:
    """Raises InputRefused."""
    uci = required(segments, "UCI", place)
    sets = []
    for loop in loops(segments, "UCM", end=("UCF",)):
        errors = [f"0085 says {loop.head.at(4)}"] if loop.head.at(4) else []
        for one in loop.under:
            if one.name == "UCS":
                errors.append(f"segment {one.at(1)} says {one.at(2) or 'nothing'}")
            elif one.name == "UCD":
                errors.append(f"element {one.at(2)}" + (f", component {one.at(2, 2)}" if one.at(2, 2) else "") + f" says {one.at(1)}")
        action = ACTIONS.get(needed(loop.head, 3, "action"), "R")
        sets.append(SetReceipt(kind=loop.head.at(2), control=needed(loop.head, 1, "reference"), code=action, errors=tuple(errors)))
    return Receipt(
        kind="interchange",
        control=needed(uci, 1, "control reference"),
        code=ACTIONS.get(needed(uci, 4, "action"), "R"),
        sets=tuple(sets),
    )
