"""What a shop says next of an order: beside what it said before it shows what is asked of the order, and what a person decides."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from database import inbox, statements
from database.inbox import PartResult
from domain.intake import Delivery, MessageIn, NeedKind, OrderIn, OrderStatedIn, ReturnStatedIn
from domain.messages import ExceptionRaised, HoldOrder, LineQuantity, ReturnRequested
from domain.restating import Stated, renumbered
from domain.restating import restated as compared

if TYPE_CHECKING:
    from starters.intake import Road


async def restated(road: Road, delivery: Delivery, number: int, part: OrderStatedIn) -> PartResult:
    """Set a shop's word of an order beside the one before: ask the order for what changed, or leave all of it to a person."""
    key = part.order.key
    about = PartResult(part=number, place=part.place, kind="order_stated", order=key, status="ignored")
    before = await road.database.read(_last_word, part)
    if before is None:
        if part.ready:
            placed = await road.placed(delivery, number, OrderIn(place=part.place, order=part.order))
            also = "; ".join([placed.reason, *part.remarks] if placed.reason else part.remarks)
            return placed.model_copy(update={"reason": also}) if placed.status == "done" else placed
        status = ("ignored", part.unready) if part.unready else ("parked", f"There is no order {key} yet.")
        return about.model_copy(update=dict(zip(("status", "reason"), status, strict=True)))
    word, said_at, now = before
    if said_at is not None and said_at > part.said_at:
        return about.model_copy(update={"reason": f"it is of {part.said_at:%Y-%m-%d %H:%M:%S}, and a later one came before"})
    change = compared(word, now)
    if change.nothing:
        return about.model_copy(update={"reason": "it changes nothing of the order"})
    words = hashlib.sha256(change.in_words().encode()).hexdigest()[:12]  # a shop may say two things in one second
    stamp = f"{delivery.channel}/{part.order.external_id}/{part.said_at.isoformat()}/{words}"
    if not change.reasons:
        amend = change.amendment(f"{stamp}/amend", part.said_at, delivery.channel)
        return await told(road, number, MessageIn(place=part.place, order=key, message=amend))
    held = await _held(road, number, part, stamp, delivery.channel) if change.readdressed else ""
    result = about.model_copy(update={"status": "refused", "reason": f"a person decides: {change.in_words()}{held}"})
    money = "; ".join(remark for remark in now.remarks if remark not in word.remarks)
    if not money:
        return result
    raised = ExceptionRaised(message_id=f"{stamp}/money", occurred_at=part.said_at, actor=delivery.channel, detail=money[:1_000])
    asked = await road.told(number, MessageIn(place=part.place, order=key, message=raised))
    late = f"; {asked.reason.removesuffix(money).strip()}" if asked.status != "done" else ""
    became = "done" if asked.status == "done" and change.in_words() == money else "refused"
    return result.model_copy(update={"status": became, "reason": result.reason + late})


async def told(road: Road, number: int, part: MessageIn) -> PartResult:
    """Tell or ask the order; what it refuses because it is so already is the echo of what we told its shop, and nobody's business."""
    result = await road.told(number, part)
    if result.status == "refused" and (why := await road.database.read(statements.so_already, part.order, part.message)):
        return result.model_copy(update={"status": "ignored", "reason": why})
    return result


async def _held(road: Road, number: int, part: OrderStatedIn, stamp: str, actor: str) -> str:
    """Stop an order on its way to an address that is not its own any more; what to add to the reason."""
    why = "the shop has another delivery address now; see what it said in the inbox, then release or cancel the order"
    hold = HoldOrder(message_id=f"{stamp}/hold", occurred_at=part.said_at, actor=actor, reason=why, review_in=1)
    asked = await road.told(number, MessageIn(order=part.order.key, message=hold))
    return "; the order is on hold until then" if asked.status == "done" else f"; it could not be stopped: {asked.reason}"


async def taken_back(road: Road, delivery: Delivery, number: int, part: ReturnStatedIn) -> PartResult:
    """Tell the order of goods that its shop takes back, once it is known which lines they are of."""
    about = PartResult(part=number, place=part.place, kind=ReturnRequested.called(), order=part.order, status="parked")
    before = await road.database.read(statements.last_word, part.order)
    if before is None:
        return about.model_copy(update={"reason": f"There is no order {part.order} yet."})
    wanted: dict[int, int] = {}
    ours = await road.database.read(inbox.meanings, delivery.channel, NeedKind.ITEM, [item for item, _ in part.items])
    for item, units in part.items:
        lines = [line.number for line in before[0].order.lines if line.item in (item, ours.get(item))]
        if len(lines) != 1:
            which = "several lines" if lines else "no line"
            reason = f"a person decides: {units} x {item} come back ({part.reason}), and {which} of the order has this item"
            return about.model_copy(update={"status": "refused", "reason": reason})
        wanted[lines[0]] = wanted.get(lines[0], 0) + units
    fact = ReturnRequested(
        message_id=part.message_id,
        occurred_at=part.said_at,
        actor=delivery.channel,
        lines=tuple(LineQuantity(line=line, quantity=units) for line, units in sorted(wanted.items())),
        reason=part.reason,
    )
    return await road.told(number, MessageIn(place=part.place, order=part.order, message=fact))


def remember(session: Session, entry: int, result: PartResult, part: OrderIn | OrderStatedIn) -> None:
    """What a shop said of an order that we have: what it says next is compared with it."""
    if part.said_at is None:
        return
    if result.kind == "order" and result.status == "done":
        said = Stated(order=part.order, remarks=part.remarks if isinstance(part, OrderStatedIn) else ())
    elif isinstance(part, OrderStatedIn) and result.status in ("done", "refused", "ignored"):
        before = _last_word(session, part)
        if before is None:
            return
        said = before[2]
    else:
        return
    statements.keep_word(session, part.order.key, entry, part.said_at, said)


def _last_word(session: Session, part: OrderStatedIn) -> tuple[Stated, datetime | None, Stated] | None:
    """What the shop said before and when, and what it says now with the same line numbers; None for an order that nobody knows.

    An order that is placed and whose part is not written down yet, or that one of us brought, has only its document: that may be in our
    words, so that the shop's are understood, and its customer is whom a person or a mapping made of the shop's.
    """
    known = statements.last_word(session, part.order.key)
    if known is None:
        return None
    before, said_at = known
    ours: dict[str, str] = {}
    if said_at is None:
        items = [line.item for order in (before.order, part.order) for line in order.lines]
        ours = inbox.meanings(session, part.order.channel, NeedKind.ITEM, items)
        before = before.model_copy(update={"order": before.order.model_copy(update={"customer": part.order.customer})})
    return before, said_at, Stated(order=renumbered(before.order, part.order, ours), remarks=part.remarks)
