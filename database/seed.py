"""A catalogue to begin with: items, prices, customers, locations and their opening stock; putting it in twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from database.calendars import read_calendar
from database.quotas import quota_stands, set_quota
from database.stock import receive_stock
from database.tables import (
    Base,
    Customer,
    CustomerAlias,
    FreightRate,
    Item,
    Location,
    LocationAbility,
    Price,
    PriceList,
    SourcingPolicyRow,
    Supplier,
    TransitTime,
)
from domain.errors import InputRefused
from domain.order import ShippingPolicy
from domain.quotas import SetQuota
from domain.sourcing.facts import SourcingPolicy
from domain.steps import ReceiveStock

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
"""The day on which opening stock was counted."""


def seed(session: Session, catalogue: Mapping[str, Any]) -> None:
    """Put in, or bring up to date, what the catalogue names (the shape of `samples/catalogue.json`); raises InputRefused with the place.

    Opening stock is received once: what has moved since stays moved.
    """
    for section in (_suppliers, _items, _locations, _price_lists, _customers, _sourcing):
        name = section.__name__.removeprefix("_")
        for number, entry in enumerate(catalogue.get(name, ()), 1):
            with _told_where(f"catalogue, {name}, entry {number}"):
                for row in section(entry):
                    session.merge(row)
                    session.flush()
    for number, entry in enumerate(catalogue.get("stock", ()), 1):
        with _told_where(f"catalogue, stock, entry {number}"):
            item, location, bin_ = entry["item"], entry["location"], entry.get("bin", "")
            opening = ReceiveStock(
                receipt=f"opening/{item}/{location}/{bin_}",
                item=item,
                location=location,
                bin=bin_,
                quantity=entry["quantity"],
                at=OPENED,
                actor="seed",
            )
            receive_stock(session, opening)
    for number, entry in enumerate(catalogue.get("quotas", ()), 1):
        with _told_where(f"catalogue, quotas, entry {number}"):
            share = SetQuota(**entry)
            if not quota_stands(session, share):
                set_quota(session, share)


@contextmanager
def _told_where(place: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as missing:
        raise InputRefused(place, f"{missing} is missing or has another shape") from None


def _suppliers(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Supplier(supplier=entry["id"], name=entry.get("name", ""), lead_time_days=entry["lead_time_days"])


def _items(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Item(
        item=entry["id"],
        description=entry.get("description", ""),
        weight_g=entry.get("weight_g", 0),
        hazardous=entry.get("hazardous", False),
        cold=entry.get("cold", False),
        supplier=entry.get("supplier"),
        lead_time_days=entry.get("lead_time_days"),
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


def _sourcing(entry: Mapping[str, Any]) -> Iterator[Base]:
    policy = SourcingPolicy.model_validate({name: value for name, value in entry.items() if name != "channel"})
    yield SourcingPolicyRow(channel=entry["channel"], policy=policy.model_dump_json())


def _price_lists(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield PriceList(price_list=entry["id"], currency=entry["currency"])
    for item, price in entry["prices"].items():
        yield Price(price_list=entry["id"], item=item, unit_price=str(price))


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
    )
    for alias in entry.get("aliases", ()):
        yield CustomerAlias(alias=alias, customer=entry["id"])
