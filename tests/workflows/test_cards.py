"""The card of a prepaid order: authorized as long as goods are to come, captured as they leave, given up when nothing is to come."""

from __future__ import annotations

import asyncio

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import AuthorizationRow, Payment
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import AmendOrder, LineQuantity, PaymentReceived, PaymentReversed
from domain.order import PaymentTerms
from domain.policies import Policies
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import money, refunds
from tests.workflows.shop import Living, Shop, euro, line, order


async def prepaid(shop: Shop, *lines: object, **changes: object) -> Living:
    script = changes.pop("script", None)
    return await shop.place(order(*lines, terms=PaymentTerms.PREPAID, **changes), script=script)  # type: ignore[arg-type]  # what a test says


async def authorizations(living: Living) -> list[tuple[int, str]]:
    """(cents, what became of it) of every authorization, the oldest first."""

    def read(session: Session) -> list[tuple[int, str]]:
        rows = session.scalars(select(AuthorizationRow).where(AuthorizationRow.order == living.key).order_by(AuthorizationRow.key))
        return [(row.amount, "declined" if row.declined else "voided" if row.voided else "stands") for row in rows]

    return await living.shop.database.read(read)


async def captures(living: Living) -> list[tuple[int, str]]:
    """(cents, from the authorization under which key) of every capture, in order."""

    def read(session: Session) -> list[tuple[int, str]]:
        key = select(AuthorizationRow.key).where(AuthorizationRow.authorization == Payment.authorization).scalar_subquery()
        rows = session.execute(select(Payment.amount, key).where(Payment.order == living.key).order_by(Payment.at))
        return [(amount, str(found).removeprefix(f"{living.key}/")) for amount, found in rows]

    return await living.shop.database.read(read)


async def waits_for_stock(shop: Shop, days: float, item: str, **script: object) -> Living:
    """Two units of an item that comes only after so many days; the card was authorized on the first."""
    living = await prepaid(shop, line(1, item, 2), script={"card": "good", **script})
    await living.until(Wait.STOCK)
    await living.pass_time(days)
    return living


async def test_a_renewal_whose_answer_is_lost_for_a_whole_run_is_asked_for_once(shop: Shop) -> None:
    item = shop.rare()
    placed = order(line(1, item, 2), terms=PaymentTerms.PREPAID)
    living = await shop.place(placed, Policies(leave_at_events=30), script={"card": "good"})
    await living.until(Wait.STOCK)
    await living.pass_time(8)
    shop.trouble.lose(living.key, "authorize_payment")
    await shop.receive(item, 2)
    await living.trying("authorize_payment")
    first = (await living.latest.describe()).run_id
    again = PaymentReversed(**living.stamp("bank"), payment="of somebody else")
    for _ in range(30):  # the history grows too long to wait for the answer
        await living.tell(again)
    async with asyncio.timeout(30):
        while (await living.latest.describe()).run_id == first:
            await asyncio.sleep(0.05)
    shop.trouble.up(living.key)
    await living.ship()
    assert await authorizations(living) == [(2000, "stands"), (2000, "stands")]
    assert await captures(living) == [(2000, "authorize/2")]
    assert living.effects().count("authorization") == 2


