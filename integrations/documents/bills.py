"""Papers about money: the invoice, the credit note and the reminder."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether

from domain.creditor_reference import printed
from domain.money import Money
from domain.tax_totals import tax_totals
from integrations.documents.language import Voice
from integrations.documents.layout import addressed, amount, boxed, date, gap, listing, sheet, sums, text
from integrations.documents.models import Bill, BilledLine, CreditNote, Invoice, ReminderLetter, TaxedAt


def draw_invoice(document: Invoice) -> bytes:
    voice = Voice(document.language)
    said, day = voice.said, voice.day
    period = document.period
    shipment = said("order_shipment", order=document.order, shipment=str(document.shipment)) if document.order else ""
    facts = [
        (said("invoice"), document.number),
        (said("invoice_date"), day(document.issued_at)),
        (said("due_date"), day(document.due_at) if not document.instalments else said("due_in_parts")),
        (said("customer"), document.customer),
        (said("order"), shipment),
        (said("shipped"), said("from_to", since=day(period[0]), until=day(period[1])) if period else ""),
        (said("your_reference"), document.po_number),
        (said("payment_reference"), printed(document.number)),
    ]
    addresses = [(said("bill_to"), document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append((said("shipped_to"), document.ship_to))
    currency = document.total.currency
    open_now = document.total - document.paid - Money.total((part.amount for part in document.netted), currency)
    rows, final = totals(document, voice)
    for part in document.netted:
        rows.append((said("of_day", document=part.name, date=day(part.received_at)), voice.figure(-part.amount)))
    if document.paid:
        rows.append((said("paid"), voice.figure(-document.paid)))
    if document.paid or document.netted:
        rows.append((said("amount_due", currency=currency), voice.figure(open_now)))
        final = len(rows) - 1
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(9),
        *goods(document, voice),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), *_asked(document, open_now, voice), text(document.terms, quiet=True, size=8.5)]),
    ]
    return sheet(said("invoice"), document.number, document.seller, story, document.language)


def _asked(document: Invoice, open_now: Money, voice: Voice) -> list[Flowable]:
    """What is to be paid and when, in a sentence or, in several parts, as a table."""
    said = voice.said
    if open_now.minor <= 0:
        return [text(said("nothing_due"), bold=True)]
    if not document.instalments:
        pay = said("please_pay", amount=voice.money(open_now), date=voice.day(document.due_at), number=document.number)
        return [text(pay, bold=True)]
    before = (document.total - open_now).minor
    rows = []
    for number, part in enumerate(document.instalments, 1):
        filled = min(before, part.amount.minor)
        before -= filled
        left = Money(minor=part.amount.minor - filled, currency=part.amount.currency)
        rows.append([str(number), voice.day(part.due_at), voice.figure(part.amount), voice.figure(left)])
    columns = [(said("part"), 20, False), (said("due_date"), 52, False), (said("amount"), 49, True)]
    columns.append((said("to_pay", currency=document.total.currency), 49, True))
    pay = said("pay_in_parts", amount=voice.money(open_now), number=document.number)
    return [text(pay, bold=True), gap(2), listing(columns, rows), gap(3)]


def draw_credit_note(document: CreditNote) -> bytes:
    voice = Voice(document.language)
    said, invoice = voice.said, document.invoice
    billed = said("of_day", document=invoice, date=voice.day(document.invoiced_at)) if document.invoiced_at else invoice
    facts = [
        (said("credit_note"), document.number),
        (said("date"), voice.day(document.issued_at)),
        (said("on_invoice"), billed),
        (said("customer"), document.customer),
        (said("order"), document.order),
        (said("your_reference"), document.po_number),
        (said("reason"), document.reason),
    ]
    rows, final = totals(document, voice, "total_credit")
    rest = document.total - document.applied
    if document.applied:
        rows += [(said("set_off", invoice=invoice), voice.figure(-document.applied)), (said("in_your_favour"), voice.figure(rest))]
    closing = said("paid_out", amount=voice.money(rest)) if rest.minor > 0 else said("lowers", invoice=invoice)
    story: list[Flowable] = [
        addressed([(said("credit_to"), document.bill_to)], facts),
        gap(9),
        *goods(document, voice),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), text(closing, bold=True)]),
    ]
    return sheet(said("credit_note"), document.number, document.seller, story, document.language)


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


def goods(document: Bill, voice: Voice) -> list[Flowable]:
    """The lines, each shipment of an invoice of many under its own heading."""
    sections = list(dict.fromkeys(line.section for line in document.lines))
    if sections in ([], [""]):
        return [_lines(document, document.lines, voice)]
    story: list[Flowable] = []
    for section in sections:
        table = _lines(document, [line for line in document.lines if line.section == section], voice)
        story += [KeepTogether([text(section, bold=True, size=9), gap(1.5)]), table, gap(4)]
    return story


def _lines(document: Bill, lines: Sequence[BilledLine], voice: Voice) -> Flowable:
    said, figure, currency = voice.said, voice.figure, document.total.currency
    discounted, charged = any(line.discount for line in document.lines), any(line.surcharge for line in document.lines)
    corrects = any(line.corrects for line in document.lines)
    columns = [("line_no", 9, False), ("item", 22, False), ("description", 33 if charged else 52, False)]
    columns += [("corrects", 26, False)] if corrects else []
    columns += [("quantity", 13, True), ("unit_price", 21, True)]
    columns += [("discount", 19, True)] if discounted else []
    columns += [("surcharge", 19, True)] if charged else []
    columns += [("tax_included" if document.taxes_included else "tax", 18, True), ("gross" if document.taxes_included else "net", 24, True)]
    rows = []
    for line in lines:
        described = line.description
        if charged:
            described = " · ".join(words for words in (described, *(each.title for each in line.surcharges if each.amount)) if words)
        row = [str(line.line), line.item, described, *([line.corrects] if corrects else []), f"{line.quantity:,}"]
        row.append(voice.price(line.unit_price, currency))
        if discounted:
            row.append(figure(-line.discount) if line.discount else "")
        if charged:
            row.append(figure(line.surcharge) if line.surcharge else "")
        rows.append([*row, figure(line.tax), figure(line.net)])
    return listing([(said(name, currency=currency), width, right) for name, width, right in columns], rows)


def totals(document: Bill, voice: Voice, name: str = "total") -> tuple[list[tuple[str, str]], int]:
    """Goods, shipping, tax by rate and total with their amounts, and which of the rows is the total; `name` is the total's phrase."""
    said, figure, currency = voice.said, voice.figure, document.total.currency
    net = Money.total((line.net for line in document.lines), currency)
    tax = Money.total((line.tax for line in document.lines), currency) + document.freight_tax
    rows = [(said("goods"), figure(net))]
    if document.freight:
        rows.append((said("freight"), figure(document.freight)))
    taxes = _taxes(document, tax, voice)
    if not document.taxes_included:
        rows += taxes
    if document.rounding:
        rows.append((said("rounding"), figure(document.rounding)))
    rows.append((f"{said(name)} ({currency})", figure(document.total)))
    final = len(rows) - 1
    if document.taxes_included:
        rows += [(said("of_which", tax=_within(title, said("tax"))), shown) for title, shown in taxes]
    return rows, final


