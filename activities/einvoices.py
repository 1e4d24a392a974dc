"""E-invoices of EN 16931: the structured form of an invoice or a credit note, with the sums that were booked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.bills import Bill, bills_of, credit_fees, credit_rows, due_parts, invoice_paper, netted_of
from activities.records import Records, records_of
from database.tables import CreditFeeRow, CreditLine, CreditNote, Customer, Invoice, InvoiceLineRow, Item, OrderLine
from domain.einvoicing import EXEMPTIONS, Buyer, ECharge, EInvoice, ELine, TaxCategory, broken_rules, category_of, rate_of
from domain.errors import Refused
from domain.money import Money, exponent, round_half_up
from domain.money_steps import TaxShare
from domain.order import TaxLine
from integrations.documents.language import day
from integrations.documents.models import TaxedAt
from integrations.einvoice import write_cii, write_ubl

SHARES = TypeAdapter(tuple[TaxShare, ...])


def cii(session: Session, order: str, document: str) -> bytes:
    """An invoice or credit note of an order as CII. Raises Refused for another paper, or if its sums break the standard's rules."""
    records = records_of(session, order)
    row = session.scalars(select(Invoice).where(Invoice.order == order, Invoice.document == document).limit(1)).one_or_none()
    credit = session.scalars(select(CreditNote).where(CreditNote.order == order, CreditNote.document == document)).one_or_none()
    if row is not None:
        bills = bills_of(records, row)
        found, total = e_invoice(bills), records.money(sum(bill.row.total for bill in bills))
    elif credit is not None:
        found, total = e_credit(records, credit), records.money(credit.total)
    else:
        raise Refused(f"Order {order} has no invoice or credit note {document!r}: only those have a structured form.")
    broken = list(broken_rules(found, total - found.rounded_by, total - found.prepaid))
    if broken:
        raise Refused(f"{document} cannot be sent as an e-invoice: {'; '.join(broken)}.")
    return write_cii(found)


def ubl(session: Session, order: str, document: str) -> bytes:
    """The same as UBL 2.1. Raises as `cii`."""
    return write_ubl(cii(session, order, document))


def e_invoice(bills: Sequence[Bill]) -> EInvoice:
    """The invoice, or all parts of a collective one."""
    first, paper = bills[0], invoice_paper(bills)
    records, collective = first.records, first.row.sequence is None
    netted = Money.total((part.amount for bill in bills for part in netted_of(bill)), records.view.currency)
    parts = due_parts(bills)
    in_parts = " ".join(f"{part.amount} is due on {day(part.due_at, 'en')}." for part in parts) if len(parts) > 1 else ""
    lines: list[ELine] = []
    for bill in bills:
        about = f"Order {bill.row.order}, shipment {bill.row.shipment}" if collective else ""
        lines += _lines(bill.records, bill.rows, bill.row.taxes_included, about, len(lines))
    return EInvoice(
        number=first.row.document,
        issued_at=first.row.issued_at,
        due_at=parts[0].due_at if len(parts) == 1 else None,
        currency=records.view.currency,
        seller=records.seller,
        buyer=_buyer(records),
        ship_to=None if collective else records.ship_to,
        delivered_at=None if collective else first.shipped_at,
        period=paper.period,
        order="" if collective else first.row.order,
        po_number=paper.po_number,
        terms=" ".join(part for part in (paper.terms, in_parts) if part),
        lines=tuple(lines),
        charges=tuple(
            charge for bill in bills for charge in _freight(bill.records, bill.row.freight, bill.row.freight_tax, bill.row.taxes_included)
        ),
        prepaid=netted + paper.paid,
        rounding=paper.rounding,
    )


def e_credit(records: Records, credit: CreditNote) -> EInvoice:
    """The credit note; its amounts are positive, its type says what they are."""
    session = records.session
    row = session.get_one(Invoice, (credit.order, credit.invoice))
    rows = credit_rows(session, credit)
    lines = _lines(records, rows, row.taxes_included, "", 0, corrects=row.document)
    lines += _kept(records, rows, credit_fees(session, credit), row.taxes_included, len(lines))
    tax = (
        credit.total - credit.rounding - sum(line.net.minor + line.tax.minor for line in lines) - credit.freight
        if not row.taxes_included
        else row.freight_tax
    )
    charges = _freight(records, credit.freight, tax, row.taxes_included)
    return EInvoice(
        type_code=381,
        number=credit.document,
        issued_at=credit.at,
        currency=records.view.currency,
        seller=records.seller,
        buyer=_buyer(records),
        ship_to=records.ship_to,
        order=credit.order,
        po_number=records.view.po_number,
        note=credit.reason,
        lines=tuple(lines),
        charges=tuple(charges),
        prepaid=records.money(0),
        rounding=records.money(credit.rounding),
        preceding=(row.document, row.issued_at),
    )


