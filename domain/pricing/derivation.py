"""How a price comes about: each rule that changed it, what it was before and after, and why the other rules did not count.

The customer's contract goes before their own price list, that before their group's; a list's price may be broken by quantity; promotions
come off it; a person may set another. What a channel told its customer stands: then the steps say what our price would have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

from domain.money import exponent
from domain.order import OrderLine, TaxLine
from domain.pricing.conditions import Contract, LeastMargin, Promotion, QuantityBreak, Scope, Surcharge
from domain.pricing.taxes import TaxRate, TaxSetting, factor
from domain.values import Value

Rule = TypeVar("Rule", bound=Scope)


class Lost(Value):
    """A rule that did not count, and why."""

    rule: str
    why: str


class PriceStep(Value):
    """One rule: the unit price before it (none: there was none yet) and after it, in major units."""

    rule: str
    before: Decimal | None = None
    after: Decimal | None = None
    why: str = ""
    lost: tuple[Lost, ...] = ()


class Margin(Value):
    """What a line earns: `net` is its price after discounts and without taxes, `cost` that of its units, both in minor units."""

    net: int
    cost: int
    least: Decimal | None = None  # a fraction of the net price
    rule: str = ""

    @property
    def rate(self) -> Decimal | None:
        """(net - cost) / net, a fraction; none for what is given away."""
        return Decimal(round(Fraction(10**6 * (self.net - self.cost), self.net))) / 10**6 if self.net > 0 else None

    @property
    def too_low(self) -> bool:
        if self.least is None or not self.cost:
            return False
        return self.rate is None or self.rate < self.least


class Derivation(Value):
    """The price of a line as it was derived: `ours` is our unit price before promotions, `net` after them, `charged` what the order has."""

    line: int
    item: str
    quantity: int
    currency: str
    steps: tuple[PriceStep, ...] = ()
    source: str = ""  # of our price, in words
    ours: Decimal | None = None
    net: Decimal | None = None
    charged: Decimal = Decimal(0)
    discount: int = 0  # minor units, with the line's part of the order's
    surcharges: dict[str, int] = {}  # title -> minor units, with the line's part of the order's
    taxes: tuple[TaxLine, ...] = ()
    exempt: str = ""  # why no tax is charged
    margin: Margin | None = None


class ItemFacts(Value):
    """What prices depend on of an item; `cost` is of one unit, in minor units of the house's currency, 0 when nobody knows it."""

    item: str
    description: str = ""
    group: str = ""
    hazardous: bool = False
    cost: int = 0
    tax_code: str = "standard"


class ListPrice(Value):
    price_list: str
    item: str
    currency: str
    price: Decimal
    taxes_included: bool = False


@dataclass(frozen=True)
class Terms:
    """Everything that an order's prices and taxes are derived from, as it was read in one go."""

    customer: str = ""
    customer_group: str = ""
    own_list: str = ""
    group_list: str = ""
    items: dict[str, ItemFacts] = field(default_factory=dict)
    prices: dict[tuple[str, str], ListPrice] = field(default_factory=dict)  # by list and item
    contracts: Sequence[Contract] = ()
    breaks: Sequence[QuantityBreak] = ()
    promotions: Sequence[Promotion] = ()
    surcharges: Sequence[Surcharge] = ()
    margins: Sequence[LeastMargin] = ()
    rates: Mapping[str, Sequence[TaxRate]] = field(default_factory=dict)  # by tax code
    setting: TaxSetting = field(default_factory=TaxSetting)
    exempt: str = ""  # why this customer pays no tax where the order goes

    @cached_property
    def _by_item(self) -> dict[type[Scope], dict[str, list[Any]]]:
        """Conditions by the item that they name, so that a long order with many contracts stays quick."""
        found: dict[type[Scope], dict[str, list[Any]]] = {}
        for rule in (*self.contracts, *self.breaks, *self.promotions, *self.surcharges, *self.margins):
            found.setdefault(type(rule), {}).setdefault(rule.item, []).append(rule)
        return found

    def that_concern(self, kind: type[Rule], item: str) -> list[Rule]:
        """The conditions of a kind whose customer, group, item and item group are those of a line."""
        known = self._by_item.get(kind, {})
        return [rule for rule in (*known.get(item, ()), *(known.get("", ()) if item else ())) if self.about(rule, item)]

    def facts(self, item: str) -> ItemFacts:
        return self.items.get(item, ItemFacts(item=item))

    def about(self, rule: Scope, item: str) -> bool:
        """The condition's customer, group, item and item group are those of the line."""
        facts = self.facts(item)
        return (
            rule.customer in ("", self.customer)
            and rule.customer_group in ("", self.customer_group)
            and rule.item in ("", item)
            and rule.item_group in ("", facts.group)
        )


