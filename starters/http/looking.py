"""Our own API: what can be promised, and where a document is that was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from database import inbox, promise_answers
from database.inbox import EntryView
from database.promise_answers import PromiseAnswer
from domain.errors import InputRefused, NotFound
from starters.http import examples
from starters.http.answers import channel_of, example, refusals
from starters.http.callers import Reader, StockReader
from starters.http.house import Here

router = APIRouter(prefix="/v1")


@router.get(
    "/availability/{item}",
    tags=["stock"],
    summary="What can be promised",
    responses={200: example(examples.AVAILABILITY), **refusals(404)},
)
async def read_availability(
    house: Here,
    caller: StockReader,
    item: Annotated[str, Path(max_length=100, examples=["GRD-200"])],
    quantity: Annotated[int, Query(ge=1, le=10_000_000, description="Units.")] = 1,
    to: Annotated[str | None, Query(max_length=60, description="Country and postcode, such as DE-20457.")] = None,
    by: Annotated[datetime | None, Query(description="The day by which it has to be there; it needs `to`.")] = None,
) -> PromiseAnswer:
    """When so many units could leave each location and be at the customer's, and why then; nothing is reserved by asking."""
    if by is not None and to is None:
        raise InputRefused("by", "a day of delivery needs to know where to: state `to`, such as DE-20457")
    country, postcode = await house.database.read(promise_answers.address, to) if to else ("", "")
    wanted = by if by is None or by.tzinfo else by.replace(tzinfo=UTC)
    return await house.database.read(promise_answers.answer, item, quantity, country, postcode, wanted, house.now(), house.settings.day)


@router.get(
    "/inbox/{entry}",
    tags=["inbox"],
    summary="What became of a document",
    responses={200: example(examples.ENTRY), **refusals(404)},
)
async def read_entry(house: Here, caller: Reader, entry: Annotated[int, Path(ge=1, le=2**53, examples=[4711])]) -> EntryView:
    """Where a document that was sent is, and what became of each of its parts. A key that is bound sees what came by it."""
    found = await house.database.read(inbox.entry_view, entry)
    if caller.bound_to and found.channel not in (channel_of(caller), caller.channel):
        raise NotFound("inbox entry", str(entry))
    return found
