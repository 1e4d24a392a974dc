"""Documents for the tests: a good one each, to be spoiled in one place."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

SHOPIFY: dict[str, Any] = {
    "id": 9001,
    "name": "#9001",
    "created_at": "2026-11-20T10:00:00+01:00",
    "currency": "EUR",
    "email": "kitchen@example.com",
    "checkout_token": "tok_4711",
    "taxes_included": False,
    "total_price": "52.36",
    "total_discounts": "3.00",
    "customer": {"id": 7001},
    "line_items": [
        {
            "sku": "KET-100",
            "name": "Kettle",
            "quantity": 2,
            "price": "15.00",
            "tax_lines": [{"title": "MwSt", "price": "5.13", "rate": 0.19}],
            "discount_allocations": [{"amount": "3.00"}],
        },
        {
            "sku": "FLT-100",
            "name": "Filters",
            "quantity": 3,
            "price": "4.00",
            "tax_lines": [{"title": "MwSt", "price": "2.28", "rate": 0.19}],
        },
    ],
    "shipping_lines": [{"code": "standard", "price": "5.00", "tax_lines": [{"title": "MwSt", "price": "0.95", "rate": 0.19}]}],
    "shipping_address": {"name": "Café Central", "address1": "Ring 1", "city": "Berlin", "zip": "10115", "country_code": "DE"},
}

WOOCOMMERCE: dict[str, Any] = {
    "id": 727,
    "number": "727",
    "status": "processing",
    "currency": "EUR",
    "date_created_gmt": "2026-11-20T09:00:00",
    "date_modified_gmt": "2026-11-20T09:05:00",
    "date_paid_gmt": "2026-11-20T09:04:00",
    "transaction_id": "pi_727",
    "customer_id": 12,
    "total": "59.38",
    "total_tax": "9.48",
    "prices_include_tax": True,
    "billing": {
        "first_name": "Ada", "last_name": "Byron", "address_1": "Ring 1", "address_2": "Hof 2", "city": "Berlin",
        "postcode": "10115", "country": "DE", "email": "ada@example.com",
    },
    "shipping": {"first_name": "", "last_name": "", "company": "", "address_1": "", "city": "", "postcode": "", "country": ""},
    "tax_lines": [{"rate_id": 3, "label": "MwSt", "rate_code": "DE-MWST", "rate_percent": 19}],
    "line_items": [
        {
            "id": 1, "sku": "KET-100", "name": "Kettle &ndash; matt", "quantity": 3, "price": 9.333333,
            "subtotal": "31.00", "total": "28.00", "total_tax": "5.32", "taxes": [{"id": 3, "total": "5.32", "subtotal": "5.89"}],
        },
        {
            "id": 2, "sku": "", "product_id": 93, "variation_id": 0, "name": "Filters", "quantity": 2, "price": 6,
            "subtotal": "12.00", "total": "12.00", "total_tax": "2.28", "taxes": [{"id": 3, "total": "2.28", "subtotal": "2.28"}],
        },
    ],
    "shipping_lines": [{"method_id": "flat_rate", "total": "7.00", "total_tax": "1.33", "taxes": [{"id": 3, "total": "1.33"}]}],
    "fee_lines": [
        {"name": "Handling", "total": "3.90", "total_tax": "0.55", "taxes": [{"id": 3, "total": "0.55"}]},
        {"name": "Voucher", "total": "-1.00", "total_tax": "0.00", "taxes": []},
    ],
    "refunds": [],
}  # fmt: skip

AMAZON: dict[str, Any] = {
    "orderId": "028-1",
    "createdTime": "2026-11-20T09:00:00Z",
    "lastUpdatedTime": "2026-11-20T10:00:00Z",
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
    "buyer": {"buyerEmail": "x1@marketplace.amazon.de", "buyerPurchaseOrderNumber": "PO-28"},
    "recipient": {
        "deliveryAddress": {"name": "Ada Byron", "addressLine1": "Ring 1", "city": "Berlin", "postalCode": "10115", "countryCode": "DE"},
    },
    "proceeds": {
        "grandTotal": {"amount": "46.20", "currencyCode": "EUR"},
        "breakdowns": [{"type": "DELIVERY_TIP", "subtotal": {"amount": "1.00", "currencyCode": "EUR"}}],
    },
    "fulfillment": {
        "fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT", "fulfillmentServiceLevel": "EXPEDITED",
        "deliverByWindow": {"latestDateTime": "2026-11-27T22:59:59Z"},
    },
    "orderItems": [
        {
            "orderItemId": "1", "quantityOrdered": 2,
            "product": {
                "asin": "B01", "sellerSku": "KET-100", "title": "Kettle",
                "price": {"unitPrice": {"amount": "15.00", "currencyCode": "EUR"}},
            },
            "proceeds": {
                "breakdowns": [
                    {"type": "ITEM", "subtotal": {"amount": "30.00", "currencyCode": "EUR"}},
                    {"type": "SHIPPING", "subtotal": {"amount": "5.00", "currencyCode": "EUR"}},
                    {"type": "GIFT_WRAP", "subtotal": {"amount": "2.50", "currencyCode": "EUR"}},
                    {"type": "DISCOUNT", "subtotal": {"amount": "-3.00", "currencyCode": "EUR"}},
                    {
                        "type": "TAX", "subtotal": {"amount": "6.70", "currencyCode": "EUR"},
                        "detailedBreakdowns": [{"subtype": "SHIPPING", "value": {"amount": "0.95", "currencyCode": "EUR"}}],
                    },
                ]
            },
        },
        {
            "orderItemId": "2", "quantityOrdered": 0,
            "product": {"asin": "B02", "sellerSku": "FLT-100", "price": {"unitPrice": {"amount": "4.00", "currencyCode": "EUR"}}},
            "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "mistake"}},
        },
        {
            "orderItemId": "3", "quantityOrdered": 1,
            "product": {"asin": "B03", "price": {"unitPrice": {"amount": "4.00", "currencyCode": "EUR"}}},
        },
    ],
}  # fmt: skip

X12 = [
    "ISA*00*          *00*          *ZZ*ACME           *ZZ*HOLDFAST       *261120*0600*U*00401*000000007*0*P*>",
    "GS*PO*ACME*HOLDFAST*20261120*0600*7*X*004010",
    "ST*850*0001",
    "BEG*00*SA*PO-1**20261120",
    "CUR*BY*EUR",
    "SAC*A*C310***250",
    "SAC*C*D240***1200",
    "ITD*01*3*****30",
    "DTM*010*20261201",
    "DTM*002*20261204",
    "TD5*B*92*express*M",
    "N1*BY*Acme GmbH*92*ACME-1",
    "N1*ST*Acme Store 4",
    "N3*Ring 1*Hof 2",
    "N4*Berlin*BE*10115*DE",
    "PO1*1*2*EA*15.00*PE*BP*B-1*VN*KET-100",
    "PID*F****Kettle",
    "TXI*VA*5.70*.19",
    "PO1*2*3*EA*4.00*PE*UP*401234500001",
    "CTT*2",
    "AMT*TT*57.20",
    "SE*20*0001",
    "GE*1*7",
    "IEA*1*000000007",
]

MANUAL: dict[str, Any] = {
    "channel": "manual",
    "external_id": "M-1",
    "customer": "C-1001",
    "currency": "EUR",
    "placed_at": "2026-11-20T10:00:00Z",
    "discount": {"minor": 0, "currency": "EUR"},
    "freight": {"minor": 500, "currency": "EUR"},
    "lines": [{"number": 1, "item": "KET-100", "quantity": 2, "unit_price": "15.00", "discount": {"minor": 100, "currency": "EUR"}}],
}


def shopify(**changes: Any) -> bytes:
    return json.dumps(SHOPIFY | changes).encode()


def shopify_line(**changes: Any) -> bytes:
    """The good body with its second line changed."""
    body = copy.deepcopy(SHOPIFY)
    body["line_items"][1] |= changes
    return json.dumps(body).encode()


def woocommerce(**changes: Any) -> bytes:
    return json.dumps(WOOCOMMERCE | changes).encode()


def woocommerce_line(**changes: Any) -> bytes:
    """The good body with its first line changed."""
    body = copy.deepcopy(WOOCOMMERCE)
    body["line_items"][0] |= changes
    return json.dumps(body).encode()


def amazon(**changes: Any) -> bytes:
    return json.dumps({"order": AMAZON | changes}).encode()


def amazon_item(**changes: Any) -> bytes:
    """The good body with its first item changed."""
    body = copy.deepcopy(AMAZON)
    body["orderItems"][0] |= changes
    return json.dumps({"order": body}).encode()


def manual(**changes: Any) -> bytes:
    return json.dumps(MANUAL | changes).encode()


def manual_line(**changes: Any) -> bytes:
    return manual(lines=[MANUAL["lines"][0] | changes])


def x12(changes: Mapping[str, str | None] | None = None, terminator: str = "~\n") -> bytes:
    """The good interchange with segments replaced by their beginning (None takes one out); SE01 is counted anew."""
    segments = []
    for segment in X12:
        replaced = next((new for start, new in (changes or {}).items() if segment.startswith(start)), segment)
        if replaced is not None:
            segments.append(replaced)
    count = sum(not s.startswith(("ISA", "GS", "GE", "IEA")) for s in segments)
    return "".join(s.replace("SE*20*", f"SE*{count}*") + terminator for s in segments).encode()
