"""Soft reservations: stock set aside for a cart, a quote or a waiting order; it lapses by its time, and only its owner can take it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import soft_reservations, stock
from database.soft_reservations import reserve_softly
from database.tables import SoftReservation
from domain.errors import Conflict, NotFound
from domain.soft_reservations import ReserveSoftly, SetAside, SoftKind, SoftlyReserved, SoftShortage, Wanted
from domain.steps import Allocation, Need, PlannedShipment, ReceiveStock, Shortage
from tests.database.builders import DAY, HOUR, NOW, House, cart, line, order


def grant(key: str, owner: str, *wanted: Wanted, **changes: Any) -> ReserveSoftly:
    return cart(key, *wanted, **{"kind": SoftKind.GRANT, "owner": owner, "expires_at": None} | changes)


async def stands(house: House, at: Any = NOW) -> list[tuple[str, str, str, int]]:
    rows = await house(soft_reservations.soft_reservations, at)
    return [(row.key, row.item, row.location, row.quantity) for row in rows]


def places(allocation: Allocation) -> list[tuple[str, int]]:
    def units(shipment: PlannedShipment) -> int:
        return sum(pick.quantity for pick in shipment.picks)

    return [(shipment.location, units(shipment)) for shipment in allocation.shipments]


async def test_a_cart_is_set_aside_where_most_lies_and_over_two_places_when_it_must(house: House) -> None:
    first = await house(reserve_softly, cart("cart/1"))
    kept = (SetAside(item="KETTLE", location="BERLIN", quantity=6),)
    assert first == SoftlyReserved(key="cart/1", kept=kept, expires_at=NOW + HOUR)
    second = await house(reserve_softly, cart("cart/2", Wanted(item="KETTLE", quantity=7)))
    assert [(row.location, row.quantity) for row in second.kept] == [("BERLIN", 4), ("LYON", 3)]


async def test_nothing_is_set_aside_when_anything_is_short_and_every_shortage_is_named(house: House) -> None:
    wanted = (Wanted(item="KETTLE", quantity=15), Wanted(item="GRINDER", quantity=2), Wanted(item="GRINDER", quantity=4, location="LYON"))
    found = await house(reserve_softly, cart("cart/1", *wanted))
    assert found.kept == ()
    assert found.short == (
        SoftShortage(item="KETTLE", location="", asked=15, available=14),
        SoftShortage(item="GRINDER", location="", asked=2, available=1),
    )
    assert await stands(house) == []


async def test_the_same_key_is_the_same_reservation_and_with_other_content_a_conflict(house: House) -> None:
    first = await house(reserve_softly, cart("cart/1"))
    again = await house(reserve_softly, cart("cart/1", at=NOW + HOUR / 2, expires_at=NOW + 9 * HOUR))
    assert again == first.model_copy(update={"repeated": True})
    with pytest.raises(Conflict, match="Soft reservation cart/1 is known with other content"):
        await house(reserve_softly, cart("cart/1", Wanted(item="KETTLE", quantity=7)))
    with pytest.raises(Conflict):
        await house(reserve_softly, cart("cart/1", owner="cart/2"))
    assert await stands(house) == [("cart/1", "KETTLE", "BERLIN", 6)]


async def test_what_nobody_knows_is_not_set_aside(house: House) -> None:
    with pytest.raises(NotFound, match="There is no item 'TEAPOT'"):
        await house(reserve_softly, cart("cart/1", Wanted(item="TEAPOT", quantity=1)))
    with pytest.raises(NotFound, match="There is no location 'MARS'"):
        await house(reserve_softly, cart("cart/1", Wanted(item="KETTLE", quantity=1, location="MARS")))
    with pytest.raises(NotFound, match="There is no soft reservation 'cart/9'"):
        await house(soft_reservations.release, "cart/9", NOW)


async def test_ten_carts_at_once_set_aside_exactly_what_is_there(house: House) -> None:
    carts = [cart(f"cart/{n}", Wanted(item="KETTLE", quantity=3)) for n in range(10)]
    found = await asyncio.gather(*(house(reserve_softly, each) for each in [*carts, *carts]))
    assert sum(bool(each.kept) and not each.repeated for each in found) == 4
    assert sum(row[3] for row in await stands(house)) == 12


async def test_an_allocation_leaves_alone_what_is_set_aside_for_somebody_else(house: House) -> None:
    await house(reserve_softly, cart("cart/1"))
    placed = order("1001", line(1, "KETTLE", 5), line(2, "KETTLE", 5))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    assert allocation.short == (Shortage(line=2, item="KETTLE", asked=5, available=3),)
    assert sorted(places(allocation)) == [("BERLIN", 4), ("LYON", 4)]


async def test_what_is_set_aside_lapses_by_its_time_although_nobody_came_by(house: House) -> None:
    await house(reserve_softly, cart("cart/1", Wanted(item="KETTLE", quantity=14)))
    placed = order("1001", line(1, "KETTLE", 14))
    await house.accept(placed)
    assert places(await house.allocate(placed)) == []
    assert sorted(places(await house.allocate(placed, attempt=2, at=NOW + HOUR))) == [("BERLIN", 10), ("LYON", 4)]


async def test_the_order_takes_what_was_granted_to_it_and_the_grant_is_used_up(house: House) -> None:
    placed = order("1001", line(1, "FILTER", 5), line(2, "KETTLE", 2))
    other = order("1002", line(1, "FILTER", 5))
    await house.accept(placed)
    await house.accept(other)
    await house(stock.receive_stock, ReceiveStock(receipt="1", item="FILTER", location="LYON", quantity=5, at=NOW, actor="dock"))
    await house(reserve_softly, grant("grant/1", placed.key, Wanted(item="FILTER", quantity=4)))
    assert places(await house.allocate(other)) == [("LYON", 1)]
    allocation = await house.allocate(placed)
    assert allocation.short == (Shortage(line=1, item="FILTER", asked=5, available=4),)
    assert await stands(house) == []
    [row] = await house(soft_reservations.soft_reservations)
    assert (row.asked, row.quantity, row.ended, row.ended_at) == (4, 0, "used", NOW)


async def test_what_an_order_does_not_need_of_its_grant_is_free_again(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 3))
    await house.accept(placed)
    await house(reserve_softly, grant("grant/1", placed.key, Wanted(item="KETTLE", quantity=5, location="BERLIN")))
    await house(reserve_softly, grant("grant/2", placed.key, Wanted(item="KETTLE", quantity=2, location="LYON")))
    assert places(await house.allocate(placed)) == [("BERLIN", 3)]
    assert await stands(house) == []
    rows = await house(soft_reservations.soft_reservations)
    assert [(row.key, row.quantity, row.ended) for row in rows] == [("grant/1", 2, "used"), ("grant/2", 2, "released")]


async def test_an_order_that_stays_short_keeps_what_it_could_not_take_yet(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 20))
    await house.accept(placed)
    await house(reserve_softly, grant("grant/1", placed.key, Wanted(item="KETTLE", quantity=4, location="LYON")))
    assert places(await house.allocate(placed, avoid=("LYON",))) == [("BERLIN", 10)]
    assert await stands(house) == [("grant/1", "KETTLE", "LYON", 4)]
    everything = Need(line=1, item="KETTLE", quantity=10)
    assert await house.allocate(placed, everything, attempt=2, first=2, all_or_nothing=True) == Allocation(
        short=(Shortage(line=1, item="KETTLE", asked=10, available=4),)
    )
    assert await stands(house) == [("grant/1", "KETTLE", "LYON", 4)]


async def test_when_stock_goes_missing_the_older_reservation_is_honoured(house: House) -> None:
    first, second = order("1001", line(1, "GRINDER", 4)), order("1002", line(1, "GRINDER", 4))
    for placed in (first, second):
        await house.accept(placed)
    await house(stock.receive_stock, ReceiveStock(receipt="1", item="GRINDER", location="LYON", quantity=3, at=NOW, actor="dock"))
    await house(reserve_softly, grant("grant/1", first.key, Wanted(item="GRINDER", quantity=4)))
    await house(reserve_softly, grant("grant/2", second.key, Wanted(item="GRINDER", quantity=4), at=NOW + HOUR))

    def three_are_broken(session: Session) -> None:
        stock.put_away(session, "GRINDER", "LYON", -3, "adjustment", "count/1", NOW)

    await house(three_are_broken)
    assert places(await house.allocate(second)) == [("LYON", 1)]
    assert places(await house.allocate(first)) == [("LYON", 4)]


async def test_giving_back_twice_frees_once_and_what_was_used_stays_used(house: House) -> None:
    await house(reserve_softly, cart("cart/1"))
    assert (await house(soft_reservations.release, "cart/1", NOW)).ended == "released"
    again = await house(soft_reservations.release, "cart/1", NOW + HOUR)
    assert (again.ended, again.repeated) == ("released", True)
    assert (await house(reserve_softly, cart("cart/1"))).ended == "released"
    placed = order("1001", line(1, "KETTLE", 3))
    await house.accept(placed)
    await house(reserve_softly, grant("grant/1", placed.key, Wanted(item="KETTLE", quantity=3)))
    await house.allocate(placed)
    assert (await house(soft_reservations.release, "grant/1", NOW)).ended == "used"


async def test_expiring_marks_what_is_due_once_and_names_the_items_that_became_free(house: House) -> None:
    await house(reserve_softly, cart("cart/1"))
    await house(reserve_softly, cart("cart/2", Wanted(item="GRINDER", quantity=1), expires_at=NOW + DAY))
    assert await house(soft_reservations.expire_due, NOW + HOUR - timedelta(seconds=1)) == ()
    swept = await asyncio.gather(*(house(soft_reservations.expire_due, NOW + HOUR) for _ in range(3)))
    assert sorted(swept) == [(), (), ("KETTLE",)]

    def ended(session: Session) -> list[tuple[str, str]]:
        return [(row.key, row.ended) for row in session.query(SoftReservation).order_by(SoftReservation.key)]

    assert await house(ended) == [("cart/1", "expired"), ("cart/2", "")]
    assert (await house(reserve_softly, cart("cart/1"))).ended == "expired"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_at": None}, "a cart needs a time at which it lapses"),
        ({"expires_at": NOW}, "a reservation cannot lapse before it begins"),
        ({"wanted": ()}, "at least 1 item"),
    ],
)
def test_a_reservation_that_makes_no_sense_says_why(changes: dict[str, Any], reason: str) -> None:
    fields = cart().model_dump() | changes
    with pytest.raises(ValueError, match=reason):
        ReserveSoftly(**fields)
