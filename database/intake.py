"""The door: each order of a channel is taken in once, and what is not taken leaves a record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import Intake, Refusal
from domain.errors import NotFound
from domain.order import Address, PlaceOrder


def capture(session: Session, placed: PlaceOrder, at: datetime, fingerprint: str = "") -> Literal["new", "same", "conflict"]:
    """Keep the document of a new order. The same order with other content is a conflict: the first stays, the refusal is recorded.

    `fingerprint` says what the content is, where that is not the order's own: the words of its sender before they were mapped.

    The database's unique key decides, also between deliveries in parallel. A conflict is returned, not raised, so that its record is kept.
    """
    fingerprint = fingerprint or placed.fingerprint
    document = {
        "order": placed.key,
        "channel": placed.channel,
        "external_id": placed.external_id,
        "fingerprint": fingerprint,
        "document": placed.model_dump_json(),
        "received_at": at,
    }
    if insert_once(session, Intake, document):
        return "new"
    known = session.scalars(select(Intake.fingerprint).where(Intake.order == placed.key)).one()
    if known == fingerprint:
        return "same"
    refuse(session, placed.channel, f"order {placed.key}", "it is known with other content; the first one stands", at)
    return "conflict"


def refuse(session: Session, source: str, place: str, reason: str, at: datetime) -> None:
    """Record what was not taken in: from where, which part of it, and why."""
    session.add(Refusal(source=source[:200], place=place[:400], reason=reason[:2_000], at=at))


def document(session: Session, order: str) -> PlaceOrder:
    """The order as its channel delivered it, with names and addresses. Raises NotFound."""
    found = session.scalars(select(Intake.document).where(Intake.order == order)).one_or_none()
    if found is None:
        raise NotFound("order", order)
    return PlaceOrder.model_validate_json(found)


def ship_to(session: Session, order: str) -> Address | None:
    """Where the order's goods go; None while nobody has said it."""
    return document(session, order).ship_to


def keep_address(session: Session, order: str, address: Address) -> None:
    """A person said where the goods go: the document keeps it, its fingerprint stays the channel's own."""
    row = session.get(Intake, order, with_for_update=True)
    if row is not None:
        placed = PlaceOrder.model_validate_json(row.document)
        row.document = placed.model_copy(update={"ship_to": address}).model_dump_json()