async def test_two_shipments_are_captured_from_one_authorization(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await prepaid(shop, line(1, item, 5))
    await living.ship(1)
    await shop.receive(item, 2)
    await living.ship(2)
    assert await authorizations(living) == [(5000, "stands")]
    assert await captures(living) == [(3000, "authorize/1"), (2000, "authorize/1")]


async def test_an_authorization_that_ends_before_the_goods_leave_is_renewed_before_the_picks(shop: Shop) -> None:
    item = shop.rare()
    living = await waits_for_stock(shop, 8, item)
    await shop.receive(item, 2)
    await living.until(Wait.PICK)
    assert await authorizations(living) == [(2000, "stands"), (2000, "stands")]
    await living.ship()
    assert await captures(living) == [(2000, "authorize/2")]
    assert (await money(living))["balance"] == 0


async def test_an_authorization_that_is_about_to_end_is_replaced_and_given_up(shop: Shop) -> None:
    item = shop.rare()
    living = await waits_for_stock(shop, 6, item)
    await shop.receive(item, 2)
    await living.ship()
    assert await captures(living) == [(2000, "authorize/2")]
    assert await authorizations(living) == [(2000, "voided"), (2000, "stands")]


async def test_only_what_is_still_to_be_captured_is_renewed(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await prepaid(shop, line(1, item, 5))
    await living.ship(1)
    await living.pass_time(8)
    await shop.receive(item, 2)
    await living.ship(2)
    assert await authorizations(living) == [(5000, "stands"), (2000, "stands")]
    assert await captures(living) == [(3000, "authorize/1"), (2000, "authorize/2")]


@answers(ExceptionKind.PICK_OVERDUE, "wait_on")
async def test_an_authorization_that_ended_on_the_floor_is_renewed_before_the_capture(shop: Shop) -> None:
    living = await prepaid(shop)
    await living.until(Wait.PICK)
    await living.pass_time(8)
    await living.decide(ExceptionKind.PICK_OVERDUE, "wait_on")
    await living.ship()
    assert await captures(living) == [(2000, "authorize/2")]


@answers(ExceptionKind.PAYMENT_DECLINED, "retry")
async def test_nothing_is_picked_while_a_renewal_is_declined(shop: Shop) -> None:
    item = shop.rare()
    living = await waits_for_stock(shop, 8, item)
    shop.world.script(living.key, {"card": "declined"})
    await shop.receive(item, 2)
    asked = await living.exception(ExceptionKind.PAYMENT_DECLINED)
    assert asked.detail == "The authorization ends before the goods leave, and a new one was declined: Insufficient funds."
    assert "pick task" not in living.effects()
    shop.world.script(living.key, {"card": "good"})
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "retry")
    await living.ship()
    assert await captures(living) == [(2000, "authorize/3")]


@answers(ExceptionKind.PAYMENT_DECLINED, "bill")
async def test_an_order_whose_renewal_is_declined_may_go_on_terms(shop: Shop) -> None:
    item = shop.rare()
    living = await waits_for_stock(shop, 8, item)
    shop.world.script(living.key, {"card": "declined"})
    await shop.receive(item, 2)
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "bill")
    await living.ship()
    assert await captures(living) == []
    assert (await money(living))["balance"] == 2000


@answers(ExceptionKind.PAYMENT_DECLINED, "cancel")
async def test_an_order_whose_renewal_is_declined_may_be_cancelled(shop: Shop) -> None:
    item = shop.rare()
    living = await waits_for_stock(shop, 8, item)
    shop.world.script(living.key, {"card": "declined"})
    await shop.receive(item, 2)
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "cancel")
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert await authorizations(living) == [(2000, "voided"), (2000, "declined")]


@answers(ExceptionKind.CAPTURE_FAILED, "retry")
async def test_packed_goods_stay_while_the_renewal_is_declined(shop: Shop) -> None:
    living = await prepaid(shop, script={"card": "good"})
    await living.until(Wait.PICK)
    await living.pass_time(8)
    await living.decide(ExceptionKind.PICK_OVERDUE, "wait_on")
    shop.world.script(living.key, {"card": "declined"})
    await living.pick()
    await living.pack()
    asked = await living.exception(ExceptionKind.CAPTURE_FAILED)
    assert asked.detail == "20.00 EUR for shipment 1 could not be captured: Insufficient funds."
    assert "label" not in living.effects()
    shop.world.script(living.key, {"card": "good"})
    await living.decide(ExceptionKind.CAPTURE_FAILED, "retry")
    await living.until(Wait.DELIVERY)
    assert await captures(living) == [(2000, "authorize/3")]


@answers(ExceptionKind.CAPTURE_FAILED, "bill")
async def test_an_authorization_that_pays_nothing_any_more_is_given_up(shop: Shop) -> None:
    living = await prepaid(shop, script={"card": "capture_fails_once"})
    await living.pick()
    await living.pack()
    await living.decide(ExceptionKind.CAPTURE_FAILED, "bill")
    await living.until(Wait.DELIVERY)
    await living.when(lambda s: all(a.voided for a in s.authorizations))
    assert await authorizations(living) == [(2000, "voided")]
    assert (await money(living))["balance"] == 2000


