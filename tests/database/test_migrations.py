"""A database of an earlier version, with its rows, becomes one of this version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from database.audit import audit
from database.engine import Database, on_postgresql, read_url, sqlite_engine
from database.migrate import MIGRATIONS, migrate
from database.seed import seed
from database.tables import Location, PurchaseOrder, StockMovement, Supplier
from domain.purchasing import PurchaseStatus
from tests.database.builders import CATALOGUE, NOW

AS_IT_WAS = (
    "INSERT INTO items (item, description, weight_g) VALUES ('KETTLE', '', 0)",
    "INSERT INTO locations (location, name) VALUES ('BERLIN', 'Berlin')",
    "INSERT INTO stock (item, location, bin, on_hand, reserved) VALUES ('KETTLE', 'BERLIN', 'B-01', 7, 0)",
    """INSERT INTO stock_movements (key, kind, item, location, bin, quantity, actor, at)
    VALUES ('receipt/old', 'receipt', 'KETTLE', 'BERLIN', 'B-01', 7, 'seed', '2026-01-01 00:00:00')""",
)


def _first_version(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    for statement in AS_IT_WAS:
        connection.execute(text(statement))


def _begin(url: str) -> None:
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed)
        with engine.begin() as connection:
            _first_version(connection)
        engine.dispose()
        return

    async def first_version(engine: object) -> None:
        async with engine.begin() as connection:  # type: ignore[attr-defined]  # SQLAlchemy's AsyncEngine, as `migrate` uses it
            await connection.run_sync(_first_version)

    on_postgresql(parsed, first_version)


async def test_rows_of_the_first_version_are_kept_and_the_ledger_takes_transfers(database_url: str) -> None:
    _begin(database_url)
    migrate(database_url)
    database = Database(database_url)

    def look(session: Session) -> tuple[int, str, str, int]:
        place = session.get_one(Location, "BERLIN")
        moved = sum(session.scalars(select(StockMovement.quantity)))
        return moved, place.time_zone, place.cut_off, place.handling_days

    def use(session: Session) -> None:
        place = {"item": "KETTLE", "location": "BERLIN", "bin": "B-01"}
        session.execute(text("UPDATE stock SET on_hand = 5"))
        session.execute(insert(StockMovement), [place | {"key": "t/1", "kind": "transfer_out", "quantity": -2, "at": NOW}])
        session.add(Supplier(supplier="HARIO", lead_time_days=10))
        session.flush()
        session.add(
            PurchaseOrder(
                purchase_order="PO-1",
                supplier="HARIO",
                location="BERLIN",
                status=PurchaseStatus.CANCELLED.value,
                placed_at=NOW,
                created_by="buyer",
            )
        )

    assert await database.read(look) == (7, "UTC", "23:59", 1)
    await database.transaction(use)
    assert [violation.rule for violation in await database.read(audit)] == []
    await database.transaction(seed, CATALOGUE)
    await database.close()
