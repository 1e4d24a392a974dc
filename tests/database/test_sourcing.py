"""Sourcing under lock: what locations can do, what a day has room for, and the decision with its reasons."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import sourcing, stock
from database.seed import seed
from database.sourcing_together import batch_of, orders_with_open_units
from database.tables import FreightRate, Item, Location, LocationAbility, Shipment, SourcingPolicyRow, TransitTime
from domain.errors import NotFound, Refused
from domain.order import Address
from domain.sourcing.batch import one_after_another
from domain.sourcing.decision import Costs
from domain.sourcing.facts import SourcingPolicy, SourcingRule
from domain.steps import AbandonShipment, Allocation, Recorded, ReleaseStock, Shortage
from integrations.solver import together
from tests.database.builders import DAY, NOW, House, line, order, step

LYONNAIS = Address(name="M. Lumière", street="25 Rue du Premier-Film", city="Lyon", postcode="69008", country="FR")


async def can(house: House, **abilities: dict[str, Any]) -> None:
    """What locations can do, by name."""

    def write(session: Session) -> None:
        for location, ability in abilities.items():
            session.merge(LocationAbility(location=location, **ability))

    await house(write)


def places(allocation: Allocation) -> list[tuple[str, int]]:
    return [(shipment.location, sum(pick.quantity for pick in shipment.picks)) for shipment in allocation.shipments]


async def reasons(house: House, of: str = "shopify/1001") -> dict[str, str]:
    [*_, last] = await house(sourcing.decisions, of)
    return {"+".join(candidate.locations): candidate.lost for candidate in last.decision.candidates}


async def test_goods_leave_from_where_the_freight_to_the_customer_is_cheapest(house: House) -> None:
    rates = [
        FreightRate(location="BERLIN", zone="DE", base=490, per_kg=20),
        FreightRate(location="BERLIN", zone="FR", base=1290, per_kg=60),
        FreightRate(location="LYON", zone="*", base=1490, per_kg=80),
        FreightRate(location="LYON", zone="FR", base=690, per_kg=30),
        FreightRate(location="LYON", zone="FR:69", base=390, per_kg=10),
    ]
    await house(lambda session: session.add_all(rates))
    german, french = order("1001", line(1, "KETTLE", 2)), order("1002", line(1, "KETTLE", 2), ship_to=LYONNAIS)
    for placed in (german, french):
        await house.accept(placed)
    assert places(await house.allocate(german)) == [("BERLIN", 2)]
    assert places(await house.allocate(french)) == [("LYON", 2)]
    assert await reasons(house, german.key) == {"BERLIN": "", "LYON": "10.18 EUR dearer (freight 10.00 EUR, balance 0.18 EUR more)"}
    [view] = await house(sourcing.decisions, french.key)
    assert (view.key, view.at, view.decision.rule) == ("shopify/1002/allocate/1", NOW, "one location complete")
    assert [candidate.costs for candidate in view.decision.candidates] == [Costs(freight=1290, balance=12), Costs(freight=390, balance=26)]


async def test_a_location_that_does_not_ship_there_gives_nothing_even_if_the_order_stays_short(house: House) -> None:
    await can(house, BERLIN={"ships_to": "FR CH"}, LYON={"services": "standard"})
    placed = order("1001", line(1, "KETTLE", 6), shipping_service="express")
    await house.accept(placed)
    assert (await house.allocate(placed)).short == (Shortage(line=1, item="KETTLE", asked=6, available=0),)
    assert await reasons(house) == {"BERLIN": "does not ship to DE 20457", "LYON": "does not offer express"}


async def test_cold_goods_come_from_a_cold_house_and_hazardous_ones_from_one_that_may(house: House) -> None:
    def kettles_are_difficult(session: Session) -> None:
        item = session.get_one(Item, "KETTLE")
        item.cold = item.hazardous = True

    await house(kettles_are_difficult)
    await can(house, BERLIN={"cold": False})
    placed = order("1001", line(1, "KETTLE", 6))
    await house.accept(placed)
    allocation = await house.allocate(placed)
    assert places(allocation) == [("LYON", 4)]
    assert allocation.short == (Shortage(line=1, item="KETTLE", asked=6, available=4),)
    assert (await reasons(house))["BERLIN"] == "has no cold chain (KETTLE)"


async def test_a_full_day_makes_a_shipment_wait_and_a_cancelled_one_gives_its_place_back(house: House) -> None:
    await can(house, BERLIN={"shipments_per_day": 1}, LYON={"ships_to": "FR"})
    placed = [order(str(number), line(1, "KETTLE", 1)) for number in range(4)]
    await house.accept_all(placed)

    async def ships_on(number: int) -> Any:
        await house.allocate(placed[number])
        return await house(lambda session: session.get_one(Shipment, (placed[number].key, 1)).ships_on)

    today = NOW.date()
    assert [await ships_on(0), await ships_on(1)] == [today, today + DAY]
    undo = ReleaseStock(**step("release/1", placed[0].key), undoes=f"{placed[0].key}/allocate/1")
    await house.undo(undo, undo.undoes, stock.release_stock)
    assert [await ships_on(2), await ships_on(3)] == [today, today + 2 * DAY]


async def test_after_the_cut_off_and_over_a_weekend_a_shipment_waits_and_another_location_may_be_earlier(house: House) -> None:
    """NOW is a Monday, 10:00 in Berlin."""

    def calendars(session: Session) -> None:
        berlin, lyon = session.get_one(Location, "BERLIN"), session.get_one(Location, "LYON")
        berlin.time_zone, berlin.cut_off, berlin.working_days, berlin.country = "Europe/Berlin", "09:30", "1", "DE"
        lyon.time_zone, lyon.cut_off, lyon.working_days, lyon.country = "Europe/Paris", "16:00", "12345", "FR"

    await house(calendars)
    placed = [order(str(number), line(1, "KETTLE", quantity)) for number, quantity in enumerate((4, 5))]
    await house.accept_all(placed)
    assert places(await house.allocate(placed[0])) == [("LYON", 4)]
    assert await house(lambda session: session.get_one(Shipment, (placed[0].key, 1)).ships_on) == NOW.date()
    assert (await reasons(house, placed[0].key))["BERLIN"] == "20.64 EUR dearer (lateness 21.00 EUR more)"
    policy = SourcingPolicy(days_ahead=7)
    await house(lambda session: session.add(SourcingPolicyRow(channel="*", policy=policy.model_dump_json())))
    assert places(await house.allocate(placed[1])) == [("BERLIN", 5)]
    assert await house(lambda session: session.get_one(Shipment, (placed[1].key, 1)).ships_on) == NOW.date() + 7 * DAY


async def test_the_wanted_day_counts_from_door_to_door(house: House) -> None:
    ways = [
        TransitTime(location="BERLIN", country="DE", postcode="", days=4),
        TransitTime(location="BERLIN", country="DE", postcode="20", days=3),
        TransitTime(location="LYON", country="DE", postcode="", days=1),
    ]
    await house(lambda session: session.add_all(ways))
    wednesday, friday = (order(str(n), line(1, "KETTLE", 1), requested_at=NOW + n * DAY) for n in (2, 4))
    for placed in (wednesday, friday):
        await house.accept(placed)
    assert places(await house.allocate(wednesday)) == [("LYON", 1)]
    assert (await reasons(house, wednesday.key))["BERLIN"].endswith("(lateness 6.00 EUR more)")
    assert places(await house.allocate(friday)) == [("BERLIN", 1)]


async def test_as_many_orders_at_once_as_there_is_room_for_and_the_others_wait(house: House) -> None:
    await can(house, BERLIN={"shipments_per_day": 2}, LYON={"ships_to": "FR"})
    policy = SourcingPolicy(days_ahead=1)
    await house(lambda session: session.add(SourcingPolicyRow(channel="*", policy=policy.model_dump_json())))
    placed = [order(str(number), line(1, "KETTLE", 1)) for number in range(10)]
    await house.accept_all(placed)
    found = await asyncio.gather(*(house.allocate(each) for each in placed))
    assert sum(len(allocation.shipments) for allocation in found) == 4
    late = next(each.key for each, allocation in zip(placed, found, strict=True) if allocation.short)
    assert (await reasons(house, late))["BERLIN"] == "has no room for another shipment until 2026-11-24"


async def test_a_channel_has_its_own_rules_before_those_of_every_channel(house: House) -> None:
    def policies(session: Session) -> None:
        never = SourcingPolicy(rules=(SourcingRule(name="never split", most_shipments=1, complete=False),))
        session.add(SourcingPolicyRow(channel="*", policy=SourcingPolicy().model_dump_json()))
        session.add(SourcingPolicyRow(channel="shopify", policy=never.model_dump_json()))

    await house(policies)
    shop, trade = order("1001", line(1, "KETTLE", 12)), order("1002", line(1, "KETTLE", 4), channel="x12")
    for placed in (shop, trade):
        await house.accept(placed)
    allocation = await house.allocate(shop)
    assert places(allocation) == [("BERLIN", 10)]
    assert allocation.short == (Shortage(line=1, item="KETTLE", asked=12, available=10),)
    await house.allocate(trade)
    [view] = await house(sourcing.decisions, trade.key)
    assert view.decision.rule == "one location complete"


async def test_every_attempt_keeps_its_decision_and_asking_twice_keeps_it_once(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))
    await house.accept(placed)
    for _ in range(2):
        await house.allocate(placed)
    await house.once(AbandonShipment(**step("abandon/1"), shipment=1, reason="flooded"), Recorded, stock.abandon_shipment)
    needs = line(1, "KETTLE", 10)
    await house.allocate(placed.model_copy(update={"lines": (needs,)}), attempt=2, first=3, avoid=("BERLIN",))
    first, second = await house(sourcing.decisions, placed.key)
    assert [part.location for part in first.decision.parts] == ["BERLIN", "LYON"]
    assert second.decision.candidates[0].lost == "is to be avoided: the last attempt there failed"


async def test_the_catalogue_says_what_locations_can_do_and_putting_it_in_twice_changes_nothing(house: House) -> None:
    catalogue = {
        "locations": [
            {
                "id": "BERLIN",
                "ships_to": ["DE", "FR:69"],
                "services": ["standard"],
                "cold": False,
                "shipments_per_day": 40,
                "handling": 150,
                "freight": {"DE": {"base": 490, "per_kg": 20}},
            }
        ],
        "sourcing": [{"channel": "shopify", "weights": {"further_shipment": 900}}],
        "quotas": [{"item": "KETTLE", "location": "BERLIN", "channel": "shopify", "kept_back": 1, "quota": 3}],
    }

    def written(session: Session) -> list[Any]:
        ability = session.get_one(LocationAbility, "BERLIN")
        rate = session.get_one(FreightRate, ("BERLIN", "DE"))
        policy = SourcingPolicy.model_validate_json(session.get_one(SourcingPolicyRow, "shopify").policy)
        return [
            (ability.ships_to, ability.services, ability.hazardous, ability.cold, ability.shipments_per_day, ability.handling),
            (rate.base, rate.per_kg),
            policy.weights.further_shipment,
        ]

    for _ in range(2):
        await house(seed, catalogue)
        assert await house(written) == [("DE FR:69", "standard", True, False, 40, 150), (490, 20), 900]


@pytest.mark.parametrize("country", ["", "DE"])
async def test_a_location_about_which_nothing_is_known_can_do_everything_for_nothing(house: House, country: str) -> None:
    placed = order("1001", line(1, "KETTLE", 1), ship_to=None if not country else LYONNAIS.model_copy(update={"country": country}))
    await house.accept(placed, waived=True)
    assert places(await house.allocate(placed)) == [("BERLIN", 1)]
    assert (await house(sourcing.decisions, placed.key))[0].decision.candidates[0].costs == Costs(balance=5)


async def test_orders_sourced_as_one_get_more_than_one_after_another(house: House) -> None:
    """Berlin is the cheaper way to France, but the German order can have its eight kettles from nowhere else."""
    rates = [FreightRate(location="BERLIN", zone="*", base=490, per_kg=20), FreightRate(location="LYON", zone="*", base=690, per_kg=30)]
    await house(lambda session: session.add_all(rates))
    await can(house, LYON={"ships_to": "FR"})
    french, german = order("1001", line(1, "KETTLE", 4), ship_to=LYONNAIS), order("1002", line(1, "KETTLE", 8))
    for placed in (french, german):
        await house.accept(placed)
    assert await house.database.read(orders_with_open_units) == [french.key, german.key]
    batch = await house.database.read(batch_of, (french.key, german.key), NOW)
    in_turn, best = one_after_another(batch), together(batch)
    assert in_turn.shares == {french.key: {"BERLIN": {"KETTLE": 4}}, german.key: {"BERLIN": {"KETTLE": 6}}}
    assert best.shares == {french.key: {"LYON": {"KETTLE": 4}}, german.key: {"BERLIN": {"KETTLE": 8}}}
    assert (in_turn.units_missing, best.units_missing, best.exact) == (2, 0, True)
    with pytest.raises(NotFound, match="shopify/9"):
        await house.database.read(batch_of, ("shopify/9",), NOW)
    await house.allocate(french)
    with pytest.raises(Refused, match="shopify/1001 has no open units: there is nothing to source"):
        await house.database.read(batch_of, (french.key,), NOW)
