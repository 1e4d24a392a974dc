"""EDI in the database: which interchanges came, which documents go out under which number, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import EdiCounter, EdiInterchange, EdiOrder, EdiOutgoing, EdiStuck, Order
from domain.errors import NotFound
from domain.values import Value

ACKNOWLEDGEMENTS = ("997", "TA1", "CONTRL")
"""Nobody acknowledges these."""


class Drawn(Value):
    """A document for a partner that is written, with its control number; `new`: by this call."""

    number: int
    control: int
    new: bool


class Outgoing(Value):
    """What is known of a document of ours, without its body."""

    number: int
    kind: str
    key: str
    partner: str
    control: int
    order: str
    bytes: int
    status: str
    drawn_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None
    errors: str

    @property
    def file(self) -> str:
        """Its name in the partner's folder: always the same, so that writing it twice is writing it once."""
        return f"{self.number:06d}-{self.kind}-{self.control:09d}.edi"


class Stuck(Value):
    kind: str
    key: str
    partner: str
    reason: str
    since: datetime


# --- what came in --------------------------------------------------------------------------------------------------------------------


class Seen:
    """The interchanges that came with other documents than this one, by identity."""

    def __init__(self, session: Session, entry: int) -> None:
        self._session, self._entry = session, entry

    def get(self, identity: str, default: str, /) -> str:
        chosen = select(EdiInterchange.digest).where(EdiInterchange.identity == identity, EdiInterchange.entry != self._entry)
        return self._session.scalars(chosen).one_or_none() or default


def register(session: Session, identity: str, digest: str, entry: int, partner: str, at: datetime) -> bool:
    """Remember an interchange that is taken; False when another document brought it meanwhile."""
    row = {"identity": identity, "digest": digest, "entry": entry, "partner": partner, "at": at}
    if insert_once(session, EdiInterchange, row):
        return True
    return session.get_one(EdiInterchange, identity).entry == entry


def note_order(
    session: Session,
    order: str,
    partner: str,
    sender: tuple[str, str],
    wants: frozenset[str],
    test: bool,
    items: Mapping[int, str],
    at: datetime,
) -> None:
    """Remember whose order it is and what the partner wants back; the first time counts."""
    import json

    row = {
        "order": order,
        "partner": partner,
        "qualifier": sender[0],
        "receiver": sender[1],
        "wants": f" {' '.join(sorted(wants))} ",
        "test": test,
        "items": json.dumps({str(line): item for line, item in items.items()}),
        "at": at,
        "settled": False,
    }
    insert_once(session, EdiOrder, row)


def over(session: Session, most: int = 500) -> set[str]:
    """Orders that ended and are still looked at."""
    chosen = select(EdiOrder.order).join(Order, Order.order == EdiOrder.order).where(EdiOrder.settled.is_(False), Order.outcome != "")
    return set(session.scalars(chosen.order_by(EdiOrder.order).limit(most)))


def settle(session: Session, orders: set[str]) -> None:
    """Their partners have everything: nothing more can become due for them but the answer to a change."""
    session.execute(update(EdiOrder).where(EdiOrder.order.in_(sorted(orders))).values(settled=True))


# --- what goes out -------------------------------------------------------------------------------------------------------------------


def draw(
    session: Session,
    kind: str,
    key: str,
    partner: str,
    pair: str,
    write: Callable[[int], bytes],
    at: datetime,
    order: str = "",
) -> Drawn:
    """Write a document once, under the next control number of its pair of ids; a repeat is answered with the one that is there.

    The number is drawn in the transaction that keeps the document, so that none is ever missing. What `write` raises goes through.
    """
    if known := _known(session, kind, key):
        return known
    insert_once(session, EdiCounter, {"pair": pair, "last": 0})
    last = session.scalars(select(EdiCounter.last).where(EdiCounter.pair == pair).with_for_update()).one()
    if known := _known(session, kind, key):  # whoever held the counter before us wrote it
        return known
    control = last + 1
    row = EdiOutgoing(kind=kind, key=key, partner=partner, pair=pair, control=control, order=order, body=write(control), status="drawn",
                      drawn_at=at, errors="")  # fmt: skip
    session.add(row)
    session.execute(update(EdiCounter).where(EdiCounter.pair == pair).values(last=control))
    session.flush()
    unstick(session, kind, key)
    return Drawn(number=row.number, control=control, new=True)


def _known(session: Session, kind: str, key: str) -> Drawn | None:
    chosen = select(EdiOutgoing.number, EdiOutgoing.control).where(EdiOutgoing.kind == kind, EdiOutgoing.key == key)
    found = session.execute(chosen).one_or_none()
    return Drawn(number=found.number, control=found.control, new=False) if found else None


