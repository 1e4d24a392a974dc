"""Messages from strangers: facts sent with the plain `temporal` command are taken, and what nobody can read never ends an order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.service import RPCError, RPCStatusCode

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import FACTS, REQUESTS, CancelOrder, Decide
from domain.recording import MOST_UNREADABLE
from domain.state import OrderState
from domain.steps import Outcome
from tests.workflows.lives import refunds
from tests.workflows.shop import Living, Shop, euro, line, order
from workers.server import temporal_command

Answer = TypeVar("Answer")

AT_ONCE = 4
"""Processes of the `temporal` command at a time."""


async def temporal(shop: Shop, *words: str) -> tuple[int, str]:
    """The exit code of `temporal workflow ...` and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        str(temporal_command()),
        "workflow",
        *words,
        "--address",
        shop.client.service_client.config.target_host,
        "--namespace",
        shop.client.namespace,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    written, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, written.decode()


async def signal(living: Living, words: Sequence[str], name: str) -> None:
    """`temporal workflow signal`, as a stranger would type it; the server takes it."""
    code, written = await temporal(living.shop, "signal", "--workflow-id", f"order/{living.key}", "--name", name, *words)
    assert code == 0, written


async def update(living: Living, words: Sequence[str], name: str) -> tuple[int, str]:
    """`temporal workflow update execute`: its exit code and what it wrote."""
    return await temporal(living.shop, "update", "execute", "--workflow-id", f"order/{living.key}", "--name", name, *words)


async def raw(living: Living, name: str, *payloads: Payload) -> None:
    """A signal with payloads that no converter of ours would make."""
    await living.latest.signal(name, args=[RawValue(payload) for payload in payloads])


