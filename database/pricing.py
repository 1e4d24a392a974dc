"""What prices and taxes of an order are derived from, read in two statements: its items with their taxes, then everything about prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, String, and_, cast, false, insert, literal, or_, select, union_all
from sqlalchemy.orm import Session

from database.agreements import tax_rate
from database.tables import (
    CreditTax,
    Customer,
    CustomerGroup,
    InvoiceTax,
    Item,
    OrderLine,
    Price,
    PriceAhead,
    PriceCondition,
    PriceList,
    TaxRateRow,
    TaxSettingRow,
)
from domain.errors import NotFound
from domain.money import Money
from domain.money_steps import TaxShare
from domain.order import PlaceOrder
from domain.pricing.conditions import CONDITION, Condition, Contract, LeastMargin, Promotion, QuantityBreak, Surcharge
from domain.pricing.derivation import Derivation, ItemFacts, ListPrice, Terms
from domain.pricing.taxes import FREIGHT, FreightTax, TaxRate, TaxSetting
from domain.rounding import RoundingLevel, RoundingMode, TaxRounding

REMEMBERED = timedelta(days=90)
"""So long after its end a condition is still named among those that lost."""


def terms_of(session: Session, placed: PlaceOrder, customer: Customer | None) -> Terms:
    """Everything that the prices and taxes of this order depend on. `items` of it are those that exist."""
    items, rates, setting = _items(session, placed)
    exempt_in = customer.tax_exempt_in.split() if customer else []
    country = placed.ship_to.country if placed.ship_to else ""
    prices, group_list, conditions = _prices(session, placed, customer, items)
    return Terms(
        customer=customer.customer if customer else "",
        customer_group=(customer.price_group if customer else "") or "",
        own_list=(customer.price_list if customer else "") or "",
        group_list=group_list,
        items=items,
        prices=prices,
        contracts=[each for each in conditions if isinstance(each, Contract)],
        breaks=[each for each in conditions if isinstance(each, QuantityBreak)],
        promotions=[each for each in conditions if isinstance(each, Promotion)],
        surcharges=[each for each in conditions if isinstance(each, Surcharge)],
        margins=[each for each in conditions if isinstance(each, LeastMargin)],
        rates=rates,
        setting=setting,
        exempt=customer.tax_exempt if customer and (not exempt_in or country in exempt_in) else "",
    )


def derivations(session: Session, order: str, line: int | None = None) -> list[Derivation]:
    """How the prices of an order came about, by line. Raises NotFound for a line that the order has not got, or that was added later."""
    chosen = select(OrderLine.derivation).where(OrderLine.order == order, OrderLine.derivation.is_not(None)).order_by(OrderLine.line)
    if line is not None:
        chosen = chosen.where(OrderLine.line == line)
    found = [Derivation.model_validate_json(written) for written in session.scalars(chosen) if written]
    if line is not None and not found:
        raise NotFound("derived price of", f"{order} line {line}")
    return found


def keep_invoice_taxes(session: Session, order: str, invoice: int, taxes: dict[int, tuple[TaxShare, ...]]) -> None:
    """What the tax of each line of an invoice is made of; line 0 is the freight."""
    if rows := [{"order": order, "invoice": invoice} | row for row in _rows(taxes)]:
        session.execute(insert(InvoiceTax), rows)


def keep_credit_taxes(session: Session, order: str, credit: int, taxes: dict[int, tuple[TaxShare, ...]]) -> None:
    """The same of a credit note."""
    if rows := [{"order": order, "credit": credit} | row for row in _rows(taxes)]:
        session.execute(insert(CreditTax), rows)


def invoice_taxes(session: Session, order: str, invoice: int, currency: str) -> dict[int, tuple[TaxShare, ...]]:
    """The taxes of an invoice by line, 0 for the freight; nothing for documents that came before they were kept."""
    chosen = select(InvoiceTax).where(InvoiceTax.order == order, InvoiceTax.invoice == invoice)
    return _by_line(session.scalars(chosen.order_by(InvoiceTax.line, InvoiceTax.number)), currency)


def credit_taxes(session: Session, order: str, credit: int, currency: str) -> dict[int, tuple[TaxShare, ...]]:
    """The same of a credit note."""
    chosen = select(CreditTax).where(CreditTax.order == order, CreditTax.credit == credit)
    return _by_line(session.scalars(chosen.order_by(CreditTax.line, CreditTax.number)), currency)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _items(session: Session, placed: PlaceOrder) -> tuple[dict[str, ItemFacts], dict[str, list[TaxRate]], TaxSetting]:
    """The items with the rates of their tax codes (and of freight) in the country, and how taxes are worked out there."""
    country = placed.ship_to.country if placed.ship_to else ""
    here = and_(TaxRateRow.country == country, or_(TaxRateRow.code == Item.tax_code, TaxRateRow.code == FREIGHT))
    chosen = (
        select(Item.item, Item.description, Item.item_group, Item.hazardous, Item.value, Item.tax_code, TaxRateRow, TaxSettingRow)
        .outerjoin(TaxRateRow, here)
        .outerjoin(TaxSettingRow, TaxSettingRow.country.in_((country, "*")))
        .where(Item.item.in_({line.item for line in placed.lines}))
    )
    items: dict[str, ItemFacts] = {}
    rates: dict[str, dict[TaxRateRow, TaxRate]] = {}
    settings: dict[str, TaxSettingRow] = {}
    for item, description, group, hazardous, cost, code, rate, setting in session.execute(chosen):
        if item not in items:
            items[item] = ItemFacts(item=item, description=description, group=group, hazardous=hazardous, cost=cost, tax_code=code)
        if rate is not None:
            known = rates.setdefault(rate.code, {})
            if rate not in known:
                known[rate] = tax_rate(rate)
        if setting is not None:
            settings[setting.country] = setting
    found = settings.get(country) or settings.get("*")
    return items, {code: list(known.values()) for code, known in rates.items()}, _setting(found) if found else TaxSetting()


def _prices(
    session: Session, placed: PlaceOrder, customer: Customer | None, items: dict[str, ItemFacts]
) -> tuple[dict[tuple[str, str], ListPrice], str, Sequence[Condition]]:
    """Prices of the customer's list and of their group's, and every condition that may be about this customer and these items."""
    wanted = sorted({line.item for line in placed.lines})
    group = customer.price_group if customer else None
    own = customer.price_list if customer else None
    of_group = select(CustomerGroup.price_list).where(CustomerGroup.customer_group == group).scalar_subquery()
    nothing, no = cast(literal(""), String), cast(false(), Boolean)
    listed = (
        select(literal("price"), Price.price_list, Price.item, PriceList.currency, Price.unit_price, PriceList.taxes_included, nothing)
        .join(PriceList, PriceList.price_list == Price.price_list)
        .where(or_(Price.price_list == own, Price.price_list == of_group), Price.item.in_(wanted))
    )
    later, day = PriceAhead, placed.placed_at.date()
    columns = (later.price_list, later.item, PriceList.currency, later.unit_price, PriceList.taxes_included)
    ahead = (
        select(literal("price"), *columns, cast(later.valid_from, String))  # as text the days have their order on every engine
        .join(PriceList, PriceList.price_list == later.price_list)
        .where(or_(later.price_list == own, later.price_list == of_group), later.item.in_(wanted), later.valid_from <= day)
    )
    grouped = select(literal("group"), CustomerGroup.price_list, nothing, nothing, nothing, no, nothing)
    grouped = grouped.where(CustomerGroup.customer_group == group)
    rule = PriceCondition
    about = and_(
        or_(rule.customer.is_(None), rule.customer == (customer.customer if customer else "")),
        or_(rule.customer_group.is_(None), rule.customer_group == (group or "")),
        or_(rule.item.is_(None), rule.item.in_(wanted)),
        rule.item_group.in_({"", *(facts.group for facts in items.values())}),
        or_(rule.price_list.is_(None), rule.price_list == (own or ""), rule.price_list == of_group),
        or_(rule.valid_to.is_(None), rule.valid_to >= day - REMEMBERED),
    )
    agreed = select(rule.kind, rule.condition, nothing, nothing, rule.rule, no, nothing).where(about)
    prices: dict[tuple[str, str], ListPrice] = {}
    conditions: list[Condition] = []
    group_list = ""
    rows: Iterable[Any] = session.execute(union_all(listed, ahead, grouped, agreed))
    for kind, name, item, currency, body, included, _since in sorted(rows, key=lambda row: row[6]):  # of one price the latest stays
        if kind == "price":
            prices[name, item] = ListPrice(price_list=name, item=item, currency=currency, price=Decimal(body), taxes_included=included)
        elif kind == "group":
            group_list = name or ""
        else:
            conditions.append(CONDITION.validate_json(body))
    return prices, group_list, sorted(conditions, key=lambda each: each.id)


def _setting(row: TaxSettingRow) -> TaxSetting:
    rounding = TaxRounding(level=RoundingLevel(row.level), mode=RoundingMode(row.mode))
    return TaxSetting(
        country=row.country,
        rounding=rounding,
        freight=FreightTax(row.freight),
        cash_step=row.cash_step,
        cash_currency=row.cash_currency,
    )


def _rows(taxes: dict[int, tuple[TaxShare, ...]]) -> Iterable[dict[str, object]]:
    for line, shares in taxes.items():
        for number, tax in enumerate(shares, 1):
            amounts = {"base": tax.base.minor if tax.base is not None else None, "amount": tax.amount.minor}
            yield {"line": line, "number": number, "title": tax.title, "rate": str(tax.rate)} | amounts


def _by_line(rows: Iterable[InvoiceTax | CreditTax], currency: str) -> dict[int, tuple[TaxShare, ...]]:
    found: dict[int, tuple[TaxShare, ...]] = {}
    for row in rows:
        base = None if row.base is None else Money(minor=row.base, currency=currency)
        tax = TaxShare(title=row.title, rate=Decimal(row.rate), base=base, amount=Money(minor=row.amount, currency=currency))
        found[row.line] = (*found.get(row.line, ()), tax)
    return found
