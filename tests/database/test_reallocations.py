"""Re-allocation in the database: simulated as it is carried out, moved as each order gives up its shipment, and undone."""

import asyncio
from typing import Any

import pytest

from database import backorders, reallocations, stock
from database.backorder_queue import granted_to
from domain.distribution import DistributeStock, Reallocated, ReallocateStock, Taken
from domain.errors import NotFound, Refused
from domain.order import PlaceOrder, ShippingPolicy
from domain.reallocation import Plan, Strategy
from domain.steps import AbandonShipment, Need, ReceiveStock, Recorded
from tests.database.builders import NOW, House, line, order, step


def wish(external_id: str, units: int, item: str = "FILTER", **changes: Any) -> PlaceOrder:
    return order(external_id, line(1, item, units, "1.00"), **changes)


def asked(strategy: Strategy, of: str = "", name: str = "r-1", item: str = "FILTER") -> ReallocateStock:
    return ReallocateStock(request=name, item=item, strategy=strategy, order=f"shopify/{of}" if of else "", at=NOW, actor="cli:ada")


def undo(number: int, name: str = "u-1") -> ReallocateStock:
    return ReallocateStock(request=name, undoes=number, at=NOW, actor="cli:ada")


async def holds(house: House, placed: PlaceOrder, units: int) -> None:
    """The order gets so many units allocated; of what is missing it waits for the rest."""
    await house.accept(placed, waived=True)
    goods = ReceiveStock(receipt=f"for {placed.key}", item="FILTER", location="BERLIN", quantity=units, at=NOW, actor="dock")
    if units:
        await house(stock.receive_stock, goods)
    await house.allocate(placed, all_or_nothing=placed.policy is ShippingPolicy.COMPLETE)


async def give_up(house: House, made: Reallocated) -> None:
    """Every order that loses gives up its shipments, as its workflow does, and seeks stock again."""
    for taken in made.takes:
        abandon = AbandonShipment(
            **step(f"shipment/{taken.shipment}/abandon", taken.order),
            shipment=taken.shipment,
            reason="re-allocated",
            reallocation=made.reallocation,
        )
        await house.once(abandon, Recorded, stock.abandon_shipment)
        await house.once(abandon, Recorded, stock.abandon_shipment)


async def aside(house: House, *orders: str, item: str = "FILTER") -> dict[str, int]:
    found = await house.database.read(granted_to, [f"shopify/{name}" for name in orders], NOW)
    return {order.removeprefix("shopify/"): units[item] for order, units in found.items() if units.get(item)}


async def told(house: House) -> list[str]:
    made = await house(backorders.distribute, DistributeStock(at=NOW))
    return list(dict.fromkeys(win.order.removeprefix("shopify/") for win in made.wins))


def after(plan: Plan) -> dict[str, int]:
    return {share.order.removeprefix("shopify/"): share.after for share in plan.shares}


async def test_win_takes_from_the_end_of_the_queue_once_the_losers_let_go(house: House) -> None:
    await holds(house, wish("old", 4), 4)
    await holds(house, wish("young", 5, placed_at=NOW.replace(hour=10)), 5)
    winner = wish("winner", 6, placed_at=NOW.replace(hour=8))
    await holds(house, winner, 0)
    simulated = await house.database.read(reallocations.simulate, asked(Strategy.WIN, "winner"))
    assert after(simulated.plan) == {"winner": 6, "old": 3, "young": 0}
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "winner"))
    assert (made.plan, made.takes) == (simulated.plan, simulated.takes)
    assert made.takes == (Taken(order="shopify/old", shipment=1), Taken(order="shopify/young", shipment=1))
    assert await house(reallocations.reallocate, asked(Strategy.WIN, "winner")) == made.model_copy(update={"repeated": True})
    assert await aside(house, "winner", "old", "young") == {}  # nobody has let go yet

    await give_up(house, made)
    assert await aside(house, "winner", "old", "young") == {"winner": 6, "old": 3}
    assert await told(house) == ["winner"]
    got = await house.allocate(winner, attempt=2)
    assert (got.short, got.shipments[0].picks[0].quantity) == ((), 6)
    again = await house.allocate(wish("old", 4), attempt=2, first=2)
    assert (again.shipments[0].picks[0].quantity, again.short[0].asked) == (3, 4)
    assert (await house.allocate(wish("young", 5), attempt=2, first=2)).short[0].available == 0


async def test_a_shipment_that_was_picked_stays_and_the_winner_waits_on(house: House) -> None:
    await holds(house, wish("holder", 4), 4)
    await holds(house, wish("winner", 4, placed_at=NOW.replace(hour=8)), 0)
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "winner"))
    await house.pick(wish("holder", 4), l1=4)
    assert made.takes == (Taken(order="shopify/holder", shipment=1),)
    assert await told(house) == []
    with pytest.raises(Refused, match="There is nothing to undo: of FILTER, nobody gained anything"):
        await house(reallocations.reallocate, undo(made.reallocation))


