"""Lots: what expires first goes first, what is unfit never goes, and a recall finds every unit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from database import lots, returns
from database.shipments import record_delivery
from database.stock import abandon_shipment
from domain.errors import Conflict, NotFound, Refused
from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnKind
from domain.steps import AbandonShipment, AuthorizeReturn, RecordDelivery, Recorded, RecordInspection, RecordReturnReceipt
from tests.database.builders import NOW, House, line, order, step
from tests.database.floor_builders import LATER, SOON, Floor, by_lot


@pytest.fixture
async def floor(house: House) -> Floor:
    return await Floor(house).furnish()


async def test_what_expires_first_is_taken_first_whatever_its_bin(floor: Floor) -> None:
    allocated = await floor.release(order("1", line(1, "COFFEE", 7)))
    assert by_lot(allocated) == [("B-03", "L-SOON", 4), ("B-02", "L-LATER", 3)]


async def test_expired_units_are_no_stock_to_anybody(floor: Floor) -> None:
    allocated = await floor.release(order("1", line(1, "COFFEE", 12)))
    assert by_lot(allocated) == [("B-03", "L-SOON", 4), ("B-02", "L-LATER", 6)]
    assert [(short.asked, short.available) for short in allocated.short] == [(12, 10)]


async def test_a_customer_gets_only_what_they_may_use_long_enough(floor: Floor) -> None:
    allocated = await floor.release(order("1", line(1, "COFFEE", 8), customer="C-3"))
    assert by_lot(allocated) == [("B-02", "L-LATER", 6)]
    everybody = await floor.release(order("2", line(1, "COFFEE", 5)))
    assert by_lot(everybody) == [("B-03", "L-SOON", 4)]


async def test_a_blocked_lot_is_given_to_nobody_until_it_is_released(floor: Floor) -> None:
    await floor.house(lots.block, "COFFEE", "L-SOON", "smells of diesel", NOW, "quality")
    assert by_lot(await floor.release(order("1", line(1, "COFFEE", 1)))) == [("B-02", "L-LATER", 1)]
    await floor.house(lots.block, "COFFEE", "L-SOON", "", NOW, "quality")
    assert by_lot(await floor.release(order("2", line(1, "COFFEE", 1)))) == [("B-03", "L-SOON", 1)]
    with pytest.raises(NotFound, match="There is no lot of COFFEE 'L-9'"):
        await floor.house(lots.block, "COFFEE", "L-9", "why not", NOW, "quality")


async def test_two_orders_never_share_a_unit_of_a_lot(floor: Floor) -> None:
    first = await floor.release(order("1", line(1, "COFFEE", 3), line(2, "COFFEE", 2)))
    second = await floor.release(order("2", line(1, "COFFEE", 9)))
    assert by_lot(first) == [("B-03", "L-SOON", 3), ("B-03", "L-SOON", 1), ("B-02", "L-LATER", 1)]
    assert by_lot(second) == [("B-02", "L-LATER", 5)]


async def test_goods_that_are_kept_by_lot_come_in_with_their_lot(floor: Floor) -> None:
    with pytest.raises(Refused, match=r"^COFFEE is kept by lot: name the lot that came in\.$"):
        await floor.receive("COFFEE", 5)
    with pytest.raises(Refused, match=r"^KETTLE is not kept by lot\.$"):
        await floor.receive("KETTLE", 5, "L-1", bin_="B-01")
    with pytest.raises(Conflict, match="it expires on 2026-12-10, not on 2027-06-30"):
        await floor.receive("COFFEE", 5, "L-SOON", LATER)
    await floor.receive("COFFEE", 5, "L-SOON", SOON)
    stock = await floor.house.database.read(lots.lots_in_stock, ["COFFEE"], "L-SOON")
    assert [(view.bin, view.on_hand) for view in stock] == [("B-02", 5), ("B-03", 4)]


async def test_a_shipment_that_is_given_up_gives_its_lots_back(floor: Floor) -> None:
    placed = order("1", line(1, "COFFEE", 5))
    await floor.house.accept(placed, waived=True)
    await floor.house.allocate(placed)
    request = AbandonShipment(**step("abandon/1", placed.key), shipment=1, reason="flooded")
    await floor.house.once(request, Recorded, abandon_shipment)
    assert by_lot(await floor.release(order("2", line(1, "COFFEE", 4)))) == [("B-03", "L-SOON", 4)]


async def test_a_recall_lists_who_has_it_who_waits_for_it_and_where_it_lies(floor: Floor) -> None:
    shipped, waiting = await floor.house.shipped_order("1", line(1, "COFFEE", 2)), order("2", line(1, "COFFEE", 1))
    arrived = RecordDelivery(
        **step("delivered/1", shipped.key), shipment=1, delivered_at=NOW, signed_by="A. Byron", returnable_until=NOW + timedelta(days=30)
    )
    await floor.house.once(arrived, Recorded, record_delivery)
    await floor.release(waiting)
    await floor.house(lots.block, "COFFEE", "L-SOON", "glass in it", NOW, "quality")
    recall = await floor.recall("COFFEE", "L-SOON")
    assert [(r.order, r.customer, r.customer_name, r.units, r.tracking, r.delivered) for r in recall.shipped] == [
        ("shopify/1", "C-1", "Kaffeekontor Nord", 2, "TRACK-1-1-1", True)
    ]
    assert [(r.order, r.shipment, r.units, r.status) for r in recall.on_its_way_out] == [("shopify/2", 1, 1, "released")]
    assert [(view.location, view.bin, view.on_hand, view.reserved) for view in recall.in_stock] == [("BERLIN", "B-03", 2, 1)]
    assert (recall.blocked, recall.expires_on) == ("glass in it", SOON)
    with pytest.raises(NotFound):
        await floor.recall("COFFEE", "L-9")


async def test_what_comes_back_is_in_stock_under_the_lot_in_which_it_left(floor: Floor) -> None:
    placed = await floor.house.shipped_order("1", line(1, "COFFEE", 5))
    delivered = RecordDelivery(**step("delivered/1", placed.key), shipment=1, delivered_at=NOW, signed_by="A. Byron")
    await floor.house.once(delivered, Recorded, record_delivery)
    units = (LineQuantity(line=1, quantity=2),)
    asked = AuthorizeReturn(
        **step("rma/1", placed.key), rma=1, lines=units, kind=ReturnKind.REFUND, reason="", location="BERLIN", expires_at=NOW
    )
    await floor.house(returns.authorize_return, asked, "RET-1")
    received = RecordReturnReceipt(**step("rma/1/in", placed.key), rma=1, location="BERLIN", lines=units, inspect_due=NOW)
    await floor.house.once(received, Recorded, returns.record_return_receipt)
    looked = RecordInspection(
        **step("rma/1/look", placed.key),
        rma=1,
        location="BERLIN",
        lines=(InspectedLine(line=1, quantity=2, disposition=Disposition.RESTOCK),),
        items={1: "COFFEE"},
    )
    await floor.house.once(looked, Recorded, returns.record_inspection)
    stock = await floor.house.database.read(lots.lots_in_stock, ["COFFEE"], "L-SOON")
    assert [(view.bin, view.on_hand) for view in stock] == [("B-02", 2)]
