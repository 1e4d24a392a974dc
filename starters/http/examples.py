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
