"""Who picks where: our own floor where the settings say so, a partner by EDI at its location, the partners' warehouse elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from config.settings import Settings
from database import picking
from database.engine import Database
from domain.floor import EVERYWHERE
from domain.order import Moment
from domain.steps import Pick
from integrations.ports import Warehouse
from starters.edi.partners import partners_of


def serving(settings: Settings, database: Database, partners: Warehouse) -> Warehouse:
    """The warehouse of this installation: what was released to our own floor is found there, also when the settings name it no more."""
    by_edi = frozenset(partner.location for partner in partners_of(settings).partners if partner.location)
    return Warehouses(OwnFloor(database, settings.day), settings.own_floor, partners, by_edi)


class OwnFloor:
    """The port `Warehouse` for a floor that we run ourselves: its picks are rows of our database (`oms wave`, `oms scan`)."""

    def __init__(self, database: Database, day: timedelta) -> None:
        self._database, self._day = database, day

    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: Moment) -> str:
        return await self._database.transaction(picking.release, key, order, shipment, location, picks, due, datetime.now(UTC), self._day)

    async def cancel(self, key: str) -> None:
        await self.forget(key)

    async def forget(self, key: str) -> bool:
        """Whether our floor had it."""
        return await self._database.transaction(picking.cancel, key, datetime.now(UTC))


class ByEdi:
    """The port `Warehouse` for a partner who is asked by EDI. Nothing is sent from here: that a shipment is released, or cancelled, is what
    its 940 is found by (`starters/edi/due.py`), which is written once and sent again until it is acknowledged.
    """

    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: Moment) -> str:
        return f"940 {order}/{shipment}"

    async def cancel(self, key: str) -> None:
        return


class Warehouses:
    """The port `Warehouse` of an installation with several warehouse systems: each location is served by one of them.

    A cancellation names no location: what our own floor never had is forgotten by the partners too, wherever a late release might go.
    """

    def __init__(self, own: OwnFloor, ours: frozenset[str], partners: Warehouse, by_edi: frozenset[str] = frozenset()) -> None:
        self._own, self._ours, self._partners, self._by_edi = own, ours, partners, by_edi

    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: Moment) -> str:
        serving: Warehouse = self._partners
        if location in self._by_edi:
            serving = ByEdi()
        elif self._ours & {location, EVERYWHERE}:
            serving = self._own
        return await serving.release(key, order, shipment, location, picks, due)

    async def cancel(self, key: str) -> None:
        if not await self._own.forget(key):
            await self._partners.cancel(key)
