"""Webhooks out, asked for by machines: subscribe, look, pause, rotate the secret, replay what nobody took."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from database import subscriptions, webhook_deliveries
from database.subscriptions import SubscriptionView
from database.webhook_deliveries import DeliveryView
from domain.callers import Caller, Scope
from domain.errors import InputRefused, NotFound, Unavailable
from domain.values import Value
from domain.webhooks import LONGEST_URL
from starters import subscribing
from starters.announcing import ring
from starters.http import examples
from starters.http.answers import example, refusals
from starters.http.callers import needs
from starters.http.house import Here, House
from starters.subscribing import Subscribed

router = APIRouter(prefix="/v1/subscriptions")

Subscriber = Annotated[Caller, Depends(needs(Scope.SUBSCRIPTIONS, "customer", "channel", "location"))]
Name = Annotated[str, Path(max_length=40, pattern="^sub_[0-9a-f]{16}$", description="The subscription.", examples=["sub_0123456789abcdef"])]
PAUSED = examples.SUBSCRIPTION | {"status": "paused", "reason": "paused by key:web-shop", "waiting": 3}
ROTATED = examples.SUBSCRIBED | {"subscription": examples.SUBSCRIPTION | {"old_until": "2026-11-24T12:00:00Z"}}
MOST_OF_ONE = 50
"""Subscriptions that one caller may have."""


class Subscribe(Value):
    """Where to listen, and what for: names of events, beginnings such as `shipment.*`, or `*`."""

    url: str = Field(max_length=LONGEST_URL, examples=["https://shop.example/webhooks"])
    events: tuple[str, ...] = Field(min_length=1, max_length=50, examples=[["order.accepted", "shipment.*"]])
    name: str = Field(default="", max_length=100)
    contact: str = Field(default="", max_length=200, description="The e-mail address that is told when the subscription is disabled.")


class Replay(Value):
    """Deliveries by their webhook-id; none: all dead letters."""

    deliveries: tuple[str, ...] = Field(default=(), max_length=200, examples=[["msg_344c9d51d1a0d4ec100616b17242997f"]])


class OnTheirWay(Value):
    """How many events are sent again."""

    events: int


@router.post(
    "", tags=["subscriptions"], summary="Subscribe", status_code=201, responses={201: example(examples.SUBSCRIBED), **refusals(409)}
)
async def subscribe(house: Here, caller: Subscriber, asked: Subscribe) -> Subscribed:
    """You hear of what happens from now on. The answer has the secret, which is never shown again; docs/webhooks.md says how to verify."""
    for name in asked.events:
        if "," in name:
            raise InputRefused("events", f"{name!r:.60} holds a comma; name each event by itself")
    mine = [each for each in await house.database.read(subscriptions.all_of) if each.owner == caller.name]
    if len(mine) >= MOST_OF_ONE:
        raise InputRefused("url", f"there are {len(mine)} subscriptions of yours already; remove one first")
    return await subscribing.subscribe(
        house.database,
        house.settings,
        asked.url,
        ",".join(asked.events),
        caller.name,
        name=asked.name,
        contact=asked.contact,
        bound_to=caller.bound_to,
    )


@router.get("", tags=["subscriptions"], summary="List subscriptions", responses={200: example([examples.SUBSCRIPTION]), **refusals()})
async def list_subscriptions(house: Here, caller: Subscriber) -> tuple[SubscriptionView, ...]:
    """All of them; a caller who is bound to a customer, a channel or a location sees those that are bound to the same."""
    return tuple(await house.database.read(subscriptions.all_of, caller.bound_to))


@router.get(
    "/{subscription}",
    tags=["subscriptions"],
    summary="Read a subscription",
    responses={200: example(examples.SUBSCRIPTION), **refusals(404)},
)
async def read_subscription(house: Here, caller: Subscriber, subscription: Name) -> SubscriptionView:
    """Where it goes, whether anything is sent, what waits and what is dead."""
    return await _mine(house, caller, subscription)


@router.delete("/{subscription}", tags=["subscriptions"], summary="Unsubscribe", status_code=204, responses=refusals(404))
async def remove_subscription(house: Here, caller: Subscriber, subscription: Name) -> Response:
    """Nothing is told any more; what waited is forgotten."""
    await _mine(house, caller, subscription)
    await house.database.transaction(subscriptions.remove, subscription)
    return Response(status_code=204)


@router.post("/{subscription}/pause", tags=["subscriptions"], summary="Pause", responses={200: example(PAUSED), **refusals(404)})
async def pause_subscription(house: Here, caller: Subscriber, subscription: Name) -> SubscriptionView:
    """Nothing is sent until it is resumed; what happens meanwhile waits."""
    await _mine(house, caller, subscription)
    await house.database.transaction(subscriptions.pause, subscription, f"paused by {caller.name}")
    return await _mine(house, caller, subscription)


@router.post(
    "/{subscription}/resume", tags=["subscriptions"], summary="Resume", responses={200: example(examples.SUBSCRIPTION), **refusals(404)}
)
async def resume_subscription(house: Here, caller: Subscriber, subscription: Name) -> SubscriptionView:
    """Also one that was disabled because its address failed; what waited is sent first."""
    await _mine(house, caller, subscription)
    await house.database.transaction(subscriptions.resume, subscription, house.now())
    await _ring(house, subscription)
    return await _mine(house, caller, subscription)


@router.post(
    "/{subscription}/rotate", tags=["subscriptions"], summary="Rotate the secret", responses={200: example(ROTATED), **refusals(404, 409)}
)
async def rotate_secret(house: Here, caller: Subscriber, subscription: Name) -> Subscribed:
    """A new secret, shown once; for a day the one before signs too."""
    await _mine(house, caller, subscription)
    return await subscribing.rotate(house.database, house.settings, subscription)


@router.post(
    "/{subscription}/test",
    tags=["subscriptions"],
    summary="Send a test event",
    status_code=202,
    responses={202: example({"events": 1}), **refusals(404, 409)},
)
async def test_subscription(house: Here, caller: Subscriber, subscription: Name) -> OnTheirWay:
    """A `webhook.test` goes the way of all events."""
    await _mine(house, caller, subscription)
    await subscribing.send_test(house.database, subscription)
    await _ring(house, subscription)
    return OnTheirWay(events=1)


@router.get(
    "/{subscription}/deliveries",
    tags=["subscriptions"],
    summary="What was sent",
    responses={200: example([examples.DELIVERY]), **refusals(404)},
)
async def list_deliveries(
    house: Here,
    caller: Subscriber,
    subscription: Name,
    status: Annotated[str, Query(pattern="^(pending|sent|dead)?$", description="Only these; `dead` are the dead letters.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[DeliveryView, ...]:
    """The latest first, each with its last answer."""
    await _mine(house, caller, subscription)
    return tuple(await house.database.read(webhook_deliveries.deliveries, subscription, status, limit))


@router.post(
    "/{subscription}/replay",
    tags=["subscriptions"],
    summary="Send again",
    status_code=202,
    responses={202: example({"events": 2}), **refusals(404, 409)},
)
async def replay_deliveries(house: Here, caller: Subscriber, subscription: Name, asked: Replay) -> OnTheirWay:
    """Dead letters, or the deliveries that are named, under the same webhook-ids."""
    await _mine(house, caller, subscription)
    count = await house.database.transaction(webhook_deliveries.replay, subscription, asked.deliveries, house.now())
    await _ring(house, subscription)
    return OnTheirWay(events=count)


async def _mine(house: House, caller: Caller, subscription: str) -> SubscriptionView:
    """Raises NotFound also for one that is not the caller's to see."""
    found = await house.database.read(subscriptions.view, subscription)
    if any(getattr(found, kind) != value for kind, value in caller.bound_to.items()):
        raise NotFound("subscription", subscription)
    return found


async def _ring(house: House, subscription: str) -> None:
    """Have it sent at once; without a server the announcer sees to it when it is back."""
    try:
        await ring(house.client, [subscription])
    except Unavailable:
        return
