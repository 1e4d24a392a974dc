"""What our API's description shows: documents that a newcomer can send as they are."""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {
    "channel": "web",
    "external_id": "7001",
    "customer": "C-1001",
    "currency": "EUR",
    "lines": [{"number": 1, "item": "GRD-200", "quantity": 2, "unit_price": "249.00", "discount": {"minor": 0, "currency": "EUR"}}],
    "placed_at": "2026-11-23T12:00:00Z",
    "ship_to": {"name": "Kaffeekontor Nord", "street": "Speicherstr. 4", "city": "Hamburg", "postcode": "20457", "country": "DE"},
    "terms": "net30",
    "discount": {"minor": 0, "currency": "EUR"},
    "freight": {"minor": 590, "currency": "EUR"},
}

TAKEN: dict[str, Any] = {"order": "web/7001", "status": "placed", "entry": 4711, "reason": ""}

MESSAGES: dict[str, Any] = {
    "delivery_confirmed": {
        "summary": "A fact: someone took the goods",
        "value": {"shipment": 1, "signed_by": "A. Byron", "occurred_at": "2026-11-25T09:30:00Z"},
    },
    "cancel_order": {"summary": "A request: stop what has not shipped", "value": {"reason": "Ordered twice"}},
    "amend_order": {"summary": "A request: change quantities", "value": {"quantities": [{"line": 1, "quantity": 1}]}},
}

TOLD: dict[str, Any] = {"entry": 4712, "status": "done", "reason": ""}

RECEIPT: dict[str, Any] = {
    "message_id": "api/key:web-shop/web/7001/cancel_order/6d1f",
    "name": "cancel_order",
    "recorded_at": "2026-11-25T09:31:02Z",
}

RETURN: dict[str, Any] = {
    "lines": [{"line": 1, "quantity": 1}],
    "kind": "refund",
    "reason": "Too loud",
    "wish": {"because": "changed_mind"},
}

TRACKING: dict[str, Any] = {
    "events": [
        {
            "id": "E-90211",
            "tracking_number": "PW77148271903",
            "status": "delayed",
            "occurred_at": "2026-11-25T09:30:00Z",
            "detail": "Snow on the road to Hamburg",
            "expected_at": "2026-11-27T17:00:00Z",
        },
        {
            "id": "E-90377",
            "tracking_number": "PW77148271903",
            "status": "delivered",
            "occurred_at": "2026-11-27T10:12:00Z",
            "signed_by": "A. Byron",
        },
    ]
}

FACTS_OF_A_WAREHOUSE: dict[str, Any] = {
    "picked": {
        "summary": "Goods were taken from their bins",
        "value": {
            "id": "WMS-20931",
            "fact": "picked",
            "order": "web/7001",
            "shipment": 1,
            "lines": [{"line": 1, "quantity": 2}],
            "occurred_at": "2026-11-24T10:05:00Z",
        },
    },
    "packed": {
        "summary": "They are in parcels",
        "value": {
            "id": "WMS-20944",
            "fact": "packed",
            "order": "web/7001",
            "shipment": 1,
            "parcels": [{"number": 1, "weight_g": 4600, "contents": [{"line": 1, "quantity": 2}], "size": [400, 300, 250]}],
            "occurred_at": "2026-11-24T10:21:00Z",
        },
    },
    "counted": {
        "summary": "A bin was counted",
        "value": {
            "id": "WMS-21007",
            "fact": "counted",
            "item": "GRD-200",
            "bin": "B-01",
            "quantity": 9,
            "occurred_at": "2026-11-24T17:40:00Z",
        },
    },
}

SHOPIFY_ORDER: dict[str, Any] = {
    "id": 7001,
    "name": "#7001",
    "created_at": "2026-11-23T13:00:00+01:00",
    "updated_at": "2026-11-23T13:00:01+01:00",
    "currency": "EUR",
    "total_price": "503.90",
    "customer": {"id": 1001},
    "line_items": [{"id": 1, "sku": "GRD-200", "name": "Burr grinder", "quantity": 2, "price": "249.00"}],
    "shipping_lines": [{"code": "standard", "price": "5.90"}],
    "shipping_address": {
        "name": "Kaffeekontor Nord",
        "address1": "Speicherstr. 4",
        "city": "Hamburg",
        "zip": "20457",
        "country_code": "DE",
    },
    "checkout_token": "tok_7001",
}

