"""How the derivation of a price looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from domain.money import Money, exponent
from domain.pricing.derivation import Derivation, Margin
from domain.pricing.pricing import percent
from starters.cli.rendering import plain_table


def price_page(order: str, derivations: Sequence[Derivation]) -> RenderableType:
    """Line by line: the rules in the order in which they counted, then what the line comes to, its taxes and what it earns."""
    parts: list[RenderableType] = []
    for found in derivations:
        charged = f"{_unit(found.charged, found.currency)} {found.currency}"
        heading = ((order, "bold"), f"  line {found.line}, {found.quantity} x {found.item}: ", (charged, "bold"), " a unit")
        parts += [Text.assemble(*heading), Padding(_steps(found), (0, 0, 0, 2))]
        parts += [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in _amounts(found)]
        if found.margin is not None:
            parts.append(Padding(_margin(found.margin, found.currency), (0, 0, 0, 2)))
        parts.append("")
    return Group(*parts[:-1])


def _steps(found: Derivation) -> RenderableType:
    table = plain_table("Rule", "Before>", "After>", "Why")
    for step in found.steps:
        before, after = ("" if price is None else _unit(price, found.currency) for price in (step.before, step.after))
        table.add_row(escape(step.rule), before, after, escape(step.why))
        for lost in step.lost:
            table.add_row(f"  not {escape(lost.rule)}", "", "", escape(lost.why), style="dim")
    return table


def _amounts(found: Derivation) -> Iterator[str]:
    def money(minor: int) -> str:
        return str(Money(minor=minor, currency=found.currency))

    if found.discount:
        yield f"Discount {money(found.discount)}, with the line's part of the order's."
    for title, minor in found.surcharges.items():
        yield f"Surcharge {money(minor)}: {title}."
    if found.taxes and not (found.exempt and not any(tax.amount for tax in found.taxes)):
        each = (f"{tax.title} {f'{percent(tax.rate)} ' if tax.rate else ''}{tax.amount}" for tax in found.taxes)
        yield f"Taxes {', '.join(each)}."
    elif found.exempt:
        yield f"No tax: {found.exempt}."


def _margin(margin: Margin, currency: str) -> Text:
    net, cost = (Money(minor=minor, currency=currency) for minor in (margin.net, margin.cost))
    rate = "none, it is given away" if margin.rate is None else percent(margin.rate)
    asked = f"; at least {percent(margin.least)} is asked ({margin.rule})" if margin.least is not None else ""
    return Text.assemble("Margin ", (rate, "red" if margin.too_low else "green"), f": {net} for what costs {cost}{asked}.")


def _unit(price: Decimal, currency: str) -> str:
    """A unit price with all its digits, and at least the currency's own."""
    digits = max(exponent(currency), -int(price.normalize().as_tuple().exponent))
    return f"{price:,.{digits}f}"
