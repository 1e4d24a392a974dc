"""Secrets of subscriptions: derived from the house's key, so that no copy of the database gives one away."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from domain.errors import Unavailable

PREFIX = "whsec_"


class Keyring:
    """The house's keys, the newest first; each derives secrets, the newest the next one."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def secret(self, subscription: str, generation: int) -> str:
        """The secret of a subscription, as its receiver keeps it: `whsec_` and the base64 of 32 bytes. Raises Unavailable without a key."""
        if not self._keys:
            raise Unavailable("There is no key to derive the secrets of subscriptions from: set OMS_WEBHOOK_KEY.")
        return _derived(self._keys[0], subscription, generation)

    def known_secret(self, subscription: str, generation: int, digest: str) -> str:
        """The secret with this digest. Raises Unavailable when none of the keys is the one that it was derived from."""
        for key in self._keys:
            secret = _derived(key, subscription, generation)
            if hmac.compare_digest(digest_of(secret), digest):
                return secret
        raise Unavailable(
            f"The secret of {subscription} was derived from another key than those of OMS_WEBHOOK_KEY: give that one back, or rotate it."
        )


def digest_of(secret: str) -> str:
    """A secret of 256 bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def signature(secrets: Sequence[str], message: str, at: datetime, body: str) -> str:
    """The header: one signature for each secret that is valid, separated by blanks."""
    return " ".join(Webhook(secret).sign(message, at, body) for secret in secrets)


def _derived(key: bytes, subscription: str, generation: int) -> str:
    found = hmac.new(key, f"holdfast/webhook/{subscription}/{generation}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(found).decode()