WOOCOMMERCE_ORDER: dict[str, Any] = {
    "id": 7002,
    "number": "7002",
    "status": "processing",
    "currency": "EUR",
    "date_created_gmt": "2026-11-23T12:00:00",
    "date_modified_gmt": "2026-11-23T12:00:05",
    "date_paid_gmt": "2026-11-23T12:00:05",
    "transaction_id": "pi_7002",
    "customer_id": 1001,
    "total": "503.90",
    "line_items": [
        {"id": 1, "sku": "GRD-200", "name": "Burr grinder", "quantity": 2, "price": 249, "subtotal": "498.00", "total": "498.00"}
    ],
    "shipping_lines": [{"method_id": "flat_rate", "total": "5.90", "total_tax": "0.00"}],
    "billing": {
        "first_name": "Kaffeekontor",
        "last_name": "Nord",
        "address_1": "Speicherstr. 4",
        "city": "Hamburg",
        "postcode": "20457",
        "country": "DE",
    },
}

AMAZON_ORDER: dict[str, Any] = {
    "order": {
        "orderId": "302-7003000-1234567",
        "createdTime": "2026-11-23T12:00:00Z",
        "lastUpdatedTime": "2026-11-23T12:30:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9", "marketplaceName": "Amazon.de"},
        "recipient": {"deliveryAddress": {"city": "Hamburg", "postalCode": "20457", "countryCode": "DE"}},
        "proceeds": {"grandTotal": {"amount": "498.00", "currencyCode": "EUR"}},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT", "fulfillmentServiceLevel": "STANDARD"},
        "orderItems": [
            {
                "orderItemId": "1",
                "quantityOrdered": 2,
                "product": {
                    "asin": "B000000001",
                    "sellerSku": "GRD-200",
                    "title": "Burr grinder",
                    "price": {"unitPrice": {"amount": "249.00", "currencyCode": "EUR"}},
                },
            }
        ],
    }
}

PAGE: dict[str, Any] = {
    "orders": [
        {
            "order": "web/7001",
            "customer": "C-1001",
            "stage": "fulfilling",
            "held": False,
            "total": {"minor": 50390, "currency": "EUR"},
            "balance": {"minor": 0, "currency": "EUR"},
            "placed_at": "2026-11-23T12:00:00Z",
            "open_exceptions": [],
            "waits": [{"wait": "pick", "subject": "shipment 1", "until": "2026-11-24T16:00:00Z"}],
        }
    ],
    "next": "2026-11-23T12:00:00+00:00~web/7001",
}

READ: dict[str, Any] = {
    "order": "web/7001",
    "stage": "shipped",
    "customer": "C-1001",
    "customer_name": "Kaffeekontor Nord",
    "po_number": "",
    "currency": "EUR",
    "terms": "net30",
    "policy": "partial",
    "placed_at": "2026-11-23T12:00:00Z",
    "accepted": True,
    "held": "",
    "outcome": "",
    "reason": "",
    "total": {"minor": 50390, "currency": "EUR"},
    "findings": [],
    "lines": [
        {
            "number": 1,
            "item": "GRD-200",
            "ordered": 2,
            "cancelled": 0,
            "open": 0,
            "allocated": 0,
            "picked": 0,
            "packed": 0,
            "shipped": 2,
            "delivered": 0,
            "returned": 0,
            "unit_price": "249.00",
        }
    ],
    "shipments": [
        {
            "number": 1,
            "location": "BERLIN",
            "status": "shipped",
            "picks": [{"line": 1, "item": "GRD-200", "bin": "B-01", "quantity": 2}],
            "parcels": [{"number": 1, "weight_g": 4600, "contents": [{"line": 1, "quantity": 2}]}],
            "carrier": "Parcelway",
            "service": "standard",
            "tracking": "PW771482719033",
            "carrier_status": "in_transit",
            "due_at": "2026-11-29T17:00:00Z",
            "shipped_at": "2026-11-24T14:02:00Z",
        }
    ],
    "invoices": [],
    "payments": [],
    "credits": [],
    "returns": [],
    "exceptions": [],
    "waits": [{"wait": "delivery", "subject": "shipment 1", "until": "2026-11-29T17:00:00Z"}],
}

TIMELINE: list[dict[str, Any]] = [
    {
        "at": "2026-11-24T10:05:02Z",
        "step": "record_pick",
        "key": "web/7001/shipment/1/pick",
        "actor": "warehouse/BERLIN",
        "message_id": "warehouse/BERLIN/WMS-20931",
        "message_name": "pick_confirmed",
        "summary": "2 units of shipment 1 were picked",
    }
]

AVAILABILITY: dict[str, Any] = {
    "item": "GRD-200",
    "quantity": 4,
    "country": "DE",
    "postcode": "20457",
    "by": None,
    "asked_at": "2026-11-23T12:00:00Z",
    "anywhere_at": "2026-11-23T12:00:00Z",
    "locations": [],
}

