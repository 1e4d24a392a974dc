"""The post of EDI: files of partners are taken out of a folder, and what partners are owed is put where they find it.

`in/` is read; what was taken moves to `done/`, what is no EDI at all to `refused/`, with the reason beside it. `out/<partner>/` is theirs
to empty. A file is there whole or not at all, both ways.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from database import edi, intake
from database.engine import Database
from domain.edi_partners import PartnerId, Partners
from domain.errors import Conflict, InputRefused, Unavailable
from domain.intake import Delivery
from domain.values import Value
from starters.edi.due import draw_what_is_due
from starters.edi.edifact.opening import open_edifact
from starters.edi.normalise import LARGEST, syntax_of, text_of
from starters.edi.x12.opening import open_x12
from starters.intake import DESK, Road

UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload", ".lock")
"""Endings of files that somebody is still writing; so are names that begin with a point."""

CHANNEL = "edi"
LONGEST_TURN, LOOKS_AGAIN = 30, 0.05
"""Seconds that a command waits for a process that serves the folder, whose rounds take moments; and between two looks."""

log = structlog.get_logger()


class Came(Value):
    """A file that was kept: its number in the inbox, 0 for one that is no EDI, with the reason."""

    file: str
    entry: int = 0
    refused: str = ""


class Sent(Value):
    file: str
    kind: str
    partner: str
    key: str


@dataclass
class Folder:
    """The four folders. `seen` is how every waiting file looked before: one that still changes is still being written."""

    root: Path
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("in", "out", "done", "refused"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Whether we are the one process of this machine that serves the folder now."""
        with (self.root / ".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def whole(self) -> list[Path]:
        """The files of `in/` that have not changed since the last look, by name."""
        found: dict[str, tuple[int, int]] = {}
        ready: list[Path] = []
        for file in sorted((self.root / "in").iterdir()):
            if file.name.startswith(".") or file.name.lower().endswith(UNFINISHED) or not file.is_file() or file.is_symlink():
                continue
            with contextlib.suppress(FileNotFoundError):
                about = file.stat()
                found[file.name] = (about.st_size, about.st_mtime_ns)
                if self.seen.get(file.name) == found[file.name]:
                    ready.append(file)
        self.seen = found
        return ready

    def put_away(self, file: Path, where: str, reason: str = "") -> None:
        """Move a file, under another name where its own is taken; its content is in the inbox by now."""
        target = self.root / where / file.name
        for n in range(2, 10_000):
            if not target.exists():
                break
            target = self.root / where / f"{file.stem}.{n}{file.suffix}"
        if reason:
            write_whole(target.with_name(f"{target.name}.reason.txt"), f"{reason}\n".encode())
        file.replace(target)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it, and a power cut does not take it back."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with draft.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class Post:
    """Takes in what lies in the folder, writes what is due, puts it out; every step may be done twice and counts once."""

    def __init__(self, road: Road, partners: Partners, root: Path | None) -> None:
        self.road, self.partners = road, partners
        self.folder = Folder(root) if root is not None else None

    @property
    def database(self) -> Database:
        return self.road.database

    async def round(self) -> list[Came]:
        """One look at everything; without a folder documents are written and wait for `oms edi out --dir`."""
        await draw_what_is_due(self.database, self.partners, datetime.now(UTC))
        if self.folder is None:
            return []
        with self.folder.held() as ours:
            if not ours:
                return []
            await self._put_out(self.folder.root / "out")
            came = await self.take_in()
            await self._put_out(self.folder.root / "out")
        return came

    async def take_in(self) -> list[Came]:
        """Keep the files of the folder, then hand them over. Nothing leaves `in/` before it is in the inbox."""
        assert self.folder is not None
        came = []
        for file in await asyncio.to_thread(self.folder.whole):
            try:
                one = await self._kept(file)
                await asyncio.to_thread(self.folder.put_away, file, "refused" if one.refused else "done", one.refused)
            except Unavailable:
                raise
            except OSError as trouble:  # it was taken away, or may not be read or moved: the others are taken all the same
                log.warning("a file cannot be taken", file=_readable(file.name), reason=trouble.strerror)
                continue
            except Exception:  # a defect of ours holds up its own file only, which stays where it is
                log.exception("a file cannot be taken", file=_readable(file.name))
                continue
            came.append(one)
        for one in came:
            if one.entry:
                await self._handed_over(one.entry)
        return came

    async def bring(self, files: Sequence[Path], *, desk: bool = False) -> list[Came]:
        """Keep and hand over files that a person names; they stay where they are. What is unknown in those of the desk the order asks."""
        came = [await self._kept(file, datetime.now(UTC).isoformat(), DESK if desk else "") for file in files]
        for one in came:
            if one.entry:
                with contextlib.suppress(Unavailable):  # it is in the inbox, which says why, and the sweeper's
                    await self.road.hand_over(one.entry)
        return came

    async def put_out(self, root: Path | None = None) -> list[Sent]:
        """Write to the wire what nobody has written yet. What a crash left unmarked is written again, the same under the same name.

        Whoever serves the folder at the moment is waited for: a file that a partner has fetched already would appear again. Raises
        Unavailable when that lasts too long; whoever it is writes what is owed as well.
        """
        if root is not None:
            return await self._put_out(root)
        assert self.folder is not None
        for _ in range(round(LONGEST_TURN / LOOKS_AGAIN)):
            with self.folder.held() as ours:
                if ours:
                    return await self._put_out(self.folder.root / "out")
            await asyncio.sleep(LOOKS_AGAIN)
        raise Unavailable(f"Another process serves {self.folder.root} for more than {LONGEST_TURN} seconds; try again later.")

    async def _put_out(self, target: Path) -> list[Sent]:
        sent: list[Sent] = []
        while found := await self.database.read(edi.to_send):
            for one in found:
                place = target / _plain(one.partner)
                await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
                content = await self.database.read(edi.body, one.number)
                await asyncio.to_thread(write_whole, place / one.file, content)
                await self.database.transaction(edi.mark_sent, one.number, datetime.now(UTC))
                sent.append(Sent(file=str(place / one.file), kind=one.kind, partner=one.partner, key=one.key))
        return sent

    async def _kept(self, file: Path, when: str = "", channel: str = "") -> Came:
        """The same file at the same place and time is one delivery; brought again later it is another one, and answered again."""
        named = _readable(file.name)
        content, stamp = await asyncio.to_thread(_read, file)
        try:
            syntax, sender = await asyncio.to_thread(_opened, content)
        except InputRefused as refused:
            await self.database.transaction(intake.refuse, CHANNEL, f"file {named}, {refused.place}", refused.reason, datetime.now(UTC))
            return Came(file=_readable(str(file)), refused=str(refused))
        name = f"{named[:80]}/{hashlib.sha256(content).hexdigest()[:16]}/{when or stamp}"
        channel = channel or self._channel(syntax, sender)
        delivery = Delivery(channel=channel, delivery=name, form=syntax, topic=named[:120], body=content, received_at=datetime.now(UTC))
        try:
            kept = await self.road.keep(delivery)
        except Conflict as known:
            return Came(file=_readable(str(file)), refused=str(known))
        return Came(file=_readable(str(file)), entry=kept.entry)

    def _channel(self, syntax: str, sender: PartnerId) -> str:
        """Each partner has words of its own, and so has each sender that only the default map knows."""
        partner = self.partners.of(syntax, sender)
        return f"{CHANNEL}/{partner.name if partner is not None and partner.ids else sender.id}"[:120]

    async def _handed_over(self, entry: int) -> None:
        """What cannot be handed over now is in the inbox, and the sweeper's."""
        try:
            await self.road.hand_over(entry)
        except Unavailable as silent:
            log.info("nobody takes it yet", entry=entry, reason=str(silent))
        except Exception:  # a defect of ours holds up its own document only
            log.exception("a document could not be handed over", entry=entry)


def _read(file: Path) -> tuple[bytes, str]:
    with file.open("rb") as opened:
        stamp = os.fstat(opened.fileno()).st_mtime_ns
        return opened.read(LARGEST + 1), str(stamp)  # a file of many gigabytes never comes into memory


def _opened(content: bytes) -> tuple[str, PartnerId]:
    """The syntax of a document and the sender of its first interchange. Raises InputRefused for what is none."""
    text = text_of(content)
    syntax = syntax_of(text)
    return syntax, (open_x12(text) if syntax == "x12" else open_edifact(text))[0].sender


def _readable(name: str) -> str:
    """A file's name as text; bytes that are none in the system's character set become question marks."""
    return name.encode("utf-8", "replace").decode()


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"
