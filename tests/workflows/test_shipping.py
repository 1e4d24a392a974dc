"""Shipping on the real server: captures that fail, addresses that nobody serves."""

from __future__ import annotations

from datetime import timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import HoldOrder, ReleaseOrder
from domain.order import Address, PaymentTerms
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order

HAVANA = Address(name="Ada Byron", street="Calle 23", city="La Habana", postcode="10400", country="CU")


async def packed(living: Living) -> None:
    await living.pick()
    await living.pack()


@answers(ExceptionKind.CAPTURE_FAILED, "retry")
async def test_a_capture_that_fails_is_tried_again_before_the_goods_leave(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3), terms=PaymentTerms.PREPAID), script={"card": "capture_fails_once"})
    await packed(living)
    asked = await living.exception(ExceptionKind.CAPTURE_FAILED)
    assert asked.detail == "30.00 EUR for shipment 1 could not be captured: The card issuer did not release the funds."
    view = await living.view()
    assert (view.shipments[0].status, view.invoices, view.payments) == ("packed", (), ())
    assert living.effects() == ["authorization", "pick task"]

    await living.decide(ExceptionKind.CAPTURE_FAILED, "retry")
    await living.until(Wait.DELIVERY)
    view = await living.view()
    assert [(p.kind, p.amount) for p in view.payments] == [("captured", euro(3000))]
    assert [(i.total, i.paid, i.balance) for i in view.invoices] == [(euro(3000), euro(3000), euro(0))]
    assert living.effects() == ["authorization", "pick task", "capture", "label"]


@answers(ExceptionKind.CAPTURE_FAILED, "bill")
async def test_a_capture_that_fails_may_be_billed_instead(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3), terms=PaymentTerms.PREPAID), script={"card": "capture_fails_once"})
    await packed(living)
    await living.decide(ExceptionKind.CAPTURE_FAILED, "bill")
    await living.until(Wait.DELIVERY)
    view = await living.view()
    assert view.payments == ()
    assert [(i.balance, i.due_at - i.issued_at) for i in view.invoices] == [(euro(3000), timedelta(days=14))]


async def test_each_shipment_captures_its_own_part_of_the_authorization(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 1)
    placed = order(line(1, item, 3, discount=100), terms=PaymentTerms.PREPAID, freight=euro(495))
    living = await shop.place(placed)
    await living.ship(1)
    await shop.receive(item, 2)
    await living.ship(2)
    view = await living.view()
    assert placed.total == euro(3395)
    assert [p.amount for p in view.payments] == [euro(1000 - 33 + 495), euro(2000 - 67)]
    assert [i.balance for i in view.invoices] == [euro(0), euro(0)]


@answers(ExceptionKind.NO_CARRIER_SERVICE, "retry")
async def test_an_address_that_nobody_serves_is_asked_for_again(shop: Shop) -> None:
    living = await shop.place(order(ship_to=HAVANA))
    await packed(living)
    asked = await living.exception(ExceptionKind.NO_CARRIER_SERVICE)
    assert asked.detail == "No carrier offers any service from BERLIN to CU."
    await living.decide(ExceptionKind.NO_CARRIER_SERVICE, "retry")
    state = await living.when(lambda s: len(s.exceptions) == 2)
    assert (state.shipments[0].ship_attempts, state.shipments[0].shipped_at) == (1, None)
    assert living.effects() == ["pick task"]
    await living.cancel()


@answers(ExceptionKind.NO_CARRIER_SERVICE, "cancel_shipment")
async def test_a_shipment_that_nobody_carries_is_cancelled_and_its_money_given_back(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 3), ship_to=HAVANA, terms=PaymentTerms.PREPAID))
    await packed(living)
    await living.exception(ExceptionKind.NO_CARRIER_SERVICE)
    assert [p.amount for p in (await living.view()).payments] == [euro(3000)]
    await living.decide(ExceptionKind.NO_CARRIER_SERVICE, "cancel_shipment")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = await living.view()
    assert [(row.ordered, row.cancelled) for row in view.lines] == [(3, 3)]
    assert [(p.amount, p.reversed) for p in view.payments] == [(euro(3000), True)]
    assert (view.invoices, [s.status for s in view.shipments]) == ((), ["cancelled"])
    assert "capture" in living.undone()
    assert "label" not in living.effects()
    assert await shop.stock(item) == (3, 0)


@answers(ExceptionKind.NO_CARRIER_SERVICE, "cancel_shipment")
async def test_the_goods_of_a_cancelled_shipment_go_to_the_rest_of_its_line_that_waits(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 5), ship_to=HAVANA))
    await packed(living)
    await living.decide(ExceptionKind.NO_CARRIER_SERVICE, "cancel_shipment")
    state = await living.when(lambda s: s.lines[0].cancelled == 3)
    assert state.lines[0].parked == 0
    await living.until(Wait.PICK, "shipment 2")  # first in the queue for what it gave up itself
    assert await shop.stock(item) == (3, 2)


async def test_a_hold_keeps_packed_goods_and_their_money_where_they_are(shop: Shop) -> None:
    living = await shop.place(order(terms=PaymentTerms.PREPAID))
    await living.pick()
    await living.until(Wait.PACK)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="address in doubt"))
    await living.pack()
    await living.when(lambda s: s.shipments[0].packed)
    await living.until(Wait.RELEASE)
    assert (await living.view()).held == "address in doubt"
    assert living.effects() == ["authorization", "pick task"]
    await living.ask(ReleaseOrder(**living.stamp("desk")))
    await living.until(Wait.DELIVERY)
    await living.when(lambda s: not s.notes)
    assert (await living.view()).held == ""
    assert living.effects() == ["authorization", "pick task", "capture", "label"]
