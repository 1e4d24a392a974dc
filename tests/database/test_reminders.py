"""Reminders by the customer's terms in the database: one document for all that is due, each part booked once by its own order."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from activities.reminder_letters import reminder_letter
from database import orders, outbox, payments, receivables_reports, reminders
from database.audit_dunning import DUNNING_RULES
from database.reminder_terms import all_terms, give_terms, read_terms, terms_of, write_terms
from database.tables import Customer, Invoice, Reminder, ReminderDocument, ReminderLine
from domain.errors import NotFound, Refused
from domain.messages import ReminderIssued
from domain.money import Money
from domain.money_steps import ApplyPayment, Part
from domain.order import OrderLine, PlaceOrder
from domain.reminder_terms import Band, Fee, FeeKind, NextReminder, ReminderTerms, TermsLevel, Wording
from domain.reminding import FindReminder, IssueReminder, ReminderAnswer, ReminderTakenBack, TakeBackReminder
from domain.steps import Recorded, RecordNotes
from tests.database.builders import DAY, NOW, House, eur, line, order, step
from tests.database.test_audit import names
from tests.database.watched import Watched
from tests.endurance import examples

TERMS = ReminderTerms(
    code="HOUSE",
    interest_percent=Decimal(10),
    levels=(
        TermsLevel(level=1, grace_days=2, due_in="7D", fee=Fee(fixed=Decimal(5)), line_fee=Fee(fixed=Decimal(1))),
        TermsLevel(level=2, grace_days=2, due_in="7D", fee=Fee(fixed=Decimal(9)), interest=True, holds_customer=True),
    ),
)
DUE = NOW + 30 * DAY


async def invoiced(house: House, name: str, *, due: datetime = DUE, units: int = 2) -> PlaceOrder:
    """An order of kettles at 50.00 whose invoice follows its customer's terms."""
    placed = await house.shipped_order(name, line(1, "KETTLE", units))
    await house.invoice(placed, by_terms=True, due_at=due)
    return placed


async def house_with_terms(house: House, terms: ReminderTerms = TERMS) -> None:
    def set_up(session: Session) -> None:
        write_terms(session, terms)
        session.execute(update(Customer).where(Customer.customer == "C-1").values(email="pay@nord.example", language="de"))

    await house.database.transaction(set_up)


def issue(placed: PlaceOrder, number: int = 1, at: datetime = DUE + 3 * DAY) -> IssueReminder:
    return IssueReminder(**step(f"invoice/1/reminder/{number}", placed.key) | {"at": at}, invoice=1, day=DAY)


async def remind(house: House, request: IssueReminder) -> ReminderAnswer:
    """As the activity does when the mail works."""
    document = await house(reminders.draw_up, request)
    if document and not await house(reminders.is_sent, document):
        await house(reminders.review, document, DAY)

    def book_reminder(session: Session, asked: IssueReminder) -> ReminderAnswer:
        return reminders.book_reminder(session, asked, document)

    return await house.once(request, ReminderAnswer, book_reminder)


async def pay(house: House, placed: PlaceOrder, cents: int, name: str = "BANK-1") -> None:
    request = ApplyPayment(**step(f"pay/{name}", placed.key), payment=name, amount=eur(cents), parts=(Part(invoice=1, amount=eur(cents)),))
    await house.once(request, Recorded, payments.apply_payment)


async def note(house: House, placed: PlaceOrder, **fields: Any) -> None:
    request = RecordNotes(**step(f"notes/{sorted(fields)}/{fields}", placed.key), notes=("said",), **fields)
    await house.once(request, Recorded, orders.record_notes)


async def standing(house: House) -> list[tuple[str, str, int, int]]:
    """(document, order, level, charged) of every line that was booked."""
    chosen = select(ReminderLine).where(ReminderLine.state == "booked").order_by(ReminderLine.document, ReminderLine.order)
    return await house(lambda s: [(row.document, row.order, row.level, row.charged) for row in s.scalars(chosen)])


async def told(house: House) -> list[tuple[str, int]]:
    """Which orders are to hear of a document that names their invoices."""
    facts = await house(outbox.untold)
    return [(each.order, each.fact.invoice) for each in facts if isinstance(each.fact, ReminderIssued)]


async def on_hold(house: House) -> bool:
    return await house(lambda s: s.get_one(Customer, "C-1").credit_hold)


