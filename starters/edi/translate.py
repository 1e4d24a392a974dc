"""From bytes to parts: a document is opened, and every set of it is read by itself.

A set that cannot be read is refused with its place and reason; its neighbours pass. Nothing here knows a clock, a database or a network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from domain.edi_changes import amendment
from domain.edi_documents import ChangeRequest, DocumentIn, EdiDocument, TrackingEvent
from domain.edi_partners import PIECES, Partner, Partners
from domain.errors import InputRefused
from domain.intake import IgnoredIn, MessageIn, NeedKind, OrderIn, Part, RefusedIn, SeenIn, UnmappedIn, Words
from domain.messages import CarrierEvent
from starters.channels.dates import moment_in
from starters.channels.units import UnknownUnit
from starters.channels.x12 import Reading, purchase_order
from starters.channels.x12_envelope import Segment as X12Segment
from starters.channels.x12_envelope import TransactionSet
from starters.edi.edifact import changes as edifact_changes
from starters.edi.edifact import orders as edifact_orders
from starters.edi.edifact import receipts as edifact_receipts
from starters.edi.edifact.opening import Segment as EdifactSegment
from starters.edi.edifact.opening import open_edifact
from starters.edi.envelope import DocumentSet, Fault, Group, Interchange
from starters.edi.normalise import syntax_of, text_of
from starters.edi.references import shipment_of
from starters.edi.x12 import changes, receipts, remittances, tracking, warehouse
from starters.edi.x12.opening import open_x12

WHAT_WE_SEND = {"855": "acknowledgement", "856": "ship notice", "810": "invoice", "940": "order to a warehouse", "999": "acknowledgement",
                "ORDRSP": "acknowledgement", "DESADV": "ship notice", "INVOIC": "invoice"}  # fmt: skip
"""Kinds that go out from here and that nobody sends us."""


@dataclass
class SetRead:
    """What came of one set; `fault` is why it is refused."""

    group: Group
    set: DocumentSet
    parts: list[Part] = field(default_factory=list)
    fault: Fault | None = None


@dataclass
class InterchangeRead:
    """One interchange with its sets; `partner` is None where nobody knows the sender and no default map is there, and for what is stray."""

    interchange: Interchange
    partner: Partner | None
    sets: list[SetRead] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """Never none: an interchange that holds nothing is refused by itself."""
        found = [part for one in self.sets for part in one.parts]
        if self.interchange.fault and not found:
            found = [RefusedIn(place=self.interchange.fault.place, reason=self.interchange.fault.reason)]
        return found


class History(Protocol):
    """The fingerprint of an interchange that came before, by its identity; a dict is one."""

    def get(self, identity: str, default: str, /) -> str: ...


class Reader(Protocol):
    def __call__(self, one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]: ...


def read(content: bytes, partners: Partners, words: Words, known: History | None = None) -> list[InterchangeRead]:
    """Every interchange of a document; `known` are the fingerprints of interchanges that came before.

    Raises InputRefused for what is no interchange at all.
    """
    text = text_of(content)
    opened = open_x12(text) if syntax_of(text) == "x12" else open_edifact(text)
    seen: dict[str, str] = {}
    answers = []
    for interchange in opened:
        if interchange.stray:
            answers.append(InterchangeRead(interchange, None))
            continue
        _recognise(interchange, seen, known or {})
        partner = partner_of(interchange, partners, words)
        _check_receiver(interchange, partner)
        one = InterchangeRead(interchange, partner)
        one.sets = [_read_set(interchange, group, document, partner) for group, document in interchange.sets()]
        for found in one.sets:
            found.parts = [_signed(part, interchange, partner) for part in found.parts]
        answers.append(one)
    return answers


def _signed(part: Part, interchange: Interchange, partner: Partner | None) -> Part:
    """With whose it is, where that matters to whoever takes it."""
    if not isinstance(part, DocumentIn) or partner is None:
        return part
    return part.model_copy(update={"partner": partner.name, "sender": f"{interchange.sender}"})


def partner_of(interchange: Interchange, partners: Partners, words: Words) -> Partner | None:
    """By what somebody mapped the sender to, else by the partners' own ids, else the default; with the units that were mapped."""
    mapped = words.get((NeedKind.PARTNER, str(interchange.sender)), "")
    partner = (partners.named(mapped) if mapped else None) or partners.of(interchange.syntax, interchange.sender)
    if partner is None or partner.syntax != interchange.syntax:
        return None
    told = {text: _pieces(ours) for (kind, text), ours in words.items() if kind is NeedKind.UNIT}
    units = partner.units | {text: pieces for text, pieces in told.items() if pieces}
    return partner.model_copy(update={"units": units})


