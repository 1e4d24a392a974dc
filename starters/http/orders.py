"""Our own API: place orders, read them, tell and ask them, and see what can be promised."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import Field

from database import inbox, promise_answers, reading
from database.inbox import EntryView
from database.promise_answers import PromiseAnswer
from database.reading import AuditView
from domain.callers import Caller
from domain.errors import Conflict, InputRefused, Unavailable
from domain.intake import Delivery, MessageIn, RefusedIn
from domain.lifecycle import Stage
from domain.messages import FACTS, REQUESTS, LineQuantity, Receipt, RequestReturn, ReturnKind
from domain.messages import Request as Asked
from domain.values import Value
from domain.views import OrderSummary, OrderView
from starters.channels import messages
from starters.channels.reading import decoded, kind, read_json
from starters.http.callers import Reader, Speaker, StockReader, Writer
from starters.http.examples import MESSAGE, ORDER
from starters.http.house import Here, House
from starters.http.problems import Answered, Problem, problem
from starters.messaging import ask

router = APIRouter(prefix="/v1")

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


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an endpoint may answer, for its description."""
    return {
        status: {"model": Problem, "description": "A problem (RFC 9457)."} for status in (400, 401, 403, 408, 413, 422, 429, 503, *statuses)
    }


class Taken(Value):
    """An order that was sent: `placed` lives, `same` was placed before, `waiting` waits for a mapping, `kept` for the server."""

    order: str
    status: Literal["placed", "same", "waiting", "kept"]
    entry: int = Field(description="Its document in the inbox.")
    reason: str = ""


class OrderPage(Value):
    """A page of orders, newest first; `next` is what `after` is set to for the page that follows."""

    orders: tuple[OrderSummary, ...]
    next: str | None = None


class Told(Value):
    """What became of a message: `done`, `parked` until its order comes, `refused` with the reason, or `kept` for the server."""

    entry: int
    status: Literal["done", "parked", "refused", "kept"]
    reason: str = ""


class ReturnAsked(Value):
    """Goods that are to come back."""

    lines: tuple[LineQuantity, ...] = Field(min_length=1)
    kind: ReturnKind = ReturnKind.REFUND
    reason: str = Field(default="", max_length=1_000)


@router.post(
    "/orders",
    tags=["orders"],
    summary="Place an order",
    status_code=201,
    response_model=Taken,
    responses={200: {"model": Taken}, 202: {"model": Taken}, **refusals(409)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PlaceOrder"}, "example": ORDER}},
        }
    },
)
async def place_order(request: Request, response: Response, house: Here, caller: Writer, idempotency_key: IdempotencyKey = None) -> Taken:
    """Keep the order's document, then start its life; sending it again is safe.

    201: it lives. 200: it was placed before, with the same content. 202: it is kept, and is placed as soon as its words are mapped or the
    server answers. 409: the order is known with other content.
    """
    body = await request.body()
    if body.lstrip()[:1] == b"[":
        raise InputRefused("the document", "it is a list; send one order in a request")
    kept = await _kept(house, caller, "manual", "orders", body, idempotency_key)
    try:
        await house.road.hand_over(kept.entry)
    except Unavailable as silent:
        response.status_code = 202
        return Taken(order="", status="kept", entry=kept.entry, reason=str(silent))
    found = await house.database.read(inbox.entry_view, kept.entry)
    if not found.parts:  # it could not be read at all
        place, _, reason = found.reason.partition(": ")
        raise InputRefused(place, reason)
    part = found.parts[0]
    if part.status == "refused":
        raise Answered(problem(409, "conflict", "It is known with other content", part.reason))
    if part.status == "mapping":
        response.status_code = 202
        return Taken(order=part.order, status="waiting", entry=kept.entry, reason=part.reason)
    response.headers["Location"] = f"/v1/orders/{part.order}"
    same = kept.how == "same" or bool(part.reason)
    response.status_code = 200 if same else 201
    return Taken(order=part.order, status="same" if same else "placed", entry=kept.entry)


@router.get("/orders", tags=["orders"], summary="List orders", responses=refusals())
async def list_orders(
    house: Here,
    caller: Reader,
    stage: Annotated[Stage | None, Query(description="Only orders at this stage.")] = None,
    customer: Annotated[str | None, Query(max_length=120, description="Only orders of this customer.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Orders on a page.")] = 50,
    after: Annotated[str | None, Query(max_length=400, description="`next` of the page before.")] = None,
) -> OrderPage:
    """Orders by the time they were placed, newest first; an order that is placed while you turn pages moves none of them."""
    found, cursor = await house.database.read(reading.page, limit, after or "", stage, customer)
    return OrderPage(orders=tuple(found), next=cursor)


@router.get("/orders/{channel}/{external_id}", tags=["orders"], summary="Read an order", responses=refusals(404))
async def read_order(house: Here, caller: Reader, channel: Channel, external_id: ExternalId) -> OrderView:
    """Everything about one order: lines, shipments, invoices, payments, returns, exceptions, what it waits for and until when."""
    return await house.database.read(reading.order_view, f"{channel}/{external_id}")


