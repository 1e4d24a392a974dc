"""Available to promise equals what a day-by-day simulation can still sell, and what was promised for later is never sold earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.promising import STOCK, Availability, Position, Requirement, ScheduledReceipt, earliest, projected

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HORIZON = 12


def receipt(quantity: int, day: int, supply: str = "purchase/PO-7/1", location: str = "BERLIN") -> ScheduledReceipt:
    return ScheduledReceipt(supply=supply, location=location, quantity=quantity, at=NOW + day * DAY)


def need(quantity: int, day: int, location: str = "") -> Requirement:
    return Requirement(quantity=quantity, at=NOW + day * DAY, location=location)


units, days = st.integers(1, 20), st.integers(0, HORIZON)
positions = st.builds(
    Position,
    free=st.integers(0, 30),
    receipts=st.lists(st.builds(receipt, units, st.integers(1, HORIZON)), max_size=5).map(tuple),
    requirements=st.lists(st.builds(need, units, days), max_size=5).map(tuple),
)


def balances(position: Position, sold: int = 0, sold_on: int = 0) -> list[int]:
    """The stock at the end of every day, one day after the other, when `sold` units leave on a day on top of everything promised."""
    left, found = position.free, []
    for day in range(HORIZON + 1):
        left += sum(each.quantity for each in position.receipts if each.at == NOW + day * DAY)
        left -= sum(each.quantity for each in position.requirements if each.at == NOW + day * DAY)
        left -= sold if day == sold_on else 0
        found.append(left)
    return found


def can_be_sold(position: Position, day: int) -> int:
    """By trying: the most units that can leave on a day so that no later day ends below zero."""
    sold = 0
    while min(balances(position, sold + 1, day)[day:]) >= 0:
        sold += 1
    return sold


@given(positions, days)
def test_what_can_be_promised_is_what_a_day_by_day_simulation_can_sell(position: Position, day: int) -> None:
    assert position.available(NOW + day * DAY) == can_be_sold(position, day)


@given(positions, units)
def test_the_earliest_day_is_the_first_that_the_simulation_finds(position: Position, quantity: int) -> None:
    found = earliest(position, quantity, NOW)
    first = next((day for day in range(HORIZON + 1) if can_be_sold(position, day) >= quantity), None)
    assert (found.at if found else None) == (None if first is None else NOW + first * DAY)


@given(positions, units, days)
def test_a_promise_takes_nothing_from_those_that_were_made_before(position: Position, quantity: int, day: int) -> None:
    """Whoever is promised units at their earliest day leaves every balance that was not negative so."""
    found = earliest(position, quantity, NOW)
    if found is not None:
        before = balances(position)
        after = balances(
            position.model_copy(update={"requirements": (*position.requirements, Requirement(quantity=quantity, at=found.at))})
        )
        assert all(then >= 0 or was < 0 for was, then in zip(before, after, strict=True))


@given(positions)
def test_it_never_falls_on_the_way(position: Position) -> None:
    found = [quantity for _, quantity in projected(position, NOW)]
    assert found == sorted(found)


def test_units_that_are_there_are_promised_now() -> None:
    assert earliest(Position(free=5), 5, NOW) == Availability(at=NOW, supply=STOCK)


def test_what_is_promised_for_later_is_not_sold_earlier() -> None:
    position = Position(free=5, requirements=(need(4, 9),))
    assert (position.available(NOW), earliest(position, 2, NOW)) == (1, None)


def test_a_promise_hangs_on_the_last_receipt_that_it_needs() -> None:
    position = Position(free=2, receipts=(receipt(5, 3), receipt(9, 6, "transfer/T-1", "LYON"), receipt(4, 9, "purchase/PO-9/1")))
    assert earliest(position, 7, NOW) == Availability(at=NOW + 3 * DAY, supply="purchase/PO-7/1", location="BERLIN")
    assert earliest(position, 8, NOW) == Availability(at=NOW + 6 * DAY, supply="transfer/T-1", location="LYON")
    assert earliest(position, 21, NOW) is None


def test_a_location_counts_what_was_promised_from_it_and_the_house_counts_all() -> None:
    house = Position(free=8, receipts=(receipt(5, 3),), requirements=(need(4, 3, "BERLIN"), need(3, 1)))
    berlin = house.at_location("BERLIN", 2)
    assert (berlin.available(NOW), berlin.available(NOW + 3 * DAY)) == (2, 3)
    assert (house.available(NOW), house.available(NOW + 3 * DAY)) == (5, 6)
