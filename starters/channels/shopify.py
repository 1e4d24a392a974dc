"""An order of a Shopify shop: the body of the `orders/create` webhook, as the REST Admin API writes orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from domain.backorders import USUAL_PRIORITY
from domain.errors import InputRefused
from domain.money import Money
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, ShippingPolicy, TaxLine
from starters.channels.bounds import built, known_currency, money, whole_quantity, within_reason
from starters.channels.reading import Node, clean, kind, read_json
from starters.channels.shops import moment

NET_DAYS = {14: PaymentTerms.NET_14, 30: PaymentTerms.NET_30, 60: PaymentTerms.NET_60}
"""Any other number of days that a shop grants is taken as 30; validation compares it with what the customer has."""

PLACES = {"external_id": "id", "customer": "customer", "lines": "line_items", "shipping_service": "shipping_lines"}
"""What Shopify calls the fields of an order that can be at fault."""


def read(content: bytes, channel: str = "shopify") -> list[PlaceOrder]:
    """The orders in `content`: one order, bare or under `order`, or several under `orders`; `channel` names the shop."""
    document = read_json(content)
    if document.child("orders").value is not None:
        orders = document.objects("orders")
        if not orders:
            raise InputRefused("orders", "the list is empty")
        return [order_in(order, channel) for order in orders]
    wrapped = document.maybe("order")
    # A place is read without the wrapper's name, as the shop's own documentation writes it.
    return [order_in(Node(wrapped.value) if wrapped else document, channel)]


def order_in(body: Node, channel: str = "shopify") -> PlaceOrder:
    """One order as it was placed, if nobody cancelled it since. Raises InputRefused."""
    if cancelled := body.text("cancelled_at"):
        raise InputRefused(body.child("cancelled_at").place, f"the shop cancelled this order at {cancelled:.40}; it is not placed")
    return order_of(body, channel)


def order_of(body: Node, channel: str) -> PlaceOrder:
    """One order in its shop's words. Raises InputRefused."""
    external_id = body.text("id")
    if not external_id:
        raise InputRefused(body.child("id").place, "the order has no id")
    customer = body.maybe("customer")
    if customer is None or not customer.text("id"):
        place = customer.child("id").place if customer else body.child("customer").place
        raise InputRefused(place, "the order names no customer, and nobody could be billed for it")
    currency = known_currency(body.text("currency"), body.child("currency").place)
    notes = _notes(body)
    lines, freight_taxes = _lines(body, currency)
    shipping = [line for line in body.objects("shipping_lines") if not line.flag("is_removed")]
    terms = _terms(body)
    order = built(
        PlaceOrder,
        {field: body.child(name).place for field, name in PLACES.items()},
        channel=channel,
        external_id=external_id,
        customer=f"{channel}:{customer.text('id')}",
        currency=currency,
        lines=lines,
        placed_at=moment(body.text("created_at"), body.child("created_at").place),
        po_number=body.text("po_number") or body.text("name") or body.text("order_number"),
        ship_to=_address(body, "shipping_address"),
        bill_to=_address(body, "billing_address"),
        requested_at=_requested(notes),
        shipping_service=(shipping[0].text("code") or shipping[0].text("title")) if shipping else "",
        terms=terms,
        policy=_policy(notes),
        priority=_priority(notes),
        discount=_unallocated_discount(body, lines, shipping, currency),
        freight=Money.total((_freight(line, currency) for line in shipping), currency),
        freight_taxes=freight_taxes,
        taxes_included=body.flag("taxes_included"),
        stated_total=_stated_total(body, currency),
        basket=body.text("cart_token"),
        payment_reference=_payment_reference(body) if terms is PaymentTerms.PREPAID else "",
    )
    return within_reason(order, body.child("line_items").place, body.child("total_discounts").place)


def _lines(body: Node, currency: str) -> tuple[list[OrderLine], list[TaxLine]]:
    """The lines with their taxes, and the taxes of the freight.

    Some bodies state the taxes of the whole order only; those are shared over the lines in proportion to their value.
    """
    entries = body.objects("line_items")
    lines = [_line(entry, number, currency) for number, entry in enumerate(entries, 1)]
    freight_taxes = [tax for shipping in body.objects("shipping_lines") for tax in _taxes(shipping, currency)]
    if freight_taxes or any(line.taxes for line in lines):
        return lines, freight_taxes
    for tax in _taxes(body, currency):
        parts = tax.amount.split([line.gross(currency).minor - line.discount.minor for line in lines])
        lines = [
            line.model_copy(update={"taxes": (*line.taxes, tax.model_copy(update={"amount": part}))}) if part else line
            for line, part in zip(lines, parts, strict=True)
        ]
    return lines, []


def _line(entry: Node, number: int, currency: str) -> OrderLine:
    item = item_of(entry)
    quantity = whole_quantity(entry.child("quantity").value, entry.child("quantity").place)
    price, discount = entry.amount("price"), _line_discount(entry, currency)
    gross = money(quantity * price, currency, entry.child("price").place)
    if gross < discount:
        raise InputRefused(f"{entry.place}.total_discount", f"the discount of {discount} is more than the {gross} of the line")
    return built(
        OrderLine,
        {field: entry.child(name).place for field, name in [("item", "sku"), ("description", "name")]},
        number=number,
        item=item,
        quantity=quantity,
        unit_price=price,
        discount=discount,
        taxes=_taxes(entry, currency),
        description=entry.text("name") or entry.text("title"),
    )


