"""A database that was in use before parcels had numbers keeps its parcels."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from database.engine import read_url, sqlite_engine
from database.migrate import MIGRATIONS, migrate

BEFORE: dict[str, dict[str, object]] = {
    "locations": {"location": "BERLIN", "name": ""},
    "orders": {
        **dict.fromkeys(("po_number", "held", "outcome", "reason"), ""),
        "order": "web/1",
        "channel": "web",
        "external_id": "1",
        "stated_customer": "C-1",
        "currency": "EUR",
        "terms": "net30",
        "policy": "partial",
        "placed_at": "2026-11-01",
        "total": 100,
    },
    "shipments": {
        **dict.fromkeys(("reason", "pick_reference", "ship_key", "carrier", "service", "cost_currency"), ""),
        **dict.fromkeys(("carrier_status", "carrier_detail", "signed_by"), ""),
        "order": "web/1",
        "shipment": 1,
        "location": "BERLIN",
        "attempt": "a",
        "status": "packed",
    },
    "parcels": {"order": "web/1", "shipment": 1, "parcel": 1, "weight_g": 900, "contents": "{}"},
}


def test_parcels_from_before_have_no_number_and_stay(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    engine = sqlite_engine(read_url(url))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, row in BEFORE.items():
            columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)
    migrate(url)
    with engine.begin() as connection:
        assert connection.execute(text('SELECT "order", weight_g, sscc FROM parcels')).all() == [("web/1", 900, None)]
        assert connection.execute(text("SELECT last FROM counters WHERE name = 'MF'")).scalar_one() == 0
    engine.dispose()
