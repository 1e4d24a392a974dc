"""Invoices by period: shipments wait for the one invoice of their customer, and are put on it together, under one number."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import outbox
from database.locks import next_number, order_of
from database.tables import CollectibleRow, CollectiveInvoice, Customer
from domain.collecting import Collected, CollectedInvoice, InvoicePeriod, WaitingCustomers
from domain.errors import NotFound
from domain.messages import InvoiceCollected
from domain.money import Money
from domain.money_steps import CollectShipment
from domain.steps import Recorded
from domain.terms import Invoicing, period_begin


def collect_shipment(session: Session, request: CollectShipment) -> Recorded:
    """Write down that a shipment waits for its customer's invoice."""
    order_of(session, request.order)
    session.add(
        CollectibleRow(
            order=request.order,
            shipment=request.shipment,
            customer=request.customer,
            currency=request.total.currency,
            terms=str(request.terms),
            invoicing=request.invoicing.value,
            taxes_included=request.taxes_included,
            total=request.total.minor,
            shipped_at=request.shipped_at,
            due_at=request.due_at,
            apart=False,
        )
    )
    return Recorded()


def waiting_customers(session: Session, request: InvoicePeriod) -> WaitingCustomers:
    """Customers with a shipment whose period is over, in their order. Raises NotFound for one that nobody knows."""
    if request.customer:
        if session.get(Customer, request.customer) is None:
            raise NotFound("customer", request.customer)
        return WaitingCustomers(customers=(request.customer,))
    found = {row.customer for row in _waiting(session, "") if row.shipped_at < _end(row, request)}
    return WaitingCustomers(customers=tuple(sorted(found)))


def issue_collective(session: Session, request: InvoicePeriod) -> Collected:
    """Put what a customer's period brought on one invoice for each currency and kind of terms, and leave each order the news of it.

    The orders book their own parts when they hear it: an order's rows are written by its own workflow alone. A period has one invoice: what
    is reported late, after it was issued, is on the next one, and asking again issues nothing.
    """
    if session.get(Customer, request.customer, with_for_update=True) is None:
        raise NotFound("customer", request.customer)
    waiting = sorted(
        (row for row in _waiting(session, request.customer) if row.shipped_at < _end(row, request)),
        key=lambda row: (*_document_of(row, request), row.shipped_at, row.order, row.shipment),
    )
    for (currency, terms, included, end), rows in groupby(waiting, key=lambda row: _document_of(row, request)):
        known = (CollectiveInvoice.customer == request.customer, CollectiveInvoice.currency == currency, CollectiveInvoice.terms == terms)
        same = (CollectiveInvoice.taxes_included == included, CollectiveInvoice.period_end == end)
        if session.scalar(select(CollectiveInvoice.document).where(*known, *same)) is None:
            _issue(session, request, list(rows), end)
    return issued_for(session, request)


def issued_for(session: Session, request: InvoicePeriod) -> Collected:
    """The invoices of the period that was asked for, whenever they were issued."""
    ends = [_period_end(invoicing, request) for invoicing in (Invoicing.WEEKLY, Invoicing.MONTHLY)]
    chosen = select(CollectiveInvoice).where(CollectiveInvoice.period_end.in_(ends))
    if request.customer:
        chosen = chosen.where(CollectiveInvoice.customer == request.customer)
    found = []
    for row in session.scalars(chosen.order_by(CollectiveInvoice.sequence)):
        parts = list(session.scalars(select(CollectibleRow).where(CollectibleRow.document == row.document)))
        found.append(
            CollectedInvoice(
                document=row.document,
                customer=row.customer,
                terms=row.terms,
                period_end=row.period_end,
                issued_at=row.issued_at,
                orders=len({part.order for part in parts}),
                shipments=len(parts),
                total=Money(minor=row.total, currency=row.currency),
            )
        )
    return Collected(invoices=tuple(found))


def _issue(session: Session, request: InvoicePeriod, rows: list[CollectibleRow], end: datetime) -> None:
    sequence = next_number(session, "INV")
    first, document = rows[0], f"INV-{sequence:06d}"
    session.add(
        CollectiveInvoice(
            document=document,
            sequence=sequence,
            customer=request.customer,
            currency=first.currency,
            terms=first.terms,
            taxes_included=first.taxes_included,
            period_end=end,
            total=sum(row.total for row in rows),
            issued_at=request.at,
        )
    )
    session.flush()
    for row in rows:
        row.document = document
        fact = InvoiceCollected(
            message_id=f"{document}/{row.order}/{row.shipment}",
            occurred_at=request.at,
            actor=request.actor,
            shipment=row.shipment,
            document=document,
            issued_at=request.at,
        )
        outbox.put(session, row.order, fact, request.at)


def _waiting(session: Session, customer: str) -> list[CollectibleRow]:
    chosen = select(CollectibleRow).where(CollectibleRow.document.is_(None), ~CollectibleRow.apart)
    if customer:
        chosen = chosen.where(CollectibleRow.customer == customer).with_for_update()
    return list(session.scalars(chosen.order_by(CollectibleRow.order, CollectibleRow.shipment)))


def _document_of(row: CollectibleRow, request: InvoicePeriod) -> tuple[str, str, bool, datetime]:
    return row.currency, row.terms, row.taxes_included, _end(row, request)


def _end(row: CollectibleRow, request: InvoicePeriod) -> datetime:
    return _period_end(Invoicing(row.invoicing), request)


def _period_end(invoicing: Invoicing, request: InvoicePeriod) -> datetime:
    return request.until or datetime.combine(period_begin(invoicing, request.at.date()), time(), UTC)