def _pieces(ours: str) -> int:
    """A unit is mapped to a number of pieces or to a unit that everybody knows."""
    if ours.isascii() and ours.isdigit() and len(ours) <= 6:
        return int(ours)
    return PIECES.get(ours.strip().upper(), 0)


def _recognise(interchange: Interchange, seen: dict[str, str], known: History) -> None:
    """The same interchange again is a repetition; its number under another content is a fault."""
    before = seen.setdefault(interchange.identity, known.get(interchange.identity, ""))
    if not before:
        seen[interchange.identity] = interchange.fingerprint
    elif before == interchange.fingerprint:
        interchange.repeated = True
    else:
        code = "025" if interchange.syntax == "x12" else "26"
        interchange.fault = Fault(f"interchange {interchange.control[:20]}", "its control number came before, with another content", code)


def _check_receiver(interchange: Interchange, partner: Partner | None) -> None:
    """What a partner of ours sends to somebody else is not ours to read."""
    if partner and partner.ids and interchange.receiver.id != partner.ours.id:
        code = "008" if interchange.syntax == "x12" else "7"
        place = f"interchange {interchange.control[:20]}"
        interchange.mark(Fault(place, f"it is addressed to {interchange.receiver}, and we are {partner.ours} to {partner.name}", code))


def _read_set(interchange: Interchange, group: Group, one: DocumentSet, partner: Partner | None) -> SetRead:
    answer = SetRead(group, one)
    answer.parts = _parts(answer, interchange, partner)
    # A set has as many parts whatever becomes of it: a document is translated again after a mapping, and its parts are known by number.
    places = sum(segment.name == "AT7" for segment in one.segments) if one.kind == "214" else 1
    rest: Part = IgnoredIn(place=one.place, reason="as the part before it")
    if isinstance(answer.parts[-1], UnmappedIn):
        rest = answer.parts[-1]
    answer.parts += [rest] * (places - len(answer.parts))
    return answer


def _parts(answer: SetRead, interchange: Interchange, partner: Partner | None) -> list[Part]:
    one = answer.set
    if interchange.repeated:
        return [IgnoredIn(place=one.place, reason=f"interchange {interchange.control} came before, with the same content")]
    answer.fault = interchange.fault_of(answer.group, one)
    if answer.fault is None and partner is None:
        return [UnmappedIn(place=one.place, needs=((NeedKind.PARTNER, str(interchange.sender)),))]
    if answer.fault is None and partner is not None:
        try:
            parts = list(_reader(one, interchange)(one, partner, interchange))
            if interchange.test and not partner.takes_tests:
                return [IgnoredIn(place=part.place, reason="its sender marked it as a test") for part in parts]
            return parts
        except UnknownUnit as unknown:
            units = [unknown.unit, *(unit for unit in _units(one) if unit not in partner.units)]
            return [UnmappedIn(place=one.place, needs=tuple((NeedKind.UNIT, unit) for unit in dict.fromkeys(units)))]
        except InputRefused as refused:
            answer.fault = Fault.of(refused, one.names)
    return [RefusedIn(place=answer.fault.place, reason=answer.fault.reason)] if answer.fault else []


def _reader(one: DocumentSet, interchange: Interchange) -> Reader:
    readers = X12_READERS if interchange.syntax == "x12" else EDIFACT_READERS
    reader = readers.get(one.kind)
    if reader is None:
        header = "ST01" if interchange.syntax == "x12" else "UNH02"
        what = (
            f"is a document that goes out from here ({WHAT_WE_SEND[one.kind]})"
            if one.kind in WHAT_WE_SEND
            else "is not a kind that is read"
        )
        raise InputRefused(f"{one.place}, segment 1, {header}", f"{one.kind!r:.10} {what}")
    return reader


# --- X12 -----------------------------------------------------------------------------------------------------------------------------


def _x12(one: DocumentSet) -> list[X12Segment]:
    return cast("list[X12Segment]", one.segments)


