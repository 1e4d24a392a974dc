"""The backorder queue in the database: freed stock is nobody's but the queue's, and goes to the first who can use it, once."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import backorder_queue, backorders, orders, reading, soft_reservations, stock
from database.backorders import KEPT
from database.tables import Customer, LocationAbility, Order, SoftReservation
from domain.backorders import SAVING
from domain.distribution import Distributed, DistributeStock
from domain.messages import LineQuantity
from domain.order import Address, OrderLine, PlaceOrder, ShippingPolicy
from domain.soft_reservations import Wanted
from domain.steps import (
    AbandonShipment,
    Allocation,
    CancelRest,
    ChangeLines,
    LineChange,
    Need,
    ReceiveStock,
    Recorded,
    RecordNotes,
    ReleaseStock,
)
from tests.database.builders import DAY, HOUR, NOW, House, cart, line, order, step

COMPLETE, BY_LINE, BY_DATE = ShippingPolicy.COMPLETE, ShippingPolicy.BY_LINE, ShippingPolicy.BY_DATE_GROUP


def wish(external_id: str, units: int = 5, item: str = "FILTER", **changes: Any) -> PlaceOrder:
    return order(external_id, line(1, item, units, "1.00"), **changes)


async def waits(house: House, *placed: PlaceOrder) -> None:
    """Accepted, and stock is sought in vain."""
    for each in placed:
        await house.accept(each, waived=True)
        await seek(house, each)


async def seek(house: House, placed: PlaceOrder, attempt: int = 1, first: int = 1, at: datetime = NOW) -> Allocation:
    """Allocate what is open, as the order's policy has it."""
    view = await house.database.read(reading.order_view, placed.key)
    open_lines = {row.number: row for row in view.lines if row.open}
    needs = [need for need in needs_of(placed) if need.line in open_lines]
    policy = placed.policy or ShippingPolicy.PARTIAL
    groups = () if policy in (COMPLETE, ShippingPolicy.PARTIAL) else tuple((need.line,) for need in needs)
    return await house.allocate(
        placed,
        *(need.model_copy(update={"quantity": open_lines[need.line].open}) for need in needs),
        attempt=attempt,
        first=first,
        all_or_nothing=policy is COMPLETE,
        groups=groups,
        at=at,
    )


def needs_of(placed: PlaceOrder) -> list[Need]:
    return [Need(line=each.number, item=each.item, quantity=each.quantity) for each in placed.lines]


async def receive(house: House, quantity: int, item: str = "FILTER", number: str = "1", at: datetime = NOW) -> list[str]:
    goods = ReceiveStock(receipt=f"GR-{number}", item=item, location="BERLIN", quantity=quantity, at=at, actor="dock")
    return [key.removeprefix("shopify/") for key in (await house(stock.receive_stock, goods)).waiting]


async def round_(house: House, at: datetime = NOW, **about: Any) -> Distributed:
    request = DistributeStock(at=at, **about)
    if request.gone:
        await house(backorders.take_back_from_ended, request.gone, at)
    late = await house(backorders.take_back_lapsed, at)
    return await house(backorders.distribute, request, late)


async def aside(house: House, item: str = "FILTER") -> dict[str, int]:
    """Units set aside by owner."""

    def read(session: Session) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in session.scalars(select(SoftReservation).where(SoftReservation.item == item, SoftReservation.ended == "")):
            owner = row.owner.removeprefix("shopify/")
            found[owner] = found.get(owner, 0) + row.quantity
        return found

    return await house.database.read(read)


def won(round_made: Distributed) -> dict[str, int]:
    return {win.order.removeprefix("shopify/"): sum(win.units.values()) for win in round_made.wins}


async def test_a_receipt_goes_to_the_highest_priority_though_it_is_younger(house: House) -> None:
    await house.database.transaction(lambda session: session.execute(update(Customer).where(Customer.customer == "C-1").values(priority=3)))
    await waits(house, wish("old", placed_at=NOW - 9 * DAY), wish("rush", priority=1))
    assert await receive(house, 7) == ["rush", "old"]
    assert await aside(house) == {"rush": 5, "old": 2}
    assert await receive(house, 7) == ["rush", "old"]  # the same receipt is one
    assert await aside(house) == {"rush": 5, "old": 2}


async def test_nobody_else_takes_what_was_won_before_the_winner_comes(house: House) -> None:
    await waits(house, wish("first"))
    await receive(house, 6)
    stranger = wish("stranger", 4)
    await house.accept(stranger)
    assert [(s.picks[0].quantity) for s in (await house.allocate(stranger)).shipments] == [1]
    mine = await seek(house, wish("first"), attempt=2)
    assert (mine.short, mine.shipments[0].picks[0].quantity) == ((), 5)
    assert await aside(house) == {}


