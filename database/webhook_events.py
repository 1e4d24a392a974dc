"""What the audit trail says, as events for subscribers: a step of an order is none, one or several of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import (
    AuditEntry,
    CreditNote,
    Invoice,
    JournalEntry,
    Order,
    OrderLine,
    ReceivableEntry,
    Return,
    ReturnLine,
    Shipment,
    WebhookEvent,
)
from domain.money_steps import DocumentIssued
from domain.order import Moment
from domain.steps import Accepted, Allocation, Severity, Shipped
from domain.values import Value
from domain.webhooks import Amount, Event, EventData, EventType, LineUnits

E = EventType


class Told(Value):
    """An event, and by what it is chosen: whose order, from where, and about what."""

    event: str
    subject: str
    type: EventType
    order: str
    customer: str
    channel: str
    location: str
    sequence: int
    at: Moment
    body: str


class Source(Value):
    """A row of the audit trail with what its step answered (JSON); `numbers` are those in its key."""

    sequence: int
    order: str
    key: str
    at: Moment
    result: str
    undone: bool
    numbers: tuple[int, ...]


Happened = tuple[EventType, str, dict[str, Any]]
"""The type, what it is about within its order, and what it says beyond its order."""


def events_of(session: Session, row: AuditEntry) -> list[Told]:
    """What subscribers hear of a step. Its events are the same however often it is asked, but for what has changed since."""
    path = row.key.removeprefix(f"{row.order}/")
    for pattern, tell in _STEPS:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        known = session.get(JournalEntry, row.key)
        order = session.get(Order, row.order)
        if order is None:
            return []
        source = Source(
            sequence=row.id,
            order=row.order,
            key=row.key,
            at=row.at,
            result=(known.result if known else None) or "{}",
            undone=known is not None and known.undone,
            numbers=tuple(int(number) for number in found.groups() if number),
        )
        return [_told(order, source, *happened) for happened in tell(session, source)]
    return []


def name_of(*parts: str) -> str:
    """An event's id: derived, so that what is told twice bears the same one."""
    return f"evt_{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:32]}"


def _told(order: Order, source: Source, kind: EventType, subject: str, says: dict[str, Any]) -> Told:
    event = name_of(source.key, kind, subject)
    data = EventData(id=event, sequence=source.sequence, order=order.order, channel=order.channel, external_id=order.external_id, **says)
    return Told(
        event=event,
        subject=subject,
        type=kind,
        order=order.order,
        customer=order.customer or "",
        channel=order.channel,
        location=data.location or "",
        sequence=source.sequence,
        at=source.at,
        body=Event(type=kind, timestamp=source.at, data=data).body(),
    )


# --- the order -----------------------------------------------------------------------------------------------------------------------


def _accepted(session: Session, source: Source) -> Iterator[Happened]:
    accepted = Accepted.model_validate_json(source.result) if source.result != "{}" else None
    if accepted is not None and not source.undone and all(finding.severity is Severity.NOTE for finding in accepted.findings):
        yield E.ORDER_ACCEPTED, "order", {"lines": _ordered(session, source.order)}


def _changed(session: Session, source: Source) -> Iterator[Happened]:
    yield E.ORDER_CHANGED, "order", {"lines": _ordered(session, source.order)}


def _allocated(session: Session, source: Source) -> Iterator[Happened]:
    allocation = Allocation.model_validate_json(source.result)
    reserved: dict[int, int] = {}
    for shipment in allocation.shipments:
        lines: dict[int, LineUnits] = {}
        for pick in shipment.picks:
            before = lines[pick.line].quantity if pick.line in lines else 0
            lines[pick.line] = LineUnits(line=pick.line, item=pick.item, quantity=before + pick.quantity)
            reserved[pick.line] = reserved.get(pick.line, 0) + pick.quantity
        says = {"shipment": shipment.number, "location": shipment.location, "lines": tuple(lines.values())}
        yield E.ORDER_ALLOCATED, f"shipment/{shipment.number}", says
    missing = tuple(
        LineUnits(line=short.line, item=short.item, quantity=short.asked - reserved.get(short.line, 0))
        for short in allocation.short
        if short.asked > reserved.get(short.line, 0)
    )
    if missing:
        yield E.ORDER_BACKORDERED, "order", {"lines": missing}


