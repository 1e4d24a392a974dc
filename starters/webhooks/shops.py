"""Is a delivery from the shop that it names? Both kinds of shop sign the raw body: HMAC-SHA256, in base64.

shopify.dev/docs/apps/build/webhooks/verify-deliveries; WooCommerce's WC_Webhook::generate_signature. The time is not signed, so that what
makes a repeat harmless is the inbox, and not a window.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

LONGEST_SIGNATURE = 200


def signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """One of `secrets` signed these bytes; while a secret is rotated there are two. Every secret is tried, in constant time."""
    if not signature or len(signature) > LONGEST_SIGNATURE:
        return False
    said = signature.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(body, secret).encode(), said) for secret in secrets if secret]
    return any(matches)


def sign(body: bytes, secret: str) -> str:
    """The signature of these bytes, as a shop writes it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
