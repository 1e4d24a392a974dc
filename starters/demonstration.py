"""The demonstration: every order of the samples lives its whole life on this machine, and its end is compared with what was said of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import InputRefused, Refused, Unavailable
from domain.values import Value
from domain.views import WaitView
from starters import demo_desk, returns_demo, stock_demo
from starters.demo_shop import ShopBooks, Told
from starters.dunning_demo import Dunned, look
from starters.replenishment_demo import HISTORY, Replenished, replenish_samples
from starters.returns_demo import Returned
from starters.stock_demo import Shown

if TYPE_CHECKING:
    from temporalio.client import Client

    from config.settings import Settings
    from database.audit import Violation
    from database.engine import Database
    from domain.bank_views import CashSummary, EntryView
    from domain.floor import FloorWork
    from domain.views import OrderSummary, OrderView
    from workers.embedded import Everything

TIME_LIMIT = 600.0
"""Seconds after which the demonstration falls short: two cores that have nothing else to do need less than 90, a busy machine some 300."""
POST_DAYS = 150
"""Days that a file may lie in the folder before its orders look for stock: what was bought for them is still on its way then."""
TYPED_BY_THE_DESK = "order_desk.edi"
"""The one file of the samples whose unknown words its orders ask about; partners' own would wait in the mapping queue."""
PLACES_EVERY = 0.12
"""Seconds between two orders: all at once, each would wait for all the others while its days go by."""
LOOKS_EVERY = 2.0
"""Seconds between two looks at the orders; each costs a moment that the orders could use."""
TOLD_WITHIN = 20
"""Seconds after the last order's end within which the web shop hears the last of it; it takes two tellings a second."""


class Scenario(Value):
    """What the samples say of one order: its file, its story, how it ends, and what the outside world does to it."""

    key: str
    file: str
    title: str
    ends: str
    script: dict[str, Any] = {}


@dataclass
class Progress:
    """Where the orders are now: `orders` by key, `seconds` since the first was placed."""

    expected: int
    orders: dict[str, OrderSummary] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ended(self) -> int:
        return sum(order.stage.final for order in self.orders.values())

    @property
    def stages(self) -> Counter[str]:
        return Counter(order.stage.value for order in self.orders.values())

    @property
    def waits(self) -> Counter[str]:
        return Counter(wait.wait.value for order in self.orders.values() if not order.stage.final for wait in order.waits)

    @property
    def exceptions(self) -> Counter[str]:
        return Counter(kind for order in self.orders.values() if not order.stage.final for kind in order.open_exceptions)


