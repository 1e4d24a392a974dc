"""The port `Shopfront` with a WooCommerce shop (REST API wc/v3).

WooCommerce has one status for the whole order and knows no shipments: what left is a note that the customer gets, with its tracking
number, and the order is completed when nothing is still to come. A note is looked for before it is written; a status is set once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from domain.errors import Refused
from domain.feedback import ShopCancellation, ShopLine, ShopShipment, StockAnswer, StockLevel, StockPlace
from integrations.web import Web

GIVEN_UP = ("cancelled", "refunded", "failed", "trash")
PAGE = 100
"""Of notes and products: the most that one call answers with or takes."""


class WooCommerce:
    def __init__(self, web: Web, version: str = "wc/v3") -> None:
        self._web, self._root = web, f"/wp-json/{version}"

    async def fulfil(self, shipment: ShopShipment) -> str:
        order = await self._order(shipment.order)
        if order["status"] in GIVEN_UP:
            raise Refused(f"{self._web.name} has order {shipment.order} as {order['status']}, and shipment {shipment.shipment} has left.")
        goods = _goods(order, shipment.lines, self._web.name)
        carrier = f" with {shipment.carrier}" if shipment.carrier else ""
        note = f"Shipment {shipment.shipment} has left{carrier}, tracking number {shipment.tracking}: {goods}."
        reference = await self._noted(shipment.order, note, shipment.tracking, for_customer=True)
        if shipment.completes:
            await self._set_status(order, "completed")
        return reference

    async def withdraw(self, order: str, tracking: str) -> str:
        found = await self._order(order)
        note = f"What was announced under tracking number {tracking} has not left."
        reference = await self._noted(order, note, note, for_customer=True)
        if found["status"] == "completed":
            await self._set_status(found, "processing")
        return reference

    async def cancel(self, cancellation: ShopCancellation) -> str:
        order = await self._order(cancellation.order)
        if cancellation.whole:
            if order["status"] not in GIVEN_UP:
                await self._set_status(order, "cancelled")
                return f"order {cancellation.order}"
            return ""
        note = f"Will not be delivered: {_goods(order, cancellation.lines, self._web.name)}."
        reference = await self._noted(cancellation.order, note, note, for_customer=False)
        if cancellation.completes and order["status"] not in GIVEN_UP:
            await self._set_status(order, "completed")
        return reference

    async def set_stock(self, key: str, levels: Sequence[StockLevel]) -> StockAnswer:
        known = await self._products([level.sku for level in levels])
        unlisted = [_place(level) for level in levels if level.sku not in known]
        refused: list[tuple[StockPlace, str]] = []
        by_parent: dict[int, list[tuple[StockLevel, int]]] = defaultdict(list)
        for level in levels:
            product = known.get(level.sku)
            if product is not None and (not product.get("manage_stock") or product.get("stock_quantity") != level.quantity):
                by_parent[int(product.get("parent_id") or 0)].append((level, int(product["id"])))
        for parent, changes in by_parent.items():
            path = f"/products/{parent}/variations/batch" if parent else "/products/batch"
            update = [{"id": number, "manage_stock": True, "stock_quantity": level.quantity} for level, number in changes]
            answer = (await self._web.call("POST", f"{self._root}{path}", {"update": update})).body
            errors = {each.get("id"): each["error"].get("message", "") for each in answer.get("update", []) if "error" in each}
            refused += [(_place(level), str(errors[number])[:300]) for level, number in changes if number in errors]
        return StockAnswer(unlisted=tuple(unlisted), refused=tuple(refused))

    async def stock(self, places: Sequence[StockPlace]) -> tuple[int | None, ...]:
        known = await self._products([place.sku for place in places])
        return tuple(known[place.sku].get("stock_quantity") if place.sku in known else None for place in places)

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    async def _order(self, number: str) -> dict[str, Any]:
        if not number.isdecimal():
            raise Refused(f"{self._web.name} numbers its orders, and {number!r:.40} is no number.")
        found: dict[str, Any] = (await self._web.call("GET", f"{self._root}/orders/{number}")).body
        return found

    async def _noted(self, order: str, note: str, mark: str, *, for_customer: bool) -> str:
        """The id of the note in which `mark` stands; it is written where there is none."""
        path = f"{self._root}/orders/{order}/notes"
        notes = (await self._web.call("GET", path, query={"type": "any"})).body
        known = next((each["id"] for each in notes if mark in each.get("note", "")), None)
        if known is None:
            known = (await self._web.call("POST", path, {"note": note, "customer_note": for_customer})).body["id"]
        return f"note {known}"

    async def _set_status(self, order: dict[str, Any], status: str) -> None:
        if order["status"] != status:
            await self._web.call("PUT", f"{self._root}/orders/{order['id']}", {"status": status})

    async def _products(self, skus: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Products and variations by their SKU; one with a comma in it cannot be asked for, and is taken as unlisted."""
        found: dict[str, dict[str, Any]] = {}
        wanted = sorted({sku for sku in skus if "," not in sku})
        for begin in range(0, len(wanted), PAGE):
            query = {"sku": ",".join(wanted[begin : begin + PAGE]), "per_page": str(PAGE)}
            for product in (await self._web.call("GET", f"{self._root}/products", query=query)).body:
                found.setdefault(product.get("sku", ""), product)
        return found


def _place(level: StockLevel) -> StockPlace:
    return StockPlace(sku=level.sku, location=level.location)


def _goods(order: dict[str, Any], lines: Sequence[ShopLine], shop: str) -> str:
    """`2 × KET-100, 1 × GRD-200`, in the shop's own words; Refused for a line that is not on its order."""
    parts = []
    for line in lines:
        sold = [each for each in order["line_items"] if words_of(each) & set(line.words)]
        if len(sold) < line.ordinal:
            raise Refused(f"{shop} has no line on order {order['id']} that sells {line.words[0]}.")
        parts.append(f"{line.quantity} × {sold[line.ordinal - 1].get('sku') or line.words[0]}")
    return ", ".join(parts)


def words_of(line: dict[str, Any]) -> set[str]:
    """What a line of an order may be called by, as the translator of orders reads it."""
    return {
        word
        for word in (line.get("sku", ""), *(f"variant:{line[name]}" for name in ("variation_id", "product_id") if line.get(name)))
        if word
    }
