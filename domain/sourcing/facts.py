"""What sourcing knows: what a location can do and costs, what goods need, and the rules of the house, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import Field, model_validator

from domain.steps import Need
from domain.values import Value

ANYWHERE = "*"


@dataclass(frozen=True)
class Rate:
    """What one shipment into a zone costs: minor units, and minor units for each kilogram."""

    base: int = 0
    per_kg: int = 0


@dataclass(frozen=True)
class Site:
    """A location as one order sees it: the units of each item that may be taken there, what the place can do, what it costs.

    Empty `ships_to` is everywhere, empty `services` is every service. `ships_in` is the number of days until somebody can work on a
    shipment (the cut-off is past, nobody works, the days before are full); None when it is full as far as anybody looks. `arrives_in` is
    the number of days until the goods are there. Costs are minor units of the house's currency.
    """

    location: str
    units: Mapping[str, int]
    ships_to: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    hazardous: bool = True
    cold: bool = True
    handling: int = 0
    handling_per_unit: int = 0
    rates: Mapping[str, Rate] = field(default_factory=dict)
    ships_in: int | None = 0
    arrives_in: int = 0
    a_day: int | None = None  # shipments that it takes on one day; none: as many as come
    full_until: str = ""  # for a person: the last day of which it is known that it is full

    def rate(self, country: str, postcode: str) -> Rate:
        """Of the narrowest zone that the address lies in; nothing where no zone has it."""
        zone = narrowest(tuple(self.rates), country, postcode)
        return self.rates[zone] if zone else Rate()


@dataclass(frozen=True)
class Goods:
    """What an item needs of whoever ships it."""

    weight_g: int = 0
    hazardous: bool = False
    cold: bool = False
    returns: str = ""  # its own rules for what comes back, as the catalogue has them: they travel with what it is sold by


class SourcingRule(Value):
    """One way to serve an order: from at most `most_shipments` locations, `complete` or as far as stock goes.

    An order worth less than `least_value_to_split` (minor units of its currency) comes from one location under this rule.
    """

    name: str
    most_shipments: int | None = Field(default=None, ge=1)
    complete: bool = True
    least_value_to_split: int = Field(default=0, ge=0)


class Weights(Value):
    """What the terms of the cost weigh, in minor units; freight and handling in per cent of themselves.

    `balance` is added for each unit, times the share of the item's stock that lies elsewhere: where much lies, taking is cheap.
    """

    freight_percent: int = Field(default=100, ge=0)
    handling_percent: int = Field(default=100, ge=0)
    further_shipment: int = Field(default=500, ge=0)
    day_late: int = Field(default=300, ge=0)
    balance: int = Field(default=20, ge=0)


class SourcingPolicy(Value):
    """The rules in their order, the weights of the cost, and how far ahead a full location may be waited for."""

    rules: tuple[SourcingRule, ...] = (
        SourcingRule(name="one location complete", most_shipments=1),
        SourcingRule(name="cheapest split"),
        SourcingRule(name="as far as stock goes", complete=False),
    )
    weights: Weights = Weights()
    currency: str = "EUR"  # of every cost
    days_ahead: int = Field(default=5, ge=0, le=60)
    effort: int = Field(default=200_000, ge=1)  # steps of the exact search; what is found by then is used, and marked as not proved

    @model_validator(mode="after")
    def has_rules(self) -> SourcingPolicy:
        if not self.rules:
            raise ValueError("a sourcing policy needs at least one rule")
        return self


@dataclass(frozen=True)
class Sourcing:
    """What is to be sourced: the needs in the order of their lines, their goods, where they go and by when, what they are worth.

    `value` is in minor units of the order's currency. With `together` it is all or nothing. `avoid` names locations not to take from.
    """

    needs: tuple[Need, ...]
    goods: Mapping[str, Goods] = field(default_factory=dict)
    country: str = ""
    postcode: str = ""
    service: str = ""
    value: int = 0
    today: date = date.min
    wanted_on: date | None = None
    avoid: tuple[str, ...] = ()
    together: bool = False


def days_late(order: Sourcing, site: Site) -> int:
    """Days after the wanted day on which a shipment of the location arrives; without a wanted day, the days until it is worked on."""
    if order.wanted_on is None:
        return site.ships_in or 0
    return max((order.today + timedelta(days=site.arrives_in) - order.wanted_on).days, 0)


def ruled_out(order: Sourcing, site: Site) -> str:
    """Why a location cannot serve the order at all; empty when it can. An address that nobody knows rules nothing out."""
    if site.location in order.avoid:
        return "is to be avoided: the last attempt there failed"
    if order.country and site.ships_to and not narrowest(site.ships_to, order.country, order.postcode):
        return f"does not ship to {order.country} {order.postcode}".rstrip()
    if order.service and site.services and order.service not in site.services:
        return f"does not offer {order.service}"
    if site.ships_in is None:
        return f"has no room for another shipment until {site.full_until}"
    return ""


def barred(goods: Goods, site: Site) -> str:
    """Why a location may not ship goods of this kind; empty when it may."""
    if goods.hazardous and not site.hazardous:
        return "may not ship hazardous goods"
    if goods.cold and not site.cold:
        return "has no cold chain"
    return ""


def narrowest(zones: Sequence[str], country: str, postcode: str) -> str:
    """The zone that names an address most closely: `FR:69` (a country and the beginning of a postcode), `FR`, then `*`; else empty."""
    compact = postcode.replace(" ", "").upper()

    def fits(zone: str) -> bool:
        land, _, begins = zone.partition(":")
        return zone == ANYWHERE or (land == country and compact.startswith(begins.replace(" ", "").upper()))

    fitting = [zone for zone in zones if fits(zone)]
    return max(fitting, key=lambda zone: (zone != ANYWHERE, len(zone), zone), default="")
