"""A WooCommerce shop that runs on this machine: orders, notes and products behind the documented REST API (wc/v3)."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from integrations.simulated.shops.server import Reply

Thing = dict[str, Any]

STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash")
MOST_IN_A_BATCH = 100
ROOT = "/wp-json/wc/v3/"


@dataclass
class Product:
    """A product, or with `parent` a variation of one; without `manage_stock` the shop counts no units of it."""

    id: int
    sku: str
    stock_quantity: int | None = None
    manage_stock: bool = True
    parent: int = 0


@dataclass
class Order:
    id: int
    lines: list[tuple[str, int]]
    status: str = "processing"
    notes: list[Thing] = field(default_factory=list)


class Refusal(Exception):
    """An answer that is an error of WordPress."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"code": code, "message": message, "data": {"status": status}})


class WooShop:
    """`calls` are method and path of what was asked for, in their order; what changed the shop stands in `changes` too."""

    def __init__(self, key: str = "ck_double", secret: str = "cs_double") -> None:  # noqa: S107  # a made-up password guards nothing
        self.lock = threading.RLock()
        self.calls: list[str] = []
        self.changes: list[str] = []
        self.key, self.secret = key, secret
        self.orders: dict[int, Order] = {}
        self.products: dict[int, Product] = {}
        self._numbers = 700

    def sell(self, order: str, *lines: tuple[str, int], status: str = "processing") -> Order:
        """An order comes in: (SKU, units) for each line."""
        self.orders[int(order)] = Order(int(order), list(lines), status)
        return self.orders[int(order)]

    def stock(self, sku: str, units: int | None, parent: int = 0) -> Product:
        """The shop sells this item, as a variation of a product where one is named."""
        self._numbers += 1
        made = Product(self._numbers, sku, units, manage_stock=units is not None, parent=parent)
        self.products[made.id] = made
        return made

    def units(self, sku: str) -> int | None:
        return next(product.stock_quantity for product in self.products.values() if product.sku == sku)

    # --- the API ---------------------------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> tuple[str, Reply]:
        asked = f"{method} {path.removeprefix(ROOT)}"
        try:
            self._admit(headers)
            given = json.loads(body) if body else {}
            if not isinstance(given, dict):
                raise Refusal(400, "rest_invalid_json", "Invalid JSON body passed.")
            return asked, self._route(method, path, {name: values[-1] for name, values in parse_qs(query).items()}, given)
        except Refusal as refusal:
            return asked, refusal.reply
        except ValueError:
            return asked, Refusal(400, "rest_invalid_json", "Invalid JSON body passed.").reply

    def _admit(self, headers: dict[str, str]) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            raise Refusal(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        key, _, secret = base64.b64decode(token).decode().partition(":")
        if key != self.key:
            raise Refusal(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
        if secret != self.secret:
            raise Refusal(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")

    def _route(self, method: str, path: str, query: Thing, given: Thing) -> Reply:
        if not path.startswith(ROOT):
            raise Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")
        place = path.removeprefix(ROOT)
        if found := re.fullmatch(r"orders/(\d+)", place):
            order = self._order(found[1])
            if method == "PUT":
                self._update(order, given)
            if method in ("GET", "PUT"):
                return Reply(200, order_view(order))
        if found := re.fullmatch(r"orders/(\d+)/notes", place):
            return self._notes(method, self._order(found[1]), given)
        if place == "products" and method == "GET":
            return Reply(200, self._listed(query))
        if place == "products/batch" and method == "POST":
            return Reply(200, self._batch(given, 0))
        if (found := re.fullmatch(r"products/(\d+)/variations/batch", place)) and method == "POST":
            return Reply(200, self._batch(given, int(found[1])))
        raise Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _order(self, number: str) -> Order:
        if int(number) not in self.orders:
            raise Refusal(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return self.orders[int(number)]

    def _update(self, order: Order, given: Thing) -> None:
        if unknown := set(given) - {"status"}:
            raise Refusal(400, "rest_invalid_param", f"Invalid parameter(s): {', '.join(sorted(unknown))}")
        if given.get("status") not in STATUSES:
            raise Refusal(400, "rest_invalid_param", "Invalid parameter(s): status")
        if order.status != given["status"]:
            order.status = given["status"]
            self.changes.append(f"order {order.id} {order.status}")

    def _notes(self, method: str, order: Order, given: Thing) -> Reply:
        if method == "GET":
            return Reply(200, list(reversed(order.notes)))
        if method != "POST":
            raise Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")
        if not isinstance(given.get("note"), str) or not given["note"]:
            raise Refusal(400, "rest_missing_callback_param", "Missing parameter(s): note")
        if unknown := set(given) - {"note", "customer_note", "added_by_user"}:
            raise Refusal(400, "rest_invalid_param", f"Invalid parameter(s): {', '.join(sorted(unknown))}")
        self._numbers += 1
        note = {"id": self._numbers, "author": "system", "note": given["note"], "customer_note": bool(given.get("customer_note"))}
        order.notes.append(note)
        self.changes.append(f"note {order.id}: {note['note']}")
        return Reply(201, note)

    def _listed(self, query: Thing) -> list[Thing]:
        per_page = int(query.get("per_page", 10))
        if not 1 <= per_page <= 100:
            raise Refusal(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        wanted = set(query["sku"].split(",")) if "sku" in query else None
        found = [product_view(each) for each in self.products.values() if wanted is None or each.sku in wanted]
        begin = (int(query.get("page", 1)) - 1) * per_page
        return found[begin : begin + per_page]

    def _batch(self, given: Thing, parent: int) -> Thing:
        if set(given) != {"update"} or not isinstance(given["update"], list):
            raise Refusal(400, "rest_invalid_param", "Invalid parameter(s): update")
        if len(given["update"]) > MOST_IN_A_BATCH:
            raise Refusal(
                413, "woocommerce_rest_request_entity_too_large", f"Unable to accept more than {MOST_IN_A_BATCH} items for this request."
            )
        return {"update": [self._stocked(each, parent) for each in given["update"]]}

    def _stocked(self, asked: Thing, parent: int) -> Thing:
        product = self.products.get(asked.get("id", 0))
        if product is None or product.parent != parent:
            kind = "woocommerce_rest_product_variation_invalid_id" if parent else "woocommerce_rest_product_invalid_id"
            return {"id": asked.get("id"), "error": {"code": kind, "message": "Invalid ID.", "data": {"status": 400}}}
        units = asked.get("stock_quantity")
        if units is not None and not isinstance(units, int):
            wrong = {"code": "rest_invalid_param", "message": "stock_quantity is not of type integer.", "data": {"status": 400}}
            return {"id": product.id, "error": wrong}
        product.manage_stock = asked.get("manage_stock", product.manage_stock)
        if product.manage_stock and units is not None:
            product.stock_quantity = units
            self.changes.append(f"stock {product.sku}={units}")
        return product_view(product)


def order_view(order: Order) -> Thing:
    lines = [
        {"id": 10 * order.id + n, "name": sku, "product_id": 900 + n, "variation_id": 0, "quantity": units, "sku": sku}
        for n, (sku, units) in enumerate(order.lines, 1)
    ]
    return {"id": order.id, "number": str(order.id), "status": order.status, "line_items": lines, "meta_data": [], "refunds": []}


def product_view(product: Product) -> Thing:
    return {
        "id": product.id,
        "type": "variation" if product.parent else "simple",
        "parent_id": product.parent,
        "sku": product.sku,
        "manage_stock": product.manage_stock,
        "stock_quantity": product.stock_quantity if product.manage_stock else None,
    }
