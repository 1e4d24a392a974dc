"""Prices and tax rates are changed from a day on, by whoever may, with who and why; what was is never written over."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import agreements, pricing
from database.audit import audit
from database.tables import Customer
from domain.errors import NotFound, Refused
from domain.pricing.agreeing import Agreed, ListedPrice
from domain.pricing.conditions import CONDITION, Condition
from domain.pricing.pricing import price_order
from domain.pricing.taxes import TaxRate
from tests.database.builders import NOW, House, line, order

TODAY = NOW.date()
PRICING = Agreed(actor="anna", roles=("pricing",), reason="yearly talk", at=NOW)
FINANCE = Agreed(actor="fiona", roles=("finance_manager",), reason="new law", at=NOW)
DAY = timedelta(days=1)


def contract(name: str = "K-7", price: str = "45.00", **changes: Any) -> Condition:
    said = {"kind": "contract", "id": name, "customer": "C-1", "item": "KETTLE", "price": price, "currency": "EUR"}
    return CONDITION.validate_python(said | changes)


def vat(rate: str, first: Any, **changes: Any) -> TaxRate:
    return TaxRate(country="DE", title="MwSt", rate=Decimal(rate), valid_from=first, **changes)


async def test_a_contract_is_agreed_once_and_never_rewritten(house: House) -> None:
    run = house.database.transaction
    assert await run(agreements.agree, [contract()], PRICING) == ["K-7"]
    assert await run(agreements.agree, [contract()], PRICING) == []
    with pytest.raises(Refused, match="K-7 stands with other words"):
        await run(agreements.agree, [contract("K-8"), contract(price="44.00")], PRICING)
    assert [rule.id for rule in await house.database.read(agreements.conditions, None, "C-1", "KETTLE", "contract")] == ["K-7"]
    ended = await run(agreements.end_condition, "K-7", TODAY - DAY, PRICING)
    assert ended.valid_to == TODAY - DAY
    assert await house.database.read(agreements.conditions, TODAY, "C-1", "KETTLE", "contract") == []
    (end, agreed) = await house.database.read(agreements.history, "K-7")
    assert (agreed.actor, agreed.reason, agreed.what.startswith("agreed: contract, ")) == ("anna", "yearly talk", True)
    assert end.what == f"ends on {TODAY - DAY}"


async def test_what_has_not_begun_is_withdrawn_and_what_is_over_stays_over(house: House) -> None:
    run = house.database.transaction
    await run(agreements.agree, [contract(valid_from=TODAY + 9 * DAY)], PRICING)
    await run(agreements.end_condition, "K-7", TODAY - DAY, PRICING)
    assert await house.database.read(agreements.conditions) == []
    await run(agreements.agree, [contract("K-9", valid_to=TODAY - 2 * DAY)], PRICING)
    with pytest.raises(Refused, match="K-9 ended on"):
        await run(agreements.end_condition, "K-9", TODAY, PRICING)
    await run(agreements.agree, [contract("K-10")], PRICING)
    with pytest.raises(Refused, match="is over"):
        await run(agreements.end_condition, "K-10", TODAY - 5 * DAY, PRICING)


async def test_only_who_may_changes_prices_and_everything_named_has_to_exist(house: House) -> None:
    run = house.database.transaction
    nobody = PRICING.model_copy(update={"actor": "gus", "roles": ("returns_clerk",)})
    with pytest.raises(Refused, match=r"This takes the role pricing or finance_manager; gus is returns_clerk\."):
        await run(agreements.agree, [contract()], nobody)
    with pytest.raises(Refused, match="Say why"):
        await run(agreements.agree, [contract()], PRICING.model_copy(update={"reason": " "}))
    with pytest.raises(Refused, match="This takes the role tax or finance_manager"):
        await run(agreements.set_tax, [vat("0.2", TODAY)], PRICING)
    for wrong in ({"customer": "C-404"}, {"item": "TEAPOT"}, {"item_group": "NONE"}):
        with pytest.raises(NotFound):
            await run(agreements.agree, [contract(**wrong)], PRICING)
    assert await house.database.read(agreements.conditions) == []
    assert await house.database.read(agreements.history) == []


async def test_a_list_price_is_set_with_what_it_was(house: House) -> None:
    run = house.database.transaction
    assert await run(agreements.set_listed, [ListedPrice(price_list="TRADE", item="KETTLE", price=Decimal("55.5"))], PRICING) == 1
    assert await run(agreements.set_listed, [ListedPrice(price_list="TRADE", item="KETTLE", price=Decimal("55.50"))], PRICING) == 0
    (price,) = await house.database.read(agreements.listed, TODAY, "TRADE", "KETTLE")
    assert str(price.price) == "55.50"
    (event,) = await house.database.read(agreements.history, "list TRADE KETTLE")
    assert event.what == "55.50 EUR instead of 50.00"


async def test_a_list_price_from_a_day_to_come_holds_from_that_day_on(house: House) -> None:
    run, january = house.database.transaction, TODAY + 36 * DAY
    later = ListedPrice(price_list="TRADE", item="KETTLE", price=Decimal("57.00"), valid_from=january)
    assert await run(agreements.set_listed, [later], PRICING) == 1
    assert await run(agreements.set_listed, [later], PRICING) == 0
    now = ListedPrice(price_list="TRADE", item="KETTLE", price=Decimal("50.00"))
    assert await house.database.read(agreements.listed, TODAY, "TRADE", "KETTLE") == [now, later]
    assert await charged(house, "1", NOW + 35 * DAY) == Decimal("50.00")
    assert await charged(house, "2", NOW + 36 * DAY) == Decimal("57.00")
    early = Agreed(actor="anna", roles=("pricing",), reason="in January", at=NOW + 40 * DAY)
    assert await run(agreements.set_listed, [now.model_copy(update={"price": Decimal("57.00")})], early) == 0, "it holds already"
    assert await run(agreements.set_listed, [now.model_copy(update={"price": Decimal("58.00")})], early) == 1
    assert await charged(house, "3", NOW + 41 * DAY) == Decimal("58.00")


async def test_a_planned_list_price_is_withdrawn_before_its_day_and_never_after(house: House) -> None:
    run, tomorrow = house.database.transaction, TODAY + DAY
    later = ListedPrice(price_list="TRADE", item="KETTLE", price=Decimal("57.00"), valid_from=tomorrow)
    await run(agreements.set_listed, [later], PRICING)
    with pytest.raises(Refused, match="The first day 2026-11-24 is over"):
        await run(agreements.withdraw_listed, "TRADE", "KETTLE", tomorrow, PRICING.model_copy(update={"at": NOW + 2 * DAY}))
    assert await run(agreements.withdraw_listed, "TRADE", "KETTLE", tomorrow, PRICING) == later
    assert [each.valid_from for each in await house.database.read(agreements.listed, TODAY, "TRADE", "KETTLE")] == [None]
    with pytest.raises(Refused, match="The first day 2026-11-23 is over"):
        await run(agreements.set_listed, [later.model_copy(update={"valid_from": TODAY})], PRICING)


async def charged(house: House, number: str, at: datetime) -> Decimal:
    """What a kettle costs in an order of that moment which leaves the price to us."""
    left = line().model_copy(update={"to_price": True, "unit_price": Decimal(0)})
    placed = order(number, left, placed_at=at)

    def priced(session: Session) -> Decimal:
        return price_order(placed, pricing.terms_of(session, placed, session.get(Customer, "C-1"))).placed.lines[0].unit_price

    return await house.database.read(priced)


async def test_a_new_tax_rate_ends_the_old_one_the_day_before(house: House) -> None:
    run = house.database.transaction
    january = TODAY + 36 * DAY
    await run(agreements.set_tax, [vat("0.19", TODAY)], FINANCE)
    assert await run(agreements.set_tax, [vat("0.2", january)], FINANCE) == 1
    assert await run(agreements.set_tax, [vat("0.2", january)], FINANCE) == 0
    held = await house.database.read(agreements.tax_rates, "DE")
    assert [(rate.rate, rate.valid_from, rate.valid_to) for rate in held] == [
        (Decimal("0.19"), TODAY, january - DAY),
        (Decimal("0.2"), january, None),
    ]
    await run(agreements.set_tax, [vat("0.16", TODAY + 5 * DAY)], FINANCE)  # between them
    held = await house.database.read(agreements.tax_rates, "DE")
    assert [(rate.rate, rate.valid_to) for rate in held] == [
        (Decimal("0.19"), TODAY + 4 * DAY),
        (Decimal("0.16"), january - DAY),
        (Decimal("0.2"), None),
    ]
    with pytest.raises(Refused, match="is over"):
        await run(agreements.set_tax, [vat("0.3", TODAY - DAY)], FINANCE)
    with pytest.raises(Refused, match="has a rate from"):
        await run(agreements.set_tax, [vat("0.3", january)], FINANCE)
    ended = await run(agreements.end_tax, vat("0", TODAY), january + 5 * DAY, FINANCE)
    assert (ended.rate, ended.valid_to) == (Decimal("0.2"), january + 5 * DAY)
    with pytest.raises(NotFound):
        await run(agreements.end_tax, vat("0", TODAY), january + 50 * DAY, FINANCE)
    assert await house.database.read(audit) == []


async def test_an_order_is_priced_by_what_was_agreed_and_keeps_it(house: House) -> None:
    run = house.database.transaction
    await run(agreements.agree, [contract(price="31.00")], PRICING)
    placed = order("77")
    await house.accept(placed)
    (before,) = await house.database.read(pricing.derivations, placed.key)
    await run(agreements.end_condition, "K-7", TODAY, PRICING)
    (after,) = await house.database.read(pricing.derivations, placed.key)
    assert before == after
    assert before.ours == Decimal("31.00")
