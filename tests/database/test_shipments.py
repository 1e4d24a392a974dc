"""A shipment's way from the pick to the signature, and back again."""

import pytest

from database import reading, shipments, stock
from domain.errors import Refused, StepUndone
from domain.messages import CarrierStatus, LineQuantity
from domain.order import PlaceOrder
from domain.steps import (
    CancelPicks,
    PicksReleased,
    RecordDelivery,
    Recorded,
    RecordLoss,
    RecordTracking,
    ReleasePicks,
    ReleaseStock,
    Shipped,
    VoidLabel,
)
from domain.views import LineView, ShipmentView
from tests.database.builders import DAY, NOW, House, book, eur, line, order, ship_request, shipped, step


async def shipment_of(house: House, placed: PlaceOrder, number: int = 1) -> ShipmentView:
    view = await house.database.read(reading.order_view, placed.key)
    return next(shipment for shipment in view.shipments if shipment.number == number)


async def line_of(house: House, placed: PlaceOrder, number: int = 1) -> LineView:
    view = await house.database.read(reading.order_view, placed.key)
    return next(row for row in view.lines if row.number == number)


async def berlin(house: House) -> tuple[int, int]:
    """On hand and reserved of the kettles in Berlin."""
    rows = await house.database.read(reading.stock, "KETTLE")
    return next((row.on_hand, row.reserved) for row in rows if row.bin == "B-01")


async def packed_order(house: House, quantity: int = 6) -> PlaceOrder:
    placed = order("1001", line(1, "KETTLE", quantity))
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=quantity)
    await house.pack(placed)
    return placed


