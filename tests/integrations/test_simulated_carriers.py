"""The carriers: what they charge, how far they go, and tracking numbers that a real reader would accept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Refused
from domain.messages import CarrierEvent, CarrierStatus, DeliveryConfirmed, LineQuantity, Parcel
from domain.money import Money
from domain.order import Address
from integrations.ports import Manifested, Quote
from integrations.simulated import SimulatedCarriers, World
from integrations.simulated.carriers import s10_check, tracking_number
from integrations.simulated.outbox import Entry


def address(country: str) -> Address:
    return Address(name="Zoë", street="Weg 1", city="Ort", country=country)


def parcels(*grams: int) -> tuple[Parcel, ...]:
    return tuple(Parcel(number=n, weight_g=weight, contents=(LineQuantity(line=1, quantity=1),)) for n, weight in enumerate(grams, start=1))


@pytest.fixture
def carriers(world: World) -> SimulatedCarriers:
    return SimulatedCarriers(world)


async def quoted(carriers: SimulatedCarriers, country: str, *grams: int, currency: str = "EUR") -> list[tuple[str, str, int, int]]:
    quotes = await carriers.quotes("BERLIN", address(country), parcels(*grams), currency)
    return [(quote.carrier, quote.service, quote.price.minor, quote.transit_days) for quote in quotes]


async def test_all_services_are_quoted_cheapest_first(carriers: SimulatedCarriers) -> None:
    assert await quoted(carriers, "DE", 2_100) == [
        ("Norvik Post", "standard", 765, 4),
        ("Parcelway", "standard", 795, 3),
        ("Norvik Post", "express", 1760, 2),
        ("Parcelway", "express", 1920, 1),
    ]


async def test_weight_country_and_currency_make_the_price(carriers: SimulatedCarriers) -> None:
    assert (await quoted(carriers, "DE", 2_100, 500))[0] == ("Norvik Post", "standard", 1300, 4)
    assert (await quoted(carriers, "GB", 2_100))[0] == ("Norvik Post", "standard", 1530, 6)
    assert (await quoted(carriers, "US", 2_100))[-1] == ("Parcelway", "express", 7680, 3)
    assert (await quoted(carriers, "DE", 2_100, currency="JPY"))[0] == ("Norvik Post", "standard", 1301, 4)


async def test_nobody_goes_to_antarctica(carriers: SimulatedCarriers, world: World) -> None:
    assert await quoted(carriers, "AQ", 500) == []
    quote = Quote(carrier="Parcelway", service="standard", price=Money(minor=500, currency="EUR"), transit_days=3)
    with pytest.raises(Refused, match=r"^No carrier delivers to AQ; the label of shipment 1 of shopify/1 was not sold\.$"):
        await carriers.buy_label("label/1", "shopify/1", 1, quote, address("AQ"), parcels(500))
    assert world.rows("SELECT * FROM labels") == []


async def test_a_label_needs_a_known_service_and_a_parcel(carriers: SimulatedCarriers) -> None:
    quote = Quote(carrier="Parcelway", service="standard", price=Money(minor=500, currency="EUR"), transit_days=3)
    with pytest.raises(Refused, match="shipment 1 of shopify/1 has none"):
        await carriers.buy_label("label/1", "shopify/1", 1, quote, address("DE"), ())
    with pytest.raises(Refused, match="Parcelway has no service 'balloon'"):
        await carriers.buy_label("label/1", "shopify/1", 1, quote.model_copy(update={"service": "balloon"}), address("DE"), parcels(500))


async def test_a_repeat_with_another_quote_gets_the_label_that_was_bought(carriers: SimulatedCarriers) -> None:
    cheap = Quote(carrier="Norvik Post", service="standard", price=Money(minor=535, currency="EUR"), transit_days=4)
    first = await carriers.buy_label("label/1", "shopify/1", 1, cheap, address("DE"), parcels(500))
    dear = cheap.model_copy(update={"service": "express", "price": Money(minor=1240, currency="EUR")})
    assert await carriers.buy_label("label/1", "shopify/1", 1, dear, address("DE"), parcels(500)) == first
    assert (first.service, str(first.price)) == ("standard", "5.35 EUR")


def test_tracking_numbers_are_unique_and_carry_their_check_digit() -> None:
    for carrier, form in (("Norvik Post", r"RR\d{9}NO"), ("Parcelway", r"PW771\d{9}")):
        numbers = [tracking_number(carrier, sold) for sold in range(1, 5_001)]
        assert len(set(numbers)) == 5_000
        assert [number for number in numbers if not re.fullmatch(form, number)] == []
    assert s10_check("47312482") == 9  # the example of the standard
    for sold in range(1, 500):
        figures = [int(digit) for digit in tracking_number("Parcelway", sold)[2:]]
        assert (3 * sum(figures[0::2]) + sum(figures[1::2])) % 10 == 0


async def test_a_carrier_says_again_what_it_reported_and_under_the_same_names(world: World, carriers: SimulatedCarriers) -> None:
    quote = Quote(carrier="Parcelway", service="standard", price=Money(minor=500, currency="EUR"), transit_days=3)
    label = await carriers.buy_label("label/1", "shopify/1", 1, quote, address("DE"), parcels(500))
    assert await carriers.track("Parcelway", label.tracking) == ()
    sold = datetime.now(UTC) - timedelta(days=1)
    on_its_way, proof = (
        CarrierEvent(message_id="carrier/1", occurred_at=sold, actor="carrier", shipment=1, status=CarrierStatus.IN_TRANSIT, detail="Hub"),
        DeliveryConfirmed(message_id="carrier/proof", occurred_at=sold, actor="carrier", shipment=1, signed_by="Zoë"),
    )
    late = sold + timedelta(days=9)
    for fact, at in ((on_its_way, sold), (proof, sold), (on_its_way.model_copy(update={"message_id": "later"}), late)):
        world.outbox.put([Entry(id=fact.message_id, order="shopify/1", subject="label label/1", said=fact, send_at=at)])
    assert [(event.event, event.status, event.detail) for event in await carriers.track("Parcelway", label.tracking)] == [
        ("carrier/1", CarrierStatus.IN_TRANSIT, "Hub"),
        ("carrier/proof/seen", CarrierStatus.DELIVERED, "Signed by Zoë"),
    ]
    await carriers.void("label/1")
    assert await carriers.track("Parcelway", label.tracking) == () == await carriers.track("Parcelway", "PW1")


async def test_a_manifest_is_taken_once(carriers: SimulatedCarriers) -> None:
    fetched = (Manifested(order="shopify/1", shipment=1, tracking="RR1", parcels=1, weight_g=500),)
    first = await carriers.manifest("MF-000001", "BERLIN", "Norvik Post", fetched)
    assert [first, await carriers.manifest("MF-000001", "BERLIN", "Norvik Post", fetched)] == ["NP-000001", "NP-000001"]
    assert await carriers.manifest("MF-000002", "BERLIN", "Parcelway", fetched) == "P-000002"
