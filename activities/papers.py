"""The papers of an order, as PDF: packing slips, invoices, reminders, credit notes and return forms, drawn from what the database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import intake, reading
from database.tables import CreditFeeRow, CreditLine, CreditNote, Invoice, InvoiceLineRow, Location, OrderLine, Reminder, Return
from domain.errors import Refused
from domain.messages import ReturnKind
from domain.money import Money
from domain.order import Address, PlaceOrder
from domain.views import OrderView, ShipmentView
from integrations import documents
from integrations.documents.models import BilledLine, PackedLine, ReturnedLine, Seller

SELLER = Seller(
    name="Holdfast Trading GmbH",
    address=Address(name="Holdfast Trading GmbH", street="Am Güterbahnhof 1", city="Grossbeeren", postcode="14979", country="DE"),
    tax_id="DE000000000",
    email="accounts@holdfast.example",
    bank=("IBAN DE00 0000 0000 0000 0000 00",),
)
"""Who stands on the papers: the made-up company of the samples."""


@dataclass(frozen=True)
class Records:
    """What every paper of an order needs."""

    session: Session
    view: OrderView
    placed: PlaceOrder

    @property
    def lines(self) -> dict[int, OrderLine]:
        rows = self.session.scalars(select(OrderLine).where(OrderLine.order == self.view.order))
        return {row.line: row for row in rows}

    @property
    def ship_to(self) -> Address:
        return self._address(self.placed.ship_to, self.placed.bill_to)

    @property
    def bill_to(self) -> Address:
        return self._address(self.placed.bill_to, self.placed.ship_to)

    def money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.view.currency)

    def _address(self, *wanted: Address | None) -> Address:
        found = next((address for address in wanted if address is not None), None)
        if found is None:
            raise Refused(f"Order {self.view.order} has no address, and its papers need one.")
        return found


Paper = Callable[[], bytes]


def papers(session: Session, order: str) -> list[str]:
    """The names of all papers that an order has. Raises NotFound for an unknown order."""
    return [name for name, _ in _papers(_records(session, order))]


def paper(session: Session, order: str, name: str) -> bytes:
    """The PDF of one paper. Raises Refused with the names that there are."""
    found = dict(_papers(_records(session, order)))
    if name not in found:
        raise Refused(f"Order {order} has no paper {name!r}; it has {', '.join(found) or 'none yet'}.")
    return found[name]()


def _records(session: Session, order: str) -> Records:
    return Records(session, reading.order_view(session, order), intake.document(session, order))


def _papers(records: Records) -> Iterator[tuple[str, Paper]]:
    """Every paper by its name, in the order of an order's life; none is drawn before it is asked for."""
    session, order = records.session, records.view.order
    for shipment in records.view.shipments:
        if shipment.parcels and shipment.status != "cancelled":
            yield f"packing-slip-{shipment.number}", partial(_packing_slip, records, shipment)
    for bill in session.scalars(select(Invoice).where(Invoice.order == order).order_by(Invoice.invoice)):
        yield bill.document, partial(_invoice, records, bill)
        reminders = select(Reminder).where(Reminder.order == order, Reminder.invoice == bill.invoice).order_by(Reminder.level)
        for reminder in session.scalars(reminders):
            name = f"{bill.document}-reminder-{reminder.level}"
            yield name, partial(_reminder, records, bill, reminder)
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
            seller=SELLER,
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
    rows = records.session.scalars(
        select(InvoiceLineRow)
        .where(InvoiceLineRow.order == bill.order, InvoiceLineRow.invoice == bill.invoice)
        .order_by(InvoiceLineRow.line)
    )
    return documents.invoice(
        documents.Invoice(
            seller=SELLER,
            number=bill.document,
            order=bill.order,
            po_number=records.view.po_number,
            customer=records.view.customer,
            bill_to=records.bill_to,
            ship_to=records.ship_to,
            shipment=bill.shipment,
            issued_at=bill.issued_at,
            due_at=bill.due_at,
            lines=tuple(_billed(records, list(rows))),
            freight=records.money(bill.freight),
            freight_tax=records.money(bill.freight_tax),
            taxes_included=bill.taxes_included,
            total=records.money(bill.total),
            terms="Paid in advance." if bill.terms == "prepaid" else f"Payable until {bill.due_at:%d %B %Y} without deduction.",
            paid=records.money(bill.total if bill.terms == "prepaid" else 0),
        )
    )


def _reminder(records: Records, bill: Invoice, reminder: Reminder) -> bytes:
    return documents.reminder_letter(
        documents.ReminderLetter(
            seller=SELLER,
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


def _credit_note(records: Records, credit: CreditNote) -> bytes:
    session = records.session
    bill = session.get_one(Invoice, (credit.order, credit.invoice))
    rows = list(session.scalars(select(CreditLine).where(CreditLine.order == credit.order, CreditLine.credit == credit.credit)))
    fees = session.scalars(select(CreditFeeRow).where(CreditFeeRow.order == credit.order, CreditFeeRow.credit == credit.credit))
    lines = (*_billed(records, rows), *_kept(records, fees))
    net = sum(line.net.minor + (0 if bill.taxes_included else line.tax.minor) for line in lines)
    return documents.credit_note(
        documents.CreditNote(
            seller=SELLER,
            number=credit.document,
            order=credit.order,
            po_number=records.view.po_number,
            customer=records.view.customer,
            bill_to=records.bill_to,
            issued_at=credit.at,
            invoice=bill.document,
            reason=credit.reason,
            lines=lines,
            freight=records.money(credit.freight),
            freight_tax=records.money(credit.total - credit.freight - net),  # what the rest of the note leaves of its total
            taxes_included=bill.taxes_included,
            total=records.money(credit.total),
            applied=records.money(credit.applied),
        )
    )


def _return_form(records: Records, rma: Return) -> bytes:
    lines, view = records.lines, next(each for each in records.view.returns if each.rma == rma.rma)
    location = records.session.get_one(Location, rma.location)
    return documents.return_form(
        documents.ReturnForm(
            seller=SELLER,
            number=rma.document,
            order=rma.order,
            kind=ReturnKind(rma.kind),
            reason=rma.reason,
            authorized_at=rma.authorized_at,
            expires_at=rma.due_at or rma.settled_at or rma.authorized_at,
            sender=records.ship_to,
            to=SELLER.address.model_copy(update={"name": f"{SELLER.name}, {location.name or location.location}"}),
            lines=tuple(
                ReturnedLine(line=line, item=lines[line].item, description=lines[line].description, quantity=units)
                for line, units in view.lines.items()
            ),
            carrier="",
            service="",
            tracking=rma.tracking,
        )
    )


def _billed(records: Records, rows: list[InvoiceLineRow] | list[CreditLine]) -> Iterator[BilledLine]:
    lines = records.lines
    for row in rows:
        yield BilledLine(
            line=row.line,
            item=row.item,
            quantity=row.quantity,
            gross=records.money(row.gross),
            discount=records.money(row.discount),
            tax=records.money(row.tax),
            description=lines[row.line].description if row.line in lines else "",
            unit_price=Decimal(lines[row.line].unit_price) if row.line in lines else Decimal(0),
        )


def _kept(records: Records, fees: Iterable[CreditFeeRow]) -> Iterator[BilledLine]:
    """What stays with us of a credit: lines of their own, below nothing."""
    for fee in fees:
        net = records.money(-fee.net)
        yield BilledLine(
            line=fee.line,
            item="",
            quantity=1,
            gross=net,
            discount=records.money(0),
            tax=records.money(-fee.tax),
            description=f"less {fee.what} on line {fee.line}",
            unit_price=net.major,
        )
