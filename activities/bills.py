"""Invoices, credit notes, deposit requests and pro-formas, from what the database holds: what stands on the paper, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.records import Records, records_of
from database.pricing import credit_taxes, invoice_taxes
from database.tables import (
    CollectibleRow,
    CreditFeeRow,
    CreditLine,
    CreditNote,
    DepositRow,
    InstalmentRow,
    Invoice,
    InvoiceLineRow,
    OrderLine,
    Payment,
    PrepaymentRow,
    Shipment,
)
from database.terms import customer_and_terms
from domain.errors import Refused
from domain.invoicing import line_shares, with_more
from domain.money import Money
from domain.money_steps import InvoiceLine, TaxShare
from domain.order import Charge, PlaceOrder
from domain.terms import BUILT_IN, Terms
from integrations import documents
from integrations.documents.models import BilledLine, DuePart, Netted
from integrations.documents.terms import agreed_terms, discounts


@dataclass(frozen=True)
class Bill:
    """One order's invoice: all of a document, or its part of a collective one."""

    records: Records
    row: Invoice
    rows: tuple[InvoiceLineRow, ...]
    shipped_at: datetime


def bills_of(records: Records, row: Invoice) -> list[Bill]:
    """The parts of the document that this invoice is on, the asked-for order's among them.

    Raises Refused while an order of a collective invoice has not booked its part: the document would not show its total.
    """
    session = records.session
    if row.sequence is not None:
        return [_bill(records, row)]
    parts = list(
        session.scalars(select(Invoice).where(Invoice.document == row.document).order_by(Invoice.order, Invoice.shipment, Invoice.invoice))
    )
    awaited = list(session.scalars(select(CollectibleRow).where(CollectibleRow.document == row.document)))
    if len(awaited) != len(parts):
        raise Refused(f"{len(awaited) - len(parts)} orders have not booked their part of {row.document} yet; ask again in a moment.")
    others = {part.order for part in parts} - {records.view.order}
    known = {records.view.order: records} | {order: records_of(session, order) for order in sorted(others)}
    return [_bill(known[part.order], part) for part in parts]


def invoice_paper(bills: Sequence[Bill]) -> documents.Invoice:
    first = bills[0]
    records, row = first.records, first.row
    collective = row.sequence is None
    total = records.money(sum(bill.row.total for bill in bills))
    netted = tuple(part for bill in bills for part in netted_of(bill))
    paid = total - Money.total((part.amount for part in netted), total.currency) if row.terms == "prepaid" else records.money(0)
    due = due_parts(bills)
    terms = terms_of(row)
    open_now = total - paid - Money.total((part.amount for part in netted), total.currency)
    voice = records.voice
    sentences = discounts(terms, open_now, row.issued_at, voice)
    closing = "" if paid or len(due) > 1 or not open_now else voice.said("without_deduction", date=voice.day(due[0].due_at))
    return documents.Invoice(
        seller=records.seller,
        number=row.document,
        order="" if collective else row.order,
        po_number="" if collective else records.view.po_number,
        customer=records.view.customer,
        bill_to=records.bill_to,
        ship_to=None if collective else records.ship_to,
        shipment=0 if collective else row.shipment,
        period=(min(bill.shipped_at for bill in bills), max(bill.shipped_at for bill in bills)) if collective else None,
        issued_at=row.issued_at,
        due_at=due[0].due_at,
        lines=tuple(
            line for bill in bills for line in billed(bill.records, bill.rows, booked_taxes(bill), _section(bill) if collective else "")
        ),
        freight=records.money(sum(bill.row.freight for bill in bills)),
        freight_tax=records.money(sum(bill.row.freight_tax for bill in bills)),
        freight_taxes=tuple(tax for bill in bills for tax in booked_taxes(bill).get(0, ())),
        rounding=records.money(sum(bill.row.rounding for bill in bills)),
        taxes_included=row.taxes_included,
        total=total,
        terms=" ".join((voice.said("paid_in_advance") if paid else "", *sentences, closing)).strip(),
        netted=netted,
        instalments=due if len(due) > 1 else (),
        paid=paid,
        language=voice.language,
    )


