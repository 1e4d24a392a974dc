"""Reminders by the customer's terms, through real orders in virtual time: the worked case, the pauses, what is cancelled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.reminder_terms import give_terms, write_terms
from database.tables import Customer, Reminder
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelReminder, DisputeInvoice, HoldDunning, PromiseToPay
from domain.policies import Policies
from domain.reminder_terms import Fee, ReminderTerms, TermsLevel
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, letters, money, on_credit_hold
from tests.workflows.shop import Living, Shop, line, order
from workers.messenger import messenger

CASE = ReminderTerms(
    code="CASE",
    interest_percent=Decimal(9),
    levels=(
        TermsLevel(level=1, grace_days=5, due_in="10D"),
        TermsLevel(level=2, grace_days=3, due_in="7D", fee=Fee(fixed=Decimal(15))),
        TermsLevel(level=3, grace_days=2, due_in="5D", fee=Fee(fixed=Decimal(25)), interest=True, holds_customer=True),
    ),
)
"""The worked case: interest at nine per cent a year."""

PATIENT = Policies(pick_within=900, pack_within=900, delivery_grace=900)


async def customer(shop: Shop, name: str, terms: ReminderTerms = CASE, **fields: Any) -> str:
    """A customer of this test alone, who has these terms."""

    def introduce(session: Session) -> None:
        known = {"currency": "EUR", "terms": "prepaid net14 net30", "name": "Rösterei Jäger", "email": f"{name.lower()}@jaeger.example"}
        session.add(Customer(customer=name, **known | fields))
        session.flush()
        write_terms(session, terms)
        give_terms(session, name, terms.code)

    await shop.database.transaction(introduce)
    return name


async def reminded(living: Living) -> list[tuple[int, int, str]]:
    """(level, cents charged, due date) of every reminder that stands."""

    def read(session: Session) -> list[tuple[int, int, str]]:
        chosen = select(Reminder).where(Reminder.order == living.key, Reminder.cancelled_at.is_(None)).order_by(Reminder.number)
        return [(row.level, row.fee, f"{row.due_at:%Y-%m-%d}") for row in session.scalars(chosen)]

    return await living.shop.database.read(read)


class Calendar:
    """Moves one order's clock to dates."""

    def __init__(self, living: Living) -> None:
        self.living, self.now = living, datetime.now(UTC)

    async def to(self, day: str, hour: int = 20) -> None:
        wanted = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(hours=hour)
        await self.living.pass_time((wanted - self.now) / timedelta(days=1))
        self.now = wanted


async def test_the_worked_case_of_1000_due_on_1_march(shop: Shop) -> None:
    """Level 1 grace 5 due in 10; level 2 grace 3 due in 7, fee 15; level 3 grace 2 due in 5, fee 25 and interest on 1,000 for 30 days."""
    living = await shop.place(order(line(1, "PLENTY", 100), customer=await customer(shop, "C-CASE")), PATIENT)
    calendar = Calendar(living)
    await living.until(Wait.PICK)
    year = calendar.now.year + 1
    assert (datetime(year, 3, 1, tzinfo=UTC) - datetime(year, 1, 30, tzinfo=UTC)).days == 30
    await calendar.to(f"{year}-01-30", hour=9)
    await living.ship()
    await living.deliver()
    invoice = (await living.state()).invoices[0]
    assert f"{invoice.due_at:%m-%d}" == "03-01"

    await calendar.to(f"{year}-03-06")
    assert await reminded(living) == []
    await calendar.to(f"{year}-03-07")
    assert await reminded(living) == [(1, 0, f"{year}-03-17")]
    await calendar.to(f"{year}-03-20")
    assert len(await reminded(living)) == 1
    await calendar.to(f"{year}-03-21")
    assert (await reminded(living))[1:] == [(2, 1_500, f"{year}-03-28")]
    await calendar.to(f"{year}-03-30")
    assert len(await reminded(living)) == 2
    assert not await on_credit_hold(shop, "C-CASE")
    await calendar.to(f"{year}-03-31")
    interest = 740  # 1,000.00 x 30 days / 365 x 9 % = 7.397
    assert (await reminded(living))[2:] == [(3, 2_500 + interest, f"{year}-04-05")]
    assert await on_credit_hold(shop, "C-CASE")
    assert await money(living) == {
        "total": 100_000,
        "fees": 4_740,
        "credited": 0,
        "paid": 0,
        "written_off": 0,
        "balance": 104_740,
    }
    assert len(letters(living, invoice.document)) == 3

    await living.pay(104_740)
    await living.ended()
    assert not await on_credit_hold(shop, "C-CASE"), "ladder and hold end together"
    assert len(await reminded(living)) == 3


