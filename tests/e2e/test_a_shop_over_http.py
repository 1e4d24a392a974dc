"""A web shop and an order of it, over the real door, worker and server: placed, made smaller, stopped at another address, cancelled."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from database import inbox, reading
from database.audit import audit
from database.engine import Database
from database.inbox import PartView
from domain.errors import NotFound
from domain.views import OrderView
from simulation.postgresql import free_port
from starters.demo_shop import DemoShop, write_shop
from workers.embedded import Everything

pytestmark = pytest.mark.xdist_group("shop")

ORDER = "shopify/5001"
PATIENCE = 90.0  # seconds, on a busy machine


class Installed:
    def __init__(self, database: Database, shop: DemoShop, document: dict[str, Any]) -> None:
        self.database, self.shop, self.document = database, shop, document

    async def says(self, topic: str, minute: int, **changes: Any) -> None:
        """The shop tells how the order stands, and goes on saying so."""
        self.document |= {"updated_at": f"2026-11-20T10:{minute:02}:00+01:00", **changes}
        await self.shop.deliver(json.dumps(self.document).encode(), topic)

    async def reached(self, reached: Callable[[OrderView], bool]) -> OrderView:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    view = await self.database.read(reading.order_view, ORDER)
                except NotFound:
                    view = None
                if view is not None and reached(view):
                    return view
                await asyncio.sleep(0.1)

    async def last_part(self, count: int) -> PartView:
        """What became of the newest of `count` documents."""
        async with asyncio.timeout(PATIENCE):
            while True:
                entries = await self.database.read(inbox.entries)
                if len(entries) == count and entries[0].parts:
                    return entries[0].parts[0]
                await asyncio.sleep(0.1)


@pytest.fixture
async def installed(tmp_path: Path, samples_dir: Path) -> AsyncIterator[Installed]:
    settings = Settings.load(
        home=tmp_path,
        temporal_address=f"127.0.0.1:{free_port()}",
        ui_address=f"http://127.0.0.1:{free_port()}",
        api_address=f"127.0.0.1:{free_port()}",
        shops=write_shop(tmp_path),
    )
    document = json.loads((samples_dir / "shopify" / "5001.json").read_bytes())
    async with Everything(settings, world=False, api=True):
        database = Database(settings.database_url)
        async with DemoShop(settings) as shop:
            yield Installed(database, shop, document)
        await database.close()


async def test_an_order_follows_what_its_shop_says_of_it(installed: Installed) -> None:
    line = installed.document["line_items"][0]
    tax = line["tax_lines"][0] | {"price": "248476.89"}
    many = line | {"quantity": 5_000, "current_quantity": 5_000, "tax_lines": [tax]}
    await installed.says("orders/create", 0, line_items=[many], total_price="1556256.90")
    waiting = await installed.reached(lambda view: view.exceptions != () or (view.accepted and view.lines[0].open > 0))
    assert waiting.exceptions == ()
    assert [(each.item, each.ordered) for each in waiting.lines] == [("GRD-200", 5_000)]

    fewer = copy.deepcopy(installed.document["line_items"])
    fewer[0]["current_quantity"] = 4_000
    await installed.says("orders/updated", 1, line_items=fewer)
    smaller = await installed.reached(lambda view: view.lines[0].cancelled > 0)
    assert (smaller.lines[0].ordered - smaller.lines[0].cancelled, (await installed.last_part(2)).kind) == (4_000, "amend_order")

    address = installed.document["shipping_address"] | {"address1": "Karl-Marx-Allee 1"}
    await installed.says("orders/updated", 2, shipping_address=address)
    held = await installed.reached(lambda view: view.held != "")
    part = await installed.last_part(3)
    assert held.held.startswith("the shop has another delivery address now")
    assert (part.status, part.reason.partition("; ")[2]) == ("refused", "the order is on hold until then")

    await installed.says("orders/updated", 3, note="nothing of ours")
    assert (await installed.last_part(4)).reason == "it changes nothing of the order"

    cancelled = {"cancelled_at": "2026-11-20T10:04:00+01:00", "cancel_reason": "customer"}
    await installed.says("orders/cancelled", 4, **cancelled)
    ended = await installed.reached(lambda view: view.outcome != "")
    assert (ended.outcome, ended.lines[0].cancelled) == ("cancelled", 5_000)
    assert await installed.database.read(audit) == []
