"""What a payer announced by EDI before the money came (820): the payment that bears its reference is for exactly these invoices."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import EdiRemittance
from domain.bank import BankEntry
from domain.cash_application import CONFIDENCE, Allocation, OpenItem, Proposal, Rule
from domain.edi_documents import Remittance
from domain.payment_words import invoice_numbers, tokens


def announced(session: Session, entry: BankEntry) -> Remittance | None:
    """The one remittance of this amount whose reference the payment bears; None where there is none, or several that differ."""
    said = {entry.end_to_end.strip().upper(), entry.reference.strip().upper(), *tokens(entry.end_to_end), *tokens(entry.text)} - {""}
    if not said:
        return None
    chosen = select(EdiRemittance).where(EdiRemittance.amount == entry.amount.minor, EdiRemittance.currency == entry.amount.currency)
    rows = session.scalars(chosen.order_by(EdiRemittance.entry.desc()).limit(200))
    found = {row.document for row in rows if row.reference.strip().upper() in said}
    return Remittance.model_validate_json(found.pop()) if len(found) == 1 else None


def documents_of(remittance: Remittance) -> list[str]:
    """Our names of the invoices that a remittance names, one for each of its lines; "" for a line that names none."""
    return [next(iter(invoice_numbers(line.invoice)), "") for line in remittance.lines]


def as_announced(remittance: Remittance, items: Mapping[str, OpenItem], amount: int) -> Proposal | None:
    """Each invoice gets what the payer said, no more than is open there; None where that does not hold for all of it."""
    allocations: list[Allocation] = []
    for line, document in zip(remittance.lines, documents_of(remittance), strict=True):
        item = items.get(document)
        if item is None or item.currency != line.paid.currency or not 0 < line.paid.minor <= item.open:
            return None
        allocations.append(Allocation(item=item, amount=line.paid.minor))
    documents = [each.item.document for each in allocations]
    if sum(each.amount for each in allocations) != amount or len(set(documents)) < len(documents):
        return None
    because = f"The remittance {remittance.reference}: {', '.join(documents)} as the payer announced"
    return Proposal(rule=Rule.REMITTANCE, score=CONFIDENCE[Rule.REMITTANCE], allocations=tuple(allocations), because=because)
