"""The house with a floor of its own: bins in two zones, coffee that is kept by lot, drones that are kept by serial number."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import counting, lots, outbox, picking, scanning, shipments, waves
from database.seed import seed
from database.stock import receive_stock
from database.tables import Shipment
from domain.counting import CountView, EnterCount, PlanCount, Tolerance
from domain.floor import GatherWave, Scan, Scanned, WaveView
from domain.lots import Recall
from domain.messages import LineQuantity, PickConfirmed
from domain.order import PlaceOrder
from domain.steps import Allocation, PicksReleased, ReceiveStock, Recorded, RecordPick, ReleasePicks
from tests.database.builders import DAY, NOW, House, said, step

SOON, LATER, PAST = date(2026, 12, 10), date(2027, 6, 30), date(2026, 11, 1)
STRICT = Tolerance(units=0, value=0)

FLOOR: dict[str, Any] = {
    "items": [
        {"id": "COFFEE", "description": "Coffee, 1 kg", "by_lot": True, "value": 1_200},
        {"id": "DRONE", "description": "Delivery drone", "by_serial": True, "value": 90_000},
    ],
    "bins": [
        {"location": "BERLIN", "bin": bin_, "zone": zone, "aisle": aisle, "sequence": sequence}
        for bin_, zone, aisle, sequence in [
            ("B-01", "A", 1, 1),
            ("B-02", "A", 1, 2),
            ("B-03", "A", 2, 1),
            ("B-04", "A", 2, 2),
            ("B-09", "COLD", 9, 1),
        ]
    ],
    "stock": [
        {"item": "COFFEE", "location": "BERLIN", "bin": "B-02", "quantity": 6, "lot": "L-LATER", "expires_on": str(LATER)},
        {"item": "COFFEE", "location": "BERLIN", "bin": "B-03", "quantity": 4, "lot": "L-SOON", "expires_on": str(SOON)},
        {"item": "COFFEE", "location": "BERLIN", "bin": "B-03", "quantity": 9, "lot": "L-PAST", "expires_on": str(PAST)},
        {"item": "DRONE", "location": "BERLIN", "bin": "B-04", "quantity": 3},
        {"item": "GRINDER", "location": "BERLIN", "bin": "B-09", "quantity": 8},
        {"item": "FILTER", "location": "BERLIN", "bin": "B-03", "quantity": 20},
    ],
    "customers": [{"id": "C-3", "name": "Langlager KG", "currency": "EUR", "terms": ["net30"], "min_life_days": 90}],
}


class Floor:
    """What people do on the floor, each as one transaction."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.scans = 0

    async def furnish(self) -> Floor:
        await self.house(seed, FLOOR)
        return self

    async def release(self, placed: PlaceOrder, shipment: int = 1, due: datetime = NOW + DAY, **allocation: Any) -> Allocation:
        """Accept, allocate and hand the picks of the order's first shipment to the floor."""
        await self.house.accept(placed, waived=True)
        allocated = await self.house.allocate(placed, **allocation)
        await self.hand_over(placed, allocated, due=due)
        return allocated

    async def hand_over(self, placed: PlaceOrder, allocated: Allocation, due: datetime = NOW + DAY) -> None:
        for planned in allocated.shipments:
            base = step(f"shipment/{planned.number}/release", placed.key)
            place = (placed.key, planned.number, planned.location, planned.picks)
            reference = await self.house(picking.release, base["key"], *place, due, NOW, DAY)
            fields: dict[str, Any] = {"shipment": planned.number, "location": planned.location, "picks": planned.picks, "pick_due": due}

            def book(session: Session, request: ReleasePicks, number: str = reference) -> PicksReleased:
                return shipments.record_pick_release(session, request, PicksReleased(reference=number))

            await self.house.once(ReleasePicks(**base, **fields), PicksReleased, book)

    async def gather(self, location: str = "BERLIN", **wanted: Any) -> WaveView:
        return await self.house(waves.gather, GatherWave(location=location, at=NOW, actor="lead", **wanted))

    async def scan(self, wave: str, item: str, bin_: str, quantity: int, **details: Any) -> Scanned:
        self.scans += 1
        fields: dict[str, Any] = {"scan": f"s-{self.scans}", "at": NOW, "actor": "picker"} | details
        return await self.house(scanning.scan, Scan(wave=wave, item=item, bin=bin_, quantity=quantity, **fields))

    async def facts(self) -> list[PickConfirmed]:
        """What orders are about to hear of their picks."""
        found = [each.fact for each in await self.house.database.read(outbox.untold)]
        return [fact for fact in found if isinstance(fact, PickConfirmed)]

    async def book_picks(self) -> None:
        """The orders hear what the floor said, and book it."""
        for each in await self.house.database.read(outbox.untold):
            fact = each.fact
            if isinstance(fact, PickConfirmed):
                request = RecordPick(
                    **step(f"shipment/{fact.shipment}/pick", each.order) | {"causes": (said(fact.message_id, actor=fact.actor),)},
                    shipment=fact.shipment,
                    location="BERLIN",
                    picks=(),
                    picked=tuple(LineQuantity(line=line.line, quantity=line.quantity) for line in fact.lines),
                    taken=fact.taken,
                    pack_due=NOW + DAY,
                )
                await self.house.once(request, Recorded, shipments.record_pick)
            await self.house(outbox.told, each.message_id, NOW)

    async def receive(self, item: str, quantity: int, lot: str = "", expires_on: date | None = None, bin_: str = "B-02") -> None:
        self.scans += 1
        place: dict[str, Any] = {
            "item": item,
            "location": "BERLIN",
            "bin": bin_,
            "quantity": quantity,
            "lot": lot,
            "expires_on": expires_on,
        }
        await self.house(receive_stock, ReceiveStock(receipt=f"GR-{self.scans}", at=NOW, actor="dock", **place))

    async def count(self, item: str, bin_: str) -> CountView:
        """Open a count task for one bin."""
        wanted = PlanCount(location="BERLIN", item=item, bin=bin_, at=NOW, actor="planner")
        return (await self.house(counting.plan, wanted))[0]

    async def counted(self, item: str, bin_: str, quantity: int, tolerance: Tolerance = STRICT) -> CountView:
        """Count a bin: the difference waits for approval unless the tolerance covers it."""
        task = await self.count(item, bin_)
        return await self.enter(task.task, quantity, tolerance)

    async def enter(self, task: str, quantity: int, tolerance: Tolerance = STRICT) -> CountView:
        return await self.house(counting.enter, EnterCount(task=task, quantity=quantity, at=NOW, actor="counter", tolerance=tolerance))

    async def status(self, placed: PlaceOrder, shipment: int = 1) -> str:
        def read(session: Session) -> str:
            return session.scalars(select(Shipment.status).where(Shipment.order == placed.key, Shipment.shipment == shipment)).one()

        return await self.house.database.read(read)

    async def recall(self, item: str, lot: str) -> Recall:
        return await self.house.database.read(lots.recall, item, lot)


def by_lot(allocated: Allocation) -> list[tuple[str, str, int]]:
    """(bin, lot, units) of every pick."""
    return [(pick.bin, pick.lot, pick.quantity) for shipment in allocated.shipments for pick in shipment.picks]
