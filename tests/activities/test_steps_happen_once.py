"""Every step with an outside call happens once, and an undone step never happens late."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from temporalio.testing import ActivityEnvironment

from activities.floor import FloorActivities
from activities.invoices import InvoiceActivities
from activities.money import MoneyActivities
from activities.returns import ReturnActivities
from activities.shipping import ShippingActivities
from database.debts import claims
from database.reading import order_view, stock
from database.tables import JournalEntry
from domain.errors import StepUndone, Unavailable
from domain.messages import LineQuantity, Parcel, ReturnKind
from domain.money_steps import (
    ApplyPayment,
    AuthorizePayment,
    CapturePayment,
    Part,
    RefundCapture,
    RefundPayment,
    SendReminder,
    VoidAuthorization,
)
from domain.order import PaymentTerms, PlaceOrder
from domain.steps import AuthorizeReturn, CancelPicks, MoveUntaken, OpenClaim, Pick, ReleasePicks, ShipParcels, VoidLabel
from integrations.ports import Label, Quote
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse, World
from tests.database.builders import DAY, NOW, House, eur, line, order, step
from tests.database.watched import Watched
from tests.fresh import migrated

PICKS = (Pick(line=1, item="KETTLE", bin="B-01", quantity=2),)
PARCELS = (Parcel(number=1, weight_g=2_500, contents=(LineQuantity(line=1, quantity=2),)),)
ORDER = "shopify/1001"


class Place:
    """A house with its partners; `run` carries an activity out as a worker does."""

    def __init__(self, house: House, world: World) -> None:
        self.house, self.world, self.database = house, world, house.database
        self.carriers = SimulatedCarriers(world)
        self.floor = FloorActivities(self.database, SimulatedWarehouse(world))
        self.shipping = ShippingActivities(self.database, self.carriers)
        self.money = MoneyActivities(self.database, SimulatedPayments(world))
        self.invoices = InvoiceActivities(self.database, SimulatedMail(world))
        self.returns = ReturnActivities(self.database, self.carriers)

    async def run(self, activity: Callable[[Any], Awaitable[Any]], request: Any) -> Any:
        return await ActivityEnvironment().run(activity, request)

    async def repeats(self) -> int:
        def count(session: Session) -> int:
            return session.scalar(select(func.coalesce(func.sum(JournalEntry.repeats), 0))) or 0

        return await self.database.read(count)

    def happened(self) -> dict[str, int]:
        """Effects that stand outside, by what was asked for."""
        found: dict[str, int] = {}
        for effect in self.world.effects():
            if not effect.undone:
                found[effect.operation] = found.get(effect.operation, 0) + effect.happened
        return {operation: number for operation, number in found.items() if number}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Watched(url)
    await database.transaction(database.refurnish)
    with World(tmp_path / "world.db") as world:
        yield Place(House(database), world)
        assert await database.read(database.audit) == []
    await database.close()


async def packed(place: Place, terms: PaymentTerms = PaymentTerms.NET_30) -> PlaceOrder:
    placed = order("1001", line(), terms=terms)
    await place.house.accept(placed)
    await place.house.allocate(placed)
    await place.house.pick(placed, l1=2)
    await place.house.pack(placed)
    return placed


def ship_parcels() -> ShipParcels:
    return ShipParcels(
        **step("shipment/1/ship/1"),
        shipment=1,
        location="BERLIN",
        parcels=PARCELS,
        promise_by=None,
        service="",
        currency="EUR",
        day=DAY,
        delivery_grace=2,
    )


async def test_a_shipping_step_asked_twice_buys_one_label_and_answers_the_same(place: Place) -> None:
    await packed(place)
    first = await place.run(place.shipping.ship_parcels, ship_parcels())
    second = await place.run(place.shipping.ship_parcels, ship_parcels())
    assert first == second
    assert first.tracking
    assert first.overdue_at - first.expected_at == 2 * DAY
    assert place.happened() == {"label": 1}
    assert await place.repeats() == 1


async def test_a_label_whose_answer_was_lost_is_looked_up_and_not_bought_again(place: Place) -> None:
    await packed(place)
    place.world.lose_answers("carrier", 2)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await place.run(place.shipping.ship_parcels, ship_parcels())
    shipped = await place.run(place.shipping.ship_parcels, ship_parcels())
    assert shipped.tracking
    assert place.happened() == {"label": 1}


async def test_a_late_shipping_attempt_finds_its_undo_and_ships_nothing(place: Place) -> None:
    await packed(place)
    void = VoidLabel(**step("shipment/1/ship/1/undo"), shipment=1, undoes=ship_parcels().key)
    await place.run(place.shipping.void_label, void)
    with pytest.raises(StepUndone):
        await place.run(place.shipping.ship_parcels, ship_parcels())
    assert place.happened() == {}
    assert {(row.on_hand, row.reserved) for row in await stock_of(place, "BERLIN")} == {(10, 2)}


async def test_an_undo_that_overtakes_a_label_on_its_way_wins(place: Place) -> None:
    await packed(place)
    bought: list[Label] = []
    buy = place.carriers.buy_label

    async def buy_slowly(key: str, order: str, shipment: int, quote: Quote, to: Any, parcels: Any) -> Label:
        label = await buy(key, order, shipment, quote, to, parcels)
        bought.append(label)
        # While the carrier's answer travels, the order is cancelled: the undo commits first.
        undo = VoidLabel(**step("shipment/1/ship/1/undo"), shipment=1, undoes=key)
        await place.run(place.shipping.void_label, undo)
        return label

    place.carriers.buy_label = buy_slowly  # type: ignore[method-assign]  # the test stands in the middle of the call
    with pytest.raises(StepUndone):
        await place.run(place.shipping.ship_parcels, ship_parcels())
    assert len(bought) == 1
    assert place.happened() == {}
    assert {(row.on_hand, row.reserved) for row in await stock_of(place, "BERLIN")} == {(10, 2)}


async def test_goods_that_left_come_back_when_their_shipping_is_undone(place: Place) -> None:
    await packed(place)
    await place.run(place.shipping.ship_parcels, ship_parcels())
    assert {(row.on_hand, row.reserved) for row in await stock_of(place, "BERLIN")} == {(8, 0)}
    void = VoidLabel(**step("shipment/1/ship/1/undo"), shipment=1, undoes=ship_parcels().key)
    await place.run(place.shipping.void_label, void)
    await place.run(place.shipping.void_label, void)
    assert {(row.on_hand, row.reserved) for row in await stock_of(place, "BERLIN")} == {(10, 2)}
    assert place.happened() == {}


async def test_a_pick_task_is_released_once_and_taken_back_once(place: Place) -> None:
    placed = order("1001", line())
    await place.house.accept(placed)
    await place.house.allocate(placed)
    release = ReleasePicks(**step("shipment/1/release"), shipment=1, location="BERLIN", picks=PICKS, pick_due=NOW + DAY)
    assert await place.run(place.floor.release_picks, release) == await place.run(place.floor.release_picks, release)
    assert place.happened() == {"pick task": 1}
    cancel = CancelPicks(**step("shipment/1/release/undo"), shipment=1, undoes=release.key)
    await place.run(place.floor.cancel_picks, cancel)
    await place.run(place.floor.cancel_picks, cancel)
    assert place.happened() == {}
    with pytest.raises(StepUndone):
        await place.run(place.floor.release_picks, release)


async def test_money_is_authorized_captured_and_given_back_once(place: Place) -> None:
    await packed(place, PaymentTerms.PREPAID)
    ask = AuthorizePayment(**step("authorize/1"), amount=eur(10_000), reference="tok")
    authorized = await place.run(place.money.authorize_payment, ask)
    assert authorized == await place.run(place.money.authorize_payment, ask)
    take = CapturePayment(
        **step("shipment/1/capture/1"),
        payment=f"{ORDER}/shipment/1/capture/1",
        authorization=authorized.authorization,
        amount=eur(10_000),
        shipment=1,
    )
    for _ in range(2):
        assert not (await place.run(place.money.capture_payment, take)).declined
    give_back = RefundCapture(**step("shipment/1/capture/1/undo"), payment=take.payment, undoes=take.key)
    for _ in range(2):
        await place.run(place.money.refund_capture, give_back)
    void = VoidAuthorization(**step("authorize/1/undo"), undoes=ask.key)
    for _ in range(2):
        await place.run(place.money.void_authorization, void)
    assert place.happened() == {}
    with pytest.raises(StepUndone):
        await place.run(place.money.capture_payment, take)


async def test_a_refund_asked_twice_goes_back_once(place: Place) -> None:
    await packed(place, PaymentTerms.PREPAID)
    authorized = await place.run(place.money.authorize_payment, AuthorizePayment(**step("a/1"), amount=eur(10_000), reference="tok"))
    name = f"{ORDER}/capture"
    take = CapturePayment(**step("capture"), payment=name, authorization=authorized.authorization, amount=eur(10_000), shipment=1)
    await place.run(place.money.capture_payment, take)
    give = RefundPayment(**step("refund/1"), refund=1, payment=name, captured=True, amount=eur(2_500), reason="a dent")
    for _ in range(2):
        assert not (await place.run(place.money.refund_payment, give)).declined
    assert [effect.happened for effect in place.world.effects() if effect.operation == "refund"] == [1]


def first_reminder() -> SendReminder:
    return SendReminder(
        **step("invoice/1/reminder/1"),
        invoice=1,
        level=1,
        text="Please pay.",
        fee=eur(1_500),
        balance=eur(10_000),
        due_at=NOW + 10 * DAY,
        holds_customer=False,
    )


async def billed(place: Place) -> None:
    placed = await packed(place)
    await place.run(place.shipping.ship_parcels, ship_parcels())
    await place.house.invoice(placed)


async def test_a_reminder_is_one_letter_and_one_fee(place: Place) -> None:
    await billed(place)
    place.world.lose_answers("mail", 1)
    with pytest.raises(Unavailable):
        await place.run(place.invoices.send_reminder, first_reminder())
    for _ in range(2):
        await place.run(place.invoices.send_reminder, first_reminder())
    assert len(place.world.letters()) == 1


@pytest.mark.parametrize("went_out", [True, False])
async def test_money_that_comes_before_the_answer_of_a_reminder_leaves_books_that_say_what_was_sent(place: Place, went_out: bool) -> None:
    await billed(place)
    if went_out:
        place.world.lose_answers("mail", 1)
    else:
        place.world.fail("mail", 1)
    with pytest.raises(Unavailable):
        await place.run(place.invoices.send_reminder, first_reminder())
    paid = ApplyPayment(**step("payment/bank-1"), payment="bank-1", amount=eur(10_000), parts=(Part(invoice=1, amount=eur(10_000)),))
    await place.run(place.invoices.apply_payment, paid)
    assert (await place.run(place.invoices.send_reminder, first_reminder())).sent is went_out
    (invoice,) = (await place.database.read(order_view, ORDER)).invoices
    assert (len(place.world.letters()), invoice.balance) == ((1, eur(1_500)) if went_out else (0, eur(0)))


async def test_a_return_gets_one_number_and_one_label(place: Place) -> None:
    await packed(place)
    await place.run(place.shipping.ship_parcels, ship_parcels())
    announce = AuthorizeReturn(
        **step("return/1/authorize"),
        rma=1,
        lines=(LineQuantity(line=1, quantity=1),),
        kind=ReturnKind.REFUND,
        reason="too loud",
        location="BERLIN",
        expires_at=NOW + 21 * DAY,
    )
    first = await place.run(place.returns.authorize_return, announce)
    assert first == await place.run(place.returns.authorize_return, announce)
    assert first.rma_number == "RMA-000001"
    assert place.happened()["return label"] == 1


async def test_goods_that_are_not_taken_leave_under_one_label(place: Place) -> None:
    await packed(place)
    await place.run(place.shipping.ship_parcels, ship_parcels())
    announce = AuthorizeReturn(
        **step("return/1/authorize"),
        rma=1,
        lines=(LineQuantity(line=1, quantity=1),),
        kind=ReturnKind.REFUND,
        reason="",
        location="BERLIN",
        expires_at=NOW + DAY,
    )
    await place.run(place.returns.authorize_return, announce)
    move = MoveUntaken(
        **step("return/1/untaken/1"),
        rma=1,
        location="BERLIN",
        lines=(LineQuantity(line=1, quantity=1),),
        items={1: "KETTLE"},
        send_back=True,
        currency="EUR",
    )
    place.world.lose_answers("carrier", 1)
    with pytest.raises(Unavailable):
        await place.run(place.returns.move_untaken, move)
    first = await place.run(place.returns.move_untaken, move)
    assert first == await place.run(place.returns.move_untaken, move)
    assert first.tracking
    assert place.happened()["label"] == 2
    claim = OpenClaim(**step("return/1/claim"), against="customer", rma=1, amount=eur(2_500), reason="worn")
    for _ in range(2):
        await place.run(place.returns.open_claim, claim)
    assert [found.amount for found in await place.database.read(claims)] == [eur(2_500)]


async def stock_of(place: Place, location: str) -> list[Any]:
    return [row for row in await place.database.read(stock, "KETTLE") if row.location == location]
