"""What the demonstration's order desk does: it brings in the files that people made, and a customer accepts a quote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from domain.policies import Policies

if TYPE_CHECKING:
    from temporalio.client import Client

    from config.settings import Settings
    from database.engine import Database
    from starters.desk import Brought

FOLDER = "files/"
TO_QUOTE = "quote.yaml"
"""The one file of the samples that asks for a quote."""
VALID = timedelta(days=30)
ACTOR = "desk"


async def bring_in(client: Client, database: Database, settings: Settings, file: Path) -> None:
    """Place the orders of a file as `oms place` does; what asks for a quote is quoted with its goods set aside, and accepted."""
    from database import inbox
    from starters.desk import bring
    from starters.forms import forms
    from starters.intake import Road

    road = Road(database, client, settings, forms(settings))
    brought = bring(file.read_bytes(), file.name, datetime.now(UTC), await database.read(inbox.words, ACTOR))
    if file.name == TO_QUOTE:
        await road.hand_over(await quote_and_accept(database, brought))
        return
    await road.hand_over((await road.keep(brought.delivery)).entry)


async def quote_and_accept(database: Database, brought: Brought) -> int:
    """Quote the file's order, and have the customer accept; the entry of its order in the inbox."""
    from database.filling_in import filled_in
    from database.quotes import accept_quote, make_quote
    from domain.intake import OrderIn
    from domain.quotes import MakeQuote

    [part] = brought.parts
    assert isinstance(part, OrderIn)  # the samples are read in their tests
    now = datetime.now(UTC)
    asked = MakeQuote(
        stated=await database.read(filled_in, part.order, part.left_out),
        fingerprint=part.stated.fingerprint,
        valid_until=now + VALID,
        reserve=True,
        tolerance=Policies().price_tolerance,
        at=now,
        actor=ACTOR,
    )
    made = await database.transaction(make_quote, asked)
    return (await database.transaction(accept_quote, made.quote.quote, datetime.now(UTC), "customer")).entry
