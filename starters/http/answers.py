"""What several endpoints share: how an order is named, how a document is kept, and what they may refuse."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import Header, Path

from database import inbox, reading
from domain.callers import Caller
from domain.errors import Conflict, NotFound
from domain.intake import Delivery
from starters.http.house import House
from starters.http.problems import MEDIA_TYPE, Answered, Problem, problem

KEY_PART = r"^[A-Za-z0-9][A-Za-z0-9._:#-]*$"
Channel = Annotated[str, Path(max_length=120, pattern=KEY_PART, description="The sales channel.", examples=["web"])]
ExternalId = Annotated[str, Path(max_length=120, pattern=KEY_PART, description="The order's id there.", examples=["7001"])]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=160,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key is the same request, however often it is sent; without one the body is the key.",
    ),
]

WHY = {
    400: "The request cannot be read.",
    401: "Nobody knows who calls.",
    403: "The key does not allow it.",
    404: "There is no such thing.",
    405: "Nobody does this here.",
    408: "The body came too slowly.",
    409: "The business says no, or it is known with other content.",
    413: "The body is too large.",
    422: "The document cannot be taken; `errors` says where and why.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "Somebody does not answer; `Retry-After` says when to come again.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an endpoint may answer, for its description; those that every endpoint may answer are among them."""
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": WHY[status], "content": schema} for status in sorted({400, 401, 403, 408, 413, 422, 429, 503, *statuses})
    }


def example(value: Any, **about: Any) -> dict[str, Any]:
    """A body or an answer as it may look, for the description of an endpoint; `about` is what else is said of it."""
    return {"content": {"application/json": {"example": value}}, **about}


async def kept(house: House, caller: Caller, form: str, topic: str, body: bytes, key: str | None, channel: str = "") -> inbox.Kept:
    """Keep a document under its idempotency key. The key with another body is a mistake of the caller (422, as the IETF's draft has it)."""
    delivery = Delivery(
        channel=channel or channel_of(caller),
        delivery=key or f"sha256:{hashlib.sha256(body).hexdigest()}",
        form=form,
        topic=topic,
        body=body,
        received_at=house.now(),
    )
    try:
        return await house.road.keep(delivery)
    except Conflict as conflict:
        reused = problem(422, "idempotency-key-reused", "The Idempotency-Key is known with another body", str(conflict))
        raise Answered(reused) from conflict


def channel_of(caller: Caller) -> str:
    """The inbox's channel of what a caller sends."""
    return f"api/{caller.name}"[:120]


async def theirs(house: House, caller: Caller, order: str) -> None:
    """Whether the order is one that this caller may know of. Raises NotFound: of another's order not even its being is told."""
    if caller.channel and not order.startswith(f"{caller.channel}/"):
        raise NotFound("order", order)
    if caller.customer and await house.database.read(reading.customer_of, order) != caller.customer:
        raise NotFound("order", order)


__all__ = ["Channel", "ExternalId", "IdempotencyKey", "Problem", "channel_of", "kept", "refusals", "theirs"]
