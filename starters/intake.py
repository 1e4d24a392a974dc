"""One road in: a document is kept and answered first, then translated, mapped and handed over to its orders, each part once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog
from sqlalchemy.orm import Session
from temporalio.client import Client

from database import inbox, intake, statements, tracking
from database.engine import Database
from database.filling_in import filled_in
from database.inbox import PartResult
from domain.edi_documents import DocumentIn
from domain.errors import Conflict, InputRefused, NotFound, Refused, Unavailable
from domain.intake import (
    NOTHING_LEFT_OUT,
    CountedIn,
    Delivery,
    GatewayIn,
    IgnoredIn,
    MessageIn,
    NeedKind,
    OrderIn,
    OrderStatedIn,
    Part,
    ReturnStatedIn,
    SeenIn,
    UnmappedIn,
    Words,
    items_mapped,
)
from domain.messages import CarrierEvent, ExceptionRaised, Fact
from starters import booking, restating
from starters.messaging import ask, never_connected, tell
from starters.placing import place

if TYPE_CHECKING:
    from config.settings import Settings

DESK = "desk"
"""The channel of documents that our own people bring in: what cannot be mapped there is the order's own question, asked at once."""

PATIENCE = timedelta(seconds=5)
"""How long one message of a document is offered; what nobody takes is offered again later."""

Translator = Callable[[Delivery, Words], Sequence[Part]]
"""Pure: a document and what its sender's words mean; its parts in their order. InputRefused for one that cannot be read at all."""


@runtime_checkable
class Desk(Protocol):
    """A translator with a memory: it knows what came before, answers senders, and takes what no order takes."""

    async def opened(self, database: Database, entry: int, delivery: Delivery, words: Words) -> Sequence[Part]: ...

    async def take(self, database: Database, entry: int, number: int, part: DocumentIn) -> PartResult | Sequence[MessageIn]: ...

    async def answered(self, database: Database, entry: int, number: int, part: DocumentIn, result: PartResult) -> PartResult: ...


log = structlog.get_logger()


