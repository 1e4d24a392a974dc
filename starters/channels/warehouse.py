"""What a warehouse's own system tells: {"id", "fact": "picked" | "packed" | "counted", ...}, one fact in a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.errors import InputRefused
from domain.intake import CountedIn, Delivery, MessageIn, Part, Words
from domain.messages import LineQuantity, Packed, Parcel, PickConfirmed
from domain.order import Moment
from domain.values import Value
from starters.channels.bounds import refusal
from starters.channels.reading import decoded, kind, read_json, without_control

FORM = "warehouse"

OrderKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}/[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}$")]


class _Fact(Value):
    id: Annotated[str, Field(min_length=1, max_length=120, description="The warehouse's own id of it: the same id is the same fact.")]
    occurred_at: Annotated[Moment, Field(description="When it was done, with its time zone.")]


class PickedFact(_Fact):
    """These quantities were taken from their bins; a line of which nothing was there is stated with 0."""

    fact: Literal["picked"]
    order: OrderKey
    shipment: int = Field(ge=1)
    lines: tuple[LineQuantity, ...] = Field(min_length=1, max_length=2_000)


class PackedFact(_Fact):
    """The picked goods are in these parcels; weights in grams, sizes in millimetres."""

    fact: Literal["packed"]
    order: OrderKey
    shipment: int = Field(ge=1)
    parcels: tuple[Parcel, ...] = Field(min_length=1, max_length=1_000)


class CountedFact(_Fact):
    """So many units lie in a bin: by a count that was asked for (`task`), or by one of the warehouse's own (`item`, `bin`, `lot`)."""

    fact: Literal["counted"]
    quantity: int = Field(ge=0, le=10_000_000)
    task: Annotated[str, Field(max_length=120)] = ""
    item: Annotated[str, Field(max_length=120)] = ""
    bin: Annotated[str, Field(max_length=100)] = ""
    lot: Annotated[str, Field(max_length=100)] = ""


WarehouseFact = Annotated[PickedFact | PackedFact | CountedFact, Field(discriminator="fact")]
FACT: TypeAdapter[PickedFact | PackedFact | CountedFact] = TypeAdapter(WarehouseFact)


def fact_of(body: bytes) -> PickedFact | PackedFact | CountedFact:
    """The fact in a document. Raises InputRefused with its place."""
    document = read_json(body)
    if not isinstance(document.value, dict):
        raise InputRefused("the document", f"an object was expected here, not {kind(document.value)}")
    without_control(document.value)
    try:
        said = FACT.validate_json(decoded(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            raise InputRefused("fact", "picked, packed or counted was expected here") from None
        found = refusal(error)
        place = found.place.removeprefix(f"{document.value.get('fact')}.")
        raise InputRefused(place, "a fact has no such field" if first["type"] == "extra_forbidden" else found.reason) from None
    if isinstance(said, CountedFact) and bool(said.task) == bool(said.item and said.bin):
        raise InputRefused("task", "state either the count that was asked for (task), or item and bin")
    return said


def read(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The one fact of a document; the channel is `warehouse/{location}`."""
    said, location = fact_of(delivery.body), delivery.channel.rpartition("/")[2]
    if isinstance(said, CountedFact):
        fields = said.model_dump(include={"task", "item", "bin", "lot", "quantity", "occurred_at"})
        return [CountedIn(place=f"count {said.id}", location=location, actor=delivery.channel, **fields)]
    stamp = {"message_id": f"{delivery.channel}/{said.id}"[:200], "occurred_at": said.occurred_at, "actor": delivery.channel}
    message = (
        PickConfirmed.model_validate(stamp | {"shipment": said.shipment, "lines": said.lines})
        if isinstance(said, PickedFact)
        else Packed.model_validate(stamp | {"shipment": said.shipment, "parcels": said.parcels})
    )
    return [MessageIn(place=f"{said.fact} {said.id}", order=said.order, message=message, location=location)]
