"""Quotes: made without gaps, revised, extended, declined, and accepted once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database import inbox, soft_reservations
from database.appraisal import Appraisal, appraise
from database.claims import standing
from database.locks import items_locked, next_number, require
from database.staff import roles_of
from database.tables import Counter, Customer, Quote, QuoteEvent, QuoteRevision, SoftReservation
from domain.errors import NotFound, Refused
from domain.intake import Delivery
from domain.money import Money
from domain.order import PlaceOrder, Priced
from domain.quotes import (
    CHANNEL,
    EXTENDERS,
    QUOTED,
    AcceptedQuote,
    EventView,
    MakeQuote,
    NotOpen,
    Quoted,
    QuotePage,
    QuoteStatus,
    QuoteView,
    RevisionView,
    as_order,
    status_of,
)
from domain.soft_reservations import ReserveSoftly, SoftKind, Wanted
from domain.steps import Severity

SERIES = "Q"
DESK = "desk"
"""The inbox's channel of what our own people bring in."""
WANTED, SENT = "wanted", "sent"
"""What is known of a revision's letter; anything else says why it was not sent."""
KEPT_FOR_THE_ORDER = timedelta(days=2)
"""So long at least what was set aside for a quote stays so after its acceptance: until its order has allocated it."""


def make_quote(session: Session, request: MakeQuote) -> Quoted:
    """Quote a request. The same again is the same quote; one that changed, or whose quote has lapsed, is a new revision.

    Raises Refused with everything that keeps the order from being placed as it is (but its credit, which is asked when it is placed), with
    every shortage where goods are to be set aside, and for a quote that was accepted or declined. Then no number is used up.
    """
    require(request.valid_until > request.at, f"A quote cannot be valid until {request.valid_until:%Y-%m-%d %H:%M} UTC: that has passed.")
    appraisal = _judged(session, request)
    offered = Priced.of(appraisal.placed).on(appraisal.placed)  # nothing of it is left to be priced any more
    source = f"{appraisal.customer} {request.stated.external_id}"
    row = _of_source(session, source)
    if row is None:
        session.get(Counter, SERIES, with_for_update=True)  # of two at once the second waits here, and finds what the first has made
        row = _of_source(session, source)
    how = "made" if row is None else "revised"
    if row is None:
        row = _new(session, source, appraisal, request)
    else:
        status = status_of(row.ended, row.valid_until, request.at)
        if row.ended:
            raise NotOpen(row.quote, status, row.ended_at or request.at, row.order or "")
        if status is QuoteStatus.OPEN and _revision(session, row).fingerprint == request.fingerprint:
            if request.email and not _revision(session, row).mailing:
                _want_mail(session, row, request.at, request.actor)
            return Quoted(quote=_view(session, row, request.at), how="same")
        row.revision += 1
    row.total, row.valid_until, row.reserve = offered.total.minor, request.valid_until, request.reserve
    session.add(
        QuoteRevision(
            quote=row.quote,
            revision=row.revision,
            placed=offered.model_dump_json(),
            fingerprint=request.fingerprint,
            valid_until=request.valid_until,
            made_at=request.at,
            made_by=request.actor,
            because=request.because,
        )
    )
    session.flush()
    _give_back(session, row.quote, request.at)
    if request.reserve:
        _set_aside(session, row, offered, request.at, f"{row.quote}/{row.revision}")
    _note(session, row.quote, request.at, request.actor, f"{how}, revision {row.revision}", request.because)
    if request.email:
        _want_mail(session, row, request.at, request.actor)
    session.flush()
    return Quoted(quote=_view(session, row, request.at), how=how)


def accept_quote(session: Session, number: str, at: datetime, actor: str, po_number: str = "", revision: int = 0) -> AcceptedQuote:
    """The order at the quoted prices, kept in the inbox in this transaction: of two acceptances one makes it, the other is told of it.

    `revision` is the one that the customer saw, where they said it. Raises NotFound, and NotOpen for a quote that lapsed or was declined.
    """
    row = _locked(session, number)
    status = status_of(row.ended, row.valid_until, at)
    if status is QuoteStatus.ACCEPTED:
        return AcceptedQuote(quote=number, order=row.order or "", entry=row.entry or 0, how="same")
    if status is not QuoteStatus.OPEN:
        raise NotOpen(number, status, row.ended_at or row.valid_until)
    require(revision in (0, row.revision), f"Quote {number} was changed: revision {row.revision} counts, not {revision}.")
    order = as_order(number, _as_revision(_revision(session, row)), at, po_number)
    body = order.model_dump_json().encode()
    kept = inbox.keep(session, Delivery(channel=DESK, delivery=f"quote {number}", form=QUOTED, body=body, received_at=at))
    row.ended, row.ended_at, row.ended_by, row.order, row.entry = QuoteStatus.ACCEPTED.value, at, actor, order.key, kept.entry
    _keep_for_the_order(session, number, at)
    _note(session, number, at, actor, f"accepted, revision {row.revision}: order {order.key}", "")
    session.flush()
    return AcceptedQuote(quote=number, order=order.key, entry=kept.entry, how="accepted")


