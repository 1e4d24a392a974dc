"""Telling orders what stands in the outbox: after the command that wrote it, and again until they have heard it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from database import bank_booking, outbox
from database.engine import Database
from domain.errors import Refused
from starters import messaging


async def tell_untold(client: Client, database: Database, patience: timedelta = messaging.TELL_PATIENCE) -> dict[str, str]:
    """Tell every fact that no order has heard yet; answers with the id of each and why its order would not hear it, mostly nothing.

    Money that an order would not hear goes to its customer's account. An order takes a fact once, so that a teller who dies between telling
    and writing it down does no harm. Raises Unavailable without a server; what was told until then is told.
    """
    outcomes = {}
    for each in await database.read(outbox.untold):
        try:
            await messaging.tell(client, each.order, each.fact, patience=patience)
            outcomes[each.message_id] = ""
        except Refused as refused:  # the order ended, or nobody knows it
            outcomes[each.message_id] = str(refused)
        await database.transaction(bank_booking.told, each.message_id, datetime.now(UTC), outcomes[each.message_id])
    return outcomes
