"""Allocation: stock is kept for orders under lock, as far as it goes, and never twice."""

import asyncio

import pytest
from sqlalchemy.orm import Session

from database import reading, stock
from database.tables import OrderLine, StockMovement
from domain.errors import Conflict, NotFound, Refused, StepUndone
from domain.steps import (
    AbandonShipment,
    AllocateStock,
    Allocation,
    Need,
    Pick,
    PlannedShipment,
    ReceiveStock,
    Recorded,
    ReleaseStock,
    Shortage,
)
from tests.database.builders import DAY, NOW, House, line, order, step


def receipt(number: str = "GR-1", item: str = "KETTLE", quantity: int = 6, location: str = "BERLIN", bin_: str = "") -> ReceiveStock:
    return ReceiveStock(receipt=number, item=item, location=location, quantity=quantity, bin=bin_, at=NOW, actor="dock")


async def units(house: House, placed_key: str = "shopify/1001") -> dict[int, dict[str, int]]:
    view = await house.database.read(reading.order_view, placed_key)
    buckets = ("open", "allocated", "picked", "packed", "shipped", "cancelled")
    return {row.number: {name: getattr(row, name) for name in buckets if getattr(row, name)} for row in view.lines}


async def kept(house: House, item: str = "KETTLE") -> dict[str, tuple[int, int]]:
    """On hand and reserved, by bin."""
    return {row.bin: (row.on_hand, row.reserved) for row in await house.database.read(reading.stock, item)}


async def test_one_location_that_holds_everything_is_preferred(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 3), line(2, "GRINDER", 2, "200.00"))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    picks = (Pick(line=1, item="KETTLE", bin="L-01", quantity=3), Pick(line=2, item="GRINDER", bin="L-02", quantity=2))
    assert allocation == Allocation(shipments=(PlannedShipment(number=1, location="LYON", picks=picks),))
    assert await kept(house) == {"B-01": (10, 0), "L-01": (4, 3)}


async def test_the_location_that_holds_most_gives_first(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    assert [(s.number, s.location, s.picks[0].quantity) for s in allocation.shipments] == [(1, "BERLIN", 10), (2, "LYON", 2)]


async def test_an_avoided_location_gives_nothing(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed)
    allocation = await house.allocate(placed, avoid=("BERLIN",))
    assert [(s.location, s.picks[0].quantity) for s in allocation.shipments] == [("LYON", 4)]
    assert allocation.short == (Shortage(line=1, item="KETTLE", asked=12, available=4),)


async def test_all_short_lines_are_reported_and_wait_with_a_deadline(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 20), line(2, "GRINDER", 9, "200.00"), line(3, "FILTER", 1, "5.00"))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    assert allocation.short == (
        Shortage(line=1, item="KETTLE", asked=20, available=14),
        Shortage(line=2, item="GRINDER", asked=9, available=5),
        Shortage(line=3, item="FILTER", asked=1, available=0),
    )
    view = await house.database.read(reading.order_view, placed.key)
    assert [(row.open, row.backorder_due) for row in view.lines] == [(6, NOW + 14 * DAY), (4, NOW + 14 * DAY), (1, NOW + 14 * DAY)]


async def test_two_lines_of_one_item_count_together(house: House) -> None:
    placed = order("1001", line(1, "GRINDER", 3, "200.00"), line(2, "GRINDER", 3, "200.00"))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    assert allocation.short == (Shortage(line=2, item="GRINDER", asked=3, available=2),)
    assert await kept(house, "GRINDER") == {"L-02": (5, 5)}


async def test_all_or_nothing_leaves_stock_alone_when_one_line_is_short(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 2), line(2, "GRINDER", 6, "200.00"))
    await house.accept(placed)
    allocation = await house.allocate(placed, all_or_nothing=True)
    assert allocation == Allocation(short=(Shortage(line=2, item="GRINDER", asked=6, available=5),))
    assert await kept(house) == {"B-01": (10, 0), "L-01": (4, 0)}
    assert await units(house) == {1: {"open": 2}, 2: {"open": 6}}


async def test_allocating_twice_keeps_stock_once(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 3))
    await house.accept(placed)
    assert await house.allocate(placed) == await house.allocate(placed)
    assert await kept(house) == {"B-01": (10, 3), "L-01": (4, 0)}


async def test_more_than_the_open_units_is_not_allocated(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 3))
    await house.accept(placed)
    with pytest.raises(Refused, match="Line 1 of shopify/1001 has fewer than 4 open units"):
        await house.allocate(placed, Need(line=1, item="KETTLE", quantity=4))
    assert await kept(house) == {"B-01": (10, 0), "L-01": (4, 0)}


async def test_fifty_orders_at_once_sell_the_ten_that_are_there_exactly_once(house: House) -> None:
    placed = [order(str(number), line(1, "KETTLE", 1)) for number in range(50)]
    await house.accept_all(placed)
    found = await asyncio.gather(*(house.allocate(each, avoid=("LYON",)) for each in placed))
    assert sum(len(allocation.shipments) for allocation in found) == 10
    assert sum(len(allocation.short) for allocation in found) == 40
    assert await kept(house) == {"B-01": (10, 10), "L-01": (4, 0)}