class Ending(Value):
    """What became of one order; `ended` is empty while it is not over, `skipped` is what its story tells of and did not happen."""

    key: str
    title: str
    expected: str
    ended: str
    stage: str
    waits: tuple[WaitView, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def as_told(self) -> bool:
        return self.ended == self.expected


class PartnersAnswered(Value):
    """Orders that came by EDI, and how many documents of each kind went back; `example` is the number of one, an invoice."""

    orders: int
    documents: dict[str, int]
    example: int


@dataclass
class Result:
    endings: list[Ending]
    violations: list[Violation]  # found by the audit
    seconds: float  # from the first order placed to the last one ended
    trouble: str = ""  # why the demonstration stopped before its end
    stock: Sequence[Shown] = ()  # what stock did, each with an example
    floor: FloorWork | None = None  # what our own floor did
    cash: CashSummary | None = None  # what came of the bank's statements
    payments: Sequence[EntryView] = ()  # their entries
    dunned: Dunned | None = None  # the e-mails that went out, and a promise that was broken
    delivered: int = 0  # documents that the web shop delivered over HTTP
    partners: PartnersAnswered | None = None  # what went back to partners; none after trouble
    told: Told | None = None  # what the web shop was told of its orders
    untold: int = 0  # what it would not take, or was not told when everything ended
    replenished: Replenished | None = None  # what was ordered at the end; none after trouble, or where the samples have no history
    returned: Returned = Returned()  # noqa: RUF009  # a frozen value

    @property
    def passed(self) -> bool:
        return not self.trouble and not self.violations and all(ending.as_told for ending in self.endings)


async def demonstrate(
    everything: Everything,
    samples: Path,
    watch: Callable[[Progress], None],
    *,
    books: ShopBooks | None = None,
    time_limit: float = TIME_LIMIT,
) -> Result:
    """Place every order of `samples` and follow them to their ends; `watch` is told the progress every `LOOKS_EVERY` seconds.

    `books` are those of the web shop, where it is to be told what became of its orders.

    Orders that do not end within `time_limit` seconds, or a process that ends by itself, are a `trouble` of the result, not an error.
    """
    from config.temporal import connect
    from database import bank_entries, inbox, waves
    from database.audit import audit
    from database.engine import Database

    scenarios, settings = read_scenarios(samples), everything.settings
    client, database = await connect(settings), Database(settings.database_url)
    progress, trouble, begun = Progress(expected=len(scenarios)), "", time.monotonic()
    replenished, seconds = None, 0.0
    watching = asyncio.create_task(everything.until_one_ends())
    try:
        await tell_the_world(settings, scenarios)
        placing = asyncio.create_task(place_all(client, database, settings, samples, scenarios, books))
        try:
            while progress.ended < progress.expected:
                if watching.done():
                    watching.result()
                if placing.done():
                    placing.result()
                progress.seconds = time.monotonic() - begun
                if progress.seconds > time_limit:
                    raise Unavailable(
                        f"Only {progress.ended} of {progress.expected} orders ended within {time_limit:.0f} s; "
                        f"the logs of what runs are in {settings.home}."
                    )
                watch(progress)
                await asyncio.sleep(LOOKS_EVERY)
                await _look(database, progress)
            seconds = time.monotonic() - begun
            if (samples / HISTORY).is_file():  # a part of the samples may come without it
                replenished = await replenish_samples(client, database, settings, samples)
        except (Unavailable, Refused) as short:
            trouble = str(short)
        finally:
            placing.cancel()
        progress.seconds = seconds or time.monotonic() - begun
        watch(progress)
        answered = None if trouble else await answered_partners(database)
        violations, floor = await database.read(audit), await database.read(waves.worked)
        cash, entries = await database.read(bank_entries.summary), await database.read(bank_entries.list_entries, None)
        dunned = await database.read(look, settings.mail_sink) if settings.mail_sink else None
        views = await _views(database, scenarios)
        endings = [ending(scenario, view) for scenario, view in zip(scenarios, views, strict=True)]
        untold = await _until_told(database) if books else 0
        delivered = len(await database.read(inbox.entries, channel="shopify", most=10_000))
        return Result(
            endings,
            violations,
            progress.seconds,
            trouble,
            await database.read(stock_demo.look, settings.day),
            floor,
            cash,
            entries,
            dunned,
            delivered,
            answered,
            books.told if books else None,
            untold,
            replenished,
            returned=returns_demo.look(view for view in views if view is not None),
        )
    finally:
        watching.cancel()
        await database.close()


def read_scenarios(samples: Path) -> list[Scenario]:
    """What the samples say; InputRefused when they are not there."""
    document = samples / "scenarios.json"
    if not document.is_file():
        raise InputRefused(str(samples), "the sample orders are not here; run the demo in a checkout of the project")
    return [Scenario.model_validate(entry) for entry in json.loads(document.read_text())]


async def tell_the_world(settings: Settings, scenarios: Sequence[Scenario]) -> None:
    """Tell the simulated outside world what it will do to each order."""
    from integrations.simulated import World

    def tell() -> None:
        with World(settings.world_url) as world:
            for scenario in scenarios:
                world.script(scenario.key, scenario.script)

    await asyncio.to_thread(tell)


async def place_all(
    client: Client, database: Database, settings: Settings, samples: Path, scenarios: Sequence[Scenario], books: ShopBooks | None
) -> None:
    """Place every file of the scenarios at an even pace, those with the longest stories first; a file holds one order or several.

    What a shop wrote is delivered by the shop, where the settings have one; one whose customer nobody knows is brought in by hand, and asks
    its question itself.
    """
    from database.inbox import meanings
    from domain.intake import NeedKind
    from starters.channels.recognise import recognise
    from starters.demo_shop import DemoShop
    from starters.placing import place

    scripts = {scenario.key: scenario.script for scenario in scenarios}
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(DemoShop(settings)) if settings.shops is not None else None
        for name in dict.fromkeys(scenario.file for scenario in sorted(scenarios, key=_brevity)):
            if settings.edi_folder is not None and name.endswith(".edi"):
                await send_by_edi(client, database, settings, samples / name, scripts)
                continue
            if name.startswith(demo_desk.FOLDER):
                await demo_desk.bring_in(client, database, settings, samples / name)
                await asyncio.sleep(PLACES_EVERY)
                continue
            content = (samples / name).read_bytes()
            for order in recognise(content, name):
                await buy_for(database, order.key, scripts.get(order.key, {}), settings.day)
                known = await database.read(meanings, order.channel, NeedKind.CUSTOMER, [order.customer])
                if order.channel == "shopify" and books is not None:
                    books.sell(order)
                if order.channel == "shopify" and known and shop is not None:
                    await shop.deliver(content)
                else:
                    await place(client, database, settings, order)
                await asyncio.sleep(PLACES_EVERY)


async def buy_for(database: Database, order: str, script: dict[str, Any], day: timedelta, post: int = 0) -> None:
    """Place the purchase order that a script tells of, so that its goods can be promised to the order."""
    from database.purchasing import place_purchase
    from domain.purchasing import PlacePurchase, PurchaseLine
    from integrations.simulated import Script

    bought = Script.read(order, script).purchase
    if bought is None:
        return
    now = datetime.now(UTC)
    line = PurchaseLine(line=1, item=bought.item, ordered=bought.quantity, expected_at=now + (bought.expected_in + post) * day)
    placed = PlacePurchase(
        purchase_order=bought.number(order), supplier=bought.supplier, location=bought.location, lines=(line,), at=now, actor="buyer"
    )
    await database.transaction(place_purchase, placed)


async def send_by_edi(client: Client, database: Database, settings: Settings, file: Path, scripts: Mapping[str, dict[str, Any]]) -> None:
    """Put a partner's file where partners put them; the one that our own order desk typed is brought in by it."""
    from starters.channels.recognise import recognise
    from starters.edi.partners import partners_of
    from starters.edi.post import Post, write_whole
    from starters.forms import forms
    from starters.intake import Road

    assert settings.edi_folder is not None
    for order in recognise(file.read_bytes(), file.name):
        await buy_for(database, order.key, scripts.get(order.key, {}), settings.day, POST_DAYS)
    if file.name == TYPED_BY_THE_DESK:
        post = Post(Road(database, client, settings, forms(settings)), partners_of(settings), settings.edi_folder)
        await post.bring([file], desk=True)
        return
    (settings.edi_folder / "in").mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(write_whole, settings.edi_folder / "in" / file.name, file.read_bytes())
    await asyncio.sleep(PLACES_EVERY)


async def answered_partners(database: Database) -> PartnersAnswered:
    """What went back to partners, once nothing is owed to anybody any more; the workers write it within a second or two."""
    from database import edi
    from domain.edi_partners import Partners
    from starters.edi.due import due

    for _ in range(60):
        if not await database.read(due, Partners()) and not await database.read(edi.to_send):
            break
        await asyncio.sleep(0.5)
    found = await database.read(edi.outgoing, "", "810", "", "", 1)
    return PartnersAnswered(
        orders=await database.read(edi.orders_received),
        documents=await database.read(edi.counted),
        example=found[0].number if found else 0,
    )


def _brevity(scenario: Scenario) -> int:
    """Who does not pay keeps an order open longest, then who buys on terms, then who decides something; partners come before the shop."""
    on_terms = scenario.key.startswith("x12/")
    if "pay" in scenario.script:
        return 0 if on_terms else 1
    return 2 if on_terms else 3 if scenario.script else 4


def ending(scenario: Scenario, order: OrderView | None) -> Ending:
    """What became of a scenario's order; without one it is lost."""
    if order is None:
        return Ending(key=scenario.key, title=scenario.title, expected=scenario.ends, ended="", stage="lost")
    return Ending(
        key=scenario.key,
        title=scenario.title,
        expected=scenario.ends,
        ended=order.stage.value if order.stage.final else "",
        stage=order.stage.value,
        waits=order.waits,
        skipped=tuple(_skipped(scenario, order)),
    )


def _skipped(scenario: Scenario, order: OrderView) -> Iterator[str]:
    """Decisions and returns that the story tells of and the order's records do not know."""
    decided = {(each.kind.value, each.decision.choice) for each in order.exceptions if each.decision is not None}
    for kind, choice in scenario.script.get("decisions", {}).items():
        if (kind, choice) not in decided:
            yield f"{kind.replace('_', ' ')} was never answered with {choice.replace('_', ' ')}"
    told = scenario.script.get("return")
    if told and not order.returns:
        yield "nothing was returned"
    elif told and told.get("goods", "come") == "come":
        ended = {each.status for each in order.returns}
        meant = {"exchange": "exchanged", "refund": "refunded"}[told.get("kind", "refund")]
        if meant not in ended:
            yield f"the return is {', '.join(sorted(ended))}, not {meant}"
        if told.get("wish", {}).get("items") and not any(invoice.credited or invoice.paid for invoice in order.invoices[1:]):
            yield "nothing was sold in the exchange"


async def _views(database: Database, scenarios: Sequence[Scenario]) -> list[OrderView | None]:
    """The order of each scenario as its records have it; none for one that is lost."""
    from database import reading

    found = {view.order: view for view in await database.read(reading.order_views, [scenario.key for scenario in scenarios])}
    return [found.get(scenario.key) for scenario in scenarios]


async def _until_told(database: Database) -> int:
    """Wait until the web shop knows everything, or for as long as it may take; how many things it does not know."""
    from database import feedback

    missing = 0
    for _ in range(TOLD_WITHIN):
        counted = await database.read(feedback.counted)
        missing = sum(count for (_, _, status), count in counted.items() if status in ("due", "refused"))
        if not missing:
            break
        await asyncio.sleep(1)
    return missing


async def _look(database: Database, progress: Progress) -> None:
    from database import reading

    progress.orders = {order.order: order for order in await database.read(reading.list_orders, limit=10_000)}
