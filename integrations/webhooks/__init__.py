"""Subscribers over HTTP: signed, to public addresses only, in bounded time and size."""

from integrations.webhooks.posting import HttpSubscribers
from integrations.webhooks.signing import Keyring

__all__ = ["HttpSubscribers", "Keyring"]
