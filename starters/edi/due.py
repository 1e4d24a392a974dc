"""What partners should have been sent and were not: found in what the orders are, so that nothing has to be remembered by anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, String, and_, cast, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database import edi, edi_facts
from database.engine import Database
from database.tables import CreditNote, EdiChange, EdiOrder, EdiOutgoing, Invoice, JournalEntry, Order, ParcelRow, Shipment
from domain.edi_partners import CREDIT_NOTES, Partner, PartnerId, Partners
from domain.errors import NotFound, Refused
from domain.values import Value
from starters.edi import documents
from starters.edi.outgoing import Envelope, pair_of

ANSWERS, NOTICES, INVOICES = ("855", "ORDRSP"), ("856", "DESADV"), ("810", "INVOIC")
CHANGES = ("865", "ORDRSP")
STOCK = "846"
LOOKED_AT = EdiOrder.settled.is_(False)
CALLED_OFF = "/cancelled"
"""What a 940 about a shipment that is no more is known by, after the shipment's name."""
MOST = 200
"""Documents of a kind in one round."""


class Due(Value):
    """A document that a partner waits for; `number` is that of its shipment or invoice, or, with `credit`, of its credit note."""

    kind: str
    key: str
    partner: str
    receiver: PartnerId
    order: str
    number: int = 0
    credit: bool = False
    test: bool = False


Text = ColumnElement[str] | InstrumentedAttribute[str]
Writer = Callable[[Session, Due, Partner, Envelope], bytes]


async def draw_what_is_due(database: Database, partners: Partners, at: datetime) -> int:
    """Write every document that is due, each in a transaction of its own; how many. One that cannot be written holds up no other."""
    for number, accepted, why in await database.read(edi_facts.decided_by_orders):
        await database.transaction(edi_facts.decide, number, accepted, why, edi_facts.RULE, at)
    (ended, found), written = await database.read(_looked, partners, at), 0
    if settled := ended - {one.order for one in found}:
        await database.transaction(edi.settle, settled)
    for one in found:
        try:
            drawn = await database.transaction(draw, one, partners, at)
            written += drawn.new
        except (Refused, NotFound) as trouble:
            await database.transaction(edi.stick, one.kind, one.key, one.partner, str(trouble), at)
    return written


def _looked(session: Session, partners: Partners, at: datetime) -> tuple[set[str], list[Due]]:
    """Orders that are over, and what is due; in this order, since what an order has when it is over is all that it will ever have.

    None is said to be over while there is more due than was looked at.
    """
    ended, found = edi.over(session), [*due(session, partners), *reports(session, partners, at)]
    return (ended if len(found) < MOST else set()), found


def draw(session: Session, one: Due, partners: Partners, at: datetime) -> edi.Drawn:
    """Write one document under its next control number. Raises Refused where it cannot be written."""
    partner = partners.named(one.partner)
    if partner is None:
        raise Refused(f"There is no map for the partner {one.partner} any more.")
    return edi.draw(
        session,
        one.kind,
        one.key,
        one.partner,
        pair_of(partner.syntax, partner.ours, one.receiver),
        partial(_written, session, one, partner, at),
        at,
        one.order,
    )


def _written(session: Session, one: Due, partner: Partner, at: datetime, control: int) -> bytes:
    envelope = Envelope(partner=partner, receiver=one.receiver, interchange=control, group=control, at=at, test=one.test)
    return WRITERS[one.kind](session, one, partner, envelope)


# --- what is due ---------------------------------------------------------------------------------------------------------------------


def due(session: Session, partners: Partners) -> list[Due]:
    """What is owed for orders that came by EDI, in the order in which it became so; for warehouses of others, what they shall ship."""
    return [
        *_answers(session),
        *_changes(session),
        *_orders_to_warehouses(session, partners),
        *_notices(session),
        *_invoices(session),
        *_credits(session),
    ]


