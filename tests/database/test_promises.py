"""The ledger of promises: each line is promised a day, a slip moves it once, and the end says whether it was kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from database import promises, purchasing, soft_reservations, supply, transfers
from database.audit import audit
from database.availability import free_by_location
from database.quotas import set_quota
from database.stock import receive_stock
from database.tables import Item, Location, Promise, TransitTime
from domain.order import PlaceOrder, ShippingPolicy
from domain.purchasing import CancelSupply, ShipTransfer, SupplyChange
from domain.quotas import SetQuota
from domain.soft_reservations import Wanted
from domain.steps import (
    AcceptPromises,
    AllocateStock,
    Allocation,
    ChangeLines,
    LineChange,
    LinePromise,
    MovePromises,
    Need,
    PromisesMoved,
    ReceiveStock,
    RecordDelivery,
    Recorded,
    RecordLoss,
)
from tests.database.builders import DAY, NOW, House, cart, line, order, step
from tests.database.test_purchasing import goods, po_line, purchase, slip, transfer

WAY = 2


async def furnish(house: House) -> None:
    """Both locations are two days away from Germany and pack within a day; every day is a working day."""

    def ways(session: Session) -> None:
        session.add_all([TransitTime(location=place, country="DE", postcode="", days=WAY) for place in ("BERLIN", "LYON")])

    await house(ways)


async def allocate(house: House, placed: PlaceOrder, attempt: int = 1, **changes: Any) -> Allocation:
    """As the activity does it: with a promise."""
    needs = changes.pop("needs", None) or tuple(Need(line=each.number, item=each.item, quantity=each.quantity) for each in placed.lines)
    fields: dict[str, Any] = {"all_or_nothing": False, "first_shipment": 1, "pick_due": NOW + DAY, "backorder_due": NOW + 14 * DAY}
    request = AllocateStock(**step(f"allocate/{attempt}", placed.key), needs=needs, **fields | changes)
    return await house.once(request, Allocation, promises.allocate)


async def promised(house: House, external_id: str = "1001", item: str = "FILTER", quantity: int = 5, **changes: Any) -> LinePromise:
    """The promise of an order of one line."""
    placed = order(external_id, line(1, item, quantity), **changes)
    await house.accept(placed)
    (found,) = (await allocate(house, placed)).promises
    return found


async def move(house: House, external_id: str = "1001", n: int = 1, reason: str = "PO-7 slipped") -> tuple[LinePromise, ...]:
    key = f"shopify/{external_id}"
    request = MovePromises(**step(f"promise/{n}", key), reason=reason, fallback_at=NOW + 14 * DAY, day=DAY)
    return (await house.once(request, PromisesMoved, promises.move_promises)).promises


async def ledger(house: House, external_id: str = "1001") -> list[tuple[int, str, datetime, str]]:
    def read(session: Session) -> list[tuple[int, str, datetime, str]]:
        rows = session.scalars(select(Promise).where(Promise.order == f"shopify/{external_id}").order_by(Promise.line, Promise.number))
        return [(row.line, row.status, row.promised_at, row.supply) for row in rows]

    return await house(read)


def end(days: int) -> datetime:
    """The end of the day on which goods that are ready so many days from now arrive: a day to pack, then two days of a working week."""
    day, left = NOW + (days + 1) * DAY, WAY
    while left:
        day += DAY
        left -= day.isoweekday() <= 5
    return day.replace(hour=23, minute=59, second=59)


async def test_what_is_there_is_promised_from_stock(house: House) -> None:
    await furnish(house)
    found = await promised(house, item="KETTLE", quantity=2)
    assert (found.promised_at, found.told_at, found.supply) == (end(0), end(0), "stock")
    assert found.cause == ("stock of BERLIN; 1 working day to pick and pack, leaves Tue 24 Nov; 2 days in transit, arrives Thu 26 Nov")


async def test_what_is_short_is_promised_from_what_is_on_its_way(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER", ordered=24)))
    found = await promised(house, quantity=20)
    assert (found.supply, found.promised_at) == ("purchase/PO-7/1", end(10))
    assert found.cause.startswith("purchase order PO-7 line 1, expected 2026-12-03; ")
    assert (await promised(house, "1002", quantity=6)).supply == "lead time"
    assert (await promised(house, "1003", quantity=4)).supply == "lead time"  # the last four are kept for whoever was promised before


async def test_without_supply_the_lead_time_counts(house: House) -> None:
    await furnish(house)
    assert (await promised(house, quantity=1)).promised_at == end(14)

    def from_hario(session: Session) -> None:
        session.get_one(Item, "FILTER").supplier = "HARIO"

    await house(from_hario)
    found = await promised(house, "1002", quantity=1)
    assert (found.promised_at, found.supply) == (end(10), "lead time")
    assert found.cause.startswith("nothing is on its way: lead time of 10 days of HARIO; ")


async def test_a_lead_time_does_not_grow_because_somebody_looks_again(house: House) -> None:
    await furnish(house)
    await promised(house, quantity=1)
    later = MovePromises(**step("promise/1") | {"at": NOW + 2 * DAY}, reason="PO-7 slipped", fallback_at=NOW + 16 * DAY, day=DAY)
    assert (await house.once(later, PromisesMoved, promises.move_promises)).promises == ()
    over = MovePromises(**step("promise/2") | {"at": NOW + 15 * DAY}, reason="PO-7 slipped", fallback_at=NOW + 29 * DAY, day=DAY)
    (found,) = (await house.once(over, PromisesMoved, promises.move_promises)).promises
    assert found.promised_at == datetime(2026, 12, 28, 23, 59, 59, tzinfo=UTC)  # Christmas Day and a week-end lie between


async def test_a_transfer_on_the_road_is_promised_at_its_goal(house: House) -> None:
    await furnish(house)
    await house(transfers.place_transfer, transfer())
    await house(transfers.ship_transfer, ShipTransfer(transfer="T-1", at=NOW, actor="floor"))
    found = await promised(house, item="KETTLE", quantity=10)
    assert (found.supply, found.promised_at) == ("transfer/T-1", end(3))


async def test_a_ship_complete_order_is_promised_when_its_last_line_is_there(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="GRINDER", ordered=2)))
    placed = order("1001", line(1, "KETTLE", 2), line(2, "GRINDER", 7, "200.00"), policy=ShippingPolicy.COMPLETE)
    await house.accept(placed)
    found = (await allocate(house, placed, all_or_nothing=True)).promises
    assert [(each.line, each.promised_at, each.supply) for each in found] == [
        (1, end(10), "purchase/PO-7/1"),
        (2, end(10), "purchase/PO-7/1"),
    ]


async def test_allocating_twice_promises_once(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    placed = order("1001", line(1, "FILTER", 5))
    await house.accept(placed)
    assert await allocate(house, placed) == await allocate(house, placed)
    assert await ledger(house) == [(1, "made", end(10), "purchase/PO-7/1")]


async def test_twenty_orders_at_once_are_not_promised_more_than_is_on_its_way(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER", ordered=30)))
    found = await asyncio.gather(*(promised(house, str(2000 + n), quantity=2) for n in range(20)))
    assert sorted(each.supply for each in found) == ["lead time"] * 5 + ["purchase/PO-7/1"] * 15


async def test_a_slip_moves_the_promise_and_tells_who_hangs_on_it(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    first = await promised(house)
    moved = await house(supply.move_supply, slip(20))
    assert moved.orders == ("shopify/1001",)
    (found,) = await move(house)
    assert (found.number, found.promised_at, found.told_at) == (2, end(20), first.promised_at)
    assert found.cause.startswith("PO-7 slipped: purchase order PO-7 line 1, expected 2026-12-13; ")
    assert await move(house, n=2) == ()
    assert await ledger(house) == [(1, "made", end(10), "purchase/PO-7/1"), (1, "moved", end(20), "purchase/PO-7/1")]


async def test_a_slip_beside_allocations_is_either_seen_or_told(house: House) -> None:
    """Orders are promised goods in the very moment in which their day moves."""
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    allocations = [promised(house, str(3000 + n), quantity=1) for n in range(6)]
    *found, moved = await asyncio.gather(*allocations, house(supply.move_supply, slip(20)))
    assert isinstance(moved, SupplyChange)
    unaware = {f"shopify/{3000 + n}" for n, each in enumerate(found) if isinstance(each, LinePromise) and each.promised_at == end(10)}
    assert unaware <= set(moved.orders)


async def test_a_slip_reaches_only_whose_goods_come_later(house: House) -> None:
    await furnish(house)
    early, late = po_line(item="FILTER", ordered=5, expected_at=NOW + 4 * DAY), po_line(item="FILTER")
    await house(purchasing.place_purchase, purchase("PO-6", early))
    await house(purchasing.place_purchase, purchase("PO-7", late))
    await promised(house, "1001", quantity=5)
    await promised(house, "1002", quantity=5)
    assert (await house(supply.move_supply, slip(20))).orders == ("shopify/1002",)
    assert await move(house, "1001") == ()


async def test_whoever_was_promised_first_is_served_first_from_what_is_left(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER", ordered=10)))
    await promised(house, "1001", quantity=5)
    await promised(house, "1002", quantity=5)
    await house(purchasing.place_purchase, purchase("PO-8", po_line(item="FILTER", ordered=5, expected_at=NOW + 12 * DAY)))
    await house(supply.move_supply, slip(20))
    (second,) = await move(house, "1002")
    (first,) = await move(house, "1001")
    assert (first.supply, second.supply) == ("purchase/PO-8/1", "purchase/PO-7/1")


async def test_a_cancelled_purchase_order_leaves_the_lead_time(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    await promised(house)
    given_up = CancelSupply(purchase_order="PO-7", at=NOW, actor="buyer")
    assert (await house(supply.cancel_supply, given_up)).orders == ("shopify/1001",)
    assert (await house(supply.cancel_supply, given_up)).orders == ("shopify/1001",)
    (found,) = await move(house)
    assert (found.supply, found.promised_at) == ("lead time", end(14))


async def test_a_requested_day_is_what_the_customer_counts_on(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    wanted = datetime(2026, 12, 10, tzinfo=UTC)
    found = await promised(house, requested_at=wanted)
    assert (found.promised_at, found.told_at) == (end(10), wanted.replace(hour=23, minute=59, second=59))
    await house(supply.move_supply, slip(11))
    (moved,) = await move(house)
    assert moved.promised_at <= moved.told_at


async def test_stock_that_comes_early_does_not_move_a_promise(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    await promised(house)
    await house(supply.receive, goods(24, item="FILTER", at=NOW))
    again = await allocate(house, order("1001", line(1, "FILTER", 5)), attempt=2)
    assert (again.short, again.promises) == ((), ())


async def delivered(house: House, placed: PlaceOrder, at: datetime) -> None:
    await house.pick(placed, l1=placed.lines[0].quantity)
    await house.pack(placed)
    await house.ship(placed)
    request = RecordDelivery(**step("delivery/1", placed.key) | {"at": at}, shipment=1, delivered_at=at, signed_by="Nord")
    await house.once(request, Recorded, promises.record_delivery)


@pytest.mark.parametrize(("days", "status"), [(3, "kept"), (4, "broken")])
async def test_the_delivery_says_whether_the_promise_was_kept(house: House, days: int, status: str) -> None:
    await furnish(house)
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    await allocate(house, placed)
    await delivered(house, placed, NOW + days * DAY)
    assert [entry[1] for entry in await ledger(house)] == ["made", status]


async def test_an_accepted_day_is_kept_by_that_day(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    await promised(house)
    await house(supply.move_supply, slip(20))
    await move(house)
    accept = AcceptPromises(**step("promise/accepted/1"), lines=(1,), reason="accepted by the customer")
    (found,) = (await house.once(accept, PromisesMoved, promises.accept_promises)).promises
    assert found.told_at == found.promised_at == end(20)
    assert [entry[1] for entry in await ledger(house)] == ["made", "moved", "made"]


async def test_lost_goods_break_the_promise(house: House) -> None:
    await furnish(house)
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    await allocate(house, placed)
    await house.pick(placed, l1=2)
    await house.pack(placed)
    await house.ship(placed)
    request = RecordLoss(**step("loss/1"), shipment=1, came_back=False, reason="lost by the carrier")
    await house.once(request, Recorded, promises.record_loss)
    assert [entry[1] for entry in await ledger(house)] == ["made", "broken"]


async def test_calendars_of_locations_count_where_a_day_is_a_day(house: House) -> None:
    """Monday afternoon in Berlin: the cut-off is over; the way to Hamburg takes two working days of Germany."""
    await furnish(house)

    def works(session: Session) -> None:
        berlin = session.get_one(Location, "BERLIN")
        berlin.time_zone, berlin.country, berlin.cut_off, berlin.working_days = "Europe/Berlin", "DE", "09:59", "12345"
        session.get_one(Location, "LYON").working_days = "7"  # nothing leaves there before Sunday

    await house(works)
    found = await promised(house, item="KETTLE", quantity=2)
    assert found.cause == (
        "stock of BERLIN; cut-off 09:59 missed on Mon 23 Nov; 1 working day to pick and pack, leaves Wed 25 Nov; "
        "2 days in transit, arrives Fri 27 Nov"
    )
    assert found.promised_at == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    placed = order("1002", line(1, "KETTLE", 2))
    await house.accept(placed)
    (short_day,) = (await allocate(house, placed, day=timedelta(seconds=1))).promises
    assert short_day.promised_at == NOW + timedelta(seconds=3)


BROKEN = {
    "promises_are_numbered_and_begin_with_one_made": "UPDATE promises SET number = 3",
    "a_delivered_line_says_whether_its_promise_was_kept": "UPDATE promises SET status = 'moved' WHERE status = 'kept'",
}


@pytest.mark.parametrize("rule", sorted(BROKEN))
async def test_a_broken_truth_about_promises_is_named(house: House, rule: str) -> None:
    await furnish(house)
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    await allocate(house, placed)
    if "delivered" in rule:
        await delivered(house, placed, NOW + DAY)

    def ask(session: Session) -> list[str]:
        with session.begin_nested() as attempt:
            session.execute(text(BROKEN[rule]))
            found = [violation.rule for violation in audit(session)]
            attempt.rollback()
        return found

    assert await house(ask) == [rule]


async def test_cancelling_what_is_left_of_a_delivered_line_ends_its_promise(house: House) -> None:
    await furnish(house)
    placed = order("1001", line(1, "GRINDER", 7, "100.00"))
    await house.accept(placed)
    await allocate(house, placed)
    await house.pick(placed, l1=5)
    await house.pack(placed)
    await house.ship(placed)
    came = RecordDelivery(**step("delivery/1"), shipment=1, delivered_at=NOW + 2 * DAY, signed_by="Nord")
    await house.once(came, Recorded, promises.record_delivery)
    assert [entry[1] for entry in await ledger(house)] == ["made"]
    rest = ChangeLines(**step("change/1"), changes=(LineChange(line=1, cancel=2),), reason="not wanted any more")
    await house.once(rest, Recorded, promises.change_lines)
    assert [entry[1] for entry in await ledger(house)] == ["made", "kept"]


async def test_what_is_set_aside_kept_back_or_expired_is_promised_to_nobody(house: House) -> None:
    """Ten kettles: four set aside for a cart, one kept back from every channel; of five that came with a lot, none may be had any more."""
    at = NOW

    def stock(session: Session) -> None:
        session.add(Item(item="JAR", description="Jar", by_lot=True))
        session.add(Item(item="POT", description="Pot"))
        session.flush()
        receive_stock(session, ReceiveStock(receipt="GR-1", item="POT", location="BERLIN", quantity=10, at=at, actor="dock"))
        receive_stock(
            session,
            ReceiveStock(
                receipt="GR-2", item="JAR", location="BERLIN", quantity=5, lot="L-1", expires_on=date(2020, 1, 31), at=at, actor="dock"
            ),
        )

    await house(stock)
    await house(soft_reservations.reserve_softly, cart("cart/9", Wanted(item="POT", quantity=4)))
    await house(set_quota, SetQuota(item="POT", location="BERLIN", channel="*", kept_back=1))
    assert (await house.database.read(free_by_location, "POT", at)).get("BERLIN") == 5
    assert (await house.database.read(free_by_location, "POT", at + timedelta(hours=2))).get("BERLIN") == 9, "the cart has lapsed"
    assert (await house.database.read(free_by_location, "JAR", at)).get("BERLIN") == 0
