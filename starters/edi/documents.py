"""Documents for partners from what the database holds: answers to orders, notices of shipments, invoices, orders to a warehouse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.bills import Bill, bills_of, credit_rows
from activities.einvoices import e_credit, e_invoice
from activities.records import Records, records_of
from database import edi_facts, reading
from database.tables import CreditNote, EdiOrder, Invoice, Location, Shipment
from domain.edi_building import buyer, order_answer, ship_notice
from domain.edi_documents import (
    AskedLine,
    ChangeAnswer,
    Charge,
    ChargeKind,
    InvoicedLine,
    InvoiceDocument,
    OrderAnswer,
    Party,
    ShipNotice,
    StockLine,
    StockReport,
    TaxTotal,
    WarehouseOrder,
)
from domain.edi_partners import Partner
from domain.einvoicing import EInvoice, ELine, broken_rules
from domain.errors import Refused
from domain.money import Money
from domain.views import ShipmentView
from starters.edi.references import shipment_reference
from starters.edi.x12.warehouse import AVAILABLE


def answer_to_order(session: Session, order: str, partner: Partner, at: datetime) -> OrderAnswer:
    """What becomes of an order (855, ORDRSP)."""
    records = records_of(session, order)
    answer = order_answer(records.placed, records.view, f"{records.placed.external_id}-{at:%y%m%d}"[:30], at, _seller(records, partner))
    names = _buyers(session, order)
    lines = tuple(line.model_copy(update={"buyer_item": names.get(line.line, "")}) for line in answer.lines)
    return answer.model_copy(update={"lines": lines, "buyer": _named(answer.buyer, records)})


def answer_to_change(session: Session, order: str, number: int, partner: Partner, at: datetime) -> ChangeAnswer:
    """What was decided about a change that the partner asked for (865, ORDRSP)."""
    records, change = records_of(session, order), edi_facts.change(session, number)
    placed = records.placed
    return ChangeAnswer(
        order=order,
        number=f"{placed.external_id}-C{number}"[:30],
        change=change.asked.number,
        po_number=placed.po_number or placed.external_id,
        po_date=placed.placed_at.date(),
        at=at,
        accepted=change.status == "accepted",
        why="" if change.status == "accepted" else change.why,
        currency=placed.currency,
        buyer=_named(buyer(placed), records),
        seller=_seller(records, partner),
        lines=change.asked.lines,
    )


def notice_of_shipment(session: Session, order: str, number: int) -> ShipNotice:
    """A shipment that left, carton by carton (856, DESADV)."""
    records = records_of(session, order)
    shipment = _shipment(records, number)
    row = session.get_one(Shipment, (order, number))
    reference = shipment_reference(order, number)
    notice = ship_notice(
        records.placed, records.view, shipment, _location(session, shipment.location), reference=reference, expected_at=row.expected_at
    )
    names = _buyers(session, order)
    cartons = []
    for carton in notice.cartons:
        lines = tuple(line.model_copy(update={"buyer_item": names.get(line.line, "")}) for line in carton.lines)
        cartons.append(carton.model_copy(update={"lines": lines}))
    return notice.model_copy(update={"cartons": tuple(cartons), "buyer": _named(notice.buyer, records)})


def invoice(session: Session, order: str, number: int, partner: Partner) -> InvoiceDocument:
    """An invoice, or all parts of a collective one (810, INVOIC): the sums are those of the e-invoice of EN 16931, which add up."""
    records = records_of(session, order)
    row = session.get_one(Invoice, (order, number))
    bills = bills_of(records, row)
    found = e_invoice(bills)
    placed = records.placed
    collective = len(bills) > 1 or row.sequence is None
    total = records.money(sum(bill.row.total for bill in bills))
    return InvoiceDocument(
        number=row.document,
        order=row.order,
        po_number="" if collective else _po_number(records),
        po_date=placed.placed_at.date(),
        issued_on=row.issued_at.date(),
        due_on=row.due_at.date(),
        net_days=max((row.due_at - row.issued_at).days, 0),
        currency=records.view.currency,
        buyer=_named(buyer(placed), records),
        seller=_seller(records, partner),
        ship_to=Party(name=placed.ship_to.name, address=placed.ship_to) if placed.ship_to and not collective else Party(),
        seller_tax_id=records.seller.tax_id,
        buyer_tax_id=found.buyer.vat_id,
        shipment="" if collective else shipment_reference(order, row.shipment),
        lines=_invoiced(session, bills, found, collective),
        charges=_charges(found),
        taxes=_taxes(found),
        total=total,
    )


def credit_note(session: Session, order: str, number: int, partner: Partner) -> InvoiceDocument:
    """A credit note (810, INVOIC): the sums are those of its structured form of EN 16931. Raises Refused where they do not add up."""
    records = records_of(session, order)
    row = session.get_one(CreditNote, (order, number))
    invoiced = session.get_one(Invoice, (order, row.invoice))
    found, placed, total = e_credit(records, row), records.placed, records.money(row.total)
    if broken := list(broken_rules(found, total - found.rounded_by, total)):
        raise Refused(f"{row.document} does not add up: {'; '.join(broken)}.")
    rows, names = credit_rows(session, row), _buyers(session, order)
    kept = [Charge(kind=ChargeKind.KEPT, amount=-line.net, words=line.name) for line in found.lines[len(rows) :]]
    return InvoiceDocument(
        number=row.document,
        order=order,
        po_number=_po_number(records),
        po_date=placed.placed_at.date(),
        issued_on=row.at.date(),
        due_on=row.at.date(),
        net_days=0,
        currency=records.view.currency,
        buyer=_named(buyer(placed), records),
        seller=_seller(records, partner),
        ship_to=Party(name=placed.ship_to.name, address=placed.ship_to) if placed.ship_to else Party(),
        seller_tax_id=records.seller.tax_id,
        buyer_tax_id=found.buyer.vat_id,
        corrects=invoiced.document,
        corrected_on=invoiced.issued_at.date(),
        reason=row.reason,
        lines=tuple(
            _line_of(line, credited.line, names.get(credited.line, ""))
            for credited, line in zip(rows, found.lines[: len(rows)], strict=True)
        ),
        charges=(*_charges(found), *kept),
        taxes=_taxes(found),
        total=total,
    )


def _invoiced(session: Session, bills: Sequence[Bill], found: EInvoice, collective: bool) -> tuple[InvoicedLine, ...]:
    """In the order of the e-invoice, whose lines are those of the bills one after the other; numbered as the partner ordered them.

    The lines of a collective invoice are numbered through, and name their order and shipment.
    """
    rows = [(bill, row) for bill in bills for row in bill.rows]
    names = {bill.row.order: _buyers(session, bill.row.order) for bill in bills}
    lines = []
    for (bill, row), line in zip(rows, found.lines, strict=True):
        one = _line_of(line, line.number if collective else row.line, names[bill.row.order].get(row.line, ""))
        about = {"po_number": _po_number(bill.records), "shipment": shipment_reference(bill.row.order, bill.row.shipment)}
        lines.append(one.model_copy(update=about) if collective else one)
    return tuple(lines)


def _line_of(line: ELine, number: int, buyers: str) -> InvoicedLine:
    return InvoicedLine(
        line=number,
        item=line.item,
        buyer_item=buyers,
        description=line.name,
        quantity=line.quantity,
        price=_per_unit(line.price, line.per),
        discount=line.allowance,
        net=line.net,
    )


def _taxes(found: EInvoice) -> tuple[TaxTotal, ...]:
    return tuple(TaxTotal(title=group.category.value, rate=group.rate / 100, base=group.basis, amount=group.tax) for group in found.groups)


def _po_number(records: Records) -> str:
    return records.placed.po_number or records.placed.external_id


def _per_unit(price: Decimal, per: int) -> Decimal:
    """The price of one unit, to ten places: right to the cent for a million units."""
    return price if per == 1 else (price / per).quantize(Decimal("1e-10")).normalize()


def _charges(found: EInvoice) -> tuple[Charge, ...]:
    """Freight, and what rounds the whole to the smallest coin."""
    charges = [Charge(kind=ChargeKind.FREIGHT, amount=charge.amount) for charge in found.charges]
    if found.rounded_by:
        kind = ChargeKind.FEE if found.rounded_by.minor > 0 else ChargeKind.DISCOUNT
        charges.append(Charge(kind=kind, amount=Money(minor=abs(found.rounded_by.minor), currency=found.currency)))
    return tuple(charges)


def order_to_warehouse(session: Session, order: str, number: int, *, cancelled: bool = False) -> WarehouseOrder:
    """What another company's warehouse shall ship for us, or shall not ship after all (940)."""
    records = records_of(session, order)
    shipment = _shipment(records, number)
    descriptions = {line.number: line.description for line in records.view.lines}
    return WarehouseOrder(
        reference=shipment_reference(order, number),
        order=order,
        po_number=records.placed.po_number,
        asked_at=records.placed.placed_at,
        cancelled=cancelled,
        ship_by=shipment.due_at,
        warehouse=_location(session, shipment.location),
        ship_to=Party(name=records.ship_to.name, address=records.ship_to),
        carrier=shipment.carrier,
        service=shipment.service or records.placed.shipping_service,
        lines=tuple(
            AskedLine(line=pick.line, item=pick.item, quantity=pick.quantity, description=descriptions.get(pick.line, ""), lot=pick.lot)
            for pick in shipment.picks
        ),
    )