async def test_what_a_loser_was_only_granted_moves_at_once(house: House) -> None:
    await holds(house, wish("first", 5), 0)
    await holds(house, wish("rush", 3, priority=9), 0)
    await house(stock.receive_stock, ReceiveStock(receipt="GR-1", item="FILTER", location="BERLIN", quantity=4, at=NOW, actor="dock"))
    assert await aside(house, "first", "rush") == {"first": 4}
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "rush"))
    assert (made.takes, await aside(house, "first", "rush")) == ((), {"first": 1, "rush": 3})


async def test_an_undo_brings_everything_back(house: House) -> None:
    holder, winner = wish("holder", 4), wish("winner", 3, placed_at=NOW.replace(hour=8))
    await holds(house, holder, 4)
    await holds(house, winner, 0)
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "winner"))
    with pytest.raises(Refused, match="Order shopify/holder has not given up its shipment 1 yet: undo re-allocation"):
        await house(reallocations.reallocate, undo(made.reallocation))
    await give_up(house, made)
    await house.allocate(winner, attempt=2)
    await house.allocate(holder, attempt=2, first=2)
    back = await house(reallocations.reallocate, undo(made.reallocation))
    assert after(back.plan) == {"winner": 0, "holder": 4}
    assert back.takes == (Taken(order="shopify/winner", shipment=1),)
    await give_up(house, back)
    got = await house.allocate(holder, Need(line=1, item="FILTER", quantity=3), attempt=3, first=3)
    assert (got.short, got.shipments[0].picks[0].quantity) == ((), 3)
    with pytest.raises(Refused, match=f"Re-allocation {made.reallocation} was undone already, by re-allocation {back.reallocation}"):
        await house(reallocations.reallocate, undo(made.reallocation, "u-2"))


async def test_what_was_picked_cannot_be_undone(house: House) -> None:
    holder, winner = wish("holder", 4), wish("winner", 3, placed_at=NOW.replace(hour=8))
    await holds(house, holder, 4)
    await holds(house, winner, 0)
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "winner"))
    await give_up(house, made)
    await house.allocate(winner, attempt=2)
    await house.pick(winner, l1=3)
    with pytest.raises(Refused, match="Order shopify/winner gained 3 of FILTER and holds 0 that nobody has picked"):
        await house(reallocations.reallocate, undo(made.reallocation))


async def test_who_ships_complete_is_told_when_all_of_it_is_there(house: House) -> None:
    await holds(house, wish("one", 3), 3)
    await holds(house, wish("two", 3), 3)
    await holds(house, wish("whole", 6, policy=ShippingPolicy.COMPLETE, placed_at=NOW.replace(hour=8)), 0)
    made = await house(reallocations.reallocate, asked(Strategy.WIN, "whole"))
    await give_up(house, made.model_copy(update={"takes": made.takes[:1]}))
    assert (await told(house), await aside(house, "whole")) == ([], {"whole": 3})
    await give_up(house, made.model_copy(update={"takes": made.takes[1:]}))
    assert (await told(house), await aside(house, "whole")) == (["whole"], {"whole": 6})


async def test_an_order_that_misses_something_else_does_not_take_what_it_cannot_ship(house: House) -> None:
    await holds(house, wish("holder", 4), 4)
    lines = (line(1, "FILTER", 4, "1.00"), line(2, "GRINDER", 9, "1.00"))
    await holds(house, order("whole", *lines, policy=ShippingPolicy.COMPLETE), 0)
    with pytest.raises(Refused, match="cannot take FILTER: ships whole or not at all, and misses 4 of GRINDER"):
        await house(reallocations.reallocate, asked(Strategy.WIN, "whole"))


async def test_two_at_once_do_not_move_the_same_units(house: House) -> None:
    await holds(house, wish("holder", 4), 4)
    for name in ("a", "b"):
        await holds(house, wish(name, 4, placed_at=NOW.replace(hour=8)), 0)
    answers = await asyncio.gather(
        *(house(reallocations.reallocate, asked(Strategy.WIN, name, f"r-{name}")) for name in ("a", "b")), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Reallocated", "Refused"]


async def test_what_is_unknown_is_said(house: House) -> None:
    with pytest.raises(NotFound, match="NOTHING"):
        await house(reallocations.reallocate, asked(Strategy.FILL, item="NOTHING"))
    with pytest.raises(NotFound, match="99"):
        await house(reallocations.reallocate, undo(99))
    with pytest.raises(NotFound, match="99"):
        await house.database.read(reallocations.stored, 99)
