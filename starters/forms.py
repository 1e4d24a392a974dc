"""Every form of document that can come in, by its name, and who translates it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.edi_partners import Partners
from domain.quotes import QUOTED
from starters.channels import amazon, generic, manual, messages, shopify_webhooks, tracking, warehouse, woocommerce
from starters.edi.desk import EdiDesk
from starters.edi.partners import partners_of
from starters.files import translate as files
from starters.intake import Translator
from starters.webhooks import stripe

if TYPE_CHECKING:
    from config.settings import Settings

FORMS: Mapping[str, Translator] = {
    "shopify": shopify_webhooks.read,
    "woocommerce": woocommerce.webhook,
    "amazon": amazon.parts,
    "x12": EdiDesk("x12", Partners()),
    "edifact": EdiDesk("edifact", Partners()),
    manual.FORM: manual.parts,
    QUOTED: manual.parts,
    generic.FORM: generic.read,
    "messages": messages.read,
    tracking.FORM: tracking.read,
    warehouse.FORM: warehouse.read,
    stripe.FORM: stripe.parts,
    "csv": files.of_table,
    "xlsx": files.of_table,
    "yaml": files.of_typed,
}


def forms(settings: Settings) -> Mapping[str, Translator]:
    """The forms as this installation reads them: its partners' EDI by their own maps. Raises Refused for maps that cannot be read."""
    partners = partners_of(settings)
    return {**FORMS, "x12": EdiDesk("x12", partners), "edifact": EdiDesk("edifact", partners)}
