"""What a payer announced by EDI before the money came (820): the payment that bears its reference is for exactly these invoices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import CreditNote, EdiRemittance, Invoice
from domain.bank import BankEntry
from domain.cash_application import CONFIDENCE, Allocation, OpenItem, Proposal, Rule
from domain.edi_documents import Remittance
from domain.payment_words import invoice_numbers, tokens

_CREDIT_NOTE = re.compile(r"(?:CN|CREDIT NOTE)[\s\-_./:#]*([0-9]{1,9})", re.ASCII)


def announced(session: Session, entry: BankEntry) -> Remittance | None:
    """The one remittance of this amount whose reference the payment bears; None where there is none, or several that differ."""
    said = {entry.end_to_end.strip().upper(), entry.reference.strip().upper(), *tokens(entry.end_to_end), *tokens(entry.text)} - {""}
    if not said:
        return None
    chosen = select(EdiRemittance).where(EdiRemittance.amount == entry.amount.minor, EdiRemittance.currency == entry.amount.currency)
    rows = session.scalars(chosen.order_by(EdiRemittance.entry.desc()).limit(200))
    found = {row.document for row in rows if row.reference.strip().upper() in said}
    return Remittance.model_validate_json(found.pop()) if len(found) == 1 else None


def documents_of(session: Session, remittance: Remittance) -> list[str]:
    """Our name of the invoice that each line is about, of a credit note that of the invoice that it corrects; "" for a line without one."""
    named = [line.invoice for line in remittance.lines]
    notes = {name: f"CN-{int(match[1]):06d}" for name in named if (match := _CREDIT_NOTE.fullmatch(name.strip().upper()))}
    here = (Invoice.order == CreditNote.order) & (Invoice.invoice == CreditNote.invoice)
    about = select(CreditNote.document, Invoice.document).join(Invoice, here).where(CreditNote.document.in_(set(notes.values())))
    corrected = {row[0]: row[1] for row in session.execute(about)} if notes else {}
    return [corrected.get(notes[name], "") if name in notes else next(iter(invoice_numbers(name)), "") for name in named]


def as_announced(remittance: Remittance, documents: Sequence[str], items: Mapping[str, OpenItem], amount: int) -> Proposal | None:
    """Each invoice gets what the payer said, no more than is open there; None where that does not hold for all of it.

    `documents` are those of the lines. What a line deducts (a credit note, below zero) lowers what its invoice gets.
    """
    shares: dict[str, int] = {}
    invoiced: set[str] = set()
    for line, document in zip(remittance.lines, documents, strict=True):
        item, minor = items.get(document), line.paid.minor
        if item is None or item.currency != line.paid.currency or not minor or (minor > 0 and document in invoiced):
            return None
        shares[document] = shares.get(document, 0) + minor
        if minor > 0:
            invoiced.add(document)
    if any(not 0 <= share <= items[document].open for document, share in shares.items()) or sum(shares.values()) != amount:
        return None
    paid = {document: share for document, share in shares.items() if share}
    allocations = tuple(Allocation(item=items[document], amount=share) for document, share in paid.items())
    because = f"The remittance {remittance.reference}: {', '.join(paid)} as the payer announced"
    return Proposal(rule=Rule.REMITTANCE, score=CONFIDENCE[Rule.REMITTANCE], allocations=allocations, because=because) if paid else None