def credit_paper(records: Records, credit: CreditNote) -> documents.CreditNote:
    session = records.session
    bill = session.get_one(Invoice, (credit.order, credit.invoice))
    rows = credit_rows(session, credit)
    fees = credit_fees(session, credit)
    kept = sum(fee.net + (0 if bill.taxes_included else fee.tax) for fee in fees)
    net = sum(row.gross - row.discount + row.surcharge + (0 if bill.taxes_included else row.tax) for row in rows) + credit.rounding - kept
    taxes = credit_taxes(session, credit.order, credit.credit, records.view.currency)
    return documents.CreditNote(
        seller=records.seller,
        number=credit.document,
        order=credit.order,
        po_number=records.view.po_number,
        customer=records.view.customer,
        bill_to=records.bill_to,
        issued_at=credit.at,
        invoice=bill.document,
        invoiced_at=bill.issued_at,
        reason=credit.reason,
        lines=(*billed(records, rows, taxes, corrects=bill.document), *(_kept(records, fee) for fee in fees)),
        freight=records.money(credit.freight),
        freight_tax=records.money(0 if bill.taxes_included else credit.total - credit.freight - net),  # what the rest leaves of the total
        freight_taxes=taxes.get(0, ()),
        rounding=records.money(credit.rounding),
        taxes_included=bill.taxes_included,
        total=records.money(credit.total),
        applied=records.money(credit.applied),
        language=records.voice.language,
    )


def deposit_paper(records: Records, deposit: DepositRow) -> documents.DepositRequest:
    terms = _agreed(records)
    return documents.DepositRequest(
        seller=records.seller,
        number=deposit.document,
        order=deposit.order,
        po_number=records.view.po_number,
        customer=records.view.customer,
        bill_to=records.bill_to,
        issued_at=deposit.at,
        due_at=deposit.due_at,
        order_total=records.view.total,
        amount=records.money(deposit.amount),
        before_supply=deposit.before_supply,
        terms=agreed_terms(terms, records.voice),
        language=records.voice.language,
    )


def proforma_paper(records: Records, at: datetime) -> documents.ProForma:
    """What the order comes to as it stands. Raises Refused when everything has shipped: then there are invoices."""
    lines = records.lines
    open_units = sum(line.ordered - line.cancelled - line.shipped for line in lines.values())
    if not open_units:
        raise Refused(f"Everything of order {records.view.order} has shipped or is cancelled: it has invoices, and needs no pro-forma.")
    placed = _as_it_stands(records.placed, list(lines.values()))
    shares = line_shares(placed)
    found = []
    for line in sorted(lines.values(), key=lambda row: row.line):
        units = line.ordered - line.cancelled
        share = shares.get(line.bills_to)
        if share is None or units <= 0:
            continue
        taken = share.take(line.line, line.item, min(units, share.quantity), placed.currency)
        shares[line.bills_to] = share.less(taken)
        found.append(billed_line(records, taken, lines))
    freight_tax = Money(minor=placed.freight_tax, currency=placed.currency)
    taxes = 0 if placed.taxes_included else sum(line.tax.minor for line in found) + freight_tax.minor
    total = sum(line.net.minor for line in found) + placed.freight.minor + taxes
    terms = _agreed(records)
    return documents.ProForma(
        seller=records.seller,
        number=f"PRO FORMA {records.view.order}",
        order=records.view.order,
        po_number=records.view.po_number,
        customer=records.view.customer,
        bill_to=records.bill_to,
        ship_to=records.ship_to,
        issued_at=at,
        lines=tuple(found),
        freight=placed.freight,
        freight_tax=freight_tax,
        taxes_included=placed.taxes_included,
        total=records.money(total),
        terms=agreed_terms(terms, records.voice),
        language=records.voice.language,
    )


# --- parts -----------------------------------------------------------------------------------------------------------------------------


def terms_of(row: Invoice) -> Terms:
    """The terms that an invoice was issued with."""
    return Terms.model_validate_json(row.agreed) if row.agreed else BUILT_IN.get(row.terms, BUILT_IN["net30"])


def netted_of(bill: Bill) -> list[Netted]:
    """What had come before the invoice, as it was netted when it was issued."""
    session, row = bill.records.session, bill.row
    chosen = (
        select(PrepaymentRow, Payment)
        .join(Payment, (Payment.order == PrepaymentRow.order) & (Payment.payment == PrepaymentRow.payment))
        .where(PrepaymentRow.order == row.order, PrepaymentRow.invoice == row.invoice)
        .order_by(Payment.at, Payment.payment)
    )
    deposit = session.get(DepositRow, row.order)
    voice = bill.records.voice
    name = voice.said("deposit_netted", document=deposit.document) if deposit is not None else voice.said("prepayment")
    return [Netted(name=name, received_at=payment.at, amount=bill.records.money(part.amount)) for part, payment in session.execute(chosen)]


def due_parts(bills: Sequence[Bill]) -> tuple[DuePart, ...]:
    """When what is due, over all parts of the document; of an invoice that is due as a whole the one date."""
    amounts: dict[int, DuePart] = {}
    for bill in bills:
        chosen = select(InstalmentRow).where(InstalmentRow.order == bill.row.order, InstalmentRow.invoice == bill.row.invoice)
        for part in bill.records.session.scalars(chosen.order_by(InstalmentRow.number)):
            before = amounts.get(part.number)
            amount = bill.records.money(part.amount + (before.amount.minor if before else 0))
            amounts[part.number] = DuePart(due_at=part.due_at, amount=amount)
    row = bills[0].row
    whole = DuePart(due_at=row.due_at, amount=bills[0].records.money(sum(bill.row.total for bill in bills)))
    return tuple(amounts[number] for number in sorted(amounts)) or (whole,)