async def clean(house: House) -> None:
    assert await house.audit() == []


async def test_terms_come_back_as_they_were_written(house: House) -> None:
    rich = TERMS.model_copy(
        update={
            "code": "RICH",
            "minimum": Decimal("12.50"),
            "levels": (
                TermsLevel(
                    level=1,
                    due_in="CM+10D",
                    fee=Fee(kind=FeeKind.ACCUMULATED_DYNAMIC, bands=(Band(percent=Decimal(1)), Band(above=Decimal(500), fixed=Decimal(3)))),
                    line_fee=Fee(fixed=Decimal(1), currencies={"JPY": Decimal(120)}),
                    wording={"de": Wording(subject="Bitte zahlen", opening="Es fehlt noch etwas.")},
                ),
            ),
        }
    )
    await house(write_terms, rich)
    assert await house(read_terms, "RICH") == rich
    await house(write_terms, TERMS.model_copy(update={"code": "RICH"}))
    assert await house(read_terms, "RICH") == TERMS.model_copy(update={"code": "RICH"})
    assert [each.code for each in await house(all_terms)] == ["HOUSE", "RICH"]
    await house(give_terms, "C-1", "RICH")
    assert (await house(terms_of, "C-1")).code == "RICH"
    assert (await house(terms_of, "C-2")).code == "HOUSE"
    with pytest.raises(NotFound):
        await house(give_terms, "C-1", "NONE")
    with pytest.raises(NotFound):
        await house(give_terms, "C-9", None)


async def test_the_next_reminder_is_due_after_the_grace(house: House) -> None:
    await house_with_terms(house)
    placed = await invoiced(house, "1")
    asked = FindReminder(**step("find", placed.key), invoice=1, day=DAY)
    assert await house(reminders.find_reminder, asked) == NextReminder(at=DUE + 3 * DAY, number=1, level=1, due_in="7D", terms="HOUSE")


async def test_three_invoices_due_together_are_one_document_with_one_fee(house: House) -> None:
    await house_with_terms(house)
    first, second = await invoiced(house, "1"), await invoiced(house, "2", due=DUE + timedelta(hours=5))
    young, disputed = await invoiced(house, "3", due=DUE + 2 * DAY, units=1), await invoiced(house, "4", units=1)
    await note(house, disputed, disputed={1: NOW + 90 * DAY})
    answer = await remind(house, issue(first))
    assert (answer.document, answer.level, answer.due_at) == ("REM-000001", 1, DUE + 10 * DAY)
    assert answer.charged == eur(600)
    assert answer.next == NextReminder(at=DUE + 13 * DAY, number=2, level=2, due_in="7D", terms="HOUSE")
    assert await told(house) == [(second.key, 1)]
    assert await remind(house, issue(first)) == answer, "asked twice, done once"
    assert (await remind(house, issue(second))).charged == eur(100)
    assert await standing(house) == [("REM-000001", first.key, 1, 600), ("REM-000001", second.key, 1, 100)]
    own = await remind(house, issue(young, at=DUE + 5 * DAY))
    assert own.document == "REM-000002"
    await clean(house)


async def in_dollars(house: House, name: str) -> PlaceOrder:
    """A kettle for 80.00 USD, of the same customer, due on the same day."""
    zero = Money.zero("USD")
    kettle = OrderLine(number=1, item="KETTLE", quantity=1, unit_price=Decimal(80), discount=zero)
    placed = order(name, kettle, currency="USD", discount=zero, freight=zero)
    await house.accept(placed, waived=True)
    await house.allocate(placed)
    await house.pick(placed, l1=1)
    await house.pack(placed)
    await house.ship(placed)
    await house.invoice(placed, by_terms=True, due_at=DUE)
    return placed