QUICKLY = CASE.model_copy(
    update={
        "code": "QUICKLY",
        "levels": (
            TermsLevel(level=1, grace_days=0, due_in="3D", fee=Fee(fixed=Decimal(5)), line_fee=Fee(fixed=Decimal(1))),
            TermsLevel(level=2, grace_days=0, due_in="3D", fee=Fee(fixed=Decimal(9)), holds_customer=True),
        ),
    }
)
"""The first reminder a day after the due date: 5.00 for the document and 1.00 for each invoice."""


async def test_what_falls_due_together_is_one_letter_and_each_order_books_its_own_part(shop: Shop) -> None:
    """Three orders in euros, of which one is disputed, and one of another customer: the first whose time comes takes the others along."""
    await customer(shop, "C-JOINT", QUICKLY, language="de")
    other = await customer(shop, "C-APART", QUICKLY)
    first, second, disputed = [await delivered(shop, customer="C-JOINT") for _ in range(3)]
    stranger = await delivered(shop, customer=other)
    await disputed.ask(DisputeInvoice(**disputed.stamp(), invoice=1, reason="a cup is cracked"))
    await disputed.when(lambda s: not s.notes)
    async with messenger(shop.client, shop.database, every=0.1):
        await first.pass_time(31.1)
        await first.when(lambda s: s.invoices[0].reminders == 1)
        state = await second.when(lambda s: s.invoices[0].reminders == 1)
    documents = [state.invoices[0].issued[0].document, (await first.state()).invoices[0].issued[0].document]
    assert documents[0] == documents[1]
    assert [await reminded(living) for living in (disputed, stranger)] == [[], []]
    assert sorted([(await reminded(living))[0][1] for living in (first, second)]) == [100, 600], "one fee for the document"
    (letter,) = [each for each in shop.world.letters() if documents[0] in each["subject"]]
    assert letter["subject"].startswith(f"Zahlungserinnerung {documents[0]}: ")
    assert "und 1 weitere" in letter["subject"]
    assert "Bitte zahlen Sie 87,00\N{NO-BREAK SPACE}EUR bis zum " in letter["body"]

    await second.pass_time(31.2)  # its own time comes: it was reminded, and is not again
    assert len(await reminded(second)) == 1
    for living, cents in ((first, 4_600), (second, 4_100)):
        await living.pay(cents)
        await living.ended()


async def test_a_payment_that_comes_while_the_mail_is_down_leaves_no_fee(shop: Shop) -> None:
    await customer(shop, "C-DOWN", QUICKLY)
    living = await delivered(shop, customer="C-DOWN")
    document = (await living.state()).invoices[0].document
    shop.world.outage("mail", True)
    passing = asyncio.create_task(living.pass_time(31.1))
    try:
        await living.trying("issue_reminder")
        await living.pay(4_000)
        await living.when(lambda s: s.invoices[0].paid.minor == 4_000)
    finally:
        shop.world.outage("mail", False)
    await passing
    await living.ended()
    assert await reminded(living) == []
    assert letters(living, document) == []
    assert (await money(living))["fees"] == 0


