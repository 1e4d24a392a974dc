"""The audit's rules about EDI: control numbers without gaps, and no invoice of an order that was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.tables import CreditNote, EdiCounter, EdiOrder, EdiOutgoing, EdiStuck, Invoice

Found = Iterator[tuple[str, str]]
INVOICES = ("810", "INVOIC")


def _control_numbers_have_no_gap(session: Session) -> Found:
    """Per pair of ids: as many documents as the last number drawn, which is the highest."""
    counted = select(EdiOutgoing.pair, func.count().label("documents"), func.max(EdiOutgoing.control).label("highest"))
    sums = counted.group_by(EdiOutgoing.pair).subquery()
    chosen = select(EdiCounter.pair, EdiCounter.last, sums.c.documents, sums.c.highest).outerjoin(sums, sums.c.pair == EdiCounter.pair)
    for pair, last, documents, highest in session.execute(chosen):
        if not last == (documents or 0) == (highest or 0):
            yield pair, f"{documents or 0} documents, the highest number is {highest or 0}, the last one drawn is {last}"


def _an_invoice_document_is_about_an_invoice(session: Session) -> Found:
    known = select(Invoice.document).where(Invoice.document == EdiOutgoing.key).exists()
    credit = select(CreditNote.document).where(CreditNote.document == EdiOutgoing.key).exists()
    for row in session.scalars(select(EdiOutgoing).where(EdiOutgoing.kind.in_(INVOICES), ~known, ~credit)):
        yield row.key, f"was sent to {row.partner} as {row.kind} and is no invoice and no credit note of ours"


def _no_invoice_of_an_order_was_left_out(session: Session) -> Found:
    """Where a later invoice of the order went out to its partner, the earlier ones did, or say why they cannot."""
    for kind in INVOICES:
        written = select(EdiOutgoing.key).where(EdiOutgoing.kind == kind, EdiOutgoing.key == Invoice.document).exists()
        stuck = select(EdiStuck.key).where(EdiStuck.kind == kind, EdiStuck.key == Invoice.document).exists()
        later = Invoice.__table__.alias()
        went = select(EdiOutgoing.key).where(
            EdiOutgoing.kind == kind,
            EdiOutgoing.key == later.c.document,
            later.c.order == Invoice.order,
            later.c.invoice > Invoice.invoice,
        )
        chosen = select(Invoice.document, EdiOrder.partner).join(EdiOrder, EdiOrder.order == Invoice.order)
        for document, partner in session.execute(chosen.where(~written, ~stuck, went.exists())):
            yield document, f"never went to {partner} as {kind}, and a later invoice of its order did"


EDI_RULES: tuple[Callable[[Session], Found], ...] = (
    _control_numbers_have_no_gap,
    _an_invoice_document_is_about_an_invoice,
    _no_invoice_of_an_order_was_left_out,
)
