"""Reservations a second: processes keep stock for orders of one unit, all of one item or each of another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from database.engine import Database
from database.tables import Customer, Item, Location, Order, OrderLine, Stock, StockMovement
from domain.steps import AllocateStock, Need
from domain.values import Value
from simulation.stockbench.race import Lane, race

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLENTY = 1_000_000
MANY = 10_000
ROWS = 2_000  # at a time: SQLite takes a limited number of values in one statement


class Kept(Value):
    """One run: `seconds` of every reservation, `elapsed` from the first process's start to the last one's end."""

    engine: str
    items: int
    processes: int
    seconds: tuple[float, ...]
    elapsed: float
    again: int

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def percentile_ms(self, percent: int) -> float:
        """Nearest rank, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1_000 * ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def furnish(session: Session, orders: int) -> None:
    """A location with every item in plenty, and so many accepted orders of one line for each kind of run."""
    session.execute(insert(Customer), [{"customer": "C-1", "currency": "EUR"}])
    session.execute(insert(Location), [{"location": "BERLIN"}])
    names = [_item(number) for number in range(MANY)]
    place = {"location": "BERLIN", "bin": "A-1"}
    opening = {"kind": "receipt", "quantity": PLENTY, "at": NOW, "actor": "bench"}
    _write(session, Item, ({"item": name, "weight_g": 500} for name in names))
    _write(session, Stock, ({"item": name, "on_hand": PLENTY, **place} for name in names))
    _write(session, StockMovement, ({"item": name, "key": f"opening/{name}", **place, **opening} for name in names))
    keys = [_order(run, number) for run in RUNS for number in range(orders)]
    placed = {"channel": "bench", "customer": "C-1", "stated_customer": "C-1", "currency": "EUR", "terms": "net30", "policy": "partial"}
    about = placed | {"placed_at": NOW, "accepted_at": NOW, "total": 1_000, "ship_country": "DE", "ship_postcode": "20457"}
    _write(session, Order, ({"order": key, "external_id": key.partition("/")[2], **about} for key in keys))
    lines = ((run, number) for run in RUNS for number in range(orders))
    line = {"line": 1, "bills_to": 1, "unit_price": str(Decimal(10)), "ordered": 1, "open": 1}
    _write(session, OrderLine, ({"order": _order(run, n), "item": _item(n % run[1]), **line} for run, n in lines))


Run = tuple[int, int]
"""Processes, and items that the orders are of."""

RUNS: tuple[Run, ...] = tuple((processes, items) for items in (1, MANY) for processes in (1, 4))


def keep(engine: str, url: str, run: Run, orders: int) -> Kept:
    """Let the run's processes reserve for its orders, each process one order at a time."""
    processes, items = run
    requests = [_request(_order(run, number), _item(number % items)) for number in range(orders)]
    lanes = race(url, [requests[lane::processes] for lane in range(processes)])
    assert sum(lane.reserved.get(item, 0) for lane in lanes for item in lane.reserved) == orders, "every order got its unit"
    return Kept(
        engine=engine,
        items=items,
        processes=processes,
        seconds=tuple(second for lane in lanes for second in lane.seconds),
        elapsed=_elapsed(lanes),
        again=sum(sum(lane.again.values()) for lane in lanes),
    )


async def furnished(url: str, orders: int) -> None:
    database = Database(url)
    try:
        await database.transaction(furnish, orders)
    finally:
        await database.close()


def _elapsed(lanes: Iterable[Lane]) -> float:
    found = list(lanes)
    return max(lane.ended for lane in found) - min(lane.begun for lane in found)


def _request(key: str, item: str) -> AllocateStock:
    return AllocateStock(
        order=key,
        key=f"{key}/allocate/1",
        at=NOW,
        needs=(Need(line=1, item=item, quantity=1),),
        all_or_nothing=False,
        first_shipment=1,
        pick_due=NOW + timedelta(days=1),
        backorder_due=NOW + timedelta(days=14),
    )


def _item(number: int) -> str:
    return f"ITEM-{number:05}"


def _order(run: Run, number: int) -> str:
    processes, items = run
    return f"bench/{processes}x{items}-{number}"


def _write(session: Session, table: type[Item | Stock | StockMovement | Order | OrderLine], rows: Iterable[dict[str, object]]) -> None:
    waiting = list(rows)
    for begin in range(0, len(waiting), ROWS):
        session.execute(insert(table), waiting[begin : begin + ROWS])
