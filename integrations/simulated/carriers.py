"""The carriers: two of them with two services each, their prices, their labels and their tracking numbers."""

from __future__ import annotations

import sqlite3
import time
from decimal import Decimal
from typing import Any

from domain.errors import Refused
from domain.messages import FACTS, CarrierEvent, CarrierStatus, DeliveryConfirmed, Message, Parcel
from domain.money import Money
from domain.order import Address
from domain.values import Value
from integrations.ports import Label, Manifested, Quote, TrackingEvent
from integrations.simulated.store import Port, Subject, World, happened

BUY, BUY_RETURN, MANIFEST = "label", "return label", "manifest"


class Service(Value):
    """`base` and `per_kg` are in euros per parcel; `days` are transit days in the home zone, abroad or overseas add to them."""

    carrier: str
    service: str
    base: Decimal
    per_kg: Decimal
    days: int
    abroad: int
    overseas: int


SERVICES = (
    Service(carrier="Parcelway", service="standard", base=Decimal("5.40"), per_kg=Decimal("0.85"), days=3, abroad=2, overseas=4),
    Service(carrier="Parcelway", service="express", base=Decimal("12.90"), per_kg=Decimal("2.10"), days=1, abroad=1, overseas=2),
    Service(carrier="Norvik Post", service="standard", base=Decimal("4.20"), per_kg=Decimal("1.15"), days=4, abroad=2, overseas=5),
    Service(carrier="Norvik Post", service="express", base=Decimal("9.80"), per_kg=Decimal("2.60"), days=2, abroad=1, overseas=2),
)
HOME = frozenset({"AT", "BE", "CZ", "DE", "DK", "ES", "FR", "HU", "IE", "IT", "LU", "NL", "PL", "PT", "SI", "SK"})
ABROAD = frozenset({"CH", "GB", "IS", "LI", "NO", "SE", "FI", "RO", "BG", "GR", "CY", "MT", "HR", "EE", "LV", "LT"})
UNREACHABLE = frozenset({"AQ", "BV", "CU", "HM", "IR", "KP", "SY", "TF"})
PER_EURO = {"USD": Decimal("1.15"), "GBP": Decimal("0.86"), "CHF": Decimal("0.94"), "JPY": Decimal(170), "KWD": Decimal("0.35")}
"""Rough and fixed: the simulated carriers bill in the currency they are asked for; one that is not here counts like euros."""