def credit_rows(session: Session, credit: CreditNote) -> list[CreditLine]:
    chosen = select(CreditLine).where(CreditLine.order == credit.order, CreditLine.credit == credit.credit)
    return list(session.scalars(chosen.order_by(CreditLine.line)))


def credit_fees(session: Session, credit: CreditNote) -> list[CreditFeeRow]:
    chosen = select(CreditFeeRow).where(CreditFeeRow.order == credit.order, CreditFeeRow.credit == credit.credit)
    return list(session.scalars(chosen.order_by(CreditFeeRow.line, CreditFeeRow.what)))


def booked_taxes(bill: Bill) -> dict[int, tuple[TaxShare, ...]]:
    """What the tax of each line was booked as; line 0 is the freight."""
    return invoice_taxes(bill.records.session, bill.row.order, bill.row.invoice, bill.records.view.currency)


def billed(
    records: Records,
    rows: Sequence[InvoiceLineRow | CreditLine],
    taxes: Mapping[int, tuple[TaxShare, ...]],
    section: str = "",
    corrects: str = "",
) -> list[BilledLine]:
    lines, found = records.lines, []
    for row in rows:
        line = InvoiceLine(
            line=row.line,
            item=row.item,
            quantity=row.quantity,
            gross=records.money(row.gross),
            discount=records.money(row.discount),
            tax=records.money(row.tax),
            taxes=taxes.get(row.line, ()),
            surcharges=(Charge(title=row.surcharged_for[:100], amount=records.money(row.surcharge)),) if row.surcharge else (),
        )
        found.append(
            billed_line(
                records, line, lines, section, records.voice.said("line_of", invoice=corrects, line=str(row.line)) if corrects else ""
            )
        )
    return found


def billed_line(records: Records, line: InvoiceLine, lines: dict[int, OrderLine], section: str = "", corrects: str = "") -> BilledLine:
    row = lines.get(line.line)
    return BilledLine(
        line=line.line,
        item=line.item,
        quantity=line.quantity,
        gross=line.gross,
        discount=line.discount,
        tax=line.tax,
        taxes=line.taxes,
        surcharges=line.surcharges,
        description=row.description if row is not None else "",
        unit_price=Decimal(row.unit_price) if row is not None else Decimal(0),
        section=section,
        corrects=corrects,
    )


def _kept(records: Records, fee: CreditFeeRow) -> BilledLine:
    """What stays with us of a credit: a line of its own, below nothing."""
    net = records.money(-fee.net)
    return BilledLine(
        line=fee.line,
        item="",
        quantity=1,
        gross=net,
        discount=records.money(0),
        tax=records.money(-fee.tax),
        description=records.voice.said(f"less_{fee.what.replace(' ', '_')}", line=str(fee.line)),
        unit_price=net.major,
    )


def _bill(records: Records, row: Invoice) -> Bill:
    session = records.session
    chosen = select(InvoiceLineRow).where(InvoiceLineRow.order == row.order, InvoiceLineRow.invoice == row.invoice)
    shipment = session.get(Shipment, (row.order, row.shipment))
    shipped_at = shipment.shipped_at if shipment is not None else None
    return Bill(records, row, tuple(session.scalars(chosen.order_by(InvoiceLineRow.line))), shipped_at or row.issued_at)


def _section(bill: Bill) -> str:
    voice, po_number = bill.records.voice, bill.records.view.po_number
    whose = voice.said("section_reference", number=po_number) if po_number else ""
    return voice.said("section", order=bill.row.order, shipment=str(bill.row.shipment), date=voice.day(bill.shipped_at)) + whose


def _agreed(records: Records) -> Terms | None:
    """The order's terms as they are granted now: before its first invoice nothing else is written down."""
    return customer_and_terms(records.session, records.view.customer, records.placed.terms)[1]


def _as_it_stands(placed: PlaceOrder, lines: list[OrderLine]) -> PlaceOrder:
    """The placed order with the units that amendments added."""
    wanted: dict[int, int] = {}
    for line in lines:
        wanted[line.bills_to] = wanted.get(line.bills_to, 0) + line.ordered - line.cancelled
    for number, ordered in placed.numbered().items():
        more = wanted.get(number, 0) - ordered.quantity
        placed = with_more(placed, number, more) if more > 0 else placed
    return placed
