"""The e-mail that brings a customer their quote, with its PDF."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from activities.letters import written
from activities.quote_papers import quote_paper
from activities.records import seller_of
from database.engine import Database
from database.quotes import SENT, WANTED
from database.tables import Customer, Quote, QuoteEvent, QuoteRevision
from domain.errors import Refused
from domain.money import Money
from domain.order import PlaceOrder
from domain.quotes import QuoteStatus, status_of
from domain.values import Value
from integrations.documents.language import Voice, spoken
from integrations.ports import Attachment, Letter, Mail

AT_ONCE = 20
"""Quotes that one round sends; the next one takes the others."""

MAILER = "mail"
"""Who sends them, as the quote's story has it."""


class Wanted(Value):
    """A revision that is to be sent; `mailing` counts how often somebody asked for it."""

    quote: str
    revision: int
    mailing: int

    @property
    def key(self) -> str:
        return f"quote/{self.quote}/{self.revision}/{self.mailing}"


async def mail_quotes(database: Database, mail: Mail) -> int:
    """Send every quote that somebody wants sent, once; how many went out.

    The mail knows each by its key, so that one who dies between sending and noting sends it no second time. What the mail refuses, and what
    was revised or ended meanwhile, is noted with the reason, and not tried again. Raises Unavailable when the mail does not answer.
    """
    sent = 0
    for wanted in await database.read(to_send):
        now = datetime.now(UTC)
        try:
            letter = await database.read(quote_letter, wanted, now)
            await mail.send(wanted.key, letter)
        except Refused as refused:
            await database.transaction(noted, wanted, str(refused)[:300], now)
        else:
            await database.transaction(noted, wanted, SENT, now)
            sent += 1
    return sent


def to_send(session: Session) -> list[Wanted]:
    """What is wanted, the oldest quotes first."""
    chosen = select(QuoteRevision).where(QuoteRevision.mailing == WANTED).order_by(QuoteRevision.quote, QuoteRevision.revision)
    return [Wanted(quote=row.quote, revision=row.revision, mailing=row.mailings) for row in session.scalars(chosen.limit(AT_ONCE))]


def noted(session: Session, wanted: Wanted, mailing: str, at: datetime) -> None:
    """What became of it, once."""
    this = (QuoteRevision.quote == wanted.quote, QuoteRevision.revision == wanted.revision, QuoteRevision.mailings == wanted.mailing)
    asked = select(QuoteRevision.quote).where(*this, QuoteRevision.mailing == WANTED).with_for_update()
    if session.scalar(asked) is None:
        return
    session.execute(update(QuoteRevision).where(*this).values(mailing=mailing))
    what, why = ("e-mailed", "") if mailing == SENT else ("not e-mailed", mailing)
    session.add(QuoteEvent(quote=wanted.quote, at=at, actor=MAILER, what=f"{what}, revision {wanted.revision}", reason=why))


def quote_letter(session: Session, wanted: Wanted, at: datetime) -> Letter:
    """In the customer's language, with the quote as PDF. Raises Refused for what is no longer to be offered."""
    row = session.get_one(Quote, wanted.quote)
    status = status_of(row.ended, row.valid_until, at)
    if status is not QuoteStatus.OPEN or row.revision != wanted.revision:
        raise Refused(f"it is {status}" if status is not QuoteStatus.OPEN else f"revision {row.revision} has replaced it")
    revision = session.get_one(QuoteRevision, (row.quote, row.revision))
    customer = session.get_one(Customer, row.customer)
    voice = Voice(spoken(customer.language))
    said, until, total = voice.said, voice.day(row.valid_until), voice.money(Money(minor=row.total, currency=row.currency))
    reference = PlaceOrder.model_validate_json(revision.placed).po_number
    return written(
        voice,
        seller_of(session),
        to=row.customer,
        address=revision.mail_to,
        name=customer.name,
        subject=said("quote_subject", number=row.quote, date=until),
        paragraphs=(
            said("quote_body", number=row.quote, amount=total, date=until),
            said("quote_reference", reference=reference) if reference else "",
            said("quote_replaces", revision=str(row.revision - 1)) if row.revision > 1 else "",
            said("quote_accept", number=row.quote),
        ),
        attachments=(Attachment(name=f"{row.quote}-{row.revision}.pdf", content=quote_paper(session, row.quote, at)),),
    )
