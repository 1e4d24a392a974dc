"""Our own API: quotes, which are what an order would cost, for so long; accepted, they are orders."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from activities.quote_papers import quote_paper
from database import inbox, quotes
from domain.callers import Caller
from domain.errors import InputRefused, NotFound
from domain.intake import NeedKind, items_mapped
from domain.order import Moment, PlaceOrder
from domain.policies import Policies
from domain.quotes import MakeQuote, QuoteRead, QuoteStatus, QuoteView
from domain.values import Value
from starters.channels import generic
from starters.channels.bounds import refusal
from starters.channels.reading import decoded, kind, read_json, without_control
from starters.http import examples
from starters.http.answers import channel_of, example, refusals
from starters.http.callers import QuoteBuyer, QuoteMaker, QuoteReader
from starters.http.house import Here, House
from starters.http.orders import Taken, may_place, placed_from

router = APIRouter(prefix="/v1/quotes")

CHANNEL = "desk"
"""The channel of what is quoted, where its order names none."""
DAYS, LONGEST = 30, 366
"""For how many days a quote is valid where nobody says, and at most."""

Number = Annotated[str, Path(max_length=40, pattern=r"^Q-[0-9]{6,}$", description="The quote's number.", examples=["Q-000001"])]


class QuoteAsked(Value):
    """What is to be quoted; a line without a price is priced by us, and one with another price than ours is refused."""

    valid_until: Moment | None = Field(default=None, description="Left out: 30 days from now; at most 366.")
    reserve: bool = Field(default=False, description="Set the goods aside until then, all of them or no quote is made.")
    email: bool = Field(default=False, description="Send it to the customer, with its PDF.")


class QuoteMade(QuoteRead):
    """`made`: a new quote; `revised`: a new revision of it; `same`: it was quoted before, and nothing changed."""

    how: str


class QuotePageRead(Value):
    """A page of quotes, newest first; `next` is what `after` is set to for the page that follows."""

    quotes: tuple[QuoteView, ...]
    next: str | None = None


class AcceptanceAsked(Value):
    """How the customer says yes; `revision` is the one that they saw."""

    po_number: str = Field(default="", max_length=100, description="Their purchase order. Left out: as quoted.", examples=["PO-4711"])
    revision: int = Field(default=0, ge=0, le=1_000_000, description="The revision that they saw. Left out: the last.", examples=[1])


class DeclineAsked(Value):
    """Why the customer does not want it."""

    reason: str = Field(default="", max_length=1_000, examples=["Too dear"])


@router.post(
    "",
    tags=["quotes"],
    summary="Quote an order",
    status_code=201,
    response_model=QuoteMade,
    responses={
        200: {
            "model": QuoteMade,
            **example(examples.QUOTE_MADE | {"how": "same"}, description="It was quoted before, or is a new revision."),
        },
        201: example(examples.QUOTE_MADE, description="A new quote."),
        **refusals(404, 409),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/QuoteOrder"}, "example": examples.QUOTE_ASKED}},
        }
    },
)
async def make_quote(request: Request, response: Response, house: Here, caller: QuoteMaker) -> QuoteMade:
    """The order at our prices and taxes, kept as a numbered quote; nothing of it is an order before it is accepted.

    The same again is the same quote. The same `external_id` of a customer with other content, or after its time, is a new revision, and the
    old ones are kept. 409: what validation would ask a person about, all of it named; a price that is not ours; goods that cannot be set
    aside. Prices that are not ours are quoted by people (`oms quote make --because`).
    """
    asked, order = read_asked(await request.body())
    order = await _in_our_words(house, caller, order)
    may_place(caller, order)
    now = house.now()
    until = asked.valid_until or now.replace(microsecond=0) + timedelta(days=DAYS)
    if until > now + timedelta(days=LONGEST):
        raise InputRefused("valid_until", f"a quote is valid for at most {LONGEST} days")
    wanted = MakeQuote(
        stated=order,
        fingerprint=order.fingerprint,
        valid_until=until,
        reserve=asked.reserve,
        email=asked.email,
        tolerance=Policies().price_tolerance,
        at=now,
        actor=caller.name[:120],
    )
    made = await house.database.transaction(quotes.make_quote, wanted)
    page = await house.database.read(quotes.quote_page, made.quote.quote, now)
    response.status_code = 201 if made.how == "made" else 200
    response.headers["Location"] = f"/v1/quotes/{made.quote.quote}"
    return QuoteMade(**dict(QuoteRead.of(page)), how=made.how)


@router.get("", tags=["quotes"], summary="List quotes", responses={200: example(examples.QUOTE_PAGE), **refusals()})
async def list_quotes(
    house: Here,
    caller: QuoteReader,
    status: Annotated[QuoteStatus | None, Query(description="As they stand now.")] = None,
    customer: Annotated[str | None, Query(max_length=120, description="Only of this customer.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Quotes on a page.")] = 50,
    after: Annotated[str | None, Query(max_length=40, pattern=r"^Q-[0-9]{6,}$", description="`next` of the page before.")] = None,
) -> QuotePageRead:
    """Newest first. One whose time is over has lapsed, whoever has looked at it."""
    if caller.customer and customer not in (None, caller.customer):
        return QuotePageRead(quotes=())
    found = await house.database.read(quotes.quotes, house.now(), status, caller.customer or customer or "", limit + 1, after or "")
    return QuotePageRead(quotes=tuple(found[:limit]), next=found[limit - 1].quote if len(found) > limit else None)


@router.get("/{quote}", tags=["quotes"], summary="Read a quote", responses={200: example(examples.QUOTE), **refusals(404)})
async def read_quote(house: Here, caller: QuoteReader, quote: Number) -> QuoteRead:
    """What is offered, until when, and what was offered before."""
    return await _theirs(house, caller, quote)


@router.get(
    "/{quote}/pdf",
    tags=["quotes"],
    summary="The quote on paper",
    response_class=Response,
    responses={
        200: {"description": "What the customer gets.", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(404, 409),
    },
)
async def read_paper(house: Here, caller: QuoteReader, quote: Number) -> Response:
    """Its last revision as PDF."""
    await _theirs(house, caller, quote)
    content = await house.database.read(quote_paper, quote, house.now())
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{quote}.pdf"'})


@router.post(
    "/{quote}/email",
    tags=["quotes"],
    summary="E-mail a quote",
    status_code=202,
    responses={202: example(examples.QUOTE_VIEW | {"mailing": "wanted"}, description="It is sent within seconds."), **refusals(404, 409)},
)
async def email_quote(house: Here, caller: QuoteMaker, quote: Number) -> QuoteView:
    """Send an open quote to its customer with its PDF; again where it was sent before. `mailing` says what became of it."""
    await _theirs(house, caller, quote)
    return await house.database.transaction(quotes.email_quote, quote, house.now(), caller.name[:120])


@router.post(
    "/{quote}/accept",
    tags=["quotes"],
    summary="Accept a quote",
    status_code=201,
    response_model=Taken,
    responses={
        200: {
            "model": Taken,
            **example(examples.QUOTE_ACCEPTED | {"status": "same"}, description="It was accepted before: the same order."),
        },
        201: example(examples.QUOTE_ACCEPTED, description="Its order lives."),
        202: {
            "model": Taken,
            **example(examples.QUOTE_ACCEPTED | {"status": "kept"}, description="Accepted; its order begins when the server answers."),
        },
        **refusals(404, 409),
    },
)
async def accept_quote(response: Response, house: Here, caller: QuoteBuyer, quote: Number, asked: AcceptanceAsked) -> Taken:
    """The quote becomes an order at its prices, once, however often it is accepted.

    409 for one that has lapsed, was declined, or has another revision than the one that the customer saw.
    """
    without_control(asked.model_dump(mode="json"))
    await _theirs(house, caller, quote)
    found = await house.database.transaction(quotes.accept_quote, quote, house.now(), caller.name[:120], asked.po_number, asked.revision)
    taken = await placed_from(house, found.entry, found.how == "same", response)
    return taken.model_copy(update={"order": found.order})


@router.post(
    "/{quote}/decline",
    tags=["quotes"],
    summary="Decline a quote",
    responses={200: example(examples.QUOTE_VIEW | {"status": "declined", "reason": "Too dear"}), **refusals(404, 409)},
)
async def decline_quote(house: Here, caller: QuoteBuyer, quote: Number, asked: DeclineAsked) -> QuoteView:
    """The customer does not want it; what was set aside is free again. Declined twice is declined once."""
    without_control(asked.model_dump(mode="json"))
    await _theirs(house, caller, quote)
    return await house.database.transaction(quotes.decline_quote, quote, asked.reason, house.now(), caller.name[:120])


async def _theirs(house: House, caller: Caller, quote: str) -> QuoteRead:
    """Raises NotFound also for another's quote: not even its being is told."""
    page = await house.database.read(quotes.quote_page, quote, house.now())
    if caller.customer and page.quote.customer != caller.customer:
        raise NotFound("quote", quote)
    return QuoteRead.of(page)


