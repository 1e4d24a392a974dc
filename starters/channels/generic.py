"""One order in our own form from a channel that its address names: the document may leave its channel out."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import InputRefused
from domain.intake import Delivery, OrderIn, Part, Words
from domain.order import PlaceOrder
from starters.channels import manual
from starters.channels.reading import decoded, kind, read_json

FORM = "generic"


def read(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The order of a document whose inbox channel is the sales channel itself."""
    order = order_of(delivery.body, delivery.channel)
    return [OrderIn(place=f"order {order.external_id}", order=order)]


def order_of(body: bytes, channel: str) -> PlaceOrder:
    """Raises InputRefused for what is no order, and for one that names another channel than its address."""
    document = read_json(body)
    if not isinstance(document.value, dict):
        raise InputRefused("the document", f"one order was expected here, not {kind(document.value)}")
    said = document.value.get("channel", channel)
    if said != channel:
        raise InputRefused("channel", f"{said!r:.60} is not the channel of this address, {channel}")
    if "channel" not in document.value:  # into the text as it came: its numbers stay as they were written
        head, brace, rest = decoded(body).partition("{")
        body = f'{head}{brace}"channel": "{channel}"{"," if document.value else ""}{rest}'.encode()
    [order] = manual.stated(body)
    return order
