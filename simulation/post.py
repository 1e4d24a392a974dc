"""A mail server for demonstrations and tests: it takes every e-mail by real SMTP and keeps it as a file that any mail program opens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.values import Value


class Kept(Value):
    """An e-mail that came: where it lies and what a person looks at first."""

    path: Path
    message_id: str
    to: str
    subject: str
    attachments: tuple[str, ...]
    body: str


class Sink:
    """Listens on 127.0.0.1 as long as the block lasts; `port` 0 takes any free one. Files are `{number}.eml` in `folder`."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.refuses = ""  # an SMTP answer to the recipient, such as "550 5.1.1 unknown"
        self.hangs_up = ""  # "before" or "after" the letter is kept: the connection is cut instead of an answer

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.hangs_up != "before":
            number = 1 + sum(1 for _ in self.folder.glob("*.eml"))
            (self.folder / f"{number:04}.eml").write_bytes(envelope.original_content or b"")
        if self.hangs_up:
            transport = server.transport
            assert transport is not None  # it is connected while it sends
            transport.close()
        return "250 kept"

    def letters(self) -> list[Kept]:
        return list(kept(self.folder))


def _free_port() -> int:
    """The controller greets its own port to see that it listens, so it has to know it beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept(folder: Path) -> Iterator[Kept]:
    """The e-mails of a folder, oldest first."""
    for path in sorted(folder.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        text = message.get_body(("plain",))
        yield Kept(
            path=path,
            message_id=str(message["Message-ID"]),
            to=str(message["To"]),
            subject=str(message["Subject"]),
            attachments=tuple(str(part.get_filename()) for part in message.iter_attachments()),
            body=text.get_content().replace("\r\n", "\n") if text is not None else "",
        )


@contextlib.contextmanager
def sink_at(folder: Path | None, port: int) -> Iterator[None]:
    """A sink where a folder is named, else nothing."""
    if folder is None:
        yield
        return
    with Sink(folder, port):
        yield