def reports(session: Session, partners: Partners, at: datetime) -> Iterator[Due]:
    """What we have for sale, once a day (UTC) for every partner who wants to know it; `oms edi report` tells it between times."""
    for partner in partners.partners:
        if STOCK in partner.wants and partner.ids:
            key = f"{partner.name}/{at:%y%m%d}"
            told = select(EdiOutgoing.number).where(EdiOutgoing.kind == STOCK, EdiOutgoing.key == key)
            if session.scalars(told).first() is None:
                yield Due(kind=STOCK, key=key, partner=partner.name, receiver=partner.ids[0], order="")


def _answers(session: Session) -> Iterator[Due]:
    """Orders that are accepted and have sought their stock once, or that are over."""
    sought = select(JournalEntry.key).where(
        JournalEntry.key == Order.order + literal("/allocate/1", String), JournalEntry.result.is_not(None)
    )
    ready = or_(Order.outcome != "", and_(Order.accepted_at.is_not(None), sought.exists()))
    for kind in ANSWERS:
        chosen = select(EdiOrder).join(Order, Order.order == EdiOrder.order).where(ready, LOOKED_AT, *_owed(kind, EdiOrder.order))
        for row in session.scalars(chosen.order_by(EdiOrder.at, EdiOrder.order).limit(MOST)):
            yield _due(row, kind, row.order)


def _changes(session: Session) -> Iterator[Due]:
    """Changes of orders that are decided, by a person or by the order itself."""
    key = EdiChange.order + literal("/change/", String) + cast(EdiChange.change, String)
    for kind in CHANGES:
        chosen = select(EdiOrder, EdiChange.change).join(EdiChange, EdiChange.order == EdiOrder.order)
        chosen = chosen.where(EdiChange.status.in_(("accepted", "rejected")), *_owed(kind, key))
        for row, number in session.execute(chosen.order_by(EdiChange.change).limit(MOST)):
            yield _due(row, kind, f"{row.order}/change/{number}", number)


def _notices(session: Session) -> Iterator[Due]:
    packed = select(ParcelRow.order).where(ParcelRow.order == Shipment.order, ParcelRow.shipment == Shipment.shipment).exists()
    for kind in NOTICES:
        key = _numbered(Shipment.order, Shipment.shipment)
        chosen = select(EdiOrder, Shipment.shipment).join(Shipment, Shipment.order == EdiOrder.order)
        chosen = chosen.where(Shipment.shipped_at.is_not(None), packed, LOOKED_AT, *_owed(kind, key))
        for row, number in session.execute(chosen.order_by(Shipment.shipped_at, Shipment.order).limit(MOST)):
            yield _due(row, kind, f"{row.order}/{number}", number)


def _invoices(session: Session) -> Iterator[Due]:
    """One for each document: all parts of a collective invoice are one."""
    for kind in INVOICES:
        chosen = select(EdiOrder, Invoice.invoice, Invoice.document).join(Invoice, Invoice.order == EdiOrder.order)
        chosen = chosen.where(LOOKED_AT, *_owed(kind, Invoice.document)).order_by(Invoice.issued_at, Invoice.order, Invoice.invoice)
        seen: set[str] = set()
        for row, number, document in session.execute(chosen.limit(MOST)):
            if document not in seen:
                seen.add(document)
                yield _due(row, kind, document, number)


def _credits(session: Session) -> Iterator[Due]:
    """Credit notes of invoices that went out, for partners who take them."""
    for kind in INVOICES:
        billed = select(EdiOutgoing.number).where(EdiOutgoing.kind == kind, EdiOutgoing.key == Invoice.document).exists()
        chosen = select(EdiOrder, CreditNote.credit, CreditNote.document).join(CreditNote, CreditNote.order == EdiOrder.order)
        chosen = chosen.join(Invoice, and_(Invoice.order == CreditNote.order, Invoice.invoice == CreditNote.invoice))
        chosen = chosen.where(LOOKED_AT, billed, _wanted(CREDIT_NOTES), *_owed(kind, CreditNote.document))
        for row, number, document in session.execute(chosen.order_by(CreditNote.sequence).limit(MOST)):
            yield _due(row, kind, document, number).model_copy(update={"credit": True})