@dataclass
class Trace:
    """The steps as they are found."""

    steps: list[PriceStep] = field(default_factory=list)
    price: Decimal | None = None
    source: str = ""

    def to(self, rule: str, price: Decimal | None, why: str = "", lost: Iterable[Lost] = ()) -> None:
        self.steps.append(PriceStep(rule=rule, before=self.price, after=price, why=why, lost=tuple(lost)))
        self.price = price


def derive(line: OrderLine, terms: Terms, day: date, currency: str, taxes_included: bool, rates: Sequence[TaxRate] = ()) -> Derivation:
    """The unit price of a line, step by step. A line that states its price keeps it; without any price of ours `ours` is None."""
    trace = Trace()
    contract = _base(trace, line, terms, day, currency, taxes_included, rates)
    ours = trace.price
    source = trace.source
    promoted = _promote(trace, line, terms, day, currency, under_contract=contract) if ours is not None else None
    if line.override is not None:
        stated = f"; the order said {line.override.was}" if line.override.was is not None else ""
        trace.to(f"set by {line.override.by}", line.unit_price, f"{line.override.why} ({line.override.at:%Y-%m-%d}){stated}")
    elif not line.to_price:
        trace.to("as the channel told the customer", line.unit_price, _how_far(line.unit_price, ours))
    return Derivation(
        line=line.number,
        item=line.item,
        quantity=line.quantity,
        currency=currency,
        steps=tuple(trace.steps),
        source=source,
        ours=ours,
        net=promoted,
        charged=(ours or Decimal(0)) if line.to_price else line.unit_price,
    )


def _base(
    trace: Trace, line: OrderLine, terms: Terms, day: date, currency: str, included: bool, rates: Sequence[TaxRate]
) -> Contract | None:
    """The price before promotions: of a contract, of the customer's own list, or of their group's list, and its quantity break."""
    contract, lost = _contract(line, terms, day, currency)
    own, group = (terms.prices.get((name, line.item)) if name else None for name in (terms.own_list, terms.group_list))
    contains = False
    if contract is not None:
        lost += [Lost(rule=f"price list {each.price_list}", why="a contract goes before") for each in (own, group) if each]
        trace.source, contains = f"contract {contract.name}", contract.taxes_included
        trace.to(trace.source, contract.price, _from(contract.min_quantity), lost)
    else:
        lost += [
            Lost(rule=f"price list {name}", why=f"has no price of {line.item}")
            for name, price in ((terms.own_list, own), (terms.group_list, group))
            if name and price is None
        ]
        listed = own or group
        if listed is None or listed.currency != currency:
            lost += [Lost(rule=f"price list {listed.price_list}", why=f"is in {listed.currency}")] if listed else []
            trace.to("no price", None, "nobody has agreed one", lost)
            return None
        if own and group and group is not own:
            lost.append(Lost(rule=f"price list {group.price_list}", why="the customer's own list goes before their group's"))
        trace.source, contains = f"price list {listed.price_list}", listed.taxes_included
        trace.to(trace.source, listed.price, f"list of the group {terms.customer_group}" if listed is not own else "", lost)
        _break(trace, line, terms, day, currency, listed)
    if contains != included and trace.price is not None and rates:
        share = 1 + factor(rates)
        net = Fraction(trace.price) * share if included else Fraction(trace.price) / share
        trace.to(
            "taxes put in" if included else "taxes taken out", _to_minor(net, currency), ", ".join(f"{r.title} {r.rate:%}" for r in rates)
        )
    return contract


