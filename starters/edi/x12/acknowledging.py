"""The functional acknowledgement of everything that came in (997), and of an envelope that is broken (TA1).

A set is accepted or rejected; a rejected one names the segment (AK3) and element (AK4) at fault. Source: ASC X12 004010, 997, and
X12.5 (TA1); codes: elements 715, 716, 717, 718, 720, 723, I17, I18.
"""

from __future__ import annotations

from collections.abc import Sequence

from starters.edi.envelope import Fault, Group, Interchange
from starters.edi.outgoing import Envelope
from starters.edi.translate import InterchangeRead, SetRead
from starters.edi.x12.writing import Row, interchange_receipt, written

NOT_SUPPORTED, SEGMENTS_IN_ERROR = "1", "5"
MANDATORY_SEGMENT_MISSING, UNRECOGNIZED_SEGMENT, ELEMENTS_IN_ERROR = "3", "1", "8"
MANDATORY_MISSING, TOO_LONG, INVALID_CHARACTER, INVALID_VALUE, INVALID_DATE = "1", "5", "6", "7", "8"


def functional_acknowledgements(envelope: Envelope, answer: InterchangeRead) -> bytes | None:
    """One 997 for each group, but for groups that are acknowledgements themselves; None where there is nothing to acknowledge."""
    sets = [_acknowledgement(group, answer) for group in answer.interchange.groups if group.kind not in ("FA", "")]
    return written(envelope, "997", sets) if sets else None


def interchange_acknowledgement(envelope: Envelope, interchange: Interchange) -> bytes:
    """A TA1: the interchange was taken (A) or its envelope is broken (R), with a code of element I18."""
    fault = interchange.fault
    code = (fault.code if len(fault.code) == 3 else "022") if fault else "000"
    ta1 = ("TA1", interchange.control.zfill(9), interchange.date, interchange.time, "R" if fault else "A", code)
    return interchange_receipt(envelope, ta1)


def _acknowledgement(group: Group, answer: InterchangeRead) -> list[Row]:
    sets = [one for one in answer.sets if one.group is group]
    rows: list[Row] = [("AK1", group.kind, group.control)]
    for one in sets:
        rows += _set(one)
    refused = sum(one.fault is not None for one in sets)
    whole = answer.interchange.fault or group.fault
    verdict = "R" if whole or (refused and refused == len(sets)) else "P" if refused else "A"
    received = str(len(sets))
    code = (group.fault.code if group.fault and len(group.fault.code) == 1 else "") if whole else ""
    return [*rows, ("AK9", verdict, str(group.stated) if group.stated else received, received, str(len(sets) - refused), code)]


def _set(one: SetRead) -> list[Row]:
    header: Row = ("AK2", one.set.kind[:3], one.set.control or "0000")
    if one.fault is None:
        return [header, ("AK5", "A")]
    fault = one.fault
    if len(fault.code) in (1, 2) and fault is one.set.fault and fault.code:
        return [header, ("AK5", "R", fault.code)]
    if fault.name == "ST" and fault.element == 1:
        return [header, ("AK5", "R", NOT_SUPPORTED)]
    return [header, *_where(one, fault), ("AK5", "R", SEGMENTS_IN_ERROR)]


def _where(one: SetRead, fault: Fault) -> list[Row]:
    if fault.missing:
        return [("AK3", fault.missing, str(len(one.set.segments) + 2), "", MANDATORY_SEGMENT_MISSING)]
    if not fault.segment:
        return []
    if not fault.element:
        name = fault.name[:3] if len(fault.name) > 1 else "UNK"  # AK301 may not be empty
        return [("AK3", name, str(fault.segment), "", UNRECOGNIZED_SEGMENT)]
    value = _value(one, fault)
    return [
        ("AK3", fault.name, str(fault.segment), "", ELEMENTS_IN_ERROR),
        ("AK4", str(fault.element), "", element_code(fault, value), value),
    ]


def _value(one: SetRead, fault: Fault) -> str:
    """The bad element as it was sent (AK404, 99 characters at most)."""
    at = fault.segment - 2
    segment = one.set.segments[at] if 0 <= at < len(one.set.segments) else None
    elements: Sequence[str] = getattr(segment, "elements", ())
    return elements[fault.element - 1][:99] if 0 < fault.element <= len(elements) else ""


def element_code(fault: Fault, value: str) -> str:
    """Element 723, from what stands there and what was said of it."""
    if not value:
        return MANDATORY_MISSING
    if "is not a date" in fault.reason:
        return INVALID_DATE
    if "longer than" in fault.reason:
        return TOO_LONG
    if "stands inside an element" in fault.reason or "may hold" in fault.reason:
        return INVALID_CHARACTER
    return INVALID_VALUE
