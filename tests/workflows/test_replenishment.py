"""A run by hand and by the schedule, on the real server: it plans once, and its story stands in the Temporal UI."""

from __future__ import annotations

import asyncio

from database import replenishment_reading
from domain.proposals import PlanReplenishment, ProposalStatus, ProposalView
from starters.replenishing import SCHEDULE, Every, ensure_schedule, replenish, schedule
from tests.workflows.buying import plan_an_item
from tests.workflows.shop import PATIENCE, Shop


async def test_a_run_by_hand_and_one_by_the_schedule_propose_and_supersede(shop: Shop) -> None:
    item = shop.rare()
    await shop.database.transaction(plan_an_item, item)
    asked = PlanReplenishment()
    first, same = await asyncio.gather(*(replenish(shop.client, asked, "by hand") for _ in range(2)))
    assert first == same == await replenish(shop.client, asked, "by hand")
    assert (first.planned, first.proposed, first.orders[0].item) == (1, 1, item)
    told = await shop.client.get_workflow_handle("replenishment/by hand").query("__temporal_workflow_metadata")
    assert f"| {first.orders[0].number} | {item} | BERLIN | S-1 | {first.orders[0].quantity} |" in told.current_details
    described = await shop.client.get_workflow_handle("replenishment/by hand").describe()
    assert described.static_summary is not None
    assert await described.static_summary() == "Plan every item"
    history = await shop.client.get_workflow_handle("replenishment/by hand").fetch_history()
    assert len([event for event in history.events if event.HasField("activity_task_scheduled_event_attributes")]) <= 1

    assert await ensure_schedule(shop.client)
    assert not await ensure_schedule(shop.client)
    assert not await schedule(shop.client, Every.DAILY)
    assert await schedule(shop.client, Every.WEEKLY)
    handle = shop.client.get_schedule_handle(SCHEDULE)
    assert [each.day_of_week[0].start for each in (await handle.describe()).schedule.spec.calendars] == [1]
    await handle.trigger()
    [second] = await _superseding(shop)
    assert second.run.startswith("replenishment-")
    assert second.status is ProposalStatus.OPEN
    assert (await shop.database.read(replenishment_reading.proposal, first.orders[0].number)).status is ProposalStatus.SUPERSEDED
    assert await schedule(shop.client, Every.OFF)
    assert not await schedule(shop.client, Every.OFF)


async def _superseding(shop: Shop) -> list[ProposalView]:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await shop.database.read(replenishment_reading.proposals)
            if len(found) == 2:
                return [view for view in found if view.status is ProposalStatus.OPEN]
            await asyncio.sleep(0.05)
