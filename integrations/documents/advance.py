"""Papers before the invoice: the pro-forma and the request for a deposit."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from integrations.documents.bills import goods, totals
from integrations.documents.language import Voice
from integrations.documents.layout import addressed, boxed, gap, sheet, sums, text
from integrations.documents.models import DepositRequest, ProForma


def draw_proforma(document: ProForma) -> bytes:
    voice = Voice(document.language)
    said = voice.said
    facts = [
        (said("date"), voice.day(document.issued_at)),
        (said("customer"), document.customer),
        (said("order"), document.order),
        (said("your_reference"), document.po_number),
    ]
    addresses = [(said("to"), document.bill_to)]
    if document.ship_to is not None and document.ship_to != document.bill_to:
        addresses.append((said("ship_to"), document.ship_to))
    rows, final = totals(document, voice)
    story: list[Flowable] = [
        addressed(addresses, facts),
        gap(6),
        boxed([text(f"{said('proforma')}. {said('no_invoice')}", bold=True, size=9.5)]),
        gap(6),
        *goods(document, voice),
        gap(4),
        KeepTogether([sums(rows, final=final), gap(8), text(document.terms, quiet=True, size=8.5)]),
    ]
    return sheet(said("proforma"), document.order, document.seller, story, document.language)


def draw_deposit_request(document: DepositRequest) -> bytes:
    voice = Voice(document.language)
    said, currency = voice.said, document.amount.currency
    facts = [
        (said("deposit_request"), document.number),
        (said("date"), voice.day(document.issued_at)),
        (said("please_pay_by"), voice.day(document.due_at)),
        (said("customer"), document.customer),
        (said("order"), document.order),
        (said("your_reference"), document.po_number),
    ]
    rows = [
        (said("order_total", order=document.order, currency=currency), voice.figure(document.order_total)),
        (said("deposit", currency=currency), voice.figure(document.amount)),
    ]
    when = said("begins_with_it" if document.before_supply else "has_begun")
    pay = said("please_pay", amount=voice.money(document.amount), date=voice.day(document.due_at), number=document.number)
    story: list[Flowable] = [
        addressed([(said("to"), document.bill_to)], facts),
        gap(12),
        text(said("deposit_for", order=document.order), bold=True, size=12),
        gap(4),
        text(f"{said('deposit_agreed')} {when}", size=10),
        gap(6),
        sums(rows, final=1),
        gap(6),
        text(pay, bold=True, size=10),
        gap(3),
        text(said("deposit_taken_off"), size=9.5),
        gap(2),
        text(document.terms, quiet=True, size=8.5),
    ]
    return sheet(said("deposit_request"), document.number, document.seller, story, document.language)
