"""Label purchases whose answer may be lost: noted before the call, taken over by one only, closed for good."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from database import carrier_calls
from domain.dispatch import LabelCall
from tests.database.builders import NOW, House

SETTLING = timedelta(seconds=60)
LATER = NOW + timedelta(seconds=61)


async def ask(house: House, at: datetime = NOW, carrier: str = "UPS") -> LabelCall:
    return await house(carrier_calls.ask, "ship/1", carrier, "HF1", at, SETTLING)


async def test_of_two_that_ask_at_the_same_time_one_buys(house: House) -> None:
    both = await asyncio.gather(ask(house), ask(house))
    assert sorted(call.fresh for call in both) == [False, True]
    assert all(call.on_its_way(NOW, SETTLING) for call in both)


async def test_a_call_without_answer_is_taken_over_by_one(house: House) -> None:
    await ask(house)
    both = await asyncio.gather(ask(house, LATER), ask(house, LATER))
    assert sorted(call.on_its_way(LATER, SETTLING) for call in both) == [False, True]


async def test_what_was_bought_stays_bought(house: House) -> None:
    await ask(house)
    for answer in ("first", "second"):
        await house(carrier_calls.bought, "ship/1", "UPS", answer)
    await house(carrier_calls.forget, "ship/1")
    assert (await ask(house, LATER)).model_dump(include={"state", "answer", "carrier"}) == {
        "state": "bought",
        "answer": "first",
        "carrier": "UPS",
    }


async def test_a_refused_purchase_may_be_asked_for_anew(house: House) -> None:
    await ask(house)
    await house(carrier_calls.forget, "ship/1")
    assert (await ask(house, carrier="DHL Express")).fresh


async def test_a_closed_key_never_buys(house: House) -> None:
    assert await house(carrier_calls.close, "ship/1", None, NOW)
    assert (await ask(house)).state == "voided"
    assert not await house(carrier_calls.close, "ship/1", None, NOW)


async def test_a_purchase_that_moved_since_it_was_seen_is_not_closed(house: House) -> None:
    await ask(house)
    seen = await house(carrier_calls.known, "ship/1")
    await house(carrier_calls.bought, "ship/1", "UPS", "sold")
    assert not await house(carrier_calls.close, "ship/1", seen, NOW)
    assert await house(carrier_calls.close, "ship/1", await house(carrier_calls.known, "ship/1"), NOW)
    assert (await ask(house)).state == "voided"