def our_stock(session: Session, reference: str, at: datetime) -> StockReport:
    """What we have for sale of every item, all locations together (846). Raises Refused where there is no item: the document has lines."""
    available: dict[str, int] = {}
    for row in reading.stock(session, at=at):
        available[row.item] = available.get(row.item, 0) + max(row.available, 0)
    lines = tuple(StockLine(item=item, quantity=units, kind=AVAILABLE, on=at.date()) for item, units in sorted(available.items()))
    if not lines:
        raise Refused("There is nothing to report: no item lies anywhere.")
    return StockReport(reference=reference, at=at, lines=lines)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _shipment(records: Records, number: int) -> ShipmentView:
    return next(shipment for shipment in records.view.shipments if shipment.number == number)


def _buyers(session: Session, order: str) -> dict[int, str]:
    """The partner's own numbers of the items, by line."""
    written = session.scalars(select(EdiOrder.items).where(EdiOrder.order == order)).one_or_none()
    found: dict[str, Any] = json.loads(written or "{}")
    return {int(line): str(item) for line, item in found.items()}


def _named(one: Party, records: Records) -> Party:
    """The buyer as we know them, where their order states no address of theirs."""
    return one if one.name else one.model_copy(update={"name": records.view.customer_name})


def _seller(records: Records, partner: Partner) -> Party:
    return Party(id=partner.ours.id, name=records.seller.name, address=records.seller.address)


def _location(session: Session, location: str) -> Party:
    row = session.get(Location, location)
    return Party(id=location, name=row.name if row is not None and row.name else location)
