"""The one way into the database: a plain function of a session, run as one transaction, on SQLite or on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg
from sqlalchemy import URL, Connection, Engine, NullPool, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from domain.errors import InputRefused, Refused, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[Session, P], T]

PASSING_STATES = ("08", "53", "57P", "40001", "40P01", "55P03")
"""Beginnings of PostgreSQL's SQLSTATE that pass by themselves: connection, resources, shutdown, serialization, deadlock, lock."""


class Database:
    """Runs `function(session, *args)` as one transaction: committed when it returns, rolled back when it raises.

    What the function raises comes through unchanged. Trouble with the connection, locks and deadlocks is `Unavailable` (ask again later);
    a schema that is not there is `Refused`. On SQLite there is one writer thread with one connection and one for reading; on PostgreSQL a
    pool of `pool_size` connections that belongs to the event loop which first used it. `statements` counts what was sent to the server.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.statements = 0
        self._url = read_url(url)
        self._store: _Sqlite | _Postgresql
        self._store = _Sqlite(self._url, self._count) if self.sqlite else _Postgresql(self._url, self._count, pool_size)

    @property
    def url(self) -> str:
        """As it was given; another process opens the same database with it."""
        return self._url.render_as_string(hide_password=False)

    @property
    def sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    async def transaction(self, function: Work[P, T], *args: P.args, **named: P.kwargs) -> T:
        """One transaction that may write."""
        with _in_our_words():
            return await self._store.write(lambda session: function(session, *args, **named))

    async def read(self, function: Work[P, T], *args: P.args, **named: P.kwargs) -> T:
        """One transaction that only reads; it waits for no writer."""
        with _in_our_words():
            return await self._store.read(lambda session: function(session, *args, **named))

    def run(self, function: Work[P, T], *args: P.args, **named: P.kwargs) -> T:
        """The same as `transaction`, for callers without an event loop: commands, fixtures."""
        with _in_our_words():
            return self._store.run(lambda session: function(session, *args, **named))

    async def close(self) -> None:
        await self._store.close()

    def _count(self, *_: object) -> None:
        self.statements += 1


def read_url(url: str) -> URL:
    """`sqlite:///path` or `postgresql://user@host/name`, with the driver that belongs to it; InputRefused otherwise."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InputRefused("database url", "it is not a URL such as sqlite:///holdfast.db or postgresql://user@host/name") from None
    drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    kind = parsed.drivername.split("+")[0]
    if kind not in drivers:
        raise InputRefused("database url", f"{kind!r:.40} is neither sqlite nor postgresql")
    return parsed.set(drivername=drivers[kind])


class _Sqlite:
    """One connection that writes, in a thread of its own, and one that reads beside it (WAL lets both be); in memory they are the same."""

    def __init__(self, url: URL, count: Callable[..., None]) -> None:
        in_memory = url.database in (None, "", ":memory:")
        self._writer = _Thread(url, count, begin="BEGIN IMMEDIATE")
        self._reader = self._writer if in_memory else _Thread(url, count, begin="BEGIN")

    async def write(self, work: Callable[[Session], T]) -> T:
        return await self._writer.submit(work)

    async def read(self, work: Callable[[Session], T]) -> T:
        return await self._reader.submit(work)

    def run(self, work: Callable[[Session], T]) -> T:
        return self._writer.run(work)

    async def close(self) -> None:
        for thread in {self._writer, self._reader}:
            await asyncio.to_thread(thread.close)


class _Thread:
    def __init__(self, url: URL, count: Callable[..., None], begin: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._engine = sqlite_engine(url, begin)
        event.listen(self._engine, "before_cursor_execute", count)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    async def submit(self, work: Callable[[Session], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    def run(self, work: Callable[[Session], T]) -> T:
        return self._thread.submit(self._transaction, work).result()

    def close(self) -> None:
        self._thread.submit(self._engine.dispose).result()
        self._thread.shutdown()

    def _transaction(self, work: Callable[[Session], T]) -> T:
        with self._sessions.begin() as session:
            return work(session)


def sqlite_engine(url: URL, begin: str = "BEGIN IMMEDIATE") -> Engine:
    """An engine of one connection whose transactions open with `begin`, so that a writer takes its lock before it reads."""
    engine = create_engine(url, hide_parameters=True, poolclass=StaticPool, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below, not the driver's own
        # FULL: Temporal remembers a step as done once it was answered, so a power cut must not make the database forget it.
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "busy_timeout = 30000", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute(begin).close()

    return engine


class _Postgresql:
    def __init__(self, url: URL, count: Callable[..., None], pool_size: int) -> None:
        self._url, self._count = url, count
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,  # of a statement that fails: they are people's names and addresses, and errors are logged
            isolation_level="READ COMMITTED",
            connect_args={"server_settings": {"jit": "off"}},  # statements of a few rows: compiling one takes longer than running it
        )
        event.listen(self._engine.sync_engine, "before_cursor_execute", count)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def write(self, work: Callable[[Session], T]) -> T:
        async with self._sessions.begin() as session:
            return await session.run_sync(work)

    async def read(self, work: Callable[[Session], T]) -> T:
        async with self._sessions() as session:
            return await session.run_sync(work)

    def run(self, work: Callable[[Session], T]) -> T:
        async def once(engine: AsyncEngine) -> T:
            event.listen(engine.sync_engine, "before_cursor_execute", self._count)
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                return await session.run_sync(work)

        return on_postgresql(self._url, once)

    async def close(self) -> None:
        await self._engine.dispose()


def on_postgresql(url: URL, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """Run `work(engine)` to its end on an event loop of its own, whether or not the caller stands in one."""

    async def begin_to_end() -> T:
        engine = create_async_engine(url, hide_parameters=True, poolclass=NullPool, isolation_level="READ COMMITTED")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1, thread_name_prefix="postgresql") as thread:
        return thread.submit(lambda: asyncio.run(begin_to_end())).result()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        said = translated(error)
        if said is None:
            raise
        raise said from error
    except (OSError, sqlite3.OperationalError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"The database cannot be reached: {_first_line(error)}") from error


def translated(error: DBAPIError) -> Exception | None:
    """What a database error means to us, or None when it is a mistake of our own."""
    said = _first_line(error.orig)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == "42P01" or "no such table" in said:
        return Refused("The database has no tables yet (or old ones): run `oms migrate`.")
    if error.connection_invalidated or state.startswith(PASSING_STATES) or (not state and isinstance(error.orig, sqlite3.OperationalError)):
        return Unavailable(f"The database cannot be used right now: {said}")
    if isinstance(error, IntegrityError) and (state == "23505" or "UNIQUE constraint failed" in said):
        return Unavailable(f"Two transactions wrote the same row at once: {said}")
    return None


def _first_line(error: object) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
