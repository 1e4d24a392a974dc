"""Waves and scans: tasks are gathered once, walked in order, and confirmed by what was really scanned."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from database import counting, lots, outbox, picking, serials, shipments, waves
from domain.errors import Conflict, NotFound, Refused, StepUndone
from domain.messages import PickConfirmed
from domain.steps import CancelPicks
from tests.database.builders import DAY, NOW, House, line, order, step
from tests.database.floor_builders import Floor

MIXED = (line(1, "DRONE", 1, price="900.00"), line(2, "KETTLE", 2), line(3, "GRINDER", 3), line(4, "COFFEE", 5))


@pytest.fixture
async def floor(house: House) -> Floor:
    return await Floor(house).furnish()


async def test_a_wave_is_walked_zone_by_zone_like_a_serpent(floor: Floor) -> None:
    await floor.release(order("1", *MIXED))
    wave = await floor.gather()
    assert [(task.position, task.zone, task.bin, task.item, task.lot, task.quantity) for task in wave.tasks] == [
        (1, "A", "B-01", "KETTLE", "", 2),
        (2, "A", "B-02", "COFFEE", "L-LATER", 1),
        (3, "A", "B-04", "DRONE", "", 1),
        (4, "A", "B-03", "COFFEE", "L-SOON", 4),
        (5, "COLD", "B-09", "GRINDER", "", 3),
    ]
    assert (wave.wave, wave.location, wave.open, wave.units, wave.shipments) == ("W-000001", "BERLIN", 5, 11, 1)
    assert (await floor.house.database.read(waves.list_waves)) == [wave]


async def test_waves_are_gathered_by_zone_cut_off_and_urgency(floor: Floor) -> None:
    late = order("1", line(1, "KETTLE", 1), line(2, "GRINDER", 1))
    urgent = order("2", line(1, "KETTLE", 1), requested_at=NOW + timedelta(days=2))
    await floor.release(late, due=NOW + 3 * DAY)
    await floor.release(urgent)
    [kept, cold] = await floor.house.database.read(waves.backlog, "BERLIN")
    assert (kept.zone, kept.tasks, kept.units, kept.shipments, kept.urgent, kept.next_cut_off) == ("A", 2, 2, 2, 1, NOW + DAY)
    assert (cold.zone, cold.tasks, cold.urgent, cold.next_cut_off) == ("COLD", 1, 0, NOW + 3 * DAY)
    assert [task.item for task in (await floor.gather(zone="COLD")).tasks] == ["GRINDER"]
    assert [task.order for task in (await floor.gather(cut_off=NOW + 2 * DAY)).tasks] == ["shopify/2"]
    with pytest.raises(Refused, match="Nothing is released to pick at BERLIN that fits and is in no wave yet"):
        await floor.gather(priority=1)
    assert [task.order for task in (await floor.gather()).tasks] == ["shopify/1"]
    with pytest.raises(NotFound, match="There is no location 'PARIS'"):
        await floor.gather("PARIS")


async def test_a_wave_takes_whole_shipments_the_most_urgent_first(floor: Floor) -> None:
    for n in ("1", "2", "3"):
        wanted = {"requested_at": NOW} if n == "3" else {}
        await floor.release(order(n, line(1, "KETTLE", 1), line(2, "GRINDER", 1), **wanted))
    wave = await floor.gather(most=5)
    assert sorted({task.order for task in wave.tasks}) == ["shopify/1", "shopify/3"]


async def test_a_task_is_in_one_wave_when_two_are_gathered_at_once(floor: Floor) -> None:
    await floor.release(order("1", line(1, "KETTLE", 1)))
    outcomes = await asyncio.gather(floor.gather(), floor.gather(), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refused", "WaveView"]


async def test_when_everything_is_scanned_the_order_hears_what_came_from_which_bin(floor: Floor) -> None:
    placed = order("1", line(1, "COFFEE", 5), line(2, "KETTLE", 2))
    await floor.release(placed)
    wave = (await floor.gather()).wave
    first = await floor.scan(wave, "KETTLE", "B-01", 1)
    assert (first.taken, first.left, first.confirmed, first.next_stop) == (1, 1, (), "1 x KETTLE from B-01")
    await floor.scan(wave, "KETTLE", "B-01", 1)
    await floor.scan(wave, "COFFEE", "B-02", 1, lot="L-LATER")
    assert await floor.facts() == []
    last = await floor.scan(wave, "COFFEE", "B-03", 4, lot="L-SOON")
    assert [(done.order, done.shipment, done.picked, done.asked) for done in last.confirmed] == [("shopify/1", 1, 7, 7)]
    assert last.next_stop == ""
    [fact] = await floor.facts()
    assert (fact.message_id, fact.actor) == ("floor/shopify/1/shipment/1/release", "picker")
    assert {(part.line, part.bin, part.lot, part.quantity) for part in fact.taken} == {
        (1, "B-03", "L-SOON", 4),
        (1, "B-02", "L-LATER", 1),
        (2, "B-01", "", 2),
    }
    await floor.book_picks()
    assert await floor.status(placed) == "picked"
    assert await floor.facts() == []


async def test_a_picker_takes_the_units_of_several_orders_in_one_scan(floor: Floor) -> None:
    for n in ("1", "2"):
        await floor.release(order(n, line(1, "KETTLE", 2)))
    wave = (await floor.gather()).wave
    done = await floor.scan(wave, "KETTLE", "B-01", 3)
    assert ([each.order for each in done.confirmed], done.left) == (["shopify/1"], 1)
    with pytest.raises(Refused, match=r"for shopify/1\.$"):
        await floor.scan(wave, "KETTLE", "B-01", 1, order="shopify/1")
    assert (await floor.scan(wave, "KETTLE", "B-01", 1, order="shopify/2")).confirmed[0].order == "shopify/2"


async def test_the_same_scan_is_taken_once_also_when_it_comes_twice_at_once(floor: Floor) -> None:
    await floor.release(order("1", line(1, "KETTLE", 4)))
    wave = (await floor.gather()).wave
    answers = await asyncio.gather(*(floor.scan(wave, "KETTLE", "B-01", 2, scan="gun-7/1") for _ in range(3)))
    assert sorted(answer.repeated for answer in answers) == [False, True, True]
    assert {(answer.taken, answer.left) for answer in answers} == {(2, 2)}
    with pytest.raises(Conflict, match="Scan gun-7/1 is known with other content"):
        await floor.scan(wave, "KETTLE", "B-01", 1, scan="gun-7/1")
    assert (await floor.house.database.read(waves.show, wave)).picked == 2


async def test_two_pickers_at_one_bin_take_no_more_than_is_wanted(floor: Floor) -> None:
    await floor.release(order("1", line(1, "KETTLE", 3)))
    wave = (await floor.gather()).wave
    outcomes = await asyncio.gather(*(floor.scan(wave, "KETTLE", "B-01", 2) for _ in range(2)), return_exceptions=True)
    assert sorted(str(each) if isinstance(each, Refused) else "taken" for each in outcomes) == [
        "W-000001 expects 1 x KETTLE from B-01, not 2.",
        "taken",
    ]


WRONG: list[tuple[str, str, int, dict[str, str], str]] = [
    ("KETTLE", "B-02", 2, {}, "W-000001 expects from this bin 1 x COFFEE from B-02 of lot L-LATER, not KETTLE from B-02."),
    ("KETTLE", "B-77", 2, {}, "W-000001 expects of this item 2 x KETTLE from B-01, not KETTLE from B-77."),
    ("TEAPOT", "B-77", 2, {}, "W-000001 expects next 2 x KETTLE from B-01, not TEAPOT from B-77."),
    ("KETTLE", "B-01", 3, {}, "W-000001 expects 2 x KETTLE from B-01, not 3."),
    ("KETTLE", "B-01", 0, {}, "A scan of no unit says nothing, unless the bin is empty: say that it is short."),
    ("COFFEE", "B-03", 4, {}, "COFFEE in B-03 is picked by lot: scan the lot too (L-SOON)."),
    ("COFFEE", "B-03", 4, {"lot": "L-PAST"}, "W-000001 expects from this bin 4 x COFFEE from B-03 of lot L-SOON, not COFFEE"),
    ("DRONE", "B-04", 1, {}, "DRONE is kept by serial number: 1 units need 1 numbers, 0 were scanned."),
]
"""Item, bin, units and details of a scan of the wave `MIXED`, and the sentence with which it is refused."""


async def test_a_wrong_scan_is_refused_with_what_was_expected_and_changes_nothing(floor: Floor) -> None:
    await floor.release(order("1", *MIXED))
    wave = await floor.gather()
    for item, bin_, quantity, details, sentence in WRONG:
        with pytest.raises(Refused) as refused:
            await floor.scan(wave.wave, item, bin_, quantity, scan="s", **details)
        assert str(refused.value).startswith(sentence)
    assert await floor.house.database.read(waves.show, wave.wave) == wave
    right = await floor.scan(wave.wave, "KETTLE", "B-01", 2, scan="s")
    assert right.taken == 2, "an id whose scan was refused is free again"


async def test_a_serial_number_is_in_one_shipment_at_a_time(floor: Floor) -> None:
    placed, other = order("1", line(1, "DRONE", 2, price="900.00")), order("2", line(1, "DRONE", 1, price="900.00"))
    await floor.release(placed)
    wave = (await floor.gather()).wave
    with pytest.raises(Refused, match="Serial number D-1 was scanned twice"):
        await floor.scan(wave, "DRONE", "B-04", 2, serials=("D-1", "D-1"))
    await floor.scan(wave, "DRONE", "B-04", 2, serials=("D-1", "D-2"))
    await floor.book_picks()
    await floor.release(other)
    second = (await floor.gather()).wave
    with pytest.raises(Refused, match="DRONE with serial number D-2 was picked for shopify/1 shipment 1 already"):
        await floor.scan(second, "DRONE", "B-04", 1, serials=("D-2",))
    await floor.scan(second, "DRONE", "B-04", 1, serials=("D-3",))
    (unit,) = await floor.house(serials.of_unit, "D-2")
    assert (unit.order, unit.item, unit.location, unit.status, unit.delivered_at) == ("shopify/1", "DRONE", "BERLIN", "picked", None)
    assert [each.serial for each in await floor.house(serials.of_order, "shopify/1")] == ["D-1", "D-2"]
    with pytest.raises(NotFound, match="There is no serial number of KETTLE 'D-2'"):
        await floor.house(serials.of_unit, "D-2", "KETTLE")


async def test_an_empty_bin_closes_its_picks_short_and_has_the_bin_counted(floor: Floor) -> None:
    placed = order("1", line(1, "COFFEE", 5), line(2, "KETTLE", 2))
    await floor.release(placed)
    wave = (await floor.gather()).wave
    await floor.scan(wave, "KETTLE", "B-01", 2)
    await floor.scan(wave, "COFFEE", "B-02", 1, lot="L-LATER")
    last = await floor.scan(wave, "COFFEE", "B-03", 1, lot="L-SOON", short=True)
    assert [(done.picked, done.asked) for done in last.confirmed] == [(4, 7)]
    await floor.book_picks()
    left = await floor.house.database.read(lots.lots_in_stock, ["COFFEE"])
    assert [(view.lot, view.on_hand, view.reserved) for view in left] == [("L-LATER", 6, 1), ("L-PAST", 9, 0), ("L-SOON", 1, 1)]
    assert [(task.bin, task.lot, task.reason) for task in await floor.house.database.read(counting.views)] == [
        ("B-03", "L-SOON", "short_pick")
    ]


async def test_units_of_a_lot_that_was_blocked_after_all_stay_where_they_are(floor: Floor) -> None:
    placed = order("1", line(1, "COFFEE", 2))
    await floor.release(placed)
    wave = (await floor.gather()).wave
    await floor.house(lots.block, "COFFEE", "L-SOON", "glass in it", NOW, "quality")
    with pytest.raises(Refused, match=r"Lot L-SOON of COFFEE is blocked \(glass in it\): leave it where it is and close the pick short"):
        await floor.scan(wave, "COFFEE", "B-03", 2, lot="L-SOON")
    await floor.scan(wave, "COFFEE", "B-03", 0, lot="L-SOON", short=True)
    await floor.book_picks()
    stock = await floor.house.database.read(lots.lots_in_stock, ["COFFEE"], "L-SOON")
    assert [(view.on_hand, view.reserved) for view in stock] == [(4, 0)]
    assert await floor.status(placed) == "cancelled"


async def test_a_release_is_taken_once_and_a_cancelled_one_never_again(floor: Floor) -> None:
    placed = order("1", line(1, "KETTLE", 2))
    await floor.release(placed)
    key = "shopify/1/shipment/1/release"
    again = await floor.house(picking.release, key, placed.key, 1, "BERLIN", (), NOW, NOW, DAY)
    assert again == "F-000001"
    wave = (await floor.gather()).wave
    await floor.scan(wave, "KETTLE", "B-01", 1)
    assert await floor.house(picking.cancel, key, NOW)
    given_up = await floor.house.database.read(waves.show, wave)
    assert (given_up.units, given_up.picked, given_up.put_back) == (0, 0, 1)
    await floor.house.undo(CancelPicks(**step("cancel_picks", placed.key), shipment=1, undoes=key), key, shipments.cancel_picks)
    assert await floor.house(picking.cancel, key, NOW)
    with pytest.raises(StepUndone):
        await floor.house(picking.release, key, placed.key, 1, "BERLIN", (), NOW, NOW, DAY)
    with pytest.raises(Refused, match="Everything of W-000001 is picked already"):
        await floor.scan(wave, "KETTLE", "B-01", 2)
    assert not await floor.house(picking.cancel, "shopify/9/shipment/1/release", NOW)
    with pytest.raises(StepUndone):
        await floor.house(picking.release, "shopify/9/shipment/1/release", placed.key, 1, "BERLIN", (), NOW, NOW, DAY)


async def test_a_pick_that_was_told_without_scans_is_walked_by_nobody(floor: Floor) -> None:
    placed = order("1", line(1, "KETTLE", 2), line(2, "GRINDER", 1))
    await floor.release(placed)
    wave = (await floor.gather()).wave
    await floor.scan(wave, "KETTLE", "B-01", 1)
    await floor.house.pick(placed, l1=2, l2=1)
    assert [(task.item, task.picked, task.status) for task in (await floor.house.database.read(waves.show, wave)).tasks] == [
        ("KETTLE", 1, "told"),
        ("GRINDER", 0, "told"),
    ]
    with pytest.raises(Refused, match="nothing is expected any more"):
        await floor.scan(wave, "KETTLE", "B-01", 1)
    assert await floor.facts() == []


async def test_a_fact_stands_in_the_outbox_until_it_was_told(floor: Floor) -> None:
    fact = PickConfirmed(message_id="floor/x", occurred_at=NOW, actor="picker", shipment=1, lines=())
    for _ in range(2):
        await floor.house(outbox.put, "shopify/1", fact, NOW)
    [untold] = await floor.house.database.read(outbox.untold)
    assert (untold.order, untold.fact) == ("shopify/1", fact)
    await floor.house(outbox.told, "floor/x", NOW)
    await floor.house(outbox.put, "shopify/1", fact, NOW)
    assert await floor.house.database.read(outbox.untold) == []
