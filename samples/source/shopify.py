"""Orders as the body of Shopify's `orders/create` webhook."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from source.catalogue import CUSTOMERS, description, major, weight
from source.money import PLACES, Line, Sums, sums
from source.orders import Order

FIRST = datetime(2026, 11, 20, 9, 4, 11, tzinfo=timezone(timedelta(hours=1)))
TAX_NAMES = {19: "MwSt", 20: "TVA", 21: "BTW"}
SERVICE_NAMES = {"standard": "Standard (2-4 days)", "express": "Express (next day)"}


def body(order: Order) -> str:
    alias = f"shopify:{order.customer}"
    amounts = sums(order, alias, taxed_freight=True)
    record = next((entry for entry in CUSTOMERS if alias in entry[2]), None)
    placed = (FIRST + timedelta(minutes=7 * (int(order.number) - 5001))).isoformat()
    token = f"{int(order.number) * 7919:08x}{int(order.number) * 104729:08x}"
    email = f"{record[0].lower() if record else 'unknown'}@customers.example"

    def money(cents: int) -> str | float | int:
        if order.amounts_as == "number":
            return cents // 100 if cents % 100 == 0 else cents / 100
        return major(cents)

    def taxes(cents: int) -> list[dict[str, Any]]:
        if not cents:
            return []
        return [{"title": TAX_NAMES[amounts.rate], "price": money(cents), "rate": amounts.rate / 100, "channel_liable": False}]

    def line(number: int, entry: Line) -> dict[str, Any]:
        return {
            "id": int(order.number) * 100 + number,
            "variant_id": 41000000 + sum(entry.item.encode()),
            "title": description(entry.item),
            "name": description(entry.item),
            "sku": entry.item,
            "quantity": entry.units,
            "current_quantity": entry.units,
            "price": money(entry.unit),
            "grams": weight(entry.item),
            "gift_card": False,
            "requires_shipping": True,
            "taxable": True,
            "total_discount": money(0),
            "discount_allocations": [{"amount": money(entry.discount), "discount_application_index": 0}] if entry.discount else [],
            "tax_lines": taxes(entry.tax),
            "properties": [],
        }

    document = {
        "id": int(order.number),
        "admin_graphql_api_id": f"gid://shopify/Order/{order.number}",
        "name": f"#{order.number}",
        "order_number": int(order.number),
        "po_number": f"PO-{order.number}" if order.terms else None,
        "created_at": placed,
        "processed_at": placed,
        "cancelled_at": None,
        "test": False,
        "email": email,
        "currency": amounts.currency,
        "financial_status": "pending" if order.terms else "authorized",
        "fulfillment_status": None,
        "payment_gateway_names": ["manual"] if order.terms else ["shopify_payments"],
        "checkout_token": token,
        "token": token[::-1],
        "payment_terms": _terms(order, amounts, money),
        "taxes_included": amounts.included,
        "total_line_items_price": money(amounts.gross),
        "total_discounts": money(order.allocated + order.unallocated),
        "subtotal_price": money(amounts.gross - order.allocated - order.unallocated),
        "total_tax": money(amounts.tax),
        "total_price": money(amounts.stated_total),
        "discount_codes": _codes(order, money),
        "note_attributes": _notes(order),
        "customer": {"id": int(order.customer), "email": email, "state": "enabled", "tags": "", "currency": amounts.currency},
        "line_items": [line(number, entry) for number, entry in enumerate(amounts.lines, 1)],
        "shipping_lines": [
            {
                "id": int(order.number) * 10,
                "code": order.service,
                "title": SERVICE_NAMES[order.service],
                "price": money(order.freight),
                "discount_allocations": [],
                "tax_lines": taxes(amounts.freight_tax),
            }
        ],
        "shipping_address": _address(order.to, record[1] if record else "Unknown"),
        "billing_address": _address(order.to or "berlin", record[1] if record else "Unknown"),
        "tax_lines": taxes(amounts.tax),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _terms(order: Order, amounts: Sums, money: Any) -> dict[str, Any] | None:
    if not order.terms:
        return None
    return {
        "amount": money(amounts.stated_total),
        "currency": amounts.currency,
        "payment_terms_name": f"Net {order.terms}",
        "payment_terms_type": "net",
        "due_in_days": order.terms,
        "payment_schedules": [],
    }


def _codes(order: Order, money: Any) -> list[dict[str, Any]]:
    codes = [("WELCOME10", order.allocated, "percentage"), ("VOUCHER", order.unallocated, "fixed_amount")]
    return [{"code": code, "amount": money(cents), "type": type_} for code, cents, type_ in codes if cents]


def _notes(order: Order) -> list[dict[str, str]]:
    notes = {"ship_policy": "complete" if order.complete else "", "requested_date": order.requested}
    return [{"name": name, "value": value} for name, value in notes.items() if value]


def _address(to: str, name: str) -> dict[str, Any] | None:
    if not to:
        return None
    place = PLACES[to]
    return {
        "name": name,
        "company": name,
        "address1": place["street"],
        "address2": None,
        "city": place["city"],
        "zip": place["zip"],
        "province_code": place["region"],
        "country": place["name"],
        "country_code": place["country"],
        "phone": None,
    }
