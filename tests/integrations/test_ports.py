"""What every partner behind a port keeps to: once per key, undone means closed, and an outage leaves no doubt."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import Conflict, InputRefused, Refused, Unavailable
from domain.messages import LineQuantity, Parcel
from domain.money import Money
from domain.order import Address
from domain.steps import Pick
from integrations.ports import Approved, Carriers, Letter, Mail, Payments, Quote, Warehouse
from integrations.simulated import Port, SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse, World

ORDER = "shopify/5001"
DUE = datetime(2026, 11, 24, 12, tzinfo=UTC)
PICKS = (Pick(line=1, item="GRD-200", bin="B-01-01", quantity=2), Pick(line=2, item="FLT-100", bin="B-03-02", quantity=5))
BERLIN = Address(name="Café Łódź", street="Weg 1", city="Berlin", postcode="10115", country="DE")
PARCELS = (Parcel(number=1, weight_g=6900, contents=(LineQuantity(line=1, quantity=2),)),)
QUOTE = Quote(carrier="Parcelway", service="express", price=Money(minor=2760, currency="EUR"), transit_days=1)


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


Call = Callable[[World], Awaitable[object]]


async def release(world: World) -> object:
    warehouse: Warehouse = SimulatedWarehouse(world)
    return await warehouse.release("release/1", ORDER, 1, "BERLIN", PICKS, DUE)


async def buy_label(world: World) -> object:
    carriers: Carriers = SimulatedCarriers(world)
    return await carriers.buy_label("label/1", ORDER, 1, QUOTE, BERLIN, PARCELS)


async def buy_return_label(world: World) -> object:
    return await SimulatedCarriers(world).buy_return_label("return/1", ORDER, 1, BERLIN, "LYON")


async def authorize(world: World) -> object:
    payments: Payments = SimulatedPayments(world)
    return await payments.authorize("authorize/1", ORDER, euros(10_000), "tok_visa")


async def send(world: World) -> object:
    mail: Mail = SimulatedMail(world)
    await mail.send("letter/1", Letter(to="C-1001", subject="Invoice INV-000001", body="Dear Café Łódź"))
    return None


CALLS = [
    pytest.param(release, Port.WAREHOUSE, id="release"),
    pytest.param(buy_label, Port.CARRIER, id="buy_label"),
    pytest.param(buy_return_label, Port.CARRIER, id="buy_return_label"),
    pytest.param(authorize, Port.PAYMENTS, id="authorize"),
    pytest.param(send, Port.MAIL, id="send"),
]


@pytest.mark.parametrize(("call", "port"), CALLS)
async def test_asking_twice_with_one_key_does_it_once_and_answers_the_same(world: World, call: Call, port: Port) -> None:
    assert await call(world) == await call(world)
    (effect,) = world.effects()
    assert (effect.port, effect.arrived, effect.happened, effect.undone) == (port, 2, 1, False)


@pytest.mark.parametrize(("call", "port"), CALLS)
async def test_a_lost_answer_has_done_it_and_the_repeat_does_nothing_more(world: World, call: Call, port: Port) -> None:
    world.lose_answers(port, 1)
    with pytest.raises(Unavailable, match="its answer was lost"):
        await call(world)
    assert [(effect.arrived, effect.happened) for effect in world.effects()] == [(1, 1)]
    await call(world)
    assert [(effect.arrived, effect.happened) for effect in world.effects()] == [(2, 1)]


@pytest.mark.parametrize(("call", "port"), CALLS)
async def test_a_failing_port_does_nothing_and_works_when_the_failures_are_used_up(world: World, call: Call, port: Port) -> None:
    world.fail(port, 2)
    for _ in range(2):
        with pytest.raises(Unavailable, match=f"The {port.partner} does not answer"):
            await call(world)
    assert world.effects() == ()
    await call(world)
    assert [(effect.arrived, effect.happened) for effect in world.effects()] == [(1, 1)]


@pytest.mark.parametrize(("call", "port"), CALLS)
async def test_an_outage_lasts_until_it_is_over_and_keeps_ordered_failures_for_later(world: World, call: Call, port: Port) -> None:
    world.outage(port, True)
    world.fail(port, 1)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await call(world)
    world.outage(port, False)
    with pytest.raises(Unavailable):
        await call(world)
    await call(world)
    assert [(effect.arrived, effect.happened) for effect in world.effects()] == [(1, 1)]


def test_only_known_ports_can_be_broken(world: World) -> None:
    with pytest.raises(ValueError, match="'bank' is not a valid Port"):
        world.fail("bank", 1)


UNDO: list[tuple[str, Call, Call]] = [
    ("pick task", release, lambda world: SimulatedWarehouse(world).cancel("release/1")),
    ("label", buy_label, lambda world: SimulatedCarriers(world).void("label/1")),
    ("return label", buy_return_label, lambda world: SimulatedCarriers(world).void("return/1")),
    ("authorization", authorize, lambda world: SimulatedPayments(world).void("authorize/1")),
]


@pytest.mark.parametrize(("operation", "call", "undo"), UNDO, ids=[name for name, _, _ in UNDO])
async def test_an_undo_closes_the_key_for_the_late_attempt(world: World, operation: str, call: Call, undo: Call) -> None:
    await undo(world)
    await undo(world)
    with pytest.raises(Refused, match="was withdrawn"):
        await call(world)
    assert [(effect.happened, effect.undone) for effect in world.effects()] == [(0, True)], operation


@pytest.mark.parametrize(("operation", "call", "undo"), UNDO, ids=[name for name, _, _ in UNDO])
async def test_an_undo_takes_back_what_was_done_once(world: World, operation: str, call: Call, undo: Call) -> None:
    await call(world)
    await undo(world)
    await undo(world)
    with pytest.raises(Refused, match="was withdrawn"):
        await call(world)
    (effect,) = world.effects()
    assert (effect.operation, effect.happened, effect.undone) == (operation, 1, True)
    assert len(world.rows("SELECT * FROM happenings")) == 2  # done and undone, each once


async def test_an_undo_whose_answer_is_lost_is_done_and_can_be_repeated(world: World) -> None:
    await buy_label(world)
    world.lose_answers("carrier", 1)
    with pytest.raises(Unavailable):
        await SimulatedCarriers(world).void("label/1")
    await SimulatedCarriers(world).void("label/1")
    assert [row["voided"] for row in world.rows("SELECT voided FROM labels")] == [1]


async def test_one_key_with_other_content_is_refused_and_changes_nothing(world: World) -> None:
    await authorize(world)
    await release(world)
    await buy_label(world)
    await send(world)
    with pytest.raises(Conflict, match="authorize/1"):
        await SimulatedPayments(world).authorize("authorize/1", ORDER, euros(10_001), "tok_visa")
    with pytest.raises(Conflict, match="release/1"):
        await SimulatedWarehouse(world).release("release/1", ORDER, 1, "LYON", PICKS, DUE)
    with pytest.raises(Conflict, match="label/1"):
        await SimulatedCarriers(world).buy_label("label/1", ORDER, 2, QUOTE, BERLIN, PARCELS)
    with pytest.raises(Conflict, match="letter/1"):
        await SimulatedMail(world).send("letter/1", Letter(to="C-1002", subject="Invoice INV-000001", body="Dear Café Łódź"))
    assert [(effect.arrived, effect.happened) for effect in world.effects()] == [(1, 1)] * 4


async def test_a_void_of_a_key_that_belongs_to_something_else_is_refused(world: World) -> None:
    await authorize(world)
    await SimulatedPayments(world).capture("capture/1", "auth_00000001", euros(100))
    with pytest.raises(Conflict, match="capture/1"):
        await SimulatedPayments(world).void("capture/1")
    assert [effect.undone for effect in world.effects()] == [False, False]


async def test_letters_are_kept_as_they_were_sent(world: World) -> None:
    await send(world)
    await send(world)
    assert world.letters() == ({"key": "letter/1", "recipient": "C-1001", "subject": "Invoice INV-000001", "body": "Dear Café Łódź"},)


async def test_pick_tasks_are_numbered_and_a_packed_one_cannot_be_cancelled(world: World) -> None:
    assert await release(world) == "PT-000001"
    with world.transaction() as connection:
        connection.execute(
            "INSERT INTO outbox (id, order_key, subject, name, body, send_at, outcome)"
            " VALUES ('p', ?, 'task release/1', 'packed', '', 0, 'sent')",
            (ORDER,),
        )
    await SimulatedWarehouse(world).cancel("release/1")
    assert [row["cancelled"] for row in world.rows("SELECT cancelled FROM tasks")] == [0]
    assert await release(world) == "PT-000001"


def _authorize_and_die(path: Path) -> None:
    import asyncio

    async def run() -> None:
        world = World(path)
        for n in range(50):
            answer = await SimulatedPayments(world).authorize(f"authorize/{n}", f"shopify/{n}", euros(1000 + n), "tok_visa")
            assert isinstance(answer, Approved)
            assert answer.reference == f"auth_{n + 1:08}"
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


async def test_a_killed_process_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_authorize_and_die, args=(tmp_path / "world.db",))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    child.close()
    with World(tmp_path / "world.db") as world:
        assert [effect.happened for effect in world.effects()] == [1] * 50
        again = await SimulatedPayments(world).authorize("authorize/7", "shopify/7", euros(1007), "tok_visa")
        assert again == Approved(reference="auth_00000008", lasts=timedelta(days=7))


async def test_two_processes_share_one_store(tmp_path: Path) -> None:
    with World(tmp_path / "world.db") as one, World(f"sqlite:///{tmp_path / 'world.db'}") as other:
        assert await release(one) == await release(other)
        assert one.effects() == other.effects()


def test_a_script_with_an_unknown_word_is_refused_with_its_place(world: World) -> None:
    with pytest.raises(InputRefused, match=r"^script of shopify/1, carrier: Input should be 'on_time', 'late'"):
        world.script("shopify/1", {"carrier": "teleported"})
    with pytest.raises(
        InputRefused,
        match=r"^script of shopify/1, decisions.short_pick: 'panic' is none of other_bin, reallocate, substitute, backorder, cancel_line$",
    ):
        world.script("shopify/1", {"decisions": {"short_pick": "panic"}})
    with pytest.raises(InputRefused, match=r"^script of shopify/1, pikc: Extra inputs are not permitted$"):
        world.script("shopify/1", {"pikc": "full"})
    assert world.rows("SELECT * FROM scripts") == []


def test_an_order_without_script_always_draws_the_same(world: World, tmp_path: Path) -> None:
    drawn = [world.script_of(f"shopify/{n}") for n in range(300)]
    with World(tmp_path / "other.db") as other:
        assert [other.script_of(f"shopify/{n}") for n in range(300)] == drawn
    with World(tmp_path / "third.db", seed=7) as third:
        assert [third.script_of(f"shopify/{n}") for n in range(300)] != drawn
    assert sum(script.carrier == "on_time" for script in drawn) == 226
    assert sum(script.goods_back is not None for script in drawn) == 23
