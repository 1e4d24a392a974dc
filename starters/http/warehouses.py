"""What a warehouse's own system says of its work: picked, packed, counted; answered with what became of it, or with what was expected."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from database import inbox
from database.tables import Location
from domain.errors import NotFound, Unavailable
from domain.intake import Delivery
from domain.values import Value
from starters.channels import warehouse
from starters.http.answers import refusals
from starters.http.callers import Warehouse
from starters.http.examples import FACTS_OF_A_WAREHOUSE
from starters.http.house import Here
from starters.http.problems import Answered, Place, problem

router = APIRouter(prefix="/warehouses")


class FactTaken(Value):
    """`done`: its order knows it, or the books do; `parked`: it waits for its order; `kept`: it is told as soon as the server answers."""

    id: str = Field(examples=["WMS-20931"])
    entry: int = Field(description="Its document in the inbox.", examples=[4711])
    status: Literal["done", "parked", "kept"]
    detail: str = Field(default="", examples=["CT-000012: 9 counted, 10 expected, -1 booked"])


@router.post(
    "/{location}/facts",
    tags=["warehouses"],
    summary="Say what a warehouse has done",
    response_model=FactTaken,
    responses={
        200: {"description": "It is done, also when it was said before."},
        202: {"model": FactTaken, "description": "It is kept and waits for its order or for the server."},
        **refusals(404, 409),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WarehouseFact"}, "examples": FACTS_OF_A_WAREHOUSE}},
        }
    },
)
async def warehouse_fact(
    request: Request,
    response: Response,
    house: Here,
    caller: Warehouse,
    location: Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", examples=["BERLIN"])],
) -> FactTaken:
    """The same `id` is the same fact, however often it is sent; under another content it is a conflict (409).

    What does not fit what the warehouse was asked for is refused (422) with what was expected. A count within the tolerance is booked, a
    larger difference waits for a second person.
    """
    if caller.location and caller.location != location:
        raise Answered(problem(403, "not-allowed", "The key does not allow it", f"The key speaks for {caller.location} alone."))
    if await house.database.read(lambda session: session.get(Location, location)) is None:
        raise NotFound("location", location)
    body = await request.body()
    said = warehouse.fact_of(body)
    delivery = Delivery(
        channel=f"warehouse/{location}", delivery=said.id, form=warehouse.FORM, topic=said.fact, body=body, received_at=house.now()
    )
    kept = await house.road.keep(delivery)
    response.status_code = 202
    try:
        await house.road.hand_over(kept.entry)
    except Unavailable as silent:
        return FactTaken(id=said.id, entry=kept.entry, status="kept", detail=str(silent))
    found = await house.database.read(inbox.entry_view, kept.entry)
    [part] = found.parts
    if part.status == "refused":
        place = (Place(place=part.place, reason=part.reason),)
        raise Answered(problem(422, "input-refused", "It does not fit what was asked for", part.reason, place))
    if part.status == "done":
        response.status_code = 200
    return FactTaken.model_validate({"id": said.id, "entry": kept.entry, "status": part.status, "detail": part.reason})
