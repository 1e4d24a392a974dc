"""From an order's step to its subscriber, on the real server and over real sockets: sent, tried again, replayed, never lost."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.webhooks import WebhookActivities
from config.payloads import DATA_CONVERTER
from config.settings import Settings
from database import subscriptions, webhook_deliveries, webhook_feed
from database.engine import Database
from database.seed import seed
from domain.errors import Unavailable
from domain.webhooks import SUBSCRIBED, Attempt, SendEvents, TellDisabled
from integrations.ports import Subscribers, Webhook
from integrations.simulated import SimulatedMail, World
from starters import subscribing
from starters.announcing import Announcer, ring
from starters.subscribing import Subscribed, subscribers_of
from tests.database.builders import CATALOGUE, House, order
from tests.fresh import migrated
from tests.integrations.test_webhook_posting import Receiver, listening
from workers.processes import Process
from workers.runner import plain
from workflows.policies import MAIL, ORDERS_QUEUE, WEBHOOKS
from workflows.webhooks import TellSubscriber

OK, ERROR = (f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode() for status in ("200 OK", "500 No"))


class Installation:
    def __init__(self, settings: Settings, database: Database, client: Client, world: World) -> None:
        self.settings, self.database, self.client, self.world = settings, database, client, world
        self.house = House(database)

    def workers(self, subscribers: Subscribers | None = None) -> list[Worker]:
        acts = WebhookActivities(self.database, subscribers or subscribers_of(self.settings), SimulatedMail(self.world))
        return [
            Worker(self.client, task_queue=ORDERS_QUEUE, workflows=[TellSubscriber], workflow_runner=plain()),
            Worker(self.client, task_queue=WEBHOOKS.queue, activities=[acts.send_events]),
            Worker(self.client, task_queue=MAIL.queue, activities=[acts.tell_disabled]),
        ]

    async def subscribe(self, url: str) -> Subscribed:
        return await subscribing.subscribe(self.database, self.settings, url, "*", "cli:ada", contact="it@shop.example", name="Shop")

    async def announce(self) -> None:
        await Announcer(self.client, self.database).announce()

    async def until(self, name: str, true: Callable[[subscriptions.SubscriptionView], bool]) -> subscriptions.SubscriptionView:
        async with asyncio.timeout(60):
            while not true(view := await self.database.read(subscriptions.view, name)):
                await asyncio.sleep(0.05)
            return view


@pytest.fixture
async def installation(temporal_server: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Installation]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    await database.transaction(seed, CATALOGUE)
    settings = Settings.load(home=tmp_path, webhook_loopback=True)
    with temporal_server.with_time_skipping_disabled(), World(tmp_path / "world.db") as world:
        yield Installation(settings, database, temporal_server.client, world)
    await database.close()


@pytest.fixture
async def working(installation: Installation) -> AsyncIterator[Installation]:
    first, second, third = installation.workers()
    async with first, second, third:
        yield installation


async def told_as(handle: WorkflowHandle[Any, Any]) -> str:
    """The key of the letter that a workflow had written, from its history."""
    said = json.loads((await handle.fetch_history()).to_json())
    inputs = [each["activityTaskScheduledEventAttributes"] for each in said["events"] if "activityTaskScheduledEventAttributes" in each]
    [told] = [each["input"]["payloads"][0]["data"] for each in inputs if each["activityType"]["name"] == "tell_disabled"]
    asked = TellDisabled.model_validate_json(base64.b64decode(told))
    return f"webhooks/{asked.subscription}/disabled/{asked.at:%Y%m%dT%H%M%S}"


async def sent(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(60):
        while len(receiver.calls) < count:
            await asyncio.sleep(0.05)


async def test_an_accepted_order_reaches_its_subscriber_signed(working: Installation) -> None:
    async with listening() as receiver:
        made = await working.subscribe(receiver.url)
        await working.house.accept(order("1001"))
        await working.announce()
        await sent(receiver, 1)
        name = made.subscription.subscription
        await working.until(name, lambda view: view.waiting == 0)
    [(headers, body)] = receiver.calls
    told = Verifier(made.secret).verify(body, headers)
    assert (told["type"], told["data"]["order"]) == ("order.accepted", "shopify/1001")
    assert made.subscription.events == SUBSCRIBED
    handle = working.client.get_workflow_handle(f"webhooks/{name}")
    await handle.result()
    history = (await handle.fetch_history()).to_json()
    assert made.secret not in history
    stored = (working.settings.home / "holdfast.db").read_bytes()
    assert made.secret.encode() not in stored
    assert oct((working.settings.home / subscribing.KEY_FILE).stat().st_mode)[-3:] == "600"


async def test_five_hundred_then_two_hundred_is_one_event_under_one_id(working: Installation) -> None:
    async with listening(ERROR.decode()) as receiver:
        made = await working.subscribe(receiver.url)
        name = made.subscription.subscription
        await working.house.accept(order("1001"))
        await working.announce()
        await sent(receiver, 1)
        receiver.answer = OK
        await sent(receiver, 2)  # five seconds later
        view = await working.until(name, lambda view: view.waiting == 0)
    assert view.failing_since is None
    ids = [headers["webhook-id"] for headers, _ in receiver.calls]
    assert ids == [ids[0]] * 2
    [delivery] = await working.database.read(webhook_deliveries.deliveries, name)
    assert (delivery.status, delivery.attempts, delivery.answer) == ("sent", 2, "HTTP 200")


async def test_gone_disables_the_subscription_and_somebody_is_told(working: Installation) -> None:
    async with listening("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n") as receiver:
        name = (await working.subscribe(receiver.url)).subscription.subscription
        await working.house.accept(order("1001"))
        await working.announce()
        await working.until(name, lambda view: view.status == "disabled")
        handle = working.client.get_workflow_handle(f"webhooks/{name}")
        await handle.result()
        assert await SimulatedMail(working.world).sent(await told_as(handle))
        assert len(receiver.calls) == 1
        receiver.answer = OK
        await working.database.transaction(subscriptions.resume, name, datetime.now(UTC))
        await ring(working.client, [name])
        await working.until(name, lambda view: view.waiting == 0)
    assert len(receiver.calls) == 2


async def test_a_worker_that_dies_between_sending_and_writing_it_down_sends_again_under_the_same_id(installation: Installation) -> None:
    """The first attempt reaches the receiver, its answer never reaches our rows."""
    real = subscribers_of(installation.settings)
    died = asyncio.Event()

    class DiesOnce:
        async def post(self, webhook: Webhook) -> Attempt:
            answer = await real.post(webhook)
            if not died.is_set():
                died.set()
                raise RuntimeError("the process is gone")  # what it had begun is begun again by the next attempt
            return answer

    async with listening() as receiver:
        name = (await installation.subscribe(receiver.url)).subscription.subscription
        await installation.house.accept(order("1001"))
        await installation.announce()
        first, second, third = installation.workers(DiesOnce())
        async with first, second, third:
            await installation.until(name, lambda view: view.waiting == 0)
    ids = [headers["webhook-id"] for headers, _ in receiver.calls]
    assert ids == [ids[0]] * 2
    await real.close()


async def test_a_process_that_is_killed_after_it_sent_sends_again_under_the_same_id_and_loses_nothing(installation: Installation) -> None:
    settings = installation.settings
    async with listening() as receiver:
        name = (await installation.subscribe(receiver.url)).subscription.subscription
        for number in ("1001", "1002"):
            await installation.house.accept(order(number))
        fence = await installation.database.read(webhook_feed.set_fence)
        assert fence is not None
        await installation.database.transaction(webhook_feed.read_on, fence, datetime.now(UTC))
        environment = {**os.environ, "OMS_HOME": str(settings.home), "OMS_WEBHOOK_LOOPBACK": "true"}
        process = Process("teller", "tests.workers.dying_teller", environment, settings.home / "teller.log", name)
        await process.start()
        assert await process.wait() == -signal.SIGKILL, process.last_words()
        before = {headers["webhook-id"]: body for headers, body in receiver.calls}
        assert len(before) in (1, 2)  # both were on their way at once
        subscribers = subscribers_of(settings)
        acts = WebhookActivities(installation.database, subscribers, SimulatedMail(installation.world))
        found = await ActivityEnvironment().run(acts.send_events, SendEvents(subscription=name))
        await subscribers.close()
    assert (found.sent, found.failed, found.next_at) == (2, 0, None)
    after = {headers["webhook-id"]: body for headers, body in receiver.calls[len(before) :]}
    assert len(after) == 2
    assert {each: after[each] for each in before} == before
    assert (await installation.database.read(subscriptions.view, name)).waiting == 0


async def test_what_happens_while_nobody_can_be_rung_is_sent_later(installation: Installation) -> None:
    async with listening() as receiver:
        name = (await installation.subscribe(receiver.url)).subscription.subscription
        await installation.house.accept(order("1001"))
        nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
        with pytest.raises(Unavailable):
            await Announcer(nowhere, installation.database).announce()
        assert (await installation.database.read(subscriptions.view, name)).waiting == 1
        await ring(installation.client, [name])
        first, second, third = installation.workers()
        async with first, second, third:
            await installation.until(name, lambda view: view.waiting == 0)
    assert len(receiver.calls) == 1
