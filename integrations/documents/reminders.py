"""The reminder of everything that is due of one customer, in the customer's language."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether

from domain.money import Money
from domain.order import Address, Moment
from domain.values import Value
from integrations.documents.language import Voice, figure, phrase, short_day
from integrations.documents.layout import addressed, boxed, gap, listing, sheet, sums, text
from integrations.documents.models import Seller


class RemindedInvoice(Value):
    document: str
    order: str
    issued_at: Moment
    was_due_at: Moment
    number: int  # which reminder of it this is
    remaining: Money
    line_fee: Money
    interest: Money
    interest_days: int = 0


class ReminderSheet(Value):
    """total = sum of remaining, line fees and interest + `fee`; `opening` and `closing` stand in the place of the house's sentences."""

    seller: Seller
    number: str
    customer: str
    bill_to: Address
    language: str
    level: int
    at: Moment
    due_at: Moment
    lines: tuple[RemindedInvoice, ...]
    fee: Money
    total: Money
    opening: str = ""
    closing: str = ""
    holds_customer: bool = False


def opening(language: str, level: int, own: str = "") -> str:
    """What a level says; one without words of its own speaks with the house's, the third and all after it the same."""
    sentence = own or phrase(f"opening_{min(level, 3)}", language)
    return sentence[:1].upper() + sentence[1:]


def draw_reminder(reminder: ReminderSheet) -> bytes:
    voice, currency = Voice(reminder.language), reminder.total.currency
    said, amount = voice.said, voice.figure
    facts = [
        (said("date"), voice.day(reminder.at)),
        (said("number"), reminder.number),
        (said("customer"), reminder.customer),
        (said("pay_until"), voice.day(reminder.due_at)),
    ]
    story: list[Flowable] = [
        addressed([(said("to"), reminder.bill_to)], facts),
        gap(12),
        text(opening(voice.language, reminder.level, reminder.opening), size=10),
        gap(5),
        _lines(reminder),
        gap(3),
    ]
    rows = [(said("sum_open"), amount(Money.total((line.remaining for line in reminder.lines), currency)))]
    line_fees = Money.total((line.line_fee for line in reminder.lines), currency)
    interest = Money.total((line.interest for line in reminder.lines), currency)
    rows += [
        (said(name), amount(value))
        for name, value in (("sum_fee", reminder.fee), ("sum_line_fees", line_fees), ("interest", interest))
        if value
    ]
    rows.append((f"{said('sum_due')} ({currency})", amount(reminder.total)))
    pay = said("please_pay", amount=voice.money(reminder.total), date=voice.day(reminder.due_at), number=reminder.number)
    closing: list[Flowable] = [sums(rows, final=len(rows) - 1), gap(6), text(pay, bold=True, size=10), gap(3)]
    closing.append(text(reminder.closing or said("crossed"), size=9.5))
    if reminder.holds_customer:
        closing += [gap(6), boxed([text(said("held"), bold=True, size=9.5)])]
    story.append(KeepTogether(closing))
    return sheet(said("reminder"), reminder.number, reminder.seller, story, voice.language)


def _lines(reminder: ReminderSheet) -> Flowable:
    language = reminder.language
    columns = [
        ("invoice", 22, False),
        ("order", 34, False),
        ("date", 28, False),
        ("was_due", 28, False),
        ("reminded", 16, True),
        ("open", 24, True),
    ]
    extra = [(name, 20, True) for name in ("line_fee", "interest") if any(getattr(line, name) for line in reminder.lines)]
    rows = []
    for line in reminder.lines:
        cells = [line.document, line.order, short_day(line.issued_at, language), short_day(line.was_due_at, language), str(line.number)]
        cells += [figure(line.remaining, language), *(figure(getattr(line, name), language) for name, _, _ in extra)]
        rows.append(cells)
    return listing([(phrase(name, language), width, right) for name, width, right in [*columns, *extra]], rows)
