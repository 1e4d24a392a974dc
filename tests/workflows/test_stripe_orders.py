"""Prepaid orders whose cards are Stripe's: the real form of the port, against the double of its API, through a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from database import gateway_events
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.order import PaymentTerms
from domain.steps import Outcome
from integrations.simulated.stripe import Fault, StripeAccount, StripeServer
from integrations.simulated.stripe.outside import checkout, close_dispute, dispute, sent
from integrations.stripe_payments.gateway import StripePayments
from integrations.stripe_payments.wire import Wire
from starters.outbox import tell_untold
from starters.webhooks.signature import verify
from starters.webhooks.stripe import GATEWAY, read
from tests.conftest import virtual_time
from tests.workflows.lives import money, refunds
from tests.workflows.shop import Living, Shop, euro, installed, line, order
from tests.workflows.test_cards import authorizations, captures

pytestmark = pytest.mark.xdist_group("stripe")

CARD = "cus_ada/pm_ada"
SECRET = "whsec_tests"  # of a double


class StripeShop:
    """An installation whose gateway is Stripe's double; `listen` hands on what Stripe has told since it was last asked."""

    def __init__(self, shop: Shop, stripe: StripeServer) -> None:
        self.shop, self.stripe, self.account, self.api = shop, stripe, stripe.account, stripe.api
        self.heard = 0

    async def place(self, *lines: object, card: str = CARD, **changes: object) -> Living:
        placed = order(*lines, terms=PaymentTerms.PREPAID, payment_reference=card, **changes)  # type: ignore[arg-type]  # what a test says
        return await self.shop.place(placed)

    async def listen(self, times: int = 1) -> None:
        """Every event twice if need be, in the order in which they happened."""
        new, self.heard = self.account.events[self.heard :], len(self.account.events)
        for event in new * times:
            now = datetime.now(UTC)
            body, signature = sent(event, SECRET, int(now.timestamp()))
            verify(body, signature, [SECRET], now)
            await self.shop.database.transaction(gateway_events.take, GATEWAY, read(body), now)
        await tell_untold(self.shop.client, self.shop.database)

    def intent(self, living: Living) -> str:
        """The latest payment of an order."""
        return [str(i["id"]) for i in self.account.intents.values() if i["metadata"].get("holdfast_order") == living.key][-1]

    def money(self, living: Living) -> tuple[int, int, int]:
        """(held, captured, refunded) in cents, by Stripe's books."""
        intents = [i for i in self.account.intents.values() if i["metadata"].get("holdfast_order") == living.key]
        charges = [self.account.charges[i["latest_charge"]] for i in intents]
        held = sum(i["amount_capturable"] for i in intents)
        return held, sum(c["amount_captured"] for c in charges), sum(c["amount_refunded"] for c in charges)


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeShop]:
    account = StripeAccount()
    account.cards["pm_ada"] = ""
    account.customers["cus_ada"] = {"pm_ada"}
    folder = tmp_path_factory.mktemp("stripe")
    async with await virtual_time() as env, installed(env, folder) as shop:
        with StripeServer(account) as server:
            wire = Wire(account.key, server.address, seconds=5)
            await shop.shut()
            shop.partners.payments = StripePayments(wire)
            await shop.open()
            yield StripeShop(shop, server)
            wire.close()


@pytest.fixture(autouse=True)
async def quiet(house: StripeShop) -> AsyncIterator[None]:
    """Each test begins with a card that pays, and without faults."""
    house.account.cards["pm_ada"] = ""
    house.account.multicapture = False
    yield
    house.api.faults.clear()
    await house.listen()


@pytest.mark.parametrize("multicapture", [False, True], ids=["captured_once", "multicapture"])
async def test_a_prepaid_order_in_two_shipments_is_captured_as_it_ships(house: StripeShop, multicapture: bool) -> None:
    house.account.multicapture = multicapture
    item = house.shop.rare()
    await house.shop.receive(item, 3)
    living = await house.place(line(1, item, 5))
    await living.ship(1)
    if not multicapture:
        await living.when(lambda s: len(s.authorizations) == 2)
    assert house.money(living) == (2000, 3000, 0)
    await house.shop.receive(item, 2)
    await living.ship(2)
    assert house.money(living) == (0, 5000, 0)
    second = "authorize/1" if multicapture else "authorize/2"
    assert await captures(living) == [(3000, "authorize/1"), (2000, second)]
    assert [(await money(living, number))["balance"] for number in (1, 2)] == [0, 0]
    await house.listen(times=2)
    state = await living.state()
    assert (len(state.payments), state.exceptions, state.inbox) == (2, [], [])


async def test_every_lost_answer_has_one_effect(house: StripeShop) -> None:
    for path, fault in (
        ("/v1/payment_intents", Fault.SILENT_AFTER),
        ("/v1/payment_intents", Fault.BUSY),
        ("/capture", Fault.SILENT_AFTER),
        ("/capture", Fault.ERROR_AFTER),
        ("/v1/payment_intents", Fault.ERROR_BEFORE),
    ):
        house.api.fail(fault, path)
        living = await house.place(line(1, "PLENTY", 2))
        await living.ship()
        assert not house.api.faults, (path, fault)
        assert house.money(living) == (0, 2000, 0), (path, fault)


