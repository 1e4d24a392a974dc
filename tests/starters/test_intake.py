"""From a document to its orders: kept first, mapped, handed over once, and taken up again by whoever finds it left lying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from config.payloads import DATA_CONVERTER
from config.settings import Settings
from database import inbox, intake
from database.engine import Database
from database.inbox import EntryView
from database.seed import seed
from database.tables import Intake, Refusal
from domain.errors import Conflict, InputRefused, Unavailable
from domain.intake import Delivery, IgnoredIn, MessageIn, NeedKind, OrderIn, Part, RefusedIn, UnmappedIn, Words
from domain.messages import DeliveryConfirmed, HoldOrder
from domain.order import PlaceOrder
from starters.forms import FORMS
from starters.intake import DESK, Road
from tests.fresh import migrated
from tests.starters.orders import NOON, grinder_order, listening
from workers.sweeper import sweeper

CATALOGUE = {
    "items": [{"id": "GRD-200"}],
    "locations": [{"id": "BERLIN"}],
    "customers": [{"id": "C-1001", "currency": "EUR", "terms": ["net30"]}],
}


class Reader:
    """A translator that finds what a test says."""

    def __init__(self) -> None:
        self.parts: Sequence[Part] = ()
        self.words: list[Words] = []

    def __call__(self, delivery: Delivery, words: Words) -> Sequence[Part]:
        self.words.append(words)
        if delivery.body == b"unreadable":
            raise InputRefused("line 1, column 1", "this is not JSON")
        if delivery.body == b"breaks":
            raise ZeroDivisionError
        return self.parts


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    opened = Database(url)
    await opened.transaction(seed, CATALOGUE)
    yield opened
    await opened.close()


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def road(database: Database, client: Client, tmp_path: Path, reader: Reader) -> Road:
    return Road(database, client, Settings.load(home=tmp_path), {"test": reader})


def delivery(number: str, body: bytes = b"{}", channel: str = "web", form: str = "test") -> Delivery:
    return Delivery(channel=channel, delivery=number, form=form, body=body, received_at=datetime.now(UTC))


def unknown_item(order: PlaceOrder, item: str) -> PlaceOrder:
    return order.model_copy(update={"lines": tuple(line.model_copy(update={"item": item}) for line in order.lines)})


async def came(road: Road, number: str, **changes: str) -> int:
    return (await road.keep(delivery(number).model_copy(update=changes))).entry


async def look(road: Road, entry: int) -> EntryView:
    return await road.database.read(inbox.entry_view, entry)


async def statuses(road: Road, entry: int) -> list[str]:
    return [part.status for part in (await look(road, entry)).parts]


async def refusals(road: Road) -> list[tuple[str, str, str]]:
    return await road.database.read(lambda session: [(row.source, row.place, row.reason) for row in session.scalars(select(Refusal))])


def delivered(order: str, number: int = 1) -> DeliveryConfirmed:
    return DeliveryConfirmed(message_id=f"{order}/d{number}", occurred_at=NOON, actor="carrier", shipment=1, signed_by="A. Byron")


async def test_parts_are_carried_out_by_themselves(road: Road, reader: Reader) -> None:
    reader.parts = [
        OrderIn(place="set 1", order=grinder_order("parts-1")),
        RefusedIn(place="set 2", reason="segment PO1 lacks its quantity"),
        IgnoredIn(place="set 3", reason="an acknowledgement asks for nothing"),
        OrderIn(place="set 4", order=grinder_order("parts-4")),
    ]
    entry = await came(road, "parts")
    await road.hand_over(entry)
    assert await statuses(road, entry) == ["done", "refused", "ignored", "done"]
    assert (await look(road, entry)).status == "done"
    assert await refusals(road) == [("web", "delivery parts, set 2", "segment PO1 lacks its quantity")]
    placed = await road.database.read(lambda session: sorted(session.scalars(select(Intake.order))))
    assert placed == ["manual/parts-1", "manual/parts-4"]


async def test_a_document_that_is_handed_over_ten_times_at_once_places_one_order(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=grinder_order("ten-hands"))]
    entry = await came(road, "ten-hands")
    await asyncio.gather(*(road.hand_over(entry) for _ in range(10)))
    assert await statuses(road, entry) == ["done"]
    assert [run.id async for run in road.client.list_workflows("WorkflowId = 'order/manual/ten-hands'")] in ([], ["order/manual/ten-hands"])


async def test_what_nobody_can_read_is_refused_with_its_place_and_kept(road: Road) -> None:
    entry = (await road.keep(delivery("unreadable", b"unreadable"))).entry
    await road.hand_over(entry)
    found = await look(road, entry)
    assert (found.status, found.reason) == ("refused", "line 1, column 1: this is not JSON")
    assert await refusals(road) == [("web", "delivery unreadable, line 1, column 1", "this is not JSON")]
    assert await road.database.read(inbox.body, entry) == b"unreadable"


async def test_a_translator_that_breaks_holds_up_nobody(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=grinder_order("after-the-break"))]
    broken = (await road.keep(delivery("breaks", b"breaks"))).entry
    unknown = (await road.keep(delivery("unknown-form", form="cuneiform"))).entry
    good = await came(road, "after-the-break")
    assert await road.sweep() == 3
    assert (await look(road, broken)).reason == "the document: it cannot be read, by a defect of Holdfast (ZeroDivisionError)"
    assert (await look(road, unknown)).reason == "the document: there is no translator for the form 'cuneiform'"
    assert (await look(road, good)).status == "done"


async def test_unknown_words_wait_for_their_mapping_and_the_second_document_passes(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=unknown_item(grinder_order("words-1", customer="web:77"), "Mühle"))]
    entry = await came(road, "words-1")
    await road.hand_over(entry)
    view = await look(road, entry)
    assert (view.status, view.parts[0].reason) == ("waiting", "nobody has mapped item 'Mühle', customer 'web:77'")
    assert await road.sweep() == 0
    now = datetime.now(UTC)
    await road.database.transaction(inbox.learn, "web", NeedKind.ITEM, "Mühle", "GRD-200", "ada", now)
    await road.database.transaction(inbox.learn, "web", NeedKind.CUSTOMER, "web:77", "C-1001", "ada", now)
    assert await road.sweep() == 1
    assert await statuses(road, entry) == ["done"]
    placed = await road.database.read(intake.document, "manual/words-1")
    assert ([line.item for line in placed.lines], placed.customer) == (["GRD-200"], "web:77")

    reader.parts = [OrderIn(order=unknown_item(grinder_order("words-2", customer="web:77"), "Mühle"))]
    second = await came(road, "words-2")
    await road.hand_over(second)
    assert await statuses(road, second) == ["done"]


async def test_a_repeat_is_known_by_its_senders_words_whatever_was_mapped_anew(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=unknown_item(grinder_order("renamed"), "Mühle"))]
    await road.database.transaction(seed, {"items": [{"id": "GRD-300"}]})
    outcomes = []
    for ours in ("GRD-200", "GRD-300"):
        await road.database.transaction(inbox.learn, "web", NeedKind.ITEM, "Mühle", ours, "ada", datetime.now(UTC))
        entry = await came(road, f"renamed-{ours}")
        await road.hand_over(entry)
        outcomes.append([(part.status, part.reason) for part in (await look(road, entry)).parts])
    assert outcomes == [[("done", "")], [("done", "it was placed before")]]
    assert (await road.database.read(intake.document, "manual/renamed")).lines[0].item == "GRD-200"


async def test_what_our_own_people_bring_in_is_asked_at_the_order_and_not_mapped(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=unknown_item(grinder_order("typed"), "GRD-20O"))]
    entry = await came(road, "typed", channel=DESK)
    await road.hand_over(entry)
    assert await statuses(road, entry) == ["done"]


async def test_units_are_known_to_the_translator_before_it_reads(road: Road, reader: Reader) -> None:
    reader.parts = [UnmappedIn(place="PO1 1", needs=((NeedKind.UNIT, "CS"),))]
    entry = await came(road, "units")
    await road.hand_over(entry)
    assert await statuses(road, entry) == ["mapping"]
    await road.database.transaction(inbox.learn, "web", NeedKind.UNIT, "CS", "12", "ada", datetime.now(UTC))
    reader.parts = [OrderIn(order=grinder_order("units", quantity=24))]
    assert await road.sweep() == 1
    assert reader.words[-1] == {(NeedKind.UNIT, "CS"): "12"}
    assert await statuses(road, entry) == ["done"]


async def test_a_fact_for_an_order_that_has_not_come_is_parked_and_told_when_it_comes(road: Road, reader: Reader) -> None:
    reader.parts = [MessageIn(order="manual/early", message=delivered("manual/early"))]
    early = await came(road, "early-fact")
    await road.hand_over(early)
    assert await statuses(road, early) == ["parked"]
    assert await road.sweep() == 0
    async with listening(road.client):
        reader.parts = [OrderIn(order=grinder_order("early"))]
        await road.hand_over(await came(road, "early-order"))
        reader.parts = [MessageIn(order="manual/early", message=delivered("manual/early"))]
        assert await road.sweep() == 1
        assert await statuses(road, early) == ["done"]
        heard = await road.client.get_workflow_handle("order/manual/early").query("told", result_type=list[str])
    assert heard == ["manual/early/d1"]


async def test_a_request_that_the_order_refuses_is_refused_with_its_sentence(road: Road, reader: Reader) -> None:
    async with listening(road.client):
        reader.parts = [OrderIn(order=grinder_order("intake-refusing"))]
        await road.hand_over(await came(road, "refusing-order"))
        hold = HoldOrder(message_id="m1", occurred_at=NOON, actor="shop", reason="a call")
        reader.parts = [MessageIn(place="note", order="manual/intake-refusing", message=hold)]
        entry = await came(road, "refusing-hold")
        await road.hand_over(entry)
    part = (await look(road, entry)).parts[0]
    assert (part.status, part.kind) == ("refused", "hold_order")
    assert part.reason == "Order manual/intake-refusing is shipped and cannot be held."


async def test_another_body_under_a_known_id_is_a_conflict_that_is_recorded(road: Road) -> None:
    await road.keep(delivery("twice", b"1"))
    with pytest.raises(Conflict, match="Delivery twice of web is known with other content"):
        await road.keep(delivery("twice", b"2"))
    assert [place for _, place, _ in await refusals(road)] == ["delivery twice"]


async def test_a_document_that_was_kept_by_a_process_that_died_is_handed_over_by_the_sweeper(road: Road, reader: Reader) -> None:
    reader.parts = [OrderIn(order=grinder_order("orphan"))]
    entry = await came(road, "orphan")
    wake = asyncio.Event()
    async with sweeper(road, every=60, wake=wake):
        async with asyncio.timeout(10):
            while (await look(road, entry)).status != "done":
                await asyncio.sleep(0.02)
        second = await came(road, "orphan-again")
        wake.set()
        async with asyncio.timeout(10):
            while (await look(road, second)).status != "done":
                await asyncio.sleep(0.02)
    assert [part.reason for part in (await look(road, second)).parts] == ["it was placed before"]


async def test_without_a_server_a_document_is_kept_and_postponed(database: Database, tmp_path: Path, reader: Reader) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    road = Road(database, nowhere, Settings.load(home=tmp_path), {"test": reader})
    reader.parts = [OrderIn(order=grinder_order("no-server"))]
    entry = await came(road, "no-server")
    with pytest.raises(Unavailable):
        await road.hand_over(entry)
    view = await look(road, entry)
    assert (view.status, view.attempts, view.parts) == ("open", 1, ())
    assert "Failed client connect" in view.reason


def test_every_form_of_order_can_come_in() -> None:
    order = FORMS["manual"](
        Delivery(channel="api", delivery="1", form="manual", body=grinder_order("form").model_dump_json().encode(), received_at=NOON), {}
    )
    assert [part.order.key for part in order if isinstance(part, OrderIn)] == ["manual/form"]
    assert Decimal("249.00") == order[0].order.lines[0].unit_price  # type: ignore[union-attr]
    assert set(FORMS) >= {"shopify", "x12", "manual"}
