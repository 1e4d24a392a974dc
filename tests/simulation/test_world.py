"""The outside world as a whole: round after round, through outages, refusals and its own death."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

from domain.errors import NotFound, Refused, Unavailable
from domain.exceptions import ExceptionKind
from domain.messages import Fact, PickConfirmed
from domain.steps import Pick
from integrations.simulated import Script, SimulatedCarriers, SimulatedWarehouse, World
from integrations.simulated.outbox import Entry
from simulation.world import OutsideWorld
from tests.integrations.test_ports import BERLIN, PARCELS, QUOTE
from tests.simulation.builders import DAY, ORDER, START, Orders, RecordedTelephone, day, invoice, order, trouble

PICKS = (Pick(line=1, item="GRD-200", bin="B-01-01", quantity=2),)
LATER = timedelta(days=400)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def outside(world: World, telephone: RecordedTelephone, *, orders: Orders | None = None, clock: Clock | None = None) -> OutsideWorld:
    return OutsideWorld(world, orders or Orders(), telephone, DAY, clock=clock or Clock(START + LATER))


async def turn(around: OutsideWorld, times: int = 1) -> None:
    for _ in range(times):
        await around.round()
        await around.finish_calls()


def picked(order: str, n: int = 1) -> Entry:
    name = f"floor/{order}/{n}/picked"
    said = PickConfirmed(message_id=name, occurred_at=START, actor="floor", shipment=n, lines=())
    return Entry(id=name, order=order, said=said, send_at=day(n / 100))


async def test_a_released_task_and_a_label_are_told_in_their_order(world: World) -> None:
    world.script(ORDER, {})
    await SimulatedWarehouse(world).release("release/1", ORDER, 1, "BERLIN", PICKS, day(1))
    label = await SimulatedCarriers(world).buy_label("label/1", ORDER, 1, QUOTE, BERLIN, PARCELS)
    telephone = RecordedTelephone()
    await turn(outside(world, telephone), 2)
    # Label and task were bought within one moment; a day of transit is longer than the floor needs.
    assert [name for name in telephone.ids if not name.endswith("/delivered")] == [
        f"floor/{ORDER}/1/picked",
        *((f"carrier/{label.tracking}/in_transit", f"floor/{ORDER}/1/packed")[:: -1 if _packed_first(world, label.tracking) else 1]),
        f"carrier/{label.tracking}/proof",
    ]
    assert world.outbox.open() == 0


def _packed_first(world: World, tracking: str) -> bool:
    at = {row["id"]: row["send_at"] for row in world.rows("SELECT id, send_at FROM outbox")}
    return bool(at[f"floor/{ORDER}/1/packed"] < at[f"carrier/{tracking}/in_transit"])


async def test_nothing_is_said_before_its_time(world: World) -> None:
    world.outbox.put([picked(ORDER, 1), picked(ORDER, 2)])
    telephone, clock = RecordedTelephone(), Clock(day(0.005))
    around = outside(world, telephone, clock=clock)
    await turn(around)
    assert telephone.ids == []
    clock.now = day(0.015)
    await turn(around)
    assert telephone.ids == [f"floor/{ORDER}/1/picked"]


async def test_what_nobody_took_is_said_again_and_what_follows_waits(world: World) -> None:
    world.outbox.put([picked(ORDER, 1), picked(ORDER, 2)])
    telephone = RecordedTelephone(Unavailable("The server is down."), Unavailable("The server is down."))
    around = outside(world, telephone)
    await turn(around, 2)
    assert telephone.ids == []
    await turn(around)
    assert telephone.ids == [f"floor/{ORDER}/1/picked", f"floor/{ORDER}/2/picked"]


async def test_what_was_refused_is_not_said_again(world: World) -> None:
    world.outbox.put([picked(ORDER, 1), picked(ORDER, 2)])
    telephone = RecordedTelephone(Refused("Order x12/BT-1 is closed, the message came too late."))
    await turn(outside(world, telephone), 3)
    assert telephone.ids == [f"floor/{ORDER}/2/picked"]
    assert world.outbox.refusals() == {f"floor/{ORDER}/1/picked": "Order x12/BT-1 is closed, the message came too late."}


async def test_an_order_that_is_not_placed_yet_is_called_again_for_three_minutes(world: World) -> None:
    world.outbox.put([picked(ORDER, 1)])
    telephone = RecordedTelephone(NotFound("order", ORDER), NotFound("order", ORDER), NotFound("order", ORDER))
    clock = Clock(day(0.01) + timedelta(seconds=1))
    around = outside(world, telephone, clock=clock)
    await turn(around, 2)
    assert world.outbox.open() == 1
    clock.now += timedelta(minutes=3)
    await turn(around)
    assert world.outbox.refusals() == {f"floor/{ORDER}/1/picked": "There is no order 'x12/BT-1'."}


async def test_an_order_that_does_not_answer_holds_up_nobody_else(world: World) -> None:
    class Slow(RecordedTelephone):
        async def tell(self, order: str, fact: Fact) -> None:
            if order == ORDER:
                await asyncio.Event().wait()
            await super().tell(order, fact)

    world.outbox.put([picked(ORDER), picked("x12/BT-2")])
    telephone = Slow()
    around = outside(world, telephone)
    running = asyncio.create_task(around.run())
    for _ in range(200):
        await asyncio.sleep(0.01)
        if telephone.ids:
            break
    around.stop()
    await asyncio.wait_for(running, 5)
    assert telephone.ids == ["floor/x12/BT-2/1/picked"]
    assert world.outbox.open() == 1


async def test_a_broken_step_does_not_end_the_world(world: World) -> None:
    view = order(exceptions=(trouble(ExceptionKind.PICK_OVERDUE),))
    orders, telephone = Orders(view), RecordedTelephone()
    orders.broken = [Unavailable("The database is away."), RuntimeError("a bug")]
    await turn(outside(world, telephone, orders=orders), 2)
    assert telephone.ids == []
    await turn(outside(world, telephone, orders=orders))
    assert telephone.ids == [f"office/{ORDER}/exception/1/wait_on"]


async def test_a_killed_world_says_the_rest_and_only_the_rest(tmp_path: Path) -> None:
    first, second = RecordedTelephone(), RecordedTelephone()
    with World(tmp_path / "world.db") as world:
        world.script(ORDER, {"pay": "on_time"})
        orders = Orders(order(invoices=(invoice(),)))
        await turn(outside(world, first, orders=orders, clock=Clock(day(30))), 3)
    with World(tmp_path / "world.db") as world:
        orders = Orders(order(invoices=(invoice(9_999),)), order(order="x12/BT-2", invoices=(invoice(),)))
        world.script("x12/BT-2", {})
        await turn(outside(world, second, orders=orders, clock=Clock(day(31))), 3)
    assert first.ids == [f"bank/{ORDER}/1/1"]
    assert second.ids == ["bank/x12/BT-2/1/1"]


async def test_closed_orders_are_left_alone(world: World) -> None:
    orders, telephone = Orders(order(exceptions=(trouble(ExceptionKind.PICK_OVERDUE),))), RecordedTelephone()
    around = outside(world, telephone, orders=orders)
    orders.views[ORDER] = orders.views[ORDER].model_copy(update={"outcome": "closed"})
    await turn(around, 2)
    assert telephone.ids == []


async def test_a_partner_waits_for_what_the_customer_says_at_capture(world: World) -> None:
    world.script(ORDER, {"requests": [{"when": "captured", "what": "cancel"}]})
    releasing = asyncio.create_task(SimulatedWarehouse(world).release("release/1", ORDER, 1, "BERLIN", PICKS, day(1)))
    await asyncio.sleep(0.2)
    assert not releasing.done()
    telephone = RecordedTelephone()
    await turn(outside(world, telephone), 2)
    assert telephone.ids[:1] == [f"customer/{ORDER}/captured/cancel"]
    assert await asyncio.wait_for(releasing, 2) == "PT-000001"


def test_every_sample_has_a_script_that_the_world_understands(samples_dir: Path) -> None:
    scenarios = json.loads((samples_dir / "scenarios.json").read_text())
    scripts = {scenario["key"]: Script.read(scenario["key"], scenario["script"]) for scenario in scenarios}
    assert len(scripts) == len(scenarios)
    assert sum(script.goods_back is not None for script in scripts.values()) == 8
