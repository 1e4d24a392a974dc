"""Who sells, and the terms of payment that business customers may have."""

from __future__ import annotations

from typing import Any

HOUSE: dict[str, Any] = {
    "name": "Holdfast Trading GmbH",
    "address": {
        "name": "Holdfast Trading GmbH",
        "street": "Am Güterbahnhof 1",
        "city": "Grossbeeren",
        "postcode": "14979",
        "country": "DE",
    },
    "tax_id": "DE000000000",
    "email": "accounts@holdfast.example",
    "contact": "Accounts receivable",
    "bank": ["IBAN DE00 0000 0000 0000 0000 00"],
    "endpoint": "accounts@holdfast.example",
    "endpoint_scheme": "EM",
}
"""The made-up company of the samples, with a VAT id and a bank account that nobody has."""

TERMS: list[dict[str, Any]] = [
    {
        "id": "2-10-net30",
        "description": "2 % within 10 days, 30 days net",
        "instalments": [{"days": 30}],
        "discounts": [{"percent": 2, "days": 10}],
        "grace_days": 1,
        "tolerance": 5,
    },
    {
        "id": "thirds",
        "description": "In three parts",
        "instalments": [
            {"share": "percent", "percent": "33.33", "days": 10},
            {"share": "percent", "percent": "33.33", "days": 40},
            {"days": 70},
        ],
    },
    {"id": "end-of-month", "description": "End of next month", "instalments": [{"falls": "end_of_month", "days": 30}]},
    {
        "id": "30-deposit",
        "description": "30 % before anything is supplied, the rest in 14 days",
        "instalments": [{"days": 14}],
        "deposit": {"percent": 30, "days": 7},
    },
    {"id": "monthly", "description": "One invoice a month, 14 days net", "instalments": [{"days": 14}], "invoicing": "monthly"},
]
