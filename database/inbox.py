"""The inbox: what was accepted is kept first and handed over afterwards, each part once; nothing that was accepted is ever dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.tables import Customer, CustomerAlias, InboxEntry, InboxNeed, InboxPart, Intake, Item, Mapping, Return, Shipment
from domain.errors import NotFound
from domain.intake import Delivery, NeedKind
from domain.values import Value

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
"""Between two attempts to hand a document over, doubled each time."""

EVERY_CHANNEL = ""


class Kept(Value):
    """`new`: nobody had seen it; `same`: it is in the inbox already; `other`: the same delivery came with another body."""

    entry: int
    how: str


class PartResult(Value):
    """What became of a part; `needs` are the words that somebody has to map first."""

    part: int
    place: str
    kind: str
    order: str = ""
    tracking: str = ""
    status: str
    reason: str = ""
    needs: tuple[tuple[NeedKind, str], ...] = ()


def keep(session: Session, delivery: Delivery) -> Kept:
    """Keep a document before it is answered. Of deliveries in parallel one is new; another body under the same id is not taken.

    Deliveries of one event with one body are the same; another body of the event is a document of its own.
    """
    digest = hashlib.sha256(delivery.body).hexdigest()
    row = {
        "channel": delivery.channel,
        "delivery": delivery.delivery,
        "form": delivery.form,
        "topic": delivery.topic,
        "body": delivery.body,
        "digest": digest,
        "received_at": delivery.received_at,
        "status": "open",
        "reason": "",
        "attempts": 0,
        "next_at": delivery.received_at,
        "event": delivery.event or None,
    }
    new = insert_once(session, InboxEntry, row)
    chosen = select(InboxEntry.entry, InboxEntry.digest).where(InboxEntry.channel == delivery.channel)
    named = chosen.where(InboxEntry.delivery == delivery.delivery)
    known = session.execute(named).one_or_none()
    if known is None:  # its event came under another id
        folded = session.execute(chosen.where(InboxEntry.event == delivery.event, InboxEntry.digest == digest)).one_or_none()
        if folded is not None:
            return Kept(entry=folded.entry, how="same")
        new = insert_once(session, InboxEntry, row | {"event": None})
        known = session.execute(named).one()
    return Kept(entry=known.entry, how="new" if new else "same" if known.digest == digest else "other")


def delivery_of(session: Session, entry: int) -> Delivery | None:
    """The document of an entry that is not finished; None for one that is. Raises NotFound."""
    row = session.get(InboxEntry, entry)
    if row is None:
        raise NotFound("inbox entry", str(entry))
    if row.status in ("done", "refused"):
        return None
    return Delivery(channel=row.channel, delivery=row.delivery, form=row.form, topic=row.topic, body=row.body, received_at=row.received_at)


def finished_parts(session: Session, entry: int) -> set[int]:
    """The parts of which there is nothing more to do."""
    chosen = select(InboxPart.part).where(InboxPart.entry == entry, InboxPart.status.in_(("done", "refused", "ignored")))
    return set(session.scalars(chosen))


def record_part(session: Session, entry: int, result: PartResult, at: datetime) -> None:
    """Write what became of a part, in place of what was known of it; what is finished stays as it is."""
    row = session.get(InboxPart, (entry, result.part), with_for_update=True)
    if row is None:
        row = InboxPart(
            entry=entry, part=result.part, place=result.place[:400], kind=result.kind, order="", status="parked", reason="", at=at
        )
        session.add(row)
    elif row.status in ("done", "refused", "ignored"):
        return
    row.kind, row.order, row.tracking = result.kind, result.order, result.tracking
    row.status, row.reason, row.at = result.status, result.reason[:2_000], at
    session.flush()
    session.execute(delete(InboxNeed).where(InboxNeed.entry == entry, InboxNeed.part == result.part))
    session.add_all(InboxNeed(entry=entry, part=result.part, kind=kind.value, text=text[:400]) for kind, text in sorted(set(result.needs)))


def settle(session: Session, entry: int) -> str:
    """An entry whose every part was looked at: `waiting` while one is unfinished, `refused` when nothing of it was taken, else `done`."""
    row = session.get_one(InboxEntry, entry, with_for_update=True)
    found = set(session.scalars(select(InboxPart.status).where(InboxPart.entry == entry)))
    row.status = "waiting" if found & {"mapping", "parked"} else "refused" if found == {"refused"} else "done"
    row.reason = ""
    return row.status


def refuse_entry(session: Session, entry: int, place: str, reason: str) -> None:
    """The document cannot be read at all."""
    row = session.get_one(InboxEntry, entry, with_for_update=True)
    row.status, row.reason = "refused", f"{place}: {reason}"[:2_000]


def postpone(session: Session, entry: int, reason: str, at: datetime) -> None:
    """Somebody did not answer: it is tried again, later each time."""
    row = session.get_one(InboxEntry, entry, with_for_update=True)
    row.attempts += 1
    row.reason = reason[:2_000]
    row.next_at = at + min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 20), LONGEST_PAUSE)


def to_hand_over(session: Session, at: datetime, most: int = 100) -> list[int]:
    """Entries to be handed over now, oldest first: open ones, and those that wait for what is here by now."""
    came = select(Intake.order).where(Intake.order == InboxPart.order).exists()
    order_is_here = and_(InboxPart.status == "parked", InboxPart.order != "", came)
    left = select(Shipment.tracking).where(Shipment.tracking == InboxPart.tracking).exists()
    announced = select(Return.tracking).where(Return.tracking == InboxPart.tracking).exists()
    number_is_known = and_(InboxPart.status == "parked", InboxPart.tracking != "", or_(left, announced))
    unmapped = select(InboxNeed.entry).where(InboxNeed.entry == InboxPart.entry, InboxNeed.part == InboxPart.part).exists()
    mapped_now = and_(InboxPart.status == "mapping", ~unmapped)
    ready = select(InboxPart.entry).where(InboxPart.entry == InboxEntry.entry, or_(order_is_here, number_is_known, mapped_now)).exists()
    wanted = or_(InboxEntry.status == "open", and_(InboxEntry.status == "waiting", ready))
    chosen = select(InboxEntry.entry).where(wanted, InboxEntry.next_at <= at).order_by(InboxEntry.entry).limit(most)
    return list(session.scalars(chosen))


def order_came(session: Session, order: str) -> bool:
    """The order's document is kept, whatever its workflow has come to."""
    return session.get(Intake, order) is not None