class Road:
    """The road from a document to its orders. Several processes may walk it side by side: every step of it is taken once."""

    def __init__(self, database: Database, client: Client, settings: Settings, translators: Mapping[str, Translator]) -> None:
        self.database, self.client, self.settings, self.translators = database, client, settings, translators

    async def keep(self, delivery: Delivery) -> inbox.Kept:
        """Keep a document; from then on nothing of it is lost. Raises Conflict when its id is known with another body."""
        return await keep(self.database, delivery)

    async def hand_over(self, entry: int) -> None:
        """Have every part of a document done, refused or waiting for what it needs; what is finished is left alone.

        Raises Unavailable when somebody does not answer: the document is postponed, and what was done until then is done.
        """
        delivery = await self.database.read(inbox.delivery_of, entry)
        if delivery is None:
            return
        try:
            parts = await self._translated(entry, delivery, await self.database.read(inbox.words, delivery.channel))
        except InputRefused as refused:
            await self.database.transaction(_refuse, entry, delivery, refused)
            return
        except Unavailable as trouble:
            await self._postpone(entry, trouble)
            raise
        finished = await self.database.read(inbox.finished_parts, entry)
        for number, part in enumerate(parts, 1):
            if number in finished:
                continue
            try:
                result = await self._carried_out(delivery, entry, number, part)
            except Exception as trouble:
                await self._postpone(entry, trouble)
                raise
            await self.database.transaction(_record, entry, delivery, result, part)
        await self.database.transaction(inbox.settle, entry)

    async def sweep(self) -> int:
        """Hand over what was kept and not handed over, and what waited for something that is here by now; how many documents.

        Raises Unavailable when nobody takes them.
        """
        entries = await self.database.read(inbox.to_hand_over, datetime.now(UTC))
        for entry in entries:
            try:
                await self.hand_over(entry)
            except Unavailable:
                raise
            except Exception:  # a defect of ours holds up its own document only; it is written down there, and tried again
                log.exception("a document could not be handed over", entry=entry)
        return len(entries)

    async def _postpone(self, entry: int, trouble: Exception) -> None:
        """Leave the rest of a document for later, with the reason for whoever looks at it; raises Unavailable for who does not answer."""
        silent = isinstance(trouble, Unavailable) or never_connected(trouble)
        reason = str(trouble) if silent else f"a defect of Holdfast ({type(trouble).__name__}: {trouble})"
        await self.database.transaction(inbox.postpone, entry, reason, datetime.now(UTC))
        if silent and not isinstance(trouble, Unavailable):
            raise Unavailable(f"Temporal does not answer: {trouble}") from trouble

    async def _translated(self, entry: int, delivery: Delivery, words: Words) -> Sequence[Part]:
        translator = self.translators.get(delivery.form)
        if translator is None:
            raise InputRefused("the document", f"there is no translator for the form {delivery.form!r}")
        try:
            desk = _desk(translator)
            if desk is not None:
                return await desk.opened(self.database, entry, delivery, words)
            return translator(delivery, words)
        except (InputRefused, Unavailable):
            raise
        except Exception as defect:  # a translator that breaks is our defect: its document is refused, and kept to be looked at
            log.exception("a translator broke", form=delivery.form, channel=delivery.channel, delivery=delivery.delivery)
            raise InputRefused("the document", f"it cannot be read, by a defect of Holdfast ({type(defect).__name__})") from defect

    async def _carried_out(self, delivery: Delivery, entry: int, number: int, part: Part) -> PartResult:
        if isinstance(part, OrderIn):
            return await self.placed(delivery, number, part)
        if isinstance(part, MessageIn):
            return await restating.told(self, number, part)
        if isinstance(part, SeenIn):
            return await self._tracked(number, part)
        if isinstance(part, CountedIn):
            return await booking.counted(self.database, self.settings, entry, number, part)
        if isinstance(part, GatewayIn):
            return await booking.taken(self.database, number, part)
        if isinstance(part, OrderStatedIn):
            return await restating.restated(self, delivery, number, part)
        if isinstance(part, ReturnStatedIn):
            return await restating.taken_back(self, delivery, number, part)
        if isinstance(part, DocumentIn):
            return await self._taken(delivery, entry, number, part)
        if isinstance(part, UnmappedIn):
            return _mapping(number, part.place, "order", part.needs)
        if isinstance(part, IgnoredIn):
            return PartResult(part=number, place=part.place, kind="nothing", status="ignored", reason=part.reason)
        return PartResult(part=number, place=part.place, kind="nothing", status="refused", reason=part.reason)

    async def placed(self, delivery: Delivery, number: int, part: OrderIn) -> PartResult:
        """Place an order whose every word means something here; a person maps the others first."""
        order = part.order
        if delivery.channel != DESK:
            items = await self.database.read(inbox.meanings, delivery.channel, NeedKind.ITEM, [line.item for line in order.lines])
            anybody = f"{delivery.channel}:*"
            buyers = await self.database.read(inbox.meanings, delivery.channel, NeedKind.CUSTOMER, [order.customer, anybody])
            needs = [(NeedKind.ITEM, line.item) for line in order.lines if line.item not in items]
            needs += [(NeedKind.CUSTOMER, order.customer)] if not buyers else []
            if needs:
                return _mapping(number, part.place, "order", needs, order.key)
            order = items_mapped(order, items)
            if order.customer not in buyers:
                order = order.model_copy(update={"customer": buyers[anybody]})
        about = PartResult(part=number, place=part.place, kind="order", order=order.key, status="done")
        try:
            if part.left_out != NOTHING_LEFT_OUT:
                order = await self.database.read(filled_in, order, part.left_out)
            placed = await place(self.client, self.database, self.settings, order, stated=part.stated)
        except Refused as refused:
            return about.model_copy(update={"status": "refused", "reason": str(refused)})
        return about.model_copy(update={"reason": "" if placed.how == "started" else "it was placed before"})

    async def told(self, number: int, part: MessageIn) -> PartResult:
        """Tell or ask the order; a message for an order that nobody knows yet is parked until it comes."""
        message = part.message
        detail = message.detail if isinstance(message, ExceptionRaised) else ""
        about = PartResult(part=number, place=part.place, kind=message.called(), order=part.order, status="done", reason=detail)
        if part.location and (unfit := await booking.unfitting(self.database, self.settings, part)):
            return booking.refused_part(about, unfit)
        try:
            if isinstance(message, Fact):
                await tell(self.client, part.order, message, patience=PATIENCE)
            else:
                await ask(self.client, part.order, message, patience=PATIENCE)
        except NotFound as unknown:
            if await self.database.read(statements.ended, part.order):  # so long ago that Temporal has forgotten it
                late = f"Order {part.order} is closed, the message came too late. {detail}"
                return about.model_copy(update={"status": "refused", "reason": late.strip()})
            if await self.database.read(inbox.order_came, part.order):
                raise Unavailable(f"Order {part.order} is kept and its workflow is not started yet.") from unknown
            if part.unknown:
                return about.model_copy(update={"status": "ignored", "reason": part.unknown})
            return about.model_copy(update={"status": "parked", "reason": f"There is no order {part.order} yet."})
        except Refused as refused:
            return about.model_copy(update={"status": "refused", "reason": f"{refused} {detail}".strip()})
        return about

    async def _taken(self, delivery: Delivery, entry: int, number: int, part: DocumentIn) -> PartResult:
        """Have the desk take a document that is no order; what it says to orders is told one by one, and the desk hears the answer."""
        desk = _desk(self.translators[delivery.form])
        assert desk is not None, "only a desk finds such documents"
        result = await desk.take(self.database, entry, number, part)
        if isinstance(result, PartResult):
            return result
        told = [await self.told(number, message) for message in result]
        answer = next((each for each in told if each.status != "done"), told[-1])
        return await desk.answered(self.database, entry, number, part, answer)

    async def _tracked(self, number: int, part: SeenIn) -> PartResult:
        """Tell the order whose shipment or return bears the number; what nobody bears yet is parked under it."""
        borne = await self.database.read(tracking.bearer, part.tracking)
        kind = CarrierEvent.called()
        about = PartResult(part=number, place=part.place, kind=kind, tracking=part.tracking, status="parked")
        if borne is None:
            return about.model_copy(update={"reason": f"Nothing of ours bears the tracking number {part.tracking} yet."})
        about = about.model_copy(update={"order": borne.order})
        if part.carrier and not tracking.same_carrier(part.carrier, borne.carrier):
            reason = f"{part.tracking} is carried by {borne.carrier}, not by {part.carrier}."
            return about.model_copy(update={"status": "refused", "reason": reason})
        fact = part.of_shipment(borne.shipment) if borne.shipment else part.of_return(borne.rma)
        if fact is None:
            reason = f"{part.tracking} is a return: whether it is {part.status.replace('_', ' ')} is said by the dock."
            return about.model_copy(update={"status": "ignored", "reason": reason})
        told = await self.told(number, MessageIn(place=part.place, order=borne.order, message=fact))
        return told.model_copy(update={"tracking": part.tracking})


