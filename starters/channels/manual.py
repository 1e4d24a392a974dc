"""An order written in our own form: the fields of `PlaceOrder` as JSON, one order or a list of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from domain.errors import InputRefused
from domain.intake import Delivery, OrderIn, Part, Words
from domain.order import PlaceOrder
from domain.quotes import CHANNEL, QUOTED, is_quote
from starters.channels.bounds import refusal, within_reason
from starters.channels.reading import clean, decoded, read_json

FORM = "manual"

_NAME = re.compile(r"\w{1,60}", re.ASCII)

_ONE, _MANY = TypeAdapter(PlaceOrder), TypeAdapter(list[PlaceOrder])


def read(content: bytes) -> list[PlaceOrder]:
    """The orders in `content`, strict: no text where a number belongs, no field that an order does not have."""
    document = read_json(content)
    _check_texts(document.value)
    text = decoded(content)
    try:
        several = isinstance(document.value, list)
        orders = _MANY.validate_json(text, strict=True) if several else [_ONE.validate_json(text, strict=True)]
    except ValidationError as error:
        raise refusal(error) from None
    if not orders:
        raise InputRefused("the document", "the list of orders is empty")
    written = document.value if isinstance(document.value, list) else [document.value]
    return [within_reason(_to_tax(order, form)) for order, form in zip(orders, written, strict=True)]


def stated(content: bytes) -> list[PlaceOrder]:
    """The orders that somebody outside states, who neither sets our prices nor takes what is set aside for a quote."""
    found = read(content)
    for number, order in enumerate(found):
        _check_stated(order, f"[{number}]." if len(found) > 1 else "")
    return found


def parts(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The orders of a document in our own form."""
    orders = read(delivery.body) if delivery.form == QUOTED else stated(delivery.body)
    return [OrderIn(place=f"order {order.external_id}", order=order) for order in orders]


def _check_stated(order: PlaceOrder, place: str) -> None:
    for i, line in enumerate(order.lines):
        if line.override is not None:
            reason = "a set price is not stated in a document: leave it out, and quote the price, or have it decided when the order asks"
            raise InputRefused(f"{place}lines[{i}].override", reason)
    if order.channel == CHANNEL:
        raise InputRefused(f"{place}channel", f"an order of the channel {CHANNEL!r} comes from the acceptance of its quote alone")
    if is_quote(order.basket):
        raise InputRefused(f"{place}basket", f"{order.basket} is a quote: what is set aside for it goes to the order that it becomes")


def _to_tax(order: PlaceOrder, written: object) -> PlaceOrder:
    """Who leaves out every mention of taxes leaves them to us; an empty list of them says that there are none."""
    if not isinstance(written, dict) or "to_tax" in written or "freight_taxes" in written:
        return order
    lines = written.get("lines")
    stated = any("taxes" in line for line in lines if isinstance(line, dict)) if isinstance(lines, list) else True
    return order if stated else order.model_copy(update={"to_tax": True})


def _check_texts(value: object, place: str = "") -> None:
    if isinstance(value, str):
        clean(value, place or "the document")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not _NAME.fullmatch(name):
                raise InputRefused(place or "the document", f"an order has no field {name!r:.60}")
            _check_texts(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _check_texts(inner, f"{place}[{i}]")
