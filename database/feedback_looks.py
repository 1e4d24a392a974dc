"""Looking for what shops are to be told: what has happened since the last look, and what differs now from what is written down.

Nothing is noted while an order lives: the audit trail and the stock ledger, both append-only, say which orders and items to look at. What
no ledger tells (a cart that lapses, a quota, a lot past its day) is found by a walk over the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from database.feedback_news import news_of_orders, news_of_stock
from database.journal import insert_once
from database.tables import AuditEntry, ChannelFeedback, FeedbackCursor, OrderLine, StockMovement
from domain.feedback import Feed, FeedbackKind, FeedbackStatus, News, ShopShipment
from domain.values import Value

MOST_ROWS = 2_000
"""Of a ledger, in one look."""

GAP_PATIENCE = timedelta(minutes=1)
"""How long a missing number of a ledger may still be written: longer than any transaction lasts."""

LOOKS_BACK = timedelta(days=60)
"""At first: shops show orders of sixty days."""

ORDERS, STOCK = "orders", "stock"


class Place(Value):
    """How far a ledger is done with: up to `position`; `held_at` is since when a gap after it is waited for."""

    position: int
    held_at: datetime | None = None


class Look(Value):
    """What differs from what is written down for a shop, and how far the ledgers were read; `more` is left for another look."""

    news: tuple[News, ...]
    since: dict[str, Place]  # how far they had been read before, for ledgers that had been
    read: dict[str, Place]
    more: bool = False


def look(session: Session, feed: Feed, at: datetime, walk: Sequence[str] = ()) -> Look:
    """What the shop should know of the orders and items that changed, and of the items of the `walk`."""
    known = {row.feed: Place(position=row.position, held_at=row.held_at) for row in session.scalars(_cursors(feed.shop))}
    begin = known.get(ORDERS) or Place(position=session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.at < at - LOOKS_BACK)) or 0)
    steps = session.execute(
        select(AuditEntry.id, AuditEntry.order).where(AuditEntry.id > begin.position).order_by(AuditEntry.id).limit(MOST_ROWS)
    ).all()
    read = {ORDERS: onward(begin, [row.id for row in steps], at)}
    begin = known.get(STOCK) or Place(position=session.scalar(select(func.max(StockMovement.id))) or 0)  # the walk brings the rest
    moves = session.execute(
        select(StockMovement.id, StockMovement.item).where(StockMovement.id > begin.position).order_by(StockMovement.id).limit(MOST_ROWS)
    ).all()
    read[STOCK] = onward(begin, [row.id for row in moves], at)
    touched = sorted({row.order for row in steps})
    items = set(walk) | {row.item for row in moves}
    if touched:
        items |= set(session.scalars(select(OrderLine.item).where(OrderLine.order.in_(touched)).distinct()))
    orders = [order for order in touched if order.startswith(f"{feed.channel}/")]
    news = [*news_of_orders(session, feed, orders), *news_of_stock(session, feed, items, at)]
    return Look(
        news=tuple(_differing(session, feed.shop, news, orders)),
        since=known,
        read=read,
        more=MOST_ROWS in (len(steps), len(moves)),
    )


def says_nothing(looked: Look) -> bool:
    """Whether there is nothing to write down."""
    return not looked.news and looked.since == looked.read


def write_down(session: Session, shop: str, looked: Look, at: datetime) -> bool:
    """Write down what was seen; False, and nothing is, when another look was written down meanwhile: it may have seen more."""
    known = {row.feed: row for row in session.scalars(_cursors(shop).order_by(FeedbackCursor.feed).with_for_update())}
    if {name: row.position for name, row in known.items()} != {name: place.position for name, place in looked.since.items()}:
        return False
    for name, place in sorted(looked.read.items()):
        if name in known:
            known[name].position, known[name].held_at = place.position, place.held_at
        elif not insert_once(session, FeedbackCursor, {"shop": shop, "feed": name, "position": place.position, "held_at": place.held_at}):
            return False
    for each in sorted(looked.news, key=lambda each: (each.kind.value, each.subject)):
        _write(session, shop, each, at)
    return True


def _write(session: Session, shop: str, news: News, at: datetime) -> None:
    row = {"shop": shop, "kind": news.kind.value, "subject": news.subject, "order": news.order, "item": news.item, "wanted": news.wanted}
    fresh = {"told": None, "revision": 1, "status": FeedbackStatus.DUE.value, "attempts": 0, "reason": "", "reference": ""}
    if insert_once(session, ChannelFeedback, row | fresh | {"changed_at": at, "next_at": at, "told_at": None}):
        return
    here = (ChannelFeedback.shop == shop, ChannelFeedback.kind == news.kind.value, ChannelFeedback.subject == news.subject)
    known = session.scalars(select(ChannelFeedback).where(*here).with_for_update()).one()
    if known.wanted == news.wanted:
        return
    known.wanted, known.changed_at = news.wanted, at
    known.revision += 1
    if known.status == FeedbackStatus.UNLISTED and known.next_at > at:
        return
    known.status, known.attempts, known.reason, known.next_at = FeedbackStatus.DUE.value, 0, "", at


def onward(place: Place, ids: Sequence[int], at: datetime) -> Place:
    """How far a ledger is done with: up to the first number that is missing, for it may belong to a transaction that is not through yet."""
    if not ids:
        return Place(position=place.position)
    whole = place.position or ids[0]
    for number in ids:
        if number > whole + 1:
            break
        whole = number
    if whole == ids[-1]:
        return Place(position=whole)
    if whole > place.position or place.held_at is None:
        return Place(position=whole, held_at=at)
    return Place(position=ids[-1]) if at - place.held_at >= GAP_PATIENCE else place


def _cursors(shop: str) -> Select[FeedbackCursor]:
    return select(FeedbackCursor).where(FeedbackCursor.shop == shop)


def _differing(session: Session, shop: str, news: Sequence[News], orders: Iterable[str]) -> list[News]:
    """What of the news is not what is written down for the shop; and what was announced of these orders and does not stand any more."""
    known: dict[tuple[str, str], str] = {}
    subjects = sorted({each.subject for each in news})
    for begin in range(0, len(subjects), 500):
        chosen = select(ChannelFeedback.kind, ChannelFeedback.subject, ChannelFeedback.wanted).where(
            ChannelFeedback.shop == shop, ChannelFeedback.subject.in_(subjects[begin : begin + 500])
        )
        known |= {(kind, subject): wanted for kind, subject, wanted in session.execute(chosen)}
    changed = [each for each in news if known.get((each.kind.value, each.subject)) != each.wanted]
    return changed + _withdrawn(session, shop, news, sorted(set(orders)))


def _withdrawn(session: Session, shop: str, news: Sequence[News], orders: list[str]) -> list[News]:
    """Shipments that were written down and did not leave after all: a shipment without goods is told as withdrawn."""
    if not orders:
        return []
    stand = {each.subject for each in news}
    announced = select(ChannelFeedback).where(
        ChannelFeedback.order.in_(orders), ChannelFeedback.shop == shop, ChannelFeedback.kind == FeedbackKind.SHIPMENT.value
    )
    found = []
    for row in session.scalars(announced):
        value = ShopShipment.model_validate_json(row.wanted)
        if row.subject not in stand and value.lines:
            empty = value.model_copy(update={"lines": (), "completes": False})
            found.append(News(kind=FeedbackKind.SHIPMENT, subject=row.subject, order=row.order, wanted=empty.model_dump_json()))
    return found
