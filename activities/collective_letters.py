"""The e-mail that brings a customer the invoice of their week or month, as soon as all its orders have booked their parts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from activities.letters import written
from activities.papers import paper
from activities.records import seller_of
from database.engine import Database
from database.tables import CollectibleRow, CollectiveInvoice, Customer, Invoice
from domain.errors import Refused
from domain.money import Money
from integrations.documents.language import Voice, spoken
from integrations.ports import Attachment, Letter, Mail

AT_ONCE = 20
"""Invoices that one round sends; the next one takes the others."""

MOST_ORDERS = 10
"""Orders that the letter names; the paper has them all."""


async def mail_collective(database: Database, mail: Mail) -> int:
    """Send every collective invoice that is complete and was not sent, once; how many went out.

    The mail knows each by its document, so that one who dies between sending and noting sends it no second time. What the mail refuses is
    noted with the reason, and not tried again. Raises Unavailable when the mail does not answer.
    """
    sent = 0
    for document in await database.read(to_send):
        letter = await database.read(collective_letter, document)
        try:
            await mail.send(f"collective/{document}", letter)
        except Refused as refused:
            await database.transaction(noted, document, str(refused)[:300])
        else:
            await database.transaction(noted, document, "sent")
            sent += 1
    return sent


def to_send(session: Session) -> list[str]:
    """Documents whose parts are all booked, of customers with an address, the oldest first."""
    awaited = select(func.count()).where(CollectibleRow.document == CollectiveInvoice.document).scalar_subquery()
    booked = select(func.count()).where(Invoice.document == CollectiveInvoice.document).scalar_subquery()
    chosen = select(CollectiveInvoice.document).join(Customer, Customer.customer == CollectiveInvoice.customer)
    chosen = chosen.where(CollectiveInvoice.mailing == "", Customer.email != "", awaited == booked, booked > 0)
    return list(session.scalars(chosen.order_by(CollectiveInvoice.sequence).limit(AT_ONCE)))


def noted(session: Session, document: str, mailing: str) -> None:
    """What became of it."""
    session.execute(update(CollectiveInvoice).where(CollectiveInvoice.document == document).values(mailing=mailing))


def collective_letter(session: Session, document: str) -> Letter:
    """In the customer's language, with the invoice as PDF. Raises Refused while a part of it is not booked."""
    row = session.get_one(CollectiveInvoice, document)
    customer = session.get_one(Customer, row.customer)
    parts = list(session.scalars(select(Invoice).where(Invoice.document == document).order_by(Invoice.order, Invoice.invoice)))
    voice = Voice(spoken(customer.language))
    orders = list(dict.fromkeys(part.order for part in parts))
    named = ", ".join(orders[:MOST_ORDERS]) + (f" + {len(orders) - MOST_ORDERS}" if len(orders) > MOST_ORDERS else "")
    last = voice.day(row.period_end - timedelta(seconds=1))
    amount = voice.money(Money(minor=row.total, currency=row.currency))
    return written(
        voice,
        seller_of(session),
        to=row.customer,
        address=customer.email or "",
        name=customer.name,
        subject=voice.said("collective_subject", number=document, date=last),
        paragraphs=(
            voice.said("collective_body", number=document, amount=amount, date=last, orders=named),
            voice.said("collective_due", date=voice.day(min(part.due_at for part in parts))),
        ),
        attachments=(Attachment(name=f"{document}.pdf", content=paper(session, parts[0].order, document)),),
    )