@router.get("/orders/{channel}/{external_id}/timeline", tags=["orders"], summary="What happened to an order", responses=refusals(404))
async def read_timeline(house: Here, caller: Reader, channel: Channel, external_id: ExternalId) -> tuple[AuditView, ...]:
    """Who did what, when, and from which message; oldest first."""
    order = f"{channel}/{external_id}"
    await house.database.read(reading.order_view, order)
    return tuple(await house.database.read(reading.audit_trail, order))


@router.post(
    "/orders/{channel}/{external_id}/messages/{name}",
    tags=["messages"],
    summary="Tell or ask an order",
    response_model=Told | Receipt,
    responses={202: {"model": Told}, **refusals(404, 409)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": MESSAGE}},
        }
    },
)
async def send_message(
    request: Request,
    response: Response,
    house: Here,
    caller: Speaker,
    channel: Channel,
    external_id: ExternalId,
    name: Annotated[str, Path(max_length=60, description="The message's name.", examples=["delivery_confirmed", "cancel_order"])],
    idempotency_key: IdempotencyKey = None,
) -> Told | Receipt:
    """A fact is kept, and told as soon as its order can hear it; a request is answered with its receipt, or refused in the order's words.

    `message_id`, `occurred_at` and `actor` are filled in where they are left out: from the Idempotency-Key (or the body), the clock and the
    caller.
    """
    order, body = f"{channel}/{external_id}", await request.body()
    if name not in FACTS and name not in REQUESTS:
        raise InputRefused("name", f"{name!r:.60} is no message; they are {', '.join([*FACTS, *REQUESTS])}")
    said = read_json(body)
    if not isinstance(said.value, dict):
        raise InputRefused("the document", f"an object was expected here, not {kind(said.value)}")
    document = json.dumps({"order": order, "name": name, "message": json.loads(decoded(body))}).encode()
    key = f"{order}/{name}/{idempotency_key or hashlib.sha256(body).hexdigest()[:24]}"
    if name in REQUESTS:
        return await ask(house.client, order, _request(document, caller, key, house.now()))
    kept = await _kept(house, caller, "messages", name, document, key)
    return await _told(house, kept.entry, response)


@router.post(
    "/orders/{channel}/{external_id}/returns",
    tags=["messages"],
    summary="Ask to send goods back",
    status_code=202,
    responses=refusals(404, 409),
)
async def request_return(
    house: Here, caller: Speaker, channel: Channel, external_id: ExternalId, asked: ReturnAsked, idempotency_key: IdempotencyKey = None
) -> Receipt:
    """The receipt says that it is recorded; the return with its number and label appears in the order."""
    order = f"{channel}/{external_id}"
    key = idempotency_key or hashlib.sha256(asked.model_dump_json().encode()).hexdigest()[:24]
    message = RequestReturn(
        message_id=f"api/{caller.name}/{order}/{key}"[:200], occurred_at=house.now(), actor=caller.name, **asked.model_dump()
    )
    return await ask(house.client, order, message)


@router.get("/availability/{item}", tags=["stock"], summary="What can be promised", responses=refusals(404))
async def read_availability(
    house: Here,
    caller: StockReader,
    item: Annotated[str, Path(max_length=100)],
    quantity: Annotated[int, Query(ge=1, le=10_000_000, description="Units.")] = 1,
    to: Annotated[str | None, Query(max_length=60, description="Country and postcode, such as DE-20457.")] = None,
    by: Annotated[datetime | None, Query(description="The day by which it has to be there; it needs `to`.")] = None,
) -> PromiseAnswer:
    """When so many units could leave each location and be at the customer's, and why then; nothing is reserved by asking."""
    if by is not None and to is None:
        raise InputRefused("by", "a day of delivery needs to know where to: state `to`, such as DE-20457")
    country, postcode = await house.database.read(promise_answers.address, to) if to else ("", "")
    wanted = by if by is None or by.tzinfo else by.replace(tzinfo=UTC)
    return await house.database.read(promise_answers.answer, item, quantity, country, postcode, wanted, house.now(), house.settings.day)


@router.get("/inbox/{entry}", tags=["inbox"], summary="What became of a document", responses=refusals(404))
async def read_entry(house: Here, caller: Reader, entry: Annotated[int, Path(ge=1, le=2**53)]) -> EntryView:
    """Where a document that was sent is, and what became of each of its parts."""
    return await house.database.read(inbox.entry_view, entry)


async def _kept(house: House, caller: Caller, form: str, topic: str, body: bytes, key: str | None) -> inbox.Kept:
    """Keep a document under its idempotency key. The key with another body is a mistake of the caller (422, as the IETF's draft has it)."""
    delivery = Delivery(
        channel=f"api/{caller.name}"[:120],
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
    delivery = Delivery(channel=f"api/{caller.name}"[:120], delivery=key[:200], form="messages", body=document, received_at=now)
    [part] = messages.read(delivery, {})
    if isinstance(part, RefusedIn):
        raise InputRefused(part.place, part.reason)
    assert isinstance(part, MessageIn)  # a message, or a refusal of it
    assert isinstance(part.message, Asked)  # its name is that of a request
    return part.message