# --- what a sender's words mean ------------------------------------------------------------------------------------------------------


def meanings(session: Session, channel: str, kind: NeedKind, texts: Iterable[str]) -> dict[str, str]:
    """What is known of these words: a mapping of the channel first, then one of every channel, then our own name of the thing."""
    wanted = sorted(set(texts))
    if not wanted:
        return {}
    found: dict[str, str] = {}
    if kind is NeedKind.ITEM:
        found |= {item: item for item in session.scalars(select(Item.item).where(Item.item.in_(wanted)))}
    if kind is NeedKind.CUSTOMER:
        found |= {name: name for name in session.scalars(select(Customer.customer).where(Customer.customer.in_(wanted)))}
        aliases = select(CustomerAlias.alias, CustomerAlias.customer).where(CustomerAlias.alias.in_(wanted))
        for alias, customer in session.execute(aliases):
            found[alias] = customer
    chosen = select(Mapping.channel, Mapping.text, Mapping.ours).where(
        Mapping.channel.in_((EVERY_CHANNEL, channel)), Mapping.kind == kind.value, Mapping.text.in_(wanted)
    )
    for _, text, ours in sorted(session.execute(chosen)):  # the channel's own stand after, and over, those of every channel
        found[text] = ours
    return found


def words(session: Session, channel: str) -> dict[tuple[NeedKind, str], str]:
    """What is known of a channel's units, partners and columns; its own mappings stand over those of every channel."""
    kinds = (NeedKind.UNIT, NeedKind.PARTNER, NeedKind.COLUMNS)
    chosen = select(Mapping.channel, Mapping.kind, Mapping.text, Mapping.ours).where(
        Mapping.channel.in_((EVERY_CHANNEL, channel)), Mapping.kind.in_([kind.value for kind in kinds])
    )
    return {(NeedKind(kind), text): ours for _, kind, text, ours in sorted(session.execute(chosen))}


