"""A catalogue to begin with: items, prices, customers, locations and their opening stock; putting it in twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from database.parcels import SERIES
from database.stock import receive_stock
from database.tables import (
    Base,
    CartonRow,
    Customer,
    CustomerAlias,
    Dock,
    Item,
    ItemMeasures,
    Location,
    PackingRulesRow,
    Price,
    PriceList,
    SsccCounter,
)
from domain.errors import InputRefused
from domain.order import Address
from domain.packing import GoodsClass, PackingRules
from domain.sscc import SsccSeries
from domain.steps import ReceiveStock

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
"""The day on which opening stock was counted."""


def seed(session: Session, catalogue: Mapping[str, Any]) -> None:
    """Put in, or bring up to date, what the catalogue names (the shape of `samples/catalogue.json`); raises InputRefused with the place.

    Opening stock is received once: what has moved since stays moved.
    """
    for section in (_items, _locations, _price_lists, _cartons, _sscc_series, _customers):
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


@contextmanager
def _told_where(place: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as missing:
        raise InputRefused(place, f"{missing} is missing or has another shape") from None


def _items(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Item(item=entry["id"], description=entry.get("description", ""), weight_g=entry.get("weight_g", 0))
    if "dims_mm" in entry:
        length, width, height = entry["dims_mm"]
        yield ItemMeasures(
            item=entry["id"],
            length_mm=length,
            width_mm=width,
            height_mm=height,
            goods_class=GoodsClass(entry.get("goods_class", "hazardous" if entry.get("hazardous") else "general")).value,
            upright=entry.get("upright", False),
            as_is=entry.get("as_is", False),
        )


def _locations(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield Location(location=entry["id"], name=entry.get("name", ""))
    if "address" in entry:
        address = Address.model_validate({"country": entry["country"], "postcode": entry.get("postcode", ""), **entry["address"]})
        yield Dock(location=entry["id"], address=address.model_dump_json(), phone=entry.get("phone", ""))


def _price_lists(entry: Mapping[str, Any]) -> Iterator[Base]:
    yield PriceList(price_list=entry["id"], currency=entry["currency"])
    for item, price in entry["prices"].items():
        yield Price(price_list=entry["id"], item=item, unit_price=str(price))


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
    )
    if "packing" in entry:
        rules = PackingRules.model_validate(entry["packing"])
        yield PackingRulesRow(customer=entry["id"], rules=rules.model_dump_json())
    for alias in entry.get("aliases", ()):
        yield CustomerAlias(alias=alias, customer=entry["id"])
