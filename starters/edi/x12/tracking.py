"""What a carrier says of our shipments (214).

Read: B10 (the carrier's number, ours, SCAC), AT7 (status, appointment, date, time, zone), MS1 (place). Source: ASC X12 004010, 214; codes:
elements 1650 (status), 1651 (reason), 1652 (appointment), 623 (time zone).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from domain.edi_documents import TrackingEvent
from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.messages import CarrierStatus
from starters.channels.x12_envelope import Segment
from starters.edi.x12.fields import day, first, needed, required

STATUS = {
    **dict.fromkeys(
        ("AF", "AM", "AR", "AV", "CD", "I1", "J1", "K1", "L1", "OA", "P1", "R1", "X1", "X2", "X3", "X4", "X5", "X6", "X8", "XB"),
        CarrierStatus.IN_TRANSIT,
    ),
    **dict.fromkeys(("AH", "AP", "A7", "A9", "CA", "OO"), CarrierStatus.EXCEPTION),
    **dict.fromkeys(("SD", "C1", "BC"), CarrierStatus.DELAYED),
    **dict.fromkeys(("D1", "CL"), CarrierStatus.DELIVERED),
    "A3": CarrierStatus.RETURNED_TO_SENDER,
}
"""Element 1650; what is not here asks nothing of the order."""

EXPECTED = ("AG", "AB")
"""Estimated delivery (element 1650) and delivery appointment (element 1652): the time of the segment is that of the delivery."""

HOURS = {
    "ES": -5,
    "ED": -4,
    "ET": -5,
    "CS": -6,
    "CD": -5,
    "CT": -6,
    "MS": -7,
    "MD": -6,
    "MT": -7,
    "PS": -8,
    "PD": -7,
    "PT": -8,
    "AS": -4,
    "AT": -4,
}
"""Hours from UTC (element 623); local time and none are taken as UTC, since the place's zone is nowhere said."""


def events(segments: list[Segment], place: str, partner: Partner, said_at: datetime | None) -> list[TrackingEvent | None]:
    """One for each AT7, None where its code means nothing here. Raises InputRefused.

    What is expected is dated in the future: it was said at `said_at`, when the interchange was made.
    """
    b10 = required(segments, "B10", place)
    if not b10.at(1) and not b10.at(2):
        raise InputRefused(b10.place(1), "there is no number of the shipment")
    found = [_event(b10, at7, segments[n : n + 1], partner, said_at) for n, at7 in enumerate(segments, 1) if at7.name == "AT7"]
    if not found:
        raise InputRefused(place, "it names no status (AT7)")
    return found


def _event(b10: Segment, at7: Segment, after: list[Segment], partner: Partner, said_at: datetime | None) -> TrackingEvent | None:
    code, at, where = at7.at(1) or at7.at(3), _at(at7, partner), first(after, "MS1")
    expected = code in EXPECTED
    if code not in STATUS and not expected:
        return None
    return TrackingEvent(
        carrier=needed(b10, 3, "carrier (SCAC)"),
        tracking=b10.at(1),
        reference=b10.at(2) if b10.at(2) != b10.at(1) else "",
        status=CarrierStatus.IN_TRANSIT if expected else STATUS[code],
        code=code,
        at=(said_at or at) if expected else at,
        place=", ".join(part for n in (1, 2, 3) if where and (part := where.at(n))),
        expected_at=at if expected else None,
    )


def _at(at7: Segment, partner: Partner) -> datetime:
    """AT705 and AT706 in the zone of AT707."""
    moment = day(at7, 5, partner)
    written = at7.at(6)
    if written:
        if not re.fullmatch(r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?[0-9]{0,2}", written):
            raise InputRefused(at7.place(6), f"{written!r:.20} is not a time (HHMM)")
        moment += timedelta(hours=int(written[:2]), minutes=int(written[2:4]))
    try:
        return moment - timedelta(hours=HOURS.get(at7.at(7), 0))
    except OverflowError:
        raise InputRefused(at7.place(5), f"{at7.at(5)!r:.20} is not a date (CCYYMMDD)") from None
