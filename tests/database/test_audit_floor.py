"""The audit of the floor: every rule is shown a floor in which it is broken."""

from __future__ import annotations

from database.audit_floor import FLOOR_RULES
from tests.database.builders import House, line, order
from tests.database.floor_builders import Floor
from tests.database.test_audit import names

BROKEN = {
    "lots_of_a_bin_add_up": "UPDATE stock SET on_hand = on_hand + 1 WHERE item = 'COFFEE'",
    "a_lot_is_the_sum_of_its_movements": "UPDATE lot_stock SET on_hand = on_hand + 1 WHERE lot = 'L-PAST'",
    "a_lot_is_kept_once": "UPDATE lot_stock SET on_hand = 1 WHERE lot = 'L-SOON'",
    "a_unit_of_a_lot_is_kept_as_one": "UPDATE reservations SET lot = '' WHERE item = 'COFFEE'",
    "open_pick_tasks_are_reservations": "UPDATE pick_tasks SET quantity = quantity + 1 WHERE \"order\" = 'shopify/2'",
    "what_is_picked_was_scanned": "UPDATE scan_parts SET quantity = quantity + 1",
    "a_pick_task_stands_where_its_units_stand": "UPDATE pick_tasks SET status = 'picked' WHERE \"order\" = 'shopify/2'",
    "every_unit_with_a_number_has_one": "DELETE FROM picked_serials WHERE serial = 'D-1'",
    "a_posted_count_is_in_the_ledger": "UPDATE count_tasks SET adjusted = adjusted - 1",
}

GIVEN_UP = "UPDATE shipments SET status = 'picked' WHERE \"order\" = 'shopify/2'"
"""A pick that goes on although its shipment does not."""


async def a_busy_floor(house: House) -> None:
    """One order scanned, one released, one bin counted and corrected."""
    floor = await Floor(house).furnish()
    await floor.release(order("1", line(1, "DRONE", 2, price="900.00")))
    await floor.scan((await floor.gather()).wave, "DRONE", "B-04", 2, serials=("D-1", "D-2"))
    await floor.book_picks()
    await floor.release(order("2", line(1, "COFFEE", 3)))
    await floor.counted("FILTER", "B-03", 20)


async def test_every_broken_truth_of_the_floor_is_named(house: House) -> None:
    await a_busy_floor(house)
    for rule, statement in [*BROKEN.items(), ("open_pick_tasks_are_reservations", GIVEN_UP)]:
        assert await house(names(rule, statement)), statement


def test_every_rule_of_the_floor_is_broken_once() -> None:
    assert {rule.__name__.removeprefix("_") for rule in FLOOR_RULES} == set(BROKEN)
