"""Our own API: place orders, list and read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, computed_field

from database import inbox, reading
from database.reading import AuditView
from domain.callers import Caller
from domain.errors import InputRefused, Unavailable
from domain.lifecycle import Stage
from domain.order import PlaceOrder
from domain.values import Value
from domain.views import OrderSummary, OrderView
from starters.channels import generic, manual
from starters.http import examples
from starters.http.answers import Channel, ExternalId, IdempotencyKey, example, kept, refusals, theirs
from starters.http.callers import Reader, Writer
from starters.http.house import Here, House
from starters.http.problems import Answered, problem
from starters.schemas import ORDER_ID, order_schema

router = APIRouter()

SCHEMA_TYPE = "application/schema+json"


class Taken(Value):
    """An order that was sent: `placed` lives, `same` was placed before, `waiting` waits for a mapping, `kept` for the server."""

    order: str = Field(description="Its name everywhere: channel and external id.", examples=["web/7001"])
    status: Literal["placed", "same", "waiting", "kept"]
    entry: int = Field(description="Its document in the inbox.", examples=[4711])
    reason: str = Field(default="", description="What it waits for.", examples=["nobody has mapped item 'Mühle'"])


class OrderPage(Value):
    """A page of orders, newest first; `next` is what `after` is set to for the page that follows."""

    orders: tuple[OrderSummary, ...]
    next: str | None = None


class OrderRead(OrderView):
    """Everything about an order, and the stage at which it is."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way of stating what a property says
    @property
    def stage(self) -> Stage:
        return super().stage


PLACES: dict[str, Any] = {
    "status_code": 201,
    "response_model": Taken,
    "responses": {
        200: {
            "model": Taken,
            **example(examples.TAKEN | {"status": "same"}, description="It was placed before, with the same content."),
        },
        201: example(examples.TAKEN, description="It lives."),
        202: {
            "model": Taken,
            **example(
                examples.TAKEN | {"status": "waiting", "reason": "nobody has mapped item 'Mühle'"},
                description="It is kept, and placed as soon as its words are mapped or the server answers.",
            ),
        },
        **refusals(409),
    },
}


@router.post(
    "/v1/orders",
    tags=["orders"],
    summary="Place an order",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PlaceOrder"}, "example": examples.ORDER}},
        }
    },
    **PLACES,
)
async def place_order(request: Request, response: Response, house: Here, caller: Writer, idempotency_key: IdempotencyKey = None) -> Taken:
    """Keep the order's document, then start its life; sending it again is safe.

    201: it lives. 200: it was placed before, with the same content. 202: it is kept, and is placed as soon as its words are mapped or the
    server answers. 409: the order is known with other content. Its form is the JSON Schema at `/schemas/order.json`.
    """
    body = await request.body()
    if body.lstrip()[:1] == b"[":
        raise InputRefused("the document", "it is a list; send one order in a request")
    if caller.bound_to:
        [order] = manual.stated(body)
        may_place(caller, order)
    found = await kept(house, caller, "manual", "orders", body, idempotency_key)
    return await _placed(house, found, response)


@router.post(
    "/channels/generic/{channel}",
    tags=["channels"],
    summary="Place an order of a channel without a connector of its own",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/OrderOfChannel"},
                    "example": {name: value for name, value in examples.ORDER.items() if name != "channel"},
                }
            },
        }
    },
    **PLACES,
)
async def place_generic(
    request: Request, response: Response, house: Here, caller: Writer, channel: Channel, idempotency_key: IdempotencyKey = None
) -> Taken:
    """As `POST /v1/orders`, for whoever speaks for one channel: the order may leave `channel` out, and its words are mapped by channel."""
    body = await request.body()
    may_place(caller, generic.order_of(body, channel))
    found = await kept(house, caller, generic.FORM, "orders", body, idempotency_key, channel)
    return await _placed(house, found, response)


@router.get(
    "/schemas/order.json",
    tags=["channels"],
    summary="The JSON Schema of an order",
    response_class=Response,
    responses={
        200: {"description": "Draft 2020-12.", "content": {SCHEMA_TYPE: {"schema": {"type": "object"}, "example": {"$id": ORDER_ID}}}},
        **refusals(),
    },
)
async def published_schema() -> Response:
    """What an order in our own form has to look like; the same as `oms schema order`. Fields are added in time, never changed."""
    import json

    return Response(json.dumps(order_schema(), indent=2), media_type=SCHEMA_TYPE, headers={"Cache-Control": "max-age=3600"})


