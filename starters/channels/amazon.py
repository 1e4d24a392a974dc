"""Orders of Amazon's marketplaces, as its Orders API of version 2026-01-01 writes them: one, or a page of them.

Personal data may be missing: whoever fetches them may not be allowed to see it. Amazon collects from the buyer, and settles with its
sellers every 14 days: its marketplace is the customer, on those terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, OrderIn, OrderStatedIn, Part, Words
from domain.money import Money, parse_amount
from domain.order import Address, Charge, OrderLine, PaymentTerms, PlaceOrder, TaxLine
from starters.channels.bounds import built, known_currency, money, whole_quantity, within_reason
from starters.channels.reading import Node, read_json
from starters.channels.shops import OURS, cancelled, channel_of, each_by_itself, id_of, moment

PLACES = {"external_id": "orderId", "customer": "salesChannel", "lines": "orderItems", "shipping_service": "fulfillment"}

READY = "UNSHIPPED"

NOT_OURS = {
    "PENDING": "the buyer's payment is pending: it is placed when Amazon says UNSHIPPED",
    "PENDING_AVAILABILITY": "its goods are not released yet: it is placed when Amazon says UNSHIPPED",
    "PARTIALLY_SHIPPED": "it is shipped in part: who ships the rest is not ours to begin",
    "SHIPPED": "it is shipped: there is nothing left to do",
    "UNFULFILLABLE": "Amazon ships it, and cannot",
}
"""Why an order of a status is not placed; of one that is placed already they ask for nothing."""


def read(content: bytes, channel: str = "amazon") -> list[PlaceOrder]:
    """The orders in `content` that are ours to ship. Raises InputRefused for the first that is not."""
    orders = []
    for body in _orders(content):
        status = _status(body)
        if _by_amazon(body):
            raise InputRefused(body.child("fulfillment").place, "Amazon ships this order itself")
        if status != READY:
            raise InputRefused(body.child("fulfillment").place, NOT_OURS.get(status, f"it is {status or 'of no status'!s:.40}"))
        orders.append(order_of(body, channel))
    return orders


def parts(delivery: Delivery, words: Words) -> Sequence[Part]:
    """Each order of a document by itself: one that cannot be read keeps no other out. Raises InputRefused for a document as a whole."""
    channel = channel_of(delivery, "amazon")
    found = each_by_itself(_orders(delivery.body), lambda body: _parts(body, channel))
    return [_by_hand(part) for part in found] if delivery.channel in OURS else found


def _by_hand(part: Part) -> Part:
    """What one of us brings is an order, and no word about one."""
    return OrderIn(place=part.place, order=part.order) if isinstance(part, OrderStatedIn) else part


def _orders(content: bytes) -> list[Node]:
    document = read_json(content)
    if document.child("orders").value is not None:
        found = document.objects("orders")
        if not found:
            raise InputRefused("orders", "the list is empty")
        return found
    wrapped = document.maybe("order")
    return [Node(wrapped.value) if wrapped else document]


def _parts(body: Node, channel: str) -> Sequence[Part]:
    """What an order's status asks for."""
    number = id_of(body, "orderId")
    place = f"order {number}"
    if _by_amazon(body):
        return [IgnoredIn(place=place, reason="Amazon ships it itself")]
    status, said_at = _status(body), _moment(body, "lastUpdatedTime")
    if status == "CANCELLED":
        unknown = "it is cancelled, and was never placed here"
        return [cancelled(channel, number, said_at, _why_cancelled(body), place=place, unknown=unknown)]
    if status in NOT_OURS:
        return [IgnoredIn(place=place, reason=NOT_OURS[status])]
    if status != READY:
        raise InputRefused(body.child("fulfillment").place, f"{status!r:.40} is no status that is known here")
    order = order_of(body, channel)
    return [OrderStatedIn(place=place, order=order, said_at=said_at, remarks=tuple(_asked_to_cancel(body)), ready=True)]


def _status(body: Node) -> str:
    fulfillment = body.maybe("fulfillment")
    return fulfillment.text("fulfillmentStatus") if fulfillment else ""


def _by_amazon(body: Node) -> bool:
    fulfillment = body.maybe("fulfillment")
    return fulfillment is not None and fulfillment.text("fulfilledBy") == "AMAZON"


def _why_cancelled(body: Node) -> str:
    for item in body.objects("orderItems"):
        done = (item.maybe("cancellation") or Node({})).maybe("cancellationExecution")
        if done:
            return f"by {done.text('cancelledBy') or 'somebody'}: {done.text('cancelReason') or 'no reason is stated'}"
    return "no reason is stated"


