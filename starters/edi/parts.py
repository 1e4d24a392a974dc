"""EDI documents on the one road in: what no order takes is left to a person, with all of it in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_changes import amendment
from domain.edi_documents import ChangeRequest, DocumentIn, EdiPart, Receipt, Remittance, StockReport, TrackingEvent, WarehouseShipped
from domain.edi_partners import Partners
from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, Part, RefusedIn, Words
from starters.edi.normalise import syntax_of, text_of
from starters.edi.translate import read
from starters.intake import Translator


def translator(syntax: str, partners: Partners) -> Translator:
    """The translator of the documents of a syntax, `x12` or `edifact`."""

    def translate(delivery: Delivery, words: Words) -> Sequence[Part]:
        if (found := syntax_of(text_of(delivery.body))) != syntax:
            raise InputRefused("the document", f"it is {found}, and {syntax} was announced")
        return [as_part(part) for one in read(delivery.body, partners, words) for part in one.parts]

    return translate


def as_part(part: EdiPart) -> Part:
    """A document that has no room of its own on the road yet becomes a part that somebody sees, with what it says."""
    if not isinstance(part, DocumentIn):
        return part
    if isinstance(part.document, Receipt) and part.document.accepted:
        return IgnoredIn(place=part.place, reason="the partner took what we sent")
    return RefusedIn(place=part.place, reason=for_a_person(part)[:900])


def for_a_person(part: DocumentIn) -> str:
    """What a document says, so that a person can act on it."""
    document = part.document
    match document:
        case Receipt():
            wrong = [f"{one.kind} {one.control} ({', '.join(one.errors) or one.code})" for one in document.sets if one.code != "A"]
            return "the partner did not take what we sent: " + ("; ".join(wrong) or f"group {document.control}")
        case ChangeRequest():
            asked = amendment(document, "person")
            why = asked if isinstance(asked, tuple) else _amended(document)
            return f"a person decides: {'; '.join(why)}"
        case Remittance():
            lines = ", ".join(f"{line.invoice} {line.paid}" for line in document.lines)
            return f"to be matched by a person: {document.amount} from {document.payer or 'the sender'} for {lines}"
        case TrackingEvent():
            at = f"{document.at:%Y-%m-%d %H:%M}"
            return f"no shipment of ours is named: {document.tracking} is {document.status} since {at} ({document.code})"
        case WarehouseShipped():
            lines = ", ".join(f"line {line.line} {line.shipped} x {line.item}" for line in document.lines)
            return f"to be confirmed by a person: {lines}, carrier {document.carrier} {document.tracking}".rstrip()
        case StockReport():
            return "to be read by a person: " + ", ".join(f"{line.quantity} x {line.item}" for line in document.lines)


def _amended(change: ChangeRequest) -> list[str]:
    said = [f"line {line.line} to {line.quantity}" for line in change.lines if line.quantity is not None]
    return [*said, f"wanted on {change.requested_at:%Y-%m-%d}"] if change.requested_at else said
