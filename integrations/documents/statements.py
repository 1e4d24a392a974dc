"""The statement of account: what happened, what is open, and since when, in the customer's language."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from domain.ageing import BUCKETS, Statement
from domain.money import Money
from domain.order import Address
from integrations.documents.language import PHRASES, Voice, short_day, spoken
from integrations.documents.layout import addressed, gap, listing, sheet, sums, text
from integrations.documents.models import Seller


def draw_statement(seller: Seller, statement: Statement, to: Address | None) -> bytes:
    voice = Voice(spoken(statement.language))
    said, language = voice.said, voice.language

    def shown(minor: int) -> str:
        return voice.figure(Money(minor=minor, currency=statement.currency))

    facts = [
        (said("customer"), f"{statement.customer} {statement.name}".strip()),
        (said("date"), f"{voice.day(statement.since)} – {voice.day(statement.until)}"),
        (said("balance"), f"{shown(statement.closing)} {statement.currency}"),
    ]
    columns = [(said("date"), 26, False), (said("text"), 34, False), (said("document"), 40, False), (said("order"), 34, False)]
    columns += [(said("amount"), 22, True), (f"{said('balance')} {statement.currency}", 24, True)]
    rows = [[short_day(statement.since, language), said("opening_balance"), "", "", "", shown(statement.opening)]]
    for line in statement.lines:
        kind = f"kind_{line.kind}" if f"kind_{line.kind}" in PHRASES else "kind_account"
        rows.append([short_day(line.at, language), said(kind), line.reference, line.order, shown(line.amount), shown(line.balance)])
    ages = [
        (said("not_due") if name == "not_due" else said("days", range=name), shown(statement.ageing.buckets.get(name, 0)))
        for name in BUCKETS
    ]
    if statement.ageing.on_account:
        ages.append((said("on_account"), shown(statement.ageing.on_account)))
    ages.append((f"{said('closing_balance')} ({statement.currency})", shown(statement.closing)))
    story: list[Flowable] = [
        addressed([(said("to"), to)] if to is not None else [], facts),
        gap(9),
        listing(columns, rows),
        gap(5),
        KeepTogether([text(said("ageing"), bold=True, size=9.5), gap(2), sums(ages, final=len(ages) - 1)]),
    ]
    return sheet(said("statement"), f"{statement.customer} {statement.currency}", seller, story, language)
