"""What goes wrong between Stripe and us: refusals as its API words them, and answers that never come."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """How the next call goes wrong; `after` says that its effect happened all the same."""

    SILENT_BEFORE = "silent_before"  # the connection ends before anything was done
    SILENT_AFTER = "silent_after"  # the connection ends after it was done
    ERROR_BEFORE = "error_before"  # HTTP 500 before anything was done; the key remembers it
    ERROR_AFTER = "error_after"  # HTTP 500 after it was done; the key remembers it
    BUSY = "busy"  # HTTP 429: too many calls
    LOCKED = "locked"  # HTTP 429: another call has its hands on the object
    GARBAGE = "garbage"  # HTTP 502 with a page that is no JSON


class Silence(Exception):
    """No answer: the connection is closed."""


class StripeRefusal(Exception):
    """An error envelope. `kept`: it came from the work itself, so that the idempotency key answers it again."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str = "",
        param: str = "",
        decline_code: str = "",
        kept: bool = False,
        intent: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kept = status, kept
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        self.error |= {name: value for name, value in (("param", param), ("decline_code", decline_code)) if value}
        if intent is not None:
            self.error["payment_intent"] = intent


def invalid(message: str, *, code: str = "", param: str = "") -> StripeRefusal:
    """A request that Stripe does not begin to carry out."""
    return StripeRefusal(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, name: str, param: str = "intent") -> StripeRefusal:
    return StripeRefusal(404, "invalid_request_error", f"No such {kind}: '{name}'", code="resource_missing", param=param)


def not_now(message: str, *, code: str = "", param: str = "", intent: dict[str, Any] | None = None) -> StripeRefusal:
    """A request that was begun, and that the state of its object does not allow."""
    return StripeRefusal(400, "invalid_request_error", message, code=code, param=param, kept=True, intent=intent)
