"""What was wanted, what there was, and what the imported history says of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from database import demand, past_demand, purchasing, stock, supply
from database import orders as order_steps
from database.tables import Order, OrderLine, Stock
from domain.exceptions import Decision, ExceptionKind, OpenException
from domain.proposals import HistoryRow
from domain.purchasing import PlacePurchase, PurchaseLine
from domain.replenishment import Scope
from domain.steps import CancelRest, ChangeLines, LineChange, ReceiveStock, Recorded, RecordException
from tests.database.builders import DAY, NOW, House, line, order, step
from tests.database.buying import KETTLES, TODAY, plan_for, planning, sold


async def wanted(house: House, *keys: tuple[str, str]) -> list[demand.Evidence]:
    return await house(demand.evidence, keys or (KETTLES,), TODAY - timedelta(weeks=4), TODAY + timedelta(days=7))


async def test_demand_is_what_was_ordered_on_the_day_it_was_asked_for(house: House) -> None:
    await house(plan_for, planning())
    await house.accept(order("1001", line(quantity=2)))
    await house.accept(order("1002", line(quantity=3), requested_at=NOW + 2 * DAY))
    [found] = await wanted(house)
    assert dict(found.wanted) == {TODAY: 2, TODAY + timedelta(days=2): 3}
    assert (found.stock.on_hand, found.stock.backordered, found.stock.position) == (14, 5, 9)


async def test_what_the_customer_took_back_was_not_wanted_and_what_we_could_not_supply_was(house: House) -> None:
    await house(plan_for, planning())
    for number in ("1001", "1002", "1003"):
        await house.accept(order(number, line(quantity=5)))
    await house.once(CancelRest(**step("cancel", "shopify/1001")), Recorded, order_steps.cancel_rest)
    for number in ("1002", "1003"):
        less = ChangeLines(**step("change/1", f"shopify/{number}"), changes=(LineChange(line=1, cancel=4),), reason="fewer")
        await house.once(less, Recorded, order_steps.change_lines)
    answer = Decision(choice="cancel_line", by="desk", at=NOW)
    late = OpenException(
        number=1, kind=ExceptionKind.BACKORDER_OVERDUE, subject="backorder", detail="", opened_at=NOW, due_at=NOW, decision=answer
    )
    request = RecordException(**step("exception/1", "shopify/1003"), exception=late)
    await house.once(request, Recorded, order_steps.record_exception)
    [found] = await wanted(house)
    assert dict(found.wanted) == {TODAY: 0 + 1 + 5}


async def test_orders_that_are_not_accepted_and_lines_of_our_own_are_no_demand(house: House) -> None:
    await house(plan_for, planning())
    await house.accept(order("1001", line(quantity=5)))
    await house.accept(order("1002", line(quantity=7)))

    def refuse_one_and_replace_the_other(session: Session) -> None:
        session.execute(update(Order).where(Order.order == "shopify/1001").values(accepted_at=None))
        session.execute(update(OrderLine).where(OrderLine.order == "shopify/1002").values(origin="replacement for line 1"))

    await house(refuse_one_and_replace_the_other)
    assert dict((await wanted(house))[0].wanted) == {}


async def test_a_location_counts_what_left_there_and_the_first_one_what_no_location_has(house: House) -> None:
    await house(plan_for, *(planning(location=place, scope=Scope.LOCATION) for place in ("BERLIN", "LYON")))
    placed = order("1001", line(quantity=16))
    await house.accept(placed)
    await house.allocate(placed)
    berlin, lyon = await wanted(house, KETTLES, ("KETTLE", "LYON"))
    assert (berlin.wanted[TODAY], lyon.wanted[TODAY]) == (10 + 2, 4)
    assert (berlin.stock.reserved, berlin.stock.backordered, berlin.stock.position) == (10, 2, -2)
    assert (lyon.stock.reserved, lyon.stock.backordered, lyon.stock.position) == (4, 0, 0)


async def test_days_without_stock_are_those_that_begin_and_end_without(house: House) -> None:
    await house(plan_for, planning(item="FILTER"), planning(item="GRINDER"))

    def goods(number: int, days: int, quantity: int) -> ReceiveStock:
        return ReceiveStock(
            receipt=f"F-{number}", item="FILTER", location="LYON", quantity=quantity, at=NOW - timedelta(days=days), actor="dock"
        )

    def sell_out(session: Session) -> None:
        row = session.get_one(Stock, ("FILTER", "LYON", ""))
        row.on_hand -= 5
        stock.move(session, row, -5, "adjustment", "F-out", NOW - timedelta(days=8), None)

    await house(stock.receive_stock, goods(1, 10, 5))
    await house(sell_out)
    await house(stock.receive_stock, goods(2, 4, 9))
    filters, grinders = await house(demand.evidence, [("FILTER", "BERLIN"), ("GRINDER", "BERLIN")], TODAY - timedelta(days=20), TODAY)
    assert sorted(filters.out_of_stock) == [TODAY - timedelta(days=days) for days in (7, 6, 5)]
    assert filters.stock.since == TODAY - timedelta(days=10)  # of the time before, the ledger knows nothing
    assert grinders.out_of_stock == set()


async def test_open_purchase_orders_are_on_their_way_and_received_units_are_not(house: House) -> None:
    await house(plan_for, planning(), planning(location="LYON", scope=Scope.LOCATION))
    lines = (PurchaseLine(line=1, item="KETTLE", ordered=40, expected_at=NOW + 3 * DAY),)
    await house(
        purchasing.place_purchase,
        PlacePurchase(purchase_order="PO-1", supplier="HARIO", location="BERLIN", lines=lines, at=NOW, actor="ada"),
    )
    came = ReceiveStock(
        receipt="R-1", item="KETTLE", location="BERLIN", quantity=15, at=NOW, actor="dock", purchase_order="PO-1", purchase_line=1
    )
    await house(supply.receive, came)
    network, lyon = await wanted(house, KETTLES, ("KETTLE", "LYON"))
    assert (network.stock.on_hand, network.stock.on_order) == (29, 25)
    assert (lyon.stock.on_hand, lyon.stock.on_order) == (4, 0)


# --- history -------------------------------------------------------------------------------------------------------------------------


async def test_the_same_history_again_changes_nothing_and_newer_figures_replace_older_ones(house: House) -> None:
    rows = sold(weeks=3)
    first = await house(past_demand.import_history, rows, "sales.csv", NOW)
    again = await house(past_demand.import_history, rows, "sales.csv", NOW)
    assert (first.added, again.added, again.changed, again.unchanged) == (3, 0, 0, 3)
    number, row = rows[0]
    newer = await house(past_demand.import_history, [(number, row.model_copy(update={"quantity": 99})), rows[1]], "newer.csv", NOW)
    assert (newer.added, newer.changed, newer.unchanged) == (0, 1, 1)


async def test_rows_of_one_day_add_up_and_unknown_ones_are_named(house: House) -> None:
    row = HistoryRow(item="KETTLE", location="BERLIN", day=TODAY, quantity=2)
    told = await house(
        past_demand.import_history,
        [(2, row), (3, row), (4, row.model_copy(update={"item": "TEAPOT"})), (5, row.model_copy(update={"location": "OSLO"}))],
        "sales.csv",
        NOW,
    )
    assert (told.added, [(found.row, found.reason) for found in told.findings]) == (
        1,
        [(4, "there is no item 'TEAPOT'"), (5, "there is no location 'OSLO'")],
    )
    await house(plan_for, planning())
    [found] = await wanted(house)
    assert dict(found.wanted) == {TODAY: 4}


async def test_two_imports_at_once_keep_one_row_a_day(house: House) -> None:
    rows = sold(weeks=20)
    told = await asyncio.gather(*(house(past_demand.import_history, rows, "sales.csv", NOW) for _ in range(2)))
    assert sorted(each.added for each in told) == [0, 20]
