"""X12 documents are written: pyx12 sets the separators and counts the segments, sets and groups.

Source: ASC X12.5 and X12.6, 004010.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from pyx12.segment import Segment as RawSegment
from pyx12.x12file import X12Writer

from domain.edi_documents import Party
from starters.edi.outgoing import Envelope, identifier, plain

Row = tuple[str, ...]
"""A segment: its name and its elements; empty ones at the end are left out."""

GROUPS = {"997": "FA", "855": "PR", "865": "CA", "856": "SH", "810": "IN", "846": "IB", "940": "OW"}
"""GS01 (element 479) of every kind of set that goes out."""


def written(envelope: Envelope, kind: str, sets: Sequence[Sequence[Row]]) -> bytes:
    """One interchange with one group of sets of a kind; the n-th set has the control number `first_set` + n."""
    rows = [_isa(envelope, kind), _gs(envelope, kind)]
    for n, rows_of_set in enumerate(sets):
        control = f"{envelope.first_set + n:04d}"
        rows += [("ST", kind, control), *rows_of_set, ("SE", "", control)]
    rows += [("GE", "", ""), ("IEA", "", "")]
    return _bytes(envelope, rows)


def interchange_receipt(envelope: Envelope, ta1: Row) -> bytes:
    """An interchange that holds nothing but a TA1."""
    return _bytes(envelope, [_isa(envelope, "997"), ta1, ("IEA", "", "")])


def _bytes(envelope: Envelope, rows: Iterable[Row]) -> bytes:
    marks = envelope.partner.separators
    out = io.StringIO()
    eol = "" if marks.segment in "\r\n" else "\n"
    writer = X12Writer(out, marks.segment, marks.element, marks.component, eol, marks.repetition)
    for row in rows:
        if row[0] == "ISA":
            elements = list(row)
        else:
            elements = [_clean(element, marks.segment + marks.element + marks.component + marks.repetition) for element in row]
            while not elements[-1]:
                elements.pop()
        writer.Write(RawSegment(marks.element.join(elements), marks.segment, marks.element, marks.component, marks.repetition))
    writer.Close()
    return out.getvalue().encode("iso-8859-1")


def _clean(text: str, marks: str) -> str:
    """X12 has no escape: a separator inside a text becomes a blank."""
    return " ".join("".join(" " if character in marks else character for character in plain(text)).split())


def _isa(envelope: Envelope, kind: str) -> Row:
    ours, theirs, partner = envelope.partner.ours, envelope.receiver, envelope.partner
    marks = partner.separators.segment + partner.separators.element + partner.separators.component + partner.separators.repetition
    return (
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        (_clean(ours.qualifier, marks) or "ZZ")[:2].ljust(2),
        identifier(_clean(ours.id, marks), 15, "ISA06").ljust(15),
        (_clean(theirs.qualifier, marks) or "ZZ")[:2].ljust(2),
        identifier(_clean(theirs.id, marks), 15, "ISA08").ljust(15),
        f"{envelope.at:%y%m%d}",
        f"{envelope.at:%H%M}",
        "U" if partner.interchange_version < "00402" else partner.separators.repetition,
        partner.interchange_version,
        f"{envelope.interchange:09d}",
        "0",
        "T" if envelope.test else "P",
        partner.separators.component,
    )


def _gs(envelope: Envelope, kind: str) -> Row:
    at, partner = envelope.at, envelope.partner
    return (
        "GS",
        GROUPS[kind],
        partner.ours.id,
        envelope.receiver.id,
        f"{at:%Y%m%d}",
        f"{at:%H%M}",
        str(envelope.group),
        "X",
        partner.version,
    )


def party(who: str, one: Party) -> list[Row]:
    """The N1 loop of a party: its number assigned by the buyer or us (92), its address where there is one."""
    name, address = one.name or (one.address.name if one.address else ""), one.address
    if not (name or one.id):
        return []
    rows: list[Row] = [("N1", who, name[:60], "92" if one.id else "", identifier(one.id, 80, "N104"))]
    if address:
        rows.append(("N3", address.street[:55], address.street[55:110]))
        region = address.region if len(address.region) == 2 else ""
        rows.append(("N4", address.city[:30], region, address.postcode[:15], address.country))
    return rows


def item(ours: str, buyers: str) -> Row:
    """Our number of the item (VN), and the buyer's own (BP) where it is another."""
    pairs = ("VN", identifier(ours, 48, "item"))
    return (*pairs, "BP", identifier(buyers, 48, "item")) if buyers and buyers != ours else pairs