ENTRY: dict[str, Any] = {
    "entry": 4711,
    "channel": "api/key:web-shop",
    "delivery": "sha256:9f2c",
    "form": "manual",
    "topic": "orders",
    "bytes": 612,
    "received_at": "2026-11-23T12:00:01Z",
    "status": "done",
    "reason": "",
    "attempts": 0,
    "parts": [{"part": 1, "place": "order 7001", "kind": "order", "order": "web/7001", "tracking": "", "status": "done", "reason": ""}],
}

STRIPE_EVENT: dict[str, Any] = {
    "id": "evt_1SxQ2h",
    "object": "event",
    "type": "checkout.session.completed",
    "created": 1764150000,
    "data": {
        "object": {
            "id": "cs_a1",
            "object": "checkout.session",
            "client_reference_id": "web/7001",
            "amount_total": 50390,
            "currency": "eur",
            "payment_intent": "pi_3SxQ2f",
            "payment_status": "paid",
        }
    },
}

QUOTE_ASKED: dict[str, Any] = {
    "order": {
        "external_id": "RFQ-88",
        "customer": "C-1001",
        "currency": "EUR",
        "lines": [{"number": 1, "item": "GRD-200", "quantity": 2, "unit_price": "249.00", "discount": {"minor": 0, "currency": "EUR"}}],
        "placed_at": "2026-11-23T12:00:00Z",
        "ship_to": ORDER["ship_to"],
        "terms": "net30",
        "discount": {"minor": 0, "currency": "EUR"},
        "freight": {"minor": 590, "currency": "EUR"},
    },
    "reserve": True,
}

QUOTE_VIEW: dict[str, Any] = {
    "quote": "Q-000001",
    "customer": "C-1001",
    "status": "open",
    "revision": 1,
    "total": {"minor": 50390, "currency": "EUR"},
    "valid_until": "2026-12-23T12:00:01Z",
    "made_at": "2026-11-23T12:00:01Z",
    "made_by": "key:web-shop",
    "order": "",
    "reason": "",
    "set_aside": 2,
    "mailing": "",
}

QUOTE: dict[str, Any] = QUOTE_VIEW | {
    "po_number": "",
    "requested_at": None,
    "terms": "net30",
    "lines": [
        {
            "number": 1,
            "item": "GRD-200",
            "description": "",
            "quantity": 2,
            "unit_price": "249.00",
            "discount": {"minor": 0, "currency": "EUR"},
            "net": {"minor": 49800, "currency": "EUR"},
        }
    ],
    "freight": {"minor": 590, "currency": "EUR"},
    "revisions": [
        {
            "revision": 1,
            "total": {"minor": 50390, "currency": "EUR"},
            "valid_until": "2026-12-23T12:00:01Z",
            "made_at": "2026-11-23T12:00:01Z",
        }
    ],
}

QUOTE_MADE: dict[str, Any] = QUOTE | {"how": "made"}

QUOTE_PAGE: dict[str, Any] = {"quotes": [QUOTE_VIEW], "next": None}

QUOTE_ACCEPTED: dict[str, Any] = {"order": "quote/Q-000001", "status": "placed", "entry": 4713, "reason": ""}

SUBSCRIPTION: dict[str, Any] = {
    "subscription": "sub_0123456789abcdef",
    "url": "https://shop.example/webhooks",
    "events": ["order.accepted", "shipment.shipped", "shipment.withdrawn", "shipment.delivered", "shipment.lost"],
    "name": "Kontor ERP",
    "contact": "it@shop.example",
    "owner": "key:web-shop",
    "customer": "",
    "channel": "web",
    "location": "",
    "status": "active",
    "reason": "",
    "failing_since": None,
    "old_until": None,
    "created_at": "2026-11-23T12:00:00Z",
    "created_by": "key:web-shop",
    "waiting": 0,
    "dead": 0,
}

SUBSCRIBED: dict[str, Any] = {"subscription": SUBSCRIPTION, "secret": "whsec_c2hvd24gb25jZSBhbmQgbmV2ZXIgYWdhaW4="}

DELIVERY: dict[str, Any] = {
    "delivery": "msg_344c9d51d1a0d4ec100616b17242997f",
    "subscription": "sub_0123456789abcdef",
    "type": "shipment.shipped",
    "order": "web/7001",
    "status": "pending",
    "attempts": 1,
    "at": "2026-11-24T14:02:00Z",
    "next_at": "2026-11-24T14:07:09Z",
    "answer": "HTTP 503",
    "ended_at": None,
}