@router.get(
    "/v1/orders",
    tags=["orders"],
    summary="List orders",
    responses={200: example(examples.PAGE), **refusals()},
)
async def list_orders(
    house: Here,
    caller: Reader,
    stage: Annotated[Stage | None, Query(description="Only orders at this stage.")] = None,
    customer: Annotated[str | None, Query(max_length=120, description="Only orders of this customer.")] = None,
    channel: Annotated[str | None, Query(max_length=120, description="Only orders of this channel.")] = None,
    since: Annotated[datetime | None, Query(description="Only orders placed then or later; without a zone it is UTC.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Orders on a page.")] = 50,
    after: Annotated[str | None, Query(max_length=400, description="`next` of the page before.")] = None,
) -> OrderPage:
    """Orders by the time they were placed, newest first; an order that is placed while you turn pages moves none of them.

    Those that were taken a moment ago, or while no worker runs, come before all others: their stage is `captured`.
    """
    wanted = reading.OrderFilter(
        stage=stage,
        customer=customer or "",
        channel=channel or "",
        since=since if since is None or since.tzinfo else since.replace(tzinfo=UTC),
        owner=caller.customer,
        of=caller.channel,
    )
    found, cursor = await house.database.read(reading.page, limit, after or "", wanted)
    return OrderPage(orders=tuple(found), next=cursor)


@router.get(
    "/v1/orders/{channel}/{external_id}",
    tags=["orders"],
    summary="Read an order",
    responses={200: example(examples.READ), **refusals(404)},
)
async def read_order(house: Here, caller: Reader, channel: Channel, external_id: ExternalId) -> OrderRead:
    """Everything about one order: lines, shipments, invoices, payments, returns, exceptions, what it waits for and until when."""
    order = f"{channel}/{external_id}"
    await theirs(house, caller, order)
    view = await house.database.read(reading.order_view, order)
    return OrderRead(**{name: getattr(view, name) for name in OrderView.model_fields})


@router.get(
    "/v1/orders/{channel}/{external_id}/timeline",
    tags=["orders"],
    summary="What happened to an order",
    responses={200: example(examples.TIMELINE), **refusals(404)},
)
async def read_timeline(house: Here, caller: Reader, channel: Channel, external_id: ExternalId) -> tuple[AuditView, ...]:
    """Who did what, when, and from which message; oldest first."""
    order = f"{channel}/{external_id}"
    await theirs(house, caller, order)
    await house.database.read(reading.order_view, order)
    return tuple(await house.database.read(reading.audit_trail, order))


async def _placed(house: House, kept: inbox.Kept, response: Response) -> Taken:
    return await placed_from(house, kept.entry, kept.how == "same", response)


async def placed_from(house: House, entry: int, before: bool, response: Response) -> Taken:
    """Hand a kept order over at once, and say what became of it; `before`: its document was here already."""
    try:
        await house.road.hand_over(entry)
    except Unavailable as silent:
        response.status_code = 202
        return Taken(order="", status="kept", entry=entry, reason=str(silent))
    found = await house.database.read(inbox.entry_view, entry)
    if not found.parts:  # it could not be read at all
        place, _, reason = found.reason.partition(": ")
        raise InputRefused(place, reason)
    part = found.parts[0]
    if part.status == "refused":
        raise Answered(problem(409, "conflict", "It is known with other content", part.reason))
    if part.status == "mapping":
        response.status_code = 202
        return Taken(order=part.order, status="waiting", entry=entry, reason=part.reason)
    response.headers["Location"] = f"/v1/orders/{part.order}"
    same = before or bool(part.reason)
    response.status_code = 200 if same else 201
    return Taken(order=part.order, status="same" if same else "placed", entry=entry)


def may_place(caller: Caller, order: PlaceOrder) -> None:
    """Whether who is bound to a channel or a customer speaks for their own."""
    for kind, said in (("channel", order.channel), ("customer", order.customer)):
        bound = caller.bound_to.get(kind, said)
        if said != bound:
            sentence = f"The key is bound to the {kind} {bound}, and the order is of {said!r:.60}."
            raise Answered(problem(403, "not-allowed", "The key does not allow it", sentence))