async def test_an_order_in_a_second_currency_has_a_letter_of_its_own(house: House) -> None:
    """One document per customer and currency: dollars and euros are never added up, and each letter has its fee."""
    await house_with_terms(house)
    first, dollars, second = await invoiced(house, "1"), await in_dollars(house, "2"), await invoiced(house, "3", units=1)
    euros = await remind(house, issue(first))
    assert await told(house) == [(second.key, 1)], "the order in dollars does not hear of the letter in euros"
    apart = await remind(house, issue(dollars))
    assert (euros.document, euros.charged) == ("REM-000001", eur(600))
    assert (apart.document, apart.charged) == ("REM-000002", Money(minor=600, currency="USD"))
    assert (await remind(house, issue(second))).document == "REM-000001"
    rows = await house(lambda s: [(row.document, row.currency, row.total) for row in s.scalars(select(ReminderDocument))])
    assert sorted(rows) == [("REM-000001", "EUR", 10_000 + 5_000 + 700), ("REM-000002", "USD", 8_000 + 600)]
    letter = await house(reminder_letter, "REM-000002")
    assert "86,00\N{NO-BREAK SPACE}USD" in letter.body
    assert [each.name for each in letter.attachments] == ["REM-000002.pdf", "INV-000002.pdf"]
    await clean(house)


async def test_the_letter_speaks_the_customers_language_and_carries_every_paper(house: House) -> None:
    await house_with_terms(house)
    first, _ = await invoiced(house, "1"), await invoiced(house, "2")
    document = await house(reminders.draw_up, issue(first))
    letter = await house(reminder_letter, document)
    assert (letter.address, letter.name, letter.language) == ("pay@nord.example", "Kaffeekontor Nord", "de")
    assert letter.subject == "Zahlungserinnerung REM-000001: INV-000001 und 1 weitere"
    assert "Bitte zahlen Sie 207,00\N{NO-BREAK SPACE}EUR bis zum 2. Januar 2027 und nennen Sie dabei REM-000001." in letter.body
    assert [each.name for each in letter.attachments] == ["REM-000001.pdf", "INV-000001.pdf", "INV-000002.pdf"]
    assert all(each.content.startswith(b"%PDF") for each in letter.attachments)


async def test_what_was_paid_before_the_letter_goes_is_not_in_it_and_an_empty_one_keeps_its_number(house: House) -> None:
    await house_with_terms(house)
    first, second = await invoiced(house, "1"), await invoiced(house, "2")
    document = await house(reminders.draw_up, issue(first))
    await pay(house, first, 10_000)
    assert await house(reminders.review, document, DAY)
    answer = await remind(house, issue(first))
    assert (answer.document, answer.next) == ("", None)
    assert (await remind(house, issue(second))).charged == eur(600), "the fee is on what is left"
    third = await invoiced(house, "3", units=1)
    document = await house(reminders.draw_up, issue(third))
    await pay(house, third, 5_000)
    assert not await house(reminders.review, document, DAY)
    assert await house(lambda s: s.get_one(ReminderDocument, document).state) == "void"
    await clean(house)


async def test_a_line_that_was_paid_after_the_letter_went_is_charged_nothing(house: House) -> None:
    await house_with_terms(house)
    first, second = await invoiced(house, "1"), await invoiced(house, "2")
    await remind(house, issue(first))
    await pay(house, second, 10_000)
    assert await remind(house, issue(second)) == ReminderAnswer()
    assert await house(lambda s: s.get_one(Invoice, (second.key, 1)).fees) == 0
    await clean(house)


async def test_below_the_minimum_nothing_is_written_until_another_invoice_makes_it_up(house: House) -> None:
    await house_with_terms(house, TERMS.model_copy(update={"minimum": Decimal(80)}))
    small = await invoiced(house, "1", units=1)
    answer = await remind(house, issue(small))
    assert answer.document == ""
    assert answer.next is not None
    assert answer.next.at == DUE + 33 * DAY
    other = await invoiced(house, "2", units=1)
    assert (await remind(house, issue(other))).document == "REM-000001"
    assert await told(house) == [(small.key, 1)]
    await clean(house)


async def test_the_last_level_holds_the_customer_and_interest_is_reckoned_from_where_it_stood(house: House) -> None:
    repeated = TERMS.model_copy(update={"most_reminders": 3})
    await house_with_terms(house, repeated)
    placed = await invoiced(house, "1")
    await remind(house, issue(placed))
    second = await remind(house, issue(placed, 2, at=DUE + 13 * DAY))
    # 100.00 x 10 % x 13 days / 365 = 0.356; the fee of 9.00 bears nothing
    assert (second.level, second.charged) == (2, eur(900 + 36))
    assert await on_hold(house)
    third = await remind(house, issue(placed, 3, at=DUE + 23 * DAY))
    assert (third.level, third.charged) == (2, eur(900 + 27)), "the last level repeats, its interest for ten more days"
    assert third.next is not None
    assert third.next.level == 0
    await pay(house, placed, 10_000 + 600 + 936 + 927)
    assert not await on_hold(house)
    await clean(house)