def _within(title: str, tax: str) -> str:
    """Our own word for tax, in the middle of an English or French sentence; a German one, and a tax's own title, stay as they are."""
    return title[:1].lower() + title[1:] if title.startswith(tax) and tax in ("Tax", "Taxe") else title


def _taxes(document: Bill, tax: Money, voice: Voice) -> list[tuple[str, str]]:
    """Each tax with what it is on, by its title where that was booked, else by rate; one sum where neither is known.

    A tax of nothing says why.
    """
    totals = tax_totals(document.lines, document.freight, document.freight_taxes, document.taxes_included)
    if totals and Money.total((each.amount for each in totals), tax.currency) == tax:
        return [
            (
                voice.said("taxed", title=each.title, rate=voice.percent(each.rate * 100), basis=voice.figure(each.base))
                if each.rate
                else voice.why(each.title),
                voice.figure(each.amount),
            )
            for each in totals
        ]
    one_sum = [(voice.said("tax"), voice.figure(tax))] if tax else []
    return [(_tax_row(part, voice), voice.figure(part.tax)) for part in document.taxes] or one_sum


def _tax_row(part: TaxedAt, voice: Voice) -> str:
    if part.why and not part.rate:
        why = voice.why(part.why)
        return voice.said("untaxed", why=why[0].lower() + why[1:] if why == part.why else why)
    return voice.said("taxed_at", rate=voice.percent(part.rate), basis=voice.figure(part.basis))
