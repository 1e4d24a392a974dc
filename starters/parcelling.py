"""Packing a shipment: parcels are proposed when somebody asks, and its order hears once that it is packed, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio.client import Client

from database import packing, packing_station
from database.engine import Database
from domain.errors import OrderError
from domain.packing import Proposal
from domain.packing_station import Closing
from integrations.ports import Packer
from starters.messaging import tell


async def proposed(database: Database, packer: Packer, order: str, shipment: int, at: datetime, *, anew: bool = False) -> Proposal:
    """The parcels proposed for what the shipment holds now; the same goods have the same proposal, unless it is asked for `anew`.

    Raises Unpackable for units that fit no carton, Refused for items without dimensions.
    """
    task = await database.read(packing.to_pack, order, shipment)
    known = None if anew else await database.read(packing.stored_proposal, order, shipment, task)
    if known is not None:
        return known
    found = await packer.propose(task)  # seconds of work: outside of any transaction
    return await database.transaction(packing.keep_proposal, order, shipment, task, found, at, anew)


async def tell_packed(database: Database, client: Client, closing: Closing) -> None:
    """Tell the order and note that it was told. Raises Unavailable: the closing stands, and telling it again is safe."""
    if not closing.told:
        await tell(client, closing.order, closing.fact)
        await database.transaction(packing_station.told, closing, datetime.now(UTC))


async def tell_untold(database: Database, client: Client) -> tuple[list[Closing], list[str]]:
    """Tell every order that was not told yet, whoever closed its shipment: those that were told, and why others were not."""
    done, trouble = [], []
    for closing in await database.read(packing_station.untold):
        try:
            await tell_packed(database, client, closing)
            done.append(closing)
        except OrderError as why:
            trouble.append(f"{closing.order} shipment {closing.shipment}: {why}")
    return done, trouble
