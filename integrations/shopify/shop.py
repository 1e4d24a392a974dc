"""The port `Shopfront` with a Shopify shop.

Nothing is asked for before the shop was asked what it knows: a fulfilment is found by its tracking number, a cancellation by the
quantities that the shop still reckons with, a stock level by its figure. So an answer that was lost costs a second look, never a second
fulfilment. Money is ours alone: cancelled units are taken off the order without a transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.errors import Refused, Unavailable
from domain.feedback import ShopCancellation, ShopLine, ShopShipment, StockAnswer, StockLevel, StockPlace
from integrations.shopify import operations
from integrations.shopify.wire import ShopifyWire, UserError

SENDABLE = ("OPEN", "IN_PROGRESS")
ITEMS = 20
"""In one query of stock: with aliases for the locations it stays below what a query may cost."""

Node = dict[str, Any]


class Shopify:
    def __init__(self, wire: ShopifyWire) -> None:
        self._wire = wire

    # --- orders ----------------------------------------------------------------------------------------------------------------------

    async def fulfil(self, shipment: ShopShipment) -> str:
        order = await self._order(shipment.order)
        wanted = {self._line(order, line)["id"]: line.quantity for line in shipment.lines}
        known = [done for done in order["fulfillments"] if done["status"] == "SUCCESS" and _numbered(done, shipment.tracking)]
        for done in known:
            for line, units in (await self._sent(done["id"])).items():
                wanted[line] = wanted.get(line, 0) - units
        made = [done["id"] for done in known]
        left = {line: units for line, units in wanted.items() if units > 0}
        for together in await self._to_send(order, left, shipment):
            tracking = {"number": shipment.tracking, "company": shipment.carrier}
            asked = {"lineItemsByFulfillmentOrder": together, "trackingInfo": tracking, "notifyCustomer": True}
            payload = await self._wire.change("FulfillmentCreate", operations.FULFILL, fulfillment=asked)
            made.append(payload["fulfillment"]["id"])
        return ", ".join(_number(each) for each in made)

    async def withdraw(self, order: str, tracking: str) -> str:
        found = await self._order(order)
        known = [done["id"] for done in found["fulfillments"] if done["status"] == "SUCCESS" and _numbered(done, tracking)]
        for each in known:
            await self._wire.change("FulfillmentCancel", operations.WITHDRAW, id=each)
        return ", ".join(_number(each) for each in known)

    async def cancel(self, cancellation: ShopCancellation) -> str:
        order = await self._order(cancellation.order)
        if order["cancelledAt"]:
            return ""
        if cancellation.whole and not any(done["status"] == "SUCCESS" for done in order["fulfillments"]):
            payload = await self._wire.change(
                "OrderCancel",
                operations.CANCEL,
                errors="orderCancelUserErrors",
                order=order["id"],
                reason="OTHER",
                note=cancellation.reason[:250],
            )
            return _number(payload["job"]["id"])
        where = next((place for each in order["sending"] if (place := _location(each))), "")
        back, removed = {"locationId": where} if where else {}, []
        for line in cancellation.lines:
            theirs = self._line(order, line)
            units = line.quantity - (theirs["quantity"] - theirs["currentQuantity"])
            if units > 0:
                removed.append({"lineItemId": theirs["id"], "quantity": units, "restockType": "CANCEL"} | back)
        if not removed:
            return ""
        asked = {"orderId": order["id"], "note": f"Will not be delivered. {cancellation.reason}".strip()[:250], "refundLineItems": removed}
        before = [(each["id"], each["currentQuantity"]) for each in order["lines"]]
        location = next(
            (each["assignedLocation"]["location"]["id"] for each in order["sending"] if each["assignedLocation"]["location"]), None
        )
        if location is not None:
            removed[:] = [each | {"locationId": location} for each in removed]
        payload = await self._wire.change("RefundCreate", operations.REFUND, input=asked, key=_key("refund", asked, before))
        return _number(payload["refund"]["id"])

    # --- stock -----------------------------------------------------------------------------------------------------------------------

    async def set_stock(self, key: str, levels: Sequence[StockLevel]) -> StockAnswer:
        unlisted: list[StockPlace] = []
        refused: list[tuple[StockPlace, str]] = []
        for part in _by_items(levels):
            known = await self._levels(part)
            changes = []
            for level in part:
                item, now = known.get((level.sku, level.location), ("", None))
                if now is None:
                    unlisted.append(_place(level))
                elif now != level.quantity:
                    changes.append((level, item, now))
            refused += await self._set(key, changes)
        return StockAnswer(unlisted=tuple(unlisted), refused=tuple(refused))

    async def stock(self, places: Sequence[StockPlace]) -> tuple[int | None, ...]:
        known: dict[tuple[str, str], tuple[str, int | None]] = {}
        for part in _by_items(places):
            known |= await self._levels(part)
        return tuple(known.get((place.sku, place.location), ("", None))[1] for place in places)

    async def _set(self, key: str, changes: list[tuple[StockLevel, str, int]]) -> list[tuple[StockPlace, str]]:
        """All of them together; where the shop refuses one of them it takes none, and the others are asked for without it."""
        refused: list[tuple[StockPlace, str]] = []
        while changes:
            quantities = [
                {
                    "inventoryItemId": item,
                    "locationId": _gid("Location", level.location),
                    "quantity": level.quantity,
                    "changeFromQuantity": now,
                }
                for level, item, now in changes
            ]
            asked = {
                "name": "available",
                "reason": "correction",
                "referenceDocumentUri": "gid://holdfast/Feedback/stock",
                "quantities": quantities,
            }
            try:
                await self._wire.change("InventorySetQuantities", operations.SET_QUANTITIES, input=asked, key=_key("stock", key, asked))
                return refused
            except UserError as wrong:
                if any(code.endswith("_STALE") or code.startswith("IDEMPOTENCY_") for code in wrong.codes):
                    raise Unavailable(f"{self._wire.name} sold something meanwhile; its stock is read and set anew.") from None
                at = {position: str(error.get("message", "")) for error in wrong.errors if (position := _position(error)) is not None}
                if not at:
                    raise
                refused += [(_place(level), at[n]) for n, (level, _, _) in enumerate(changes) if n in at]
                changes = [change for n, change in enumerate(changes) if n not in at]
        return refused

    async def _levels(self, places: Sequence[StockPlace]) -> dict[tuple[str, str], tuple[str, int | None]]:
        """The inventory item and what is available of it, by SKU and location."""
        locations = sorted({place.location for place in places})
        skus = " OR ".join(f"sku:{json.dumps(sku)}" for sku in sorted({place.sku for place in places}))
        at = {f"at{n}": _gid("Location", location) for n, location in enumerate(locations)}
        data = await self._wire.ask("Levels", operations.levels(len(locations)), skus=skus, **at)
        found: dict[tuple[str, str], tuple[str, int | None]] = {}
        for node in data["inventoryItems"]["nodes"]:
            for n, location in enumerate(locations):
                level = node[f"at{n}"]
                if level is not None and level["quantities"]:
                    found.setdefault((node["sku"], location), (node["id"], int(level["quantities"][0]["quantity"])))
        return found

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    async def _order(self, number: str) -> Node:
        """The order with all of its lines (`lines`), what is still to send (`sending`) and its fulfilments. Raises Refused without one."""
        gid = _gid("Order", number)
        order: Node | None = (await self._wire.ask("Order", operations.ORDER, id=gid))["order"]
        if order is None:
            raise Refused(f"{self._wire.name} has no order {number}.")
        order["lines"] = await self._all(order["lineItems"], "MoreLines", operations.MORE_LINES, ("order", "lineItems"), gid)
        path = ("order", "fulfillmentOrders")
        order["sending"] = await self._all(
            order["fulfillmentOrders"], "MoreFulfillmentOrders", operations.MORE_FULFILLMENT_ORDERS, path, gid
        )
        return order

    async def _all(self, first: Node, name: str, operation: str, path: tuple[str, str], gid: str) -> list[Node]:
        nodes, page = list(first["nodes"]), first
        while page["pageInfo"]["hasNextPage"]:
            parent = (await self._wire.ask(name, operation, id=gid, after=page["pageInfo"]["endCursor"]))[path[0]]
            page = parent[path[1]]
            nodes += page["nodes"]
        return nodes

    async def _sent(self, fulfillment: str) -> Mapping[str, int]:
        """Units of a fulfilment by line."""
        empty = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
        path = ("fulfillment", "fulfillmentLineItems")
        units: dict[str, int] = defaultdict(int)
        for node in await self._all(empty, "Fulfillment", operations.FULFILLMENT, path, fulfillment):
            units[node["lineItem"]["id"]] += int(node["quantity"] or 0)
        return units

    async def _to_send(self, order: Node, wanted: Mapping[str, int], shipment: ShopShipment) -> list[list[Node]]:
        """What to ask for, a fulfilment for each location of the shop's; first the one that the goods left from. Refused if it has less."""
        left = dict(wanted)
        by_location: dict[str, list[Node]] = defaultdict(list)
        home = _gid("Location", shipment.location)
        sendable = [each for each in order["sending"] if each["status"] in SENDABLE] if any(left.values()) else []
        for theirs in sorted(sendable, key=lambda each: _location(each) != home):
            path = ("fulfillmentOrder", "lineItems")
            lines = []
            for node in await self._all(theirs["lineItems"], "MoreToSend", operations.MORE_TO_SEND, path, theirs["id"]):
                line = node["lineItem"]["id"]
                units = min(left.get(line, 0), int(node["remainingQuantity"]))
                if units > 0:
                    left[line] -= units
                    lines.append({"id": node["id"], "quantity": units})
            if lines:
                by_location[_location(theirs)].append({"fulfillmentOrderId": theirs["id"], "fulfillmentOrderLineItems": lines})
        if missing := sum(left.values()):
            held = sorted({each["status"].lower() for each in order["sending"] if each["status"] not in (*SENDABLE, "CLOSED")})
            why = (
                "it cancelled the order" if order["cancelledAt"] else f"its order is {', '.join(held)}" if held else "no more is open there"
            )
            raise Refused(
                f"{self._wire.name} does not take {missing} of the units of shipment {shipment.shipment} of {shipment.order}: {why}."
            )
        return list(by_location.values())

    def _line(self, order: Node, line: ShopLine) -> Node:
        sold = [each for each in order["lines"] if words_of(each) & set(line.words)]
        if len(sold) < line.ordinal:
            raise Refused(f"{self._wire.name} has no line on order {_number(order['id'])} that sells {line.words[0]}.")
        return dict(sold[line.ordinal - 1])


