"""The syntax and service report on everything that came in (CONTRL).

Every message is acknowledged (7) or rejected (4); a rejected one names the segment (UCS) and element (UCD) at fault. Source: ISO 9735,
syntax version 3, CONTRL D.3; codes: elements 0083 and 0085.
"""

from __future__ import annotations

from domain.edi_partners import PartnerId
from starters.edi.edifact.opening import MISSING, OTHER
from starters.edi.edifact.writing import Element, Row, written
from starters.edi.envelope import Fault
from starters.edi.outgoing import Envelope
from starters.edi.translate import InterchangeRead, SetRead

ACKNOWLEDGED, REJECTED = "7", "4"
INVALID, NOT_SUPPORTED = "12", "14"


def syntax_report(envelope: Envelope, answer: InterchangeRead) -> bytes | None:
    """None for an interchange of nothing but reports: they are not answered."""
    kinds = {one.set.kind for one in answer.sets}
    if kinds == {"CONTRL"}:
        return None
    fault, interchange = answer.interchange.fault, answer.interchange
    broken = (fault.code if fault.code.isdigit() else OTHER, fault.name) if fault else ("", "")
    rows: list[Row] = [
        ("UCI", interchange.control, _id(interchange.sender), _id(interchange.receiver), REJECTED if fault else ACKNOWLEDGED, *broken)
    ]
    if fault is None:
        for one in answer.sets:
            rows += _message(one)
    return written(envelope, "CONTRL", "D:3:UN", [rows])


def _id(one: PartnerId) -> Element:
    return (one.id, one.qualifier) if one.qualifier else one.id


def _message(one: SetRead) -> list[Row]:
    version = tuple(one.set.version.split(":")) if one.set.version else ()
    head: Row = ("UCM", one.set.control or "0", (one.set.kind or "?", *version))
    fault = one.fault
    if fault is None:
        return [(*head, ACKNOWLEDGED)]
    if fault.name in ("UNH", "UNT") and fault.element:
        code = fault.code or NOT_SUPPORTED
        return [(*head, REJECTED, code, fault.name, str(fault.element + 1))]
    if fault.missing or not fault.segment:
        return [(*head, REJECTED, fault.code or MISSING)]
    if not fault.element:
        return [(*head, REJECTED), ("UCS", str(fault.segment), fault.code or OTHER)]
    position = str(fault.element + 1)  # element 0098 counts the segment's own name
    where: Element = (position, str(fault.component)) if fault.component else position
    return [(*head, REJECTED), ("UCS", str(fault.segment)), ("UCD", _code(fault), where)]


def _code(fault: Fault) -> str:
    return fault.code or (MISSING if fault.reason.startswith("there is no") else INVALID)
