"""What shops said last of their orders: the next word is compared with it, and an older one that comes late is known as such."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import Intake, Order, OrderLine, StatedOrder
from domain.messages import AmendOrder, CancelOrder, Fact, Request
from domain.order import PlaceOrder
from domain.restating import Stated


def last_word(session: Session, order: str) -> tuple[Stated, datetime | None] | None:
    """What a shop said last of an order, and when; of one that came without a word of a shop its document. None: nobody knows it."""
    said = session.get(StatedOrder, order)
    if said is not None:
        return Stated.model_validate_json(said.document), said.said_at
    document = session.scalars(select(Intake.document).where(Intake.order == order)).one_or_none()
    return None if document is None else (Stated(order=PlaceOrder.model_validate_json(document)), None)


def keep_word(session: Session, order: str, entry: int, said_at: datetime, stated: Stated) -> None:
    """Remember what a shop said, unless a later word of it is known."""
    document = stated.model_dump_json()
    if insert_once(session, StatedOrder, {"order": order, "said_at": said_at, "entry": entry, "document": document}):
        return
    known = session.get_one(StatedOrder, order, with_for_update=True)
    if known.said_at <= said_at:
        known.said_at, known.entry, known.document = said_at, entry, document


def so_already(session: Session, order: str, message: Fact | Request) -> str:
    """Why a message that the order refuses asks for nothing, in words: its shop says again what we told it; else ""."""
    lines = {line.line: line for line in session.scalars(select(OrderLine).where(OrderLine.order == order))}
    if isinstance(message, CancelOrder) and lines and all(line.cancelled == line.ordered for line in lines.values()):
        return "it is cancelled here already"
    if isinstance(message, AmendOrder) and message.requested_at is None:
        wanted = {number: line.ordered - line.cancelled for number, line in lines.items()}
        if all(wanted.get(each.line) == each.quantity for each in message.quantities):
            return "the order has these quantities already"
    return ""


def ended(session: Session, order: str) -> bool:
    """The order's life is over: nobody hears a message of it any more."""
    return bool(session.scalar(select(Order.ended_at.is_not(None)).where(Order.order == order)))
