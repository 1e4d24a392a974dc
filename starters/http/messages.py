"""Our own API: tell an order what has happened, and ask it for what it may refuse."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from database import inbox
from domain.callers import Caller
from domain.errors import InputRefused, Unavailable
from domain.intake import Delivery, MessageIn, RefusedIn
from domain.messages import FACTS, REQUESTS, LineQuantity, Receipt, RequestReturn, ReturnKind, ReturnWish
from domain.messages import Request as Asked
from domain.values import Value
from starters.channels import messages
from starters.channels.reading import decoded, kind, read_json, without_control
from starters.http import examples
from starters.http.answers import Channel, ExternalId, IdempotencyKey, channel_of, example, kept, refusals, theirs
from starters.http.callers import Speaker
from starters.http.house import Here, House
from starters.http.problems import Answered, problem
from starters.messaging import ask

router = APIRouter(prefix="/v1")

OF_CUSTOMERS = (
    "cancel_order",
    "amend_order",
    "request_return",
    "return_requested",
    "dispute_invoice",
    "promise_to_pay",
    "exception_raised",
)
"""What a key that is bound to a customer may say: what customers say themselves, and neither what the floor nor what the bank says."""


class Told(Value):
    """What became of a fact: `done`, `parked` until its order comes, `refused` with the reason, or `kept` for the server."""

    entry: int = Field(description="Its document in the inbox.", examples=[4711])
    status: Literal["done", "parked", "refused", "kept"]
    reason: str = ""


class ReturnAsked(Value):
    """Goods that are to come back: units by line, for a refund or an exchange; `wish` says why and for what."""

    lines: tuple[LineQuantity, ...] = Field(min_length=1, max_length=2_000)
    kind: ReturnKind = ReturnKind.REFUND
    reason: str = Field(default="", max_length=1_000)
    wish: ReturnWish = ReturnWish()


@router.post(
    "/orders/{channel}/{external_id}/messages/{name}",
    tags=["messages"],
    summary="Tell or ask an order",
    response_model=Told | Receipt,
    responses={
        200: {
            "description": "The order has heard the fact, or recorded the request.",
            "content": {"application/json": {"examples": {"fact": {"value": examples.TOLD}, "request": {"value": examples.RECEIPT}}}},
        },
        202: {"model": Told, "description": "The fact is kept, and told as soon as its order can hear it."},
        **refusals(404, 409),
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "examples": examples.MESSAGES}}}
    },
)
async def send_message(
    request: Request,
    response: Response,
    house: Here,
    caller: Speaker,
    channel: Channel,
    external_id: ExternalId,
    name: Annotated[
        str,
        Path(
            max_length=60,
            description=f"The message's name. Facts: {', '.join(FACTS)}. Requests: {', '.join(REQUESTS)}.",
            examples=["delivery_confirmed", "cancel_order"],
        ),
    ],
    idempotency_key: IdempotencyKey = None,
) -> Told | Receipt:
    """A fact is kept, and told as soon as its order can hear it; a request is answered with its receipt, or refused in the order's words.

    `message_id`, `occurred_at` and `actor` are filled in where they are left out: from the Idempotency-Key (or the body), the clock and the
    caller. An `actor` that is stated is written down behind the caller's own name.
    """
    order, body = f"{channel}/{external_id}", await request.body()
    if name not in FACTS and name not in REQUESTS:
        raise InputRefused("name", f"{name!r:.60} is no message; they are {', '.join([*FACTS, *REQUESTS])}")
    await _may_say(house, caller, order, name)
    said = read_json(body)
    if not isinstance(said.value, dict):
        raise InputRefused("the document", f"an object was expected here, not {kind(said.value)}")
    document = json.dumps({"order": order, "name": name, "message": _by(caller, json.loads(decoded(body)))}).encode()
    key = f"{order}/{name}/{idempotency_key or hashlib.sha256(body).hexdigest()[:24]}"
    if name in REQUESTS:
        return await ask(house.client, order, _request(document, caller, key, house.now()))
    found = await kept(house, caller, "messages", name, document, key)
    return await _told(house, found.entry, response)


@router.post(
    "/orders/{channel}/{external_id}/returns",
    tags=["messages"],
    summary="Ask to send goods back",
    status_code=202,
    responses={
        202: example(examples.RECEIPT | {"name": "request_return"}, description="It is recorded."),
        **refusals(404, 409),
    },
    openapi_extra={"requestBody": example(examples.RETURN)},
)
async def request_return(
    house: Here, caller: Speaker, channel: Channel, external_id: ExternalId, asked: ReturnAsked, idempotency_key: IdempotencyKey = None
) -> Receipt:
    """The receipt says that it is recorded; the return with its number and label appears in the order."""
    order = f"{channel}/{external_id}"
    without_control(asked.model_dump(mode="json"))
    await _may_say(house, caller, order, RequestReturn.called())
    key = idempotency_key or hashlib.sha256(asked.model_dump_json().encode()).hexdigest()[:24]
    message = RequestReturn(
        message_id=_id(f"api/{caller.name}/{order}/{key}"), occurred_at=house.now(), actor=caller.name[:120], **asked.model_dump()
    )
    return await ask(house.client, order, message)


def _by(caller: Caller, message: dict[str, Any]) -> dict[str, Any]:
    """The message with whom its caller speaks for behind the caller's own name: nobody passes for one of us."""
    actor = message.get("actor")
    return message | {"actor": f"{caller.name[:60]}: {actor[:50]}"} if isinstance(actor, str) and actor else message


async def _may_say(house: House, caller: Caller, order: str, name: str) -> None:
    if caller.bound_to:
        await theirs(house, caller, order)
    if caller.customer and name not in OF_CUSTOMERS:
        sentence = f"A key of a customer says {', '.join(OF_CUSTOMERS)}, and not {name}."
        raise Answered(problem(403, "not-allowed", "The key does not allow it", sentence))


async def _told(house: House, entry: int, response: Response) -> Told:
    response.status_code = 202
    try:
        await house.road.hand_over(entry)
    except Unavailable as silent:
        return Told(entry=entry, status="kept", reason=str(silent))
    [part] = (await house.database.read(inbox.entry_view, entry)).parts
    if part.status == "refused" and part.kind == "nothing":
        raise InputRefused(part.place, part.reason)
    if part.status == "done":
        response.status_code = 200
    return Told.model_validate({"entry": entry, "status": part.status, "reason": part.reason})


def _request(document: bytes, caller: Caller, key: str, now: datetime) -> Asked:
    """The request in a document, read as one of the inbox is; it is not kept, for its order answers at once or not at all."""
    delivery = Delivery(channel=channel_of(caller), delivery=_id(key), form="messages", body=document, received_at=now)
    [part] = messages.read(delivery, {})
    if isinstance(part, RefusedIn):
        raise InputRefused(part.place, part.reason)
    assert isinstance(part, MessageIn)  # a message, or a refusal of it
    assert isinstance(part.message, Asked)  # its name is that of a request
    return part.message


def _id(said: str) -> str:
    """An id of what is too long to be one: its beginning, and what makes it unlike any other."""
    return said if len(said) <= 200 else f"{said[:150]}~{hashlib.sha256(said.encode()).hexdigest()[:40]}"
