"""200 orders, 4 worker processes, 100 units: exactly 100 are reserved, nobody deadlocks, and there is no storm of retries."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from database.soft_reservations import reserve_softly
from database.stock import receive_stock
from database.tables import Order, Reservation, Stock
from domain.order import PlaceOrder
from domain.soft_reservations import Wanted
from domain.steps import AllocateStock, Need, ReceiveStock
from simulation.stockbench.race import Lane, race
from tests.database.builders import DAY, NOW, House, cart, line, order, step

ORDERS, PROCESSES, UNITS = 200, 4, 100
FEW = {"sqlite": PROCESSES, "postgresql": 0}
"""So often somebody may come again: PostgreSQL's locks are a queue; SQLite's are not, and on a starved machine one may take 30 s."""


def goods(item: str, location: str, bin_: str, quantity: int) -> ReceiveStock:
    return ReceiveStock(receipt=f"{item}/{bin_}", item=item, location=location, bin=bin_, quantity=quantity, at=NOW, actor="dock")


def request(placed: PlaceOrder) -> AllocateStock:
    needs = tuple(Need(line=line.number, item=line.item, quantity=line.quantity) for line in placed.lines)
    about = {"all_or_nothing": False, "first_shipment": 1, "pick_due": NOW + DAY, "backorder_due": NOW + 14 * DAY}
    return AllocateStock(**step("allocate/1", placed.key) | about, needs=needs)


def deadlocks(session: Session) -> int:
    if session.get_bind().dialect.name == "sqlite":
        return 0
    return session.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")) or 0


async def run(house: House, placed: list[PlaceOrder], in_flight: int = 4) -> list[Lane]:
    """Shared out over the processes in turn: neighbours in the list compete."""
    await house.accept_all(placed)
    requests = [request(each) for each in placed]
    return race(house.database.url, [requests[lane::PROCESSES] for lane in range(PROCESSES)], in_flight)


@pytest.mark.timeout(300)
async def test_two_hundred_orders_from_four_processes_reserve_exactly_the_hundred_that_are_there(house: House) -> None:
    """Two items in both orders of lines, each over three bins of two places, and a cart that holds ten of one of them."""
    for item, at_berlin in (("KETTLE", 60), ("GRINDER", 70)):
        for bin_, location, quantity in (("R-1", "BERLIN", at_berlin - 30), ("R-2", "BERLIN", 30), ("R-3", "LYON", UNITS - at_berlin)):
            await house(receive_stock, goods(item, location, bin_, quantity))
    kettles, grinders = UNITS + 14, UNITS + 5  # with what the house opened with
    await house(reserve_softly, cart("cart/1", Wanted(item="KETTLE", quantity=kettles - UNITS)))
    await house(reserve_softly, cart("cart/2", Wanted(item="GRINDER", quantity=grinders - UNITS)))
    items = ("KETTLE", "GRINDER")
    placed = [order(str(n), line(1, items[n % 2], 1), line(2, items[1 - n % 2], 1)) for n in range(ORDERS)]
    before = await house(deadlocks)

    lanes = await run(house, placed)

    assert [len(lane.seconds) for lane in lanes] == [ORDERS // PROCESSES] * PROCESSES
    again = sum(count for lane in lanes for count in lane.again.values())
    assert again <= FEW[house.database.url.partition(":")[0].partition("+")[0]], [lane.again for lane in lanes]
    assert await house(deadlocks) == before
    assert {item: sum(lane.reserved.get(item, 0) for lane in lanes) for item in items} == {"KETTLE": UNITS, "GRINDER": UNITS}
    assert sum(lane.short for lane in lanes) == 2 * (ORDERS - UNITS)
    reserved = select(Stock.item, func.sum(Stock.reserved)).where(Stock.item.in_(items)).group_by(Stock.item)
    on_the_shelves = await house(lambda session: {item: int(units) for item, units in session.execute(reserved)})
    assert on_the_shelves == {"KETTLE": UNITS, "GRINDER": UNITS}


@pytest.mark.timeout(300)
async def test_the_same_request_from_four_processes_at_once_is_carried_out_once(house: House) -> None:
    placed = [order(str(n), line(1, "KETTLE", 1), line(2, "KETTLE", 1)) for n in range(5)]
    await house.accept_all(placed)
    requests = [request(each) for each in placed]
    lanes = race(house.database.url, [requests] * PROCESSES, in_flight=5)
    assert [lane.again for lane in lanes] == [{}] * PROCESSES
    assert [lane.reserved for lane in lanes] == [{"KETTLE": 10}] * PROCESSES
    kept = select(func.count(), func.sum(Reservation.quantity)).select_from(Reservation)
    assert await house(lambda session: tuple(map(int, session.execute(kept).one()))) == (10, 10)
    assert await house.audit() == []
    assert await house(lambda session: session.query(Order).count()) == 5
