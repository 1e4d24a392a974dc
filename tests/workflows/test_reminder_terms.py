"""Reminders by the customer's terms, through real orders in virtual time: the worked case, the pauses, what is cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database.reminder_terms import give_terms, write_terms
from database.tables import Customer, Reminder, ReminderDocument
from domain.lifecycle import Wait
from domain.messages import CancelReminder, DisputeInvoice, HoldDunning, PromiseToPay
from domain.policies import Policies
from domain.reminder_terms import Fee, ReminderTerms, TermsLevel
from tests.workflows.lives import delivered, letters, money, on_credit_hold
from tests.workflows.shop import Living, Shop, line, order

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
