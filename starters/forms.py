"""Every form of document that can come in, by its name, and who translates it."""

from __future__ import annotations

from collections.abc import Mapping

from starters.channels import manual, messages, shopify, x12
from starters.intake import Translator, orders_of

FORMS: Mapping[str, Translator] = {
    "shopify": orders_of(shopify.read),
    "x12": orders_of(x12.read),
    "manual": orders_of(manual.read),
    "messages": messages.read,
}