async def test_the_rest_of_an_authorization_is_given_up_when_everything_has_left(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await prepaid(shop, line(1, item, 5))
    await living.ship(1)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=3),)))
    await living.when(lambda s: all(a.voided for a in s.authorizations))
    assert await captures(living) == [(3000, "authorize/1")]
    assert await authorizations(living) == [(5000, "voided")]


async def test_an_amendment_upwards_authorizes_the_difference(shop: Shop) -> None:
    living = await prepaid(shop, line(1, "PLENTY", 2))
    await living.until(Wait.PICK)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    await living.ship(1)
    await living.ship(2)
    assert await authorizations(living) == [(2000, "stands"), (3000, "stands")]
    assert sorted(await captures(living)) == [(2000, "authorize/1"), (3000, "authorize/2")]
    assert [(await money(living, number))["balance"] for number in (1, 2)] == [0, 0]


async def test_a_shipment_may_take_the_money_of_two_authorizations(shop: Shop) -> None:
    item = shop.rare()
    living = await prepaid(shop, line(1, item, 2))
    await living.until(Wait.STOCK)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    await living.when(lambda s: len(s.authorizations) == 2)
    await shop.receive(item, 5)
    await living.ship()
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert sorted(await captures(living)) == [(2000, "authorize/1"), (3000, "authorize/2")]
    assert (await money(living))["paid"] == 5000


@answers(ExceptionKind.PAYMENT_DECLINED, "bill")
async def test_a_declined_difference_finds_a_person(shop: Shop) -> None:
    item = shop.rare()
    living = await prepaid(shop, line(1, item, 2), script={"card": "good"})
    await living.until(Wait.STOCK)
    shop.world.script(living.key, {"card": "declined"})
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    asked = await living.exception(ExceptionKind.PAYMENT_DECLINED)
    assert asked.detail == "What the card does not cover yet was declined: Insufficient funds."
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "bill")
    await living.when(lambda s: all(a.voided for a in s.authorizations))
    assert await authorizations(living) == [(2000, "voided"), (3000, "declined")]
    await living.cancel()


async def test_a_card_that_is_captured_once_is_authorized_anew_for_the_rest(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await prepaid(shop, line(1, item, 5), script={"card": "captures_once"})
    await living.ship(1)
    await living.when(lambda s: len(s.authorizations) == 2)
    await shop.receive(item, 2)
    await living.ship(2)
    assert await authorizations(living) == [(5000, "stands"), (2000, "stands")]
    assert await captures(living) == [(3000, "authorize/1"), (2000, "authorize/2")]


async def test_money_that_came_in_otherwise_is_not_captured_again(shop: Shop) -> None:
    living = await prepaid(shop, line(1, "PLENTY", 2))
    await living.until(Wait.PICK)
    await living.tell(PaymentReceived(**living.stamp("stripe"), payment="pi_1/by-hand", amount=euro(1500)))
    await living.when(lambda s: s.payments)
    await living.ship()
    state = await living.when(lambda s: s.invoices and s.invoices[0].settled and all(a.voided for a in s.authorizations))
    assert sorted((payment.amount.minor, payment.captured) for payment in state.payments) == [(500, True), (1500, False)]
    assert await authorizations(living) == [(2000, "voided")]
    assert await refunds(living) == []


@answers(ExceptionKind.CAPTURE_FAILED, "retry")
async def test_an_authorization_that_was_cancelled_by_hand_is_replaced_when_a_person_says_so(shop: Shop) -> None:
    living = await prepaid(shop)
    await living.until(Wait.PICK)
    await shop.partners.payments.void(f"{living.key}/authorize/1")
    await living.pick()
    await living.pack()
    asked = await living.exception(ExceptionKind.CAPTURE_FAILED)
    assert asked.detail == "20.00 EUR for shipment 1 could not be captured: The authorization was voided."
    await living.decide(ExceptionKind.CAPTURE_FAILED, "retry")
    await living.until(Wait.DELIVERY)
    assert await captures(living) == [(2000, "authorize/2")]
