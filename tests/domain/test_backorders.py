"""The backorder queue: who is first, who is passed over, and nobody starves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from domain.backorders import SAVING, Bundle, Place, Spot, Waiting, Win, bundles, groups, in_order, next_turn, saves_until, why, winners
from domain.order import ShippingPolicy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COMPLETE, PARTIAL = ShippingPolicy.COMPLETE, ShippingPolicy.PARTIAL
BY_LINE, BY_DATE = ShippingPolicy.BY_LINE, ShippingPolicy.BY_DATE_GROUP


def place(order: str, **about: Any) -> Place:
    return Place(order=f"web/{order}", **{"placed_at": NOW - 3 * DAY} | about)


def bundle(order: str, units: int = 5, item: str = "KETTLE", policy: ShippingPolicy = PARTIAL, **about: Any) -> Bundle:
    held, since = about.pop("held", False), about.pop("since", NOW - DAY)
    waits = (Waiting(line=1, item=item, units=units),)
    return Bundle(place=place(order, **about), policy=policy, waits=waits, since=since, held=held)


def here(free: dict[str, int]) -> dict[Spot, int]:
    """All of it lies in Berlin."""
    return {(item, "BERLIN"): quantity for item, quantity in free.items()}


def units(wins: list[Win]) -> dict[str, int]:
    return {win.order.removeprefix("web/"): sum(win.units.values()) for win in wins}


def test_priority_comes_before_the_promised_day_and_the_day_before_age() -> None:
    queue = [
        bundle("oldest", placed_at=NOW - 30 * DAY),
        bundle("promised soon", promised_for=NOW + DAY),
        bundle("promised later", promised_for=NOW + 9 * DAY),
        bundle("rush", order_priority=1),
        bundle("key account", customer_priority=2, order_priority=9),
        bundle("newest", placed_at=NOW),
    ]
    assert [each.order.removeprefix("web/") for each in in_order(queue)] == [
        "key account",
        "rush",
        "promised soon",
        "promised later",
        "oldest",
        "newest",
    ]


def test_who_takes_any_units_gets_what_there_is_and_the_next_gets_the_rest() -> None:
    queue = [bundle("first", 4, order_priority=1), bundle("second", 4, order_priority=2), bundle("third", 4, order_priority=3)]
    assert units(winners(queue, here({"KETTLE": 6}), NOW)) == {"first": 4, "second": 2}


def test_an_order_on_hold_keeps_its_place_and_others_are_served() -> None:
    queue = [bundle("held", order_priority=1, held=True), bundle("next", 5)]
    assert units(winners(queue, here({"KETTLE": 6}), NOW)) == {"next": 5}
    assert why(queue[0], 1, {}, NOW) == "on hold: keeps its place, others are served"


def test_who_won_and_did_not_come_stands_last_this_once() -> None:
    late = bundle("late", order_priority=1).model_copy(update={"lapsed": True})
    assert units(winners([late, bundle("next", 5)], here({"KETTLE": 6}), NOW)) == {"next": 5, "late": 1}


def test_a_big_order_that_ships_complete_does_not_hoard() -> None:
    queue = [bundle("big", 10, policy=COMPLETE, order_priority=1), bundle("small", 2)]
    assert units(winners(queue, here({"KETTLE": 6}), NOW)) == {"small": 2}
    assert why(queue[0], 1, {"KETTLE": 6}, NOW) == "ships complete: passed over until 2026-11-29 09:00, misses 4 of KETTLE"


def test_a_big_order_that_ships_complete_does_not_starve() -> None:
    """Six come every week and small ones take them; in its second week all six are saved up for the big one, so that it ships."""
    big = bundle("big", 10, policy=COMPLETE, order_priority=1, since=NOW)
    small = bundle("small", 6)
    assert units(winners([big, small], here({"KETTLE": 6}), NOW + 3 * DAY)) == {"small": 6}
    saved = winners([big, small], here({"KETTLE": 6}), NOW + 8 * DAY)
    assert (units(saved), saved[0].saved_until) == ({"big": 6}, NOW + 14 * DAY)
    done = winners([big, small], here({"KETTLE": 12}), NOW + 13 * DAY)
    assert units(done) == {"big": 10, "small": 2}
    assert done[0].saved_until is None


def test_saving_ends_after_a_week_so_that_small_orders_are_not_blocked_for_ever() -> None:
    big = bundle("big", 10, policy=COMPLETE, order_priority=1, since=NOW)
    weeks = [units(winners([big, bundle("small", 6)], here({"KETTLE": 6}), NOW + week * SAVING)) for week in range(4)]
    assert weeks == [{"small": 6}, {"big": 6}, {"small": 6}, {"big": 6}]
    assert next_turn([big], NOW + 8 * DAY) == NOW + 14 * DAY
    assert saves_until(bundle("any"), NOW + 8 * DAY) is None


def test_one_order_at_a_time_saves_up_an_item() -> None:
    first = bundle("first", 10, policy=COMPLETE, order_priority=1, since=NOW - 8 * DAY)
    second = bundle("second", 10, policy=COMPLETE, order_priority=2, since=NOW - 8 * DAY)
    wins = winners([first, second], here({"KETTLE": 9}), NOW)
    assert units(wins) == {"first": 9}


def test_two_orders_that_need_two_items_do_not_lock_each_other_out() -> None:
    def both(order: str, priority: int) -> Bundle:
        waits = (Waiting(line=1, item="KETTLE", units=5), Waiting(line=2, item="LAMP", units=5))
        return Bundle(place=place(order, order_priority=priority), policy=COMPLETE, waits=waits, since=NOW - 8 * DAY)

    saved = winners([both("first", 1), both("second", 2)], here({"KETTLE": 5, "LAMP": 3}), NOW)
    assert [(win.order, win.units) for win in saved] == [("web/first", {"KETTLE": 5, "LAMP": 3})]


def test_a_channel_leaves_what_is_kept_for_others() -> None:
    queue = [bundle("shop", 5)]
    assert units(winners(queue, here({"KETTLE": 6}), NOW, {("web", ("KETTLE", "BERLIN")): 4})) == {"shop": 2}


def test_an_order_wins_only_what_lies_where_it_may_be_served() -> None:
    """Lyon does not ship to the first: it gets Berlin's two, and Lyon's five are for the second."""
    first = bundle("first", 4).model_copy(update={"closed": {"KETTLE": ("LYON",)}})
    wins = winners([first, bundle("second", 4, placed_at=NOW)], {("KETTLE", "BERLIN"): 2, ("KETTLE", "LYON"): 5}, NOW)
    assert [(win.order, win.places) for win in wins] == [("web/first", {"KETTLE": {"BERLIN": 2}}), ("web/second", {"KETTLE": {"LYON": 4}})]


def test_lines_win_together_as_the_policy_says() -> None:
    dates = {1: NOW, 2: NOW + 9 * DAY, 3: NOW, 4: None}
    assert groups(COMPLETE, [1, 2, 3], {}) == [(1, 2, 3)]
    assert groups(BY_LINE, [3, 1], {}) == [(1,), (3,)]
    assert groups(BY_DATE, [1, 2, 3, 4], dates) == [(1, 3), (2,), (4,)]
    waits = [Waiting(line=line, item="KETTLE", units=2) for line in dates]
    made = bundles(place("dated", promised_for=NOW + 30 * DAY), BY_DATE, waits, NOW, dates=dates)
    assert [(each.wants["KETTLE"], each.place.promised_for) for each in made] == [(4, NOW), (2, NOW + 9 * DAY), (2, NOW + 30 * DAY)]


# --- whatever the queue looks like -----------------------------------------------------------------------------------------------------

ITEMS = ("KETTLE", "LAMP", "SPARE")


@st.composite
def queues(draw: st.DrawFn) -> list[Bundle]:
    found: list[Bundle] = []
    for number in range(draw(st.integers(0, 7))):
        policy = draw(st.sampled_from(list(ShippingPolicy)))
        count = draw(st.integers(1, 3))
        waits = [Waiting(line=line + 1, item=draw(st.sampled_from(ITEMS)), units=draw(st.integers(1, 6))) for line in range(count)]
        about = place(
            f"{number}",
            customer_priority=draw(st.integers(1, 3)),
            order_priority=draw(st.integers(1, 3)),
            promised_for=draw(st.sampled_from([None, NOW, NOW + DAY])),
        )
        dates = {line + 1: draw(st.sampled_from([None, NOW])) for line in range(count)}
        since = NOW - draw(st.integers(0, 30)) * DAY
        found += bundles(about, policy, waits, since, held=draw(st.booleans()), dates=dates)
    return found


FREE = st.dictionaries(st.sampled_from(ITEMS), st.integers(0, 15))


@given(queue=queues(), free=FREE)
def test_never_more_than_is_free_and_never_more_than_is_wanted(queue: list[Bundle], free: dict[str, int]) -> None:
    wins = winners(queue, here(free), NOW)
    for item in ITEMS:
        assert sum(win.units.get(item, 0) for win in wins) <= free.get(item, 0)
    wanted = {(each.order, tuple(wait.line for wait in each.waits)): each for each in queue}
    for win in wins:
        asked = wanted[win.order, win.lines]
        assert all(0 < units <= asked.wants[item] for item, units in win.units.items())
        assert not asked.held


@given(queue=queues(), free=FREE)
def test_whole_bundles_get_all_or_are_only_saved_for(queue: list[Bundle], free: dict[str, int]) -> None:
    wanted = {(each.order, tuple(wait.line for wait in each.waits)): each for each in queue}
    savers = []
    for win in winners(queue, here(free), NOW):
        asked = wanted[win.order, win.lines]
        if win.saved_until is not None:
            assert asked.whole
            assert win.saved_until > NOW
            savers.append(set(asked.wants))
        elif asked.whole:
            assert win.units == asked.wants
    assert all(not (one & other) for n, one in enumerate(savers) for other in savers[n + 1 :])


@given(queue=queues(), free=FREE)
def test_nobody_behind_is_served_while_somebody_before_who_takes_any_units_wants_more(queue: list[Bundle], free: dict[str, int]) -> None:
    wins = {(win.order, win.lines): win.units for win in winners(queue, here(free), NOW)}
    exhausted: set[str] = set()
    for each in in_order(queue):
        got = wins.get((each.order, tuple(wait.line for wait in each.waits)), {})
        assert not exhausted & got.keys()
        if not each.whole and not each.held:
            exhausted |= {item for item, units in each.wants.items() if got.get(item, 0) < units}


@given(queue=queues(), free=FREE, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_the_rows_are_read_does_not_matter(queue: list[Bundle], free: dict[str, int], seed: Any) -> None:
    shuffled = list(queue)
    seed.shuffle(shuffled)
    assert winners(shuffled, here(free), NOW) == winners(queue, here(free), NOW)
