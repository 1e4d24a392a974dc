"""What every endpoint stands on, and who calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from database.engine import Database
from starters.intake import Road

if TYPE_CHECKING:
    from config.settings import Settings
    from config.shops import Shop
    from starters.http.callers import Tokens


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class House:
    """One installation, as its endpoints see it; setting `wake` has the inbox swept at once."""

    settings: Settings
    database: Database
    client: Client
    road: Road
    tokens: Tokens | None = None  # of an OpenID Connect provider, where the settings name one
    shops: tuple[Shop, ...] = ()  # whose webhooks come here
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    now: Callable[[], datetime] = _now


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


Here = Annotated[House, Depends(house_of)]
