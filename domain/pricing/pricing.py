"""Pricing an order: what it leaves to us gets our price, discount, surcharges and taxes; what it states stands and is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from domain.money import Money, is_currency
from domain.order import LONGEST_DESCRIPTION, Charge, OrderLine, PlaceOrder, TaxLine
from domain.pricing.conditions import ChargedPer, LeastMargin, Surcharge
from domain.pricing.derivation import Derivation, Margin, Terms, derive
from domain.pricing.taxes import FREIGHT, Taxed, TaxRate, freight_parts, rates_at, taxes_on, together, with_bases
from domain.shares import LineShare, discount_parts, line_shares

HOUSE_CURRENCY = "EUR"
"""In which the costs of items are kept; margins of orders in other currencies need a rate, and are not judged here."""


@dataclass(frozen=True)
class Pricing:
    """`placed` is the order as it is charged, `derivations` say why, by line; `ours` when something of it was left to us."""

    placed: PlaceOrder
    derivations: dict[int, Derivation]
    ours: bool
    tax_difference: Money | None = None  # what the stated taxes are above ours; none when nothing can be compared

    @property
    def unpriced(self) -> list[OrderLine]:
        """Lines that leave their price to us, and we have none."""
        return [line for line in self.placed.lines if line.to_price and self.derivations[line.number].ours is None]


def price_order(placed: PlaceOrder, terms: Terms) -> Pricing:
    """Derive every line. An order in an unknown currency, or with two lines of one number, is left alone: validation rejects it."""
    if not is_currency(placed.currency) or len(placed.numbered()) < len(placed.lines):
        return Pricing(placed, {}, ours=False)
    day = placed.placed_at.date()
    rates = {code: rates_at(found, placed.ship_to, day) for code, found in terms.rates.items()}
    derived = {
        line.number: derive(line, terms, day, placed.currency, placed.taxes_included, _rates_of(line, terms, rates))
        for line in placed.lines
    }
    ours = placed.to_tax or any(line.left_to_us for line in placed.lines)
    charged = _charged(placed, terms, derived, day) if ours else placed
    taxed, difference = _taxed(charged, terms, rates, ours)
    if ours:
        coin = terms.setting.cash_step if terms.setting.cash_currency == placed.currency else 0
        taxed = taxed.model_copy(update={"rounds_to": placed.rounds_to or coin, "tax_rounding": terms.setting.rounding})
    return Pricing(taxed, _explained(taxed, terms, derived), ours, difference)


def _charged(placed: PlaceOrder, terms: Terms, derived: dict[int, Derivation], day: date) -> PlaceOrder:
    """The order with our prices, promotions as discounts, surcharges, and what we call its items where it does not say."""
    lines = []
    for line in placed.lines:
        found = derived[line.number]
        if not line.left_to_us:
            lines.append(line)
            continue
        charged = line
        if line.to_price:
            charged = line.model_copy(update={"unit_price": found.charged, "discount": line.discount + _promotion(found)})
        charges = line.surcharges or _on_line(charged, terms, day, placed.currency)
        description = line.description or terms.facts(line.item).description[:LONGEST_DESCRIPTION]
        lines.append(charged.model_copy(update={"surcharges": charges, "description": description}))
    with_prices = placed.model_copy(update={"lines": tuple(lines)})
    everything = all(line.left_to_us for line in placed.lines)
    on_order = _on_order(with_prices, terms, day) if everything and not placed.surcharges else placed.surcharges
    return with_prices.model_copy(update={"surcharges": on_order})


def _promotion(found: Derivation) -> Money:
    """What promotions take off the whole line, rounded half up."""
    off = (found.ours - found.net) * found.quantity if found.ours is not None and found.net is not None else Decimal(0)
    return Money.of(off, found.currency)


def _on_line(line: OrderLine, terms: Terms, day: date, currency: str) -> tuple[Charge, ...]:
    """Surcharges of a line; what is free carries none."""
    if line.worth(currency) <= 0:
        return ()
    charges = []
    for rule in terms.that_concern(Surcharge, line.item):
        wanted = rule.per is not ChargedPer.ORDER and not _not_now(rule, day, currency)
        wanted = wanted and (not rule.hazardous or terms.facts(line.item).hazardous) and line.quantity >= rule.min_quantity
        if wanted and (rule.below_quantity is None or line.quantity < rule.below_quantity):
            times = -(-line.quantity // rule.every) if rule.per is ChargedPer.UNIT else 1
            charges.append(Charge(title=rule.name, amount=Money.of(rule.amount * times, currency)))
    return tuple(charges)


def _on_order(placed: PlaceOrder, terms: Terms, day: date) -> tuple[Charge, ...]:
    goods = sum(line.worth(placed.currency) for line in placed.lines)
    charges = []
    for rule in terms.that_concern(Surcharge, ""):
        if rule.per is ChargedPer.ORDER and not _not_now(rule, day, placed.currency) and goods > 0:
            below = rule.below_value
            if below is None or goods < Money.of(below, placed.currency).minor:
                charges.append(Charge(title=rule.name, amount=Money.of(rule.amount, placed.currency)))
    return tuple(charges)


def _not_now(rule: Surcharge, day: date, currency: str) -> bool:
    return bool(rule.outside(day)) or rule.currency != currency


def _taxed(placed: PlaceOrder, terms: Terms, rates: dict[str, tuple[TaxRate, ...]], ours: bool) -> tuple[PlaceOrder, Money | None]:
    """The order with our taxes where it left them to us; else how far its own taxes are from ours."""
    shares = line_shares(placed)
    goods = [Taxed(_taxable(shares[line.number]), line.quantity, _rates_of(line, terms, rates)) for line in placed.lines]
    freight = placed.freight.minor - discount_parts(placed)[1]
    how = terms.setting
    on_freight = freight_parts(freight, goods, () if terms.exempt else rates.get(FREIGHT, ()), how.freight)
    worked_out = taxes_on([*goods, *on_freight], placed.taxes_included, how.rounding, placed.currency)
    of_lines, of_freight = worked_out[: len(goods)], together(with_bases(on_freight, worked_out[len(goods) :], placed.taxes_included))
    if not ours:
        return placed, _difference(placed, of_lines, of_freight)
    nothing = TaxLine(title=terms.exempt[:100], amount=Money.zero(placed.currency)) if terms.exempt else None
    lines = tuple(
        line.model_copy(update={"taxes": (nothing,) if nothing and not taxes else taxes})
        if line.left_to_us or (placed.to_tax and not line.taxes)
        else line
        for line, taxes in zip(placed.lines, of_lines, strict=True)
    )
    stated = placed.freight_taxes
    return placed.model_copy(
        update={"lines": lines, "freight_taxes": stated or of_freight or ((nothing,) if nothing and freight else ())}
    ), None


def _difference(placed: PlaceOrder, of_lines: Sequence[tuple[TaxLine, ...]], of_freight: tuple[TaxLine, ...]) -> Money | None:
    """Of what states its taxes; what states none was not meant to be taxed, or its channel does not say."""
    compared = [(line.taxes, ours) for line, ours in zip(placed.lines, of_lines, strict=True)] + [(placed.freight_taxes, of_freight)]
    compared = [(stated, ours) for stated, ours in compared if stated]
    stated, ours = (
        (sum(tax.amount.minor for taxes in side for tax in taxes) for side in zip(*compared, strict=True)) if compared else (0, 0)
    )
    if not any(ours_of_it for _, ours_of_it in compared):
        return None
    return Money(minor=stated - ours, currency=placed.currency)


def _taxable(share: LineShare) -> int:
    return share.gross - share.discount + share.surcharge


def _rates_of(line: OrderLine, terms: Terms, rates: dict[str, tuple[TaxRate, ...]]) -> tuple[TaxRate, ...]:
    return () if terms.exempt else rates.get(terms.facts(line.item).tax_code, ())


def _explained(placed: PlaceOrder, terms: Terms, derived: dict[int, Derivation]) -> dict[int, Derivation]:
    """The derivations with what the whole order did to each line: its parts of discount and surcharges, its taxes, its margin."""
    shares = line_shares(placed)
    return {
        line.number: derived[line.number].model_copy(
            update={
                "discount": shares[line.number].discount,
                "surcharges": {charge.title: charge.amount.minor for charge in shares[line.number].surcharges},
                "taxes": line.taxes,
                "exempt": terms.exempt,
                "margin": _margin(line, shares[line.number], placed, terms),
            }
        )
        for line in placed.lines
    }


def _margin(line: OrderLine, share: LineShare, placed: PlaceOrder, terms: Terms) -> Margin | None:
    """What the line earns, where its cost is known in the order's currency."""
    cost = terms.facts(line.item).cost
    if not cost or placed.currency != HOUSE_CURRENCY or line.quantity <= 0:
        return None
    net = _taxable(share) - share.surcharge - (line.tax if placed.taxes_included else 0)
    fitting = [rule for rule in terms.that_concern(LeastMargin, line.item) if not rule.outside(placed.placed_at.date())]
    rule: LeastMargin | None = max(fitting, key=lambda each: (each.rank, each.id), default=None)
    return Margin(net=net, cost=cost * line.quantity, least=rule.least if rule else None, rule=rule.name if rule else "")


def percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)} %"