async def test_freed_stock_is_the_queue_s_until_it_is_handed_out(house: House) -> None:
    """A cancelled order's stock: a passer-by finds nothing, and the next of the queue gets it."""
    holder = wish("holder", 10, "KETTLE")
    await house.accept(holder)
    await house.allocate(holder)
    await waits(house, wish("next", 8, "KETTLE"))  # takes the four of Lyon
    undo = ReleaseStock(**step("release", holder.key), undoes=f"{holder.key}/allocate/1")
    await house.undo(undo, undo.undoes, stock.release_stock)
    assert await aside(house, "KETTLE") == {"backorders": 10}
    passer = wish("passer-by", 3, "KETTLE")
    await house.accept(passer)
    assert (await house.allocate(passer)).short[0].available == 0
    assert await house.database.read(backorders.to_hand_out)
    assert won(await round_(house)) == {"next": 4, "passer-by": 3}
    assert await aside(house, "KETTLE") == {"next": 4, "passer-by": 3}


async def test_a_round_that_is_repeated_tells_the_same_and_who_was_told_is_not_told_again(house: House) -> None:
    await waits(house, wish("first"), wish("second", placed_at=NOW + DAY))
    await house(stock.put_away, "FILTER", "BERLIN", 7, "restock", "came back", NOW)
    first = await round_(house)
    assert won(first) == {"first": 5, "second": 2}
    assert (await round_(house)).wins == first.wins
    last = await round_(house, told=tuple(win.win for win in first.wins))
    assert (last.wins, last.next_at) == ((), NOW + KEPT)
    assert not await house.database.read(backorders.to_hand_out)


async def test_stock_that_nobody_waits_for_is_free_at_once(house: House) -> None:
    await house(stock.put_away, "FILTER", "BERLIN", 7, "restock", "came back", NOW)
    assert await aside(house) == {}
    assert await round_(house) == Distributed()


async def test_a_winner_that_is_cancelled_gives_back_and_the_next_is_served(house: House) -> None:
    await waits(house, wish("first"), wish("second", placed_at=NOW + DAY))
    assert await receive(house, 5) == ["first"]
    await house.once(CancelRest(**step("cancel", "shopify/first")), Recorded, orders.cancel_rest)
    assert await aside(house) == {"backorders": 5}
    assert won(await round_(house)) == {"second": 5}


async def test_a_winner_that_wants_less_gives_the_rest_back(house: House) -> None:
    await waits(house, wish("first"), wish("second", placed_at=NOW + DAY))
    await receive(house, 5)
    less = ChangeLines(**step("change", "shopify/first"), changes=(LineChange(line=1, cancel=3),), reason="asked")
    await house.once(less, Recorded, orders.change_lines)
    assert await aside(house) == {"first": 2, "backorders": 3}
    assert won(await round_(house)) == {"second": 3}


async def test_a_winner_that_does_not_come_lets_the_next_have_it(house: House) -> None:
    await waits(house, wish("first"), wish("second", placed_at=NOW + DAY))
    await receive(house, 5)
    later = NOW + KEPT
    assert won(await round_(house, later)) == {"second": 5}
    assert await aside(house) == {"second": 5}


async def test_what_a_cart_gives_up_goes_to_who_waits_for_it_when_its_time_has_come(house: House) -> None:
    await receive(house, 5)
    carts = [
        cart("cart/1", Wanted(item="FILTER", quantity=5)),
        cart("cart/2", Wanted(item="GRINDER", quantity=5), expires_at=NOW + HOUR / 2),
    ]
    for each in carts:
        await house(soft_reservations.reserve_softly, each)
    await waits(house, wish("first"))
    before = await round_(house)
    assert (won(before), before.next_at) == ({}, NOW + HOUR)
    assert won(await round_(house, NOW + HOUR)) == {"first": 5}


async def test_a_winner_that_cannot_be_told_lets_the_next_have_it(house: House) -> None:
    await waits(house, wish("first"), wish("second", placed_at=NOW + DAY))
    await house(stock.put_away, "FILTER", "BERLIN", 5, "restock", "came back", NOW)
    (win,) = (await round_(house)).wins
    await house.database.transaction(
        lambda session: session.execute(update(Order).where(Order.order == win.order).values(outcome="closed"))
    )
    assert won(await round_(house, told=(win.win,), gone=(win.win,))) == {"second": 5}
    reopened = update(Order).where(Order.order == win.order).values(outcome="")
    await house.database.transaction(lambda session: session.execute(reopened))