async def test_a_cancelled_reminder_steps_back_with_a_reversing_entry(house: House) -> None:
    await house_with_terms(house)
    placed = await invoiced(house, "1")
    await remind(house, issue(placed))
    await remind(house, issue(placed, 2, at=DUE + 13 * DAY))
    asked = TakeBackReminder(
        **step("invoice/1/reminder_cancelled/REM-000002", placed.key) | {"at": DUE + 14 * DAY},
        invoice=1,
        document="REM-000002",
        reason="it crossed",
        day=DAY,
    )
    answer = await house.once(asked, ReminderTakenBack, reminders.take_back_reminder)
    assert await house.once(asked, ReminderTakenBack, reminders.take_back_reminder) == answer, "asked twice, done once"
    assert answer == ReminderTakenBack(
        due_at=DUE + 10 * DAY, next=NextReminder(at=DUE + 15 * DAY, number=2, level=2, due_in="7D", terms="HOUSE")
    )
    assert not await on_hold(house)
    assert await house(lambda s: s.get_one(Invoice, (placed.key, 1)).balance) == 10_600
    again = await remind(house, issue(placed, 3, at=DUE + 15 * DAY))
    assert (again.document, again.level) == ("REM-000003", 2)
    await pay(house, placed, 11_000)
    late = asked.model_copy(update={"key": f"{placed.key}/late", "document": "REM-000003"})
    with pytest.raises(Refused, match="and they are paid"):
        await house.once(late, ReminderTakenBack, reminders.take_back_reminder)
    with pytest.raises(Refused, match="REM-000001 is not the last reminder of INV-000001"):
        await house.once(late.model_copy(update={"document": "REM-000001"}), ReminderTakenBack, reminders.take_back_reminder)
    await clean(house)


async def test_a_broken_promise_holds_until_the_money_or_a_new_promise_comes(house: House) -> None:
    placed = await invoiced(house, "1")
    await note(house, placed, promised={1: NOW + 5 * DAY})
    assert not await on_hold(house)
    await note(house, placed, promised={1: None}, broken={1: NOW + 5 * DAY})
    assert await on_hold(house)
    await note(house, placed, promised={1: NOW + 9 * DAY}, broken={1: None})
    assert not await on_hold(house)
    await note(house, placed, promised={1: None}, broken={1: NOW + 9 * DAY})
    await pay(house, placed, 10_000)
    assert not await on_hold(house)


async def test_the_books_of_a_customer_at_three_moments(house: House) -> None:
    """Two invoices of 100.00, one paid half on the day after it was due, one reminded of."""
    await house_with_terms(house)
    first, _ = await invoiced(house, "1"), await invoiced(house, "2", due=DUE + 40 * DAY)
    await remind(house, issue(first))
    request = ApplyPayment(
        **step("pay/half", first.key) | {"at": DUE + 5 * DAY},
        payment="half",
        amount=eur(5_000),
        parts=(Part(invoice=1, amount=eur(5_000)),),
    )
    await house.once(request, Recorded, payments.apply_payment)

    async def aged(at: datetime) -> list[dict[str, int]]:
        return [{k: v for k, v in row.buckets.items() if v} for row in await house(receivables_reports.ageing, at)]

    assert await aged(DUE) == [{"not_due": 20_000}]
    assert await aged(DUE + 4 * DAY) == [{"not_due": 10_000, "1-30": 10_600}]
    assert await aged(DUE + 45 * DAY) == [{"1-30": 10_000, "31-60": 5_600}]
    (figures,) = await house(receivables_reports.collections, DUE + 10 * DAY, 90)
    assert (figures.beginning, figures.sales, figures.ending, figures.current) == (0, 20_000, 15_600, 10_000)
    assert (figures.dso, figures.best_possible_dso, figures.cei) == (Decimal("70.2"), Decimal("45.0"), Decimal("44.0"))
    (paper,) = await house(receivables_reports.statements, "C-1", DUE, DUE + 10 * DAY)
    assert (paper.opening, paper.closing) == (20_000, 15_600)
    assert [(each.kind, each.reference, each.amount, each.balance) for each in paper.lines] == [
        ("fee", "REM-000001", 600, 20_600),
        ("payment", "half", -5_000, 15_600),
    ]
    assert paper.ageing.total == paper.closing
    with pytest.raises(NotFound):
        await house(receivables_reports.statements, "C-9", DUE, DUE)


