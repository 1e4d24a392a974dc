"""A partner's functional acknowledgement of what we sent (997).

Read: AK1, AK2, AK3, AK4, AK5, AK9. Source: ASC X12 004010, 997; codes: elements 715, 717, 718, 720, 723.
"""

from __future__ import annotations

from domain.edi_documents import Receipt, SetReceipt
from starters.channels.x12_envelope import Segment
from starters.edi.x12.fields import count, loops, needed, required

ACCEPTED = {"A": "A", "E": "E", "P": "E"}
"""AK501 and AK901; everything else (R, M, W, X) is a rejection."""


def receipt(segments: list[Segment], place: str) -> Receipt:
    """Raises InputRefused."""
    ak1, ak9 = required(segments, "AK1", place), required(segments, "AK9", place)
    sets = []
    for loop in loops(segments, "AK2", end=("AK9",)):
        ak5 = required(loop.under, "AK5", place)
        errors = [_error(one) for one in loop.under if one.name in ("AK3", "AK4")]
        errors += [f"AK5 says {code}" for n in range(2, 7) if (code := ak5.at(n))]
        code = ACCEPTED.get(needed(ak5, 1, "verdict"), "R")
        sets.append(SetReceipt(kind=loop.head.at(1), control=needed(loop.head, 2, "control number"), code=code, errors=tuple(errors)))
    return Receipt(
        kind=needed(ak1, 1, "kind of group"),
        control=needed(ak1, 2, "control number"),
        code="R" if needed(ak9, 1, "verdict") not in ACCEPTED else ACCEPTED[ak9.at(1)],
        sets=tuple(sets),
        received=count(ak9, 3) if ak9.at(3) else None,
    )


def _error(segment: Segment) -> str:
    if segment.name == "AK3":
        return f"segment {segment.at(2)} ({segment.at(1)}) says {segment.at(4) or 'nothing'}"[:200]
    return f"element {segment.at(1)} says {segment.at(3)}" + (f": {segment.at(4)!r:.100}" if segment.at(4) else "")
