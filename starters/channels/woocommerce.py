"""An order of a WooCommerce shop, as its REST API (wc/v3) writes orders, and its webhooks with it.

Amounts of lines, shipping and fees are without tax, whatever the shop shows; totals are texts, prices are numbers after the discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import unescape

from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, OrderIn, OrderStatedIn, Part, RefusedIn, Words
from domain.money import Money, exponent, parse_amount
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, TaxLine
from starters.channels.bounds import built, known_currency, money, whole_quantity, within_reason
from starters.channels.reading import Node, clean, read_json
from starters.channels.shops import CATCH_UP, cancelled, channel_of, each_by_itself, held, id_of, moment

PLACES = {"external_id": "id", "customer": "customer_id", "lines": "line_items", "shipping_service": "shipping_lines"}

READY = "processing"
"""The status of an order that is paid, or that its shop trusts: only then is it ours to ship."""

NOT_YET = ("pending", "on-hold", "failed", "checkout-draft", "auto-draft", "draft", "new")
"""Statuses of an order that may still become one; of one that is placed already they are a reason to stop."""

PRICE_DIGITS = Decimal("0.0000000001")
"""A unit price is the line's total by its units; so many digits give the total back for a million of them."""


def read(content: bytes, channel: str = "woocommerce") -> list[PlaceOrder]:
    """The orders in `content`, one or a list of them, that are ready to be shipped. Raises InputRefused."""
    document = read_json(content)
    if isinstance(document.value, list):
        orders = [Node(value, f"[{i}]") for i, value in enumerate(document.value)]
        if not orders:
            raise InputRefused("the document", "the list of orders is empty")
        return [_ready(order, channel) for order in orders]
    return [_ready(document, channel)]


