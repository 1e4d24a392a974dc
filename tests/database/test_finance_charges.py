"""Finance charges in the database: posted once on the customer's account, whatever runs how often."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.orm import Session

from database import finance_charges, payments
from database.accounts import on_account
from database.tables import Customer
from domain.finance_charges import FinanceCharge, FinanceChargeTerms, Method, Rate
from domain.money_steps import ApplyPayment, Part
from domain.steps import Recorded
from tests.database.builders import DAY, NOW, House, eur, line, step

DUE = NOW + 30 * DAY
CONTRACT = FinanceChargeTerms(
    code="CONTRACT",
    method=Method.AVERAGE_DAILY_BALANCE,
    rates=(Rate(from_date=date(2026, 1, 1), percent=Decimal(3), period=30),),
)


async def contract(house: House, terms: FinanceChargeTerms = CONTRACT) -> None:
    def agree(session: Session) -> None:
        finance_charges.write_charge_terms(session, terms)
        session.execute(update(Customer).where(Customer.customer == "C-1").values(finance_charge_terms=terms.code))

    await house.database.transaction(agree)


async def charge(house: House, until: datetime) -> list[FinanceCharge]:
    return await house(finance_charges.post_charges, "C-1", until.date(), until + DAY)


async def test_a_charge_stands_on_the_customers_account_and_no_day_is_charged_twice(house: House) -> None:
    """100.00 at 3 % in 30 days: 3.00 for the first thirty days, then 50.00 for ten more: 0.50."""
    placed = await house.shipped_order("1", line(1, "KETTLE", 2))
    await house.invoice(placed, due_at=DUE)
    await contract(house)
    assert await house(finance_charges.charged_customers) == ["C-1"]
    tried = await house(finance_charges.try_charges, "C-1", (DUE + 30 * DAY).date())
    assert [(each.total, each.document) for each in tried] == [(eur(300), "")]
    (first,) = await charge(house, DUE + 30 * DAY)
    assert (first.document, first.total) == ("FC-000001", eur(300))
    assert await charge(house, DUE + 30 * DAY) == []
    assert await house(on_account, "C-1", "EUR") == -300
    request = ApplyPayment(
        **step("pay/half", placed.key) | {"at": DUE + 30 * DAY},
        payment="half",
        amount=eur(5_000),
        parts=(Part(invoice=1, amount=eur(5_000)),),
    )
    await house.once(request, Recorded, payments.apply_payment)
    (second,) = await charge(house, DUE + 40 * DAY)
    assert [(each.days, each.balance, each.amount) for each in second.lines] == [(10, eur(5_000), eur(50))]
    assert await house(on_account, "C-1", "EUR") == -350
    assert await house.audit() == []


async def test_who_has_no_terms_and_what_is_prepaid_or_disputed_bears_nothing(house: House) -> None:
    placed = await house.shipped_order("1", line(1, "KETTLE", 2))
    await house.invoice(placed, due_at=DUE)
    assert await house(finance_charges.try_charges, "C-1", (DUE + 30 * DAY).date()) == []
    await contract(house)

    def dispute(session: Session) -> None:
        from database.tables import Invoice

        session.execute(update(Invoice).values(dispute_review_at=DUE + 90 * DAY))

    await house.database.transaction(dispute)
    assert await charge(house, DUE + 30 * DAY) == []
