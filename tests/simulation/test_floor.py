"""The floor: what it finds and packs, and that it says so once."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.exceptions import ExceptionKind
from domain.messages import CancelOrder, LineQuantity, Packed, PickConfirmed
from domain.steps import Pick
from integrations.simulated import Script, SimulatedWarehouse, World
from integrations.simulated.outbox import Entry
from integrations.simulated.warehouse import PickTask
from simulation import floor
from tests.simulation.builders import DAY, ORDER, START, after, day, order, trouble

PICKS = (
    Pick(line=1, item="GRD-200", bin="B-01-01", quantity=2),
    Pick(line=1, item="GRD-200", bin="B-01-02", quantity=1),
    Pick(line=2, item="FLT-100", bin="B-03-02", quantity=15),
)


def task(*, first: bool = True, repeat: int = 0, picks: tuple[Pick, ...] = PICKS) -> PickTask:
    return PickTask(
        key="release/1", order=ORDER, shipment=1, location="BERLIN", picks=picks, released_at=START.timestamp(), repeat=repeat, first=first
    )


def quantities(said: object) -> dict[int, int]:
    assert isinstance(said, PickConfirmed)
    return {part.line: part.quantity for part in said.lines}


def entries_of(world: World) -> list[str]:
    return [row["id"] for row in world.rows("SELECT id FROM outbox ORDER BY send_at")]


async def release(world: World, key: str = "release/1", shipment: int = 1) -> None:
    await SimulatedWarehouse(world).release(key, ORDER, shipment, "BERLIN", PICKS, day(1))


def test_a_full_pick_confirms_each_line_once_and_packs_at_most_ten_units_a_parcel() -> None:
    picked, packed = floor.told(task(), Script(), START, DAY, seed=1)
    assert after([picked, packed]) == [(f"floor/{ORDER}/1/picked", 0.153), (f"floor/{ORDER}/1/packed", 0.292)]
    assert quantities(picked.said) == {1: 3, 2: 15}
    assert isinstance(packed.said, Packed)
    assert [(parcel.number, parcel.weight_g, parcel.contents) for parcel in packed.said.parcels] == [
        (1, 5350, (LineQuantity(line=1, quantity=3), LineQuantity(line=2, quantity=7))),
        (2, 4350, (LineQuantity(line=2, quantity=8),)),
    ]
    assert (packed.said.actor, packed.said.occurred_at) == ("floor BERLIN", packed.send_at)


def test_a_short_pick_misses_one_unit_of_the_first_line_and_packs_the_rest() -> None:
    picked, packed = floor.told(task(), Script.read(ORDER, {"pick": "short"}), START, DAY, seed=1)
    assert quantities(picked.said) == {1: 2, 2: 15}
    assert isinstance(packed.said, Packed)
    assert sum(part.quantity for parcel in packed.said.parcels for part in parcel.contents) == 17


def test_only_the_first_task_of_an_order_is_short() -> None:
    picked, _packed = floor.told(task(first=False), Script.read(ORDER, {"pick": "short"}), START, DAY, seed=1)
    assert quantities(picked.said) == {1: 3, 2: 15}


def test_a_pick_that_finds_nothing_packs_nothing() -> None:
    (picked,) = floor.told(task(picks=PICKS[1:2]), Script.read(ORDER, {"pick": "short"}), START, DAY, seed=1)
    assert quantities(picked.said) == {1: 0}


def test_a_shipment_that_is_released_again_is_another_message() -> None:
    picked, packed = floor.told(task(first=False, repeat=1), Script(), START, DAY, seed=1)
    assert [picked.id, packed.id] == [f"floor/{ORDER}/1/2/picked", f"floor/{ORDER}/1/2/packed"]


async def test_every_released_task_is_planned_once(world: World) -> None:
    world.script(ORDER, {})
    await release(world)
    await release(world, "release/2", shipment=2)
    floor.work(world, {}, DAY)
    floor.work(world, {}, DAY)
    assert sorted(entries_of(world)) == [f"floor/{ORDER}/{shipment}/{step}" for shipment in (1, 2) for step in ("packed", "picked")]


async def test_a_task_that_was_cancelled_before_or_after_planning_says_nothing(world: World) -> None:
    world.script(ORDER, {})
    await release(world)
    await SimulatedWarehouse(world).cancel("release/1")
    floor.work(world, {}, DAY)
    assert entries_of(world) == []
    await release(world, "release/2")
    floor.work(world, {}, DAY)
    await SimulatedWarehouse(world).cancel("release/2")
    assert entries_of(world) == []


async def test_a_task_cancelled_between_pick_and_packing_is_not_packed(world: World) -> None:
    world.script(ORDER, {})
    await release(world)
    floor.work(world, {}, DAY)
    world.outbox.close(f"floor/{ORDER}/1/picked", "sent")
    await SimulatedWarehouse(world).cancel("release/1")
    assert entries_of(world) == [f"floor/{ORDER}/1/picked"]


@pytest.mark.parametrize(("outcome", "said"), [("refused: too late", 3), ("sent", 1)])
async def test_the_floor_waits_for_a_cancellation_that_is_to_meet_the_picking(world: World, outcome: str, said: int) -> None:
    world.script(ORDER, {"requests": [{"when": "picking", "what": "cancel"}]})
    await release(world)
    floor.work(world, {}, DAY)
    assert entries_of(world) == []
    name = f"customer/{ORDER}/picking/cancel"
    cancel = CancelOrder(message_id=name, occurred_at=START, actor="customer")
    world.outbox.put([Entry(id=name, order=ORDER, said=cancel, send_at=START)])
    floor.work(world, {}, DAY)
    assert entries_of(world) == [name]
    world.outbox.close(name, outcome)
    floor.work(world, {}, DAY)
    assert len(entries_of(world)) == said


@pytest.mark.parametrize("choice", ["", "reallocate", "wait_on"])
async def test_a_forgotten_pick_is_remembered_when_somebody_waits_on(world: World, choice: str) -> None:
    world.script(ORDER, {"decisions": {"pick_overdue": "wait_on"}})
    await release(world)
    await release(world, "release/2", shipment=2)
    floor.work(world, {}, DAY)
    second = [f"floor/{ORDER}/2/picked", f"floor/{ORDER}/2/packed"]
    assert entries_of(world) == second
    decided = day(400)
    floor.work(world, {ORDER: order(exceptions=(trouble(ExceptionKind.PICK_OVERDUE, choice=choice, at=decided),))}, DAY)
    assert entries_of(world) == second + ([f"floor/{ORDER}/1/picked", f"floor/{ORDER}/1/packed"] if choice == "wait_on" else [])


async def test_a_world_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    with World(tmp_path / "world.db") as world:
        world.script(ORDER, {})
        await release(world)
        floor.work(world, {}, DAY)
        before = [tuple(row) for row in world.rows("SELECT * FROM outbox ORDER BY id")]
    with World(tmp_path / "world.db") as world:
        floor.work(world, {}, DAY)
        assert [tuple(row) for row in world.rows("SELECT * FROM outbox ORDER BY id")] == before
        assert len(before) == 2
