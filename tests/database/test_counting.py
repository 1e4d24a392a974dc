"""Counts: who may book a difference, what it does to stock that orders wait for, and that a unit is corrected once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from database import counting, outbox, reading
from database.tables import StockMovement
from domain.counting import PlanCount, Tolerance
from domain.errors import NotFound, Refused
from tests.database.builders import NOW, House, line, order
from tests.database.floor_builders import Floor


@pytest.fixture
async def floor(house: House) -> Floor:
    return await Floor(house).furnish()


async def stock(floor: Floor, item: str, bin_: str) -> tuple[int, int]:
    rows = await floor.house.database.read(reading.stock, item)
    return next((row.on_hand, row.reserved) for row in rows if row.bin == bin_)


async def adjustments(floor: Floor) -> list[tuple[str, int, str, str]]:
    def read(session: Session) -> list[tuple[str, int, str, str]]:
        rows = session.scalars(select(StockMovement).where(StockMovement.kind == "adjustment").order_by(StockMovement.id))
        return [(row.item, row.quantity, row.actor, row.reason) for row in rows]

    return await floor.house.database.read(read)


async def test_a_count_that_agrees_is_done_and_a_small_difference_is_booked_at_once(floor: Floor) -> None:
    agreed = await floor.counted("KETTLE", "B-01", 10)
    assert (agreed.status, agreed.variance, agreed.adjusted) == ("posted", 0, 0)
    small = await floor.counted("FILTER", "B-03", 18, Tolerance(units=2, value=0))
    assert (small.status, small.adjusted, small.decided_by) == ("posted", -2, "counter")
    assert await adjustments(floor) == [("FILTER", -2, "counter", "CT-000002: counted 18, expected 20; within tolerance")]
    assert await stock(floor, "FILTER", "B-03") == (18, 0)


async def test_a_larger_difference_waits_for_somebody_else_and_is_booked_once(floor: Floor) -> None:
    waiting = await floor.counted("DRONE", "B-04", 2, Tolerance(units=5, value=89_999))
    assert (waiting.status, waiting.variance, waiting.value, waiting.adjusted) == ("counted", -1, -90_000, None)
    assert await stock(floor, "DRONE", "B-04") == (3, 0)
    with pytest.raises(Refused, match=r"^CT-000001 was counted by counter: somebody else has to approve it\.$"):
        await floor.house(counting.approve, waiting.task, NOW, "counter")
    approvals = await asyncio.gather(*(floor.house(counting.approve, waiting.task, NOW, "lead", "stolen") for _ in range(2)))
    assert sorted(each.repeated for each in approvals) == [False, True]
    assert await adjustments(floor) == [("DRONE", -1, "lead", "CT-000001: counted 2, expected 3; stolen")]
    assert await stock(floor, "DRONE", "B-04") == (2, 0)


async def test_the_same_count_twice_is_one_and_another_is_refused(floor: Floor) -> None:
    task = (await floor.counted("KETTLE", "B-01", 7)).task
    assert (await floor.enter(task, 7)).repeated
    with pytest.raises(Refused, match=r"^CT-000001 was counted already: 7 units by counter\.$"):
        await floor.enter(task, 8)
    with pytest.raises(NotFound):
        await floor.enter("CT-9", 1)


async def test_a_count_nobody_believes_is_repeated(floor: Floor) -> None:
    doubtful = (await floor.counted("KETTLE", "B-01", 1)).task
    again = await floor.house(counting.recount, doubtful, NOW, "lead")
    assert (again.task, again.reason, again.status) == ("CT-000002", "recount", "open")
    assert (await floor.house(counting.recount, doubtful, NOW, "lead")).repeated
    with pytest.raises(Refused, match="CT-000001 is recounted: there is no count to approve"):
        await floor.house(counting.approve, doubtful, NOW, "lead")
    assert (await floor.enter(again.task, 10)).adjusted == 0
    assert await stock(floor, "KETTLE", "B-01") == (10, 0)


async def test_what_stands_at_the_packing_table_is_not_missed_in_the_bin(floor: Floor) -> None:
    """Three of ten are picked, two more are scanned and not yet booked: five lie in the bin, and the count agrees."""
    for n, units in (("1", 3), ("2", 2)):
        await floor.release(order(n, line(1, "KETTLE", units)))
        await floor.scan((await floor.gather()).wave, "KETTLE", "B-01", units)
        if n == "1":
            await floor.book_picks()
    agreed = await floor.counted("KETTLE", "B-01", 5)
    assert (agreed.expected, agreed.variance, agreed.status) == (5, 0, "posted")
    assert await stock(floor, "KETTLE", "B-01") == (10, 5)


async def test_stock_that_was_found_is_told_to_the_orders_that_wait_for_it(floor: Floor) -> None:
    await floor.release(order("1", line(1, "DRONE", 5, price="900.00")))
    found = (await floor.counted("DRONE", "B-04", 4)).task
    await floor.house(counting.approve, found, NOW, "lead")
    assert await stock(floor, "DRONE", "B-04") == (4, 3)
    [told] = await floor.house.database.read(outbox.untold)
    assert (told.message_id, told.order, told.name) == ("count/CT-000001/shopify/1", "shopify/1", "stock_arrived")


async def test_a_short_pick_has_its_bin_counted_and_the_rest_of_the_difference_is_booked(floor: Floor) -> None:
    """Of ten kettles two are asked for and one is found; the count finds the bin empty, so seven more are gone."""
    await floor.release(order("1", line(1, "KETTLE", 2)))
    await floor.scan((await floor.gather()).wave, "KETTLE", "B-01", 1, short=True)
    await floor.book_picks()
    [task] = await floor.house.database.read(counting.views)
    assert (task.bin, task.reason, task.opened_by) == ("B-01", "short_pick", "picker")
    counted = await floor.enter(task.task, 0)
    assert (counted.expected, counted.variance, counted.held_up) == (8, -8, "")
    assert (await floor.house(counting.approve, task.task, NOW, "lead")).adjusted == -8
    assert await stock(floor, "KETTLE", "B-01") == (1, 1)


async def test_units_that_orders_wait_to_pick_are_given_up_before_they_are_written_off(floor: Floor) -> None:
    placed, urgent = order("1", line(1, "KETTLE", 4)), order("2", line(1, "KETTLE", 3), requested_at=NOW)
    await floor.release(placed)
    await floor.release(urgent)
    task = (await floor.counted("KETTLE", "B-01", 5)).task
    with pytest.raises(Refused) as refused:
        await floor.house(counting.approve, task, NOW, "lead")
    assert str(refused.value) == (
        "CT-000001 cannot be booked yet: 7 of KETTLE in B-01 are kept for orders and 5 would be left. Not picked yet are 4 for shopify/1 "
        "shipment 1, 3 for shopify/2 shipment 1: give 2 up (`oms count give-up CT-000001`; `oms pick ORDER --line LINE=UNITS` for what "
        "another warehouse picks)."
    )
    assert await stock(floor, "KETTLE", "B-01") == (10, 7)
    closed = await floor.house(counting.give_up, task, NOW, "lead")
    assert [(done.order, done.picked, done.asked) for done in closed] == [("shopify/1", 0, 4)]
    await floor.book_picks()
    assert await floor.status(placed) == "cancelled"
    assert await stock(floor, "KETTLE", "B-01") == (6, 3)
    booked = await floor.house(counting.approve, task, NOW, "lead")
    assert booked.adjusted == -1, "four left with the short pick; five are there"
    assert await stock(floor, "KETTLE", "B-01") == (5, 3)


async def test_a_count_and_an_order_that_come_at_once_never_leave_more_kept_than_there_is(floor: Floor) -> None:
    placed = order("1", line(1, "KETTLE", 8))
    await floor.house.accept(placed)
    task = (await floor.counted("KETTLE", "B-01", 6)).task
    outcomes = await asyncio.gather(floor.house.allocate(placed), floor.house(counting.approve, task, NOW, "lead"), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    on_hand, reserved = await stock(floor, "KETTLE", "B-01")
    assert (on_hand, reserved) == ((10, 8) if refused else (6, 6))


async def test_what_another_warehouse_picks_cannot_be_given_up_here(floor: Floor) -> None:
    placed = order("1", line(1, "KETTLE", 4))
    await floor.house.accept(placed)
    await floor.house.allocate(placed)
    task = (await floor.counted("KETTLE", "B-01", 1)).task
    with pytest.raises(Refused, match=r"^No pick of our own floor stands in the way of CT-000001: 4 of KETTLE in B-01 are kept for orders"):
        await floor.house(counting.give_up, task, NOW, "lead")
    await floor.house.pick(placed, l1=1)
    assert (await floor.house(counting.approve, task, NOW, "lead")).adjusted == -6
    assert await stock(floor, "KETTLE", "B-01") == (1, 1)


async def test_a_plan_opens_a_task_for_every_bin_and_lot_once(floor: Floor) -> None:
    async def planned(**wanted: Any) -> list[tuple[str, str, str]]:
        found = await floor.house(counting.plan, PlanCount(location="BERLIN", at=NOW, actor="planner", **wanted))
        return [(task.bin, task.item, task.lot) for task in found]

    assert await planned(bin="B-03", item="COFFEE") == [("B-03", "COFFEE", "L-PAST"), ("B-03", "COFFEE", "L-SOON")]
    assert await planned(zone="COLD") == [("B-09", "GRINDER", "")]
    with pytest.raises(Refused, match="There is no stock at BERLIN that fits and is not being counted already"):
        await planned(zone="COLD")
    await floor.house.shipped_order("1", line(1, "KETTLE", 2))
    assert await planned(abc="A") == [("B-01", "KETTLE", "")]
    assert len(await planned(most=2)) == 2
    with pytest.raises(NotFound):
        await floor.house(counting.plan, PlanCount(location="PARIS", at=NOW, actor="planner"))


async def test_a_lot_is_counted_and_corrected_by_itself(floor: Floor) -> None:
    tasks = await floor.house(counting.plan, PlanCount(location="BERLIN", item="COFFEE", bin="B-03", at=NOW, actor="planner"))
    soon = next(task for task in tasks if task.lot == "L-SOON")
    await floor.release(order("1", line(1, "COFFEE", 3)))
    counted = await floor.enter(soon.task, 3)
    assert (counted.expected, counted.variance, counted.held_up) == (4, -1, "")
    await floor.house(counting.approve, soon.task, NOW, "lead")
    assert await stock(floor, "COFFEE", "B-03") == (12, 3)
