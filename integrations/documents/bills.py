"""Papers about money: the invoice, the credit note and the reminder."""

from __future__ import annotations

from decimal import Decimal

from reportlab.platypus import Flowable, KeepTogether

from domain.creditor_reference import printed
from domain.money import Money, exponent
from integrations.documents.layout import addressed, amount, boxed, date, gap, listing, sheet, sums, text
from integrations.documents.models import Bill, CreditNote, Invoice, ReminderLetter


def draw_invoice(document: Invoice) -> bytes:
    facts = [
        ("Invoice", document.number),
        ("Invoice date", date(document.issued_at)),
        ("Due date", date(document.due_at)),
        ("Customer", document.customer),
        ("Order", f"{document.order}, shipment {document.shipment}"),
        ("Your reference", document.po_number),
        ("Payment reference", printed(document.number)),
    ]
    addresses = [("Bill to", document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append(("Shipped to", document.ship_to))
    open_now = document.total - document.paid
    rows, final = _sums(document)
    if document.paid:
        rows += [("Paid", amount(-document.paid)), (f"Amount due ({document.total.currency})", amount(open_now))]
        final = len(rows) - 1
    closing = (
        f"Please pay {open_now} by {date(document.due_at)} and state {document.number}."
        if open_now.minor > 0
        else "This invoice is paid. Nothing is due."
    )
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(9),
        _lines(document),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), text(closing, bold=True), text(document.terms, quiet=True, size=8.5)]),
    ]
    return sheet("Invoice", document.number, document.seller, story)


def draw_credit_note(document: CreditNote) -> bytes:
    facts = [
        ("Credit note", document.number),
        ("Date", date(document.issued_at)),
        ("On invoice", document.invoice),
        ("Customer", document.customer),
        ("Order", document.order),
        ("Your reference", document.po_number),
        ("Reason", document.reason),
    ]
    rows, final = _sums(document, "Total credit")
    rest = document.total - document.applied
    if document.applied:
        rows += [(f"Set off against {document.invoice}", amount(-document.applied)), ("In your favour", amount(rest))]
    closing = (
        f"{rest} is in your favour: it is paid out the way you paid, or kept on your account."
        if rest.minor > 0
        else f"This credit lowers what you owe on {document.invoice}."
    )
    story: list[Flowable] = [
        addressed([("Credit to", document.bill_to)], facts),
        gap(9),
        _lines(document),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), text(closing, bold=True)]),
    ]
    return sheet("Credit note", document.number, document.seller, story)


def draw_reminder_letter(letter: ReminderLetter) -> bytes:
    facts = [
        ("Date", date(letter.issued_at)),
        ("Invoice", letter.invoice),
        ("Invoice date", date(letter.invoiced_at)),
        ("Was due on", date(letter.was_due_at)),
        ("Customer", letter.customer),
        ("Order", letter.order),
        ("Your reference", letter.po_number),
    ]
    rows = [(f"Invoice {letter.invoice} ({letter.balance.currency})", amount(letter.invoice_total))]
    settled = letter.open_before - letter.invoice_total
    if settled:
        rows.append(("Paid, credited and charged since", amount(settled)))
    if letter.fee:
        rows.append(("Fee for this reminder", amount(letter.fee)))
    rows.append((f"Amount due ({letter.balance.currency})", amount(letter.balance)))
    story: list[Flowable] = [
        addressed([("To", letter.bill_to)], facts),
        gap(12),
        text(f"Reminder for invoice {letter.invoice}", bold=True, size=12),
        gap(4),
        text(letter.text, size=10),
        gap(6),
        sums(rows, final=len(rows) - 1),
        gap(6),
        text(f"Please pay {letter.balance} by {date(letter.due_at)} and state {letter.invoice}.", bold=True, size=10),
        gap(3),
        text(
            "If your payment is on its way, please disregard this letter. If something is wrong with the invoice, please tell us.", size=9.5
        ),
    ]
    if letter.holds_customer:
        story += [gap(6), boxed([text("Until this balance is paid, your further orders are on hold.", bold=True, size=9.5)])]
    return sheet("Reminder", f"{letter.invoice}, reminder {letter.level}", letter.seller, story)


def _lines(document: Bill) -> Flowable:
    currency = document.total.currency
    tax = "Incl. tax" if document.taxes_included else "Tax"
    columns = [("No.", 8, False), ("Item", 22, False), ("Description", 52, False), ("Qty", 11, True), ("Unit price", 20, True)]
    discounted = any(line.discount for line in document.lines)
    if discounted:
        columns.append(("Discount", 19, True))
    columns += [(tax, 18, True), (f"Net {currency}" if not document.taxes_included else f"Amount {currency}", 24, True)]
    rows = []
    for line in document.lines:
        row = [str(line.line), line.item, line.description, f"{line.quantity:,}", _price(line.unit_price, currency)]
        if discounted:
            row.append(amount(-line.discount) if line.discount else "")
        rows.append([*row, amount(line.tax), amount(line.net)])
    return listing(columns, rows)


def _sums(document: Bill, name: str = "Total") -> tuple[list[tuple[str, str]], int]:
    currency = document.total.currency
    net = Money.total((line.net for line in document.lines), currency)
    tax = Money.total((line.tax for line in document.lines), currency) + document.freight_tax
    rows = [("Goods", amount(net))]
    if document.freight:
        rows.append(("Shipping", amount(document.freight)))
    if document.taxes_included:
        rows.append((f"{name} ({currency})", amount(document.total)))
        if tax:
            rows.append(("of which tax", amount(tax)))
        return rows, len(rows) - (2 if tax else 1)
    if tax:
        rows.append(("Tax", amount(tax)))
    rows.append((f"{name} ({currency})", amount(document.total)))
    return rows, len(rows) - 1


def _price(price: Decimal, currency: str) -> str:
    """A unit price may be finer than the currency: all its digits are shown, and at least the currency's own."""
    digits = max(exponent(currency), -int(price.normalize().as_tuple().exponent))
    return f"{price:,.{digits}f}"