class SimulatedCarriers:
    """The port `Carriers`; who drives is `simulation.carrier`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def quotes(self, origin: str, to: Address, parcels: tuple[Parcel, ...], currency: str) -> tuple[Quote, ...]:
        def reckon(_connection: sqlite3.Connection) -> tuple[Quote, ...]:
            if to.country in UNREACHABLE:
                return ()
            offers = [_quote(service, to.country, parcels, currency) for service in SERVICES]
            return tuple(sorted(offers, key=lambda quote: (quote.price.minor, quote.transit_days, quote.carrier)))

        return await self._world.asked(Port.CARRIER, reckon)

    async def buy_label(self, key: str, order: str, shipment: int, quote: Quote, to: Address, parcels: tuple[Parcel, ...]) -> Label:
        if to.country in UNREACHABLE:
            raise Refused(f"No carrier delivers to {to.country}; the label of shipment {shipment} of {order} was not sold.")
        if not parcels:
            raise Refused(f"A label needs a parcel; shipment {shipment} of {order} has none.")
        if (quote.carrier, quote.service) not in {(service.carrier, service.service) for service in SERVICES}:
            raise Refused(f"{quote.carrier} has no service {quote.service!r}.")
        # The quote is not compared: asked again, the carriers answer with the label first bought, whatever it would cost now.
        said = {
            "order": order,
            "shipment": shipment,
            "to": to.model_dump(),
            "parcels": [parcel.model_dump() for parcel in parcels],
        }
        subject = Subject(order=order, about=f"shipment {shipment}")
        answer = await self._world.once(
            Port.CARRIER, BUY, key, said, subject, lambda connection: _sell(connection, key, BUY, order, shipment, 0, quote, to.country)
        )
        return Label.model_validate(answer)

    async def buy_return_label(self, key: str, order: str, rma: int, sender: Address, to: str) -> Label:
        said = {"order": order, "rma": rma, "sender": sender.model_dump(), "to": to}
        price = Money.of(Decimal("7.50"), "EUR")
        quote = Quote(carrier="Norvik Post", service="standard", price=price, transit_days=4)
        subject = Subject(order=order, about=f"return {rma}")
        answer = await self._world.once(
            Port.CARRIER, BUY_RETURN, key, said, subject, lambda connection: _sell(connection, key, BUY_RETURN, order, 0, rma, quote, to)
        )
        return Label.model_validate(answer)

    async def track(self, carrier: str, tracking: str) -> tuple[TrackingEvent, ...]:
        """What the drivers have reported by now; each event under the id with which the carrier reports it by itself, too."""

        def seen(connection: sqlite3.Connection) -> tuple[TrackingEvent, ...]:
            said = connection.execute(
                "SELECT o.name, o.body FROM outbox o JOIN labels l ON o.subject = 'label ' || l.key WHERE l.tracking = ? AND l.voided = 0"
                " AND o.send_at <= ? ORDER BY o.send_at, o.rowid",
                (tracking, time.time()),
            )
            events = [_seen(FACTS[row["name"]].model_validate_json(row["body"])) for row in said if row["name"] in FACTS]
            return tuple({event.event: event for event in events if event is not None}.values())

        return await self._world.asked(Port.CARRIER, seen)

    async def manifest(self, key: str, location: str, carrier: str, shipments: tuple[Manifested, ...]) -> str:
        said = {"location": location, "carrier": carrier, "shipments": [shipment.model_dump() for shipment in shipments]}

        def take(connection: sqlite3.Connection) -> dict[str, Any]:
            taken = connection.execute("SELECT count(*) FROM happenings WHERE port = ? AND what = ?", (Port.CARRIER, MANIFEST)).fetchone()[
                0
            ]
            happened(connection, Port.CARRIER, key, MANIFEST)
            return {"reference": f"{''.join(word[0] for word in carrier.split()).upper()}-{taken + 1:06d}"}

        answer = await self._world.once(Port.CARRIER, MANIFEST, key, said, Subject(order="", about=f"manifest {key}"), take)
        return str(answer["reference"])

    async def void(self, key: str) -> None:
        def annul(connection: sqlite3.Connection, _answer: dict[str, Any]) -> str:
            connection.execute("UPDATE labels SET voided = 1 WHERE key = ?", (key,))
            connection.execute("DELETE FROM outbox WHERE subject = ? AND outcome = ''", (f"label {key}",))
            return "label voided"

        await self._world.withdraw(Port.CARRIER, (BUY, BUY_RETURN), key, annul)


def _seen(fact: Message) -> TrackingEvent | None:
    if isinstance(fact, CarrierEvent):
        return TrackingEvent(
            event=fact.message_id, status=fact.status, occurred_at=fact.occurred_at, detail=fact.detail, expected_at=fact.expected_at
        )
    if isinstance(fact, DeliveryConfirmed):
        detail = f"Signed by {fact.signed_by}"
        # The proof itself comes by another message: what is seen of it here must not bear that message's id.
        return TrackingEvent(event=f"{fact.message_id}/seen", status=CarrierStatus.DELIVERED, occurred_at=fact.occurred_at, detail=detail)
    return None


def _quote(service: Service, country: str, parcels: tuple[Parcel, ...], currency: str) -> Quote:
    kilos = sum(-(-parcel.weight_g // 1000) for parcel in parcels)  # each parcel counts by the begun kilogram
    zone = 1 if country in HOME else 2 if country in ABROAD else 4
    euros = (service.base * len(parcels) + service.per_kg * kilos) * zone
    further = 0 if country in HOME else service.abroad if country in ABROAD else service.overseas
    price = Money.of(euros * PER_EURO.get(currency, Decimal(1)), currency)
    return Quote(carrier=service.carrier, service=service.service, price=price, transit_days=service.days + further)


def _sell(
    connection: sqlite3.Connection, key: str, operation: str, order: str, shipment: int, rma: int, quote: Quote, destination: str
) -> dict[str, Any]:
    sold = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM labels").fetchone()[0]
    tracking = tracking_number(quote.carrier, sold)
    connection.execute(
        "INSERT INTO labels (number, key, order_key, shipment, rma, carrier, service, tracking, minor, currency, transit_days, destination,"
        " bought_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(sold, key, order, shipment, rma, quote.carrier, quote.service, tracking, quote.price.minor, quote.price.currency),
            *(quote.transit_days, destination, time.time()),
        ),
    )
    happened(connection, Port.CARRIER, key, operation)
    label = Label(carrier=quote.carrier, service=quote.service, tracking=tracking, price=quote.price)
    return label.model_dump(mode="json")


def tracking_number(carrier: str, sold: int) -> str:
    """The number of the `sold`-th label: an S10 identifier (Universal Postal Union) for Norvik Post, else twelve digits, mod 10."""
    scattered = sold * 48_271_903 % 10**8  # 48,271,903 and 10 have no common factor: no number comes twice
    if carrier == "Norvik Post":
        return f"RR{scattered:08}{s10_check(f'{scattered:08}')}NO"
    digits = f"771{scattered:08}"
    odd, even = (sum(int(digit) for digit in digits[start::2]) for start in (0, 1))
    return f"PW{digits}{-(3 * odd + even) % 10}"


def s10_check(digits: str) -> int:
    """The check digit of an S10 identifier's eight digits."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), digits, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


class SoldLabel(Value):
    """A label of a shipment; `bought_at` is in seconds since 1970, `first` says that the order had no label before."""

    key: str
    order: str
    shipment: int
    tracking: str
    transit_days: int
    bought_at: float
    first: bool


def labels_to_plan(connection: sqlite3.Connection) -> list[SoldLabel]:
    """Labels of shipments that no driver has looked at yet, oldest first; return labels are the customers' matter."""
    rows = connection.execute(
        "SELECT l.*, NOT EXISTS (SELECT 1 FROM labels e WHERE e.order_key = l.order_key AND e.rma = 0 AND NOT e.voided"
        " AND e.number < l.number) AS first FROM labels l WHERE l.planned = 0 AND l.voided = 0 AND l.rma = 0 ORDER BY l.number"
    )
    return [
        SoldLabel(
            key=row["key"],
            order=row["order_key"],
            shipment=row["shipment"],
            tracking=row["tracking"],
            transit_days=row["transit_days"],
            bought_at=row["bought_at"],
            first=bool(row["first"]),
        )
        for row in rows
    ]