async def test_an_order_on_hold_is_passed_over(house: House) -> None:
    await waits(house, wish("held"), wish("next", placed_at=NOW + DAY))
    await house.once(RecordNotes(**step("hold", "shopify/held"), held="credit"), Recorded, orders.record_notes)
    assert await receive(house, 5) == ["next"]


async def test_an_order_that_was_on_hold_gets_what_lies_free_once_it_is_released(house: House) -> None:
    await waits(house, wish("held"))
    await house.once(RecordNotes(**step("hold", "shopify/held"), held="credit"), Recorded, orders.record_notes)
    assert await receive(house, 5) == []
    assert (await round_(house)).wins == ()
    await house.once(RecordNotes(**step("release", "shopify/held"), held=""), Recorded, orders.record_notes)
    assert won(await round_(house)) == {"held": 5}


async def test_what_was_packed_too_little_of_goes_to_the_queue(house: House) -> None:
    holder = wish("holder", 10, "KETTLE")
    await house.accept(holder)
    await house.allocate(holder)
    await house.pick(holder, l1=10)
    await waits(house, wish("next", 9, "KETTLE"))
    await house.pack(holder, unpacked=(LineQuantity(line=1, quantity=3),))
    assert won(await round_(house)) == {"next": 3}


async def test_two_that_hand_out_at_once_hand_out_once(house: House) -> None:
    await waits(house, *(wish(f"{n}", 2, placed_at=NOW + n * DAY) for n in range(4)))
    await house(stock.put_away, "FILTER", "BERLIN", 5, "restock", "came back", NOW)
    await asyncio.gather(*(round_(house) for _ in range(4)), *(receive(house, 1, number=f"{n}") for n in range(3)))
    assert await aside(house) == {"0": 2, "1": 2, "2": 2, "3": 2}


# --- shipping policies ---------------------------------------------------------------------------------------------------------------


def pair(external_id: str, policy: ShippingPolicy, kettles: int, filters: int, **changes: Any) -> PlaceOrder:
    lines = (line(1, "KETTLE", kettles), line(2, "FILTER", filters, "1.00"))
    return order(external_id, *lines, policy=policy, **changes)


async def test_a_complete_order_wins_all_its_items_or_nothing(house: House) -> None:
    await waits(house, pair("big", COMPLETE, 12, 5, priority=1), wish("small", 2))
    assert await receive(house, 4) == ["small"]
    assert await receive(house, 3, number="2") == ["big"]
    assert (await aside(house), await aside(house, "KETTLE")) == ({"small": 2, "big": 5}, {"big": 12})
    assert (await seek(house, pair("big", COMPLETE, 12, 5), attempt=2)).short == ()


async def test_a_complete_order_is_saved_for_in_its_second_week(house: House) -> None:
    big, small = wish("big", 9, policy=COMPLETE, priority=1), wish("small", 7)
    await waits(house, big, small)
    assert await receive(house, 4) == ["small"]
    await seek(house, small, attempt=2)
    second_week = NOW + SAVING + DAY
    assert await receive(house, 6, number="2", at=second_week) == []
    assert (await round_(house, second_week)).wins == ()  # saved up, and told to nobody
    assert await aside(house) == {"big": 6}
    assert await receive(house, 5, number="3", at=second_week + DAY) == ["big", "small"]
    assert await aside(house) == {"big": 9, "small": 2}


async def test_what_was_saved_up_in_vain_is_for_the_others_again(house: House) -> None:
    await waits(house, wish("big", 9, policy=COMPLETE, priority=1), wish("small", 7))
    await receive(house, 6, at=NOW + SAVING + DAY)
    assert await aside(house) == {"big": 6}
    round_made = await round_(house, NOW + 2 * SAVING)
    assert won(round_made) == {"small": 6}


async def test_by_line_each_line_goes_when_all_of_it_is_there(house: House) -> None:
    placed = pair("lines", BY_LINE, 12, 5)
    await house.accept(placed)
    made = await seek(house, placed)
    assert [pick.line for shipment in made.shipments for pick in shipment.picks] == [1, 1]
    assert [(short.line, short.available) for short in made.short] == [(2, 0)]
    assert await receive(house, 4) == []
    assert await receive(house, 1, number="2") == ["lines"]


async def test_by_date_the_lines_of_a_day_go_together_and_days_go_apart(house: House) -> None:
    def dated(number: int, item: str, units: int, days: int) -> OrderLine:
        return line(number, item, units, "1.00").model_copy(update={"requested_at": NOW + days * DAY})

    lines = (dated(1, "KETTLE", 2, 3), dated(2, "FILTER", 1, 3), dated(3, "KETTLE", 3, 9), dated(4, "GRINDER", 2, 9))
    placed = order("dated", *lines, policy=BY_DATE)
    await house.accept(placed, waived=True)
    made = await house.allocate(placed, groups=((1, 2), (3, 4)), apart=True)
    assert sorted({pick.line for shipment in made.shipments for pick in shipment.picks}) == [3, 4]
    assert [short.line for short in made.short] == [2]
    assert await receive(house, 1) == ["dated"]
    again = await house.allocate(placed, *needs_of(placed)[:2], attempt=2, first=9, groups=((1, 2),), apart=True)
    assert sorted({pick.line for shipment in again.shipments for pick in shipment.picks}) == [1, 2]