async def each(names: tuple[str, ...], send: Callable[[str], Awaitable[Answer]]) -> list[Answer]:
    """Send under every name, a few at a time; the answers in the order of the names."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Answer:
        async with turn:
            return await send(name)

    return await asyncio.gather(*(one(name) for name in names))


async def failed_tasks(living: Living) -> int:
    """How often the order's workflow task failed: a broken handler shows here before anybody misses an answer.

    A task that the server takes back, because a hundred messages came while it ran, is none of its failures: it is given out again.
    """
    failed = [
        event.workflow_task_failed_event_attributes.cause
        async for event in living.latest.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    return len([cause for cause in failed if cause != WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND])


async def at_the_pick(shop: Shop) -> Living:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    return living


async def unreadable(living: Living, rows: int, counted: int) -> list[str]:
    """What the open rows say, once there are so many and so many were only counted."""

    def shown(state: OrderState) -> list[str]:
        return [e.detail for e in state.open_exceptions() if e.kind is ExceptionKind.UNREADABLE_MESSAGE and e.recorded]

    return shown(await living.when(lambda s: (len(shown(s)), s.unreadable) == (rows, counted)))


async def acknowledge(living: Living) -> None:
    """A person has seen every row, and the order goes on."""
    rows = [exception.number for exception in (await living.state()).open_exceptions()]  # ten at most, as many as Temporal takes at once
    await asyncio.gather(*(living.ask(Decide(**living.stamp("integrator"), exception=row, choice="acknowledge")) for row in rows))


async def finish(living: Living) -> None:
    """The rest of an ordinary life on terms: 2 units, 20.00 EUR."""
    await living.ship()
    await living.deliver()
    await living.until(Wait.PAYMENT, "invoice 1")
    await living.pay(2000)
    assert (await living.close()).outcome is Outcome.CLOSED
    assert [(i.total, i.balance) for i in (await living.view()).invoices] == [(euro(2000), euro(0))]
    assert await failed_tasks(living) == 0


# --- facts that can be read ----------------------------------------------------------------------------------------------------------


async def test_every_fact_is_taken_from_the_plain_temporal_command(shop: Shop) -> None:
    """A whole life whose facts were typed by hand: their fields as JSON, without the `fact` tag that only the state needs."""
    item = shop.rare()
    living = await shop.place(order(line(1, item, 2)))
    typed: list[str] = []

    async def type_in(fact: str, **fields: Any) -> None:
        typed.append(fact)
        stamp = {"message_id": f"typed-{len(typed)}", "occurred_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "actor": "stranger"}
        await signal(living, ("--input", json.dumps(stamp | fields)), fact)

    units = [{"line": 1, "quantity": 2}]
    await living.until(Wait.STOCK)
    await type_in("stock_arrived", item=item, location="BERLIN", quantity=2)
    await living.when(lambda s: s.receipts and not s.inbox)
    await type_in("supply_slipped", supplies=["purchase/PO-1/1"], detail="PO-1 comes later")
    await living.when(lambda s: s.promises_moved == 1)
    await shop.receive(item, 2)
    await living.until(Wait.PICK)
    await type_in("credit_cleared", subject="order")
    await type_in("pick_confirmed", shipment=1, lines=units)
    await living.until(Wait.PACK)
    await type_in("stock_reallocated", shipment=1, reallocation=1, reason="too late: it is picked")
    await type_in("packed", shipment=1, parcels=[{"number": 1, "weight_g": 1200, "contents": units}])
    await living.until(Wait.DELIVERY)
    await type_in("carrier_event", shipment=1, status="in_transit")
    await type_in("delivery_confirmed", shipment=1, signed_by="C. Babbage")
    await living.until(Wait.PAYMENT)
    await type_in("payment_received", payment=f"bank-{item}-1", amount={"minor": 2000, "currency": "EUR"})
    await living.when(lambda s: s.invoices[0].settled)
    await type_in("payment_reversed", payment=f"bank-{item}-1", reason="returned debit")
    await living.when(lambda s: not s.invoices[0].settled)
    await type_in("invoice_collected", shipment=1, document="INV-000001", issued_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    await type_in("reminder_issued", invoice=1, document="REM-999999")
    await type_in("payment_received", payment=f"bank-{item}-2", amount={"minor": 2000, "currency": "EUR"}, invoice=1)
    await living.when(lambda s: s.invoices[0].settled)
    await type_in("return_requested", lines=[{"line": 1, "quantity": 1}], reason="one too many")
    await living.until(Wait.RETURNED_GOODS)
    await type_in("return_scanned", rma=1)
    await type_in("return_received", rma=1, location="BERLIN", lines=[{"line": 1, "quantity": 1}])
    await living.until(Wait.INSPECTION)
    await type_in("return_inspected", rma=1, lines=[{"line": 1, "quantity": 1, "disposition": "restock"}])
    await living.when(lambda s: s.returns[0].outcome == "refunded")
    await type_in("exception_raised", detail="The customer called about a scratch.")
    await living.decide(ExceptionKind.RAISED, "acknowledge")
    assert (await living.close()).outcome is Outcome.CLOSED

    state = await living.state()
    assert [state.receipts[f"typed-{number}"].name for number, _ in enumerate(typed, 1)] == typed
    assert set(typed) == set(FACTS)
    assert [e.kind for e in state.exceptions] == [ExceptionKind.RAISED]
    view = await living.view()
    assert [(i.total, i.paid, i.balance) for i in view.invoices] == [(euro(2000), euro(2000), euro(0))]
    assert await refunds(living) == [1000]
    assert [(row.shipped, row.delivered, row.returned) for row in view.lines] == [(2, 2, 1)]
    assert await shop.stock(item) == (1, 0)
    assert await failed_tasks(living) == 0


# --- facts that nobody can read ------------------------------------------------------------------------------------------------------

GARBLED: dict[str, tuple[str, ...]] = {
    "no input": (),
    "two inputs": ("--input", "{}", "--input", "{}"),
    "no JSON": ("--input", "it was picked", "--input-meta", "encoding=text/plain"),
    "marked binary/plain": ("--input", "\x01\x02 it was picked", "--input-meta", "encoding=binary/plain"),
    "the wrong shape": ("--input", '{"message_id": 7, "shipment": "the blue one"}'),
    "JSON, but no object": ("--input", "[[[1, null]]]"),
}
"""What a stranger types after `temporal workflow signal`."""


async def test_facts_garbled_on_the_command_line_become_rows_and_the_order_lives_on(shop: Shop) -> None:
    """Every name with every mistake: ten rows stand open at a time, one for each name, and the others are counted."""
    living = await at_the_pick(shop)
    names = tuple(FACTS)
    more = len(names) - MOST_UNREADABLE
    assert more == 7
    for turn, (mistake, words) in enumerate(GARBLED.items(), 1):
        await each(names, partial(signal, living, words))
        details = await unreadable(living, MOST_UNREADABLE, turn * more)
        told = {name for name in names if any(f"A message called '{name}' cannot be read: " in detail for detail in details)}
        assert len(told) == MOST_UNREADABLE, mistake
        await acknowledge(living)
    state = await living.state()
    assert (state.inbox, len(state.exceptions), state.unreadable) == ([], 60, 6 * more)
    assert not {receipt.name for receipt in state.receipts.values()} & set(names)
    await finish(living)


async def test_bytes_that_no_command_would_send_become_rows_and_the_order_lives_on(shop: Shop, tmp_path: Path) -> None:
    living = await at_the_pick(shop)
    bombs = {
        "pick_confirmed": Payload(metadata={"encoding": b"binary/null"}),
        "packed": Payload(metadata={"encoding": b"binary/plain"}, data=b"\x00\xff\xfe\x80"),
        "carrier_event": Payload(metadata={"encoding": b"binary/encrypted"}, data=b"\x17\x03\x03"),
        "delivery_confirmed": Payload(data=b"{}"),
        "payment_received": Payload(metadata={"encoding": b"json/protobuf", "messageType": b"no.such.Message"}, data=b"{}"),
        "stock_arrived": Payload(metadata={"encoding": b"json/plain"}, data=b"[" * 100_000),
        "return_requested": Payload(metadata={"encoding": b"json/plain"}, data=b'{"message_id": 1' + b"0" * 5_000 + b"}"),
        "no such fact \u2603": Payload(metadata={"encoding": b"json/plain"}, data=b"{}"),
    }
    for name, payload in bombs.items():
        await raw(living, name, payload)
    details = await unreadable(living, len(bombs), 0)
    assert len([detail for detail in details if detail.startswith("A message called 'no such fact \u2603' cannot be read: ")]) == 1
    await acknowledge(living)

    long = tmp_path / "a megabyte of text"
    long.write_text(json.dumps("a" * 1_000_000))
    await signal(living, ("--input-file", str(long)), "exception_raised")
    (detail,) = await unreadable(living, 1, 0)
    assert len(detail) < 400
    with pytest.raises(RPCError, match="SignalName is not set") as refused:
        await raw(living, "", Payload(metadata={"encoding": b"json/plain"}, data=b"{}"))
    assert refused.value.status is RPCStatusCode.INVALID_ARGUMENT
    await acknowledge(living)
    await finish(living)


async def test_a_flood_of_unreadable_messages_makes_few_rows(shop: Shop) -> None:
    living = await at_the_pick(shop)
    flood = [f"flood_{number}" for number in range(200)]
    for first in range(0, len(flood), 50):
        await asyncio.gather(*(living.latest.signal(name) for name in flood[first : first + 50]))
    await unreadable(living, MOST_UNREADABLE, 200 - MOST_UNREADABLE)
    assert len((await living.view()).exceptions) == MOST_UNREADABLE
    await living.ask(CancelOrder(**living.stamp("customer")))
    await acknowledge(living)
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert await failed_tasks(living) == 0


# --- requests that nobody can read ---------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[str, ...]] = {
    "no input": (),
    "wrong shape": ("--input", '{"exception": [], "lines": "all", "invoice": {}, "surprise": true}'),
    "wrong types": (
        "--input",
        '{"message_id": 7, "occurred_at": "yesterday", "actor": null, "exception": "one", "lines": 3, "invoice": "1", "quantities": 1}',
    ),
}


async def test_garbled_requests_of_every_name_are_refused_and_the_order_lives_on(shop: Shop) -> None:
    living = await at_the_pick(shop)
    before = await living.state()
    names = (*REQUESTS, "abolish_order")
    for mistake, words in WRONG.items():
        for name, (code, written) in zip(names, await each(names, partial(update, living, words)), strict=True):
            assert code != 0, f"{name} with {mistake} was taken: {written}"
            assert "unable to update workflow" in written, f"{name} with {mistake}: {written}"
    for name in names:
        with pytest.raises(WorkflowUpdateFailedError):
            await living.latest.execute_update(name, args=[RawValue(Payload(metadata={"encoding": b"binary/plain"}, data=b"\x00\xff"))])
        with pytest.raises(WorkflowUpdateFailedError):
            await living.latest.execute_update(name, args=[{}, {}])
    after = await living.state()
    assert (after.receipts, after.holds, after.exceptions, after.cancel_reason) == (before.receipts, before.holds, [], None)
    await finish(living)