def _asked_to_cancel(body: Node) -> list[str]:
    """Items that their buyer would like to be cancelled: the seller decides."""
    asked = []
    for number, item in enumerate(body.objects("orderItems"), 1):
        request = (item.maybe("cancellation") or Node({})).maybe("cancellationRequest")
        if request:
            why = request.text("cancelReason") or "no reason is stated"
            asked.append(f"the buyer asks to cancel line {number} ({why:.200})")
    return asked


def order_of(body: Node, channel: str) -> PlaceOrder:
    """One order in Amazon's words; an item that is cancelled has quantity 0, and is none of its lines. Raises InputRefused."""
    number, currency = id_of(body, "orderId"), _currency(body)
    entries = [(line, entry) for line, entry in enumerate(body.objects("orderItems"), 1) if entry.child("quantityOrdered").value != 0]
    if not entries:
        raise InputRefused(body.child("orderItems").place, "there is none that is wanted, and an order needs at least one")
    buyer, fulfillment = body.maybe("buyer") or Node({}), body.maybe("fulfillment") or Node({})
    shipping = [_of_kind(entry, "SHIPPING", currency) for _, entry in entries]
    latest = fulfillment.maybe("deliverByWindow")
    order = built(
        PlaceOrder,
        {field: body.child(name).place for field, name in PLACES.items()},
        channel=channel,
        external_id=number,
        customer=f"{channel}:{_marketplace(body)}",
        currency=currency,
        lines=[_line(entry, line, currency) for line, entry in entries],
        placed_at=_moment(body, "createdTime"),
        po_number=buyer.text("buyerPurchaseOrderNumber")[:100] or _alias(body),
        ship_to=_address(body, buyer),
        requested_at=_moment(latest, "latestDateTime") if latest and latest.text("latestDateTime") else None,
        shipping_service=fulfillment.text("fulfillmentServiceLevel")[:60],
        terms=PaymentTerms.NET_14,
        discount=Money.zero(currency),
        freight=Money.total(shipping, currency),
        freight_taxes=[tax for _, entry in entries for tax in _taxes(entry, currency, freight=True)],
        surcharges=_tips(body, currency),
        stated_total=_stated_total(body, currency),
    )
    return within_reason(order, body.child("orderItems").place)


def _line(entry: Node, number: int, currency: str) -> OrderLine:
    product = entry.maybe("product")
    if product is None:
        raise InputRefused(entry.child("product").place, "the item says nothing of its product")
    measured = entry.maybe("measurement")
    if measured and (unit := measured.text("unit")) != "COUNT":
        raise InputRefused(measured.child("unit").place, f"it is sold by {unit or 'no unit'!s:.40}, and only pieces are")
    quantity = whole_quantity(entry.child("quantityOrdered").value, entry.child("quantityOrdered").place)
    extras = [(kind, _of_kind(entry, kind, currency)) for kind in ("GIFT_WRAP", "COD_FEE", "OTHER")]
    return built(
        OrderLine,
        {"item": product.child("sellerSku").place, "description": product.child("title").place},
        number=number,
        item=_item(product),
        quantity=quantity,
        unit_price=_price(entry, product, quantity, currency),
        discount=_of_kind(entry, "DISCOUNT", currency),
        taxes=_taxes(entry, currency, freight=False),
        surcharges=[Charge(title=kind.replace("_", " ").capitalize(), amount=amount) for kind, amount in extras if amount],
        description=product.text("title")[:400],
    )


def _item(product: Node) -> str:
    """The seller's SKU, else Amazon's number of the product, which a person maps."""
    if item := product.text("sellerSku"):
        return item
    if number := product.text("asin"):
        return f"asin:{number}"
    raise InputRefused(product.child("sellerSku").place, "the item has neither a SKU nor an ASIN")


def _price(entry: Node, product: Node, quantity: int, currency: str) -> Decimal:
    stated = (product.maybe("price") or Node({})).maybe("unitPrice")
    if stated is not None:
        return _plain(stated, currency)
    for each in _breakdowns(entry):
        if each.text("type") == "ITEM" and (subtotal := each.maybe("subtotal")):
            price = _plain(subtotal, currency) / quantity
            return price if price.as_tuple().exponent in range(-4, 1) else price.quantize(Decimal("0.0000000001"))
    raise InputRefused(product.child("price").place, "the item has no price")


def _breakdowns(entry: Node) -> list[Node]:
    proceeds = entry.maybe("proceeds")
    return proceeds.objects("breakdowns") if proceeds else []


