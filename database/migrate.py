"""Bring a database to the schema of this version, from nothing or from any version before."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import on_postgresql, read_url, sqlite_engine, translated
from domain.errors import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Run every migration that the database has not seen; a folder that a SQLite file needs is made. Raises `Unavailable`."""
    parsed = read_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            engine = sqlite_engine(parsed)
            event.listen(engine, "connect", _references_unwatched)
            try:
                with engine.begin() as connection:
                    upgrade(connection)
                    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if astray is not None:
                        raise Unavailable(f"The migration would leave a row of {astray[0]} that refers to nothing; nothing was changed.")
            finally:
                engine.dispose()
        else:
            on_postgresql(parsed, _upgrade_postgresql)
    except DBAPIError as error:
        raise translated(error) or error from error
    except (OSError, sqlite3.OperationalError) as error:
        raise Unavailable(f"The database cannot be reached: {error}") from error


def _references_unwatched(connection: DBAPIConnection, _record: object) -> None:
    """A table that others refer to is made anew by dropping it: its references are checked at the end instead."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.close()


async def _upgrade_postgresql(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)


def upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
