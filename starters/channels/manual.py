"""An order written in our own form: the fields of `PlaceOrder` as JSON, one order or a list of them."""

from __future__ import annotations

import re

from pydantic import TypeAdapter, ValidationError

from domain.errors import InputRefused
from domain.order import PlaceOrder
from starters.channels.bounds import refusal, within_reason
from starters.channels.reading import clean, decoded, read_json

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
