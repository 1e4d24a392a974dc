"""The database: one transaction per function, whole or not at all, and its troubles in our own words."""

from datetime import timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Table, inspect
from sqlalchemy.orm import Session

from database import intake
from database.engine import Database
from database.migrate import migrate
from database.tables import Base, Item, Refusal
from domain.errors import InputRefused, Refused, Unavailable
from tests.database.builders import NOW, House


def stock_a_teapot(session: Session) -> None:
    session.add(Item(item="TEAPOT", description="", weight_g=0))
    session.flush()


def items(session: Session) -> int:
    return session.query(Item).count()


async def test_a_transaction_that_raises_leaves_nothing(house: House) -> None:
    def break_a_teapot(session: Session) -> None:
        stock_a_teapot(session)
        raise Refused("It broke.")

    with pytest.raises(Refused, match="It broke"):
        await house.database.transaction(break_a_teapot)
    assert await house.database.read(items) == 3
    await house.database.transaction(stock_a_teapot)
    assert await house.database.read(items) == 4


async def test_a_command_may_run_a_transaction_without_an_event_loop(house: House) -> None:
    house.database.run(stock_a_teapot)
    assert house.database.run(items) == 4


async def test_statements_are_counted(house: House) -> None:
    before = house.database.statements
    await house.database.read(items)
    assert house.database.statements == before + 1


async def test_times_come_back_in_utc(house: House) -> None:
    in_delhi = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await house(intake.refuse, "x12", "ISA", "truncated", in_delhi)

    def at(session: Session) -> str:
        return session.query(Refusal).one().at.isoformat()

    assert await house.database.read(at) == "2026-11-23T09:00:00+00:00"


async def test_a_database_without_tables_says_what_to_do(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(Refused, match="run `oms migrate`"):
        await database.transaction(items)
    await database.close()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/nothing", "sqlite:////nowhere/at/all/holdfast.db"])
async def test_a_database_that_does_not_answer_is_unavailable(url: str) -> None:
    database = Database(url)
    for ask in (database.transaction, database.read):
        with pytest.raises(Unavailable, match="The database cannot be"):
            await ask(items)
    await database.close()


@pytest.mark.parametrize(("url", "reason"), [("holdfast.db", "it is not a URL such as"), ("mysql://root@db/oms", "'mysql' is neither")])
def test_a_url_that_names_no_database_of_ours_is_refused(url: str, reason: str) -> None:
    with pytest.raises(InputRefused, match=reason):
        Database(url)


async def test_a_locked_file_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrate(url)
    mine, theirs = Database(url), Database(url)

    def impatient(session: Session) -> None:
        session.connection().exec_driver_sql("PRAGMA busy_timeout = 1")

    await theirs.transaction(impatient)

    def keep_the_lock(session: Session) -> None:
        stock_a_teapot(session)
        with pytest.raises(Unavailable, match="locked"):
            theirs.run(items)

    await mine.transaction(keep_the_lock)
    assert theirs.run(items) == 1
    await mine.close()
    await theirs.close()


async def test_the_migrations_make_what_the_models_say(database_url: str) -> None:
    migrate(database_url)
    migrate(database_url)
    database = Database(database_url)
    assert await database.read(_differences) == []
    await database.close()


def _differences(session: Session) -> list[object]:
    """What Alembic would change, and the tables whose checks differ, which it does not compare."""
    connection: Connection = session.connection()
    made = inspect(connection)
    differ: list[object] = [
        table.name
        for table in Base.metadata.sorted_tables
        if {check["name"] for check in made.get_check_constraints(table.name)} != _checks(table)
    ]
    return [*compare_metadata(MigrationContext.configure(connection), Base.metadata), *differ]


def _checks(table: Table) -> set[str | None]:
    return {f"ck_{table.name}_{rule.name}" for rule in table.constraints if isinstance(rule, CheckConstraint)}
