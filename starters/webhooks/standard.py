"""Is it from whom it says, and of now? Standard Webhooks (standardwebhooks.com, specification 1.0): HMAC-SHA256 over id, time and raw body.

The library's own verifier raises errors of many kinds on what strangers send; this one never raises anything but Refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.errors import Refused
from starters.webhooks.signature import LONGEST_HEADER, MOST_SIGNATURES, TOLERANCE

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

_ID = re.compile(r"[\x21-\x7e]{1,160}")


def verified(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> str:
    """The id of a message that one of `secrets` (`whsec_` and base64) signed within the last minutes. Raises Refused for any other."""
    message, time, said = headers.get(ID, ""), headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not _ID.fullmatch(message) or not time.isascii() or not time.isdecimal() or len(time) > 12 or not said or len(said) > LONGEST_HEADER:
        raise Refused(f"State {ID}, {TIMESTAMP} (seconds since 1970) and {SIGNATURE} (v1,…), as Standard Webhooks has them.")
    signed = message.encode() + b"." + time.encode() + b"." + body
    signatures = [entry[3:].encode() for entry in said.split(" ") if entry.startswith("v1,")][:MOST_SIGNATURES]
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in map(_key, secrets) if key]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures]  # all of them, whichever matches
    if not any(matches):
        raise Refused("The signature does not match any secret of this sender: nothing was taken.")
    age = now.timestamp() - int(time)
    if abs(age) > TOLERANCE.total_seconds():
        when = "old" if age > 0 else "ahead of our clock"
        raise Refused(f"The signature is {abs(age):.0f} seconds {when}; at most {TOLERANCE.total_seconds():.0f} are accepted.")
    return message


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""
