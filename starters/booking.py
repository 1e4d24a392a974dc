"""Parts of a document that our books answer, without any order: counts, and what a payment service tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from database import gateway_events, inbox, warehouse_facts
from database.engine import Database
from database.inbox import PartResult
from domain.counting import Tolerance
from domain.errors import InputRefused, Refused
from domain.floor import EVERYWHERE
from domain.gateway_events import EventKind
from domain.intake import CountedIn, GatewayIn, MessageIn
from domain.messages import Packed, PickConfirmed

if TYPE_CHECKING:
    from config.settings import Settings


async def counted(database: Database, settings: Settings, entry: int, number: int, part: CountedIn) -> PartResult:
    """Enter a count; that it is done stands in the inbox with it, so that it is never entered twice."""
    about = PartResult(part=number, place=part.place, kind="counted", status="done")
    now = datetime.now(UTC)
    tolerance = Tolerance(units=settings.count_tolerance_units, value=settings.count_tolerance_value)

    def enter(session: Session, task: str) -> PartResult:
        view = warehouse_facts.enter_count(session, part, task, tolerance, now)
        waits = f"{view.variance:+d}, somebody else has to approve it" if view.adjusted is None else f"{view.adjusted:+d} booked"
        done = about.model_copy(update={"reason": f"{task}: {view.counted} counted, {view.expected} expected, {waits}"})
        inbox.record_part(session, entry, done, now)
        return done

    try:
        task = await database.transaction(warehouse_facts.count_task, part, now)
        return await database.transaction(enter, task)
    except Refused as refused:
        return refused_part(about, refused)


async def unfitting(database: Database, settings: Settings, part: MessageIn) -> Refused | None:
    """Why a warehouse's word cannot be, with what was expected; None where it fits, or was acted on already."""
    fact = part.message
    assert isinstance(fact, PickConfirmed | Packed)  # a warehouse says nothing else to an order
    if not await database.read(inbox.order_came, part.order):
        return None  # it waits for its order
    if await database.read(warehouse_facts.known_already, part.order, fact.message_id):
        return None
    if isinstance(fact, PickConfirmed) and {part.location, EVERYWHERE} & settings.own_floor:
        return Refused(f"{part.location} is a floor of our own: what is picked there is scanned (`oms scan`).")
    try:
        await database.read(warehouse_facts.judge, part.location, part.order, fact)
    except Refused as refused:
        return refused
    return None


async def taken(database: Database, number: int, part: GatewayIn) -> PartResult:
    """Set an event of a payment service against the books; one that names an order which has not come yet waits for it."""
    event = part.event
    about = PartResult(part=number, place=part.place, kind=event.name, order=event.order, status="parked")
    if event.order and event.kind is not EventKind.OTHER and not await database.read(inbox.order_came, event.order):
        return about.model_copy(update={"reason": f"There is no order {event.order} yet."})
    found = await database.transaction(gateway_events.take, part.gateway, event, datetime.now(UTC))
    return about.model_copy(update={"status": "done", "order": found.order, "reason": found.outcome})


def refused_part(about: PartResult, refused: Refused) -> PartResult:
    if isinstance(refused, InputRefused):
        return about.model_copy(update={"status": "refused", "place": refused.place, "reason": refused.reason})
    return about.model_copy(update={"status": "refused", "reason": str(refused)})
