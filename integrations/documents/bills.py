"""Papers about money: the invoice, the credit note and the reminder."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reportlab.platypus import Flowable, KeepTogether

from domain.creditor_reference import printed
from domain.money import Money, exponent
from domain.tax_totals import tax_totals
from integrations.documents.layout import addressed, amount, boxed, date, gap, listing, sheet, sums, text
from integrations.documents.models import Bill, BilledLine, CreditNote, Invoice, ReminderLetter, TaxedAt


def draw_invoice(document: Invoice) -> bytes:
    facts = [
        ("Invoice", document.number),
        ("Invoice date", date(document.issued_at)),
        ("Due date", date(document.due_at) if not document.instalments else "in parts, see below"),
        ("Customer", document.customer),
        ("Order", f"{document.order}, shipment {document.shipment}" if document.order else ""),
        ("Shipped", f"{date(document.period[0])} to {date(document.period[1])}" if document.period else ""),
        ("Your reference", document.po_number),
        ("Payment reference", printed(document.number)),
    ]
    addresses = [("Bill to", document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append(("Shipped to", document.ship_to))
    currency = document.total.currency
    open_now = document.total - document.paid - Money.total((part.amount for part in document.netted), currency)
    rows, final = totals(document)
    for part in document.netted:
        rows.append((f"{part.name} of {date(part.received_at)}", amount(-part.amount)))
    if document.paid:
        rows.append(("Paid", amount(-document.paid)))
    if document.paid or document.netted:
        rows.append((f"Amount due ({currency})", amount(open_now)))
        final = len(rows) - 1
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(9),
        *goods(document),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), *_asked(document, open_now), text(document.terms, quiet=True, size=8.5)]),
    ]
    return sheet("Invoice", document.number, document.seller, story)


def _asked(document: Invoice, open_now: Money) -> list[Flowable]:
    """What is to be paid and when, in a sentence or, in several parts, as a table."""
    if open_now.minor <= 0:
        return [text("This invoice is paid. Nothing is due.", bold=True)]
    if not document.instalments:
        return [text(f"Please pay {open_now} by {date(document.due_at)} and state {document.number}.", bold=True)]
    before = (document.total - open_now).minor
    rows = []
    for number, part in enumerate(document.instalments, 1):
        filled = min(before, part.amount.minor)
        before -= filled
        left = Money(minor=part.amount.minor - filled, currency=part.amount.currency)
        rows.append([str(number), date(part.due_at), amount(part.amount), amount(left)])
    columns = [("Part", 12, False), ("Due date", 60, False), ("Amount", 49, True), (f"To pay {document.total.currency}", 49, True)]
    return [text(f"Please pay {open_now} in these parts and state {document.number}.", bold=True), gap(2), listing(columns, rows), gap(3)]


def draw_credit_note(document: CreditNote) -> bytes:
    facts = [
        ("Credit note", document.number),
        ("Date", date(document.issued_at)),
        ("On invoice", f"{document.invoice} of {date(document.invoiced_at)}" if document.invoiced_at else document.invoice),
        ("Customer", document.customer),
        ("Order", document.order),
        ("Your reference", document.po_number),
        ("Reason", document.reason),
    ]
    rows, final = totals(document, "Total credit")
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
        *goods(document),
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


def goods(document: Bill) -> list[Flowable]:
    """The lines, each shipment of an invoice of many under its own heading."""
    sections = list(dict.fromkeys(line.section for line in document.lines))
    if sections in ([], [""]):
        return [_lines(document, document.lines)]
    story: list[Flowable] = []
    for section in sections:
        table = _lines(document, [line for line in document.lines if line.section == section])
        story += [KeepTogether([text(section, bold=True, size=9), gap(1.5)]), table, gap(4)]
    return story


def _lines(document: Bill, lines: Sequence[BilledLine]) -> Flowable:
    currency = document.total.currency
    tax = "Incl. tax" if document.taxes_included else "Tax"
    discounted, charged = any(line.discount for line in document.lines), any(line.surcharge for line in document.lines)
    wide = 33 if charged else 52
    columns = [("No.", 8, False), ("Item", 22, False), ("Description", wide, False), ("Qty", 11, True), ("Unit price", 20, True)]
    corrects = any(line.corrects for line in document.lines)
    if corrects:
        columns[0] = ("No.", 9, False)
        columns.insert(3, ("Corrects", 26, False))
    if discounted:
        columns.append(("Discount", 19, True))
    if charged:
        columns.append(("Surcharge", 19, True))
    columns += [(tax, 18, True), (f"Net {currency}" if not document.taxes_included else f"Amount {currency}", 24, True)]
    rows = []
    for line in lines:
        row = [str(line.line), line.item, line.description, *([line.corrects] if corrects else []), f"{line.quantity:,}"]
        row.append(_price(line.unit_price, currency))
        if discounted:
            row.append(amount(-line.discount) if line.discount else "")
        if charged:
            row.append(amount(line.surcharge) if line.surcharge else "")
            row[2] = " · ".join(words for words in (line.description, *(each.title for each in line.surcharges if each.amount)) if words)
        rows.append([*row, amount(line.tax), amount(line.net)])
    return listing(columns, rows)


def totals(document: Bill, name: str = "Total") -> tuple[list[tuple[str, str]], int]:
    """Goods, shipping, tax by rate and total with their amounts, and which of the rows is the total."""
    currency = document.total.currency
    net = Money.total((line.net for line in document.lines), currency)
    tax = Money.total((line.tax for line in document.lines), currency) + document.freight_tax
    rows = [("Goods", amount(net))]
    if document.freight:
        rows.append(("Shipping", amount(document.freight)))
    taxes = _taxes(document, tax)
    if not document.taxes_included:
        rows += taxes
    if document.rounding:
        rows.append(("Rounding", amount(document.rounding)))
    rows.append((f"{name} ({currency})", amount(document.total)))
    final = len(rows) - 1
    if document.taxes_included:
        rows += [
            (f"of which {title[:1].lower()}{title[1:]}" if title.startswith("Tax") else f"of which {title}", said) for title, said in taxes
        ]
    return rows, final


def _taxes(document: Bill, tax: Money) -> list[tuple[str, str]]:
    """Each tax with what it is on, by its title where that was booked, else by rate; one sum where neither is known.

    A tax of nothing says why.
    """
    totals = tax_totals(document.lines, document.freight, document.freight_taxes, document.taxes_included)
    if totals and Money.total((each.amount for each in totals), tax.currency) == tax:
        return [
            (f"{each.title} {_percent(each.rate)} on {amount(each.base)}" if each.rate else each.title, amount(each.amount))
            for each in totals
        ]
    return [(_tax_row(part), amount(part.tax)) for part in document.taxes] or ([("Tax", amount(tax))] if tax else [])


def _tax_row(part: TaxedAt) -> str:
    if part.why and not part.rate:
        return f"Tax: none, {part.why[0].lower()}{part.why[1:]}"
    return f"Tax {part.rate.normalize():f} % of {amount(part.basis)}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def _price(price: Decimal, currency: str) -> str:
    """A unit price may be finer than the currency: all its digits are shown, and at least the currency's own."""
    digits = max(exponent(currency), -int(price.normalize().as_tuple().exponent))
    return f"{price:,.{digits}f}"
