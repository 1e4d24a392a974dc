"""Stripe's words and ours: amounts, keys, and why a bank declines a card.

Amounts: docs.stripe.com/currencies. Decline codes: docs.stripe.com/declines/codes, which also says what not to tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from domain.money import Money

ORDER, KEY, CAPTURE = "holdfast_order", "holdfast_key", "holdfast_capture"
"""The names of our metadata: the order, the key of the step that made the thing, and of a refund the capture that it gives back."""

NOTE = "holdfast_c_"
"""What the notes of captures among an intent's metadata begin with."""

OURS = "holdfast:"
"""What every idempotency key of ours begins with: an event that carries one is the echo of a call of our own."""

LONGEST_KEY = 255

TWO_DECIMALS = frozenset({"ISK", "UGX"})
"""Currencies without minor units that Stripe counts in hundredths all the same."""

REASONS = {
    "insufficient_funds": "Insufficient funds.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The card's check number is wrong.",
    "incorrect_number": "The card's number is wrong.",
    "card_velocity_exceeded": "The card's limit is reached.",
    "withdrawal_count_limit_exceeded": "The card's limit is reached.",
    "authentication_required": "The bank asks the customer to confirm the payment.",
    "currency_not_supported": "The card does not take this currency.",
    "processing_error": "The bank could not process the card; it may work later.",
    "issuer_not_available": "The bank did not answer; it may work later.",
    "reenter_transaction": "The bank could not process the card; it may work later.",
    "try_again_later": "The bank could not process the card; it may work later.",
}
DECLINED = "The bank declined the card."
"""Lost, stolen, suspected: Stripe asks to say no more than this."""


def reason(code: str) -> str:
    """Why a bank declined, for a person who decides what becomes of the order."""
    return REASONS.get(code, DECLINED)


def to_stripe(amount: Money) -> int:
    return amount.minor * 100 if amount.currency in TWO_DECIMALS else amount.minor


def from_stripe(amount: int, currency: str) -> Money:
    code = currency.upper()
    return Money(minor=amount // 100 if code in TWO_DECIMALS else amount, currency=code)


def idempotency_key(key: str, attempt: int = 1) -> str:
    """Ours, within Stripe's length; a key that remembers a failure is followed by the next attempt's."""
    found = f"{OURS}{key}" if attempt == 1 else f"{OURS}{key}#{attempt}"
    return found if len(found) <= LONGEST_KEY else f"{OURS}{hashlib.sha256(found.encode()).hexdigest()}"


def capture_note(key: str) -> str:
    """The name of a capture among its intent's metadata (at most 40 characters); the value is `{minor units} {key}`."""
    return f"{NOTE}{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def noted_captures(metadata: Mapping[str, object]) -> Iterator[int]:
    """Minor units of every capture that our own calls noted, given back or not."""
    for name, value in metadata.items():
        if name.startswith(NOTE):
            yield from [int(word) for word in str(value).split(" ")[:2] if word.isascii() and word.isdecimal() and len(word) < 16][:1]
