"""The walk past the bins, the lots that go first, and what is counted most: rules without a database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.counting import AbcClass, Tolerance, abc_classes
from domain.floor import walk
from domain.lots import LotOffer, first_expired_first_out
from tests.endurance import examples

TODAY = date(2026, 11, 23)


class Place(NamedTuple):
    zone: str
    aisle: int
    sequence: int
    bin: str


def test_aisles_are_walked_like_a_serpent_and_empty_ones_are_passed_by() -> None:
    places = [Place("A", aisle, sequence, f"{aisle}-{sequence}") for aisle in (1, 4, 7) for sequence in (1, 2, 3)]
    places += [Place("", 0, 0, "floor"), Place("COLD", 2, 5, "cold")]
    walked = [place.bin for place in walk(reversed(places))]
    assert walked == ["1-1", "1-2", "1-3", "4-3", "4-2", "4-1", "7-1", "7-2", "7-3", "cold", "floor"]


OFFERS = st.lists(
    st.builds(
        LotOffer,
        lot=st.sampled_from("ABCDE"),
        bin=st.sampled_from(["B-1", "B-2"]),
        expires_on=st.none() | st.integers(-5, 60).map(lambda days: TODAY + timedelta(days=days)),
        free=st.integers(0, 9),
        blocked=st.sampled_from(["", "", "recalled"]),
    ),
    max_size=12,
)


@given(offers=OFFERS, min_life=st.integers(0, 40))
@settings(max_examples=examples(200), deadline=None)
def test_nothing_expires_before_what_is_taken_and_nothing_unfit_is_ever_taken(offers: list[LotOffer], min_life: int) -> None:
    taken = first_expired_first_out(offers, TODAY, min_life)
    left = list(offers)
    for offer in taken:
        assert not offer.blocked
        assert offer.free > 0
        assert offer.expires_on is None or offer.expires_on >= TODAY + timedelta(days=min_life)
        left.remove(offer)
        earlier = [
            each for each in left if each.expires_on is not None and (offer.expires_on is None or each.expires_on < offer.expires_on)
        ]
        assert all(each.blocked or not each.free or not each.fits(TODAY, min_life) for each in earlier)
    assert all(each.blocked or not each.free or not each.fits(TODAY, min_life) for each in left)


def test_a_lot_may_be_used_on_its_last_day_and_not_after_it() -> None:
    offer = LotOffer(lot="L", bin="B", expires_on=TODAY, free=1)
    assert offer.fits(TODAY, 0)
    assert not offer.fits(TODAY + timedelta(days=1), 0)
    assert not offer.fits(TODAY, 1)


@pytest.mark.parametrize(("variance", "value", "covered"), [(0, 90_000, True), (2, 2_500, True), (-2, 2_501, False), (3, 1, False)])
def test_a_difference_is_tolerated_by_units_and_by_value(variance: int, value: int, covered: bool) -> None:
    assert Tolerance(units=2, value=5_000).covers(variance, value) is covered


def test_the_few_items_that_make_up_most_of_the_value_are_class_a() -> None:
    assert abc_classes({"KETTLE": 70, "GRINDER": 20, "CUP": 7, "FILTER": 3, "DUST": 0}) == {
        "KETTLE": AbcClass.A,
        "GRINDER": AbcClass.A,
        "CUP": AbcClass.B,
        "FILTER": AbcClass.C,
        "DUST": AbcClass.C,
    }
    assert abc_classes({"ONLY": 5}) == {"ONLY": AbcClass.A}
    assert abc_classes({"STILL": 0}) == {"STILL": AbcClass.C}