BROKEN = {
    "a_reminder_document_adds_up": "UPDATE reminder_documents SET total = total + 1",
    "a_booked_line_is_one_reminder": "UPDATE reminders SET fee = fee + 1",
    "reminders_follow_one_another": "UPDATE reminder_lines SET number = 7 WHERE state = 'booked'",
    "no_number_of_dunning_is_missing": "UPDATE reminder_documents SET sequence = 9",
    "a_finance_charge_is_its_lines_and_its_entry": "UPDATE finance_charges SET amount = amount + 1",
    "no_day_is_charged_twice": "UPDATE finance_charge_lines SET since = '2026-01-01' WHERE document = 'FC-000002'",
}


def test_every_rule_is_shown_broken() -> None:
    assert {rule.__name__.removeprefix("_") for rule in DUNNING_RULES} == set(BROKEN)


@pytest.mark.parametrize("rule", list(BROKEN))
async def test_the_audit_names_what_does_not_hold(house: House, rule: str) -> None:
    from tests.database.test_finance_charges import charge, contract

    await house_with_terms(house)
    placed = await invoiced(house, "1")
    await contract(house)
    await charge(house, DUE + 30 * DAY)
    await charge(house, DUE + 60 * DAY)
    await remind(house, issue(placed))
    await clean(house)

    assert await house(names(rule, BROKEN[rule]))


happenings = st.lists(
    st.sampled_from(["day", "day", "week", "remind 1", "remind 2", "remind 3", "pay 1", "pay 2", "dispute 2", "cancel 1"]), max_size=14
)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=happenings, most=st.integers(min_value=1, max_value=4), grace=st.integers(min_value=0, max_value=3))
async def test_whatever_happens_no_level_is_skipped_and_nothing_settled_is_reminded(
    workshop: Watched, happenings: list[str], most: int, grace: int
) -> None:
    """Three orders of one customer, reminders and payments in any order: one reminder a level, none without a balance, books that agree."""
    house = House(workshop)
    await house(workshop.refurnish)
    levels = tuple(
        TermsLevel(level=n, grace_days=grace, due_in="3D", fee=Fee(fixed=Decimal(n)), line_fee=Fee(fixed=Decimal(1))) for n in (1, 2)
    )
    await house_with_terms(house, ReminderTerms(code="HOUSE", most_reminders=most, levels=levels))
    placed = [await invoiced(house, str(n), units=1) for n in (1, 2, 3)]
    at, tries, paid = DUE, dict.fromkeys((0, 1, 2), 0), 0
    for happening in happenings:
        what, _, number = happening.partition(" ")
        index = int(number) - 1 if number else 0
        order = placed[index]
        if what in ("day", "week"):
            at += DAY if what == "day" else 7 * DAY
        elif what == "remind":
            tries[index] += 1
            request = issue(order, tries[index], at=at)
            owed = await house(_balance, order.key)
            answer = await remind(house, request)
            assert owed > 0 or not answer.document
        elif what == "pay":
            paid += 1
            balance = await house(_balance, order.key)
            if balance:
                await pay(house, order, balance, f"BANK-{paid}")
        elif what == "dispute":
            await note(house, order, disputed={1: at + 30 * DAY})
        else:
            last = await house(_last_reminder, order.key)
            if last is not None and last[1] <= await house(_balance, order.key):
                asked = TakeBackReminder(
                    **step(f"cancel/{last[0]}", order.key) | {"at": at}, invoice=1, document=last[0], reason="x", day=DAY
                )
                await house.once(asked, ReminderTakenBack, reminders.take_back_reminder)
        await clean(house)


def _balance(session: Session, order: str) -> int:
    return session.get_one(Invoice, (order, 1)).balance


def _last_reminder(session: Session, order: str) -> tuple[str, int] | None:
    chosen = select(Reminder).where(Reminder.order == order, Reminder.cancelled_at.is_(None)).order_by(Reminder.number.desc())
    row = session.scalars(chosen.limit(1)).one_or_none()
    return (row.document, row.fee) if row is not None else None