def decline_quote(session: Session, number: str, reason: str, at: datetime, actor: str) -> QuoteView:
    """The customer does not want it: what was set aside is free again. Declined twice is declined once. Raises NotFound and NotOpen."""
    row = _locked(session, number)
    if row.ended == QuoteStatus.ACCEPTED:
        raise NotOpen(number, QuoteStatus.ACCEPTED, row.ended_at or at, row.order or "")
    if not row.ended:
        row.ended, row.ended_at, row.ended_by, row.reason = QuoteStatus.DECLINED.value, at, actor, reason[:1_000]
        _give_back(session, number, at)
        _note(session, number, at, actor, "declined", reason)
        session.flush()
    return _view(session, row, at)


def extend_quote(session: Session, number: str, until: datetime, at: datetime, actor: str) -> QuoteView:
    """Give a quote more time, at its prices. One that has lapsed is extended by `EXTENDERS` alone, and has to find its goods again.

    Raises NotFound, NotOpen for one that has ended, Refused for a day that has passed and for goods that others have taken meanwhile.
    """
    row = _locked(session, number)
    status = status_of(row.ended, row.valid_until, at)
    if row.ended:
        raise NotOpen(number, status, row.ended_at or at, row.order or "")
    require(until > at, f"Quote {number} cannot be valid until {until:%Y-%m-%d %H:%M} UTC: that has passed.")
    if status is QuoteStatus.LAPSED and not set(EXTENDERS) & set(roles_of(session, actor)):
        raise Refused(f"Quote {number} has lapsed. It is extended by a {' or a '.join(EXTENDERS)}; {actor} is none (`oms roles`).")
    before, row.valid_until = row.valid_until, until
    if row.reserve:
        events = session.scalar(select(func.count()).select_from(QuoteEvent).where(QuoteEvent.quote == number))
        _give_back(session, number, at)
        _set_aside(session, row, _as_revision(_revision(session, row)).placed, at, f"{number}/{row.revision}/{events}")
    _note(
        session,
        number,
        at,
        actor,
        f"extended from {before:%Y-%m-%d} to {until:%Y-%m-%d}",
        "it had lapsed" if status.value == "lapsed" else "",
    )
    session.flush()
    return _view(session, row, at)


def email_quote(session: Session, number: str, at: datetime, actor: str) -> QuoteView:
    """Have an open quote sent to its customer, again where it was sent before. What is under way is not asked for twice.

    Raises NotFound, NotOpen, and Refused where nobody has said an address that e-mail can go to.
    """
    row = _locked(session, number)
    status = status_of(row.ended, row.valid_until, at)
    if status is not QuoteStatus.OPEN:
        raise NotOpen(number, status, row.ended_at or row.valid_until, row.order or "")
    if _revision(session, row).mailing != WANTED:
        _want_mail(session, row, at, actor)
        session.flush()
    return _view(session, row, at)


def quotes(
    session: Session, at: datetime, status: QuoteStatus | None = None, customer: str = "", most: int = 200, after: str = ""
) -> list[QuoteView]:
    """Quotes, the newest first; those of a status as it is at that moment, and made before the quote `after`."""
    chosen = select(Quote).order_by(Quote.quote.desc())
    if customer:
        chosen = chosen.where(Quote.customer == customer)
    if after:
        chosen = chosen.where(Quote.quote < after)
    match status:
        case QuoteStatus.OPEN:
            chosen = chosen.where(Quote.ended == "", Quote.valid_until > at)
        case QuoteStatus.LAPSED:
            chosen = chosen.where(Quote.ended == "", Quote.valid_until <= at)
        case QuoteStatus.ACCEPTED | QuoteStatus.DECLINED:
            chosen = chosen.where(Quote.ended == status.value)
    return [_view(session, row, at) for row in session.scalars(chosen.limit(most))]


def quote_page(session: Session, number: str, at: datetime) -> QuotePage:
    """One quote, with everything that was offered and happened. Raises NotFound."""
    row = session.get(Quote, number)
    if row is None:
        raise NotFound("quote", number)
    revisions = session.scalars(select(QuoteRevision).where(QuoteRevision.quote == number).order_by(QuoteRevision.revision))
    events = session.scalars(select(QuoteEvent).where(QuoteEvent.quote == number).order_by(QuoteEvent.id))
    return QuotePage(
        quote=_view(session, row, at),
        revisions=tuple(_as_revision(each) for each in revisions),
        events=tuple(EventView(at=each.at, actor=each.actor, what=each.what, reason=each.reason) for each in events),
    )


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _judged(session: Session, request: MakeQuote) -> Appraisal:
    """The order with our prices. Prices that are not ours pass for a reason, by those who may set prices."""
    appraisal = appraise(session, request.stated, request.tolerance, request.at)
    ours = {number for number, found in appraisal.derivations.items() if found.ours is not None}
    of_prices = {f"line {number}" for number in ours}
    asks = [finding for finding in appraisal.findings if finding.severity in (Severity.MENDABLE, Severity.FATAL)]
    prices = [finding for finding in asks if finding.place in of_prices and finding.waivable]
    if request.because and prices and request.price_roles and not set(request.price_roles) & set(roles_of(session, request.actor)):
        raise Refused(f"Prices are set by a {' or a '.join(request.price_roles)}; {request.actor} is none (`oms roles`).")
    left = [finding for finding in asks if not (request.because and finding in prices)]
    if left:
        advice = (
            " A reason lets prices pass that are not ours (`oms quote make --because`)."
            if all(finding in prices for finding in left)
            else ""
        )
        said = "; ".join(f"{finding.place}: {finding.reason}" for finding in left)
        raise Refused(f"{request.stated.external_id} of {request.stated.customer} cannot be quoted: {said}.{advice}")
    return appraisal