async def test_a_pick_task_is_released_and_can_be_forgotten(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    release = ReleasePicks(**step("picks/1"), shipment=1, location="BERLIN", picks=allocation.shipments[0].picks, pick_due=NOW + DAY)
    await house(shipments.record_pick_release, release, PicksReleased(reference="WH-17"))
    view = await house.database.read(reading.order_view, placed.key)
    assert [(wait.wait, wait.subject, wait.until) for wait in view.waits] == [("pick", "shipment 1", NOW + DAY)]
    forget = CancelPicks(**step("cancel_picks/1"), shipment=1, undoes=release.key)
    await house.undo(forget, release.key, shipments.cancel_picks)
    assert (await shipment_of(house, placed)).status == "planned"


async def test_a_short_pick_corrects_the_stock_and_opens_the_units_again(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    await house.allocate(placed)
    for _ in range(2):
        await house.pick(placed, l1=4)
    assert await berlin(house) == (8, 4)
    row = await line_of(house, placed)
    assert (row.picked, row.open, row.allocated) == (4, 2, 0)
    assert [(pick.bin, pick.quantity) for pick in (await shipment_of(house, placed)).picks] == [("B-01", 4)]


async def test_a_shipment_of_which_nothing_was_found_is_cancelled(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed)
    assert await berlin(house) == (4, 0)
    assert (await shipment_of(house, placed)).status == "cancelled"
    assert (await line_of(house, placed)).open == 6


async def test_more_than_was_asked_for_cannot_be_picked(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    await house.allocate(placed)
    with pytest.raises(Refused, match="7 units of line 1 were picked, 6 were asked for"):
        await house.pick(placed, l1=7)
    assert await berlin(house) == (10, 6)


async def test_what_is_left_out_of_the_parcels_is_free_again(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=6)
    await house.pack(placed, unpacked=(LineQuantity(line=1, quantity=1),))
    row = await line_of(house, placed)
    assert (row.packed, row.open) == (5, 1)
    assert await berlin(house) == (10, 5)
    assert [parcel.weight_g for parcel in (await shipment_of(house, placed)).parcels] == [2_500]


async def test_shipping_twice_takes_the_goods_out_once(house: House) -> None:
    placed = await packed_order(house)
    assert await house.ship(placed) == await house.ship(placed)
    assert await berlin(house) == (4, 0)
    found = await shipment_of(house, placed)
    assert (found.status, found.carrier, found.tracking, found.due_at) == ("shipped", "dhl", "TRACK-1001-1-1", NOW + 4 * DAY)
    assert (await line_of(house, placed)).shipped == 6


async def test_without_a_carrier_nothing_ships(house: House) -> None:
    placed = await packed_order(house)
    refused = Shipped(refused="no carrier goes to the Moon")
    assert await house(book, ship_request(placed), refused) == refused
    assert await berlin(house) == (10, 6)
    assert (await shipment_of(house, placed)).status == "packed"


async def test_a_void_label_brings_the_goods_back_and_a_release_frees_them(house: House) -> None:
    placed = await packed_order(house)
    await house.ship(placed)
    void = VoidLabel(**step("void/1"), shipment=1, undoes="shopify/1001/ship/1/1")
    for _ in range(2):
        await house.undo(void, void.undoes, shipments.unship)
    assert await berlin(house) == (10, 6)
    assert ((await shipment_of(house, placed)).status, (await line_of(house, placed)).packed) == ("packed", 6)
    with pytest.raises(StepUndone):
        await house.ship(placed)
    assert (await house.ship(placed, attempt=2)).tracking == "TRACK-1001-1-2"
    again = VoidLabel(**step("void/2"), shipment=1, undoes="shopify/1001/ship/1/2")
    await house.undo(again, again.undoes, shipments.unship)
    release = ReleaseStock(**step("release/1"), undoes="shopify/1001/allocate/1")
    await house.undo(release, release.undoes, stock.release_stock)
    assert await berlin(house) == (10, 0)
    assert ((await shipment_of(house, placed)).status, (await line_of(house, placed)).cancelled) == ("cancelled", 6)


async def test_the_undo_of_another_attempt_leaves_a_shipment_alone(house: House) -> None:
    placed = await packed_order(house)
    void = VoidLabel(**step("void/1"), shipment=1, undoes="shopify/1001/ship/1/1")
    await house.undo(void, void.undoes, shipments.unship)
    await house.ship(placed, attempt=2)
    late = VoidLabel(**step("void/late"), shipment=1, undoes="shopify/1001/ship/1/1")
    await house.undo(late, late.undoes, shipments.unship)
    assert (await shipment_of(house, placed)).status == "shipped"


def seen(number: int, status: CarrierStatus, hours: int) -> RecordTracking:
    at = NOW + hours * DAY / 24
    return RecordTracking(**step(f"track/{number}"), shipment=1, status=status, status_at=at, overdue_at=at + 3 * DAY)


async def test_carrier_events_count_by_when_they_happened(house: House) -> None:
    placed = await house.shipped_order()
    await house.once(seen(1, CarrierStatus.DELAYED, 9), Recorded, shipments.record_tracking)
    await house.once(seen(2, CarrierStatus.IN_TRANSIT, 5), Recorded, shipments.record_tracking)
    found = await shipment_of(house, placed)
    assert (found.carrier_status, found.due_at) == ("delayed", NOW + 9 * DAY / 24 + 3 * DAY)


async def test_the_first_proof_of_delivery_stands(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 6))
    for number, name in ((1, "M. Maier"), (2, "somebody else")):
        proof = RecordDelivery(
            **step(f"deliver/{number}"),
            shipment=1,
            delivered_at=NOW + number * DAY,
            signed_by=name,
            returnable_until=NOW + 31 * DAY,
        )
        await house.once(proof, Recorded, shipments.record_delivery)
    found = await shipment_of(house, placed)
    assert (found.status, found.delivered_at, found.signed_by) == ("delivered", NOW + DAY, "M. Maier")
    assert (await line_of(house, placed)).delivered == 6
    await house.once(seen(3, CarrierStatus.LOST, 99), Recorded, shipments.record_tracking)
    assert (await shipment_of(house, placed)).status == "delivered"
    view = await house.database.read(reading.order_view, placed.key)
    assert [(wait.wait, wait.until) for wait in view.waits] == [("return_window", NOW + 31 * DAY)]


async def test_a_lost_shipment_that_turns_up_is_delivered(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 6))
    await house.once(seen(1, CarrierStatus.LOST, 50), Recorded, shipments.record_tracking)
    assert (await shipment_of(house, placed)).status == "lost"
    proof = RecordDelivery(**step("deliver/1"), shipment=1, delivered_at=NOW + 5 * DAY, signed_by="M. Maier")
    await house.once(proof, Recorded, shipments.record_delivery)
    assert (await line_of(house, placed)).delivered == 6


async def test_goods_that_came_back_undelivered_are_in_stock_again(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 6))
    await house.once(seen(1, CarrierStatus.RETURNED_TO_SENDER, 50), Recorded, shipments.record_tracking)
    loss = RecordLoss(**step("loss/1"), shipment=1, came_back=True, reason="refused at the door")
    for _ in range(2):
        await house.once(loss, Recorded, shipments.record_loss)
    assert await berlin(house) == (10, 0)
    assert (await shipment_of(house, placed)).status == "returned"
    row = await line_of(house, placed)
    assert (row.shipped, row.delivered) == (6, 0)


async def test_what_never_left_cannot_be_delivered(house: House) -> None:
    await packed_order(house)
    proof = RecordDelivery(**step("deliver/1"), shipment=1, delivered_at=NOW, signed_by="M. Maier")
    with pytest.raises(Refused, match="Shipment 1 of shopify/1001 is packed: it never left"):
        await house.once(proof, Recorded, shipments.record_delivery)


async def test_two_shipments_never_carry_one_label(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed, waived=True)
    await house.allocate(placed)
    for number, quantity in ((1, 10), (2, 2)):
        await house.pick(placed, number, l1=quantity)
        await house.pack(placed, number)
    label = shipped("TRACK-1")
    await house(book, ship_request(placed, 1), label)
    with pytest.raises(Exception, match="tracking"):
        await house(book, ship_request(placed, 2), label)
    assert (await shipment_of(house, placed, 2)).status == "packed"
    assert label.cost == eur(590)