def _orders_to_warehouses(session: Session, partners: Partners) -> Iterator[Due]:
    """Shipments that were released to a location that a partner runs for us; those among them that were cancelled since."""
    for partner in partners.partners:
        if not partner.location or not partner.ids:
            continue
        key = _numbered(Shipment.order, Shipment.shipment)
        asked = select(EdiOutgoing.number).where(EdiOutgoing.kind == "940", EdiOutgoing.key == key).exists()
        called_off = key + literal(CALLED_OFF, String)
        told = select(EdiOutgoing.number).where(EdiOutgoing.kind == "940", EdiOutgoing.key == called_off).exists()
        here = select(Shipment.order, Shipment.shipment).where(Shipment.location == partner.location)
        for end, chosen in (
            ("", here.where(Shipment.status == "released", ~asked)),
            (CALLED_OFF, here.where(Shipment.status == "cancelled", asked, ~told)),
        ):
            for order, number in session.execute(chosen.order_by(Shipment.order, Shipment.shipment).limit(MOST)):
                key_of = f"{order}/{number}{end}"
                yield Due(kind="940", key=key_of, partner=partner.name, receiver=partner.ids[0], order=order, number=number)


def _owed(kind: str, key: Text) -> tuple[ColumnElement[bool], ...]:
    """The partner wants this kind of an order, and it was not written yet."""
    written = select(EdiOutgoing.number).where(EdiOutgoing.kind == kind, EdiOutgoing.key == key).exists()
    return _wanted(kind), ~written


def _wanted(kind: str) -> ColumnElement[bool]:
    return EdiOrder.wants.contains(f" {kind} ")


def _numbered(order: InstrumentedAttribute[str], number: InstrumentedAttribute[int]) -> ColumnElement[str]:
    return order + literal("/", String) + cast(number, String)


def _due(row: EdiOrder, kind: str, key: str, number: int = 0) -> Due:
    receiver = PartnerId(qualifier=row.qualifier, id=row.receiver)
    return Due(kind=kind, key=key, partner=row.partner, receiver=receiver, order=row.order, number=number, test=row.test)


# --- how it is written ---------------------------------------------------------------------------------------------------------------


def _answer(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.edifact import answering as edifact
    from starters.edi.x12 import answering as x12

    if "/change/" in one.key:
        change = documents.answer_to_change(session, one.order, one.number, partner, envelope.at)
        return edifact.change_responses(envelope, [change])
    document = documents.answer_to_order(session, one.order, partner, envelope.at)
    return x12.acknowledgements(envelope, [document]) if one.kind == "855" else edifact.responses(envelope, [document])


def _change(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.x12 import change_answering

    return change_answering.change_answers(envelope, [documents.answer_to_change(session, one.order, one.number, partner, envelope.at)])


def _notice(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.edifact import despatching as edifact
    from starters.edi.x12 import despatching as x12

    document = documents.notice_of_shipment(session, one.order, one.number)
    return x12.ship_notices(envelope, [document]) if one.kind == "856" else edifact.despatch_advices(envelope, [document])


def _invoice(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.edifact import invoicing as edifact
    from starters.edi.x12 import invoicing as x12

    drawn = documents.credit_note if one.credit else documents.invoice
    document = drawn(session, one.order, one.number, partner)
    return x12.invoices(envelope, [document]) if one.kind == "810" else edifact.invoices(envelope, [document])


def _warehouse_order(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.x12 import stocking

    cancelled = one.key.endswith(CALLED_OFF)
    return stocking.warehouse_orders(envelope, [documents.order_to_warehouse(session, one.order, one.number, cancelled=cancelled)])


def _stock(session: Session, one: Due, partner: Partner, envelope: Envelope) -> bytes:
    from starters.edi.x12 import stocking

    return stocking.stock_reports(envelope, [documents.our_stock(session, one.key[-30:], envelope.at)])


WRITERS: Mapping[str, Writer] = {
    **dict.fromkeys(ANSWERS, _answer),
    **dict.fromkeys(NOTICES, _notice),
    **dict.fromkeys(INVOICES, _invoice),
    "865": _change,
    "940": _warehouse_order,
    STOCK: _stock,
}
