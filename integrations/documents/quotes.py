"""The quote on paper: what is offered, at which prices, and until when."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from integrations.documents.bills import goods, totals
from integrations.documents.language import Voice
from integrations.documents.layout import addressed, boxed, gap, sheet, sums, text
from integrations.documents.models import QuotePaper


def draw_quote(document: QuotePaper) -> bytes:
    voice = Voice(document.language)
    said = voice.said
    facts = [
        (said("quote"), document.number),
        (said("date"), voice.day(document.issued_at)),
        (said("valid_until"), voice.day(document.valid_until)),
        (said("customer"), document.customer),
        (said("your_reference"), document.po_number),
    ]
    if document.revision > 1:
        facts.insert(1, (said("revision"), str(document.revision)))
    if document.requested_at is not None:
        facts.append((said("delivery_wanted"), voice.day(document.requested_at)))
    addresses = [(said("to"), document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append((said("ship_to"), document.ship_to))
    rows, final = totals(document, voice)
    offer = said("we_offer", date=voice.day(document.valid_until))
    replaces = said("replaces_revision", number=str(document.revision - 1)) if document.revision > 1 else ""
    kept = said("set_aside" if document.set_aside else "prior_sale")
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(6),
        boxed([text(f"{offer}{replaces}", bold=True, size=9.5)]),
        gap(6),
        *goods(document, voice),
        gap(4),
        KeepTogether(
            [
                sums(rows, final=final),
                gap(8),
                text(f"{kept} {said('to_accept', number=document.number)}", size=9.5),
                gap(2),
                text(document.terms, quiet=True, size=8.5),
            ]
        ),
    ]
    return sheet(said("quote"), document.number, document.seller, story, document.language)