def webhook(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The parts of a delivery by its topic; without a topic, orders as a file holds them. Raises InputRefused."""
    channel, topic = channel_of(delivery, "woocommerce"), delivery.topic.lower()
    if not topic:
        return [OrderIn(place=f"order {order.external_id}", order=order) for order in read(delivery.body, channel)]
    body = read_json(delivery.body)
    if topic == CATCH_UP:
        several = body.value if isinstance(body.value, list) else None
        bodies = [body] if several is None else [Node(value, f"[{i}]") for i, value in enumerate(several)]
        return each_by_itself(bodies, lambda one: [_stated(one, channel)])
    if topic == "order.deleted":
        number = id_of(body)
        why, unknown = "the shop deleted the order; release or cancel it", "the shop deleted an order that nobody knows here"
        return [held(channel, number, delivery.received_at, why, place=f"order {number}", unknown=unknown)]
    if topic not in ("order.created", "order.updated", "order.restored"):
        reason = f"nobody reads the topic {topic!r:.60} here: a person sees to it, or ends the webhook in the shop"
        return [RefusedIn(place="the topic", reason=reason)]
    return [_stated(body, channel)]


def _stated(body: Node, channel: str) -> Part:
    """What an order's status asks for."""
    number, status, place = id_of(body), body.text("status"), f"order {body.text('id')}"
    at = _said_at(body)
    if status == "completed":
        return IgnoredIn(place=place, reason="the shop says that it is completed: there is nothing left to ship")
    if status in ("cancelled", "trash"):
        return cancelled(channel, number, at, status, place=place, unknown=f"it is {status}, and was never placed here")
    if status == "refunded":
        why = "; ".join(_refunds(body)) or "all of it was refunded"
        return cancelled(channel, number, at, why, place=f"{place}, refunded", unknown="it is refunded, and was never placed here")
    if status in NOT_YET:
        why = f"the shop says {status}; release the order when the shop lets it go on"
        unknown = f"the shop says {status}: it is placed when it says {READY}"
        return held(channel, number, at, why, place=place, unknown=unknown)
    order, remarks = order_of(body, channel), _refunds(body)
    if status != READY:
        remarks = [*remarks, f"its status is {status:.60}, which only the shop knows the meaning of"]
    unready = "" if status == READY else f"the shop says {status:.60}: it is placed when it says {READY}"
    return OrderStatedIn(place=place, order=order, said_at=at, remarks=tuple(remarks), ready=status == READY, unready=unready)


def _ready(body: Node, channel: str) -> PlaceOrder:
    status = body.text("status")
    if status != READY:
        where = body.child("status").place
        raise InputRefused(where, f"the shop says {status or 'nothing'!r:.40}, and an order is placed when it says {READY!r}")
    return order_of(body, channel)


def _said_at(body: Node) -> datetime:
    name = "date_modified_gmt" if body.text("date_modified_gmt") else "date_created_gmt"
    return moment(body.text(name), body.child(name).place, utc=True)


def _refunds(body: Node) -> list[str]:
    """What the shop gave back by itself so far, each refund in words."""
    said = []
    for refund in body.objects("refunds"):
        total = refund.child("total")
        amount = abs(parse_amount(total.value, total.place))
        why = refund.text("reason")[:200]
        said.append(
            f"the shop gave back {amount} by itself (refund {refund.text('id')}{f': {why}' if why else ''}); nothing is booked here"
        )
    return said


def order_of(body: Node, channel: str) -> PlaceOrder:
    """One order in its shop's words, whatever its status. Raises InputRefused."""
    number = id_of(body)
    currency = known_currency(body.text("currency"), body.child("currency").place)
    lines = [_line(entry, number, currency, _rates(body)) for number, entry in enumerate(body.objects("line_items"), 1)]
    if not lines:
        raise InputRefused(body.child("line_items").place, "there is none, and an order needs at least one")
    shipping = body.objects("shipping_lines")
    charged = [*shipping, *(fee for fee in body.objects("fee_lines") if _amount(fee, "total") >= 0)]
    off = [fee for fee in body.objects("fee_lines") if _amount(fee, "total") < 0]
    for fee in off:
        if _amount(fee, "total_tax"):
            raise InputRefused(fee.child("total_tax").place, "a fee that lowers the order has a tax of its own: what it lowers is not said")
    paid = bool(body.text("date_paid_gmt") or body.text("date_paid"))
    ship_to = _address(body, "shipping") or _address(body, "billing")
    order = built(
        PlaceOrder,
        {field: body.child(name).place for field, name in PLACES.items()},
        channel=channel,
        external_id=number,
        customer=f"{channel}:{_customer(body)}",
        currency=currency,
        lines=lines,
        placed_at=moment(body.text("date_created_gmt"), body.child("date_created_gmt").place, utc=True),
        po_number=body.text("number") or number,
        ship_to=ship_to,
        bill_to=_address(body, "billing"),
        shipping_service=(shipping[0].text("method_id") or shipping[0].text("method_title"))[:60] if shipping else "",
        terms=PaymentTerms.PREPAID if paid else PaymentTerms.NET_30,
        discount=Money.total((money(-_amount(fee, "total"), currency, fee.child("total").place) for fee in off), currency),
        freight=Money.total((money(_amount(each, "total"), currency, each.child("total").place) for each in charged), currency),
        freight_taxes=[tax for each in charged for tax in _taxes(each, currency, _rates(body))],
        stated_total=None if body.child("total").value is None else money(body.amount("total"), currency, body.child("total").place),
        payment_reference=(body.text("transaction_id") or body.text("order_key")) if paid else "",
    )
    return within_reason(order, body.child("line_items").place, body.child("fee_lines").place)


def _customer(body: Node) -> str:
    """The shop's number of its customer; 0 is everybody who bought without an account."""
    known = body.text("customer_id")
    return known if known not in ("", "0") else "guest"


def _line(entry: Node, number: int, currency: str, rates: dict[str, Node]) -> OrderLine:
    """The price before the discount is the subtotal by the units; the discount is what the total is less than the subtotal."""
    quantity = whole_quantity(entry.child("quantity").value, entry.child("quantity").place)
    subtotal = "subtotal" if entry.child("subtotal").value not in (None, "") else "total"
    if entry.child(subtotal).value in (None, ""):
        price = entry.amount("price")
        gross = net = money(price * quantity, currency, entry.child("price").place)
    else:
        price = _price(entry.amount(subtotal), quantity, currency)
        gross = money(entry.amount(subtotal), currency, entry.child(subtotal).place)
        net = money(entry.amount("total"), currency, entry.child("total").place)
    if gross < net:
        raise InputRefused(entry.child("total").place, f"{net} is more than the {gross} of the line before its discount")
    return built(
        OrderLine,
        {field: entry.child(name).place for field, name in [("item", "sku"), ("description", "name")]},
        number=number,
        item=_item(entry),
        quantity=quantity,
        unit_price=price,
        discount=gross - net,
        taxes=_taxes(entry, currency, rates),
        description=clean(unescape(entry.text("name")), entry.child("name").place)[:400],
    )


def _price(subtotal: Decimal, quantity: int, currency: str) -> Decimal:
    """A unit's part of a subtotal, as short as it can be written."""
    price = subtotal / quantity
    plain = price.quantize(Decimal(1).scaleb(-exponent(currency)))
    return plain if plain * quantity == subtotal else price.quantize(PRICE_DIGITS)


def _item(entry: Node) -> str:
    """The line's SKU, else the shop's number of the variation or the product, which a person maps."""
    if item := entry.text("sku"):
        return item
    for name, meant in (("variation_id", "variation"), ("product_id", "product")):
        if (found := entry.text(name)) not in ("", "0"):
            return f"{meant}:{found}"
    raise InputRefused(entry.child("sku").place, "the line names neither a SKU nor a variation nor a product")


def _rates(body: Node) -> dict[str, Node]:
    """What each tax is called and takes, by the shop's number of its rate."""
    return {rate.text("rate_id"): rate for rate in body.objects("tax_lines")}


def _taxes(entry: Node, currency: str, rates: dict[str, Node]) -> list[TaxLine]:
    """The taxes of a line, by rate; of one that names only their sum, one."""
    found = []
    for tax in entry.objects("taxes"):
        amount = tax.child("total")
        if amount.value in (None, ""):
            continue
        rate = rates.get(tax.text("id"))
        percent = rate.amount_or_zero("rate_percent") if rate else Decimal(0)
        title = (rate.text("label") or rate.text("rate_code")) if rate else ""
        value = money(tax.amount("total"), currency, amount.place)
        if value:
            found.append(built(TaxLine, {"title": amount.place}, title=title[:100] or "Tax", rate=percent / 100, amount=value))
    whole = money(entry.amount_or_zero("total_tax"), currency, entry.child("total_tax").place)
    return found or ([TaxLine(title="Tax", amount=whole)] if whole else [])


def _amount(entry: Node, name: str) -> Decimal:
    """An amount that may be less than zero; zero where nothing is said."""
    child = entry.child(name)
    return Decimal(0) if child.value in (None, "") else parse_amount(child.value, child.place)


def _address(body: Node, name: str) -> Address | None:
    """An address, if one is stated: of goods that nobody ships the shop leaves every field of it empty."""
    address = body.maybe(name)
    if address is None or not address.text("country"):
        return None
    fields = {"name": "first_name", "street": "address_1", "city": "city", "postcode": "postcode", "region": "state", "country": "country"}
    person = f"{address.text('first_name')} {address.text('last_name')}".strip()
    billing = body.maybe("billing")
    return built(
        Address,
        {field: f"{address.place}.{theirs}" for field, theirs in fields.items()} | {"email": "billing.email"},
        name=person or address.text("company"),
        street=", ".join(part for part in (address.text("address_1"), address.text("address_2")) if part),
        city=address.text("city"),
        postcode=address.text("postcode"),
        region=address.text("state"),
        country=address.text("country"),
        email=billing.text("email") if billing else "",
    )
