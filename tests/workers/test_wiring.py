"""The wiring: whatever an activity is called, some worker carries it out."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter
from pathlib import Path

import activities
from database.engine import Database
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse, World
from integrations.web import Web
from integrations.woocommerce.shop import WooCommerce
from workers.shops import ShopDoor
from workers.wiring import Partners, activities_by_queue


async def test_every_activity_is_on_one_queue(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'holdfast.db'}")
    with World(tmp_path / "world.db") as world:
        shops = {"nord": ShopDoor(WooCommerce(Web("nord", "http://127.0.0.1:9")), per_second=1)}
        behind = Partners(SimulatedWarehouse(world), SimulatedCarriers(world), SimulatedPayments(world), SimulatedMail(world), shops)
        wired = Counter(each.__name__ for queue in activities_by_queue(database, behind).values() for each in queue)
    await database.close()
    defined = set()
    for module in pkgutil.iter_modules(activities.__path__):
        for _, found in inspect.getmembers(importlib.import_module(f"activities.{module.name}"), inspect.isclass):
            defined |= {name for name, method in vars(found).items() if hasattr(method, "__temporal_activity_definition")}
    assert (set(wired), max(wired.values())) == (defined, 1)