def words_of(line: Node) -> set[str]:
    """What a line may be called by, as the translator of orders reads it."""
    variant = line.get("variant") or {}
    return {
        word
        for word in (line.get("sku") or "", f"variant:{variant['legacyResourceId']}" if variant.get("legacyResourceId") else "")
        if word
    }


def _numbered(done: Node, tracking: str) -> bool:
    return any(each["number"] == tracking for each in done["trackingInfo"])


def _location(fulfillment_order: Node) -> str:
    return str((fulfillment_order["assignedLocation"]["location"] or {}).get("id", ""))


def _by_items(places: Sequence[Any]) -> list[list[Any]]:
    """In parts that one query can ask for: few items, and few locations for each."""
    items = sorted({place.sku for place in places})
    parts = [set(items[begin : begin + ITEMS]) for begin in range(0, len(items), ITEMS)]
    return [[place for place in places if place.sku in part] for part in parts]


def _place(level: StockLevel) -> StockPlace:
    return StockPlace(sku=level.sku, location=level.location)


def _position(error: Node) -> int | None:
    return next((int(step) for step in error.get("field") or () if str(step).isdecimal()), None)


def _key(*said: object) -> str:
    """An idempotency key of what is asked, and of what it was asked upon: the same call again is the same call."""
    return str(uuid5(NAMESPACE_URL, sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()))


def _gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def _number(gid: str) -> str:
    return gid.rpartition("/")[2]