def item_of(entry: Node) -> str:
    """What the shop calls the item of a line: its SKU, else its variant, which a person maps. Raises InputRefused."""
    if item := entry.text("sku"):
        return item
    if variant := entry.text("variant_id") or entry.text("product_id"):
        return f"variant:{variant}"
    raise InputRefused(entry.child("sku").place, "the line names neither a SKU nor a variant nor a product")


def _line_discount(entry: Node, currency: str) -> Money:
    """What is off this line: `discount_allocations` hold the shares of every discount; bodies without them have `total_discount`."""
    allocations = _allocations(entry, currency)
    if allocations:
        return Money.total(allocations, currency)
    return money(entry.amount_or_zero("total_discount"), currency, entry.child("total_discount").place)


def _allocations(entry: Node, currency: str) -> list[Money]:
    return [money(share.amount("amount"), currency, f"{share.place}.amount") for share in entry.objects("discount_allocations")]


def _freight(entry: Node, currency: str) -> Money:
    price = money(entry.amount_or_zero("price"), currency, entry.child("price").place)
    off = Money.total(_allocations(entry, currency), currency)
    if price < off:
        raise InputRefused(f"{entry.place}.discount_allocations", f"{off} is more than the {price} of the shipping")
    return price - off


def _unallocated_discount(body: Node, lines: Sequence[OrderLine], shipping: Sequence[Node], currency: str) -> Money:
    """The part of the order's discount that no line and no shipping line carries.

    `total_discounts` is the sum of all of them; only where a body does not state it do the `discount_codes` count.
    """
    if body.child("total_discounts").value is not None:
        whole = money(body.amount("total_discounts"), currency, body.child("total_discounts").place)
    else:
        codes = [code for code in body.objects("discount_codes") if code.text("type") != "shipping"]
        whole = Money.total((money(code.amount_or_zero("amount"), currency, f"{code.place}.amount") for code in codes), currency)
    allocated = Money.total((line.discount for line in lines), currency)
    allocated += Money.total((share for line in shipping for share in _allocations(line, currency)), currency)
    return max(whole - allocated, Money.zero(currency))


def _stated_total(body: Node, currency: str) -> Money | None:
    total = body.child("total_price")
    return None if total.value is None else money(body.amount("total_price"), currency, total.place)


def _taxes(entry: Node, currency: str) -> list[TaxLine]:
    return [
        built(
            TaxLine,
            {"title": tax.child("title").place},
            title=tax.text("title") or "Tax",
            rate=tax.amount_or_zero("rate"),
            amount=money(tax.amount("price"), currency, tax.child("price").place),
        )
        for tax in entry.objects("tax_lines")
    ]


def _terms(body: Node) -> PaymentTerms:
    """Prepaid, unless the shop granted `payment_terms`: then its days."""
    granted = body.maybe("payment_terms")
    if granted is None:
        return PaymentTerms.PREPAID
    days = granted.child("due_in_days")
    if days.value is None:
        return PaymentTerms.NET_30
    return NET_DAYS.get(whole_quantity(days.value, days.place), PaymentTerms.NET_30)


def _payment_reference(body: Node) -> str:
    """The gateway's token: of the first successful transaction, else of the checkout; card data is never read."""
    for transaction in body.objects("transactions"):
        if transaction.text("status") == "success" and (token := transaction.text("authorization")):
            return token
    return body.text("checkout_token") or body.text("token")


def _address(body: Node, name: str) -> Address | None:
    address = body.maybe(name)
    if address is None:
        return None
    fields = {"name": "name", "street": "address1", "city": "city", "postcode": "zip", "region": "province_code", "country": "country_code"}
    person = f"{address.text('first_name')} {address.text('last_name')}".strip()
    return built(
        Address,
        {field: f"{address.place}.{theirs}" for field, theirs in fields.items()} | {"email": body.child("email").place},
        name=address.text("name") or person or address.text("company"),
        street=", ".join(part for part in (address.text("address1"), address.text("address2")) if part),
        city=address.text("city"),
        postcode=address.text("zip"),
        region=address.text("province_code") or address.text("province"),
        country=address.text("country_code"),
        email=body.text("email") or body.text("contact_email"),
    )


def _notes(body: Node) -> dict[str, tuple[str, str]]:
    """Value and place of what the shop's own checkout added, by name."""
    notes: dict[str, tuple[str, str]] = {}
    for note in body.objects("note_attributes"):
        value = note.child("value")
        if isinstance(value.value, str):
            notes[note.text("name")] = (clean(value.value, value.place), value.place)
        elif note.text("name") in ("ship_policy", "requested_date", "priority") and value.value is not None:
            raise InputRefused(value.place, f"text was expected here, not {kind(value.value)}")
    return notes


def _policy(notes: dict[str, tuple[str, str]]) -> ShippingPolicy | None:
    value, place = notes.get("ship_policy", ("", ""))
    if not value:
        return None
    try:
        return ShippingPolicy(value)
    except ValueError:
        raise InputRefused(place, f"{value!r:.40} is not one of {', '.join(ShippingPolicy)}") from None


def _priority(notes: dict[str, tuple[str, str]]) -> int:
    value, place = notes.get("priority", ("", ""))
    if not value:
        return USUAL_PRIORITY
    if value not in "123456789" or len(value) != 1:
        raise InputRefused(place, f"{value!r:.40} is not a priority from 1 (first) to 9 (last)")
    return int(value)


def _requested(notes: dict[str, tuple[str, str]]) -> datetime | None:
    value, place = notes.get("requested_date", ("", ""))
    if not value:
        return None
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        raise InputRefused(place, f"{value!r:.40} is not a date (YYYY-MM-DD)") from None
