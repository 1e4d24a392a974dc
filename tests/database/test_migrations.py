"""A database of an earlier version, with its rows, becomes one of this version."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from database import supply_reading
from database.audit import audit
from database.engine import Database, on_postgresql, read_url, sqlite_engine
from database.migrate import MIGRATIONS, migrate
from database.seed import seed
from database.tables import Location, PurchaseOrder, StockMovement, Supplier
from domain.purchasing import PurchaseStatus
from tests.database.builders import CATALOGUE, NOW

AS_IT_WAS = (
    "INSERT INTO items (item, description, weight_g) VALUES ('KETTLE', '', 0)",
    "INSERT INTO locations (location, name) VALUES ('BERLIN', 'Berlin'), ('LYON', 'Lyon')",
    "INSERT INTO stock (item, location, bin, on_hand, reserved) VALUES ('KETTLE', 'BERLIN', 'B-01', 7, 0)",
    """INSERT INTO stock_movements (key, kind, item, location, bin, quantity, actor, at)
    VALUES ('receipt/old', 'receipt', 'KETTLE', 'BERLIN', 'B-01', 7, 'seed', '2026-01-01 00:00:00')""",
)


A_TRANSFER = (
    """INSERT INTO transfers
    (transfer, item, from_location, to_location, quantity, shipped, received, expected_at, status, reason, placed_at, created_by) VALUES
    ('T-1', 'KETTLE', 'BERLIN', 'LYON', 3, 3, 2, '2026-01-09 00:00:00', 'shipped', '', '2026-01-02 00:00:00', 'buyer')""",
    "UPDATE stock SET on_hand = 4",
    "INSERT INTO stock (item, location, bin, on_hand, reserved) VALUES ('KETTLE', 'LYON', 'L-01', 2, 0)",
    """INSERT INTO stock_movements (key, kind, item, location, bin, quantity, actor, at)
    VALUES ('transfer/T-1/B-01', 'transfer_out', 'KETTLE', 'BERLIN', 'B-01', -3, 'floor', '2026-01-05 00:00:00'),
    ('receipt/DN-1', 'receipt', 'KETTLE', 'LYON', 'L-01', 2, 'dock', '2026-01-09 00:00:00')""",
    "INSERT INTO supply_receipts (receipt, transfer, quantity, at) VALUES ('DN-1', 'T-1', 2, '2026-01-09 00:00:00')",
)
"""Three kettles left Berlin when a transfer was of one item, and two have arrived."""


def _version(connection: Connection, revision: str, statements: Sequence[str]) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    for statement in statements:
        connection.execute(text(statement))


def _begin(url: str, revision: str = "0001", statements: Sequence[str] = AS_IT_WAS) -> None:
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed)
        with engine.begin() as connection:
            _version(connection, revision, statements)
        engine.dispose()
        return

    async def first_version(engine: object) -> None:
        async with engine.begin() as connection:  # type: ignore[attr-defined]  # SQLAlchemy's AsyncEngine, as `migrate` uses it
            await connection.run_sync(_version, revision, statements)

    on_postgresql(parsed, first_version)


async def test_rows_of_the_first_version_are_kept_and_the_ledger_takes_transfers(database_url: str) -> None:
    _begin(database_url)
    _begin(database_url, "0002", A_TRANSFER)
    migrate(database_url)
    database = Database(database_url)

    def look(session: Session) -> tuple[int, str, str, int]:
        place = session.get_one(Location, "BERLIN")
        moved = sum(session.scalars(select(StockMovement.quantity)))
        return moved, place.time_zone, place.cut_off, place.handling_days

    def use(session: Session) -> None:
        place = {"item": "KETTLE", "location": "BERLIN", "bin": "B-01"}
        session.execute(text("UPDATE stock SET on_hand = 2 WHERE location = 'BERLIN'"))
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

    assert await database.read(look) == (6, "UTC", "23:59", 1)
    (moved,) = await database.read(supply_reading.transfers)
    assert [(line.item, line.quantity, line.shipped, line.received) for line in moved.lines] == [("KETTLE", 3, 3, 2)]
    await database.transaction(use)
    assert [violation.rule for violation in await database.read(audit)] == []
    await database.transaction(seed, CATALOGUE)
    await database.close()
