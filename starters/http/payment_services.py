"""What payment services tell by themselves: kept as it came, then set against the books."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request

from domain.errors import Refused
from starters.http.answers import refusals
from starters.http.carriers import Accepted
from starters.http.examples import STRIPE_EVENT
from starters.http.house import Here
from starters.http.problems import Answered, problem
from starters.webhooks import stripe

router = APIRouter(prefix="/webhooks")


@router.post(
    "/stripe",
    tags=["webhooks"],
    summary="Take an event of Stripe",
    responses=refusals(),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "description": "An event: docs.stripe.com/api/events/object."},
                    "example": STRIPE_EVENT,
                }
            },
        }
    },
)
async def stripe_event(
    request: Request,
    house: Here,
    stripe_signature: Annotated[
        str, Header(max_length=4_000, description="t=…,v1=…: signed within five minutes, by the old or new secret.")
    ] = "",
) -> Accepted:
    """200 for whatever Stripe has signed, so that it is not sent again: what it means stands in the inbox and in `oms webhook list`.

    400 for what is not signed by one of our secrets within five minutes. An event that comes before its order waits for it.
    """
    body = await request.body()
    try:
        kept = await stripe.keep(house.road, body, stripe_signature, house.now())
    except Refused as wrong:
        raise Answered(problem(400, "bad-signature", "Stripe has not signed it", str(wrong))) from wrong
    await house.road.hand_over(kept.entry)
    return Accepted(entry=kept.entry, repeated=kept.how != "new")
