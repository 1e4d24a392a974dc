"""What every command stands on: settings, the database, the connection to Temporal, and two ways to answer, for people and for programs."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from domain.errors import InputRefused, Refused, Unavailable

if TYPE_CHECKING:
    from rich.console import Console
    from temporalio.client import Client

    from config.settings import Settings
    from database.engine import Database

Result = TypeVar("Result")

OrderKey = Annotated[
    str, typer.Argument(metavar="ORDER", help="The order: channel/external id, or the external id alone where only one order has it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output, and nothing else there.")]
MessageIdOption = Annotated[
    str | None, typer.Option("--message-id", help="The same id is the same message, however often it is sent. [default: derived]")
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it was so, such as 2026-11-23T14:00:00Z. [default: now]")]


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Carry out the asynchronous part of a command."""
    return asyncio.run(work)


@cache
def console() -> Console:
    """Where people read; a pipe gets plain text of a width that does not fold tables."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def say(text: str) -> None:
    """A line for a person; Rich's markup counts."""
    console().print(text, soft_wrap=True)


def answer(sentence: str, json: bool, **told: Any) -> None:
    """What was done: a sentence for a person, the same in fields for a program."""
    if json:
        answer_json(told)
    else:
        say(sentence)


def answer_json(answer: Any) -> None:
    """The answer for a program: models as their own JSON, everything else as it is."""
    json.dump(answer, sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def settings() -> Settings:
    from config.settings import Settings

    return Settings.load()


@asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """The database of the settings, closed afterwards. Raises Unavailable when there is none: reading must not make an empty one."""
    from database.engine import Database, read_url

    url = settings().database_url
    found = read_url(url)
    if found.get_backend_name() == "sqlite" and not Path(found.database or "").is_file():
        raise Unavailable(f"There is no database at {found.database}: run `oms migrate` and `oms seed`, or start everything with `oms up`.")
    opened = Database(url)
    try:
        yield opened
    finally:
        await opened.close()


async def record_refusal(source: str, place: str, reason: str) -> None:
    """Keep what was not taken; without a database the sentence on the terminal has to do."""
    from database import intake

    try:
        async with database() as opened:
            await opened.transaction(intake.refuse, source, place, reason, datetime.now(UTC))
    except (Unavailable, Refused):
        return


async def client() -> Client:
    """A connection to Temporal; Unavailable when nobody answers."""
    from config.temporal import connect

    return await connect(settings())


def actor() -> str:
    """Who speaks, as the audit trail remembers it."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container without a name for its user
        return "cli"


def derived_id(name: str, order: str, *content: object) -> str:
    """A message id that is the same for the same message: `cli/{name}/{order}/{digest}`."""
    digest = sha256(json.dumps(content, default=_plain, sort_keys=True).encode()).hexdigest()[:12]
    return f"cli/{name}/{order}/{digest}"


def moment(text: str | None, place: str = "--at") -> datetime:
    """A time from the command line, UTC unless it names its zone; now when there is none."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputRefused(place, f"{text!r} is not a time such as 2026-11-23 or 2026-11-23T14:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def by_line(pairs: list[str], place: str) -> dict[int, str]:
    """`LINE=WHAT` arguments as a mapping; InputRefused names the one that is not."""
    found: dict[int, str] = {}
    for pair in pairs:
        line, equals, what = pair.partition("=")
        if not (line.isdecimal() and int(line) > 0 and equals and what):
            raise InputRefused(place, f"{pair!r} does not read LINE=VALUE, such as 1=5")
        if int(line) in found:
            raise InputRefused(place, f"line {line} is named twice")
        found[int(line)] = what
    return found


def units_by_line(pairs: list[str], place: str) -> dict[int, int]:
    """`LINE=UNITS` arguments as a mapping."""
    found = by_line(pairs, place)
    for line, units in found.items():
        if not units.isdecimal() or len(units) > 8:
            raise InputRefused(place, f"{units!r} is not a number of units for line {line}")
    return {line: int(units) for line, units in found.items()}