def learn(session: Session, channel: str, kind: NeedKind, text: str, ours: str, actor: str, at: datetime) -> int:
    """Remember what a text means, from now on and for what waits; the number of parts that were waiting for it.

    Raises NotFound for an item or customer that there is none of. A customer's name is kept as an alias, which every room knows.
    """
    require(bool(text.strip()) and bool(ours.strip()), "A mapping needs the sender's text and what it means here.")
    require(kind is not NeedKind.COLUMNS, "What the columns of a file mean is said with `oms columns learn`.")
    if kind is NeedKind.ITEM and session.get(Item, ours) is None:
        raise NotFound("item", ours)
    if kind is NeedKind.CUSTOMER:
        if session.get(Customer, ours) is None:
            raise NotFound("customer", ours)
        session.merge(CustomerAlias(alias=text, customer=ours))
    else:
        session.merge(Mapping(channel=channel, kind=kind.value, text=text, ours=ours, actor=actor, at=at))
    session.flush()
    here = select(InboxEntry.entry).where(InboxEntry.channel == channel)
    waiting = and_(InboxNeed.kind == kind.value, InboxNeed.text == text)
    if channel != EVERY_CHANNEL and kind is not NeedKind.CUSTOMER:
        waiting = and_(waiting, InboxNeed.entry.in_(here))
    count = int(session.scalar(select(func.count()).select_from(InboxNeed).where(waiting)) or 0)
    entries = set(session.scalars(select(InboxNeed.entry).where(waiting)))
    session.execute(delete(InboxNeed).where(waiting))
    session.execute(update(InboxEntry).where(InboxEntry.entry.in_(entries)).values(next_at=at))
    return count


# --- reading -------------------------------------------------------------------------------------------------------------------------


class PartView(Value):
    part: int
    place: str
    kind: str
    order: str
    tracking: str = ""
    status: str
    reason: str


class EntryView(Value):
    """A document of the inbox, without its body."""

    entry: int
    channel: str
    delivery: str
    form: str
    topic: str
    bytes: int
    received_at: datetime
    status: str
    reason: str
    attempts: int
    parts: tuple[PartView, ...]


def body(session: Session, entry: int) -> bytes:
    """A document as its sender wrote it. Raises NotFound."""
    row = session.get(InboxEntry, entry)
    if row is None:
        raise NotFound("inbox entry", str(entry))
    return row.body


class NeedView(Value):
    """Words of one channel that wait for somebody to map them: how many parts, and where the first of them stands."""

    channel: str
    kind: str
    text: str
    parts: int
    first_entry: int


def entries(session: Session, status: str = "", channel: str = "", most: int = 50) -> list[EntryView]:
    """The newest documents first, of a status or a channel where one is named."""
    chosen = select(InboxEntry.entry)
    if status:
        chosen = chosen.where(InboxEntry.status == status)
    if channel:
        chosen = chosen.where(InboxEntry.channel == channel)
    return [entry_view(session, entry) for entry in session.scalars(chosen.order_by(InboxEntry.entry.desc()).limit(most))]


def entry_view(session: Session, entry: int) -> EntryView:
    """One document. Raises NotFound."""
    row = session.get(InboxEntry, entry)
    if row is None:
        raise NotFound("inbox entry", str(entry))
    parts = session.scalars(select(InboxPart).where(InboxPart.entry == entry).order_by(InboxPart.part))
    return EntryView(
        entry=row.entry,
        channel=row.channel,
        delivery=row.delivery,
        form=row.form,
        topic=row.topic,
        bytes=len(row.body),
        received_at=row.received_at,
        status=row.status,
        reason=row.reason,
        attempts=row.attempts,
        parts=tuple(PartView(**{name: getattr(part, name) for name in PartView.model_fields}) for part in parts),
    )


def needs(session: Session) -> list[NeedView]:
    """The mapping queue: what most parts wait for comes first."""
    waiting = func.count().label("waiting")
    chosen = (
        select(InboxEntry.channel, InboxNeed.kind, InboxNeed.text, waiting, func.min(InboxNeed.entry))
        .join(InboxEntry, InboxEntry.entry == InboxNeed.entry)
        .group_by(InboxEntry.channel, InboxNeed.kind, InboxNeed.text)
        .order_by(waiting.desc(), InboxEntry.channel, InboxNeed.kind, InboxNeed.text)
    )
    return [
        NeedView(channel=channel, kind=kind, text=text, parts=parts, first_entry=first)
        for channel, kind, text, parts, first in session.execute(chosen)
    ]
