"""Keys of machines: made once, shown once, looked up by their public part and compared by their digest."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.locks import require
from database.tables import ApiKey, Customer, Location
from domain.callers import Caller, Scope
from domain.errors import NotFound
from domain.order import Moment
from domain.values import Value

PREFIX = "hf"
"""Every key begins with it, so that one that leaked is recognised for what it is."""


class KeyView(Value):
    """A key without its secret."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    customer: str = ""
    channel: str = ""
    location: str = ""
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    revoked_at: Moment | None


def digest(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: nobody can try them all."""
    return hashlib.sha256(secret.encode()).hexdigest()


def written(key_id: str, secret: str) -> str:
    """The key as its owner keeps it: hf_{id}_{secret}."""
    return f"{PREFIX}_{key_id}_{secret}"


def add_key(
    session: Session,
    key_id: str,
    secret: str,
    name: str,
    scopes: Iterable[Scope],
    actor: str,
    at: datetime,
    expires_at: datetime | None,
    *,
    customer: str = "",
    channel: str = "",
    location: str = "",
) -> None:
    """Keep a new key, bound to a customer, a channel or a location where one is named.

    Raises Refused for one without a name or a scope, NotFound for a customer or location that there is none of.
    """
    wanted = sorted({Scope(scope).value for scope in scopes})
    require(bool(name.strip()) and bool(wanted), "A key needs a name and at least one scope.")
    if customer and session.get(Customer, customer) is None:
        raise NotFound("customer", customer)
    if location and session.get(Location, location) is None:
        raise NotFound("location", location)
    session.add(
        ApiKey(
            key_id=key_id,
            name=name,
            digest=digest(secret),
            scopes=" ".join(wanted),
            customer=customer,
            channel=channel,
            location=location,
            created_at=at,
            created_by=actor,
            expires_at=expires_at,
            revoked_at=None,
        )
    )


def caller_of(session: Session, key: str, at: datetime) -> Caller | None:
    """Whose key this is; None for one that nobody was given, that was revoked, or whose time is over."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    row = session.get(ApiKey, key_id) if prefix == PREFIX and key_id and secret else None
    known = row.digest if row is not None else digest("")
    if not hmac.compare_digest(known, digest(secret)) or row is None:
        return None
    if row.revoked_at is not None or (row.expires_at is not None and at >= row.expires_at):
        return None
    return Caller(
        name=f"key:{row.name}",
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        customer=row.customer,
        channel=row.channel,
        location=row.location,
    )


def revoke_key(session: Session, key_id: str, at: datetime) -> None:
    """It opens nothing from now on; twice is once. Raises NotFound."""
    row = session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise NotFound("key", key_id)
    row.revoked_at = row.revoked_at or at


def keys(session: Session) -> list[KeyView]:
    """All keys, newest first."""
    return [
        KeyView(
            key_id=row.key_id,
            name=row.name,
            scopes=tuple(row.scopes.split()),
            customer=row.customer,
            channel=row.channel,
            location=row.location,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        for row in session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.key_id))
    ]
