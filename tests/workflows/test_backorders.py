"""Backorders in living orders: exactly the winners wake, whoever frees the stock; and stock that changes hands on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from database import backorder_queue
from domain.distribution import ReallocateStock
from domain.lifecycle import Stage, Wait
from domain.order import ShippingPolicy
from domain.reallocation import Strategy
from starters.reallocating import reallocate
from tests.workflows.shop import Living, Shop, line, order


async def waiting(shop: Shop, item: str, units: int, **about: Any) -> Living:
    living = await shop.place(order(line(1, item, units), **about))
    await living.until(Wait.STOCK)
    return living


async def looked(living: Living) -> int:
    """How often the order sought stock."""
    return (await living.state()).allocation_rounds


async def test_a_receipt_wakes_the_one_who_wins_though_it_is_the_youngest(shop: Shop) -> None:
    item = shop.rare()
    old = await waiting(shop, item, 3)
    rush = await waiting(shop, item, 3, priority=1)
    await shop.receive(item, 3)
    await rush.until(Wait.PICK)
    assert (await looked(old), await looked(rush)) == (1, 2)
    assert (await old.state()).inbox == []
    (row,) = (row for row in (await old.view()).lines if row.number == 1)
    assert (row.queue_position, row.queue_length) == (1, 1)
    assert await shop.stock(item) == (3, 3)


async def test_the_stock_of_a_cancelled_order_goes_to_the_next_of_the_queue(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    holder = await shop.place(order(line(1, item, 4)))
    await holder.until(Wait.PICK)
    first, second = await waiting(shop, item, 4), await waiting(shop, item, 4)
    await holder.cancel()
    await first.until(Wait.PICK)
    assert (await looked(first), await looked(second)) == (2, 1)
    assert await shop.stock(item) == (4, 4)


async def test_a_winner_that_is_cancelled_before_it_comes_gives_back_what_it_won(shop: Shop) -> None:
    item = shop.rare()
    first, second = await waiting(shop, item, 4), await waiting(shop, item, 4)
    shop.trouble.down(first.key, "allocate_stock")
    await shop.receive(item, 4)
    await first.trying("allocate_stock")
    await first.cancel()
    await second.until(Wait.PICK)
    assert (await second.state()).stage is Stage.FULFILLING
    assert await shop.stock(item) == (4, 4)
    assert await shop.database.read(backorder_queue.positions, item, datetime.now(UTC)) == []


async def test_stock_changes_hands_and_back_again(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    holder = await shop.place(order(line(1, item, 4)))
    await holder.until(Wait.PICK)
    winner = await waiting(shop, item, 3)
    made = await reallocate(shop.client, asked(item, Strategy.WIN, winner))
    await winner.until(Wait.PICK)
    await holder.until(Wait.PICK, "shipment 2")
    state = await holder.state()
    assert [(s.abandoned, s.quantities) for s in state.shipments] == [(True, {1: 4}), (False, {1: 1})]
    assert (state.lines[0].open, state.lines[0].allocated) == (3, 1)
    assert holder.undone() == ["pick task"]

    back = ReallocateStock(request=f"back {item}", undoes=made.reallocation, at=datetime.now(UTC), actor="ada")
    await reallocate(shop.client, back)
    await holder.until(Wait.PICK, "shipment 3")
    await winner.until(Wait.STOCK)
    assert [line.allocated for line in (await holder.state()).lines] == [4]
    assert [line.open for line in (await winner.state()).lines] == [3]
    await holder.pick(2)
    await holder.pick(3)
    assert await shop.stock(item) == (4, 4)


async def test_lines_of_two_dates_go_apart(shop: Shop) -> None:
    item, other = shop.rare(), shop.rare()
    now = datetime.now(UTC)
    await shop.receive(item, 2)
    later = [line(number, goods, 1).model_copy(update={"requested_at": now}) for number, goods in ((2, other), (3, item))]
    living = await shop.place(order(line(1, item, 2), *later, policy=ShippingPolicy.BY_DATE_GROUP))
    await living.ship(1)
    await living.until(Wait.STOCK)
    assert [s.quantities for s in (await living.state()).shipments] == [{1: 2}]
    await shop.receive(item, 1)
    await shop.receive(other, 1)
    await living.ship(2)
    assert [s.quantities for s in (await living.state()).shipments] == [{1: 2}, {2: 1, 3: 1}]


def asked(item: str, strategy: Strategy, of: Living) -> ReallocateStock:
    return ReallocateStock(request=f"{strategy} {item}", item=item, strategy=strategy, order=of.key, at=datetime.now(UTC), actor="ada")
