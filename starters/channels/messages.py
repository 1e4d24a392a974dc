"""Messages to orders, in our own form: {"order": "web/7001", "name": "delivery_confirmed", "message": {...}}, one or a list of them.

`message_id`, `occurred_at` and `actor` may be left out: they are then the delivery's own, so that a repeat is the same message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import ValidationError

from domain.errors import InputRefused
from domain.intake import Delivery, MessageIn, Part, RefusedIn, Words
from domain.messages import FACTS, REQUESTS, parse_message
from starters.channels.bounds import refusal
from starters.channels.reading import Node, decoded, kind, read_json, without_control

MOST = 1_000
"""Messages of one document."""


def read(delivery: Delivery, words: Words) -> Sequence[Part]:
    """Each message by itself: one that cannot be read keeps no other out."""
    document = read_json(delivery.body)
    exact = json.loads(decoded(delivery.body))  # numbers as they were written, for the models to judge
    if isinstance(document.value, list):
        if not 0 < len(document.value) <= MOST:
            raise InputRefused("the document", f"it has {len(document.value)} messages; from 1 to {MOST} are taken")
        return [_message(Node(value, f"[{i}]"), exact[i], _stamp(delivery, f"/{i}")) for i, value in enumerate(document.value)]
    return [_message(document, exact, _stamp(delivery))]


def _stamp(delivery: Delivery, number: str = "") -> dict[str, str]:
    channel = delivery.channel
    message_id = f"{channel}/{delivery.delivery}{number}"
    return {"message_id": message_id[:200], "occurred_at": delivery.received_at.isoformat(), "actor": channel}


def _message(node: Node, exact: object, stamp: dict[str, str]) -> Part:
    place = node.place or "the message"
    try:
        if not isinstance(exact, dict):
            raise InputRefused(place, f"an object was expected here, not {kind(node.value)}")
        order, name = node.text("order"), node.text("name")
        if order.count("/") != 1:
            raise InputRefused(node.child("order").place, f"{order!r:.60} does not name an order as channel/external id")
        if name not in FACTS and name not in REQUESTS:
            raise InputRefused(node.child("name").place, f"{name!r:.60} is no message; they are {', '.join([*FACTS, *REQUESTS])}")
        said = exact.get("message")
        if not isinstance(said, dict):
            raise InputRefused(node.child("message").place, f"an object was expected here, not {kind(said)}")
        without_control(said, node.child("message").place)
        unclaimed: dict[str, list[str]] = {"roles": []} if name in REQUESTS else {}  # a role is looked up by us, never claimed from outside
        try:
            message = parse_message(name, json.dumps(stamp | said | unclaimed).encode())
        except ValidationError as error:
            found = refusal(error)
            raise InputRefused(f"{node.child('message').place}.{found.place}", found.reason) from None
    except InputRefused as refused:
        return RefusedIn(place=refused.place, reason=refused.reason)
    return MessageIn(place=place, order=order, message=message)
