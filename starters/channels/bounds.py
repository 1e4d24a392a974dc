"""What no order can hold, whoever sent it: refused at the door, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from domain.errors import InputRefused
from domain.money import Money, is_currency, parse_amount
from domain.order import PlaceOrder

MOST_UNITS = 1_000_000
"""Units of one line; more is a typing error, or somebody's test."""

MOST_MINOR = 10**15
"""Minor units of any amount and of the whole order: it fits every database and every sum of sums."""

Model = TypeVar("Model", bound=BaseModel)


def whole_quantity(value: object, place: str) -> int:
    """Units to order, 1 to `MOST_UNITS`; InputRefused for a fraction, for zero and less, and for absurd numbers."""
    amount = parse_amount(value, place)
    if amount <= 0:
        raise InputRefused(place, f"{amount} is not a quantity; order at least 1")
    if amount > MOST_UNITS:
        raise InputRefused(place, f"{amount} is more than the {MOST_UNITS:,} units that one line may order")
    if amount != amount.to_integral_value():
        raise InputRefused(place, f"{amount} is not a whole number of units")
    return int(amount)


def known_currency(code: str, place: str) -> str:
    if not code:
        raise InputRefused(place, "there is no currency")
    if not is_currency(code):
        raise InputRefused(place, f"{code!r:.20} is not a currency (ISO 4217, such as EUR)")
    return code


def money(amount: Decimal, currency: str, place: str) -> Money:
    """Major units as Money, rounded half up; InputRefused beyond `MOST_MINOR`."""
    value = Money.of(amount, currency)
    if abs(value.minor) > MOST_MINOR:
        raise InputRefused(place, f"{amount} {currency} is beyond reason")
    return value


def built(model: type[Model], places: Mapping[str, str], /, **fields: object) -> Model:
    """The model from its fields; InputRefused at the place in the document that `places` names for the field at fault."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise refusal(error, places) from None


def refusal(error: ValidationError, places: Mapping[str, str] | None = None) -> InputRefused:
    """The first thing that is wrong, as one sentence with its place."""
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).lstrip(".")
    for field, known in (places or {}).items():
        if place == field or place.startswith((f"{field}.", f"{field}[")):
            place = known + place[len(field) :]
    context = first.get("ctx", {})
    match first["type"]:
        case "missing":
            reason = "it is missing"
        case "extra_forbidden":
            reason = "an order has no such field"
        case "string_too_short":
            reason = "it is empty"
        case "string_too_long":
            reason = f"it is longer than {context['max_length']} characters"
        case "too_short":
            reason = "there is none, and an order needs at least one"
        case "too_long":
            reason = f"there are more than {context['max_length']:,}"
        case "string_pattern_mismatch" if "[A-Z]{2}" in context["pattern"]:
            reason = f"{first['input']!r:.40} is not a country code of two letters (ISO 3166-1)"
        case "string_pattern_mismatch":
            reason = f"{first['input']!r:.60} may hold letters, digits and . _ : # - only, and begins with a letter or a digit"
        case "value_error":
            reason = str(context["error"])
        case _:
            reason = first["msg"][:1].lower() + first["msg"][1:].replace("\n", " ")
    return InputRefused(place or "the document", reason)


def within_reason(order: PlaceOrder, lines: str = "lines", discount: str = "discount") -> PlaceOrder:
    """The order itself, when its currencies are one, its amounts are bounded and no discount is more than what it is taken off.

    `lines` and `discount` are what the document calls them.
    """
    known_currency(order.currency, "currency")
    for i, line in enumerate(order.lines):
        place = f"{lines}[{i}]"
        whole_quantity(line.quantity, f"{place}.quantity")
        if parse_amount(line.unit_price, f"{place}.unit_price") < 0:
            raise InputRefused(f"{place}.unit_price", f"{line.unit_price} is less than zero")
        _bounded(order.currency, {f"{place}.discount": line.discount})
        _bounded(order.currency, {f"{place}.taxes[{n}].amount": tax.amount for n, tax in enumerate(line.taxes)})
        for n, tax in enumerate(line.taxes):
            parse_amount(tax.rate, f"{place}.taxes[{n}].rate")
        _bounded(order.currency, {f"{place}.surcharges[{n}].amount": charge.amount for n, charge in enumerate(line.surcharges)})
        gross = line.gross(order.currency)
        if gross < line.discount and not line.to_price:
            raise InputRefused(f"{place}.discount", f"{line.discount} is more than the {gross} of the line")
    if len(order.numbered()) < len(order.lines):
        raise InputRefused(lines, "two lines have the same number")
    _bounded(order.currency, {discount: order.discount, "freight": order.freight})
    _bounded(order.currency, {f"freight_taxes[{n}].amount": tax.amount for n, tax in enumerate(order.freight_taxes)})
    _bounded(order.currency, {"stated_total": order.stated_total or Money.zero(order.currency)})
    _bounded(order.currency, {f"surcharges[{n}].amount": charge.amount for n, charge in enumerate(order.surcharges)})
    goods = sum(line.worth(order.currency) for line in order.lines) + (order.freight.minor if order.discount_on_freight else 0)
    if order.discount.minor > goods and not any(line.to_price for line in order.lines):
        raise InputRefused(discount, f"{order.discount} is more than the {Money(minor=goods, currency=order.currency)} of the lines")
    _bounded(order.currency, {"the total": order.total})
    return order


def _bounded(currency: str, amounts: Mapping[str, Money]) -> None:
    for place, amount in amounts.items():
        if amount.currency != currency:
            raise InputRefused(place, f"{amount.currency!r:.20} is not the order's currency {currency}")
        if amount.minor < 0:
            raise InputRefused(place, f"{amount} is less than zero")
        if amount.minor > MOST_MINOR:
            raise InputRefused(place, f"{amount.minor} minor units are beyond reason")
