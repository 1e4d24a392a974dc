"""Promises: a slipped purchase order moves them, and a person decides about those that break."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from database import purchasing, supply
from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import Decide, SupplySlipped
from domain.order import ShippingPolicy
from domain.purchasing import CancelSupply, MoveSupply, PlacePurchase, PurchaseLine, SupplyChange
from domain.steps import ReceiveStock
from starters import supplying
from starters.receiving import receive
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, line, order

DAY = timedelta(days=1)


async def bought(shop: Shop, item: str, quantity: int = 5, days: int = 10) -> str:
    """A purchase order of an item; its number."""
    now = datetime.now(UTC)
    number = f"PO-{item}-{days}"
    ordered = PurchaseLine(line=1, item=item, ordered=quantity, expected_at=now + days * DAY)
    request = PlacePurchase(purchase_order=number, supplier="MAKER", location="BERLIN", lines=(ordered,), at=now, actor="buyer")
    await shop.database.transaction(purchasing.place_purchase, request)
    return number


async def slip(shop: Shop, number: str, days: int, name: str = "1") -> SupplyChange:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    said: dict[str, Any] = {
        "slip": f"{number}/{name}",
        "purchase_order": number,
        "reason": "strike at the factory",
        "at": now,
        "actor": "buyer",
    }
    return await supplying.slip(shop.client, MoveSupply(**said, expected_at=now + days * DAY))


async def waiting(shop: Shop, item: str, quantity: int = 5, **changes: Any) -> Living:
    """An order that was promised goods of a purchase order."""
    living = await shop.place(order(line(1, item, quantity), **changes))
    await living.until(Wait.STOCK)
    return living


async def broken(shop: Shop) -> tuple[Living, str, str]:
    """An order whose purchase order slipped by ten days; with its item and the purchase order."""
    item = shop.rare()
    number = await bought(shop, item)
    living = await waiting(shop, item)
    assert (await slip(shop, number, 20)).orders == (living.key,)
    await living.when(lambda s: any(e.recorded for e in s.exceptions))
    return living, item, number


async def ledger(living: Living) -> list[tuple[str, str]]:
    return [(each.status, each.supply) for each in (await living.view()).promises]


async def promised_day(living: Living) -> datetime:
    found = (await living.state()).line(1).promised_at
    assert found is not None
    return found


@answers(ExceptionKind.PROMISE_BROKEN, "accept_new_date")
async def test_a_slip_moves_the_promise_and_the_customer_takes_the_new_date(shop: Shop) -> None:
    living, item, number = await broken(shop)
    question = await living.exception(ExceptionKind.PROMISE_BROKEN)
    assert (question.owner, question.subject) == ("order_desk", "promise")
    assert question.detail.startswith(f"line 1 {item}: told ")
    assert f"purchase order {number} is expected on" in question.detail
    assert "strike at the factory" in question.detail

    again = await slip(shop, number, 20)
    assert again.repeated
    supply = f"purchase/{number}/1"
    assert await ledger(living) == [("made", supply), ("moved", supply)]

    await living.decide(ExceptionKind.PROMISE_BROKEN, "accept_new_date", note="by phone")
    state = await living.when(lambda s: not s.broken_promises and not list(s.open_exceptions()))
    assert state.line(1).told_at == state.line(1).promised_at
    assert await ledger(living) == [("made", supply), ("moved", supply), ("made", supply)]

    goods: dict[str, Any] = {"item": item, "location": "BERLIN", "quantity": 5, "at": datetime.now(UTC), "actor": "dock"}
    await receive(shop.client, ReceiveStock(receipt=f"DN-{number}", **goods, purchase_order=number, purchase_line=1))
    await living.ship(1)
    await living.deliver(1)
    await living.when(lambda s: s.stage is Stage.DELIVERED)
    assert (await ledger(living))[-1] == ("kept", supply)


async def test_a_slip_told_twice_changes_nothing(shop: Shop) -> None:
    living, _, number = await broken(shop)
    before = await living.view()
    fact = SupplySlipped(**living.stamp("buyer"), supplies=(f"purchase/{number}/1",), detail="told once more")
    await living.tell(fact)
    await living.tell(fact)
    await living.when(lambda s: s.promises_moved == 2 and not s.inbox)
    after = await living.view()
    assert after.promises == before.promises
    assert [e.number for e in after.exceptions] == [e.number for e in before.exceptions] == [1]


@answers(ExceptionKind.PROMISE_BROKEN, "accept_new_date")
async def test_a_second_slip_asks_anew_with_the_new_day(shop: Shop) -> None:
    living, _, number = await broken(shop)
    await slip(shop, number, 40, "2")
    state = await living.when(lambda s: len(s.exceptions) == 2 and s.exceptions[1].decision is None)
    first, second = state.exceptions
    assert first.decision is not None
    assert (first.decision.choice, second.kind) == ("withdrawn", ExceptionKind.PROMISE_BROKEN)
    await living.decide(ExceptionKind.PROMISE_BROKEN, "accept_new_date")
    await living.when(lambda s: not s.broken_promises)


async def test_a_slip_whose_answers_are_lost_reaches_its_order_all_the_same(shop: Shop) -> None:
    """The new day is booked and the answer lost before anybody was told; then the order's own answer is lost too."""
    item = shop.rare()
    number = await bought(shop, item)
    living = await waiting(shop, item)
    shop.trouble.lose("", "move_supply", 1)
    shop.trouble.lose(living.key, "move_promises", 1)
    assert (await slip(shop, number, 20)).orders == (living.key,)
    await living.exception(ExceptionKind.PROMISE_BROKEN)
    supply = f"purchase/{number}/1"
    assert await ledger(living) == [("made", supply), ("moved", supply)]
    assert shop.trouble.carried_out[living.key, "move_promises"] == 2
    await living.cancel()