async def test_groups_that_are_there_at_once_have_shipments_of_their_own(house: House) -> None:
    placed = order("apart", line(1, "GRINDER", 2), line(2, "GRINDER", 3))
    await house.accept(placed, waived=True)
    made = await house.allocate(placed, groups=((1,), (2,)), apart=True)
    assert [(shipment.number, [(pick.line, pick.quantity) for pick in shipment.picks]) for shipment in made.shipments] == [
        (1, [(1, 2)]),
        (2, [(2, 3)]),
    ]


async def test_an_order_without_a_policy_ships_as_its_customer_has_it(house: House) -> None:
    await house.database.transaction(lambda session: session.execute(update(Customer).values(ships="by_line")))
    assert (await house.accept(order("1", policy=None))).policy is BY_LINE
    assert (await house.accept(order("2", policy=COMPLETE))).policy is COMPLETE


# --- what people see -----------------------------------------------------------------------------------------------------------------


async def test_the_queue_says_where_everybody_stands_and_why(house: House) -> None:
    await waits(house, wish("big", 9, policy=COMPLETE, priority=1), wish("small", 4), wish("last", 2, priority=9))
    await receive(house, 3)
    rows = await house.database.read(backorder_queue.positions, "FILTER", NOW + KEPT / 2)
    assert [(row.position, row.order, row.waiting, row.set_aside, row.why) for row in rows] == [
        (1, "shopify/big", 9, 0, "ships complete: passed over until 2026-11-30 09:00, misses 9 of FILTER"),
        (2, "shopify/small", 4, 3, "takes what those before it leave"),
        (3, "shopify/last", 2, 0, "takes what those before it leave"),
    ]
    assert await house.database.read(backorder_queue.items_waited_for) == ["FILTER"]


async def test_a_shipment_that_is_given_up_frees_its_stock_for_the_queue(house: House) -> None:
    holder = wish("holder", 10, "KETTLE")
    await house.accept(holder)
    await house.allocate(holder)
    await waits(house, wish("next", 9, "KETTLE"))
    abandon = AbandonShipment(**step("abandon", holder.key), shipment=1, reason="pick overdue")
    await house.once(abandon, Recorded, stock.abandon_shipment)
    await house.once(abandon, Recorded, stock.abandon_shipment)
    assert won(await round_(house)) == {"next": 5}


async def test_everything_at_once_neither_locks_up_nor_loses_a_unit(house: House) -> None:
    """Receipts, rounds, winners who come and orders that are cancelled, side by side: nobody has to try again."""
    waiting = [wish(f"{n}", 3, placed_at=NOW + n * DAY) for n in range(6)]
    whole = [pair(f"w{n}", COMPLETE, 9, 2, placed_at=NOW + n * DAY) for n in range(3)]
    await waits(house, *waiting, *whole)
    await asyncio.gather(
        *(receive(house, 2, number=f"f{n}") for n in range(6)),
        *(receive(house, 3, "KETTLE", f"k{n}") for n in range(3)),
        *(round_(house) for _ in range(3)),
        *(seek(house, placed, attempt=2) for placed in (*waiting[:4], *whole[:2])),
        *(house.once(CancelRest(**step("cancel", placed.key)), Recorded, orders.cancel_rest) for placed in (waiting[5], whole[2])),
    )
    await round_(house)
    on_hand = {row.item: 0 for row in await house.database.read(reading.stock)}
    for row in await house.database.read(reading.stock):
        on_hand[row.item] += row.on_hand
    assert (on_hand["FILTER"], on_hand["KETTLE"]) == (12, 14 + 9)


async def test_a_receipt_wakes_nobody_who_may_not_be_served_from_where_it_came(house: House) -> None:
    """Berlin ships to France only for now: the older German order is passed over, and the younger French one wins all that came."""

    def closes(session: Session) -> None:
        session.add(LocationAbility(location="BERLIN", ships_to="FR"))

    await house(closes)
    french = Address(name="M. Lumière", street="25 Rue du Premier-Film", city="Lyon", postcode="69008", country="FR")
    await waits(house, wish("1"), wish("2", ship_to=french))
    assert await receive(house, 5) == ["2"]
    assert await receive(house, 5, number="2") == []