def _desk(translator: object) -> Desk | None:
    return translator if isinstance(translator, Desk) else None


async def keep(database: Database, delivery: Delivery) -> inbox.Kept:
    """Keep a document, with or without a server to hand it over to. Raises Conflict when its id is known with another body."""
    kept = await database.transaction(inbox.keep, delivery)
    if kept.how == "other":
        reason = "the same delivery is known with another body; the first one stands"
        await database.transaction(intake.refuse, delivery.channel, f"delivery {delivery.delivery}", reason, datetime.now(UTC))
        raise Conflict(f"Delivery {delivery.delivery} of {delivery.channel}", "the first body stands")
    return kept


def _mapping(number: int, place: str, kind: str, needs: Sequence[tuple[NeedKind, str]], order: str = "") -> PartResult:
    words = ", ".join(f"{kind} {text!r:.60}" for kind, text in dict.fromkeys(needs))
    return PartResult(
        part=number, place=place, kind=kind, order=order, status="mapping", needs=tuple(needs), reason=f"nobody has mapped {words}"
    )


def _record(session: Session, entry: int, delivery: Delivery, result: PartResult, part: Part) -> None:
    inbox.record_part(session, entry, result, datetime.now(UTC))
    if isinstance(part, OrderIn | OrderStatedIn):
        restating.remember(session, entry, result, part)
    if result.status == "refused":
        intake.refuse(session, delivery.channel, f"delivery {delivery.delivery}, {result.place}", result.reason, datetime.now(UTC))


def _refuse(session: Session, entry: int, delivery: Delivery, refused: InputRefused) -> None:
    inbox.refuse_entry(session, entry, refused.place, refused.reason)
    intake.refuse(session, delivery.channel, f"delivery {delivery.delivery}, {refused.place}", refused.reason, datetime.now(UTC))
