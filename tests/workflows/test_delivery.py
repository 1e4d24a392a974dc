"""Delivery on the real server: what carriers say late, twice, out of order, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import CarrierEvent, CarrierStatus, DeliveryConfirmed
from domain.order import PaymentTerms
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order

NOW = datetime.now(UTC)


async def under_way(shop: Shop, terms: PaymentTerms = PaymentTerms.NET_30) -> tuple[Living, str]:
    """Three units of an item of its own have left Berlin, where none is left."""
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 3), terms=terms))
    await living.ship()
    return living, item


async def silent(shop: Shop) -> Living:
    """The expected delivery and two days more have passed without a word."""
    living, _ = await under_way(shop)
    await living.pass_time(6)
    asked = await living.exception(ExceptionKind.DELIVERY_OVERDUE)
    shipment = (await living.state()).shipments[0]
    assert (asked.owner, asked.detail) == (
        "shipping_clerk",
        f"{shipment.carrier} said nothing of {shipment.tracking} by the expected delivery.",
    )
    return living


@answers(ExceptionKind.DELIVERY_OVERDUE, "wait_on")
async def test_a_silent_carrier_gets_two_more_days(shop: Shop) -> None:
    living = await silent(shop)
    before = (await living.state()).shipments[0].overdue_at
    await living.decide(ExceptionKind.DELIVERY_OVERDUE, "wait_on")
    due = await living.until(Wait.DELIVERY)
    assert due is not None
    assert before is not None
    assert due - before >= timedelta(days=2)
    assert (await living.view()).shipments[0].due_at == due
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)


@answers(ExceptionKind.DELIVERY_OVERDUE, "confirm_delivered")
async def test_a_person_confirms_the_delivery_of_a_silent_carrier(shop: Shop) -> None:
    living = await silent(shop)
    await living.decide(ExceptionKind.DELIVERY_OVERDUE, "confirm_delivered")
    await living.until(Wait.RETURN_WINDOW)
    view = await living.view()
    assert [(s.status, s.signed_by) for s in view.shipments] == [("delivered", "tester")]
    assert view.lines[0].delivered == 3


@answers(ExceptionKind.DELIVERY_OVERDUE, "declare_lost")
@answers(ExceptionKind.PARCEL_LOST, "refund")
async def test_a_person_declares_the_goods_of_a_silent_carrier_lost(shop: Shop) -> None:
    living = await silent(shop)
    await living.decide(ExceptionKind.DELIVERY_OVERDUE, "declare_lost")
    await living.decide(ExceptionKind.PARCEL_LOST, "refund")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = await living.view()
    assert [(s.status, s.delivered_at) for s in view.shipments] == [("lost", None)]
    assert [(i.total, i.credited, i.balance) for i in view.invoices] == [(euro(3000), euro(3000), euro(0))]


async def test_a_word_of_the_carrier_answers_the_question(shop: Shop) -> None:
    living = await silent(shop)
    await living.carrier(CarrierStatus.DELIVERED)
    await living.until(Wait.RETURN_WINDOW)
    answer = (await living.state()).exceptions[0].decision
    assert answer is not None
    assert answer.choice == "withdrawn"


@answers(ExceptionKind.CARRIER_TROUBLE, "acknowledge")
async def test_trouble_on_the_way_is_shown_and_the_delivery_goes_on(shop: Shop) -> None:
    living, _ = await under_way(shop)
    await living.carrier(CarrierStatus.EXCEPTION, detail="address not found")
    asked = await living.exception(ExceptionKind.CARRIER_TROUBLE)
    assert asked.detail.endswith(": address not found")
    await living.decide(ExceptionKind.CARRIER_TROUBLE, "acknowledge")
    await living.carrier(CarrierStatus.IN_TRANSIT)
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    assert (await living.view()).shipments[0].status == "delivered"


async def test_a_delay_moves_the_day_on_which_somebody_is_asked(shop: Shop) -> None:
    living, _ = await under_way(shop)
    new_date = datetime.now(UTC) + timedelta(days=9)
    await living.carrier(CarrierStatus.DELAYED, expected_at=new_date)
    await living.when(lambda s: s.shipments[0].carrier_status is CarrierStatus.DELAYED)
    assert await living.until(Wait.DELIVERY) == new_date + timedelta(days=2)
    assert (await living.view()).shipments[0].due_at == new_date + timedelta(days=2)


@answers(ExceptionKind.PARCEL_LOST, "reship")
async def test_lost_goods_are_sent_again_free_of_charge(shop: Shop) -> None:
    living, item = await under_way(shop)
    await living.carrier(CarrierStatus.LOST)
    await living.exception(ExceptionKind.PARCEL_LOST)
    assert (await living.view()).shipments[0].status == "lost"
    await shop.receive(item, 3)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.ship(2)
    await living.deliver(2)
    await living.until(Wait.RETURN_WINDOW)
    view = await living.view()
    rows = [(row.number, row.ordered, row.shipped, row.delivered, row.origin) for row in view.lines]
    assert rows == [(1, 3, 3, 0, ""), (101, 3, 3, 3, "replacement for shipment 1")]
    assert [i.total for i in view.invoices] == [euro(3000)], "the replacement is not billed"
    assert await shop.stock(item) == (0, 0)


@answers(ExceptionKind.PARCEL_LOST, "refund")
async def test_a_captured_payment_for_lost_goods_goes_back(shop: Shop) -> None:
    living, item = await under_way(shop, PaymentTerms.PREPAID)
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "refund")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = await living.view()
    assert [(p.amount, p.refunded) for p in view.payments] == [(euro(3000), euro(3000))]
    assert [(c.total, c.reason) for c in view.credits] == [(euro(3000), "shipment 1 did not arrive")]
    assert living.effects().count("refund") == 1
    assert await shop.stock(item) == (0, 0)


@answers(ExceptionKind.RETURNED_TO_SENDER, "refund")
async def test_goods_that_came_back_are_in_stock_again_and_credited(shop: Shop) -> None:
    living, item = await under_way(shop)
    await living.carrier(CarrierStatus.RETURNED_TO_SENDER)
    await living.exception(ExceptionKind.RETURNED_TO_SENDER)
    assert await shop.stock(item) == (0, 0), "not before somebody decided"
    await living.decide(ExceptionKind.RETURNED_TO_SENDER, "refund")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = await living.view()
    assert ([s.status for s in view.shipments], [i.balance for i in view.invoices]) == (["returned"], [euro(0)])
    assert await shop.stock(item) == (3, 0)


@answers(ExceptionKind.RETURNED_TO_SENDER, "reship")
async def test_goods_that_came_back_are_sent_again(shop: Shop) -> None:
    living, item = await under_way(shop)
    await living.carrier(CarrierStatus.RETURNED_TO_SENDER)
    await living.decide(ExceptionKind.RETURNED_TO_SENDER, "reship")
    await living.ship(2)
    assert await shop.stock(item) == (0, 0), "the same three units are on their way again"
    await living.deliver(2)
    await living.until(Wait.RETURN_WINDOW)
    assert [i.total for i in (await living.view()).invoices] == [euro(3000)]


async def test_two_lost_shipments_reshipped_at_once_get_lines_of_their_own(shop: Shop) -> None:
    one, other = shop.rare(), shop.rare()
    await shop.receive(one, 1)
    await shop.receive(other, 1, "LYON")
    living = await shop.place(order(line(1, one, 1), line(2, other, 1)))
    await living.ship(1)
    await living.ship(2)
    for shipment in (1, 2):
        await living.carrier(CarrierStatus.LOST, shipment)
    await living.when(lambda s: len(s.exceptions) == 2)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.when(lambda s: len(s.lines) == 4)
    replaced = sorted((row.item, row.ordered, row.number > 100) for row in (await living.view()).lines)
    assert replaced == sorted([(one, 1, False), (other, 1, False), (one, 1, True), (other, 1, True)])


async def test_lost_goods_that_are_found_again_are_only_late(shop: Shop) -> None:
    living, _ = await under_way(shop)
    await living.carrier(CarrierStatus.LOST, occurred_at=NOW)
    await living.exception(ExceptionKind.PARCEL_LOST)
    await living.carrier(CarrierStatus.IN_TRANSIT, occurred_at=NOW + timedelta(hours=1))
    await living.when(lambda s: s.shipments[0].carrier_status is CarrierStatus.IN_TRANSIT)
    await living.until(Wait.DELIVERY)
    state = await living.state()
    assert state.exceptions[0].decision is not None
    assert state.exceptions[0].decision.choice == "withdrawn"
    assert (await living.view()).shipments[0].status == "shipped"
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    view = await living.view()
    assert ([s.status for s in view.shipments], view.credits, len(view.lines)) == (["delivered"], (), 1)


async def test_goods_that_arrive_after_they_were_made_good_are_shown_to_a_person(shop: Shop) -> None:
    living, _ = await under_way(shop)
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.until(Wait.STOCK)
    await living.carrier(CarrierStatus.DELIVERED)
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert asked.detail == "shipment 1 was given up as lost and made good, and now it was delivered."


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))))
async def test_carrier_events_leave_the_same_in_whatever_order_they_come(shop: Shop, order_of_arrival: tuple[int, ...]) -> None:
    living, _ = await under_way(shop)
    told = [
        CarrierEvent(**living.stamp("carrier") | {"occurred_at": NOW + timedelta(hours=hours)}, shipment=1, status=status)
        for hours, status in enumerate((CarrierStatus.IN_TRANSIT, CarrierStatus.LOST, CarrierStatus.DELIVERED))
    ]
    for n in order_of_arrival:
        await living.tell(told[n])
        await living.tell(told[n])
    await living.until(Wait.RETURN_WINDOW)
    view = await living.view()
    assert [(s.status, s.carrier_status, s.delivered_at) for s in view.shipments] == [("delivered", "delivered", NOW + timedelta(hours=2))]
    assert ([row.delivered for row in view.lines], view.credits) == ([3], ())
    state = await living.when(lambda s: not s.inbox)
    assert list(state.open_exceptions()) == []


async def test_an_old_word_does_not_undo_a_newer_one(shop: Shop) -> None:
    living, _ = await under_way(shop)
    await living.carrier(CarrierStatus.LOST, occurred_at=NOW)
    asked = await living.exception(ExceptionKind.PARCEL_LOST)
    await living.carrier(CarrierStatus.IN_TRANSIT, occurred_at=NOW - timedelta(hours=1))
    await living.carrier(CarrierStatus.DELAYED, occurred_at=NOW - timedelta(hours=2))
    state = await living.when(lambda s: len(s.inbox) == 2)
    assert (state.shipments[0].carrier_status, state.exceptions[-1].number, state.exceptions[-1].decision) == ("lost", asked.number, None)


async def test_the_first_proof_of_delivery_stands_and_a_name_is_added(shop: Shop) -> None:
    living, _ = await under_way(shop)
    await living.carrier(CarrierStatus.DELIVERED, occurred_at=NOW)
    await living.until(Wait.RETURN_WINDOW)
    await living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=1, signed_by="A. Byron"))
    await living.when(lambda s: s.shipments[0].signed_by == "A. Byron")
    await living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=1, signed_by="C. Babbage"))
    await living.when(lambda s: not s.inbox and not s.notes)
    view = await living.view()
    assert [(s.delivered_at, s.signed_by) for s in view.shipments] == [(NOW, "A. Byron")]
    assert (await living.state()).stage is Stage.DELIVERED


async def test_a_delivery_that_is_told_before_the_goods_left_waits_its_turn(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    await living.carrier(CarrierStatus.DELIVERED)
    assert (await living.state()).stage is Stage.FULFILLING
    await living.pick()
    await living.pack()
    await living.until(Wait.RETURN_WINDOW)
    assert (await living.view()).shipments[0].status == "delivered"
