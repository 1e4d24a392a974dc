"""Feedback to shops: what is to be told, what became of it, and a list of what a shop would not take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from database.tables import ChannelFeedback
from domain.errors import NotFound, Refused
from domain.feedback import (
    FeedbackFound,
    FeedbackKind,
    FeedbackStatus,
    FeedbackView,
    FindFeedback,
    Telling,
)
from domain.values import Value

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
"""Before a piece is told again to a shop that did not answer, doubled each time."""

UNLISTED_FOR = timedelta(days=1)
"""A shop that does not sell an item is asked about it again after so long."""

TOGETHER = 20
"""Stock levels in one telling."""


# --- telling -------------------------------------------------------------------------------------------------------------------------


def is_due(session: Session, shop: str, at: datetime) -> bool:
    """Whether there is anything to tell the shop now."""
    due = select(ChannelFeedback.entry).where(
        ChannelFeedback.shop == shop, ChannelFeedback.status == FeedbackStatus.DUE.value, ChannelFeedback.next_at <= at
    )
    return session.scalar(due.limit(1)) is not None


def find(session: Session, request: FindFeedback) -> FeedbackFound:
    """What to tell now: stock first, for it is what may be sold twice; of one order what happened first, and nothing after what waits."""
    due, waits = ChannelFeedback, aliased(ChannelFeedback)
    open_ = (due.shop == request.shop, due.status == FeedbackStatus.DUE.value)
    held_up = select(waits.entry).where(
        waits.shop == request.shop,
        waits.status == FeedbackStatus.DUE.value,
        waits.next_at > request.at,
        waits.order == due.order,
        waits.order != "",
        waits.entry < due.entry,
    )
    chosen = select(due.entry, due.kind, due.subject, due.order).where(*open_, due.next_at <= request.at, ~held_up.exists())
    stock = list(session.execute(chosen.where(due.kind == FeedbackKind.STOCK.value).order_by(due.entry).limit(TOGETHER)))
    news = list(session.execute(chosen.where(due.kind != FeedbackKind.STOCK.value).order_by(due.entry).limit(request.most)))
    first = {order: position for position, (_, _, _, order) in reversed(list(enumerate(news)))}
    rank = list(FeedbackKind)
    news.sort(key=lambda row: (first[row.order], rank.index(FeedbackKind(row.kind)), row.entry))
    tellings = [Telling(kind=FeedbackKind(row.kind), entries=(row.entry,), subject=row.subject) for row in news]
    if stock:
        what = stock[0].subject if len(stock) == 1 else f"{len(stock)} stock levels"
        tellings.insert(0, Telling(kind=FeedbackKind.STOCK, entries=tuple(row.entry for row in stock), subject=what))
    if tellings:
        return FeedbackFound(tellings=tuple(tellings))
    return FeedbackFound(next_at=session.scalar(select(func.min(due.next_at)).where(*open_)))


class Due(Value):
    """A piece that is to be told, as it stood when it was read."""

    entry: int
    kind: FeedbackKind
    subject: str
    wanted: str
    revision: int


def due(session: Session, entries: Sequence[int]) -> list[Due]:
    """These pieces, as far as they are still to be told."""
    chosen = select(ChannelFeedback).where(ChannelFeedback.entry.in_(entries), ChannelFeedback.status == FeedbackStatus.DUE.value)
    return [
        Due(entry=row.entry, kind=FeedbackKind(row.kind), subject=row.subject, wanted=row.wanted, revision=row.revision)
        for row in session.scalars(chosen.order_by(ChannelFeedback.entry))
    ]


def was_told(session: Session, piece: Due, at: datetime, reference: str = "") -> None:
    """The shop knows it. What changed meanwhile stays to be told."""
    row = session.get_one(ChannelFeedback, piece.entry, with_for_update=True)
    row.told, row.told_at, row.reference, row.attempts, row.reason = piece.wanted, at, reference or row.reference, 0, ""
    if row.revision == piece.revision:
        row.status = FeedbackStatus.TOLD.value


def was_refused(session: Session, piece: Due, reason: str) -> None:
    """The shop will not take it as it is; a person sees to it, or it changes."""
    row = session.get_one(ChannelFeedback, piece.entry, with_for_update=True)
    row.reason = reason[:2_000]
    if row.revision == piece.revision:
        row.status = FeedbackStatus.REFUSED.value


def is_unlisted(session: Session, piece: Due, at: datetime) -> None:
    """The shop does not sell it."""
    row = session.get_one(ChannelFeedback, piece.entry, with_for_update=True)
    row.status, row.next_at, row.attempts, row.reason = FeedbackStatus.UNLISTED.value, at + UNLISTED_FOR, 0, ""


def postpone(session: Session, pieces: Sequence[Due], reason: str, at: datetime, wait: timedelta | None = None) -> None:
    """The shop did not answer: later each time. One that asked for a while (`wait`) gets it, and no attempt is counted."""
    for piece in pieces:
        row = session.get_one(ChannelFeedback, piece.entry, with_for_update=True)
        row.reason = reason[:2_000]
        if wait is None:
            row.attempts += 1
        row.next_at = at + (wait or min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 20), LONGEST_PAUSE))


# --- for people ----------------------------------------------------------------------------------------------------------------------


def listed(session: Session, shop: str = "", status: str = "", kind: str = "", order: str = "", most: int = 50) -> list[FeedbackView]:
    """Pieces of feedback, what changed last first; what a shop does not sell is listed where that status is asked for."""
    chosen = select(ChannelFeedback)
    if not status:
        chosen = chosen.where(ChannelFeedback.status != FeedbackStatus.UNLISTED.value)
    for column, value in (
        (ChannelFeedback.shop, shop),
        (ChannelFeedback.status, status),
        (ChannelFeedback.kind, kind),
        (ChannelFeedback.order, order),
    ):
        chosen = chosen.where(column == value) if value else chosen
    return [
        _view(row) for row in session.scalars(chosen.order_by(ChannelFeedback.changed_at.desc(), ChannelFeedback.entry.desc()).limit(most))
    ]


def shown(session: Session, entry: int) -> FeedbackView:
    """One piece. Raises NotFound."""
    row = session.get(ChannelFeedback, entry)
    if row is None:
        raise NotFound("feedback", str(entry))
    return _view(row)


def counted(session: Session) -> dict[tuple[str, str, str], int]:
    """How many pieces there are by shop, kind and status."""
    columns = (ChannelFeedback.shop, ChannelFeedback.kind, ChannelFeedback.status)
    return {
        (shop, kind, status): int(count) for shop, kind, status, count in session.execute(select(*columns, func.count()).group_by(*columns))
    }


def retry(session: Session, entry: int, at: datetime) -> FeedbackView:
    """Tell it again, now. Raises NotFound, and Refused for what the shop knows."""
    row = session.get(ChannelFeedback, entry, with_for_update=True)
    if row is None:
        raise NotFound("feedback", str(entry))
    if row.status == FeedbackStatus.TOLD:
        raise Refused(f"{row.shop} was told {row.subject} already, and it has not changed since.")
    row.status, row.next_at, row.attempts = FeedbackStatus.DUE.value, at, 0
    return _view(row)


def refused_of(session: Session, shop: str) -> list[int]:
    """Everything that a shop would not take, oldest first."""
    chosen = select(ChannelFeedback.entry).where(ChannelFeedback.shop == shop, ChannelFeedback.status == FeedbackStatus.REFUSED.value)
    return list(session.scalars(chosen.order_by(ChannelFeedback.entry)))


def stock_told(session: Session, shop: str, subjects: Sequence[str]) -> set[str]:
    """Those of these places of stock that the shop was told a figure of."""
    chosen = select(ChannelFeedback.subject).where(
        ChannelFeedback.shop == shop, ChannelFeedback.kind == FeedbackKind.STOCK.value, ChannelFeedback.told.is_not(None)
    )
    return set(session.scalars(chosen.where(ChannelFeedback.subject.in_(subjects))))


def tell_anew(session: Session, shop: str, subjects: Sequence[str], at: datetime) -> int:
    """Stock that the shop has otherwise than it was told is told again; how many levels."""
    rows = session.scalars(
        select(ChannelFeedback)
        .where(ChannelFeedback.shop == shop, ChannelFeedback.kind == FeedbackKind.STOCK.value, ChannelFeedback.subject.in_(subjects))
        .order_by(ChannelFeedback.entry)
        .with_for_update()
    )
    count = 0
    for row in rows:
        row.status, row.next_at, row.attempts = FeedbackStatus.DUE.value, at, 0
        row.revision += 1
        count += 1
    return count


def _view(row: ChannelFeedback) -> FeedbackView:
    return FeedbackView(
        entry=row.entry,
        shop=row.shop,
        kind=FeedbackKind(row.kind),
        subject=row.subject,
        order=row.order,
        status=FeedbackStatus(row.status),
        wanted=row.wanted,
        told=row.told or "",
        attempts=row.attempts,
        reason=row.reason,
        reference=row.reference,
        changed_at=row.changed_at,
        next_at=row.next_at,
        told_at=row.told_at,
    )