def _contract(line: OrderLine, terms: Terms, day: date, currency: str) -> tuple[Contract | None, list[Lost]]:
    """The contract that counts: the one for the most units that the line reaches, then the cheapest."""
    fits: list[Contract] = []
    lost: list[Lost] = []
    for each in terms.that_concern(Contract, line.item):
        why = each.outside(day)
        if not why and each.currency != currency:
            why = f"is in {each.currency}"
        if not why and line.quantity < each.min_quantity:
            why = f"from {each.min_quantity} units"
        if why:
            lost.append(Lost(rule=f"contract {each.name}", why=why))
        else:
            fits.append(each)
    fits.sort(key=lambda each: (-each.min_quantity, each.price, each.id))
    lost += [Lost(rule=f"contract {each.name}", why=f"contract {fits[0].name} is nearer") for each in fits[1:]]
    return (fits[0] if fits else None), lost


def _break(trace: Trace, line: OrderLine, terms: Terms, day: date, currency: str, listed: ListPrice) -> None:
    """The list's price for so many units: of the breaks that the line reaches, the highest."""
    fits: list[QuantityBreak] = []
    lost: list[Lost] = []
    for each in terms.that_concern(QuantityBreak, line.item):
        if each.price_list != listed.price_list:
            continue
        why = each.outside(day) or (_from(each.min_quantity) if line.quantity < each.min_quantity else "")
        if why:
            lost.append(Lost(rule=f"quantity break {each.name}", why=why))
        else:
            fits.append(each)
    fits.sort(key=lambda each: (-each.min_quantity, not each.item, each.id))
    if fits:
        taken = fits[0]
        lost += [Lost(rule=f"quantity break {each.name}", why=f"{taken.min_quantity} units are reached") for each in fits[1:]]
        trace.source = f"{trace.source}, {_from(taken.min_quantity)}"
        trace.to(f"quantity break {taken.name}", _lowered(listed.price, taken, currency), _from(taken.min_quantity), lost)
    elif lost:
        trace.steps[-1] = trace.steps[-1].model_copy(update={"lost": (*trace.steps[-1].lost, *lost)})


def _promote(trace: Trace, line: OrderLine, terms: Terms, day: date, currency: str, under_contract: Contract | None) -> Decimal | None:
    """The price after promotions; what the channel told or a person set takes none."""
    about = sorted(terms.that_concern(Promotion, line.item), key=lambda each: (each.priority, each.id))
    taken: list[Promotion] = []
    lost: list[Lost] = []
    price = trace.price
    for each in about:
        why = each.outside(day)
        if not why and each.currency and each.currency != currency:
            why = f"is in {each.currency}"
        if not why and line.quantity < each.min_quantity:
            why = _from(each.min_quantity)
        if not why and not line.to_price:
            why = "the price was stated"
        if not why and under_contract is not None and not each.combinable:
            why = f"does not combine with contract {under_contract.name}"
        if not why and taken and not (each.combinable and all(other.combinable for other in taken)):
            why = f"does not combine with {taken[0].name}"
        if why:
            lost.append(Lost(rule=f"promotion {each.name}", why=why))
            continue
        taken.append(each)
        assert price is not None  # whoever promotes has a price
        price = max(price - (each.amount if each.amount is not None else price * (each.percent or 0)), Decimal(0))
        trace.to(f"promotion {each.name}", price, f"{each.percent:.2%} off" if each.percent else f"{each.amount} {currency} off a unit")
    if lost:
        trace.steps[-1] = trace.steps[-1].model_copy(update={"lost": (*trace.steps[-1].lost, *lost)})
    return price


def _lowered(price: Decimal, taken: QuantityBreak, currency: str) -> Decimal:
    if taken.price is not None:
        return taken.price
    return _to_minor(Fraction(price * (1 - (taken.percent or 0))), currency)


def _to_minor(amount: Fraction, currency: str) -> Decimal:
    """A unit price that was reckoned, rounded half up to the currency's own minor unit."""
    digits = Decimal(1).scaleb(-exponent(currency))
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(digits, ROUND_HALF_UP)


def _how_far(stated: Decimal, ours: Decimal | None) -> str:
    if ours is None:
        return ""
    if stated == ours:
        return "our price"
    return f"{abs(stated / ours - 1):.1%} {'above' if stated > ours else 'below'} ours of {ours}" if ours else f"ours is {ours}"


def _from(units: int) -> str:
    return f"from {units} units" if units > 1 else ""
