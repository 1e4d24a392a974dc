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

MESSAGE: dict[str, Any] = {"shipment": 1, "signed_by": "A. Byron", "occurred_at": "2026-11-25T09:30:00Z"}

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