async def test_releasing_an_allocation_frees_its_stock_and_cancels_its_units(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=10)
    undo = ReleaseStock(**step("release/1"), undoes="shopify/1001/allocate/1")
    for _ in range(2):
        assert await house.undo(undo, undo.undoes, stock.release_stock) == Recorded()
    assert await kept(house) == {"B-01": (10, 0), "L-01": (4, 0)}
    assert await units(house) == {1: {"cancelled": 12}}


async def test_an_allocation_that_arrives_after_its_undo_does_nothing(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 3))
    await house.accept(placed)
    undo = ReleaseStock(**step("release/1"), undoes="shopify/1001/allocate/1")
    await house.undo(undo, undo.undoes, stock.release_stock)
    with pytest.raises(StepUndone):
        await house.allocate(placed)
    assert await kept(house) == {"B-01": (10, 0), "L-01": (4, 0)}
    assert await units(house) == {1: {"open": 3}}


async def test_what_has_shipped_is_not_released(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 3))
    undo = ReleaseStock(**step("release/1"), undoes="shopify/1001/allocate/1")
    await house.undo(undo, "another/allocation", stock.release_stock)
    await house(stock.release_stock, undo)
    assert await units(house, placed.key) == {1: {"shipped": 3}}
    assert await kept(house) == {"B-01": (7, 0), "L-01": (4, 0)}


async def test_an_abandoned_shipment_opens_its_lines_again(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed)
    await house.allocate(placed)
    request = AbandonShipment(**step("abandon/1"), shipment=1, reason="the floor is flooded")
    for _ in range(2):
        await house.once(request, Recorded, stock.abandon_shipment)
    assert await units(house) == {1: {"open": 10, "allocated": 2}}
    again = await house.allocate(placed, Need(line=1, item="KETTLE", quantity=10), attempt=2, first=3, avoid=("BERLIN",))
    assert [(s.number, s.location, s.picks[0].quantity) for s in again.shipments] == [(3, "LYON", 2)]


async def test_a_receipt_wakes_the_orders_that_win_oldest_first(house: House) -> None:
    for number, age in (("1", 1), ("2", 3), ("3", 2)):
        placed = order(number, line(1, "FILTER", 5, "1.00"), placed_at=NOW - age * DAY)
        await house.accept(placed)
        await house.allocate(placed)
    received = await house(stock.receive_stock, receipt(item="FILTER"))  # six units
    assert received.waiting == ("shopify/2", "shopify/3")
    assert received.repeated is False
    again = await house(stock.receive_stock, receipt(item="FILTER"))
    assert (again.waiting, again.repeated) == (("shopify/2", "shopify/3"), True)
    assert await kept(house, "FILTER") == {"": (6, 0)}


async def test_a_receipt_goes_to_the_bin_where_the_item_lies(house: House) -> None:
    await house(stock.receive_stock, receipt("GR-1"))
    await house(stock.receive_stock, receipt("GR-2", bin_="B-99", quantity=1))
    assert await kept(house) == {"B-01": (16, 0), "B-99": (1, 0), "L-01": (4, 0)}


async def test_the_same_receipt_with_another_quantity_is_a_conflict(house: House) -> None:
    await house(stock.receive_stock, receipt("GR-1", quantity=6))
    with pytest.raises(Conflict, match="Receipt GR-1 is known with other content"):
        await house(stock.receive_stock, receipt("GR-1", quantity=7))
    assert await kept(house) == {"B-01": (16, 0), "L-01": (4, 0)}


@pytest.mark.parametrize(
    ("request_", "refusal", "sentence"),
    [
        (receipt(item="TEAPOT"), NotFound, "There is no item 'TEAPOT'."),
        (receipt(location="MARS"), NotFound, "There is no location 'MARS'."),
        (receipt(quantity=0), Refused, "A receipt is of 1 to 10000000 units, not of 0."),
        (receipt(quantity=10**30), Refused, "A receipt is of 1 to 10000000 units, not of 1000000000000000000000000000000."),
    ],
)
async def test_a_receipt_that_cannot_be_says_why(house: House, request_: ReceiveStock, refusal: type[Refused], sentence: str) -> None:
    with pytest.raises(refusal) as refused:
        await house(stock.receive_stock, request_)
    assert str(refused.value) == sentence

    def movements(session: Session) -> int:
        return session.query(StockMovement).count()

    assert await house(movements) == 3


async def test_a_line_of_an_unknown_item_is_short_of_everything(house: House) -> None:
    placed = order("1001", line(1, "TEAPOT", 2))
    await house.accept(placed, waived=True)
    allocation = await house.allocate(placed)
    assert allocation.short == (Shortage(line=1, item="TEAPOT", asked=2, available=0),)


async def test_a_failed_allocation_leaves_its_key_free(house: House) -> None:
    request = AllocateStock(
        **step("allocate/1"),
        needs=(Need(line=1, item="KETTLE", quantity=1),),
        all_or_nothing=False,
        first_shipment=1,
        pick_due=NOW,
        backorder_due=NOW,
    )
    with pytest.raises(NotFound, match="There is no order 'shopify/1001'"):
        await house.once(request, Allocation, stock.allocate_stock)
    await house.accept(order("1001", line(1, "KETTLE", 1)))
    assert len((await house.once(request, Allocation, stock.allocate_stock)).shipments) == 1

    def allocated(session: Session) -> int:
        return session.get_one(OrderLine, ("shopify/1001", 1)).allocated

    assert await house(allocated) == 1
