"""A file comes in: which channel wrote it shows in its content, and its orders come out or one sentence why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.errors import InputRefused
from domain.order import PlaceOrder
from starters.channels import amazon, manual, shopify, woocommerce, x12
from starters.channels.reading import decoded, read_json

LARGEST = 5_000_000
"""Bytes; the largest real orders are a few hundred kilobytes."""

CHANNELS: Mapping[str, Callable[[bytes], list[PlaceOrder]]] = {
    "shopify": shopify.read,
    "woocommerce": woocommerce.read,
    "amazon": amazon.read,
    "x12": x12.read,
    "manual": manual.read,
}
"""Every form of order that can be read, by the name of its channel."""


def recognise(content: bytes, name: str = "", channel: str | None = None) -> list[PlaceOrder]:
    """The orders in `content`, one at least; `channel` forces a form, otherwise the content shows it.

    InputRefused says the place and the reason; its place begins with `name` (the file's) where there is one.
    """
    try:
        if len(content) > LARGEST:
            raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {LARGEST:,} are read")
        if channel is not None and channel not in CHANNELS:
            raise InputRefused("the channel", f"{channel!r:.40} is not one of {', '.join(CHANNELS)}")
        return CHANNELS[channel or channel_of(content)](content)
    except InputRefused as refused:
        raise InputRefused(f"{name}, {refused.place}", refused.reason) if name else refused from None


TABLES, TYPED = (".csv", ".tsv", ".txt", ".tab"), (".yaml", ".yml")
"""Ends of the names of files that people make: their content says little of what they are."""


def form_of(content: bytes, name: str = "") -> str:
    """Which of all forms `content` is in; `name` tells tables from typed orders. InputRefused when nothing tells."""
    end = name.lower()[name.rfind(".") :] if "." in name else ""
    if content.startswith(b"PK\x03\x04"):
        return "xlsx"
    if end in TABLES and not _begins_as_document(content):
        return "csv"
    if end in TYPED:
        return "yaml"
    if content.startswith((b"UNA", b"UNB")):
        return "edifact"
    return channel_of(content)


def _begins_as_document(content: bytes) -> bool:
    """Shop orders and EDI come in text files, too."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:3]
    return start[:1] in (b"{", b"[") or start in (b"ISA", b"UNA", b"UNB")


def channel_of(content: bytes) -> str:
    """The name of the channel that wrote `content`; InputRefused when nothing in it tells."""
    start = decoded(content).lstrip()[:3]
    if not start:
        raise InputRefused("the document", "it is empty")
    if start == "ISA":
        return "x12"
    document = read_json(content).value
    if isinstance(document, list):
        return "woocommerce" if any(_is_woocommerce(entry) for entry in document) else "manual"
    if isinstance(document, dict):
        inner = document.get("order", document)
        several = document.get("orders")
        first = several[0] if isinstance(several, list) and several else inner
        if isinstance(first, dict) and {"orderId", "orderItems"} & first.keys():
            return "amazon"
        if _is_woocommerce(document):
            return "woocommerce"
        if "orders" in document or (isinstance(inner, dict) and "line_items" in inner):
            return "shopify"
        if "lines" in document:
            return "manual"
    raise InputRefused(
        "the document",
        "it is neither an X12 interchange (ISA), nor an order of Shopify or WooCommerce (line_items), nor of Amazon (orderItems), "
        "nor of our own form (lines)",
    )


def _is_woocommerce(document: object) -> bool:
    """Both name their lines `line_items`; only WooCommerce says times in UTC under a name of their own."""
    return isinstance(document, dict) and "line_items" in document and "date_created_gmt" in document