def _of_kind(entry: Node, kind: str, currency: str) -> Money:
    """What an item brings in of a kind; a discount is taken off, whichever sign it has."""
    found = Money.zero(currency)
    for each in _breakdowns(entry):
        subtotal = each.maybe("subtotal")
        if each.text("type") == kind and subtotal is not None:
            found += _money(subtotal, currency, signed=kind == "DISCOUNT")
    return found


def _taxes(entry: Node, currency: str, *, freight: bool) -> list[TaxLine]:
    """The taxes of an item, those of its shipping apart; of one that does not say what they are on, all are the item's."""
    taxes = []
    for each in _breakdowns(entry):
        if each.text("type") != "TAX":
            continue
        whole = each.maybe("subtotal")
        shipping = Money.zero(currency)
        for detail in each.objects("detailedBreakdowns"):
            value = detail.maybe("value")
            if detail.text("subtype") == "SHIPPING" and value is not None:
                shipping += _money(value, currency)
        total = _money(whole, currency) if whole is not None else shipping
        amount = shipping if freight else total - shipping
        if amount.minor < 0:
            raise InputRefused(each.place, f"the tax on shipping is more than all of the {total}")
        if amount:
            taxes.append(TaxLine(title="Tax", amount=amount))
    return taxes


def _tips(body: Node, currency: str) -> list[Charge]:
    proceeds = body.maybe("proceeds")
    found = []
    for each in proceeds.objects("breakdowns") if proceeds else []:
        subtotal = each.maybe("subtotal")
        if each.text("type") == "DELIVERY_TIP" and subtotal is not None and (amount := _money(subtotal, currency)):
            found.append(Charge(title="Delivery tip", amount=amount))
    return found


def _stated_total(body: Node, currency: str) -> Money | None:
    total = (body.maybe("proceeds") or Node({})).maybe("grandTotal")
    return None if total is None else _money(total, currency)


def _currency(body: Node) -> str:
    """That of the total, else that of the first item."""
    total = (body.maybe("proceeds") or Node({})).maybe("grandTotal")
    if total is not None:
        return known_currency(total.text("currencyCode"), total.child("currencyCode").place)
    for entry in body.objects("orderItems"):
        price = ((entry.maybe("product") or Node({})).maybe("price") or Node({})).maybe("unitPrice")
        if price is not None:
            return known_currency(price.text("currencyCode"), price.child("currencyCode").place)
    raise InputRefused(body.child("proceeds").place, "nothing says in which currency the order is")


def _plain(stated: Node, currency: str) -> Decimal:
    """An amount in the order's currency, of zero or more."""
    if (other := stated.text("currencyCode")) != currency:
        raise InputRefused(stated.child("currencyCode").place, f"{other!r:.20} is not the order's currency {currency}")
    return stated.amount("amount")


def _money(stated: Node, currency: str, *, signed: bool = False) -> Money:
    amount = stated.child("amount")
    if signed and amount.value is not None:
        negative = parse_amount(amount.value, amount.place)
        if negative < 0:
            return money(-negative, currency, amount.place)
    return money(_plain(stated, currency), currency, amount.place)


def _marketplace(body: Node) -> str:
    channel = body.maybe("salesChannel")
    found = (channel.text("marketplaceId") or channel.text("channelName")) if channel else ""
    if not found:
        raise InputRefused(body.child("salesChannel").place, "no marketplace is named, and nobody could be billed")
    return found


def _alias(body: Node) -> str:
    return next((alias.text("aliasId")[:100] for alias in body.objects("orderAliases") if alias.text("aliasId")), "")


def _moment(body: Node, name: str) -> datetime:
    return moment(body.text(name), body.child(name).place)


def _address(body: Node, buyer: Node) -> Address | None:
    """Where it goes, as far as whoever fetched the order may know it; None without a country."""
    address = (body.maybe("recipient") or Node({})).maybe("deliveryAddress")
    if address is None or not address.text("countryCode"):
        return None
    fields = {"name": "name", "street": "addressLine1", "city": "city", "postcode": "postalCode", "region": "stateOrRegion"}
    return built(
        Address,
        {field: f"{address.place}.{theirs}" for field, theirs in fields.items()}
        | {"country": f"{address.place}.countryCode", "email": f"{buyer.place or 'buyer'}.buyerEmail"},
        name=address.text("name") or address.text("companyName") or buyer.text("buyerName"),
        street=", ".join(part for part in (address.text(f"addressLine{number}") for number in (1, 2, 3)) if part),
        city=address.text("city") or address.text("municipality"),
        postcode=address.text("postalCode"),
        region=address.text("stateOrRegion") or address.text("districtOrCounty"),
        country=address.text("countryCode"),
        email=buyer.text("buyerEmail"),
    )