def _of_source(session: Session, source: str) -> Quote | None:
    return session.scalars(select(Quote).where(Quote.source == source).with_for_update()).one_or_none()


def _new(session: Session, source: str, appraisal: Appraisal, request: MakeQuote) -> Quote:
    row = Quote(
        quote=f"{SERIES}-{next_number(session, SERIES):06d}",
        source=source,
        customer=appraisal.customer,
        currency=appraisal.placed.currency,
        revision=1,
        total=0,
        valid_until=request.valid_until,
        made_at=request.at,
        made_by=request.actor,
        ended="",
        reason="",
    )
    session.add(row)
    session.flush()
    return row


def _locked(session: Session, number: str) -> Quote:
    row = session.get(Quote, number, with_for_update=True)
    if row is None:
        raise NotFound("quote", number)
    return row


def _revision(session: Session, row: Quote) -> QuoteRevision:
    return session.get_one(QuoteRevision, (row.quote, row.revision))


def _as_revision(row: QuoteRevision) -> RevisionView:
    return RevisionView(
        revision=row.revision,
        placed=PlaceOrder.model_validate_json(row.placed),
        valid_until=row.valid_until,
        made_at=row.made_at,
        made_by=row.made_by,
        because=row.because,
    )


def _want_mail(session: Session, row: Quote, at: datetime, actor: str) -> None:
    """The letter is sent by the next round of a worker. Raises Refused where nobody has said an address."""
    revision = _revision(session, row)
    placed = _as_revision(revision).placed
    people = [address for address in (placed.bill_to, placed.ship_to) if address is not None]
    said = [session.get_one(Customer, row.customer).email, *(address.email for address in people)]
    address = next((each for each in said if each), "")
    require(bool(address), f"{row.customer} has no e-mail address, and neither has the order: quote {row.quote} cannot be e-mailed.")
    revision.mailing, revision.mail_to = WANTED, address
    revision.mailings += 1
    _note(session, row.quote, at, actor, f"to be e-mailed, revision {row.revision}", "")


def _set_aside(session: Session, row: Quote, placed: PlaceOrder, at: datetime, key: str) -> None:
    """Set the goods of a quote aside until it lapses. Raises Refused with every shortage."""
    units: dict[str, int] = {}
    for line in placed.lines:
        units[line.item] = units.get(line.item, 0) + line.quantity
    request = ReserveSoftly(
        key=key,
        kind=SoftKind.QUOTE,
        owner=row.quote,
        channel=CHANNEL,
        wanted=tuple(Wanted(item=item, quantity=quantity) for item, quantity in sorted(units.items())),
        expires_at=row.valid_until,
        at=at,
    )
    found = soft_reservations.reserve_softly(session, request)
    if found.short:
        short = ", ".join(f"{each.available} of {each.asked} {each.item}" for each in found.short)
        raise Refused(f"The goods cannot be set aside: there are {short}. Without a reservation the quote can be made all the same.")


def _give_back(session: Session, number: str, at: datetime) -> None:
    standing_keys = select(SoftReservation.key).where(SoftReservation.owner == number, SoftReservation.ended == "")
    for key in sorted(set(session.scalars(standing_keys))):
        soft_reservations.release(session, key, at)


def _keep_for_the_order(session: Session, number: str, at: datetime) -> None:
    """What is set aside does not lapse between the acceptance and the order's allocation."""
    mine = (SoftReservation.owner == number, standing(at))
    items_locked(session, session.scalars(select(SoftReservation.item).where(*mine)))
    until = at + KEPT_FOR_THE_ORDER
    session.execute(update(SoftReservation).where(*mine, SoftReservation.expires_at < until).values(expires_at=until))


def _note(session: Session, number: str, at: datetime, actor: str, what: str, reason: str) -> None:
    session.add(QuoteEvent(quote=number, at=at, actor=actor, what=what, reason=reason[:1_000]))


def _view(session: Session, row: Quote, at: datetime) -> QuoteView:
    mine = select(func.sum(SoftReservation.quantity)).where(SoftReservation.owner == row.quote, standing(at))
    return QuoteView(
        quote=row.quote,
        customer=row.customer,
        status=status_of(row.ended, row.valid_until, at),
        revision=row.revision,
        total=Money(minor=row.total, currency=row.currency),
        valid_until=row.valid_until,
        made_at=row.made_at,
        made_by=row.made_by,
        order=row.order or "",
        reason=row.reason,
        set_aside=int(session.scalar(mine) or 0),
        mailing=_revision(session, row).mailing,
    )
