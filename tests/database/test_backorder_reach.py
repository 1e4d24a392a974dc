"""Who wins can take what it wins: lots that live long enough for the customer, from locations with room for another shipment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from database.backorders import FULL, free_items_waited_for, next_look
from database.sourcing import full_for
from database.tables import LocationAbility, SourcingPolicyRow
from domain.sourcing.facts import SourcingPolicy
from tests.database.builders import DAY, NOW, House, line, order
from tests.database.floor_builders import LATER, SOON, Floor, by_lot
from tests.database.test_backorders import aside, receive, round_, seek, waits, wish, won


@pytest.fixture
async def floor(house: House) -> Floor:
    return await Floor(house).furnish()


async def room(house: House, shipments_per_day: int, days_ahead: int = 0) -> None:
    """Berlin ships so many a day, Lyon ships nothing here, and nobody waits for another day than these."""

    def write(session: Session) -> None:
        session.merge(LocationAbility(location="BERLIN", shipments_per_day=shipments_per_day))
        session.merge(LocationAbility(location="LYON", ships_to="FR"))
        session.merge(SourcingPolicyRow(channel="*", policy=SourcingPolicy(days_ahead=days_ahead).model_dump_json()))

    await house(write)


async def sold_out_of_coffee(floor: Floor) -> None:
    await floor.release(order("everything", line(1, "COFFEE", 10)))


async def test_short_lived_goods_go_past_a_customer_who_asks_for_more_to_the_next(floor: Floor) -> None:
    """C-3 wants ninety days of use: what ends on 10 December is not theirs to win, though they are first."""
    await sold_out_of_coffee(floor)
    long, anybody = wish("long", 5, "COFFEE", customer="C-3", placed_at=NOW - 9 * DAY), wish("anybody", 5, "COFFEE")
    await waits(floor.house, long, anybody)
    await floor.receive("COFFEE", 5, "L-SOON", SOON, bin_="B-03")
    assert await aside(floor.house, "COFFEE") == {"anybody": 5}
    assert by_lot(await seek(floor.house, anybody, attempt=2)) == [("B-03", "L-SOON", 5)]
    await floor.receive("COFFEE", 5, "L-LATER", LATER)
    assert await aside(floor.house, "COFFEE") == {"long": 5}
    got = await seek(floor.house, long, attempt=2)
    assert (got.short, by_lot(got)) == ((), [("B-02", "L-LATER", 5)])


async def test_of_two_lots_the_customer_wins_what_lives_long_enough_and_gets_it(floor: Floor) -> None:
    await sold_out_of_coffee(floor)
    await waits(floor.house, wish("long", 9, "COFFEE", customer="C-3"))
    await floor.receive("COFFEE", 4, "L-SOON", SOON, bin_="B-03")
    await floor.receive("COFFEE", 3, "L-LATER", LATER)
    assert await aside(floor.house, "COFFEE") == {"long": 3}
    got = await seek(floor.house, wish("long", 9, "COFFEE", customer="C-3"), attempt=2)
    assert by_lot(got) == [("B-02", "L-LATER", 3)]
    assert [(short.asked, short.available) for short in got.short] == [(9, 3)]


async def test_nobody_wins_lots_that_those_before_them_may_still_take(floor: Floor) -> None:
    """Four old bags and three fresh ones: the first may take any five, and C-3 may have fresh ones once it is seen which are left."""
    await sold_out_of_coffee(floor)
    first = wish("first", 5, "COFFEE", placed_at=NOW - 9 * DAY)
    long = wish("long", 3, "COFFEE", customer="C-3")
    await waits(floor.house, first, long)
    await floor.receive("COFFEE", 4, "L-SOON", SOON, bin_="B-03")
    await floor.receive("COFFEE", 3, "L-LATER", LATER)
    assert await aside(floor.house, "COFFEE") == {"first": 5}
    assert by_lot(await seek(floor.house, first, attempt=2)) == [("B-03", "L-SOON", 4), ("B-02", "L-LATER", 1)]
    assert await floor.house(free_items_waited_for) == {"COFFEE"}  # so the bell rings when the first has come
    assert won(await round_(floor.house)) == {"long": 2}
    assert by_lot(await seek(floor.house, long, attempt=2)) == [("B-02", "L-LATER", 2)]


async def test_a_full_location_makes_nobody_win_until_a_day_has_room(house: House) -> None:
    await room(house, shipments_per_day=1)
    busy, waiting = order("busy", line(1, "KETTLE", 1)), wish("waiting", 5)
    await house.accept(busy)
    await house.allocate(busy)  # today's only shipment
    await waits(house, waiting)
    assert await receive(house, 5) == []
    assert await aside(house) == {}
    first = await round_(house)
    assert (won(first), first.next_at) == ({}, NOW + FULL)  # looked at again, although nothing is set aside
    assert won(await round_(house, at=NOW + DAY)) == {"waiting": 5}
    assert (await seek(house, waiting, attempt=2, at=NOW + DAY)).short == ()


async def test_an_order_that_finds_no_room_is_looked_at_again_without_anybody_ringing(house: House) -> None:
    """The goods lie there: nothing will be received, and no cart lapses."""
    await room(house, shipments_per_day=1)
    busy, late = order("busy", line(1, "KETTLE", 1)), wish("late", 2, "KETTLE")
    await house.accept(busy)
    await house.allocate(busy)
    await house.accept(late)
    assert [(short.asked, short.available) for short in (await seek(house, late)).short] == [(2, 0)]
    assert await house(next_look, NOW) == NOW + FULL
    assert won(await round_(house, at=NOW + DAY)) == {"late": 2}


async def test_a_location_is_full_only_when_every_day_that_may_be_waited_for_is(house: House) -> None:
    await room(house, shipments_per_day=1, days_ahead=1)
    placed = [order(str(number), line(1, "KETTLE", 1)) for number in range(2)]
    await house.accept_all(placed)
    assert await house(full_for, ["shopify"], NOW) == {"shopify": ()}
    await house.allocate(placed[0])
    assert await house(full_for, ["shopify"], NOW) == {"shopify": ()}
    await house.allocate(placed[1])
    assert await house(full_for, ["shopify"], NOW) == {"shopify": ("BERLIN",)}
    assert await house(full_for, ["shopify"], NOW + timedelta(days=1)) == {"shopify": ()}
