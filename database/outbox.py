"""The outbox: facts that a transaction of ours established, kept until their orders have heard them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import OutboxFact
from domain.messages import Fact, parse_fact
from domain.values import Value


class Untold(Value):
    """A fact that stands, and the order that has not heard it."""

    message_id: str
    order: str
    name: str
    body: str

    @property
    def fact(self) -> Fact:
        return parse_fact(self.name, self.body.encode())


def put(session: Session, order: str, fact: Fact, at: datetime) -> None:
    """Write the fact down in the transaction that establishes it; the same fact twice is one."""
    insert_once(
        session,
        OutboxFact,
        {
            "message_id": fact.message_id,
            "order": order,
            "name": fact.called(),
            "body": fact.model_dump_json(),
            "at": at,
            "told_at": None,
            "outcome": "",
        },
    )


def untold(session: Session, most: int = 100) -> list[Untold]:
    """What orders have not heard yet, oldest first."""
    chosen = select(OutboxFact).where(OutboxFact.told_at.is_(None)).order_by(OutboxFact.at, OutboxFact.message_id).limit(most)
    return [Untold(message_id=row.message_id, order=row.order, name=row.name, body=row.body) for row in session.scalars(chosen)]


def told(session: Session, message_id: str, at: datetime, outcome: str = "") -> None:
    """The order has heard it, or said (`outcome`) why it never will."""
    session.execute(
        update(OutboxFact).where(OutboxFact.message_id == message_id, OutboxFact.told_at.is_(None)).values(told_at=at, outcome=outcome)
    )


def forget(session: Session, message_id: str) -> None:
    """What was taken back before anybody heard it is not said."""
    session.execute(delete(OutboxFact).where(OutboxFact.message_id == message_id, OutboxFact.told_at.is_(None)))
