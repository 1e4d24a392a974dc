"""The order desk: a file that one of us brings is read at once, kept in the inbox, and handed over part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from database import inbox
from database.appraisal import Appraisal, appraise
from database.columns import one_of
from database.engine import Database
from database.filling_in import filled_in
from domain.column_map import USUAL, ColumnMap
from domain.errors import InputRefused, Refused
from domain.intake import Delivery, NeedKind, OrderIn, Part, RefusedIn, UnmappedIn, Words, items_mapped
from domain.order import PlaceOrder
from domain.policies import Policies
from starters.channels.recognise import LARGEST, form_of
from starters.files import translate
from starters.files.rows import OrderRead, TableRead
from starters.files.typed import read as read_typed
from starters.forms import FORMS
from starters.intake import DESK

TABLES = ("csv", "xlsx")
BROUGHT = ("shopify", "woocommerce", "amazon", "x12", "edifact", "manual", *TABLES, "yaml")
"""The forms in which a person brings orders."""


@dataclass(frozen=True)
class Brought:
    """A file that could be read: its parts, and of a table or a typed order every finding by its row."""

    name: str
    delivery: Delivery
    parts: Sequence[Part]
    orders: Sequence[OrderRead] = ()
    table: TableRead | None = None


@dataclass(frozen=True)
class Trial:
    """What would become of one part of a file: the `appraisal` of an order that would be placed, else why it would not be."""

    part: Part
    order: PlaceOrder | None = None
    read: OrderRead | None = None
    appraisal: Appraisal | None = None
    refused: str = ""
    needs: Sequence[tuple[NeedKind, str]] = field(default_factory=tuple)


def bring(content: bytes, name: str, now: datetime, words: Words, form: str = "", columns: str = "") -> Brought:
    """Read a file as one of us brings it, by the column map `columns` where one is named. InputRefused when it cannot be read at all."""
    try:
        if len(content) > LARGEST:
            raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {LARGEST:,} are read")
        if form and form not in BROUGHT:
            raise InputRefused("the channel", f"{form!r:.40} is not one of {', '.join(BROUGHT)}")
        form = form or ("csv" if columns and not content.startswith(b"PK") else form_of(content, name))
        how = translate.column_map(columns, words)
        delivery = Delivery(
            channel=f"file/{columns}" if columns else DESK,
            delivery=_delivery(content, name, how),
            form=form,
            topic=columns,
            body=content,
            received_at=now,
        )
        if form in TABLES:
            table = translate.table(content, how, now)
            return Brought(name, delivery, translate.parts(table.orders), table.orders, table)
        if columns:
            raise InputRefused("the column map", f"it is of tables, and this is a document of the form {form}")
        if form == "yaml":
            typed = read_typed(content, now)
            return Brought(name, delivery, translate.parts(typed), typed)
        return Brought(name, delivery, FORMS[form](delivery, words))
    except InputRefused as refused:
        raise InputRefused(f"{name}, {refused.place}", refused.reason) from None


def _delivery(content: bytes, name: str, how: ColumnMap) -> str:
    """The same file is the same document as long as it is read in the same way: a corrected map makes it a new one."""
    taught = b"" if how == USUAL else how.model_dump_json(exclude_defaults=True).encode()
    digest = hashlib.sha256(content + taught).hexdigest()
    return f"{name.rsplit('/', 1)[-1][:120]} {digest[:16]}"


async def words_of(database: Database, columns: str) -> Words:
    """What senders' words mean at the desk; NotFound for a column map that nobody taught."""
    if columns:
        await database.read(one_of, columns)
    found: Mapping[tuple[NeedKind, str], str] = await database.read(inbox.words, f"file/{columns}" if columns else DESK)
    return found


def tried(session: Session, brought: Brought, policies: Policies, at: datetime) -> list[Trial]:
    """What would become of each part if it were handed over now; nothing is written."""
    reads: Sequence[OrderRead | None] = brought.orders or [None] * len(brought.parts)
    return [_tried(session, brought.delivery.channel, part, read, policies, at) for part, read in zip(brought.parts, reads, strict=True)]


def _tried(session: Session, channel: str, part: Part, read: OrderRead | None, policies: Policies, at: datetime) -> Trial:
    if isinstance(part, UnmappedIn):
        return Trial(part, read=read, needs=part.needs)
    if not isinstance(part, OrderIn):
        return Trial(part, read=read, refused=part.reason if isinstance(part, RefusedIn) else "")
    order = part.order
    if channel != DESK:
        items = inbox.meanings(session, channel, NeedKind.ITEM, [line.item for line in order.lines])
        anybody = f"{channel}:*"
        buyers = inbox.meanings(session, channel, NeedKind.CUSTOMER, [order.customer, anybody])
        needs = [(NeedKind.ITEM, line.item) for line in order.lines if line.item not in items]
        needs += [(NeedKind.CUSTOMER, order.customer)] if not buyers else []
        if needs:
            return Trial(part, order, read, needs=tuple(dict.fromkeys(needs)))
        order = items_mapped(order, items)
        if order.customer not in buyers:
            order = order.model_copy(update={"customer": buyers[anybody]})
    try:
        order = filled_in(session, order, part.left_out)
    except Refused as refused:
        return Trial(part, order, read, refused=str(refused))
    return Trial(part, order, read, appraise(session, order, policies.price_tolerance, at))
