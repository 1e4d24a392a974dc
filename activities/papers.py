"""The papers of an order, as PDF: packing slips, invoices, reminders, credit notes and return forms, drawn from what the database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities import bills, einvoices
from activities.records import Records, records_of
from database.tables import CreditNote, DepositRow, Invoice, Location, Reminder, Return
from domain.errors import Refused
from domain.messages import ReturnKind
from domain.order import Address
from domain.views import ShipmentView
from integrations import documents
from integrations.documents.models import PackedLine, ReturnedLine

Paper = Callable[[], bytes]


def papers(session: Session, order: str) -> list[str]:
    """The names of all papers that an order has. Raises NotFound for an unknown order."""
    return [name for name, _ in _papers(records_of(session, order))]


def paper(session: Session, order: str, name: str) -> bytes:
    """The PDF of one paper. Raises Refused with the names that there are."""
    found = dict(_papers(records_of(session, order)))
    if name not in found:
        raise Refused(f"Order {order} has no paper {name!r}; it has {', '.join(found) or 'none yet'}.")
    return found[name]()


def _papers(records: Records) -> Iterator[tuple[str, Paper]]:
    """Every paper by its name, in the order of an order's life; none is drawn before it is asked for."""
    session, order = records.session, records.view.order
    for shipment in records.view.shipments:
        if shipment.parcels and shipment.status != "cancelled":
            yield f"packing-slip-{shipment.number}", partial(_packing_slip, records, shipment)
    if records.view.accepted and any(line.open or line.allocated or line.picked or line.packed for line in records.view.lines):
        yield "proforma", lambda: documents.proforma(bills.proforma_paper(records, datetime.now(UTC)))
    deposit = session.get(DepositRow, order)
    if deposit is not None:
        yield deposit.document, lambda: documents.deposit_request(bills.deposit_paper(records, deposit))
    for bill in session.scalars(select(Invoice).where(Invoice.order == order).order_by(Invoice.invoice)):
        yield bill.document, partial(_invoice, records, bill)
        reminders = select(Reminder).where(Reminder.order == order, Reminder.invoice == bill.invoice).order_by(Reminder.number)
        for reminder in session.scalars(reminders):
            if reminder.document:
                yield f"{reminder.document}-{bill.document}", partial(_joint_reminder, records, reminder)
            else:
                yield f"{bill.document}-reminder-{reminder.number}", partial(_reminder, records, bill, reminder)
    for credit in session.scalars(select(CreditNote).where(CreditNote.order == order).order_by(CreditNote.credit)):
        yield credit.document, partial(_credit_note, records, credit)
    for rma in session.scalars(select(Return).where(Return.order == order).order_by(Return.rma)):
        yield rma.document, partial(_return_form, records, rma)


def _packing_slip(records: Records, shipment: ShipmentView) -> bytes:
    packed: dict[int, int] = {}
    for parcel in shipment.parcels:
        for content in parcel.contents:
            packed[content.line] = packed.get(content.line, 0) + content.quantity
    lines = records.lines
    return documents.packing_slip(
        documents.PackingSlip(
            seller=records.seller,
            order=records.view.order,
            po_number=records.view.po_number,
            shipment=shipment.number,
            location=shipment.location,
            packed_at=shipment.shipped_at or records.view.placed_at,
            ship_to=records.ship_to,
            lines=tuple(
                PackedLine(line=line, item=lines[line].item, description=lines[line].description, ordered=lines[line].ordered, packed=units)
                for line, units in packed.items()
            ),
            parcels=shipment.parcels,
            carrier=shipment.carrier,
            service=shipment.service,
            tracking=shipment.tracking,
        )
    )


def _invoice(records: Records, bill: Invoice) -> bytes:
    parts = bills.bills_of(records, bill)
    return documents.invoice(bills.invoice_paper(parts).model_copy(update={"taxes": einvoices.taxes_of(einvoices.e_invoice(parts))}))


def _credit_note(records: Records, credit: CreditNote) -> bytes:
    taxes = einvoices.taxes_of(einvoices.e_credit(records, credit))
    return documents.credit_note(bills.credit_paper(records, credit).model_copy(update={"taxes": taxes}))


def _reminder(records: Records, bill: Invoice, reminder: Reminder) -> bytes:
    return documents.reminder_letter(
        documents.ReminderLetter(
            seller=records.seller,
            invoice=bill.document,
            order=bill.order,
            po_number=records.view.po_number,
            customer=records.view.customer,
            bill_to=records.bill_to,
            level=reminder.level,
            text=reminder.text,
            issued_at=reminder.at,
            invoiced_at=bill.issued_at,
            was_due_at=bill.due_at,
            invoice_total=records.money(bill.total),
            open_before=records.money(reminder.balance - reminder.fee),
            fee=records.money(reminder.fee),
            balance=records.money(reminder.balance),
            due_at=reminder.due_at,
            holds_customer=reminder.holds_customer,
        )
    )


def _joint_reminder(records: Records, reminder: Reminder) -> bytes:
    from activities.reminder_letters import reminder_paper  # it needs the invoices' papers in its turn

    return reminder_paper(records.session, reminder.document)


def postal_address(session: Session, order: str) -> Address:
    """Where the papers about money of an order go."""
    return records_of(session, order).bill_to


def _return_form(records: Records, rma: Return) -> bytes:
    lines, view = records.lines, next(each for each in records.view.returns if each.rma == rma.rma)
    location = records.session.get_one(Location, rma.location)
    return documents.return_form(
        documents.ReturnForm(
            seller=records.seller,
            number=rma.document,
            order=rma.order,
            kind=ReturnKind(rma.kind),
            reason=rma.reason,
            authorized_at=rma.authorized_at,
            expires_at=rma.due_at or rma.settled_at or rma.authorized_at,
            sender=records.ship_to,
            to=records.seller.address.model_copy(update={"name": f"{records.seller.name}, {location.name or location.location}"}),
            lines=tuple(
                ReturnedLine(line=line, item=lines[line].item, description=lines[line].description, quantity=units)
                for line, units in view.lines.items()
            ),
            carrier="",
            service="",
            tracking=rma.tracking,
        )
    )
