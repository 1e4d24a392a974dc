"""Our own form of an order as a JSON Schema: what a shop without a connector of its own has to send."""

from __future__ import annotations

from typing import Any

from domain.order import PlaceOrder
from starters.channels.bounds import MOST_MINOR, MOST_UNITS
from starters.http.examples import ORDER

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ORDER_ID = "https://holdfast.example/schemas/order.json"
"""The schema's name; it is served at /schemas/order.json of every installation, and stays compatible: fields are added, never changed."""

OURS = {"OrderLine": ("override", "to_price"), "TaxLine": ("compound", "base")}
"""What our reader knows and no shop says: what people and our own pricing write."""

DESCRIPTIONS = {
    "PlaceOrder": {
        "channel": "The sales channel; with `external_id` it names the order for good.",
        "external_id": "The order's number in the channel: the same number is the same order, however often it is sent.",
        "customer": "Who buys: our customer number, an alias of it, or the sender's own word for it, which a person maps once.",
        "currency": "ISO 4217, of every amount in the order.",
        "lines": "What is ordered.",
        "placed_at": "When the customer placed it, with its time zone.",
        "po_number": "The customer's own purchase order number.",
        "ship_to": "Where the goods go; none: a person is asked before anything is shipped.",
        "bill_to": "Where the invoice goes; none: as the customer has it.",
        "requested_at": "When the customer wants the goods.",
        "shipping_service": "The carrier service that the customer chose.",
        "terms": "prepaid, net14, net30, net60, or the code of terms of your own (`oms terms`).",
        "policy": "Whether it may ship in parts; none: as its customer has it.",
        "priority": "In the backorder queue among customers of one priority; 1 is first, 9 last.",
        "discount": "Taken off the whole order and not spread over its lines.",
        "freight": "What the customer pays for shipping.",
        "freight_taxes": "The taxes on the freight.",
        "taxes_included": "Prices and freight contain their taxes.",
        "to_tax": "Lines and freight that state no taxes get ours; it is so where no tax is mentioned at all.",
        "surcharges": "On the whole order, spread over its lines.",
        "discount_on_freight": "The order's discount is spread over its lines and its freight.",
        "tax_rounding": "How the taxes are rounded.",
        "rounds_to": "Minor units of the smallest coin; the total comes to a multiple of it.",
        "stated_total": "The total that the channel showed its customer: another one than ours is a question to a person.",
        "basket": "The cart or quote it comes from: what was set aside for that is set aside for the order.",
        "payment_reference": "The payment service's token; never card data.",
    },
    "OrderLine": {
        "number": "Of the line, unique in its order; it stays its name.",
        "item": "Our item number, or the sender's own word for it, which a person maps once.",
        "quantity": "Units, whole ones.",
        "unit_price": "In major units, as a text such as 249.00; left out, it is priced here.",
        "discount": "Taken off the whole line.",
        "taxes": "The taxes of the whole line.",
        "description": "In the channel's words.",
        "requested_at": "Its own requested date; none: the order's.",
        "surcharges": "On the whole line.",
    },
    "Address": {
        "name": "Of the recipient.",
        "street": "With the house number.",
        "city": "Town or city.",
        "postcode": "As the country writes it.",
        "region": "State or province.",
        "country": "ISO 3166-1, two letters.",
        "email": "For messages about the order.",
    },
    "TaxLine": {
        "title": "As the document shows it.",
        "rate": "A fraction, as a text: 0.19 is 19 %.",
        "amount": "Of the tax, for the whole line.",
    },
    "Charge": {"title": "As the document shows it.", "amount": "Of the surcharge."},
    "Money": {"minor": "Minor units: 1250 of EUR are 12.50.", "currency": "ISO 4217."},
    "TaxRounding": {"level": "Of a unit, a line or the whole document.", "mode": "What becomes of a half."},
}


def order_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one order, with an example."""
    schema = PlaceOrder.model_json_schema()
    parts = {"PlaceOrder": schema, **schema["$defs"]}
    for name, fields in OURS.items():
        for field in fields:
            del parts[name]["properties"][field]
    del schema["$defs"]["PriceOverride"]
    for name, described in DESCRIPTIONS.items():
        for field, sentence in described.items():
            parts[name]["properties"][field]["description"] = sentence
    for part in parts.values():
        for each in part.get("properties", {}).values():
            each.pop("title", None)
    parts["OrderLine"]["properties"]["quantity"] |= {"minimum": 1, "maximum": MOST_UNITS}
    parts["Money"]["properties"]["minor"] |= {"minimum": -MOST_MINOR, "maximum": MOST_MINOR}
    for name in ("PlaceOrder", "Money"):
        parts[name]["properties"]["currency"] |= {"pattern": "^[A-Z]{3}$"}
    return {"$schema": DIALECT, "$id": ORDER_ID, **schema, "title": "Order", "examples": [ORDER]}
