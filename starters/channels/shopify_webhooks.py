"""What a Shopify shop tells of its orders, topic by topic.

Topics: shopify.dev/docs/api/webhooks; bodies: Order and Refund of the REST Admin API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, MessageIn, OrderIn, OrderStatedIn, Part, RefusedIn, ReturnStatedIn, Words
from domain.money import parse_amount
from domain.order import PlaceOrder
from starters.channels import shopify
from starters.channels.bounds import known_currency, money, whole_quantity
from starters.channels.reading import Node, read_json
from starters.channels.shops import CATCH_UP, cancelled, channel_of, each_by_itself, held, id_of, moment, raised_by_shop

NOTHING_TO_DO = {
    "orders/edited": "orders/updated says what the order is after the edit",
    "orders/paid": "the order takes its own payment",
    "orders/fulfilled": "the order ships by itself",
    "orders/partially_fulfilled": "the order ships by itself",
}
"""Topics that say nothing that another topic, or we ourselves, do not say."""

RETURNED = ("return", "legacy_restock")
"""Refunded units that are in the shop's stock again: they had been shipped, and are sent back."""

MOVED = ("success", "pending")
"""Transactions that moved money, or are about to."""


def read(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The parts of a delivery by its topic; without a topic, orders as a file holds them. Raises InputRefused."""
    channel, topic = channel_of(delivery, "shopify"), delivery.topic.lower()
    if not topic:
        return [OrderIn(place=f"order {order.external_id}", order=order) for order in shopify.read(delivery.body, channel)]
    if topic in NOTHING_TO_DO:
        return [IgnoredIn(place=topic, reason=NOTHING_TO_DO[topic])]
    if topic == CATCH_UP:
        return _caught_up(read_json(delivery.body), channel)
    readers = {
        "orders/create": _created,
        "orders/updated": _updated,
        "orders/cancelled": _updated,
        "orders/delete": _deleted,
        "refunds/create": _refunded,
    }
    if topic not in readers:
        reason = f"nobody reads the topic {topic!r:.60} here: a person sees to it, or ends the subscription in the shop"
        return [RefusedIn(place="the topic", reason=reason)]
    document = read_json(delivery.body)
    if document.child("id").value is None and (wrapped := document.maybe("order")):
        document = Node(wrapped.value)  # as the shop's API writes it: whoever catches up on deliveries by hand has it so
    return readers[topic](document, channel, delivery)


def _created(body: Node, channel: str, delivery: Delivery) -> Sequence[Part]:
    order = shopify.order_in(body, channel)
    return [OrderIn(place=f"order {order.external_id}", order=order, said_at=_said_at(body))]


def _updated(body: Node, channel: str, delivery: Delivery) -> Sequence[Part]:
    """The order as it stands; one that its shop cancelled is to be cancelled, whichever topic says so."""
    number = id_of(body)
    if at := body.text("cancelled_at"):
        why = body.text("cancel_reason") or "no reason is stated"
        return [cancelled(channel, number, moment(at, body.child("cancelled_at").place), why, place=f"order {number}")]
    if delivery.topic.lower() == "orders/cancelled":
        raise InputRefused(body.child("cancelled_at").place, "the topic says that the order is cancelled, and the body does not")
    order = _as_it_stands(body, shopify.order_of(body, channel))
    return [OrderStatedIn(place=f"order {number}", order=order, said_at=_said_at(body))]


def _caught_up(document: Node, channel: str) -> Sequence[Part]:
    """Orders as the shop's API lists them: new ones are placed, unless they are over; of the others, what changed is asked."""

    def one(body: Node) -> Sequence[Part]:
        number = id_of(body)
        place = f"order {number}"
        if at := body.text("cancelled_at"):
            why, unknown = body.text("cancel_reason") or "no reason is stated", "it is cancelled, and was never placed here"
            return [cancelled(channel, number, moment(at, body.child("cancelled_at").place), why, place=place, unknown=unknown)]
        shipped = body.text("fulfillment_status") == "fulfilled"
        unready = "it is shipped, and was never placed here" if shipped else ""
        placed = shopify.order_of(body, channel)
        stands = OrderStatedIn(place=place, order=_as_it_stands(body, placed), said_at=_said_at(body), ready=not shipped, unready=unready)
        if stands.order == placed or shipped:
            return [stands]
        first = OrderStatedIn(place=place, order=placed, said_at=placed.placed_at, ready=True)
        return [first, stands.model_copy(update={"ready": False})]  # what was taken off since is taken off the order that was placed

    if document.child("orders").value is not None:
        return each_by_itself(document.objects("orders"), one)
    wrapped = document.maybe("order")
    return each_by_itself([Node(wrapped.value) if wrapped else document], one)


def _deleted(body: Node, channel: str, delivery: Delivery) -> Sequence[Part]:
    number = id_of(body)
    why, unknown = "the shop deleted the order; release or cancel it", "the shop deleted an order that nobody knows here"
    return [held(channel, number, delivery.received_at, why, place=f"order {number}", unknown=unknown)]


def _said_at(body: Node) -> datetime:
    name = "updated_at" if body.text("updated_at") else "created_at"
    return moment(body.text(name), body.child(name).place)


def _as_it_stands(body: Node, order: PlaceOrder) -> PlaceOrder:
    """The order with the quantities that are still wanted.

    `current_quantity` is what is left after edits and refunds; refunds of what had shipped leave what was wanted as it was.
    """
    shipped = _units(body, "fulfillments", "line_items", "id")
    back, kept, dropped = (_refunds(body, kinds) for kinds in (RETURNED, ("no_restock",), ("cancel",)))
    lines = []
    for line, entry in zip(order.lines, body.objects("line_items"), strict=True):
        name = entry.text("id")
        stays = min(kept[name], max(shipped[name] - back[name], 0))
        if entry.child("current_quantity").value is None:
            wanted = line.quantity - dropped[name] - (kept[name] - stays)
        else:
            wanted = _count(entry, "current_quantity") + back[name] + stays
        lines.append(line.model_copy(update={"quantity": max(wanted, 0)}))
    return order.model_copy(update={"lines": tuple(lines)})


def _units(body: Node, outer: str, inner: str, name: str) -> Counter[str]:
    """Units by the shop's id of their line, over everything that went out and was not called back."""
    units: Counter[str] = Counter()
    for each in body.objects(outer):
        if each.text("status") not in ("cancelled", "error", "failure"):
            for entry in each.objects(inner):
                units[entry.text(name)] += _count(entry, "quantity")
    return units


def _refunds(body: Node, kinds: Sequence[str]) -> Counter[str]:
    units: Counter[str] = Counter()
    for refund in body.objects("refunds"):
        for entry in refund.objects("refund_line_items"):
            if entry.text("restock_type") in kinds:
                units[entry.text("line_item_id")] += _count(entry, "quantity")
    return units


def _count(entry: Node, name: str) -> int:
    """A number of units that may be none; it is null where nothing is said."""
    place = entry.child(name)
    return whole_quantity(place.value, place.place) if place.value not in (None, 0) else 0


def _refunded(body: Node, channel: str, delivery: Delivery) -> Sequence[Part]:
    """A refund of the shop: goods that come back become a return; where the shop moved money of its own, the order asks a person."""
    number, refund = id_of(body, "order_id"), id_of(body)
    name = "processed_at" if body.text("processed_at") else "created_at"
    at = moment(body.text(name), body.child(name).place)
    place = f"order {number}, refund {refund}"
    entries = [(entry.text("restock_type"), *_units_back(entry)) for entry in body.objects("refund_line_items")]
    moved, note = _moved(body), body.text("note")[:400]
    reason = f"refund {refund} of the shop" + (f": {note}" if note else "")
    if moved and (not entries or any(kind != "cancel" for kind, _, _ in entries)):
        raised = raised_by_shop(f"{channel}/{number}/refund/{refund}", at, channel, _for_a_person(body, moved, entries, note))
        return [MessageIn(place=place, order=f"{channel}/{number}", message=raised)]
    back = tuple((item, units) for kind, item, units in entries if kind in RETURNED)
    if back:
        message = f"{channel}/{number}/refund/{refund}"
        order = f"{channel}/{number}"
        return [ReturnStatedIn(place=place, order=order, message_id=message, said_at=at, items=back, reason=reason)]
    if entries:
        return [IgnoredIn(place=place, reason="no goods come back: orders/updated says what is left of the order")]
    return [IgnoredIn(place=place, reason="it gives back neither goods nor money")]


def _units_back(entry: Node) -> tuple[str, int]:
    quantity = entry.child("quantity")
    line = entry.maybe("line_item")
    item = shopify.item_of(line) if line else f"line:{entry.text('line_item_id')}"
    return item, whole_quantity(quantity.value, quantity.place)


def _moved(body: Node) -> str:
    """The money that the shop gave back by itself, in words; "" where it gave none."""
    sums: dict[str, Decimal] = {}
    for transaction in body.objects("transactions"):
        if transaction.text("status") in MOVED and transaction.text("kind") in ("refund", ""):
            currency = known_currency(transaction.text("currency"), transaction.child("currency").place)
            sums[currency] = sums.get(currency, Decimal(0)) + transaction.amount("amount")
    return " and ".join(str(money(amount, currency, "transactions")) for currency, amount in sums.items() if amount)


def _for_a_person(body: Node, moved: str, entries: Sequence[tuple[str, str, int]], note: str) -> str:
    words = {"cancel": "not shipped", "no_restock": "not put back into stock"} | dict.fromkeys(RETURNED, "put back into stock")
    said = [f"{units} x {item} ({words.get(kind, kind or 'not said what becomes of it')})" for kind, item, units in entries]
    said += [_adjusted(adjustment) for adjustment in body.objects("order_adjustments")]
    about = ", ".join(said) or "no goods"
    return f"the shop gave back {moved} by itself, for {about}{f', saying: {note}' if note else ''}; nothing is booked here"


def _adjusted(adjustment: Node) -> str:
    amount = adjustment.child("amount")
    what = adjustment.text("kind").replace("_", " ") or "adjustment"
    return f"{what} of {parse_amount(amount.value, amount.place)}"
