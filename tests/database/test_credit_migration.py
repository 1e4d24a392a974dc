"""Orders that are under way when credit learns what each line comes to keep their exposure."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from database.audit import audit
from database.engine import Database, on_postgresql, read_url, sqlite_engine
from database.exposure import exposure, the_customer
from database.migrate import MIGRATIONS, migrate
from database.tables import Customer, OrderLine

AS_IT_WAS = (
    """INSERT INTO customers (customer, name, currency, terms, credit_limit, blocked, credit_hold, min_life_days, email, language)
    VALUES ('C-1', 'Kaffeekontor', 'EUR', 'net30', 50000, true, false, 0, '', '')""",
    """INSERT INTO orders ("order", channel, external_id, customer, stated_customer, po_number, currency, terms, policy, placed_at, total,
    ship_country, ship_postcode, service, basket, accepted_at, held, outcome, reason)
    VALUES ('x12/1', 'x12', '1', 'C-1', 'C-1', '', 'EUR', 'net30', 'partial', '2026-11-01 00:00:00', 11900,
    'DE', '20457', '', '', '2026-11-01 00:00:00', '', '', '')""",
    """INSERT INTO order_lines ("order", line, item, description, origin, bills_to, unit_price, ordered, cancelled, "open", allocated,
    picked, packed, shipped, delivered, returned)
    VALUES ('x12/1', 1, 'KETTLE', '', '', 1, '30.00', 2, 0, 2, 0, 0, 0, 0, 0, 0),
    ('x12/1', 2, 'FILTER', '', '', 2, '5.00', 8, 4, 4, 0, 0, 0, 0, 0, 0)""",
)


def _earlier(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0008")
    for statement in AS_IT_WAS:
        connection.execute(text(statement))


def _begin(url: str) -> None:
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed)
        with engine.begin() as connection:
            _earlier(connection)
        engine.dispose()
        return

    async def earlier(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(_earlier)

    on_postgresql(parsed, earlier)


async def test_lines_share_what_their_order_came_to(database_url: str) -> None:
    _begin(database_url)
    migrate(database_url)
    database = Database(database_url)

    def look(session: Session) -> tuple[list[tuple[int, int]], int, bool, str, str | None]:
        lines = [(row.amount, row.priced) for row in session.query(OrderLine).order_by(OrderLine.line)]
        customer = session.get_one(Customer, "C-1")
        owed = exposure(session, the_customer("C-1"), "EUR").total.minor
        return lines, owed, customer.blocked, customer.block, customer.parent

    assert await database.read(look) == ([(7140, 2), (4760, 8)], 7140 + 2380, True, "", None)
    assert await database.read(audit) == []
    await database.close()