async def test_an_authorization_that_expired_before_shipment_is_renewed(house: StripeShop) -> None:
    item = house.shop.rare()
    living = await house.place(line(1, item, 2))
    await living.until(Wait.STOCK)
    await living.pass_time(8)
    house.account.pass_time(8 * 86_400)
    await house.listen()
    await house.shop.receive(item, 2)
    await living.ship()
    assert await captures(living) == [(2000, "authorize/2")]
    assert house.money(living) == (0, 2000, 0)
    assert (await living.state()).exceptions == []


async def test_a_renewal_that_is_declined_keeps_the_goods_in_the_house(house: StripeShop) -> None:
    item = house.shop.rare()
    living = await house.place(line(1, item, 2))
    await living.until(Wait.STOCK)
    await living.pass_time(8)
    house.account.pass_time(8 * 86_400)
    house.account.cards["pm_ada"] = "expired_card"
    await house.shop.receive(item, 2)
    asked = await living.exception(ExceptionKind.PAYMENT_DECLINED)
    assert asked.detail == "The authorization ends before the goods leave, and a new one was declined: The card has expired."
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "cancel")
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert house.money(living) == (0, 0, 0)


async def test_a_cancelled_order_leaves_nothing_reserved(house: StripeShop) -> None:
    living = await house.place(line(1, "PLENTY", 2))
    await living.until(Wait.PICK)
    assert house.money(living) == (2000, 0, 0)
    await living.cancel()
    assert house.money(living) == (0, 0, 0)
    assert await authorizations(living) == [(2000, "voided")]


async def test_a_refund_over_two_captures_stays_within_each(house: StripeShop) -> None:
    house.account.multicapture = True
    item = house.shop.rare()
    await house.shop.receive(item, 3)
    living = await house.place(line(1, item, 5))
    await living.ship(1)
    await house.shop.receive(item, 2)
    await living.ship(2)
    first, second = [payment.payment for payment in (await living.state()).payments]
    gateway, intent = house.shop.partners.payments, house.intent(living)
    await gateway.refund(f"{living.key}/refund/91", first, euro(2500), intent)
    await gateway.refund(f"{living.key}/refund/92", second, euro(2000), intent)
    assert house.money(living) == (0, 5000, 4500)
    with pytest.raises(Exception, match="is more than the 500 left"):
        await gateway.refund(f"{living.key}/refund/93", first, euro(501), intent)
    assert house.money(living) == (0, 5000, 4500)


async def test_a_chargeback_reopens_the_invoice_and_a_won_dispute_pays_it_again(house: StripeShop) -> None:
    living = await house.place(line(1, "PLENTY", 2))
    await living.ship()
    await living.deliver()
    taken = dispute(house.account, house.intent(living))
    await house.listen(times=2)
    await living.when(lambda s: s.payments[0].reversed)
    assert (await money(living))["balance"] == 2000
    close_dispute(house.account, taken["id"], "won")
    await house.listen(times=2)
    state = await living.when(lambda s: s.invoices[0].settled)
    assert [payment.payment for payment in state.payments][1] == f"{house.intent(living)}/dispute/{taken['id']}"
    assert (await money(living))["paid"] == 2000


async def test_a_capture_by_hand_pays_the_shipment_and_is_not_taken_twice(house: StripeShop) -> None:
    living = await house.place(line(1, "PLENTY", 2))
    await living.until(Wait.PICK)
    house.account.capture(house.intent(living), {})
    await house.listen()
    await living.when(lambda s: s.payments)
    await living.ship()
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert house.money(living) == (0, 2000, 0)
    assert (await money(living))["paid"] == 2000
    assert await refunds(living) == []


async def test_a_refund_and_a_cancel_in_the_dashboard_find_a_person(house: StripeShop) -> None:
    living = await house.place(line(1, "PLENTY", 2))
    await living.ship()
    house.account.refund({"payment_intent": house.intent(living), "amount": "500"})
    await house.listen()
    asked = await living.exception(ExceptionKind.RAISED)
    assert asked.detail.startswith(f"5.00 EUR of the payment {house.intent(living)} were refunded at stripe itself")
    other = await house.place(line(1, "PLENTY", 2))
    await other.until(Wait.PICK)
    house.account.cancel(house.intent(other), {"cancellation_reason": "fraudulent"})
    await house.listen()
    asked = await other.exception(ExceptionKind.RAISED)
    assert asked.detail.startswith(f"The authorization of 20.00 EUR ({house.intent(other)}) was cancelled at stripe, not by us")
    await other.pick()
    await other.pack()
    await other.decide(ExceptionKind.CAPTURE_FAILED, "retry")
    await other.until(Wait.DELIVERY)
    assert await captures(other) == [(2000, "authorize/2")]


async def test_a_payment_page_pays_an_order_on_terms(house: StripeShop) -> None:
    living = await house.shop.place(order(line(1, "PLENTY", 2)))
    await living.ship()
    checkout(house.account, living.key, 2000)
    await house.listen(times=2)
    state = await living.when(lambda s: s.invoices[0].settled)
    assert [payment.amount.minor for payment in state.payments] == [2000]


async def test_an_outage_of_stripe_pauses_an_order_and_a_wrong_key_too(house: StripeShop) -> None:
    house.account.key, key = "sk_test_rotated", house.account.key
    living = await house.place(line(1, "PLENTY", 2))
    await living.trying("authorize_payment")
    await asyncio.sleep(0.5)
    pending = (await living.latest.describe()).raw_description.pending_activities[0]
    assert pending.last_failure.message == "Stripe does not accept our secret key; see OMS_STRIPE_SECRET_KEY."
    house.account.key = key
    await living.ship()
    assert house.money(living) == (0, 2000, 0)