def _ended(session: Session, source: Source) -> Iterator[Happened]:
    order = session.get_one(Order, source.order)
    kinds = {"closed": E.ORDER_CLOSED, "cancelled": E.ORDER_CANCELLED, "rejected": E.ORDER_REJECTED}
    if order.outcome in kinds:
        yield kinds[order.outcome], "order", {"outcome": order.outcome}


def _ordered(session: Session, order: str) -> tuple[LineUnits, ...]:
    rows = session.scalars(select(OrderLine).where(OrderLine.order == order).order_by(OrderLine.line))
    return tuple(LineUnits(line=row.line, item=row.item, quantity=row.ordered - row.cancelled) for row in rows)


# --- shipments -----------------------------------------------------------------------------------------------------------------------


def _shipped(session: Session, source: Source) -> Iterator[Happened]:
    shipped = Shipped.model_validate_json(source.result)
    if shipped.tracking and not source.undone:
        yield E.SHIPMENT_SHIPPED, f"shipment/{source.numbers[0]}", _shipment(session, source, shipped)


def _withdrawn(session: Session, source: Source) -> Iterator[Happened]:
    """Only what was told as shipped is taken back."""
    ship_key = source.key.removesuffix("/undo")
    known = session.get(JournalEntry, ship_key)
    subject = f"shipment/{source.numbers[0]}"
    if session.get(WebhookEvent, name_of(ship_key, E.SHIPMENT_SHIPPED, subject)) is not None:
        shipped = Shipped.model_validate_json(known.result) if known is not None and known.result else None
        yield E.SHIPMENT_WITHDRAWN, subject, _shipment(session, source, shipped)


def _delivered(session: Session, source: Source) -> Iterator[Happened]:
    yield E.SHIPMENT_DELIVERED, f"shipment/{source.numbers[0]}", _shipment(session, source)


def _lost(session: Session, source: Source) -> Iterator[Happened]:
    row = session.get(Shipment, (source.order, source.numbers[0]))
    says = {"outcome": row.status if row is not None else "lost"}
    yield E.SHIPMENT_LOST, f"shipment/{source.numbers[0]}", _shipment(session, source) | says


def _shipment(session: Session, source: Source, shipped: Shipped | None = None) -> dict[str, Any]:
    row = session.get(Shipment, (source.order, source.numbers[0]))
    says: dict[str, Any] = {"shipment": source.numbers[0], "location": row.location if row is not None else None}
    known = shipped or row
    if known is not None:
        says |= {"carrier": known.carrier or None, "service": known.service or None, "tracking": known.tracking or None}
    return says


# --- money ---------------------------------------------------------------------------------------------------------------------------


def _invoiced(session: Session, source: Source) -> Iterator[Happened]:
    number = source.numbers[0]
    row = session.get(Invoice, (source.order, number))
    if row is not None and source.result != "{}":
        yield E.INVOICE_ISSUED, f"invoice/{number}", _invoice(session, row) | {"due_at": row.due_at, "shipment": row.shipment or None}
    yield from _settled(session, source)


def _credited(session: Session, source: Source) -> Iterator[Happened]:
    issued = DocumentIssued.model_validate_json(source.result) if source.result != "{}" else None
    note = session.scalar(select(CreditNote).where(CreditNote.document == issued.number)) if issued is not None else None
    row = session.get(Invoice, (source.order, note.invoice)) if note is not None else None
    if note is not None and row is not None:
        currency = session.get_one(Order, source.order).currency
        says = {"credit_note": note.document, "invoice": row.document, "total": Amount(minor=note.total, currency=currency)}
        yield E.INVOICE_CREDITED, f"invoice/{row.invoice}", says
    yield from _settled(session, source)


