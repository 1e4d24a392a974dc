"""What carriers saw, in our own form: {"events": [{"id", "tracking_number", "status", "occurred_at", ...}]}.

The carrier knows a parcel by its tracking number alone. The same `id` is the same event, however often and in whatever delivery it comes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError

from domain.errors import InputRefused, Refused
from domain.intake import Delivery, Part, RefusedIn, SeenIn, Words
from domain.messages import CarrierStatus, Text
from domain.order import Moment
from domain.tracking_numbers import read_tracking_number
from domain.values import Value
from starters.channels.bounds import refusal
from starters.channels.reading import Node, clean, decoded, kind, read_json

FORM = "tracking"
MOST = 1_000
"""Events of one document."""


class TrackingEvent(Value):
    """What a carrier saw of one parcel. Events may come late, twice and in any order: what counts is when they happened."""

    id: Annotated[str, Field(min_length=1, max_length=120, description="The carrier's own id of the event: the same id is the same event.")]
    tracking_number: Annotated[str, Field(min_length=1, max_length=60, description="As it stands on the label; blanks do not count.")]
    status: CarrierStatus
    occurred_at: Annotated[Moment, Field(description="When it was seen, with its time zone.")]
    detail: Annotated[Text, Field(description="In the carrier's words.")] = ""
    expected_at: Annotated[Moment | None, Field(description="The newly expected delivery, where there is one.")] = None
    signed_by: Annotated[str, Field(max_length=200, description="Who took the goods, when they were delivered.")] = ""


class TrackingEvents(Value):
    """What a carrier sends: one event or many."""

    events: Annotated[tuple[TrackingEvent, ...], Field(min_length=1, max_length=MOST)]


def read(delivery: Delivery, words: Words) -> Sequence[Part]:
    """Each event by itself: one that cannot be read keeps no other out. The channel is `carrier/{name}`."""
    document = read_json(delivery.body)
    exact = json.loads(decoded(delivery.body))
    events = document.child("events")
    if not isinstance(events.value, list) or not 0 < len(events.value) <= MOST:
        raise InputRefused(events.place, f"a list of 1 to {MOST:,} events was expected here")
    if stranger := next((name for name in exact if name != "events"), None):
        raise InputRefused("the document", f"it has no field {stranger!r:.60}")
    carrier = delivery.channel.rpartition("/")[2]
    return [_event(Node(value, f"events[{i}]"), exact["events"][i], carrier) for i, value in enumerate(events.value)]


def _event(node: Node, exact: Any, carrier: str) -> Part:
    try:
        if not isinstance(exact, dict):
            raise InputRefused(node.place, f"an object was expected here, not {kind(node.value)}")
        try:
            event = TrackingEvent.model_validate_json(json.dumps(exact), strict=True)
        except ValidationError as error:
            found = refusal(error)
            reason = "an event has no such field" if error.errors()[0]["type"] == "extra_forbidden" else found.reason
            raise InputRefused(f"{node.place}.{found.place}", reason) from None
        try:
            number = read_tracking_number(event.tracking_number, carrier).number
        except Refused as wrong:
            raise InputRefused(f"{node.place}.tracking_number", str(wrong).rstrip(".")) from None
        return SeenIn(
            place=node.place,
            carrier=carrier,
            tracking=number,
            message_id=f"{carrier}/{clean(event.id, f'{node.place}.id')}",
            occurred_at=event.occurred_at,
            actor=carrier,
            status=event.status,
            detail=clean(event.detail, f"{node.place}.detail"),
            expected_at=event.expected_at,
            signed_by=clean(event.signed_by, f"{node.place}.signed_by"),
        )
    except InputRefused as refused:
        return RefusedIn(place=refused.place, reason=refused.reason)
