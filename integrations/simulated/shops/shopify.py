"""A Shopify shop that runs on this machine: its orders, fulfilments and inventory behind the documented GraphQL Admin API.

Queries are executed by a GraphQL engine against the documented part of the schema, so that a field or an argument that is not there is
refused as Shopify refuses it. Costs are counted by the documented rules: an object 1, a connection as many as it asks for, a mutation
10. What was asked for and not found is given back, and the rest is restored by the second.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from integrations.simulated.shops.server import Reply

Thing = dict[str, Any]

MOST_POINTS = 1_000
"""That a single query may cost."""


@dataclass
class LineItem:
    id: str
    sku: str
    quantity: int
    variant: int = 0
    removed: int = 0  # taken off the order by a refund or a cancellation
    fulfilled: int = 0

    @property
    def unfulfilled(self) -> int:
        return self.quantity - self.removed - self.fulfilled


@dataclass
class FulfillmentOrder:
    """The lines of an order that one location is to send."""

    id: str
    location: str
    lines: list[tuple[str, LineItem, int]]  # id, line, units
    status: str = "OPEN"
    sent: dict[str, int] = field(default_factory=dict)  # by the id of its line
    removed: dict[str, int] = field(default_factory=dict)

    def remaining(self, line: str) -> int:
        units = next(units for id_, _, units in self.lines if id_ == line)
        return units - self.sent.get(line, 0) - self.removed.get(line, 0)

    def settle(self) -> None:
        left = sum(self.remaining(line) for line, _, _ in self.lines)
        self.status = "CLOSED" if not left else "IN_PROGRESS" if self.sent else self.status


@dataclass
class Fulfillment:
    id: str
    number: str
    company: str
    units: list[tuple[FulfillmentOrder, str, LineItem, int]]
    status: str = "SUCCESS"


@dataclass
class Order:
    id: str
    lines: list[LineItem]
    fulfillment_orders: list[FulfillmentOrder]
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Thing] = field(default_factory=list)
    cancelled_at: str | None = None


class ShopifyShop:
    """`calls` are the names of the operations that were asked for, in their order; what changed the shop stands in `changes` too."""

    def __init__(
        self,
        token: str = "shpat_double",  # noqa: S107  # a made-up password guards nothing
        locations: tuple[str, ...] = ("1", "2"),
        points: float = 2_000,
        restored: float = 100,
    ) -> None:
        self.lock = threading.RLock()
        self.calls: list[str] = []
        self.changes: list[str] = []
        self.token, self.locations = token, locations
        self.orders: dict[str, Order] = {}
        self.available: dict[tuple[str, str], int] = {}  # by SKU and location
        self.strict_from = "2026-04"  # the version from which an idempotency key is mandatory
        self.points, self.most_points, self.restored = points, points, restored
        self._kept: dict[str, tuple[str, Thing]] = {}
        self._counted = time.monotonic()
        self._numbers = 0

    # --- what happens in the shop without us -----------------------------------------------------------------------------------------

    def sell(self, order: str, *lines: tuple[str, int], location: str = "1", split: dict[int, str] | None = None) -> Order:
        """An order comes in: (SKU, units) for each line, all from one location unless `split` sends a line (from 0) elsewhere."""
        with self.lock:
            made = [LineItem(self._id("LineItem"), sku, units, variant=900 + n) for n, (sku, units) in enumerate(lines)]
            by_location: dict[str, list[LineItem]] = {}
            for number, line in enumerate(made):
                by_location.setdefault((split or {}).get(number, location), []).append(line)
            fulfillment_orders = [
                FulfillmentOrder(
                    self._id("FulfillmentOrder"), where, [(self._id("FulfillmentOrderLineItem"), line, line.quantity) for line in those]
                )
                for where, those in by_location.items()
            ]
            self.orders[order] = Order(f"gid://shopify/Order/{order}", made, fulfillment_orders)
            return self.orders[order]

    def stock(self, sku: str, location: str, units: int) -> None:
        """The shop sells this item at this location."""
        self.available[sku, location] = units

    def shipped(self, order: str) -> list[tuple[str, list[tuple[str, int]]]]:
        """Tracking number and (SKU, units) of every fulfilment that stands."""
        return [
            (done.number, [(line.sku, units) for _, _, line, units in done.units])
            for done in self.orders[order].fulfillments
            if done.status == "SUCCESS"
        ]

    # --- the API ---------------------------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> tuple[str, Reply]:
        version = re.fullmatch(r"/admin/api/(\d{4}-\d{2}|unstable)/graphql\.json", path)
        if version is None or method != "POST":
            return f"{method} {path}", Reply(404, {"errors": "Not Found"})
        if headers.get("x-shopify-access-token") != self.token:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return "unauthorized", Reply(401, {"errors": message})
        try:
            asked = json.loads(body)
            source, variables, name = asked["query"], asked.get("variables") or {}, asked.get("operationName")
        except (ValueError, KeyError, TypeError, AttributeError):
            return "unreadable", Reply(400, {"errors": {"query": "Required parameter missing or invalid"}})
        return name or "anonymous", Reply(200, self._execute(source, variables, name, version[1]))

    def _execute(self, source: str, variables: Thing, name: str | None, version: str) -> Thing:
        from graphql import GraphQLError, parse, validate
        from graphql.execution import execute_sync

        try:
            document = parse(source)
        except GraphQLError as wrong:
            return {"errors": [{"message": wrong.message, "extensions": {"code": "undefinedField"}}]}
        if findings := validate(schema(), document):
            return {"errors": [{"message": finding.message, "extensions": {"code": "undefinedField"}} for finding in findings]}
        cost = cost_of(document, variables)
        if cost > MOST_POINTS:
            return {"errors": [{"message": f"Query cost is {cost}, which exceeds the single query max cost limit ({MOST_POINTS}).",
                                "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MOST_POINTS}}]}  # fmt: skip
        self._restore()
        if cost > self.points:
            throttled = {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
            return {"errors": [throttled], "extensions": self._cost(cost, None)}
        self.points -= cost
        result = execute_sync(schema(), document, Root(self, version), variable_values=variables, operation_name=name)
        actual = min(cost, (10 if "mutation" in source[:8] else 0) + objects(result.data))
        self.points += cost - actual
        answer: Thing = {"data": result.data, "extensions": self._cost(cost, actual)}
        if result.errors:
            answer["errors"] = [{"message": error.message, "extensions": error.extensions or {}} for error in result.errors]
        return answer

    def once(self, key: str | None, version: str, variables: str, work: Callable[[], Thing], refused: Callable[[str, str], Thing]) -> Thing:
        """The answer to a mutation under its idempotency key; from `strict_from` on there must be one."""
        if key is None:
            if version >= self.strict_from:
                from graphql import GraphQLError

                raise GraphQLError(
                    "The @idempotent directive is required for this mutation but was not provided.", extensions={"code": "BAD_REQUEST"}
                )
            return work()
        if key in self._kept:
            said, answer = self._kept[key]
            if said != variables:
                return refused(
                    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The same idempotency key cannot be used with different operation parameters."
                )
            return answer
        answer = work()
        self._kept[key] = (variables, answer)
        return answer

    def named(self, gid: str) -> Order | None:
        return self.orders.get(gid.removeprefix("gid://shopify/Order/"))

    def new_id(self, kind: str) -> str:
        return self._id(kind)

    def _id(self, kind: str) -> str:
        self._numbers += 1
        return f"gid://shopify/{kind}/{1_000 + self._numbers}"

    def _restore(self) -> None:
        now = time.monotonic()
        self.points = min(self.most_points, self.points + (now - self._counted) * self.restored)
        self._counted = now

    def _cost(self, asked: int, actual: int | None) -> Thing:
        status = {"maximumAvailable": self.most_points, "currentlyAvailable": int(self.points), "restoreRate": self.restored}
        return {"cost": {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": status}}


class Root:
    """Resolves the queries and mutations of the schema; whatever is below them is plain values."""

    def __init__(self, shop: ShopifyShop, version: str) -> None:
        self.shop, self.version = shop, version

    # --- queries ---------------------------------------------------------------------------------------------------------------------

    def order(self, info: Any, id: str) -> Thing | None:  # noqa: A002  # the argument's name in the API
        found = self.shop.named(id)
        return None if found is None else order_view(found)

    def fulfillment(self, info: Any, id: str) -> Thing | None:  # noqa: A002  # the argument's name in the API
        for order in self.shop.orders.values():
            for done in order.fulfillments:
                if done.id == id:
                    return fulfillment_view(done)
        return None

    def fulfillmentOrder(self, info: Any, id: str) -> Thing | None:  # noqa: A002, N802  # the names in the API
        for order in self.shop.orders.values():
            for found in order.fulfillment_orders:
                if found.id == id:
                    return fulfillment_order_view(found)
        return None

    def inventoryItems(self, info: Any, first: int = 0, after: str | None = None, query: str = "") -> Thing:  # noqa: N802  # the API's name
        wanted = re.findall(r"sku:\"((?:[^\"\\]|\\.)*)\"", query)
        listed = dict.fromkeys(sku for sku, _ in self.shop.available)
        found = [self._item(sku) for sku in listed if sku in {each.replace('\\"', '"') for each in wanted}]
        return page(found, first, after)

    def _item(self, sku: str) -> Thing:
        def level(info: Any, locationId: str) -> Thing | None:  # noqa: N803  # the argument's name in the API
            where = locationId.removeprefix("gid://shopify/Location/")
            units = self.shop.available.get((sku, where))
            if units is None:
                return None
            here = {"id": locationId, "name": where}
            known = {"id": f"gid://shopify/InventoryQuantity/{sku}", "name": "available", "quantity": units}
            return {"id": f"gid://shopify/InventoryLevel/{where}", "location": here, "quantities": lambda info, names: [known]}

        return {"id": f"gid://shopify/InventoryItem/{sku}", "sku": sku, "tracked": True, "inventoryLevel": level}

    # --- mutations -------------------------------------------------------------------------------------------------------------------

    def fulfillmentCreate(self, info: Any, fulfillment: Thing, message: str = "") -> Thing:  # noqa: N802  # the API's name
        chosen: list[tuple[FulfillmentOrder, str, LineItem, int]] = []
        orders = set()
        for entry in fulfillment["lineItemsByFulfillmentOrder"]:
            found = self._fulfillment_order(entry["fulfillmentOrderId"])
            if found is None:
                return refused("Fulfillment order does not exist.")
            order, theirs = found
            orders.add(order.id)
            if theirs.status not in ("OPEN", "IN_PROGRESS"):
                return refused(f"Fulfillment order {theirs.id.rpartition('/')[2]} has an unfulfillable status= {theirs.status.lower()}.")
            every: list[Thing] = [{"id": line, "quantity": theirs.remaining(line)} for line, _, _ in theirs.lines]
            for asked in entry.get("fulfillmentOrderLineItems") or every:
                line = next((line for id_, line, _ in theirs.lines if id_ == asked["id"]), None)
                if line is None or not 0 < asked["quantity"] <= theirs.remaining(asked["id"]):
                    return refused("Invalid fulfillment order line item quantity requested.")
                chosen.append((theirs, asked["id"], line, asked["quantity"]))
        if not chosen:
            return refused("At least one fulfillment order is required.")
        if len(orders) > 1 or len({theirs.location for theirs, _, _, _ in chosen}) > 1:
            return refused("All fulfillment orders must belong to the same order and be assigned to the same location.")
        tracking = fulfillment.get("trackingInfo") or {}
        made = Fulfillment(self.shop.new_id("Fulfillment"), tracking.get("number", ""), tracking.get("company", ""), chosen)
        for theirs, id_, line, units in chosen:
            theirs.sent[id_] = theirs.sent.get(id_, 0) + units
            line.fulfilled += units
            theirs.settle()
        next(order for order in self.shop.orders.values() if order.id in orders).fulfillments.append(made)
        self.shop.changes.append(f"fulfillmentCreate {made.number}")
        return {"fulfillment": fulfillment_view(made), "userErrors": []}

    def fulfillmentCancel(self, info: Any, id: str) -> Thing:  # noqa: A002, N802  # the names in the API
        for order in self.shop.orders.values():
            for done in order.fulfillments:
                if done.id == id and done.status == "SUCCESS":
                    done.status = "CANCELLED"
                    for theirs, line_id, line, units in done.units:
                        theirs.sent[line_id] -= units
                        line.fulfilled -= units
                        theirs.status = "OPEN"
                    self.shop.changes.append(f"fulfillmentCancel {done.number}")
                    return {"fulfillment": fulfillment_view(done), "userErrors": []}
        return refused("Fulfillment not found.")

    def orderCancel(  # noqa: N802  # the API's name
        self, info: Any, orderId: str, reason: str, restock: bool, refundMethod: Thing | None = None,  # noqa: N803  # the names in the API
        notifyCustomer: bool = False, staffNote: str = "",  # noqa: N803  # the names in the API
    ) -> Thing:  # fmt: skip
        def no(code: str, message: str) -> Thing:
            return {"job": None, "orderCancelUserErrors": [{"code": code, "field": ["orderId"], "message": message}]}

        order = self.shop.named(orderId)
        if order is None:
            return no("NOT_FOUND", "Order does not exist")
        if order.cancelled_at is not None:
            return no("INVALID", "Cannot cancel an order that has already been canceled")
        if any(done.status == "SUCCESS" for done in order.fulfillments):
            return no("INVALID", "Cannot cancel a fulfilled order")
        order.cancelled_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for line in order.lines:
            line.removed = line.quantity
        for theirs in order.fulfillment_orders:
            theirs.removed = {line: units for line, _, units in theirs.lines}
            theirs.status = "CLOSED"
        self.shop.changes.append(f"orderCancel {order.id.rpartition('/')[2]} {reason}")
        return {"job": {"id": self.shop.new_id("Job"), "done": False}, "orderCancelUserErrors": []}

    def refundCreate(self, info: Any, input: Thing) -> Thing:  # noqa: A002, N802  # the names in the API
        def work() -> Thing:
            order = self.shop.named(input["orderId"])
            if order is None:
                return refused("Order does not exist", made="refund")
            wanted = []
            for asked in input.get("refundLineItems") or []:
                line = next((line for line in order.lines if line.id == asked["lineItemId"]), None)
                if line is None:
                    return refused("Line item does not exist", made="refund")
                location = (asked.get("locationId") or "").removeprefix("gid://shopify/Location/")
                if location and location not in self.shop.locations:
                    return refused("Location does not exist", made="refund")
                if asked.get("restockType") != "CANCEL" or not 0 < asked["quantity"] <= line.unfulfilled:
                    return refused("Refund line items Quantity cannot refund more items than were purchased", made="refund")
                wanted.append((line, asked["quantity"]))
            for line, units in wanted:
                line.removed += units
                self._take_off(order, line, units)
            made = {"id": self.shop.new_id("Refund"), "note": input.get("note")}
            order.refunds.append(made)
            self.shop.changes.append("refundCreate " + ", ".join(f"{units} {line.sku}" for line, units in wanted))
            return {"refund": made, "userErrors": []}

        return self.shop.once(
            key_of(info), self.version, json.dumps(input, sort_keys=True), work, lambda _, message: refused(message, made="refund")
        )

    def inventorySetQuantities(self, info: Any, input: Thing) -> Thing:  # noqa: A002, N802  # the names in the API
        def no(code: str | None, message: str, position: int | None = None) -> Thing:
            place = ["input", "quantities", *([str(position)] if position is not None else [])]
            return {"inventoryAdjustmentGroup": None, "userErrors": [{"code": code, "field": place, "message": message}]}

        def work() -> Thing:
            if input["name"] not in ("available", "on_hand"):
                return no("INVALID_NAME", "The quantity name must be either 'available' or 'on_hand'.")
            if input["reason"] not in ("correction", "cycle_count_available", "received", "restock", "other"):
                return no("INVALID_REASON", "The specified reason is invalid.")
            change = {}
            for position, each in enumerate(input["quantities"]):
                sku = each["inventoryItemId"].removeprefix("gid://shopify/InventoryItem/")
                where = each["locationId"].removeprefix("gid://shopify/Location/")
                if where not in self.shop.locations:
                    return no("INVALID_LOCATION", "The specified location could not be found.", position)
                if not any(sku == known for known, _ in self.shop.available):
                    return no("INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.", position)
                if (sku, where) not in self.shop.available:
                    return no("ITEM_NOT_STOCKED_AT_LOCATION", "The specified inventory item is not stocked at the location.", position)
                if each["quantity"] < 0:
                    return no("INVALID_QUANTITY_NEGATIVE", "The quantity can't be negative.", position)
                if "changeFromQuantity" not in each:
                    return no(None, "changeFromQuantity is required.", position)
                if each["changeFromQuantity"] not in (None, self.shop.available[sku, where]):
                    return no("CHANGE_FROM_QUANTITY_STALE", "The changeFromQuantity value does not match persisted value.", position)
                change[sku, where] = each["quantity"]
            self.shop.available |= change
            self.shop.changes.append(
                "inventorySetQuantities " + ", ".join(f"{sku}@{where}={units}" for (sku, where), units in change.items())
            )
            return {
                "inventoryAdjustmentGroup": {"id": self.shop.new_id("InventoryAdjustmentGroup"), "reason": input["reason"]},
                "userErrors": [],
            }

        return self.shop.once(key_of(info), self.version, json.dumps(input, sort_keys=True), work, no)

    def _fulfillment_order(self, gid: str) -> tuple[Order, FulfillmentOrder] | None:
        return next(
            ((order, theirs) for order in self.shop.orders.values() for theirs in order.fulfillment_orders if theirs.id == gid), None
        )

    def _take_off(self, order: Order, line: LineItem, units: int) -> None:
        for theirs in order.fulfillment_orders:
            for id_, held, _ in theirs.lines:
                off = min(units, theirs.remaining(id_)) if held is line else 0
                theirs.removed[id_] = theirs.removed.get(id_, 0) + off
                units -= off
            theirs.settle()


# --- how things look in the API ------------------------------------------------------------------------------------------------------


def order_view(order: Order) -> Thing:
    return {
        "id": order.id,
        "name": f"#{order.id.rpartition('/')[2]}",
        "cancelledAt": order.cancelled_at,
        "lineItems": paged([line_view(line) for line in order.lines]),
        "fulfillments": lambda info, first=0: [fulfillment_view(done) for done in order.fulfillments][:first],
        "fulfillmentOrders": paged([fulfillment_order_view(found) for found in order.fulfillment_orders]),
    }


def line_view(line: LineItem) -> Thing:
    return {
        "id": line.id,
        "sku": line.sku,
        "quantity": line.quantity,
        "currentQuantity": line.quantity - line.removed,
        "unfulfilledQuantity": line.unfulfilled,
        "variant": {"id": f"gid://shopify/ProductVariant/{line.variant}", "legacyResourceId": line.variant},
    }


def fulfillment_view(done: Fulfillment) -> Thing:
    lines = [{"id": f"{done.id}/{n}", "lineItem": line_view(line), "quantity": units} for n, (_, _, line, units) in enumerate(done.units)]
    tracking = {"company": done.company, "number": done.number, "url": None}
    return {"id": done.id, "status": done.status, "trackingInfo": lambda info, first=1: [tracking], "fulfillmentLineItems": paged(lines)}


def fulfillment_order_view(found: FulfillmentOrder) -> Thing:
    lines = [
        {"id": id_, "lineItem": line_view(line), "remainingQuantity": found.remaining(id_), "totalQuantity": units}
        for id_, line, units in found.lines
    ]
    where = {"id": f"gid://shopify/Location/{found.location}", "name": found.location}
    return {
        "id": found.id,
        "status": found.status,
        "assignedLocation": {"name": found.location, "location": where},
        "lineItems": paged(lines),
    }


def paged(nodes: list[Thing]) -> Callable[..., Thing]:
    return lambda info, first=0, after=None: page(nodes, first, after)


def page(nodes: list[Thing], first: int, after: str | None) -> Thing:
    begin = int(after) if after else 0
    end = min(begin + first, len(nodes))
    return {"nodes": nodes[begin:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end) if nodes else None}}


def refused(message: str, made: str = "fulfillment") -> Thing:
    return {made: None, "userErrors": [{"field": [made], "message": message}]}


def key_of(info: Any) -> str | None:
    """The key of the field's @idempotent directive."""
    from graphql import get_directive_values

    directive = info.schema.get_directive("idempotent")
    given = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if given is None else str(given["key"])


@cache
def schema() -> Any:
    from graphql import build_schema

    from integrations.simulated.shops.shopify_schema import SCHEMA

    return build_schema(SCHEMA)


def objects(data: Any) -> int:
    """Points that an answer really costs: its objects."""
    if isinstance(data, list):
        return sum(objects(each) for each in data)
    return 1 + sum(objects(each) for each in data.values()) if isinstance(data, dict) else 0


def cost_of(document: Any, variables: Thing) -> int:
    """Points that an operation may cost: what selects something is an object, and a list or connection as many as it asks for."""

    def of(selections: Any) -> int:
        points = 0
        for node in selections.selections:
            if node.selection_set is None or node.name.value == "pageInfo":
                continue
            inner = of(node.selection_set)
            asked = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
            if asked is None:
                points += 1 + inner
            else:
                first = int(asked.value) if hasattr(asked, "value") else int(variables.get(asked.name.value, 1))
                points += 2 + first * max(inner, 1)
        return points

    return sum((10 if each.operation.value == "mutation" else 0) + of(each.selection_set) for each in document.definitions)