def _settled(session: Session, source: Source) -> Iterator[Happened]:
    """The invoices that the step booked something on: paid when nothing is open, open again when they had been told as paid."""
    booked = select(ReceivableEntry.invoice).where(
        ReceivableEntry.order == source.order, ReceivableEntry.key.startswith(f"{source.key}/", autoescape=True)
    )
    for number in sorted({each for each in session.scalars(booked) if each is not None}):
        row = session.get_one(Invoice, (source.order, number))
        subject = f"settled/{number}"
        last = session.scalar(
            select(WebhookEvent.type)
            .where(WebhookEvent.order == source.order, WebhookEvent.subject == subject)
            .order_by(WebhookEvent.sequence.desc())
            .limit(1)
        )
        if row.balance == 0 and last != E.INVOICE_PAID:
            yield E.INVOICE_PAID, subject, _invoice(session, row)
        elif row.balance > 0 and last == E.INVOICE_PAID:
            yield E.INVOICE_REOPENED, subject, _invoice(session, row)


def _invoice(session: Session, row: Invoice) -> dict[str, Any]:
    currency = session.get_one(Order, row.order).currency
    return {
        "invoice": row.document,
        "total": Amount(minor=row.total, currency=currency),
        "balance": Amount(minor=row.balance, currency=currency),
    }


# --- returns -------------------------------------------------------------------------------------------------------------------------


def _return(kind: EventType) -> Callable[[Session, Source], Iterator[Happened]]:
    def tell(session: Session, source: Source) -> Iterator[Happened]:
        number = source.numbers[0]
        row = session.get(Return, (source.order, number))
        if row is None:
            return
        chosen = select(ReturnLine, OrderLine.item).join(
            OrderLine, (OrderLine.order == ReturnLine.order) & (OrderLine.line == ReturnLine.line)
        )
        of_it = chosen.where(ReturnLine.order == source.order, ReturnLine.rma == number).order_by(ReturnLine.line)
        units = tuple(
            LineUnits(line=line.line, item=item, quantity=line.authorized if kind is E.RETURN_AUTHORIZED else line.received)
            for line, item in session.execute(of_it)
        )
        says: dict[str, Any] = {"return_number": row.document, "location": row.location, "lines": units}
        if kind is E.RETURN_SETTLED:
            says["outcome"] = row.status
        yield kind, f"return/{number}", says

    return tell


Tell = Callable[[Session, Source], Iterator[Happened]]

_STEPS: tuple[tuple[re.Pattern[str], Tell], ...] = tuple(
    (re.compile(pattern), tell)
    for pattern, tell in (
        (r"accept/(\d+)", _accepted),
        (r"allocate/(\d+)", _allocated),
        (r"change/(\d+)", _changed),
        (r"close/(\d+)", _ended),
        (r"shipment/(\d+)/ship/(\d+)", _shipped),
        (r"shipment/(\d+)/ship/(\d+)/undo", _withdrawn),
        (r"shipment/(\d+)/delivery", _delivered),
        (r"shipment/(\d+)/loss", _lost),
        (r"invoice/(\d+)", _invoiced),
        (r"invoice/(\d+)/write_off/(\d+)", _settled),
        (r"payment/.+", _settled),
        (r"credit/(\d+)", _credited),
        (r"return/(\d+)/authorize", _return(E.RETURN_AUTHORIZED)),
        (r"return/(\d+)/receive(?:/(\d+))?", _return(E.RETURN_RECEIVED)),
        (r"return/(\d+)/inspect", _return(E.RETURN_INSPECTED)),
        (r"return/(\d+)/settle", _return(E.RETURN_SETTLED)),
    )
)
"""The paths of steps within their order that are told; all others are our own affair."""
