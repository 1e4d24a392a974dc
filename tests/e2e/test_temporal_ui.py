"""An operator with nothing but the Temporal Web UI finds an order's story: what happened, what it waits for, until when."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from temporalio.client import Client

from config.settings import Settings
from config.temporal import connect
from database import reading
from database.engine import Database
from domain.lifecycle import Stage, Wait
from domain.views import OrderView, WaitView
from integrations.simulated import World
from simulation.postgresql import free_port
from starters.channels.recognise import recognise
from starters.placing import place
from workers.embedded import Everything

pytestmark = pytest.mark.xdist_group("ui")

FINISHED, FINISHED_FILE = "shopify/5001", "shopify/5001.json"
RUNNING, RUNNING_FILE = "x12/KN-88120", "x12/kaffeekontor_weekly.edi"
QUICK_DAY, REAL_DAY = 0.05, 86_400.0  # seconds
PATIENCE = 60_000.0
"""Milliseconds: the UI's first page is slow on a busy machine."""


class Installed:
    """A running installation with one order that has ended and one that waits for its payment."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings, self.client = settings, client

    def page_of(self, order: str) -> str:
        return f"{self.settings.ui_address}/namespaces/default/workflows/{quote(f'order/{order}', safe='')}"


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory, samples_dir: Path) -> AsyncIterator[Installed]:
    home = tmp_path_factory.mktemp("ui")
    settings = Settings.load(
        home=home,
        day_seconds=QUICK_DAY,
        temporal_address=f"127.0.0.1:{free_port()}",
        ui_address=f"http://127.0.0.1:{free_port()}",
    )
    with World(settings.world_url) as world:
        world.script(FINISHED, {})
        world.script(RUNNING, {"pay": "never"})
    async with Everything(settings) as everything:
        client, database = await connect(everything.settings), Database(settings.database_url)
        slow = settings.model_copy(update={"day_seconds": REAL_DAY})
        for key, name, pace in ((FINISHED, FINISHED_FILE, settings), (RUNNING, RUNNING_FILE, slow)):
            orders = recognise((samples_dir / name).read_bytes(), name)
            await place(client, database, pace, next(order for order in orders if order.key == key))
        async with asyncio.timeout(90):
            await stage_reached(database, FINISHED, lambda view: view.stage is Stage.CLOSED)
            await stage_reached(database, RUNNING, lambda view: view.stage is Stage.DELIVERED and bool(view.invoices))
        yield Installed(settings, client)
        await database.close()


async def stage_reached(database: Database, order: str, reached: Callable[[OrderView], bool]) -> OrderView:
    while True:
        view = await database.read(reading.order_view, order)
        if reached(view):
            return view
        await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=str(chromium), args=quiet)
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page(viewport={"width": 1500, "height": 1300})
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield opened
    await opened.close()


async def picture(page: Page, name: str) -> None:
    """Keep a picture where HOLDFAST_PICTURES says, for whoever wants to look."""
    if folder := os.environ.get("HOLDFAST_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def open_order(page: Page, installed: Installed, order: str) -> str:
    """Open an order's page; answers with the address of the run, without its tab."""
    await page.goto(installed.page_of(order))
    await page.wait_for_url(re.compile(r"/timeline"))
    return page.url.split("/timeline")[0]


async def test_a_waiting_order_says_where_it_is_and_until_when_it_waits(installed: Installed, page: Page) -> None:
    run = await open_order(page, installed, RUNNING)
    body = page.locator("body")
    for step in ("allocate 90 units of 3 lines", "Ship 9 parcels of shipment 1", "Invoice 918.65 EUR for shipment 1"):
        await expect(body).to_contain_text(step)
    await expect(body).to_contain_text("invoice 1: Waiting for payment; then a reminder is sent")
    await picture(page, "order-in-temporal-ui")

    await page.goto(f"{run}/user-metadata")
    summary, _, details = (page.locator("iframe").nth(position).content_frame.locator("body") for position in range(3))
    await expect(summary).to_contain_text("3 lines, 918.65 EUR, net30")
    await expect(details).to_contain_text("DELIVERED")
    due = next(wait.until for wait in (await waits_of(installed, RUNNING)) if wait.wait is Wait.PAYMENT)
    assert due is not None
    await expect(details).to_contain_text(f"payment for invoice 1 until {due:%Y-%m-%d %H:%M} UTC")
    await picture(page, "order-details-in-temporal-ui")


async def test_a_finished_order_tells_its_story_in_the_summaries(installed: Installed, page: Page) -> None:
    run = await open_order(page, installed, FINISHED)
    body = page.locator("body")
    for summary in ("Authorize ", "Allocate ", "Capture ", "Ship 1 parcels of shipment 1", "Invoice ", "Close the order: closed"):
        await expect(body).to_contain_text(summary)
    await page.goto(f"{run}/search-attributes")
    for name, value in (("OrderStatus", "closed"), ("SalesChannel", "shopify"), ("BalanceDue", "0"), ("Warehouses", "BERLIN")):
        await expect(body).to_contain_text(name)
        await expect(body).to_contain_text(value)


async def test_orders_are_found_by_their_business_status(installed: Installed, page: Page) -> None:
    query = quote('`OrderStatus`="delivered"')
    await page.goto(f"{installed.settings.ui_address}/namespaces/default/workflows?query={query}")
    await expect(page.locator("body")).to_contain_text(f"order/{RUNNING}")
    await expect(page.locator("body")).not_to_contain_text(f"order/{FINISHED}")


async def waits_of(installed: Installed, order: str) -> list[WaitView]:
    handle = installed.client.get_workflow_handle(f"order/{order}")
    waits: list[WaitView] = await handle.query("waits", result_type=list[WaitView])
    return waits
