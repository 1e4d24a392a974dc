"""What was agreed about prices and taxes, changed by people: from a day on, with who and why; what held before stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from database.tables import AgreementEventRow, Customer, CustomerGroup, Item, Price, PriceAhead, PriceCondition, PriceList, TaxRateRow
from domain.errors import NotFound, Refused
from domain.money import exponent
from domain.pricing.agreeing import PRICERS, TAXERS, Agreed, AgreementEvent, ListedPrice, day_to_come
from domain.pricing.conditions import CONDITION, Condition, QuantityBreak
from domain.pricing.taxes import TaxRate


def agree(session: Session, rules: Iterable[Condition], by: Agreed) -> list[str]:
    """Add conditions, all or none; the ids of those that are new. One that stands already word for word is left alone.

    Raises Refused for an id that stands with other words (orders name it), NotFound for a customer, item or list that nobody knows.
    """
    by.may(*PRICERS)
    added = []
    for rule in rules:
        known = session.get(PriceCondition, rule.id, with_for_update=True)
        if known is not None:
            if CONDITION.validate_json(known.rule) != rule:
                raise Refused(f"{rule.id} stands with other words, and orders were priced by it: end it, and give the new one its own id.")
            continue
        _known(session, rule)
        session.add(condition_row(rule))
        session.flush()
        _write(session, f"condition {rule.id}", f"agreed: {in_words(rule)}", by)
        added.append(rule.id)
    return added


def end_condition(session: Session, name: str, last_day: date, by: Agreed) -> Condition:
    """A condition holds until a day, that day included; one that has not begun by then is withdrawn. Raises NotFound, Refused."""
    by.may(*PRICERS)
    row = session.get(PriceCondition, name, with_for_update=True)
    if row is None:
        raise NotFound("price condition", name)
    rule = CONDITION.validate_json(row.rule)
    today = by.at.date()
    if rule.valid_to is not None and rule.valid_to < today:
        raise Refused(f"{name} ended on {rule.valid_to}.")
    day_to_come(last_day, today - timedelta(days=1), "The last day")
    if rule.valid_from is not None and last_day < rule.valid_from:  # it never held: no order was priced by it
        session.delete(row)
        _write(session, f"condition {name}", f"withdrawn before it began on {rule.valid_from}", by)
        return rule
    ended = rule.model_copy(update={"valid_to": last_day})
    if ended != rule:
        row.rule, row.valid_to = ended.model_dump_json(), last_day
        _write(session, f"condition {name}", f"ends on {last_day}" + (f" instead of {rule.valid_to}" if rule.valid_to else ""), by)
    return ended


def conditions(session: Session, day: date | None = None, customer: str = "", item: str = "", kind: str = "") -> list[Condition]:
    """Conditions by kind and id: those that hold on a day, or all; of a customer and an item, with those that are for everybody."""
    chosen = select(PriceCondition.rule).order_by(PriceCondition.kind, PriceCondition.condition)
    if kind:
        chosen = chosen.where(PriceCondition.kind == kind)
    if customer:
        owner = session.get(Customer, customer)
        if owner is None:
            raise NotFound("customer", customer)
        group = PriceCondition.customer_group
        chosen = chosen.where(or_(PriceCondition.customer == customer, PriceCondition.customer.is_(None)))
        chosen = chosen.where(or_(group.is_(None), group == (owner.price_group or "")))
    if item:
        chosen = chosen.where(or_(PriceCondition.item == item, PriceCondition.item.is_(None)))
    found = [CONDITION.validate_json(rule) for rule in session.scalars(chosen)]
    return [rule for rule in found if day is None or not rule.outside(day)]


def set_listed(session: Session, prices: Sequence[ListedPrice], by: Agreed) -> int:
    """Set prices of lists, for orders that are placed from now or from a day to come; how many have changed. Raises NotFound, Refused.

    A price from now on ends what was to hold from a day that has begun; what is planned for later days stays.
    """
    by.may(*PRICERS)
    changed = 0
    for each in sorted(prices, key=lambda price: (price.price_list, price.item)):
        listed = session.get(PriceList, each.price_list)
        if listed is None:
            raise NotFound("price list", each.price_list)
        if session.get(Item, each.item) is None:
            raise NotFound("item", each.item)
        if each.price < 0:
            raise Refused(f"A price of {each.price} for {each.item} is none.")
        if each.valid_from is not None:
            changed += _plan(session, each, listed.currency, by)
            continue
        row = _settled(session, each.price_list, each.item, by.at.date())
        if row is not None and Decimal(row.unit_price) == each.price:
            continue
        was = f" instead of {row.unit_price}" if row is not None else ""
        if row is None:
            row = Price(price_list=each.price_list, item=each.item)
            session.add(row)
        row.unit_price = _written(each.price, listed.currency)
        _write(session, f"list {each.price_list} {each.item}", f"{row.unit_price} {listed.currency}{was}", by)
        changed += 1
    return changed


def withdraw_listed(session: Session, price_list: str, item: str, first_day: date, by: Agreed) -> ListedPrice:
    """What a list was to cost from a day to come will not hold. Raises NotFound, and Refused where the day has begun."""
    by.may(*PRICERS)
    row = session.get(PriceAhead, (price_list, item, first_day), with_for_update=True)
    if row is None:
        raise NotFound("planned price", f"{price_list} {item} from {first_day}")
    day_to_come(first_day, by.at.date() + timedelta(days=1), "The first day")
    session.delete(row)
    _write(session, f"list {price_list} {item}", f"{row.unit_price} from {first_day} withdrawn", by)
    return ListedPrice(price_list=price_list, item=item, price=Decimal(row.unit_price), valid_from=first_day)


def listed(session: Session, today: date, price_list: str = "", item: str = "") -> list[ListedPrice]:
    """Prices of lists, by list and item: what holds today, then what is planned for days to come."""
    mine = [Price.price_list == price_list] if price_list else []
    mine += [Price.item == item] if item else []
    found = {
        (row.price_list, row.item): ListedPrice(price_list=row.price_list, item=row.item, price=Decimal(row.unit_price))
        for row in session.scalars(select(Price).where(*mine))
    }
    ahead = [PriceAhead.price_list == price_list] if price_list else []
    ahead += [PriceAhead.item == item] if item else []
    planned: list[ListedPrice] = []
    for row in session.scalars(select(PriceAhead).where(*ahead).order_by(PriceAhead.valid_from)):
        price = ListedPrice(price_list=row.price_list, item=row.item, price=Decimal(row.unit_price))
        if row.valid_from > today:
            planned.append(price.model_copy(update={"valid_from": row.valid_from}))
        else:
            found[row.price_list, row.item] = price
    return sorted([*found.values(), *planned], key=lambda each: (each.price_list, each.item, each.valid_from or date.min))


def set_tax(session: Session, rates: Sequence[TaxRate], by: Agreed) -> int:
    """Tax rates from a day on: what stood for the same place, code and title ends the day before; how many are new.

    What is planned for later days stays, and the new rate ends the day before it. Raises Refused for a day that is over.
    """
    by.may(*TAXERS)
    new = 0
    for rate in rates:
        day_to_come(rate.valid_from, by.at.date(), f"{rate.title}: the first day")
        rows = list(session.scalars(_same_tax(rate).with_for_update()))
        same = next((row for row in rows if row.valid_from == rate.valid_from), None)
        if same is not None:
            if tax_rate(same) == rate.model_copy(update={"valid_to": same.valid_to}):
                continue
            raise Refused(f"{tax_name(rate)} has a rate from {rate.valid_from} already: {Decimal(same.rate):%}. Choose a later day.")
        before = next((row for row in reversed(rows) if row.valid_from < rate.valid_from), None)
        after = next((row for row in rows if row.valid_from > rate.valid_from), None)
        ends = rate.valid_to
        if before is not None and (before.valid_to is None or before.valid_to >= rate.valid_from):
            before.valid_to = rate.valid_from - timedelta(days=1)
        if after is not None and (ends is None or ends >= after.valid_from):
            ends = after.valid_from - timedelta(days=1)
        session.add(TaxRateRow(**{**rate.model_dump(), "rate": str(rate.rate), "valid_to": ends}))
        session.flush()
        was = f"{Decimal(before.rate):%} until {before.valid_to}, then " if before is not None else ""
        _write(session, tax_name(rate), f"{was}{rate.rate:%} from {rate.valid_from}" + (f" until {ends}" if ends else ""), by)
        new += 1
    return new


def end_tax(session: Session, of: TaxRate, last_day: date, by: Agreed) -> TaxRate:
    """A tax is charged until a day, that day included. Raises NotFound when none stands then, Refused for a day that is over."""
    by.may(*TAXERS)
    day_to_come(last_day, by.at.date() - timedelta(days=1), f"{of.title}: the last day")
    standing = [
        row
        for row in session.scalars(_same_tax(of).with_for_update())
        if row.valid_from <= last_day and (row.valid_to is None or row.valid_to >= last_day)
    ]
    if not standing:
        raise NotFound("tax", f"{tax_name(of)} on {last_day}")
    row = standing[-1]
    if row.valid_to != last_day:
        row.valid_to = last_day
        _write(session, tax_name(of), f"{Decimal(row.rate):%} ends on {last_day}", by)
    return tax_rate(row)


def tax_rates(session: Session, country: str = "", day: date | None = None) -> list[TaxRate]:
    """Tax rates by place, code and title: those that hold on a day, or all."""
    row = TaxRateRow
    chosen = select(row).order_by(row.country, row.region, row.city, row.code, row.sequence, row.title, row.valid_from)
    if country:
        chosen = chosen.where(row.country == country)
    if day is not None:
        chosen = chosen.where(row.valid_from <= day, or_(row.valid_to.is_(None), row.valid_to >= day))
    return [tax_rate(found) for found in session.scalars(chosen)]


def history(session: Session, subject: str = "", limit: int = 50) -> list[AgreementEvent]:
    """What was changed, the latest first; `subject` is any part of what it is about."""
    chosen = select(AgreementEventRow).order_by(AgreementEventRow.id.desc()).limit(limit)
    if subject:
        chosen = chosen.where(AgreementEventRow.subject.contains(subject, autoescape=True))
    return [
        AgreementEvent(at=row.at, subject=row.subject, what=row.what, actor=row.actor, reason=row.reason) for row in session.scalars(chosen)
    ]


def condition_row(rule: Condition) -> PriceCondition:
    """A condition as it is stored: whom and what it is about beside what it says."""
    return PriceCondition(
        condition=rule.id,
        kind=rule.kind,
        customer=rule.customer or None,
        customer_group=rule.customer_group or None,
        item=rule.item or None,
        item_group=rule.item_group,
        price_list=rule.price_list if isinstance(rule, QuantityBreak) else None,
        valid_to=rule.valid_to,
        rule=rule.model_dump_json(),
    )


def tax_rate(row: TaxRateRow) -> TaxRate:
    """A row as the value that prices are derived from."""
    return TaxRate(
        code=row.code,
        country=row.country,
        region=row.region,
        city=row.city,
        title=row.title,
        rate=Decimal(row.rate),
        compound=row.compound,
        sequence=row.sequence,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def tax_name(rate: TaxRate) -> str:
    """Which tax it is: "tax DE standard MwSt"."""
    place = " ".join(part for part in (rate.country, rate.region, rate.city) if part)
    return f"tax {place} {rate.code} {rate.title}"


def in_words(rule: Condition) -> str:
    """A condition in one line: its kind and what it says beyond the defaults."""
    said = rule.model_dump(mode="json", exclude_defaults=True, exclude={"id", "kind"})
    return f"{rule.kind}, " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _plan(session: Session, wanted: ListedPrice, currency: str, by: Agreed) -> bool:
    """Write down a price from a day to come; True when that changed something."""
    first = wanted.valid_from
    assert first is not None  # the caller looked
    day_to_come(first, by.at.date() + timedelta(days=1), "The first day")
    row = session.get(PriceAhead, (wanted.price_list, wanted.item, first), with_for_update=True)
    if row is not None and Decimal(row.unit_price) == wanted.price:
        return False
    was = f" instead of {row.unit_price}" if row is not None else ""
    if row is None:
        row = PriceAhead(price_list=wanted.price_list, item=wanted.item, valid_from=first)
        session.add(row)
    row.unit_price = _written(wanted.price, currency)
    _write(session, f"list {wanted.price_list} {wanted.item}", f"{row.unit_price} {currency} from {first}{was}", by)
    return True


def _settled(session: Session, price_list: str, item: str, today: date) -> Price | None:
    """The price that holds today, with what was planned and has begun taken into it."""
    row = session.get(Price, (price_list, item), with_for_update=True)
    begun = select(PriceAhead).where(PriceAhead.price_list == price_list, PriceAhead.item == item, PriceAhead.valid_from <= today)
    for ahead in session.scalars(begun.order_by(PriceAhead.valid_from).with_for_update()):
        if row is None:
            row = Price(price_list=price_list, item=item)
            session.add(row)
        row.unit_price = ahead.unit_price
        session.delete(ahead)
    return row


def _known(session: Session, rule: Condition) -> None:
    names = (
        (Customer, "customer", rule.customer),
        (CustomerGroup, "customer group", rule.customer_group),
        (Item, "item", rule.item),
        (PriceList, "price list", rule.price_list if isinstance(rule, QuantityBreak) else ""),
    )
    for table, what, name in names:
        if name and session.get(table, name) is None:
            raise NotFound(what, name)
    group = rule.item_group
    if group and session.scalar(select(Item.item).where(Item.item_group == group).limit(1)) is None:
        raise NotFound("item group", group)


def _written(price: Decimal, currency: str) -> str:
    """With all its digits, and at least those of its currency."""
    digits = max(exponent(currency), -int(price.as_tuple().exponent))
    return f"{price:.{digits}f}"


def _same_tax(rate: TaxRate) -> Select[TaxRateRow]:
    row = TaxRateRow
    mine = (row.country == rate.country, row.code == rate.code, row.region == rate.region, row.city == rate.city, row.title == rate.title)
    return select(row).where(*mine).order_by(row.valid_from)


def _write(session: Session, subject: str, what: str, by: Agreed) -> None:
    session.add(AgreementEventRow(subject=subject[:200], what=what[:1_000], actor=by.actor, reason=by.reason[:1_000], at=by.at))