async def test_a_cancelled_reminder_steps_back_and_the_ladder_goes_on_the_next_day(shop: Shop) -> None:
    await customer(shop, "C-BACK", QUICKLY)
    living = await delivered(shop, customer="C-BACK")
    await living.pass_time(31.1)
    state = await living.when(lambda s: s.invoices[0].reminders == 1)
    document = state.invoices[0].issued[0].document
    wanted: dict[str, Any] = {"invoice": 1, "document": document, "reason": "the cheque lay in the post"}
    assert await living.refused(CancelReminder(**living.stamp(), **wanted)) == "Only a credit controller cancels a reminder."
    controller = living.stamp("credit") | {"roles": ("credit_controller",)}
    assert "REM-999999 is not the last reminder" in await living.refused(
        CancelReminder(**controller, **wanted | {"document": "REM-999999"})
    )
    await living.ask(CancelReminder(**living.stamp("credit") | {"roles": ("credit_controller",)}, **wanted))
    state = await living.when(lambda s: s.invoices[0].reminders == 0 and s.invoices[0].cancel_asked is None)
    assert (await money(living))["fees"] == 0
    assert state.invoices[0].reminded_due_at is None
    await living.pass_time(0.5)
    assert await reminded(living) == []
    await living.pass_time(1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    again = (await living.state()).invoices[0].issued
    assert [each.level for each in again] == [1], "no level is skipped"
    assert again[0].document != document
    await living.pay(4_600)
    await living.ended()


async def test_reminders_on_hold_wait_for_their_day_and_nobody_else_is_concerned(shop: Shop) -> None:
    await customer(shop, "C-HELD", QUICKLY)
    living = await delivered(shop, customer="C-HELD")
    until = datetime.now(UTC) + timedelta(days=40)
    assert await living.refused(HoldDunning(**living.stamp(), invoice=1, until=datetime.now(UTC))) == (
        "A hold of reminders needs a date in the future."
    )
    await living.ask(HoldDunning(**living.stamp(), invoice=1, until=until, reason="they moved"))
    assert await living.until(Wait.DUNNING_HOLD) == until
    await living.when(lambda s: not s.notes)
    assert [w.wait for w in (await living.view()).waits] == [Wait.DUNNING_HOLD]
    await living.pass_time(39.9)
    assert await reminded(living) == []
    await living.pass_time(0.3)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    await living.ask(HoldDunning(**living.stamp(), invoice=1, until=until + timedelta(days=9), reason="once more"))
    await living.ask(HoldDunning(**living.stamp(), invoice=1, lifted=True))
    await living.until(Wait.PAYMENT)
    await living.pay(4_600)
    await living.ended()


async def test_a_broken_promise_goes_on_at_the_next_level_and_holds_the_customer_until_the_money_comes(shop: Shop) -> None:
    await customer(shop, "C-WORD", QUICKLY)
    living = await delivered(shop, customer="C-WORD")
    await living.pass_time(31.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    await living.ask(PromiseToPay(**living.stamp("customer"), invoice=1, pay_by=datetime.now(UTC) + timedelta(days=33)))
    await living.until(Wait.PROMISE)
    assert not await on_credit_hold(shop, "C-WORD")
    await living.pass_time(2.1)
    state = await living.when(lambda s: s.invoices[0].reminders == 2 and not s.notes)
    assert [each.level for each in state.invoices[0].issued] == [1, 2]
    assert await on_credit_hold(shop, "C-WORD")
    await living.ask(PromiseToPay(**living.stamp("customer"), invoice=1, pay_by=datetime.now(UTC) + timedelta(days=50)))
    await living.when(lambda s: s.invoices[0].promised_by and not s.notes)
    assert not await on_credit_hold(shop, "C-WORD"), "a new promise is trusted until it is broken"
    await living.pay(4_000 + 600 + 900)
    await living.ended()
    assert not await on_credit_hold(shop, "C-WORD")


async def test_a_broken_promise_stops_the_customers_open_orders_and_one_payment_clears_ladder_and_stop(shop: Shop) -> None:
    """An order that was accepted before waits for goods; the promise about another one breaks; the goods come, and do not leave."""
    await customer(shop, "C-OPEN", QUICKLY, price_list="LIST")
    item = shop.rare()
    waiting = await shop.place(order(line(1, item, 2), customer="C-OPEN"), PATIENT)
    await waiting.until(Wait.STOCK)
    living = await delivered(shop, customer="C-OPEN")
    await living.pass_time(31.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    await living.ask(PromiseToPay(**living.stamp("customer"), invoice=1, pay_by=datetime.now(UTC) + timedelta(days=33)))
    await living.until(Wait.PROMISE)
    await living.pass_time(2.1)
    await living.when(lambda s: s.invoices[0].reminders == 2 and not s.notes)

    async with messenger(shop.client, shop.database, every=0.1):
        await shop.receive(item, 2)
        stopped = await waiting.when(lambda s: s.credit_stop is not None)
        assert stopped.credit_stop is not None
        assert any("promise" in reason or "reminder" in reason for reason in stopped.credit_stop.reasons)
        assert "pick task" not in waiting.effects()
        await living.pay(4_000 + 600 + 900)
        await living.when(lambda s: s.invoices[0].settled)
        await waiting.until(Wait.PICK)
    assert len(await reminded(living)) == 2, "the ladder ended with the payment"
    await living.ended()
    await waiting.cancel()


@answers(ExceptionKind.REMINDER_TO_PRINT, "acknowledge")
async def test_without_an_address_the_reminder_is_a_letter_that_somebody_prints(shop: Shop) -> None:
    await customer(shop, "C-POST", QUICKLY, email="")
    living = await delivered(shop, customer="C-POST")
    await living.pass_time(31.1)
    asked = await living.exception(ExceptionKind.REMINDER_TO_PRINT)
    state = await living.when(lambda s: s.invoices[0].reminders == 1)
    document = state.invoices[0].issued[0].document
    assert asked.detail == f"{document} has no e-mail address to go to: print it (oms reminder print {document}) and send it by post."
    await living.decide(ExceptionKind.REMINDER_TO_PRINT, "acknowledge")
    await living.pay(4_600)
    await living.ended()
    assert [each for each in shop.world.letters() if document in each["subject"]] == []
