"""The quote on paper: what is offered, at which prices, and until when."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from integrations.documents.bills import goods, totals
from integrations.documents.layout import addressed, boxed, date, gap, sheet, sums, text
from integrations.documents.models import QuotePaper


def draw_quote(document: QuotePaper) -> bytes:
    facts = [
        ("Quote", document.number),
        ("Date", date(document.issued_at)),
        ("Valid until", date(document.valid_until)),
        ("Customer", document.customer),
        ("Your reference", document.po_number),
    ]
    if document.revision > 1:
        facts.insert(1, ("Revision", str(document.revision)))
    if document.requested_at is not None:
        facts.append(("Delivery wanted", date(document.requested_at)))
    addresses = [("To", document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append(("Ship to", document.ship_to))
    rows, final = totals(document)
    replaces = f" It replaces revision {document.revision - 1}." if document.revision > 1 else ""
    kept = "The goods are set aside for you until then." if document.set_aside else "The goods are subject to prior sale."
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(6),
        boxed([text(f"We offer you these goods at these prices until {date(document.valid_until)}.{replaces}", bold=True, size=9.5)]),
        gap(6),
        *goods(document),
        gap(4),
        KeepTogether(
            [
                sums(rows, final=final),
                gap(8),
                text(f"{kept} To accept, please state {document.number} in your order.", size=9.5),
                gap(2),
                text(document.terms, quiet=True, size=8.5),
            ]
        ),
    ]
    return sheet("Quote", document.number, document.seller, story)
