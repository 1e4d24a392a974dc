"""Subscribing: an address that may be told something, the events it wants, and a secret that is shown once."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from database import subscriptions, webhook_feed
from database.engine import Database
from database.subscriptions import NewSubscription, SubscriptionView
from domain.errors import InputRefused, Refused
from domain.values import Value
from domain.webhooks import wanted_events
from integrations.webhooks import HttpSubscribers, Keyring
from integrations.webhooks.posting import resolved
from integrations.webhooks.signing import digest_of

if TYPE_CHECKING:
    from config.settings import Settings
    from integrations.webhooks.posting import Resolve

KEY_FILE = "webhook.key"
"""In the home of an installation without OMS_WEBHOOK_KEY: made with the first subscription, readable by its owner only."""


class Subscribed(Value):
    """A subscription with its secret, which is shown now and never again."""

    subscription: SubscriptionView
    secret: str


def keyring(settings: Settings, make: bool = False) -> Keyring:
    """The house's keys: of the settings, else of the file in its home, which is made where `make` says so."""
    if settings.webhook_keys:
        return Keyring(settings.webhook_keys)
    file = settings.home / KEY_FILE
    if make and not file.exists():
        _write_key(file)
    return Keyring((_read_key(file),) if file.is_file() else ())


def subscribers_of(settings: Settings, resolve: Resolve | None = None) -> HttpSubscribers:
    """Who sends events in this installation."""
    return HttpSubscribers(lambda: keyring(settings), loopback=settings.webhook_loopback, resolve=resolve or resolved)


async def subscribe(
    database: Database,
    settings: Settings,
    url: str,
    events: str,
    owner: str,
    *,
    name: str = "",
    contact: str = "",
    bound_to: Mapping[str, str] | None = None,
    resolve: Resolve | None = None,
) -> Subscribed:
    """Keep a subscription to what happens from now on. Raises InputRefused for an address that may not be told, or an unknown event."""
    wanted = wanted_events(events)
    if contact and ("@" not in contact.strip("@") or len(contact) > 200 or not contact.isprintable() or " " in contact):
        raise InputRefused("contact", "it is no e-mail address")
    await subscribers_of(settings, resolve).judge(url)
    keys, subscription = keyring(settings, make=True), f"sub_{secrets.token_hex(8)}"
    secret = keys.secret(subscription, 1)
    new = NewSubscription(
        subscription=subscription,
        url=url,
        events=wanted,
        name=name[:100],
        contact=contact,
        owner=owner,
        digest=digest_of(secret),
        bound_to=bound_to or {},
    )
    await database.transaction(subscriptions.add, new, datetime.now(UTC))
    return Subscribed(subscription=await database.read(subscriptions.view, subscription), secret=secret)


async def rotate(database: Database, settings: Settings, subscription: str) -> Subscribed:
    """A new secret, which signs from now on; the one before signs too for a day. Raises NotFound."""
    row = await database.read(subscriptions.of, subscription)
    generation = row.generation + 1
    secret = keyring(settings, make=True).secret(subscription, generation)
    await database.transaction(subscriptions.rotate, subscription, generation, digest_of(secret), datetime.now(UTC))
    return Subscribed(subscription=await database.read(subscriptions.view, subscription), secret=secret)


async def send_test(database: Database, subscription: str) -> str:
    """Have a test event on its way; its webhook-id. Raises NotFound, and Refused for a subscription that is not active."""

    def put(session: Session, at: datetime) -> str:
        row = subscriptions.of(session, subscription)
        if row.status != "active":
            raise Refused(f"{subscription} is {row.status}: resume it first.")
        return webhook_feed.put_test(session, row, at)

    return await database.transaction(put, datetime.now(UTC))


def _write_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_suffix(f".{os.getpid()}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as written:
        written.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    with contextlib.suppress(FileExistsError):  # of two that make one, the first stands
        os.link(made, file)
    made.unlink()


def _read_key(file: Path) -> bytes:
    try:
        found = base64.b64decode(file.read_text().strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) < 24:
        raise Refused(f"{file} holds no key: it should be the base64 of at least 24 bytes.")
    return found
