"""Re-allocation: units change hands by named strategies; nothing is made, nothing is lost, and priority is kept where it counts."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from domain.backorders import Place
from domain.errors import Refused
from domain.reallocation import ABOUT_ONE_ORDER, Claim, Plan, Strategy, even_level, plan, undo

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WIN, GAIN, LOSE = Strategy.WIN, Strategy.GAIN, Strategy.LOSE


def claim(order: str, held: int = 0, waiting: int = 0, priority: int = 5, **about: Any) -> Claim:
    """Orders are as old as their names: A before B."""
    placed_at = NOW - timedelta(hours=ord("Z") - ord(order[0]))
    return Claim(place=Place(order=order, order_priority=priority, placed_at=placed_at), held=held, waiting=waiting, **about)


def after(made: Plan) -> dict[str, int]:
    return {share.order: share.after for share in made.shares}


def why(made: Plan) -> dict[str, str]:
    return {share.order: share.why for share in made.shares}


def test_win_takes_what_is_free_first_then_from_the_end_of_the_queue() -> None:
    claims = [claim("A", held=4), claim("B", waiting=6), claim("C", held=3), claim("D", held=2)]
    made = plan("KETTLE", WIN, claims, 2, "B")
    assert (after(made), made.free_after) == ({"A": 4, "B": 6, "C": 1, "D": 0}, 0)
    assert why(made) == {
        "A": "nothing changes",
        "B": "takes 6 of the 6 it waits for",
        "C": "gives up 2: it stands behind B",
        "D": "gives up 2: it stands behind B",
    }


def test_win_takes_from_higher_priority_when_there_is_nobody_else() -> None:
    made = plan("KETTLE", WIN, [claim("A", held=4, priority=1), claim("B", waiting=3)], 0, "B")
    assert after(made) == {"A": 1, "B": 3}
    assert why(made)["A"] == "gives up 3: it stands before B"


def test_gain_takes_from_lower_priority_only() -> None:
    claims = [claim("A", held=4, priority=1), claim("B", waiting=6, priority=2), claim("C", held=3, priority=2), claim("D", held=2)]
    assert after(plan("KETTLE", GAIN, claims, 0, "B")) == {"A": 4, "B": 2, "C": 3, "D": 0}
    with pytest.raises(Refused, match=r"waits for 3 of KETTLE, and orders of lower priority hold only 0 that it could take"):
        plan("KETTLE", GAIN, [claim("A", held=4), claim("B", waiting=3)], 0, "B")


def test_who_ships_whole_gives_and_takes_all_or_nothing() -> None:
    made = plan("KETTLE", WIN, [claim("A", waiting=3), claim("B", held=5, whole=True)], 0, "A")
    assert (after(made), made.free_after) == ({"A": 3, "B": 0}, 2)
    with pytest.raises(Refused, match="waits for 9 of KETTLE, and other orders hold only 5"):
        plan("KETTLE", WIN, [claim("A", waiting=9, whole=True), claim("B", held=5)], 0, "A")


def test_lose_gives_as_much_as_the_queue_takes() -> None:
    made = plan(
        "KETTLE", LOSE, [claim("A", held=8), claim("B", waiting=3), claim("C", waiting=4, whole=True), claim("D", waiting=9)], 0, "A"
    )
    assert after(made) == {"A": 0, "B": 3, "C": 4, "D": 1}
    kept = plan("KETTLE", LOSE, [claim("A", held=8), claim("B", waiting=3)], 0, "A")
    assert (after(kept), why(kept)["A"]) == ({"A": 5, "B": 3}, "gives 3 to the queue")
    with pytest.raises(Refused, match="Nobody in the queue takes any KETTLE: order A keeps its 8"):
        plan("KETTLE", LOSE, [claim("A", held=8), claim("B", waiting=9, whole=True)], 0, "A")


def test_redistribute_spreads_evenly_and_the_first_get_the_odd_units() -> None:
    made = plan("KETTLE", Strategy.REDISTRIBUTE, [claim("A", held=10), claim("B", waiting=6), claim("C", waiting=2)], 1)
    assert after(made) == {"A": 5, "B": 4, "C": 2}
    assert why(made) == {"A": "gets an even share of 5", "B": "gets an even share of 4", "C": "gets all it wants"}


def test_fill_completes_as_many_orders_as_there_can_be() -> None:
    made = plan("KETTLE", Strategy.FILL, [claim("A", held=9, waiting=3), claim("B", waiting=4), claim("C", waiting=5, whole=True)], 0)
    assert after(made) == {"A": 0, "B": 4, "C": 5}
    assert why(made)["A"] == "is not completed: too many want less"


@pytest.mark.parametrize(
    ("strategy", "order", "claims", "sentence"),
    [
        (WIN, "", [], "The strategy win is about one order: say which."),
        (Strategy.FILL, "A", [], "The strategy fill is about all orders: it names none."),
        (WIN, "A", [], "Order A neither holds nor waits for any KETTLE."),
        (WIN, "A", [claim("A", held=2)], "Order A has all the KETTLE it wants."),
        (WIN, "A", [claim("A", waiting=2, blocked="is on hold")], "Order A cannot take KETTLE: is on hold."),
        (LOSE, "A", [claim("A", waiting=2)], "Order A holds no KETTLE that it could give."),
        (Strategy.FILL, "", [claim("A", held=2)], "The strategy fill changes nothing for KETTLE: everybody keeps what they have."),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(strategy: Strategy, order: str, claims: list[Claim], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        plan("KETTLE", strategy, claims, 0, order)
    assert str(refused.value) == sentence


def test_an_undo_gives_everything_back_while_nothing_was_picked() -> None:
    now = [claim("A", held=3, waiting=1), claim("B", held=4, waiting=2), claim("C", held=0, waiting=3)]
    done = {"A": -1, "B": 4, "C": -3}
    back = undo("KETTLE", done, now, 0)
    assert after(back) == {"A": 4, "B": 0, "C": 3}
    with pytest.raises(Refused, match="Order B gained 4 of KETTLE and holds 1 that nobody has picked: this cannot be undone"):
        undo("KETTLE", done, [claim("A", waiting=1), claim("B", held=1), claim("C", waiting=3)], 0)


# --- whatever the orders look like -----------------------------------------------------------------------------------------------------


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Claim], int]:
    claims = []
    for letter in "ABCDEF"[: draw(st.integers(1, 6))]:
        held, waiting = draw(st.integers(0, 6)), draw(st.integers(0, 6))
        blocked = draw(st.sampled_from(["", "", "", "is on hold"]))
        claims.append(claim(letter, held, waiting, draw(st.integers(1, 3)), whole=draw(st.booleans()), blocked=blocked))
    return [each for each in claims if each.wants], draw(st.integers(0, 6))


def planned(table: tuple[list[Claim], int], strategy: Strategy, number: int) -> Plan:
    claims, free = table
    assume(claims)
    order = claims[number % len(claims)].order if strategy in ABOUT_ONE_ORDER else ""
    try:
        return plan("KETTLE", strategy, claims, free, order)
    except Refused:
        assume(False)
        raise


STRATEGIES = st.sampled_from([strategy for strategy in Strategy if strategy is not Strategy.UNDO])


@given(table=tables(), strategy=STRATEGIES, number=st.integers(0, 5))
def test_units_are_neither_made_nor_lost(table: tuple[list[Claim], int], strategy: Strategy, number: int) -> None:
    made = planned(table, strategy, number)
    held = {each.order: each for each in table[0]}
    assert sum(share.after for share in made.shares) + made.free_after == sum(share.before for share in made.shares) + made.free_before
    assert made.free_after >= 0
    for share in made.shares:
        assert 0 <= share.after <= share.wants
        if held[share.order].whole and share.change > 0:
            assert share.after == share.wants
        if held[share.order].blocked:
            assert share.change <= 0
        assert share.why


@given(table=tables(), number=st.integers(0, 5))
def test_gain_never_takes_from_equal_or_higher_priority(table: tuple[list[Claim], int], number: int) -> None:
    made = planned(table, GAIN, number)
    urgency = {each.order: each.place.urgency for each in table[0]}
    assert all(urgency[share.order] > urgency[made.order] for share in made.changes if share.change < 0)


@given(table=tables(), strategy=st.sampled_from([WIN, GAIN]), number=st.integers(0, 5))
def test_who_stands_last_gives_first(table: tuple[list[Claim], int], strategy: Strategy, number: int) -> None:
    made = planned(table, strategy, number)
    urgency = {each.order: each.place.urgency for each in table[0]}
    donors = [s for s in made.shares if s.order != made.order and s.before and (strategy is WIN or urgency[s.order] > urgency[made.order])]
    for first, later in combinations(donors, 2):  # in the order of the queue
        assert first.change == 0 or later.after == 0


@given(table=tables())
def test_redistribute_gives_nobody_less_than_somebody_behind_who_wants_as_much(table: tuple[list[Claim], int]) -> None:
    made = planned(table, Strategy.REDISTRIBUTE, 0)
    sharing = {each.order for each in table[0] if not each.whole and not each.blocked}
    shares = [share for share in made.shares if share.order in sharing]
    for first, later in combinations(shares, 2):
        assert first.after >= min(first.wants, later.after)
        assert later.after >= min(later.wants, first.after - 1)


@given(table=tables())
def test_fill_completes_as_many_as_any_other_choice(table: tuple[list[Claim], int]) -> None:
    made = planned(table, Strategy.FILL, 0)
    filling = [each for each in table[0] if not each.blocked]
    there = table[1] + sum(each.held for each in filling)
    most = max(n for n in range(len(filling) + 1) for chosen in combinations(filling, n) if sum(each.wants for each in chosen) <= there)
    names = {each.order for each in filling}
    assert sum(share.after == share.wants for share in made.shares if share.order in names) == most


@given(wants=st.lists(st.integers(0, 9), max_size=6), units=st.integers(0, 40))
def test_the_even_level_is_the_highest_that_can_be_served(wants: list[int], units: int) -> None:
    level = even_level(wants, units)
    assert sum(min(want, level) for want in wants) <= units
    if any(want > level for want in wants):
        assert sum(min(want, level + 1) for want in wants) > units
