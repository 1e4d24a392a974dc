"""What carriers tell by themselves: events signed as Standard Webhooks has it, kept at once, told to the orders whose parcels they saw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import Field

from domain.errors import Refused
from domain.intake import Delivery
from domain.values import Value
from starters.channels import tracking
from starters.http.answers import refusals
from starters.http.examples import TRACKING
from starters.http.house import Here
from starters.http.problems import Answered, problem
from starters.webhooks import standard

router = APIRouter(prefix="/webhooks")


class Accepted(Value):
    """The document is kept: what becomes of its parts is to be seen at `/v1/inbox/{entry}`."""

    entry: int = Field(description="Its number in the inbox.", examples=[4711])
    repeated: bool = Field(default=False, description="It was delivered before.")


@router.post(
    "/carriers/{carrier}",
    tags=["webhooks"],
    summary="Tell what a carrier saw",
    status_code=202,
    responses=refusals(404, 409),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TrackingEvents"}, "example": TRACKING}},
        }
    },
)
async def carrier_events(
    request: Request,
    house: Here,
    carrier: Annotated[
        str, Path(max_length=60, pattern="^[a-z0-9][a-z0-9-]*$", description="As OMS_CARRIER_WEBHOOK_SECRETS has it.", examples=["ups"])
    ],
    webhook_id: Annotated[str, Header(max_length=160, description="The delivery's id: the same one is the same delivery.")] = "",
    webhook_timestamp: Annotated[str, Header(max_length=12, description="Seconds since 1970; at most five minutes from now.")] = "",
    webhook_signature: Annotated[str, Header(max_length=4_000, description="`v1,` and the base64 of HMAC-SHA256 over id.time.body.")] = "",
) -> Accepted:
    """Signed as [Standard Webhooks](https://www.standardwebhooks.com) has it, with a secret of this carrier.

    A parcel is known by its tracking number; one that nobody has shipped yet waits until somebody does. Events may come late, twice and in
    any order: what counts is when they happened.
    """
    secrets = house.settings.carrier_secrets.get(carrier)
    if secrets is None:
        raise Answered(problem(404, "not-found", "There is no such carrier", f"No secret is set for the carrier {carrier}."))
    body = await request.body()
    try:
        message = standard.verified(body, request.headers, secrets, house.now())
    except Refused as wrong:
        raise Answered(problem(401, "bad-signature", "Nobody knows who says it", str(wrong))) from wrong
    delivery = Delivery(channel=f"carrier/{carrier}", delivery=message, form=tracking.FORM, body=body, received_at=house.now())
    kept = await house.road.keep(delivery)
    house.wake.set()
    tracking.read(delivery, {})  # what cannot be read at all is said at once; it is refused in the inbox as well
    return Accepted(entry=kept.entry, repeated=kept.how == "same")
