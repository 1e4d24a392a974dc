"""The drivers: what they tell of a label, by script."""

from __future__ import annotations

from typing import Any

import pytest

from domain.exceptions import ExceptionKind
from domain.messages import CarrierEvent, DeliveryConfirmed
from integrations.simulated import Script, SimulatedCarriers, World
from integrations.simulated.carriers import SoldLabel
from integrations.simulated.outbox import Entry
from simulation import carrier
from tests.integrations.test_ports import BERLIN, PARCELS, QUOTE
from tests.simulation.builders import DAY, ORDER, START, day, order, trouble

LABEL = SoldLabel(
    key="label/1", order=ORDER, shipment=1, tracking="PW771482719030", transit_days=2, bought_at=START.timestamp(), first=True
)


def told(label: SoldLabel = LABEL, **script: Any) -> list[Entry]:
    return carrier.told(label, Script.read(ORDER, script), DAY, seed=2)


def in_brief(entries: list[Entry]) -> list[tuple[str, float, float]]:
    """What is said, the day on which it happened and the day on which it is told, in the order of telling."""
    brief = []
    for entry in sorted(entries, key=lambda entry: entry.send_at):
        said = entry.said
        assert isinstance(said, CarrierEvent | DeliveryConfirmed)
        name = said.status.value if isinstance(said, CarrierEvent) else f"signed by {said.signed_by}"
        brief.append((name, round((said.occurred_at - START) / DAY, 2), round((entry.send_at - START) / DAY, 2)))
    return brief


SIGNED = "signed by G. Łukasiewicz"


def test_on_time_is_before_the_expected_day_with_a_name() -> None:
    assert in_brief(told()) == [("in_transit", 0.3, 0.3), (SIGNED, 1.7, 1.7)]


def test_half_of_the_deliveries_are_scanned_as_well() -> None:
    labels = [LABEL.model_copy(update={"order": f"x12/{n}"}) for n in range(100)]
    scanned = sum(len(carrier.told(label, Script(), DAY, seed=2)) == 3 for label in labels)
    assert scanned == 52


def test_late_names_a_new_date_and_arrives_before_it() -> None:
    entries = told(carrier="late")
    assert in_brief(entries) == [("in_transit", 0.3, 0.3), ("delayed", 1.8, 1.8), (SIGNED, 6, 6)]
    delayed = entries[1].said
    assert isinstance(delayed, CarrierEvent)
    assert delayed.expected_at == day(7)


async def test_late_without_a_new_date_until_somebody_waits_for_it(world: World) -> None:
    world.script(ORDER, {"carrier": "late", "decisions": {"delivery_overdue": "wait_on"}})
    label = await SimulatedCarriers(world).buy_label("label/1", ORDER, 1, QUOTE, BERLIN, PARCELS)
    way = f"carrier/{label.tracking}"
    undecided = order(exceptions=(trouble(ExceptionKind.DELIVERY_OVERDUE),))
    for views in ({}, {ORDER: undecided}):
        carrier.drive(world, views, DAY)
        assert [row["id"] for row in world.rows("SELECT id FROM outbox ORDER BY send_at")] == [f"{way}/in_transit", f"{way}/delayed"]
    delayed = world.outbox.find(f"{way}/delayed")
    assert isinstance(delayed, CarrierEvent)
    assert delayed.expected_at is None
    decided = order(exceptions=(trouble(ExceptionKind.DELIVERY_OVERDUE, choice="wait_on", at=day(400)),))
    carrier.drive(world, {ORDER: decided}, DAY)
    proof = world.outbox.find(f"{way}/proof")
    assert isinstance(proof, DeliveryConfirmed)
    assert proof.occurred_at == day(401)
    assert world.rows("SELECT planned FROM labels")[0]["planned"] == 1


@pytest.mark.parametrize(("script", "end"), [("lost", "lost"), ("returned", "returned_to_sender")])
def test_trouble_comes_before_the_end_and_what_is_sent_instead_arrives(script: str, end: str) -> None:
    assert in_brief(told(carrier=script)) == [("in_transit", 0.3, 0.3), ("exception", 1.7, 1.7), (end, 2.5, 2.5)]
    again = LABEL.model_copy(update={"first": False})
    assert in_brief(told(again, carrier=script)) == [("in_transit", 0.3, 0.3), (SIGNED, 1.7, 1.7)]


def test_silence_is_nothing_at_all_and_only_once() -> None:
    assert told(carrier="silent") == []
    assert len(told(LABEL.model_copy(update={"first": False}), carrier="silent")) == 2


def test_duplicates_are_the_same_messages_again() -> None:
    entries = told(carrier="duplicates")
    assert in_brief(entries) == [("in_transit", 0.3, 0.3), ("in_transit", 0.3, 0.4), (SIGNED, 1.7, 1.7), (SIGNED, 1.7, 1.8)]
    assert len({entry.id for entry in entries}) == 4
    assert len({entry.said.model_dump_json() for entry in entries}) == 2


def test_out_of_order_tells_the_delivery_first() -> None:
    assert in_brief(told(carrier="out_of_order")) == [(SIGNED, 1.7, 1.7), ("in_transit", 0.3, 2.0)]


async def test_a_voided_label_is_not_driven(world: World) -> None:
    world.script(ORDER, {})
    carriers = SimulatedCarriers(world)
    await carriers.buy_label("label/1", ORDER, 1, QUOTE, BERLIN, PARCELS)
    await carriers.buy_label("label/2", ORDER, 2, QUOTE, BERLIN, PARCELS)
    await carriers.buy_return_label("label/3", ORDER, 1, BERLIN, "LYON")
    await carriers.void("label/2")
    carrier.drive(world, {}, DAY)
    carrier.drive(world, {}, DAY)
    assert {row["subject"] for row in world.rows("SELECT subject FROM outbox")} == {"label label/1"}
    await carriers.void("label/1")
    assert world.outbox.open() == 0


async def test_the_second_label_of_a_lost_parcel_arrives(world: World) -> None:
    world.script(ORDER, {"carrier": "lost"})
    carriers = SimulatedCarriers(world)
    await carriers.buy_label("label/1", ORDER, 1, QUOTE, BERLIN, PARCELS)
    await carriers.buy_label("label/2", ORDER, 2, QUOTE, BERLIN, PARCELS)
    carrier.drive(world, {}, DAY)
    names = [row["name"] for row in world.rows("SELECT name FROM outbox WHERE subject = 'label label/2' AND name = 'delivery_confirmed'")]
    lost = [row["id"] for row in world.rows("SELECT id FROM outbox WHERE subject = 'label label/1' AND id LIKE '%/lost'")]
    assert (names, len(lost)) == (["delivery_confirmed"], 1)
