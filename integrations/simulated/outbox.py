"""The outbox: what the people and machines of the outside world are going to say, written down before it is said.

What stands here is said at its time, exactly as written, until somebody takes it, also after a kill. A second entry under one id changes
nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from domain.floor import Scan
from domain.messages import FACTS, REQUESTS, Message
from domain.purchasing import MoveSupply
from domain.steps import ReceiveStock
from domain.values import Value

SENT = "sent"
REFUSED = "refused: "

WITHOUT_AN_ORDER: dict[type[ReceiveStock | MoveSupply | Scan], str] = {
    ReceiveStock: "receive_stock",
    MoveSupply: "move_supply",
    Scan: "scan",
}
"""What is said to Holdfast itself and not to one of its orders."""

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[sqlite3.Row]]


class Entry(Value):
    """`subject` names what must still stand when it is said (the key of a pick task or a label); `name` is that of the message."""

    id: str
    order: str
    subject: str = ""
    said: Message | ReceiveStock | MoveSupply | Scan
    send_at: datetime

    @property
    def name(self) -> str:
        return self.said.called() if isinstance(self.said, Message) else WITHOUT_AN_ORDER[type(self.said)]


class Outbox:
    """`transaction` opens one that writes, `rows` answers a query with its values, inside or outside of a transaction."""

    def __init__(self, transaction: Transaction, rows: Rows) -> None:
        self._transaction, self._rows = transaction, rows

    def put(self, entries: Iterable[Entry], connection: sqlite3.Connection | None = None) -> None:
        """Write entries down, in the caller's transaction if there is one; known ids keep their first content."""
        if connection is None:
            with self._transaction() as own:
                self.put(entries, own)
            return
        connection.executemany(
            "INSERT OR IGNORE INTO outbox (id, order_key, subject, name, body, send_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(e.id, e.order, e.subject, e.name, e.said.model_dump_json(), e.send_at.timestamp()) for e in entries],
        )

    def due(self, now: datetime, most: int = 200) -> tuple[Entry, ...]:
        """What should have been said by now, oldest first."""
        rows = self._rows("SELECT * FROM outbox WHERE outcome = '' AND send_at <= ? ORDER BY send_at, rowid LIMIT ?", now.timestamp(), most)
        return tuple(_entry(row, now) for row in rows)

    def close(self, entry_id: str, outcome: str) -> None:
        """Remember what became of an entry: `SENT`, or `REFUSED` and the sentence of the refusal."""
        with self._transaction() as connection:
            connection.execute("UPDATE outbox SET outcome = ? WHERE id = ? AND outcome = ''", (outcome, entry_id))

    def outcome(self, entry_id: str) -> str | None:
        """None for an unknown entry, empty while it has not been said."""
        rows = self._rows("SELECT outcome FROM outbox WHERE id = ?", entry_id)
        return str(rows[0]["outcome"]) if rows else None

    def find(self, entry_id: str) -> Message | ReceiveStock | MoveSupply | Scan | None:
        """What an entry says, whether said or not."""
        rows = self._rows("SELECT name, body FROM outbox WHERE id = ?", entry_id)
        return _said(rows[0]["name"], rows[0]["body"]) if rows else None

    def open(self) -> int:
        """How many entries have not been said, whether due or not."""
        return int(self._rows("SELECT count(*) AS open FROM outbox WHERE outcome = ''")[0]["open"])

    def refusals(self) -> dict[str, str]:
        """The entries that were refused, with the sentence of the refusal."""
        rows = self._rows("SELECT id, outcome FROM outbox WHERE outcome LIKE 'refused: %' ORDER BY rowid")
        return {row["id"]: row["outcome"].removeprefix(REFUSED) for row in rows}


def forget(connection: sqlite3.Connection, subject: str) -> None:
    """Whoever would have said something of this subject no longer will."""
    connection.execute("DELETE FROM outbox WHERE subject = ? AND outcome = ''", (subject,))


def _entry(row: sqlite3.Row, now: datetime) -> Entry:
    return Entry(
        id=row["id"],
        order=row["order_key"],
        subject=row["subject"],
        said=_said(row["name"], row["body"]),
        send_at=datetime.fromtimestamp(row["send_at"], now.tzinfo),
    )


def _said(name: str, body: str) -> Message | ReceiveStock | MoveSupply | Scan:
    for kind, called in WITHOUT_AN_ORDER.items():
        if called == name:
            return kind.model_validate_json(body)
    return (FACTS | REQUESTS)[name].model_validate_json(body)
