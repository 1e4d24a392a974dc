"""EDIFACT documents are written: pydifact escapes, counts and closes.

Source: ISO 9735, syntax version 3, character set UNOC (ISO 8859-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from pydifact.segmentcollection import Interchange as RawInterchange
from pydifact.segmentcollection import Message as RawMessage
from pydifact.segments import Segment as RawSegment

from domain.edi_documents import Party
from domain.edi_partners import PartnerId
from starters.edi.edifact.characters import OURS
from starters.edi.outgoing import Envelope, identifier, plain

Element = str | tuple[str, ...]
Row = tuple[Element, ...]
"""A segment: its name and its elements; an element of several components is a tuple."""

PIECE = "PCE"


def written(envelope: Envelope, kind: str, version: str, messages: Sequence[Sequence[Row]]) -> bytes:
    """One interchange with messages of a kind; the n-th has the reference `first_set` + n. `version` is D:96A:UN or D:3:UN."""
    interchange = RawInterchange(
        sender=_id(envelope.partner.ours),
        recipient=_id(envelope.receiver),
        control_reference=str(envelope.interchange),
        syntax_identifier=("UNOC", 3),
        timestamp=envelope.at,
        extra_header_elements=["", "", "", "", "", "1"] if envelope.test else [],
        characters=OURS,
    )
    interchange.has_una_segment = True
    for n, rows in enumerate(messages):
        message = RawMessage(str(envelope.first_set + n), [kind, *version.split(":")], characters=OURS)
        for row in rows:
            message.add_segment(_segment(row))
        interchange.add_message(message)
    return interchange.serialize(break_lines=True).encode("iso-8859-1")


def _segment(row: Row) -> RawSegment:
    elements = [plain(element) if isinstance(element, str) else [plain(part) for part in element] for element in row[1:]]
    while elements and not any(elements[-1]):
        elements.pop()
    return RawSegment(str(row[0]), *elements)


def _id(one: PartnerId) -> list[str]:
    number = identifier(plain(one.id) or "?", 35, "UNB")
    return [number, plain(one.qualifier)] if one.qualifier else [number]


def dated(qualifier: str, moment: date | datetime | None) -> Iterable[Row]:
    """DTM of a day (102), none where there is none."""
    return [("DTM", (qualifier, f"{moment:%Y%m%d}", "102"))] if moment else []


def party(who: str, one: Party) -> list[Row]:
    """NAD by the buyer's or our number (92), with the address where there is one."""
    address, name = one.address, one.name or (one.address.name if one.address else "")
    if not (name or one.id):
        return []
    number: Element = (identifier(one.id, 17, "NAD02"), "", "9" if is_gln(one.id) else "92") if one.id else ""
    if address is None:
        return [("NAD", who, number, "", (name[:35], name[35:70]))] if name else [("NAD", who, number)]
    street = tuple(address.street[n : n + 35] for n in range(0, min(len(address.street), 140), 35))
    return [
        (
            "NAD",
            who,
            number,
            "",
            (name[:35], name[35:70]),
            street,
            address.city[:35],
            address.region[:9],
            address.postcode[:9],
            address.country,
        )
    ]


def is_gln(number: str) -> bool:
    return len(number) == 13 and number.isascii() and number.isdigit()


def item(line: int, action: str, ours: str, buyers: str, description: str) -> list[Row]:
    """LIN with our number of the item (SA), PIA with the buyer's own (IN), IMD with its description."""
    rows: list[Row] = [("LIN", str(line), action, (identifier(ours, 35, "LIN03"), "SA"))]
    if buyers and buyers != ours:
        rows.append(("PIA", "1", (identifier(buyers, 35, "PIA02"), "IN")))
    if description:
        rows.append(("IMD", "F", "", ("", "", "", description[:35], description[35:70])))
    return rows
