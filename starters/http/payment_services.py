"""What payment services tell by themselves: kept as it came, then set against the books."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Header, Request

from database import inbox
from domain.errors import Refused
from domain.intake import Delivery
from starters.channels.reading import decoded
from starters.http.answers import refusals
from starters.http.carriers import Accepted
from starters.http.examples import STRIPE_EVENT
from starters.http.house import Here
from starters.http.problems import Answered, problem
from starters.webhooks import stripe
from starters.webhooks.signature import verify

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
        verify(body, stripe_signature, house.settings.stripe_webhook_secrets, house.now())
    except Refused as wrong:
        raise Answered(problem(400, "bad-signature", "Stripe has not signed it", str(wrong))) from wrong
    delivery = Delivery(
        channel=stripe.GATEWAY, delivery=_event_id(body), form=stripe.FORM, topic=_said(body, "type"), body=body, received_at=house.now()
    )
    # Stripe counts its attempts inside the event: the id alone says that it is the same.
    kept = await house.database.transaction(inbox.keep, delivery)
    await house.road.hand_over(kept.entry)
    return Accepted(entry=kept.entry, repeated=kept.how != "new")


def _event_id(body: bytes) -> str:
    return _said(body, "id") or f"sha256:{hashlib.sha256(body).hexdigest()}"


def _said(body: bytes, name: str) -> str:
    """A text at the top of the event, where it can be read."""
    try:
        found = json.loads(decoded(body)).get(name)
    except (Refused, ValueError, RecursionError, AttributeError):
        return ""
    return found if isinstance(found, str) and 0 < len(found) <= 120 and found.isprintable() and found.isascii() else ""
