"""Papers before the invoice: the pro-forma and the request for a deposit."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from integrations.documents.bills import goods, totals
from integrations.documents.layout import addressed, amount, boxed, date, gap, sheet, sums, text
from integrations.documents.models import DepositRequest, ProForma

NO_INVOICE = "This is no invoice and asks for no payment. It gives no right to deduct tax."


def draw_proforma(document: ProForma) -> bytes:
    facts = [
        ("Date", date(document.issued_at)),
        ("Customer", document.customer),
        ("Order", document.order),
        ("Your reference", document.po_number),
    ]
    addresses = [("To", document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append(("Ship to", document.ship_to))
    rows, final = totals(document)
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(6),
        boxed([text(f"Pro-forma invoice. {NO_INVOICE}", bold=True, size=9.5)]),
        gap(6),
        *goods(document),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), text(document.terms, quiet=True, size=8.5)]),
    ]
    return sheet("Pro-forma invoice", document.order, document.seller, story)


def draw_deposit_request(document: DepositRequest) -> bytes:
    facts = [
        ("Deposit request", document.number),
        ("Date", date(document.issued_at)),
        ("Please pay by", date(document.due_at)),
        ("Customer", document.customer),
        ("Order", document.order),
        ("Your reference", document.po_number),
    ]
    currency = document.amount.currency
    rows = [(f"Order {document.order} ({currency})", amount(document.order_total)), (f"Deposit ({currency})", amount(document.amount))]
    when = "We begin with your order as soon as the deposit is here." if document.before_supply else "We have begun with your order."
    story: list[Flowable] = [
        addressed([("To", document.bill_to)], facts),
        gap(12),
        text(f"Deposit for order {document.order}", bold=True, size=12),
        gap(4),
        text(f"Thank you for your order. As agreed, please pay a deposit. {when}", size=10),
        gap(6),
        sums(rows, final=1),
        gap(6),
        text(f"Please pay {document.amount} by {date(document.due_at)} and state {document.number}.", bold=True, size=10),
        gap(3),
        text("The deposit is taken off your invoices, which show the tax. This request is no invoice.", size=9.5),
        gap(2),
        text(document.terms, quiet=True, size=8.5),
    ]
    return sheet("Deposit request", document.number, document.seller, story)
