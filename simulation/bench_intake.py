"""`make bench-intake`: webhooks a second that the HTTP door accepts durably while the Temporal server is away, and what becomes of them."""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import Settings
from config.temporal import connect
from database import inbox
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from database.tables import InboxEntry, Intake
from domain.errors import OrderError, Unavailable
from domain.intake import NeedKind
from domain.values import Value
from simulation.benchmark.page import write_section
from simulation.benchmark.report import machine, table
from simulation.postgresql import free_port, temporary_database, temporary_server
from starters.http.examples import SHOPIFY_ORDER
from starters.webhooks.shops import sign
from workers.embedded import environment_of
from workers.processes import Process
from workers.server import TemporalServer

SECRET = "bench-secret"  # noqa: S105  # of a shop that lives for a minute
SHOP = f'[bench]\nkind = "shopify"\nwebhook_secrets = ["{SECRET}"]\n'


class Taken(Value):
    """One run: `ms` of every answer while the server was away; seconds from its return until every document was handed over."""

    engine: str
    ms: tuple[float, ...]
    seconds: float
    handed_over_in: float
    orders: int
    workflows: int
    unfinished: int

    def percentile(self, per_cent: int) -> float:
        return sorted(self.ms)[min(len(self.ms) * per_cent // 100, len(self.ms) - 1)]

    @property
    def whole(self) -> bool:
        """Nothing is lost and nothing is doubled."""
        return self.orders == self.workflows == len(self.ms) and self.unfinished == 0


async def take(engine: str, url: str, documents: int, at_once: int, home: Path) -> Taken:
    """Start the door without a server, deliver, start the server, wait until everything is handed over, deliver some again, count."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "shops.toml").write_text(SHOP)
    server = TemporalServer(home, ui=False)
    port = free_port()
    settings = Settings.load(
        home=home,
        database_url=url,
        world_url=f"sqlite:///{home / 'world.db'}",
        temporal_address=server.address,
        api_address=f"127.0.0.1:{port}",
        api_rate=10_000,
        api_burst=100_000,
        shops=home / "shops.toml",
    )
    migrate(url)
    database = Database(url)
    await database.transaction(seed, CATALOGUE)
    await database.transaction(inbox.learn, "shopify", NeedKind.CUSTOMER, "shopify:*", "C-1", "bench", datetime.now(UTC))
    door = Process("api", "workers.api", environment_of(settings), home / "api.log")
    await door.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=httpx.Limits(max_connections=at_once)) as shop:
            await _until_listening(shop)
            gate, ms = asyncio.Semaphore(at_once), []

            async def deliver(number: int) -> None:
                async with gate:
                    began = time.perf_counter()
                    await _deliver(shop, number)
                    ms.append(1_000 * (time.perf_counter() - began))

            began = time.perf_counter()
            await asyncio.gather(*(deliver(number) for number in range(1, documents + 1)))
            seconds = time.perf_counter() - began
            await server.start()
            began = time.perf_counter()
            async with asyncio.timeout(900):
                while unfinished := await database.read(_unfinished):  # noqa: ASYNC110  # another process hands over and tells nobody
                    await asyncio.sleep(0.2)
            handed_over = time.perf_counter() - began
            for number in range(1, min(documents, 20) + 1):
                await _deliver(shop, number)
            await asyncio.sleep(3)
        client = await connect(settings)
        workflows = (await client.count_workflows("WorkflowType = 'Order'")).count
        orders = await database.read(lambda session: session.scalar(select(func.count()).select_from(Intake)) or 0)
    finally:
        await door.stop()
        await server.stop()
        await database.close()
    return Taken(
        engine=engine,
        ms=tuple(ms),
        seconds=seconds,
        handed_over_in=handed_over,
        orders=orders,
        workflows=workflows,
        unfinished=unfinished,
    )


CATALOGUE = {
    "items": [{"id": line["sku"]} for line in SHOPIFY_ORDER["line_items"]],
    "locations": [{"id": "BERLIN", "country": "DE"}],
    "customers": [{"id": "C-1", "currency": SHOPIFY_ORDER["currency"], "terms": ["net30", "prepaid"]}],
}


async def _until_listening(shop: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await shop.get("/health")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def _deliver(shop: httpx.AsyncClient, number: int) -> None:
    body = json.dumps(copy.deepcopy(SHOPIFY_ORDER) | {"id": 1_000_000 + number, "name": f"#{number}"}).encode()
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": f"w-{number}", "X-Shopify-Hmac-Sha256": sign(body, SECRET)}
    answer = await shop.post("/channels/shopify/bench", content=body, headers={**headers, "Content-Type": "application/json"})
    if answer.status_code >= 300:
        raise Unavailable(f"The door answers with HTTP {answer.status_code}: {answer.text:.300}")


def _unfinished(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(InboxEntry).where(InboxEntry.status != "done")) or 0


def rows(runs: list[Taken]) -> list[str]:
    columns = ("database", "webhooks", "a second", "p50 ms", "p99 ms", "handed over in s", "orders", "workflows")
    return table(
        columns,
        [
            (
                each.engine,
                str(len(each.ms)),
                f"{len(each.ms) / each.seconds:.0f}",
                f"{each.percentile(50):.1f}",
                f"{each.percentile(99):.1f}",
                f"{each.handed_over_in:.1f}",
                str(each.orders),
                str(each.workflows),
            )
            for each in runs
        ],
    )


def section(runs: list[Taken], at_once: int, command: str, begun: datetime, load: float) -> str:
    lines = [
        "# Intake",
        "",
        f"Written by `{command}` on {begun:%Y-%m-%d %H:%M} UTC (load average before: {load:.1f}).",
        f"{machine()} Other work shared the machine.",
        "",
        f"Signed Shopify orders, {at_once} at a time over keep-alive connections, to a real `oms api` process while the Temporal server is",
        "stopped: an answer means that the document is a committed row of the inbox. Then the server starts, and the time is taken until",
        "every document is handed over; the first 20 are delivered once more, and orders and workflows are counted. SQLite commits with",
        "`synchronous=FULL`, PostgreSQL with its default settings.",
        "",
        *rows(runs),
        "",
        "Nothing was lost and nothing doubled."
        if all(each.whole for each in runs)
        else "**The counts differ: something was lost or doubled.**",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.bench_intake", description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--quick", action="store_true", help="docs/benchmarks.md stays as it is")
    asked = parser.parse_args()
    begun, load, runs = datetime.now(UTC), os.getloadavg()[0], []
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        home = Path(folder)
        runs.append(asyncio.run(take("SQLite", f"sqlite:///{home / 'holdfast.db'}", asked.documents, asked.at_once, home / "sqlite")))
        try:
            with temporary_server() as server, temporary_database(server, "bench") as url:
                runs.append(asyncio.run(take("PostgreSQL", url, asked.documents, asked.at_once, home / "postgresql")))
        except Unavailable as absent:
            print(f"PostgreSQL was left out: {absent}")
    print("\n".join(rows(runs)))
    if not asked.quick:
        command = f"make bench-intake ARGS='{' '.join(sys.argv[1:])}'" if sys.argv[1:] else "make bench-intake"
        write_section("intake", section(runs, asked.at_once, command, begun, load))
    return 0 if all(each.whole for each in runs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OrderError as error:
        sys.exit(str(error))
