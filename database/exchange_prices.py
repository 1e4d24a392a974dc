"""What the new goods of an exchange cost their customer: derived as at acceptance, on the day it is asked, and kept with the return."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import intake
from database.pricing import terms_of
from database.tables import Customer, Item, Order, OrderLine, Return
from domain.money import Money, exponent
from domain.order import OrderLine as PlacedLine
from domain.order import PlaceOrder, TaxLine
from domain.pricing.derivation import Derivation, Margin, PriceStep, Terms, derive
from domain.pricing.pricing import HOUSE_CURRENCY
from domain.pricing.taxes import rates_at
from domain.steps import LineChange


def exchange_derivations(
    session: Session, order: Order, units: Mapping[str, int], at: datetime, comes_back: Iterable[int] = ()
) -> dict[str, Derivation]:
    """The price of each item for so many units, after promotions and to the minor unit; an item that nobody has priced is not there.

    An item with another tax code than the lines that come back (`comes_back`) has its rates with it.
    """
    if not units or order.customer is None:
        return {}
    zero = Money.zero(order.currency)
    wanted = tuple(
        PlacedLine(number=number, item=item, quantity=max(quantity, 1), unit_price=Decimal(0), discount=zero, to_price=True)
        for number, (item, quantity) in enumerate(sorted(units.items()), 1)
    )
    placed = intake.document(session, order.order).model_copy(update={"lines": wanted, "placed_at": at})
    terms = terms_of(session, placed, session.get(Customer, order.customer))
    alike = _tax_codes(session, order, comes_back)
    return {line.item: found for line in wanted if (found := _derived(line, terms, placed, alike)) is not None}


def other_rates(derived: Mapping[str, Derivation]) -> dict[str, tuple[TaxLine, ...]]:
    """Item -> its own rates, as far as it is not taxed as what comes back."""
    return {item: found.taxes for item, found in derived.items() if found.taxes}


def keep(goods: Return | None, derived: Mapping[str, Derivation]) -> dict[str, str]:
    """Keep the derivations with the return until its goods are lines of the order; answers with the price of each item."""
    if derived and goods is not None:
        known = json.loads(goods.prices) if goods.prices else {}
        goods.prices = json.dumps(known | {item: found.model_dump(mode="json") for item, found in derived.items()})
    return {item: str(found.charged) for item, found in derived.items()}


def explain(session: Session, row: OrderLine, change: LineChange) -> None:
    """Say on a line that an exchange sells how its price came about: as derived for its return, or as what comes back was paid."""
    order = session.get_one(Order, row.order)
    goods = session.get(Return, (row.order, change.rma))
    kept = json.loads(goods.prices).get(row.item) if goods is not None and goods.prices else None
    if kept is not None and Decimal(kept["charged"]) == change.unit_price:
        found = Derivation.model_validate(kept).model_copy(update={"line": row.line, "quantity": change.add})
    else:
        even = PriceStep(rule="the same goods again", after=change.unit_price, why="as what comes back was paid, after discounts")
        found = Derivation(
            line=row.line,
            item=row.item,
            quantity=change.add,
            currency=order.currency,
            steps=(even,),
            source=even.rule,
            charged=change.unit_price,
        )
    row.derivation = found.model_copy(update={"taxes": change.taxes, "margin": _margin(session, order, change)}).model_dump_json()


def _margin(session: Session, order: Order, change: LineChange) -> Margin | None:
    """What the sold line earns, where its cost is known in the order's currency."""
    cost = session.scalar(select(Item.value).where(Item.item == change.item)) or 0
    if not cost or order.currency != HOUSE_CURRENCY:
        return None
    gross = Money.of(change.unit_price * change.add, order.currency).minor
    contained = sum(tax.amount.minor for tax in change.taxes) if intake.document(session, order.order).taxes_included else 0
    return Margin(net=gross - contained, cost=cost * change.add)


def _tax_codes(session: Session, order: Order, lines: Iterable[int]) -> set[str]:
    chosen = select(Item.tax_code).join(OrderLine, OrderLine.item == Item.item)
    return set(session.scalars(chosen.where(OrderLine.order == order.order, OrderLine.line.in_(sorted(lines)))))


def _derived(line: PlacedLine, terms: Terms, placed: PlaceOrder, alike: set[str]) -> Derivation | None:
    day = placed.placed_at.date()
    rates = () if terms.exempt else rates_at(terms.rates.get(terms.facts(line.item).tax_code, ()), placed.ship_to, day)
    found = derive(line, terms, day, placed.currency, placed.taxes_included, rates)
    if found.ours is None or found.net is None:
        return None
    price = found.net.quantize(Decimal(1).scaleb(-exponent(placed.currency)), ROUND_HALF_UP)
    steps = found.steps
    if price != found.net:
        steps = (*steps, PriceStep(rule="rounded", before=found.net, after=price, why="an exchange is charged by the unit"))
    own = rates if alike and terms.facts(line.item).tax_code not in alike else ()
    zero = Money.zero(placed.currency)
    taxes = tuple(TaxLine(title=rate.title, rate=rate.rate, amount=zero, compound=rate.compound) for rate in own)
    return found.model_copy(update={"charged": price, "steps": steps, "taxes": taxes})