async def test_what_was_promised_from_stock_and_is_not_there_is_asked_about_once(shop: Shop) -> None:
    """A short pick has its own question; the promise moves to the lead time without another."""
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 2)))
    await living.pick(1, line1=1)
    await living.decide(ExceptionKind.SHORT_PICK, "reallocate")
    await living.until(Wait.STOCK)
    assert await ledger(living) == [("made", "stock"), ("moved", "lead time")]
    assert [e.kind for e in (await living.state()).exceptions] == [ExceptionKind.SHORT_PICK]
    await living.cancel()


async def test_a_slip_within_what_the_customer_wanted_asks_nobody(shop: Shop) -> None:
    item = shop.rare()
    number = await bought(shop, item)
    living = await waiting(shop, item, requested_at=datetime.now(UTC) + 60 * DAY)
    before = await promised_day(living)
    await slip(shop, number, 20)
    state = await living.when(lambda s: s.promises_moved == 1)
    moved = state.line(1).promised_at
    assert moved is not None
    assert moved > before
    assert state.exceptions == []


async def test_stock_that_comes_after_all_answers_the_question(shop: Shop) -> None:
    living, item, _ = await broken(shop)
    await shop.receive(item, 5)
    await living.until(Wait.PICK, "shipment 1")
    state = await living.when(lambda s: not list(s.open_exceptions()))
    assert state.exceptions[0].decision is not None
    assert state.exceptions[0].decision.choice == "withdrawn"


@answers(ExceptionKind.PROMISE_BROKEN, "look_elsewhere")
async def test_what_lies_elsewhere_by_now_is_taken(shop: Shop) -> None:
    living, item, _ = await broken(shop)

    def found_in_lyon(session: Any) -> None:
        goods: dict[str, Any] = {"item": item, "location": "LYON", "quantity": 5, "at": datetime.now(UTC), "actor": "count"}
        supply.receive(session, ReceiveStock(receipt=f"found/{item}", **goods))

    await shop.database.transaction(found_in_lyon)  # counted up, and nobody told the order
    await living.decide(ExceptionKind.PROMISE_BROKEN, "look_elsewhere")
    await living.until(Wait.PICK, "shipment 1")
    assert [(s.location, s.quantities) for s in (await living.state()).shipments] == [("LYON", {1: 5})]


@answers(ExceptionKind.PROMISE_BROKEN, "look_elsewhere", "cancel_line")
async def test_when_there_is_nothing_elsewhere_the_line_is_cancelled(shop: Shop) -> None:
    living, _, _ = await broken(shop)
    await living.decide(ExceptionKind.PROMISE_BROKEN, "look_elsewhere")
    await living.when(lambda s: len(s.exceptions) == 2)
    await living.decide(ExceptionKind.PROMISE_BROKEN, "cancel_line")
    await living.ended()
    assert [(row.ordered, row.cancelled) for row in (await living.view()).lines] == [(5, 5)]


@answers(ExceptionKind.PROMISE_BROKEN, "substitute")
async def test_a_substitute_is_taken_for_what_comes_too_late(shop: Shop) -> None:
    better = shop.rare()
    await shop.receive(better, 9)
    living, item, _ = await broken(shop)
    question = await living.exception(ExceptionKind.PROMISE_BROKEN)
    without = Decide(**living.stamp(), exception=question.number, choice="substitute")
    assert await living.refused(without) == "A substitute needs an item: say which one is to be taken for line 1."
    await living.decide(ExceptionKind.PROMISE_BROKEN, "substitute", items={1: better})
    await living.ship(1)
    rows = [(row.number, row.item, row.cancelled, row.shipped) for row in (await living.view()).lines]
    assert rows == [(1, item, 5, 0), (101, better, 0, 5)]


async def test_a_cancelled_purchase_order_leaves_the_promise_to_the_lead_time(shop: Shop) -> None:
    item = shop.rare()
    number = await bought(shop, item, days=3)
    living = await waiting(shop, item)
    cancelled = CancelSupply(purchase_order=number, reason="the supplier closed", at=datetime.now(UTC), actor="buyer")
    assert (await supplying.cancel(shop.client, cancelled)).orders == (living.key,)
    question = await living.exception(ExceptionKind.PROMISE_BROKEN)
    assert f"purchase order {number} is cancelled, the supplier closed: nothing is on its way" in question.detail
    assert (await supplying.cancel(shop.client, cancelled)).repeated
    await living.cancel()


async def test_an_order_is_cancelled_while_it_is_asked_about_its_promise(shop: Shop) -> None:
    living, _, _ = await broken(shop)
    ended = await living.cancel()
    assert ended.outcome.value == "cancelled"
    state = await living.state()
    assert state.exceptions[0].decision is not None
    assert state.exceptions[0].decision.choice == "withdrawn"


async def test_a_ship_complete_order_slips_as_a_whole(shop: Shop) -> None:
    item = shop.rare()
    number = await bought(shop, item)
    living = await shop.place(order(line(1, item, 5), line(2, "LAMP", 1), policy=ShippingPolicy.COMPLETE))
    await living.until(Wait.STOCK)
    await slip(shop, number, 20)
    question = await living.exception(ExceptionKind.PROMISE_BROKEN)
    assert f"line 1 {item}: told" in question.detail
    assert "line 2 LAMP: told" in question.detail
    await living.cancel()
