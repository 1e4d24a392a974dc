"""A catalogue to begin with: items, prices, customers, locations and their opening stock; putting it in twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from database.agreements import condition_row
from database.calendars import read_calendar
from database.finance_charges import write_charge_terms
from database.parcels import SERIES
from database.quotas import quota_stands, set_quota
from database.rates import set_ledger_currency
from database.reminder_terms import read_terms, write_terms
from database.stock import receive_stock
from database.tables import (
    Base,
    Bin,
    CartonRow,
    Customer,
    CustomerAlias,
    CustomerGroup,
    Dock,
    FinanceChargeTermsRow,
    FreightRate,
    House,
    Item,
    ItemMeasures,
    ItemPlanningRow,
    Location,
    LocationAbility,
    PackingRulesRow,
    PaymentTermsRow,
    Price,
    PriceList,
    SourcingPolicyRow,
    SsccCounter,
    StaffRole,
    Supplier,
    TaxRateRow,
    TaxSettingRow,
    TransitTime,
)
from domain.errors import InputRefused
from domain.finance_charges import FinanceChargeTerms
from domain.order import Address, ShippingPolicy
from domain.packing import GoodsClass, PackingRules
from domain.pricing.conditions import CONDITION
from domain.pricing.taxes import TaxRate, TaxSetting
from domain.quotas import SetQuota
from domain.reminder_terms import ReminderTerms
from domain.replenishment import ItemPlanning
from domain.return_rules import ItemReturns, RefundTiming
from domain.seller import Seller
from domain.sourcing.facts import SourcingPolicy
from domain.sscc import SsccSeries
from domain.steps import ReceiveStock
from domain.terms import Invoicing, Terms

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
"""The day on which opening stock was counted."""


def seed(session: Session, catalogue: Mapping[str, Any]) -> None:
    """Put in, or bring up to date, what the catalogue names (the shape of `samples/catalogue.json`); raises InputRefused with the place.

    Opening stock is received once: what has moved since stays moved.
    """
    _terms_of_dunning(session, catalogue)
    for section in SECTIONS:
        name = section.__name__.removeprefix("_")
        for number, entry in enumerate(catalogue.get(name, ()), 1):
            with _told_where(f"catalogue, {name}, entry {number}"):
                for row in section(entry):
                    session.merge(row)
                    session.flush()
    _check_parents(session)
    if "ledger_currency" in catalogue:
        with _told_where("catalogue, ledger_currency"):
            set_ledger_currency(session, catalogue["ledger_currency"])
    for number, entry in enumerate(catalogue.get("stock", ()), 1):
        with _told_where(f"catalogue, stock, entry {number}"):
            item, location, bin_, lot = entry["item"], entry["location"], entry.get("bin", ""), entry.get("lot", "")
            opening = ReceiveStock(
                receipt=f"opening/{item}/{location}/{bin_}" + (f"/{lot}" if lot else ""),
                item=item,
                location=location,
                bin=bin_,
                quantity=entry["quantity"],
                lot=lot,
                expires_on=entry.get("expires_on"),
                at=OPENED,
                actor="seed",
            )
            receive_stock(session, opening)
    for number, entry in enumerate(catalogue.get("quotas", ()), 1):
        with _told_where(f"catalogue, quotas, entry {number}"):
            share = SetQuota(**entry)
            if not quota_stands(session, share):
                set_quota(session, share)


def _check_parents(session: Session) -> None:
    parent = aliased(Customer)
    chosen = select(Customer.customer, Customer.parent, parent.parent).outerjoin(parent, parent.customer == Customer.parent)
    wrong = chosen.where(Customer.parent.is_not(None), or_(parent.customer.is_(None), parent.parent.is_not(None)))
    for customer, named, its_own in session.execute(wrong.limit(1)):
        why = f"has a parent itself ({its_own})" if its_own else "is no customer"
        raise InputRefused(f"catalogue, customer {customer}", f"its parent {named} {why}")


def _terms_of_dunning(session: Session, catalogue: Mapping[str, Any]) -> None:
    """Terms that are there already stay as they are: a credit controller may have changed them."""
    for number, entry in enumerate(catalogue.get("reminder_terms", ()), 1):
        with _told_where(f"catalogue, reminder_terms, entry {number}"):
            if read_terms(session, entry["code"]) is None:
                write_terms(session, ReminderTerms.model_validate(entry))
    for number, entry in enumerate(catalogue.get("finance_charge_terms", ()), 1):
        with _told_where(f"catalogue, finance_charge_terms, entry {number}"):
            if session.get(FinanceChargeTermsRow, entry["code"]) is None:
                write_charge_terms(session, FinanceChargeTerms.model_validate(entry))


@contextmanager
def _told_where(place: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as missing:
        raise InputRefused(place, f"{missing} is missing or has another shape") from None


def _suppliers(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Supplier(supplier=entry["id"], name=entry.get("name", ""), lead_time_days=entry["lead_time_days"])


def _items(entry: Mapping[str, Any]) -> Iterator[Base]:
    packed_as = GoodsClass(entry.get("goods_class", GoodsClass.GENERAL))
    hazardous = entry.get("hazardous", packed_as is GoodsClass.HAZARDOUS)
    if packed_as is not GoodsClass.GENERAL and hazardous is not (packed_as is GoodsClass.HAZARDOUS):
        raise ValueError(f"goods_class is {packed_as}, hazardous is {str(hazardous).lower()}: they contradict one another")
    yield Item(
        item=entry["id"],
        description=entry.get("description", ""),
        weight_g=entry.get("weight_g", 0),
        hazardous=hazardous,
        cold=entry.get("cold", False),
        supplier=entry.get("supplier"),
        lead_time_days=entry.get("lead_time_days"),
        by_lot=entry.get("by_lot", False),
        by_serial=entry.get("by_serial", False),
        value=entry.get("value", 0),
        unit=entry.get("unit", "C62"),
        item_group=entry.get("group", ""),
        tax_code=entry.get("tax_code", "standard"),
        returns=ItemReturns.model_validate(entry["returns"]).model_dump_json() if "returns" in entry else "",
    )
    if "dims_mm" in entry:
        length, width, height = entry["dims_mm"]
        yield ItemMeasures(
            item=entry["id"],
            length_mm=length,
            width_mm=width,
            height_mm=height,
            goods_class=(GoodsClass.GENERAL if hazardous else packed_as).value,
            upright=entry.get("upright", False),
            as_is=entry.get("as_is", False),
        )


def _locations(entry: Mapping[str, Any]) -> Iterator[Base]:
    location = Location(
        location=entry["id"],
        name=entry.get("name", ""),
        country=entry.get("country", ""),
        subdivision=entry.get("subdivision", ""),
        time_zone=entry.get("time_zone", "UTC"),
        cut_off=entry.get("cut_off", "23:59"),
        working_days=entry.get("working_days", "1234567"),
        handling_days=entry.get("handling_days", 1),
    )
    read_calendar(location)  # says what is wrong in it
    yield location
    for country, ways in entry.get("transit_days", {}).items():
        for postcode, days in ways.items() if isinstance(ways, Mapping) else [("", ways)]:
            yield TransitTime(location=entry["id"], country=country, postcode=postcode, days=days)
    abilities = ("hazardous", "cold", "shipments_per_day", "handling", "handling_per_unit")
    stated: dict[str, Any] = {name: entry[name] for name in abilities if name in entry}
    stated |= {name: " ".join(entry[name]) for name in ("ships_to", "services") if name in entry}
    if stated:
        yield LocationAbility(location=entry["id"], **stated)
    for zone, rate in entry.get("freight", {}).items():
        yield FreightRate(location=entry["id"], zone=zone, **rate)
    if "address" in entry:
        address = Address.model_validate({"country": entry["country"], "postcode": entry.get("postcode", ""), **entry["address"]})
        yield Dock(location=entry["id"], address=address.model_dump_json(), phone=entry.get("phone", ""))


def _sourcing(entry: Mapping[str, Any]) -> Iterator[Base]:
    policy = SourcingPolicy.model_validate({name: value for name, value in entry.items() if name != "channel"})
    yield SourcingPolicyRow(channel=entry["channel"], policy=policy.model_dump_json())


def _bins(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Bin(location=entry["location"], bin=entry["bin"], zone=entry.get("zone", ""), aisle=entry["aisle"], sequence=entry["sequence"])


def _price_lists(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield PriceList(price_list=entry["id"], currency=entry["currency"], taxes_included=entry.get("taxes_included", False))
    for item, price in entry["prices"].items():
        yield Price(price_list=entry["id"], item=item, unit_price=str(price))


def _customer_groups(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield CustomerGroup(customer_group=entry["id"], name=entry.get("name", ""), price_list=entry.get("price_list"))


def _price_conditions(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield condition_row(CONDITION.validate_python(entry))


def _tax_rates(entry: Mapping[str, Any]) -> Iterator[Base]:
    rate = TaxRate.model_validate(entry)
    yield TaxRateRow(**{**rate.model_dump(), "rate": str(rate.rate)})


def _tax_settings(entry: Mapping[str, Any]) -> Iterator[Base]:
    setting = TaxSetting.model_validate(entry)
    yield TaxSettingRow(
        country=setting.country,
        level=setting.rounding.level.value,
        mode=setting.rounding.mode.value,
        freight=setting.freight.value,
        cash_step=setting.cash_step,
        cash_currency=setting.cash_currency,
    )


def _planning(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield ItemPlanningRow(**ItemPlanning.model_validate(entry).model_dump(mode="json"))


def _payment_terms(entry: Mapping[str, Any]) -> Iterator[Base]:
    terms = Terms.model_validate({"code" if name == "id" else name: value for name, value in entry.items()})
    yield PaymentTermsRow(terms=str(terms.code), description=terms.description, definition=terms.model_dump_json(exclude_defaults=True))


def _house(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield House(house="house", seller=Seller.model_validate(entry).model_dump_json())


def _staff(entry: Mapping[str, Any]) -> Iterator[Base]:
    for role in entry["roles"]:
        yield StaffRole(actor=entry["id"], role=role)


def _cartons(entry: Mapping[str, Any]) -> Iterator[Base]:
    length, width, height = entry["inner_mm"]
    yield CartonRow(
        carton=entry["id"],
        description=entry.get("description", ""),
        length_mm=length,
        width_mm=width,
        height_mm=height,
        tare_g=entry["tare_g"],
        max_weight_g=entry["max_weight_g"],
        cost=entry["cost"],
    )


def _sscc_series(entry: Mapping[str, Any]) -> Iterator[Base]:
    series = SsccSeries(extension=entry["extension"], company_prefix=entry["company_prefix"])
    yield SsccCounter(series=SERIES, extension=series.extension, company_prefix=series.company_prefix)


def _customers(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Customer(
        customer=entry["id"],
        name=entry.get("name", ""),
        currency=entry["currency"],
        price_list=entry.get("price_list"),
        terms=" ".join(entry.get("terms", ())),
        credit_limit=entry.get("credit_limit"),
        blocked=entry.get("blocked", False),
        priority=entry.get("priority"),
        ships=ShippingPolicy(entry["ships"]).value if entry.get("ships") else None,
        min_life_days=entry.get("min_life_days", 0),
        **({"parent": entry["parent"]} if "parent" in entry else {}),
        **({"overdue_days": entry["overdue_days"]} if "overdue_days" in entry else {}),
        email=entry.get("email", ""),
        invoicing=Invoicing(entry["invoicing"]).value if entry.get("invoicing") else "",
        vat_id=entry.get("vat_id", ""),
        endpoint=entry.get("endpoint", ""),
        endpoint_scheme=entry.get("endpoint_scheme", ""),
        language=entry.get("language", ""),
        price_group=entry.get("group"),
        tax_exempt=entry.get("tax_exempt", ""),
        tax_exempt_in=" ".join(entry.get("tax_exempt_in", ())),
        **{name: entry[name] for name in ("reminder_terms", "finance_charge_terms") if name in entry},
        refund_on=RefundTiming(entry["refund_on"]).value if entry.get("refund_on") else "",
    )
    if "packing" in entry:
        rules = PackingRules.model_validate(entry["packing"])
        yield PackingRulesRow(customer=entry["id"], rules=rules.model_dump_json())
    for alias in entry.get("aliases", ()):
        yield CustomerAlias(alias=alias, customer=entry["id"])


SECTIONS = (
    _suppliers,
    _items,
    _locations,
    _bins,
    _price_lists,
    _cartons,
    _sscc_series,
    _payment_terms,
    _house,
    _customer_groups,
    _customers,
    _sourcing,
    _planning,
    _staff,
    _tax_rates,
    _tax_settings,
    _price_conditions,
)
"""What a catalogue may name, each after what it refers to."""