def taxes_of(invoice: EInvoice) -> tuple[TaxedAt, ...]:
    """The tax of a document by rate, as its paper says it; the same as its e-invoice."""
    reasons = {category: why for category, (_, why) in EXEMPTIONS.items()}
    return tuple(
        TaxedAt(rate=group.rate, basis=group.basis, tax=group.tax, why=reasons.get(group.category, ""))
        for group in invoice.groups
        if group.tax or group.category in reasons
    )


def _lines(
    records: Records,
    rows: Sequence[InvoiceLineRow | CreditLine],
    taxes_included: bool,
    about: str,
    before: int,
    corrects: str = "",
) -> list[ELine]:
    """With prices that contain their taxes, a line's net is its amount less its tax, and its price is that for all of its units."""
    known = records.lines
    items = select(Item.item, Item.unit).where(Item.item.in_({row.item for row in rows}))
    units = {row.item: row.unit for row in records.session.execute(items)}
    found = []
    for number, row in enumerate(rows, before + 1):
        line = known.get(row.line)
        quantity = max(row.quantity, 1)
        net = row.gross - row.discount + row.surcharge - (row.tax if taxes_included else 0)
        price, per, allowance = _price(records, line, row, quantity, net, taxes_included)
        category, rate = _taxed(records, _stated(records, row, line), records.money(row.tax), records.money(net))
        found.append(
            ELine(
                number=number,
                item=row.item,
                name=line.description if line is not None else "",
                quantity=quantity,
                unit=units.get(row.item, "C62"),
                price=price,
                per=per,
                allowance=records.money(allowance),
                net=records.money(net),
                tax=records.money(row.tax),
                category=category,
                rate=rate,
                note=f"Corrects line {row.line} of {corrects}" if corrects else about,
            )
        )
    return found


def _kept(records: Records, rows: Sequence[CreditLine], fees: Sequence[CreditFeeRow], taxes_included: bool, before: int) -> list[ELine]:
    """What stays with us of the credit, as lines of minus one: the standard knows no price below nothing. Taxed as the line is."""
    known, found = records.lines, []
    for number, fee in enumerate(fees, before + 1):
        row = next(each for each in rows if each.line == fee.line)
        net, tax = records.money(fee.net - (fee.tax if taxes_included else 0)), records.money(fee.tax)
        category, rate = _taxed(records, _stated(records, row, known.get(fee.line)), tax, net)
        found.append(
            ELine(
                number=number,
                item=fee.what,
                name=f"less {fee.what} on line {fee.line}",
                quantity=-1,
                unit="C62",
                price=net.major,
                allowance=records.money(0),
                net=-net,
                tax=-tax,
                category=category,
                rate=rate,
            )
        )
    return found


def _price(
    records: Records, line: OrderLine | None, row: InvoiceLineRow | CreditLine, quantity: int, net: int, taxes_included: bool
) -> tuple[Decimal, int, int]:
    """(price, for how many units, allowance in minor units), which come to the net amount to the cent."""
    digits = exponent(records.view.currency)
    unit_price = Decimal(line.unit_price) if line is not None else Decimal(0)
    if (
        not taxes_included
        and not row.surcharge
        and row.discount >= 0
        and round_half_up((quantity * unit_price).scaleb(digits)) == row.gross
    ):
        return unit_price, 1, row.discount
    return Decimal(net).scaleb(-digits), quantity, 0


def _freight(records: Records, freight: int, tax: int, taxes_included: bool) -> list[ECharge]:
    if not freight:
        return []
    amount = records.money(freight - (tax if taxes_included else 0))
    category, rate = _taxed(records, records.placed.freight_taxes, records.money(tax), amount)
    return [ECharge(reason="Freight", amount=amount, tax=records.money(tax), category=category, rate=rate)]


def _stated(records: Records, row: InvoiceLineRow | CreditLine, line: OrderLine | None) -> Sequence[TaxShare | TaxLine]:
    """The taxes of a line as they were booked with it, else as the channel stated them."""
    written = getattr(row, "taxes", ())
    booked: Sequence[TaxShare] = SHARES.validate_json(written) if isinstance(written, str) and written else written or ()
    placed = records.placed.numbered().get(line.bills_to) if line is not None else None
    return booked or (placed.taxes if placed is not None else ())


def _taxed(records: Records, stated: Iterable[TaxShare | TaxLine], tax: Money, basis: Money) -> tuple[TaxCategory, Decimal]:
    taxes = list(stated)
    known = sum((share.rate * 100 for share in taxes), Decimal(0)).normalize()
    rate = rate_of(tax, basis, [known] if known else [])
    title = " ".join(share.title for share in taxes)
    buyer = _buyer(records)
    return category_of(rate, title, records.seller.address.country, records.ship_to.country, buyer.vat_id), rate


def _buyer(records: Records) -> Buyer:
    customer = records.session.get(Customer, records.view.customer)
    about = ("vat_id", "endpoint", "endpoint_scheme")
    known = {name: getattr(customer, name) for name in about} if customer is not None else {}
    name = customer.name if customer is not None and customer.name else records.bill_to.name
    return Buyer(name=name, address=records.bill_to, customer=records.view.customer, **known)
