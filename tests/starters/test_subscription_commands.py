"""`oms subscribe` and `oms subscription`: what a person sees of subscribers, without a server and without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from database import webhook_deliveries, webhook_feed
from database.engine import Database
from database.seed import seed
from domain.webhooks import Attempt
from starters.cli.main import run
from tests.database.builders import CATALOGUE, House, order
from tests.fresh import migrated

Answer = Callable[..., tuple[int, str, str]]
URL = "http://127.0.0.1:9/hooks"


@pytest.fixture
def oms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    for name, value in {
        "OMS_HOME": str(tmp_path),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "OMS_WEBHOOK_LOOPBACK": "true",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    migrated(f"sqlite:///{tmp_path / 'holdfast.db'}")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, " ".join(said.err.split())

    return call


def happened(tmp_path: Path, subscription: str) -> list[str]:
    """Two orders are accepted and put on their way: one is taken, the other is a dead letter. The webhook-ids."""
    database = Database(f"sqlite:///{tmp_path / 'holdfast.db'}")

    async def write() -> list[str]:
        await database.transaction(seed, CATALOGUE)
        for number in ("1001", "1002"):
            await House(database).accept(order(number))
        fence = await database.read(webhook_feed.set_fence)
        assert fence is not None
        now = datetime.now(UTC)
        await database.transaction(webhook_feed.read_on, fence, now)
        dead, taken = [each.delivery for each in await database.read(webhook_deliveries.deliveries, subscription)]
        await database.transaction(webhook_deliveries.record, subscription, taken, Attempt(outcome="taken", answer="HTTP 200"), now)
        for hour in range(10):
            attempt = Attempt(outcome="failed", answer="HTTP 503: maintenance")
            await database.transaction(webhook_deliveries.record, subscription, dead, attempt, now + timedelta(hours=hour))
        await database.close()
        return [taken, dead]

    return asyncio.run(write())


def test_a_subscription_is_made_looked_at_paused_replayed_and_removed(oms: Answer, tmp_path: Path) -> None:
    assert oms("subscription", "list")[1].startswith("Nobody subscribes; `oms subscribe URL --events order.*` begins it.")
    code, said, _ = oms("subscribe", URL, "--events", "order.accepted,shipment.*", "--name", "Kontor ERP", "--channel", "shopify", "--json")
    made: dict[str, Any] = json.loads(said)
    name, secret = made["subscription"], made["secret"]
    assert (code, secret[:6], made["events"][:2]) == (0, "whsec_", ["order.accepted", "shipment.shipped"])
    taken, dead = happened(tmp_path, name)
    listed = oms("subscription", "list")[1]
    assert all(each in listed for each in (name, "Kontor ERP", URL, "active"))
    shown = oms("subscription", "show", name)[1]
    assert all(each in shown for each in ("only of channel shopify", "0 waiting, 1 dead", taken, dead, "HTTP 503: maintenance"))
    assert secret not in listed + shown
    assert dead in (letters := oms("subscription", "dead")[1])
    assert taken not in letters
    assert oms("subscription", "pause", name)[1].startswith(f"{name} is paused;")
    assert oms("subscription", "test", name) == (3, "", f"{name} is paused: resume it first.")
    said = oms("subscription", "replay", name)[1]
    assert said.strip() == f"1 event is on its way again as soon as it is resumed: it is paused (`oms subscription resume {name}`)."
    said = oms("subscription", "resume", name)[1]
    assert said.splitlines() == [f"{name} is active; 1 event is on its way.", "Temporal does not answer: it is sent as soon as it does."]
    assert oms("subscription", "replay", name)[1].startswith(f"{name} has no dead letters;")
    code, _, refused = oms("subscription", "replay", name, dead)
    assert (code, refused.startswith(f"{dead} is on its way already")) == (3, True)
    assert oms("subscription", "test", name)[1].splitlines()[0].startswith("msg_")
    rotated = oms("subscription", "rotate", name)[1]
    assert "Its secret, shown this once: whsec_" in rotated
    assert secret not in rotated
    assert "the secret before signs too until" in oms("subscription", "show", name)[1]
    assert oms("subscription", "remove", name)[:2] == (0, f"{name} is removed.\n")
    assert oms("subscription", "show", name) == (3, "", f"There is no subscription '{name}'.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["https://10.0.0.1/x"], "url: "),
        ([URL, "--events", "shipment.*,order.paid"], "events: 'order.paid' is no event; they are order.accepted, "),
        ([URL, "--contact", "nobody"], "contact: it is no e-mail address"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_place(oms: Answer, arguments: list[str], sentence: str) -> None:
    code, _, said = oms("subscribe", *arguments)
    assert (code, said.startswith(sentence)) == (3, True), said
    assert oms("subscription", "list")[1].startswith("Nobody subscribes")