def _purchase_order(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    reading = Reading(
        partner.channel,
        partner.currency,
        partner.country,
        partner.items,
        partner.units,
        partner.dates,
        prices_ours=partner.prices == "ours",
        taxes_ours=partner.taxes == "ours",
    )
    source = TransactionSet(one.kind, one.control, interchange.sender.id, tuple(_x12(one)))
    order = purchase_order(source, reading)
    return [OrderIn(place=f"{one.place}, order {order.external_id}", order=order)]


def _change(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_asked(changes.change_request(_x12(one), one.place, partner), one, partner)]


def _asked(change: ChangeRequest, one: DocumentSet, partner: Partner) -> Part:
    """What the partner's rule allows is asked of the order at once; the rest waits for a person."""
    place = f"{one.place}, {change.summary}"
    asked = amendment(change, f"edi:{partner.name}")
    if partner.changes_by_rule and not isinstance(asked, tuple):
        return MessageIn(place=place, order=change.order, message=asked)
    return DocumentIn(place=place, document=change)


def _receipt(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_document(one, receipts.receipt(_x12(one), one.place))]


def _remittance(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_document(one, remittances.remittance(_x12(one), one.place, partner))]


def _tracking(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    silent = IgnoredIn(place=one.place, reason="its status code (AT701) means nothing to an order")
    found = tracking.events(_x12(one), one.place, partner, _made_at(interchange))
    return [_seen(event, one) if event else silent for event in found]


def _made_at(interchange: Interchange) -> datetime | None:
    """ISA09 and ISA10, in UTC."""
    try:
        return moment_in(interchange.date + interchange.time, ("%y%m%d%H%M",), "ISA09")
    except InputRefused:
        return None


def _seen(event: TrackingEvent, one: DocumentSet) -> Part:
    """Told to the order where the carrier repeats our number of the shipment, else found by the tracking number."""
    place, message_id = f"{one.place}, {event.summary}", f"214/{event.carrier}/{event.tracking}/{event.code}/{event.at:%Y%m%d%H%M}"[:200]
    actor, detail = f"edi:{event.carrier}"[:120], f"{event.code} {event.place}".strip()[:1000]
    shipment = shipment_of(event.reference)
    if shipment is None and _bare(event.tracking):
        return SeenIn(
            place=place,
            tracking=_bare(event.tracking),
            message_id=message_id,
            occurred_at=event.at,
            actor=actor,
            status=event.status,
            detail=detail,
            expected_at=event.expected_at,
        )
    if shipment is None:
        return IgnoredIn(place=place, reason=f"it names neither a shipment of ours nor a tracking number: {event.reference!r:.60}")
    order, number = shipment
    fact = CarrierEvent(
        message_id=message_id,
        occurred_at=event.at,
        actor=actor,
        shipment=number,
        status=event.status,
        detail=detail,
        expected_at=event.expected_at,
    )
    return MessageIn(place=place, order=order, message=fact)


def _bare(tracking: str) -> str:
    """As labels have it: without blanks, hyphens and points."""
    return re.sub(r"[\s\-.]", "", tracking).upper()[:60]


def _shipped(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_document(one, warehouse.shipped(_x12(one), one.place, partner))]


def _stock(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_document(one, warehouse.stock_report(_x12(one), one.place, partner))]


# --- EDIFACT -------------------------------------------------------------------------------------------------------------------------


def _edifact(one: DocumentSet) -> list[EdifactSegment]:
    return cast("list[EdifactSegment]", one.segments)


def _edifact_order(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    order = edifact_orders.order(_edifact(one), one.place, partner, interchange.sender.id)
    return [OrderIn(place=f"{one.place}, order {order.external_id}", order=order)]


def _edifact_change(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_asked(edifact_changes.change_request(_edifact(one), one.place, partner), one, partner)]


def _edifact_receipt(one: DocumentSet, partner: Partner, interchange: Interchange) -> Sequence[Part]:
    return [_document(one, edifact_receipts.receipt(_edifact(one), one.place))]


def _document(one: DocumentSet, document: EdiDocument) -> Part:
    return DocumentIn(place=f"{one.place}, {document.summary}", document=document)


X12_READERS: Mapping[str, Reader] = {
    "850": _purchase_order,
    "860": _change,
    "997": _receipt,
    "820": _remittance,
    "214": _tracking,
    "945": _shipped,
    "846": _stock,
}
EDIFACT_READERS: Mapping[str, Reader] = {"ORDERS": _edifact_order, "ORDCHG": _edifact_change, "CONTRL": _edifact_receipt}

UNITS = {"PO1": 3, "POC": 5, "W12": 5, "QTY": 3}
"""Where a segment of X12 names its unit; EDIFACT has it in the third component of QTY."""


def _units(one: DocumentSet) -> list[str]:
    """Every unit that a set names, so that somebody maps them all at once."""
    found = []
    for segment in one.segments:
        if isinstance(segment, X12Segment) and segment.name in UNITS:
            found.append(segment.at(UNITS[segment.name]))
        elif isinstance(segment, EdifactSegment) and segment.name == "QTY":
            found.append(segment.at(1, 3))
    return found
