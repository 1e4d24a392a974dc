"""Is it from whom it says, and of now? docs.stripe.com/webhooks#verify-manually: HMAC-SHA256 over the time, a dot and the raw body.

The library's own verifier decodes the body first and takes any future; this one never raises anything but Refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.errors import Refused

TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be from ours, either way."""

MOST_BYTES = 1_000_000
LONGEST_HEADER = 4_000
MOST_SIGNATURES = 20


def verify(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> None:
    """Refuse what none of `secrets` signed within the last minutes; while a secret is rotated there are two of them."""
    if not any(secrets):
        raise Refused("No webhook secret is set; see OMS_STRIPE_WEBHOOK_SECRET.")
    if len(body) > MOST_BYTES:
        raise Refused(f"The event has {len(body):,} bytes; at most {MOST_BYTES:,} are read.")
    if len(header) > LONGEST_HEADER:
        raise Refused("The signature's header is longer than any of Stripe's.")
    said = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in said if name == "t"]
    signatures = [value.encode("utf-8", "replace") for name, _, value in said if name == "v1"][:MOST_SIGNATURES]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12 or not signatures:
        raise Refused("The signature does not read t=…,v1=…: the event was not taken.")
    signed = times[0].encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures]  # all of them, whichever matches
    if not any(matches):
        raise Refused("The signature does not match any webhook secret of ours: the event was not taken.")
    age = now.timestamp() - int(times[0])
    if abs(age) > TOLERANCE.total_seconds():
        when = "old" if age > 0 else "ahead of our clock"
        raise Refused(f"The signature is {abs(age):.0f} seconds {when}; at most {TOLERANCE.total_seconds():.0f} are accepted.")
