"""What the demo's distributor agreed about prices, and the taxes where its customers are."""

from __future__ import annotations

from typing import Any

# id, name; every web customer buys in the web shop's group
GROUPS = [("WEB", "Web shop"), ("TRADE", "Roasteries, cafés and shops")]

CONDITIONS: list[dict[str, Any]] = [
    {
        "kind": "contract",
        "id": "K-2026-017",
        "title": "frame contract 2026/17",
        "customer": "C-1001",
        "item": "KET-100",
        "currency": "EUR",
        "price": "62.00",
        "min_quantity": 12,
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
    },
    {
        "kind": "break",
        "id": "FLT-100/40",
        "title": "filters by the carton",
        "price_list": "TRADE-EUR",
        "item": "FLT-100",
        "min_quantity": 40,
        "percent": "0.015",
    },
    {
        "kind": "promotion",
        "id": "CLEAN-OUT",
        "title": "clean machines",
        "customer_group": "TRADE",
        "item": "CLN-900",
        "percent": "0.05",
        "min_quantity": 12,
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
    },
    {"kind": "surcharge", "id": "ADR", "title": "Hazardous goods", "hazardous": True, "currency": "EUR", "amount": "4.50"},
    {
        "kind": "surcharge",
        "id": "SMALL",
        "title": "Small order",
        "customer_group": "TRADE",
        "per": "order",
        "below_value": "50.00",
        "currency": "EUR",
        "amount": "7.50",
    },
    {"kind": "margin", "id": "LEAST", "title": "least margin of the house", "least": "0.12"},
]

# country, region, city, title, rate, order among the taxes of one line; standard rates, and the reduced ones beside them
RATES = [
    ("DE", "", "", "MwSt", "0.19", 1),
    ("FR", "", "", "TVA", "0.2", 1),
    ("NL", "", "", "BTW", "0.21", 1),
    ("AT", "", "", "USt", "0.2", 1),
    ("CH", "", "", "MWST", "0.081", 1),
    ("US", "NY", "", "State tax", "0.04", 1),
    ("US", "NY", "New York", "City tax", "0.045", 2),
    ("US", "NY", "New York", "Metropolitan surcharge", "0.00375", 3),
]
REDUCED = {"DE": ("MwSt", "0.07"), "FR": ("TVA", "0.055"), "NL": ("BTW", "0.09"), "AT": ("USt", "0.1"), "CH": ("MWST", "0.026")}

SETTINGS: list[dict[str, Any]] = [
    {"country": "*", "rounding": {"level": "line", "mode": "half_up"}, "freight": "weighted"},
    {"country": "CH", "rounding": {"level": "document", "mode": "half_up"}, "freight": "weighted", "cash_step": 5, "cash_currency": "CHF"},
]


def sections() -> dict[str, Any]:
    """The sections of `catalogue.json` about prices and taxes."""
    rates = [
        {"country": country, "region": region, "city": city, "title": title, "rate": rate, "sequence": sequence}
        for country, region, city, title, rate, sequence in RATES
    ]
    reduced = [{"country": country, "code": "reduced", "title": title, "rate": rate} for country, (title, rate) in REDUCED.items()]
    return {
        "customer_groups": [{"id": id_, "name": name} for id_, name in GROUPS],
        "tax_rates": rates + reduced,
        "tax_settings": SETTINGS,
        "price_conditions": CONDITIONS,
    }
