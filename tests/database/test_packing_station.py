"""The packing station: what is scanned is what was picked, each scan counts once, and the order hears of it once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from database import packing, packing_station, shipments
from database.seed import seed
from domain.errors import Conflict, InputRefused, NotFound, Refused
from domain.first_fit import first_fit
from domain.messages import LineQuantity
from domain.order import PlaceOrder
from domain.packing_station import Bench, Closing, Scan
from domain.sscc import SsccSeries
from domain.steps import ParcelsRecorded, RecordPacking
from tests.database.builders import CATALOGUE, NOW, House, line, order, step

OURS = SsccSeries(extension=3, company_prefix="4099876")
MEASURED: dict[str, Any] = {
    "items": [
        {"id": "KETTLE", "weight_g": 1_100, "dims_mm": [210, 290, 250]},
        {"id": "GRINDER", "weight_g": 3_200, "dims_mm": [180, 240, 390], "goods_class": "hazardous"},
        {"id": "FILTER", "weight_g": 180, "dims_mm": [160, 120, 60], "goods_class": "food"},
    ],
    "cartons": [{"id": "L", "inner_mm": [600, 400, 400], "tare_g": 700, "max_weight_g": 30_000, "cost": 120}],
    "stock": [
        {"item": "GRINDER", "location": "BERLIN", "bin": "B-02", "quantity": 5},
        {"item": "FILTER", "location": "BERLIN", "bin": "B-03", "quantity": 50},
    ],
}


async def picked(house: House, **lines: int) -> PlaceOrder:
    """An order of these items, picked in Berlin; KETTLE=3 is a line."""
    await house(seed, MEASURED)
    placed = order("1", *(line(number, item, quantity) for number, (item, quantity) in enumerate(lines.items(), 1)))
    await house.accept(placed, waived=True)
    await house.allocate(placed)
    await house.pick(placed, **{f"l{each.number}": each.quantity for each in placed.lines})
    return placed


def scan(scan: str, item: str = "KETTLE", quantity: int = 1, parcel: int = 1, **more: Any) -> Scan:
    fields: dict[str, Any] = {"order": "shopify/1", "shipment": 1, "at": NOW, "actor": "station 1"}
    return Scan(scan=scan, item=item, quantity=quantity, parcel=parcel, **fields | more)


async def take(house: House, *scans: Scan) -> Bench:
    return [await house(packing_station.take_scan, each) for each in scans][-1]


async def close(house: House, weights: dict[int, int] | None = None, with_less: bool = False) -> Closing:
    return await house(packing_station.close, "shopify/1", 1, weights or {}, with_less, NOW, "station 1")


async def test_scans_fill_parcels_and_closing_says_what_is_in_them(house: House) -> None:
    await picked(house, KETTLE=3)
    bench = await take(house, scan("a", quantity=2, carton="L"), scan("b", parcel=2))
    assert (bench.packed, bench.missing) == ({"KETTLE": 3}, {})
    fact = (await close(house, {2: 1_350})).fact
    assert [(p.number, p.weight_g, p.contents, p.sscc, p.carton, p.size) for p in fact.parcels] == [
        (1, 700 + 2 * 1_100, (LineQuantity(line=1, quantity=2),), OURS.number(1), "L", (600, 400, 400)),
        (2, 1_350, (LineQuantity(line=1, quantity=1),), OURS.number(2), "", None),
    ]
    assert fact.message_id == "station/shopify/1/1/1"


async def test_the_numbers_of_the_station_are_the_numbers_of_the_booked_parcels(house: House) -> None:
    placed = await picked(house, KETTLE=2)
    await take(house, scan("a", quantity=2))
    fact = (await close(house)).fact
    request = RecordPacking(**step("pack/1", placed.key), shipment=1, parcels=fact.parcels)
    assert (await house.once(request, ParcelsRecorded, shipments.record_packing)).sscc == {}
    with pytest.raises(Refused, match="is closed; `oms pack-scan --start-over`"):
        await take(house, scan("b"))


async def test_the_same_scan_twice_counts_once(house: House) -> None:
    await picked(house, KETTLE=3)
    first = await take(house, scan("a", quantity=2))
    again = await take(house, scan("a", quantity=2))
    assert (first.repeated, again.repeated, again.packed) == (False, True, {"KETTLE": 2})
    with pytest.raises(Conflict, match="Scan a is known with other content"):
        await take(house, scan("a", quantity=1))


async def test_two_packers_of_one_shipment_cannot_pack_more_than_was_picked(house: House) -> None:
    await picked(house, KETTLE=3)
    answers = await asyncio.gather(*(take(house, scan(f"s{n}", quantity=2)) for n in range(4)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(Refused) == 3
    assert (await house(packing_station.bench, "shopify/1", 1)).packed == {"KETTLE": 2}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (scan("b", "GRINDER"), "GRINDER is not in shipment 1 of shopify/1; still to be packed: 1 × FILTER, 1 × KETTLE."),
        (
            scan("b", quantity=2),
            (
                "2 × KETTLE is more than shipment 1 of shopify/1 has left: 2 were picked, 1 are packed; "
                "still to be packed: 1 × FILTER, 1 × KETTLE."
            ),
        ),
        (scan("b", parcel=3), "Parcel 3 of shipment 1 of shopify/1 cannot be opened: the next one is parcel 2."),
        (scan("b", shipment=2), "There is no shipment 'shopify/1 shipment 2'."),
        (scan("b", carton="CRATE"), "There is no carton 'CRATE'."),
    ],
)
async def test_a_wrong_scan_is_refused_with_what_was_expected(house: House, wrong: Scan, sentence: str) -> None:
    await picked(house, KETTLE=2, FILTER=1)
    await take(house, scan("a"))
    with pytest.raises((Refused, NotFound)) as refused:
        await take(house, wrong)
    assert str(refused.value) == sentence
    assert (await house(packing_station.bench, "shopify/1", 1)).packed == {"KETTLE": 1}


async def test_what_is_missing_is_listed_and_nothing_is_closed(house: House) -> None:
    await picked(house, KETTLE=3, FILTER=2)
    with pytest.raises(Refused, match="Nothing of shipment 1 of shopify/1 was scanned into a parcel; to be packed: 2 × FILTER, 3 × KETTLE"):
        await close(house)
    await take(house, scan("a"))
    with pytest.raises(Refused, match="is not complete, missing: 2 × FILTER, 2 × KETTLE"):
        await close(house)
    assert not (await house(packing_station.bench, "shopify/1", 1)).closed
    closed = await close(house, with_less=True)
    assert [parcel.contents for parcel in closed.fact.parcels] == [(LineQuantity(line=1, quantity=1),)]


async def test_a_closing_is_kept_until_its_order_was_told_and_is_the_same_again(house: House) -> None:
    await picked(house, KETTLE=1)
    await take(house, scan("a"))
    first = await close(house)
    assert [each.fact for each in await house(packing_station.untold)] == [first.fact] == [(await close(house, {1: 9_999})).fact]
    await house(packing_station.told, first, NOW)
    await house(packing_station.told, first, NOW)
    assert await house(packing_station.untold) == []
    with pytest.raises(Refused, match="is closed"):
        await take(house, scan("b"))


async def test_a_shipment_whose_parcels_were_refused_is_packed_anew_under_new_numbers(house: House) -> None:
    await picked(house, KETTLE=2)
    await take(house, scan("a"))
    closing = await close(house, with_less=True)
    with pytest.raises(Refused, match="its order not told yet"):
        await house(packing_station.start_over, "shopify/1", 1, NOW)
    await house(packing_station.told, closing, NOW)
    bench = await house(packing_station.start_over, "shopify/1", 1, NOW)
    assert (bench.round, bench.packed, bench.closed) == (2, {}, False)
    bench = await take(house, scan("b", quantity=2))
    assert [parcel.sscc for parcel in bench.parcels] == [OURS.number(2)]
    assert (await close(house)).fact.message_id == "station/shopify/1/1/2"


async def test_food_is_not_scanned_into_a_parcel_with_hazardous_goods(house: House) -> None:
    await picked(house, GRINDER=1, FILTER=1)
    await take(house, scan("a", "GRINDER"))
    with pytest.raises(Refused, match=r"would hold FILTER \(food\) beside GRINDER \(hazardous\): open another parcel"):
        await take(house, scan("b", "FILTER"))
    assert (await take(house, scan("b", "FILTER", parcel=2))).missing == {}


async def test_the_customers_rules_hold_at_the_station(house: House) -> None:
    rules = {"mixed_lines": False, "max_parcel_g": 5_000, "carton": "L"}
    await house(seed, MEASURED | {"customers": [CATALOGUE["customers"][0] | {"packing": rules}]})
    await picked(house, KETTLE=4, FILTER=1)
    with pytest.raises(Refused, match="would weigh 5100 g, 5000 g are permitted"):
        await take(house, scan("a", quantity=4, carton="L"))
    await take(house, scan("a", carton="L"))
    with pytest.raises(Refused, match="the customer wants one line in a parcel"):
        await take(house, scan("b", "FILTER"))


# --- what is proposed ----------------------------------------------------------------------------------------------------------------


async def test_a_proposal_is_kept_for_the_goods_it_was_made_for(house: House) -> None:
    await picked(house, KETTLE=2)
    task = await house(packing.to_pack, "shopify/1", 1)
    found = first_fit(task, "tried")
    assert [parcel.carton for parcel in found.parcels] == ["L"]
    kept = await asyncio.gather(
        *(
            house(packing.keep_proposal, "shopify/1", 1, task, found.model_copy(update={"why": why}), NOW)
            for why in ("this one", "that one")
        )
    )
    assert kept[0] == kept[1] == await house(packing.stored_proposal, "shopify/1", 1, task)
    other = task.model_copy(update={"cartons": ()})
    assert await house(packing.stored_proposal, "shopify/1", 1, other) is None
    anew = await house(packing.keep_proposal, "shopify/1", 1, task, found, NOW, True)
    assert anew == found


async def test_items_that_nobody_measured_are_named(house: House) -> None:
    placed = order("1", line(1, "KETTLE", 1))
    await house.accept(placed)
    await house.allocate(placed)
    with pytest.raises(Refused, match="KETTLE has no dimensions in the catalogue"):
        await house(packing.to_pack, "shopify/1", 1)


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("items", {"id": "KETTLE", "dims_mm": [1, 2]}),
        ("items", {"id": "KETTLE", "dims_mm": [1, 2, 3], "goods_class": "lava"}),
        ("items", {"id": "KETTLE", "dims_mm": [1, 2, 3], "goods_class": "food", "hazardous": True}),
        ("items", {"id": "KETTLE", "dims_mm": [1, 2, 3], "goods_class": "hazardous", "hazardous": False}),
        ("cartons", {"id": "L", "inner_mm": [1, 2, 3], "tare_g": 1}),
        ("sscc_series", {"extension": 3, "company_prefix": "12"}),
    ],
)
async def test_a_catalogue_that_cannot_be_packed_with_says_where(house: House, section: str, entry: dict[str, Any]) -> None:
    with pytest.raises(InputRefused, match=f"catalogue, {section}, entry 1"):
        await house(seed, {section: [entry]})
