"""Fresh SQLite databases: each kind is built once in a process, and every test gets a copy of the file."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from config.settings import Settings
from database.engine import read_url
from database.migrate import migrate
from workers.embedded import seed_catalogue


def migrated(url: str) -> None:
    """What `migrate` makes of a SQLite database that is not there yet."""
    name = read_url(url).database
    assert name
    shutil.copyfile(_template(), name)


def furnished(url: str) -> None:
    """A migrated SQLite database with the samples' catalogue."""
    name = read_url(url).database
    assert name
    shutil.copyfile(_furnished_template(), name)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _template() -> Path:
    file = _folder() / "migrated.db"
    migrate(f"sqlite:///{file}")
    return file


@cache
def _furnished_template() -> Path:
    file = _folder() / "furnished.db"
    migrated(f"sqlite:///{file}")
    seed_catalogue(Settings.load(home=file.parent, database_url=f"sqlite:///{file}"))
    return file
