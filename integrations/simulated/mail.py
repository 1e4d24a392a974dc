"""The mail: keeps every letter that was sent, once."""

from __future__ import annotations

import sqlite3
from typing import Any

from integrations.ports import Letter
from integrations.simulated.store import Port, Subject, World, happened

SEND = "letter"


class SimulatedMail:
    """The port `Mail`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, key: str, letter: Letter) -> None:
        def post(connection: sqlite3.Connection) -> dict[str, Any]:
            connection.execute(
                "INSERT INTO letters (key, recipient, subject, body) VALUES (?, ?, ?, ?)", (key, letter.to, letter.subject, letter.body)
            )
            happened(connection, Port.MAIL, key, SEND)
            return {}

        said = letter.model_dump(include={"to", "subject", "body"}) | {"attachments": [each.name for each in letter.attachments]}
        await self._world.once(Port.MAIL, SEND, key, said, Subject(about=f"{letter.to}: {letter.subject}"), post)

    async def sent(self, key: str) -> bool:
        def known(connection: sqlite3.Connection) -> bool:
            return connection.execute("SELECT 1 FROM letters WHERE key = ?", (key,)).fetchone() is not None

        return await self._world.asked(Port.MAIL, known)
