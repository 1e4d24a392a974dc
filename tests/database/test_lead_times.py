"""Lead times are what suppliers really took: from placing a purchase order to its receipts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from database import demand, lead_times, purchasing, supply
from domain.lead_times import Delivery
from domain.purchasing import PlacePurchase, PurchaseLine
from domain.replenishment import ItemPlanning, LeadFrom
from domain.steps import ReceiveStock
from tests.database.builders import DAY, NOW, House
from tests.database.buying import KETTLES, TODAY, plan_for, planning


async def bought(house: House, number: str, *came: tuple[int, int], item: str = "KETTLE", ordered: int = 10, ago: int = 60) -> None:
    """An order of some days ago; `came` are units and the days that they took."""
    placed = NOW - ago * DAY
    line = PurchaseLine(line=1, item=item, ordered=ordered, expected_at=placed + 14 * DAY)
    about: dict[str, Any] = {"purchase_order": number, "supplier": "HARIO", "location": "BERLIN"}
    await house(purchasing.place_purchase, PlacePurchase(**about, lines=(line,), at=placed, actor="buyer"))
    for part, (units, days) in enumerate(came):
        receipt = ReceiveStock(
            receipt=f"{number}-{part}", item=item, location="BERLIN", quantity=units, at=placed + days * DAY, actor="dock",
            purchase_order=number, purchase_line=1,
        )  # fmt: skip
        await house(supply.receive, receipt)


async def lead(house: House, **terms: Any) -> ItemPlanning:
    await house(plan_for, planning(**terms))
    [found] = await house(demand.evidence, [KETTLES], TODAY - timedelta(weeks=104), TODAY)
    return found.planning


async def test_mean_and_deviation_are_those_of_the_deliveries(house: House) -> None:
    """10, 12, 14, 16 and 18 days: the terms' 14 ± 3 become 14 ± √10."""
    for number, days in enumerate((10, 12, 14, 16, 18)):
        await bought(house, f"PO-{number}", (10, days))
    found = await lead(house, lead_days=30, lead_deviation=1)
    assert found.lead_days == 14
    assert found.lead_deviation == pytest.approx(10**0.5)


async def test_too_few_deliveries_leave_what_is_stated(house: House) -> None:
    for number in range(4):
        await bought(house, f"PO-{number}", (10, 9))
    found = await lead(house, lead_days=30, lead_deviation=1)
    assert (found.lead_days, found.lead_deviation) == (30, 1)


async def test_terms_that_are_to_count_count_whatever_came(house: House) -> None:
    for number in range(6):
        await bought(house, f"PO-{number}", (10, 9))
    assert (await lead(house, lead_days=30, lead_from=LeadFrom.TERMS)).lead_days == 30
    assert (await lead(house, lead_days=30)).lead_days == 9


async def test_an_item_with_few_deliveries_of_its_own_learns_from_its_supplier_s(house: House) -> None:
    for number in range(3):
        await bought(house, f"PO-K{number}", (10, 10))
        await bought(house, f"PO-F{number}", (10, 20), item="FILTER")
    assert (await lead(house)).lead_days == 15
    await bought(house, "PO-K3", (10, 10))
    await bought(house, "PO-K4", (10, 10))
    assert (await lead(house)).lead_days == 10  # five of its own: the others count no more


async def test_a_delivery_in_parts_counts_once_by_its_units_and_one_that_has_not_come_not_at_all(house: House) -> None:
    await bought(house, "PO-1", (8, 10), (2, 30))
    await bought(house, "PO-2")
    assert await house(lead_times.deliveries, ["HARIO"], TODAY) == {
        "HARIO": [Delivery(item="KETTLE", days=14, received=(NOW - 30 * DAY).date())]
    }


async def test_days_are_business_days_however_long_they_last(house: House) -> None:
    await bought(house, "PO-1", (10, 6))
    found = await house(lead_times.deliveries, ["HARIO"], TODAY, timedelta(hours=12))
    assert [each.days for each in found["HARIO"]] == [12]


async def test_what_came_on_the_day_of_the_plan_or_years_ago_is_left_out(house: House) -> None:
    await bought(house, "PO-1", (10, 60))
    await bought(house, "PO-2", (10, 9), ago=800)
    assert await house(lead_times.deliveries, ["HARIO"], TODAY) == {}
