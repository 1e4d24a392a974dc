"""Our own floor on the real server: an order is picked by scans, and hears of them whatever crashes in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from database import scanning, waves
from domain.exceptions import ExceptionKind
from domain.floor import GatherWave, Scan, Scanned, WaveView
from domain.lifecycle import Wait
from domain.steps import Outcome
from starters.outbox import tell_untold
from tests.workflows.shop import Living, Shop, line, order
from workers.messenger import messenger


async def gathered(shop: Shop) -> WaveView:
    return await shop.database.transaction(waves.gather, GatherWave(location="MAINZ", at=datetime.now(UTC), actor="lead"))


async def scanned(shop: Shop, wave: WaveView, item: str, quantity: int, *, short: bool = False) -> Scanned:
    bin_ = next(task.bin for task in wave.tasks if task.item == item)
    said = Scan(
        scan=f"{wave.wave}/{item}/{quantity}/{short}",
        wave=wave.wave,
        item=item,
        bin=bin_,
        quantity=quantity,
        short=short,
        at=datetime.now(UTC),
        actor="picker 7",
    )
    return await shop.database.transaction(scanning.scan, said)


async def released(shop: Shop, *quantities: int) -> tuple[Living, list[str]]:
    """An order of as many items as there are quantities, all of them in Mainz."""
    items = [shop.rare() for _ in quantities]
    for item, quantity in zip(items, quantities, strict=True):
        await shop.receive(item, quantity, "MAINZ", into=f"M-{item}")
    living = await shop.place(
        order(*(line(n, item, quantity) for n, (item, quantity) in enumerate(zip(items, quantities, strict=True), 1)))
    )
    await living.until(Wait.PICK)
    return living, items


async def test_an_order_hears_of_its_scans_from_a_messenger_when_the_picker_s_computer_died(shop: Shop) -> None:
    """The last scan is taken and nobody tells; a worker's messenger does, and telling it once more changes nothing."""
    living, [first, second] = await released(shop, 2, 3)
    wave = await gathered(shop)
    await scanned(shop, wave, first, 2)
    done = await scanned(shop, wave, second, 2, short=True)
    assert [(each.order, each.picked, each.asked) for each in done.confirmed] == [(living.key, 4, 5)]
    assert (await living.state()).shipments[0].picked is False
    async with messenger(shop.client, shop.database, every=0.05):
        await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
        await living.until(Wait.PACK)
    assert await tell_untold(shop.client, shop.database) == {}
    view = await living.view()
    assert [(row.ordered, row.cancelled, row.picked) for row in view.lines] == [(2, 0, 2), (3, 1, 2)]
    assert [task.picked for task in (await shop.database.read(waves.show, wave.wave)).tasks] == [2, 2]
    await living.pack()
    await living.until(Wait.DELIVERY)


async def test_a_cancelled_order_takes_its_picks_back_from_the_floor(shop: Shop) -> None:
    living, [item] = await released(shop, 2)
    wave = await gathered(shop)
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    assert [task.status for task in (await shop.database.read(waves.show, wave.wave)).tasks] == ["cancelled"]
    assert await shop.stock(item, "MAINZ") == (2, 0)
    assert await shop.audit() == []


async def test_two_tellers_at_once_tell_an_order_once(shop: Shop) -> None:
    living, [item] = await released(shop, 1)
    wave = await gathered(shop)
    await scanned(shop, wave, item, 1)
    told = await asyncio.gather(*(tell_untold(shop.client, shop.database) for _ in range(2)))
    assert {outcome for each in told for outcome in each.values()} == {""}
    await living.until(Wait.PACK)
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    assert await shop.stock(item, "MAINZ") == (1, 0)
