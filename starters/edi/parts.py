"""A partner's document in one sentence, with all that it says, for whoever has to act on it."""

from __future__ import annotations

from domain.edi_changes import amendment, cancellation
from domain.edi_documents import ChangeRequest, DocumentIn, Receipt, Remittance, StockReport, WarehouseShipped
from domain.edi_partners import Partner

KINDS = {
    ChangeRequest: "change",
    Remittance: "remittance",
    Receipt: "acknowledgement",
    StockReport: "stock report",
    WarehouseShipped: "warehouse report",
}


def called(part: DocumentIn) -> str:
    """What people call such a document."""
    return KINDS[type(part.document)]


BY_RULE = "by rule the order ends while nothing of it is picked; afterwards a person decides"


def for_a_person(part: DocumentIn, partner: Partner | None = None) -> str:
    """What a document says, so that a person can act on it; with its partner also what a rule does before."""
    document = part.document
    match document:
        case Receipt():
            wrong = [f"{one.kind} {one.control} ({', '.join(one.errors) or one.code})" for one in document.sets if one.code != "A"]
            return "the partner did not take what we sent: " + ("; ".join(wrong) or f"group {document.control}")
        case ChangeRequest() if partner is not None and partner.cancellations_by_rule and cancellation(document, "rule"):
            return BY_RULE
        case ChangeRequest():
            asked = amendment(document, "person")
            why = asked if isinstance(asked, tuple) else _amended(document)
            return f"a person decides: {'; '.join(why)}"
        case Remittance():
            lines = ", ".join(f"{line.invoice} {line.paid}" for line in document.lines)
            return f"{document.amount} under {document.reference} from {document.payer or 'the sender'} for {lines}"
        case WarehouseShipped():
            lines = ", ".join(f"line {line.line} {line.shipped} x {line.item}" for line in document.lines)
            return f"{document.reference} left: {lines}, carrier {document.carrier} {document.tracking}".rstrip()
        case StockReport():
            return "they have " + ", ".join(f"{line.quantity} x {line.item}" for line in document.lines)


def _amended(change: ChangeRequest) -> list[str]:
    said = [f"line {line.line} to {line.quantity}" for line in change.lines if line.quantity is not None]
    return [*said, f"wanted on {change.requested_at:%Y-%m-%d}"] if change.requested_at else said
