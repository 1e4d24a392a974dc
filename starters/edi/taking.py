"""What becomes of a partner's document that is no order: receipts, remittances, stock reports, changes, a warehouse's report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from database import edi, edi_facts, inbox, late_remittances
from database.inbox import PartResult
from domain.edi_changes import amendment, cancellation
from domain.edi_documents import ChangeRequest, DocumentIn, Receipt, Remittance, StockReport
from domain.edi_partners import Partner
from domain.intake import MessageIn
from starters.edi.outgoing import pair_of
from starters.edi.parts import called, for_a_person


def take(session: Session, entry: int, number: int, part: DocumentIn, partner: Partner | None, at: datetime) -> PartResult:
    """Book a document once, however often it is handed over."""
    document = part.document
    about = PartResult(part=number, place=part.place, kind=called(part), status="done")
    if partner is None:
        return about.model_copy(update={"status": "refused", "reason": f"there is no map for the partner {part.partner!r} any more"})
    match document:
        case Receipt():
            return about.model_copy(update=_receipt(session, part, document, partner, at))
        case ChangeRequest():
            return about.model_copy(update={"order": document.order} | _change(session, entry, number, document, partner, at))
        case Remittance():
            kept = edi_facts.keep_remittance(session, entry, number, partner.name, document, at)
            reason = "; ".join(filter(None, (kept, late_remittances.meet_its_payment(session, document, at))))
        case StockReport():
            reason = edi_facts.keep_stock(session, partner.name, document)
        case _:
            return about.model_copy(update={"status": "refused", "reason": for_a_person(part)[:900]})
    return about.model_copy(update={"reason": reason})


def _receipt(session: Session, part: DocumentIn, receipt: Receipt, partner: Partner, at: datetime) -> dict[str, str]:
    """The document of ours that it is about is accepted or rejected from now on."""
    control = int(receipt.control) if receipt.control.isascii() and receipt.control.isdigit() and len(receipt.control) <= 14 else 0
    wrong = [f"{one.kind} {one.control}: {', '.join(one.errors) or one.code}" for one in receipt.sets if one.code != "A"]
    errors = "; ".join(wrong) or ("" if receipt.accepted else f"code {receipt.code}")
    ours = edi.acknowledge(session, pair_of(partner.syntax, partner.ours, part.sender), control, receipt.accepted, errors, at)
    if not ours:
        return {"status": "refused", "reason": f"we sent {part.sender} nothing under the control number {receipt.control}"}
    return {"reason": f"{ours} was {'accepted' if receipt.accepted else 'rejected'}" + (f": {errors}" if errors else "")}


def _change(session: Session, entry: int, number: int, change: ChangeRequest, partner: Partner, at: datetime) -> dict[str, str]:
    """A person decides, once the order is there; nobody changes the order of another partner."""
    if not inbox.order_came(session, change.order):
        return {"status": "parked", "reason": f"There is no order {change.order} yet."}
    if not edi_facts.is_order_of(session, change.order, partner.name):
        return {"status": "refused", "reason": f"order {change.order} is not an order of {partner.name}"}
    asked = amendment(change, "person")
    why = "; ".join(asked) if isinstance(asked, tuple) else "the partner's changes are decided by a person"
    return {"reason": edi_facts.keep_change(session, entry, number, partner.name, change, why, at)}


def cancelled_by_rule(session: Session, place: str, change: ChangeRequest, partner: Partner) -> MessageIn | None:
    """The cancellation that the order itself is asked for, where the partner's map says so; it takes it while nothing is picked."""
    if not partner.cancellations_by_rule or not edi_facts.is_order_of(session, change.order, partner.name):
        return None
    asked = cancellation(change, f"edi:{partner.name}", before_picking=True)
    return MessageIn(place=place, order=change.order, message=asked) if asked is not None else None


def cancellation_answered(
    session: Session, entry: int, change: ChangeRequest, partner: Partner, result: PartResult, at: datetime
) -> PartResult:
    """An order that takes its cancellation has decided; what it refuses a person decides, who may stop goods that are picked."""
    if result.status == "done":
        edi_facts.note_asked(session, entry, result.part, partner.name, change, at)
    elif result.status == "refused":
        kept = edi_facts.keep_change(session, entry, result.part, partner.name, change, result.reason, at)
        return result.model_copy(update={"status": "done", "reason": kept})
    return result