def stick(session: Session, kind: str, key: str, partner: str, reason: str, at: datetime) -> None:
    """Remember why a document cannot be written; it is tried again in every round."""
    if not insert_once(session, EdiStuck, {"kind": kind, "key": key, "partner": partner, "reason": reason[:2_000], "since": at}):
        session.execute(update(EdiStuck).where(EdiStuck.kind == kind, EdiStuck.key == key).values(reason=reason[:2_000]))


def unstick(session: Session, kind: str, key: str) -> None:
    row = session.get(EdiStuck, (kind, key))
    if row is not None:
        session.delete(row)


def stuck(session: Session) -> list[Stuck]:
    """Documents that cannot be written, oldest first."""
    rows = session.scalars(select(EdiStuck).order_by(EdiStuck.since, EdiStuck.kind, EdiStuck.key))
    return [Stuck(kind=row.kind, key=row.key, partner=row.partner, reason=row.reason, since=row.since) for row in rows]


def to_send(session: Session, most: int = 200) -> list[Outgoing]:
    """Documents that nobody has written to the wire yet, in their order."""
    chosen = select(EdiOutgoing).where(EdiOutgoing.status == "drawn").order_by(EdiOutgoing.number).limit(most)
    return [_outgoing(row) for row in session.scalars(chosen)]


def mark_sent(session: Session, number: int, at: datetime) -> None:
    """It is where the partner finds it. What is acknowledged already stays so."""
    session.execute(
        update(EdiOutgoing).where(EdiOutgoing.number == number, EdiOutgoing.status == "drawn").values(status="sent", sent_at=at)
    )


def body(session: Session, number: int) -> bytes:
    """A document of ours, byte for byte. Raises NotFound."""
    row = session.get(EdiOutgoing, number)
    if row is None:
        raise NotFound("EDI document", str(number))
    return row.body


def outgoing(session: Session, partner: str = "", kind: str = "", order: str = "", status: str = "", most: int = 100) -> list[Outgoing]:
    """The newest documents first, of a partner, a kind, an order or a status where one is named."""
    chosen = select(EdiOutgoing)
    for column, wanted in (
        (EdiOutgoing.partner, partner),
        (EdiOutgoing.kind, kind),
        (EdiOutgoing.order, order),
        (EdiOutgoing.status, status),
    ):
        chosen = chosen.where(column == wanted) if wanted else chosen
    return [_outgoing(row) for row in session.scalars(chosen.order_by(EdiOutgoing.number.desc()).limit(most))]


def unacknowledged(session: Session, before: datetime) -> list[Outgoing]:
    """What was sent before then and nobody acknowledged, and what was rejected; oldest first."""
    late = (EdiOutgoing.status == "sent") & (EdiOutgoing.sent_at < before) & EdiOutgoing.kind.not_in(ACKNOWLEDGEMENTS)
    chosen = select(EdiOutgoing).where(late | (EdiOutgoing.status == "rejected")).order_by(EdiOutgoing.number)
    return [_outgoing(row) for row in session.scalars(chosen)]


def acknowledge(session: Session, pair: str, control: int, accepted: bool, errors: str, at: datetime) -> str:
    """What the partner says of a document of ours; its name in words, or "" when we sent none under this number."""
    chosen = select(EdiOutgoing).where(EdiOutgoing.pair == pair, EdiOutgoing.control == control).with_for_update()
    row = session.scalars(chosen).one_or_none()
    if row is None or row.kind in ACKNOWLEDGEMENTS:
        return ""
    row.status, row.errors, row.acknowledged_at = "accepted" if accepted else "rejected", errors[:2_000], at
    row.sent_at = row.sent_at or at
    return f"{row.kind} {row.key}"


def counted(session: Session) -> dict[str, int]:
    """How many documents of each kind went out."""
    chosen = select(EdiOutgoing.kind, func.count()).group_by(EdiOutgoing.kind).order_by(EdiOutgoing.kind)
    return {kind: int(count) for kind, count in session.execute(chosen)}


def orders_received(session: Session) -> int:
    """Orders that came by EDI."""
    return int(session.scalar(select(func.count()).select_from(EdiOrder)) or 0)


def _outgoing(row: EdiOutgoing) -> Outgoing:
    same = ("number", "kind", "key", "partner", "control", "order", "status", "drawn_at", "sent_at", "acknowledged_at", "errors")
    return Outgoing(bytes=len(row.body), **{name: getattr(row, name) for name in same})