def read_asked(body: bytes) -> tuple[QuoteAsked, PlaceOrder]:
    """What is asked and the order itself, each read strictly. Raises InputRefused."""
    document = read_json(body)
    if not isinstance(document.value, dict):
        raise InputRefused("the document", f"an object was expected here, not {kind(document.value)}")
    exact = json.loads(decoded(body))
    if not isinstance(exact.get("order"), dict):
        raise InputRefused("order", f"an order was expected here, not {kind(exact.get('order'))}" if "order" in exact else "it is missing")
    stated = exact.pop("order")
    try:
        asked = TypeAdapter(QuoteAsked).validate_json(json.dumps(exact), strict=True)
    except ValidationError as wrong:
        raise refusal(wrong) from None
    try:
        return asked, generic.order_of(json.dumps(stated).encode(), str(stated.get("channel", CHANNEL)))
    except InputRefused as refused:
        raise InputRefused(f"order.{refused.place}", refused.reason) from None


async def _in_our_words(house: House, caller: Caller, order: PlaceOrder) -> PlaceOrder:
    """The order with the sender's words for items and customer mapped, as far as somebody has mapped them."""
    channel = channel_of(caller)
    items = await house.database.read(inbox.meanings, channel, NeedKind.ITEM, [line.item for line in order.lines])
    buyers = await house.database.read(inbox.meanings, channel, NeedKind.CUSTOMER, [order.customer])
    return items_mapped(order, items).model_copy(update={"customer": buyers.get(order.customer, order.customer)})
