"""Every form of document that can come in, by its name, and who translates it."""

from __future__ import annotations

from collections.abc import Mapping

from domain.edi_partners import Partners
from starters.channels import amazon, generic, manual, messages, shopify_webhooks, tracking, warehouse, woocommerce
from starters.edi import parts as edi
from starters.files import translate as files
from starters.intake import Translator, orders_of
from starters.webhooks import stripe

FORMS: Mapping[str, Translator] = {
    "shopify": shopify_webhooks.read,
    "woocommerce": woocommerce.webhook,
    "amazon": amazon.parts,
    "x12": edi.translator("x12", Partners()),
    "edifact": edi.translator("edifact", Partners()),
    "manual": orders_of(manual.read),
    generic.FORM: generic.read,
    "messages": messages.read,
    tracking.FORM: tracking.read,
    warehouse.FORM: warehouse.read,
    stripe.FORM: stripe.parts,
    "csv": files.of_table,
    "xlsx": files.of_table,
    "yaml": files.of_typed,
}
