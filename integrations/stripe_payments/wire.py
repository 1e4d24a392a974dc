"""The wire to Stripe: every call passes here, in a thread, with a time limit, and its failure says honestly what it means.

Stripe's own client is synchronous without an HTTP library that Holdfast does not need, so calls run in threads of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import stripe

from domain.errors import Refused, Unavailable

SECONDS = 20.0
"""Stripe asks a bank within some ten seconds; the activity is given 45 for all of its calls."""

THREADS = 20
"""As many calls as the activities' own limit allows."""

T = TypeVar("T")


class Unknown(Unavailable):
    """Stripe may have done what we asked: it is looked up before it is repeated."""


class KeySpent(Unknown):
    """The idempotency key answers with a failure, or stands for other parameters, for a day: look up, then ask under another one."""


class CardDeclined(Exception):
    """The bank said no; `code` is Stripe's name of the reason."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(sentence)


class StripeRefused(Refused):
    """Stripe will never do what we asked; `code` and `param` say why, as far as Stripe does."""

    def __init__(self, code: str, param: str, sentence: str) -> None:
        self.code, self.param, self.sentence = code, param, sentence
        super().__init__(f"Stripe refuses: {sentence}")


class Wire:
    """`address` is Stripe's own unless a test says otherwise. The secret key stays in the client: no error, no log line repeats it."""

    def __init__(self, secret_key: str, address: str = "", seconds: float = SECONDS) -> None:
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": address} if address else None,
            max_network_retries=0,  # the activity repeats, by its own key
            http_client=stripe.RequestsClient(timeout=seconds),
        )
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="stripe")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def call(self, work: Callable[[stripe.StripeClient], T]) -> T:
        """Raises CardDeclined, StripeRefused, Unavailable when nothing was done, Unknown when that is not known."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answered, work)

    def _answered(self, work: Callable[[stripe.StripeClient], T]) -> T:
        try:
            return work(self._client)
        except stripe.CardError as declined:
            raise CardDeclined(_decline(declined), _sentence(declined)) from None
        except (stripe.AuthenticationError, stripe.PermissionError):
            raise Unavailable("Stripe does not accept our secret key; see OMS_STRIPE_SECRET_KEY.") from None
        except stripe.RateLimitError:
            raise Unavailable("Stripe takes no more calls for the moment (HTTP 429).") from None
        except stripe.IdempotencyError as used:
            if used.http_status == 409:
                raise Unknown("Stripe is still at work on the same call.") from None
            raise KeySpent("Stripe knows the key of this step with other parameters.") from None
        except stripe.InvalidRequestError as refused:
            if refused.http_status in (409, 429) or refused.code in ("lock_timeout", "rate_limit"):
                raise Unavailable("Stripe is at work on the same payment.") from None
            raise StripeRefused(refused.code or "", refused.param or "", _sentence(refused)) from None
        except stripe.APIConnectionError as silent:
            raise Unknown(
                f"Stripe did not answer within {SECONDS:.0f} s, or cannot be reached ({type(silent.__cause__).__name__})."
            ) from None
        except stripe.StripeError as broken:
            if (broken.headers or {}).get("Idempotent-Replayed") == "true":
                raise KeySpent("Stripe keeps a failure under the key of this step.") from None
            raise Unknown(f"Stripe answers with HTTP {broken.http_status or 'nothing'}.") from None


def _decline(declined: stripe.CardError) -> str:
    error: Any = declined.error
    return str(getattr(error, "decline_code", None) or declined.code or "card_declined")


def _sentence(error: stripe.StripeError) -> str:
    return " ".join(str(error.user_message or "no reason given").split())[:300]
