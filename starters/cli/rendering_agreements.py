"""How price conditions, list prices, tax rates and their history look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import RenderableType
from rich.markup import escape

from domain.pricing.agreeing import AgreementEvent, ListedPrice
from domain.pricing.conditions import Condition
from domain.pricing.taxes import TaxRate
from starters.cli.rendering import moment, plain_table


def condition_table(rules: Sequence[Condition], today: date) -> RenderableType:
    """Kind, whom and what it is about, what it says, its days; what does not hold today is dim."""
    table = plain_table("Kind", "Id", "Title", "For", "Of", "Says", "From", "Until")
    for rule in rules:
        table.add_row(
            rule.kind,
            escape(rule.id),
            escape(rule.title),
            escape(rule.customer or (f"group {rule.customer_group}" if rule.customer_group else "everybody")),
            escape(rule.item or (f"group {rule.item_group}" if rule.item_group else "everything")),
            escape(says(rule)),
            str(rule.valid_from or ""),
            str(rule.valid_to or ""),
            style="dim" if rule.outside(today) else "",
        )
    return table


def says(rule: Condition) -> str:
    """What a condition does, such as "62.00 EUR from 12 units"."""
    fields = rule.model_dump()
    said = []
    if fields.get("price") is not None:
        said.append(f"{fields['price']} {rule.currency}".strip())
    if fields.get("percent") is not None:
        said.append(f"{_percent(fields['percent'])} off")
    if fields.get("amount") is not None:
        off = "off a unit" if rule.kind == "promotion" else f"on top of each {fields['per']}"
        said.append(f"{fields['amount']} {rule.currency} {off}")
    if fields.get("least") is not None:
        said.append(f"at least {_percent(fields['least'])}")
    if fields.get("min_quantity", 1) > 1:
        said.append(f"from {fields['min_quantity']} units")
    if fields.get("below_quantity") is not None:
        said.append(f"below {fields['below_quantity']} units")
    if fields.get("below_value") is not None:
        said.append(f"below {fields['below_value']} {rule.currency}")
    if fields.get("hazardous"):
        said.append("hazardous goods")
    if fields.get("price_list"):
        said.append(f"on {fields['price_list']}")
    if fields.get("combinable"):
        said.append("combinable")
    return ", ".join(said)


def listed_table(prices: Sequence[ListedPrice]) -> RenderableType:
    table = plain_table("List", "Item", "Price>", "From")
    for each in prices:
        table.add_row(escape(each.price_list), escape(each.item), str(each.price), str(each.valid_from or ""))
    return table


def tax_table(rates: Sequence[TaxRate]) -> RenderableType:
    """By place; the sequence says in which order several taxes of a line are taken."""
    table = plain_table("Country", "Region", "City", "Code", "Title", "Rate>", "Taken", "From", "Until")
    for rate in rates:
        taken = f"{rate.sequence}." + (" of the taxes before it, too" if rate.compound else "")
        begins = "" if rate.valid_from == date(1970, 1, 1) else str(rate.valid_from)
        place = (rate.country, escape(rate.region), escape(rate.city))
        table.add_row(*place, escape(rate.code), escape(rate.title), _percent(rate.rate), taken, begins, str(rate.valid_to or ""))
    return table


def history_table(events: Sequence[AgreementEvent]) -> RenderableType:
    table = plain_table("When (UTC)", "About", "What", "Who", "Why")
    for event in events:
        table.add_row(moment(event.at), escape(event.subject), escape(event.what), escape(event.actor), escape(event.reason))
    return table


def _percent(fraction: object) -> str:
    return f"{float(str(fraction)) * 100:.4f}".rstrip("0").rstrip(".") + " %"
