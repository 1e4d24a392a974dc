"""The paper of a quote, from what the database holds: the revision that counts, ready to be drawn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from activities.records import seller_of
from database.quotes import quote_page
from database.tables import Customer
from database.terms import customer_and_terms
from domain.errors import Refused
from domain.invoicing import line_shares
from domain.money import Money
from integrations import documents
from integrations.documents.language import Voice
from integrations.documents.models import BilledLine
from integrations.documents.terms import agreed_terms


def quote_paper(session: Session, number: str, at: datetime) -> bytes:
    """The PDF of a quote's last revision. Raises NotFound, and Refused where the quote has no address."""
    page = quote_page(session, number, at)
    offered = page.revisions[-1]
    placed = offered.placed
    bill_to = placed.bill_to or placed.ship_to
    if bill_to is None:
        raise Refused(f"Quote {number} has no address, and its paper needs one.")
    lines = []
    for line, share in line_shares(placed).items():
        stated = placed.numbered()[line]
        taken = share.take(line, stated.item, stated.quantity, placed.currency)
        lines.append(BilledLine(**dict(taken), description=stated.description, unit_price=stated.unit_price))
    agreed = customer_and_terms(session, placed.customer, placed.terms)[1]
    customer = session.get(Customer, page.quote.customer)
    voice = Voice(customer.language if customer is not None else "")
    return documents.quote(
        documents.QuotePaper(
            seller=seller_of(session),
            number=number,
            order="",
            po_number=placed.po_number,
            customer=page.quote.customer,
            bill_to=bill_to,
            ship_to=placed.ship_to,
            issued_at=offered.made_at,
            lines=tuple(lines),
            freight=placed.freight,
            freight_tax=Money(minor=placed.freight_tax, currency=placed.currency),
            taxes_included=placed.taxes_included,
            total=placed.total,
            revision=offered.revision,
            valid_until=page.quote.valid_until,
            requested_at=placed.requested_at,
            set_aside=page.quote.set_aside > 0,
            terms=agreed_terms(agreed, voice),
            language=voice.language,
        )
    )
