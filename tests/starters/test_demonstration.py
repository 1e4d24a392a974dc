"""The demonstration's verdict: an order that is lost, open or elsewhere falls short, and so does anything the audit finds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.settings import Settings
from database import intake, reading
from database.audit import Violation
from database.engine import Database
from domain.errors import InputRefused, Unavailable
from domain.money import Money
from domain.views import CreditView, OrderView, RefundView, ReturnView
from starters.demonstration import Result, Scenario, ending, fresh_home, read_scenarios
from starters.returns_demo import Returned, look
from tests.fresh import migrated
from tests.starters.orders import NOON, grinder_order
from workers.embedded import SAMPLES, Everything

RETURNED = Scenario(
    key="manual/7001",
    file="manual/7001.json",
    title="Two grinders, one comes back.",
    ends="closed",
    script={"return": {"lines": {"1": 1}}, "decisions": {"short_pick": "backorder"}},
)


def euro(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


@pytest.fixture
def order(tmp_path: Path) -> OrderView:
    """An order that is captured and no more."""
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    try:
        database.run(intake.capture, grinder_order("7001"), NOON)
        return database.run(reading.order_view, "manual/7001")
    finally:
        asyncio.run(database.close())


def test_an_order_that_nobody_knows_is_lost() -> None:
    found = ending(RETURNED, None)

    assert (found.stage, found.ended, found.as_told) == ("lost", "", False)


def test_an_order_that_is_still_open_falls_short(order: OrderView) -> None:
    found = ending(RETURNED, order)

    assert (found.stage, found.ended, found.as_told) == ("captured", "", False)


def test_an_order_that_ends_as_told_names_what_its_story_left_out(order: OrderView) -> None:
    found = ending(RETURNED, order.model_copy(update={"outcome": "closed"}))

    assert found.as_told
    assert found.skipped == ("short pick was never answered with backorder", "nothing was returned")


def test_an_order_that_ends_elsewhere_falls_short(order: OrderView) -> None:
    found = ending(RETURNED, order.model_copy(update={"outcome": "cancelled"}))

    assert (found.expected, found.ended, found.as_told) == ("closed", "cancelled", False)


def test_the_demonstration_passes_only_without_violation_and_trouble(order: OrderView) -> None:
    closed = ending(RETURNED, order.model_copy(update={"outcome": "closed"}))
    violation = Violation(rule="nothing_is_sold_twice", subject="GSK-110 at BERLIN", detail="5 reserved of 4 on hand")

    assert Result([closed], [], seconds=60.0).passed
    assert not Result([closed], [violation], seconds=60.0).passed
    assert not Result([closed], [], seconds=180.0, trouble="Only 1 of 2 orders ended within 180 s").passed
    assert not Result([closed, ending(RETURNED, None)], [], seconds=60.0).passed


def test_the_partial_return_that_tells_most_is_shown_in_amounts(order: OrderView) -> None:
    [line] = order.lines
    kept = ReturnView(rma=1, document="RMA-000001", kind="refund", status="refunded", lines={1: 1}, dispositions={1: {"restock": 1}})
    plain = kept.model_copy(update={"rma": 2, "document": "RMA-000002"})
    note = CreditView(number=1, document="CN-000001", invoice=1, total=euro(8_394), reason="RMA-000001: too loud", fees=euro(1_718))
    other = note.model_copy(update={"number": 2, "reason": "RMA-000002: too loud", "fees": None})
    back = RefundView(number=1, payment="p", invoice=1, amount=euro(8_394), to_account=False, reason="RMA-000001 returned", at=NOON)
    arrived = line.model_copy(update={"delivered": 3})
    found = look(
        [order.model_copy(update={"lines": (arrived,), "returns": (plain, kept), "credits": (other, note), "refunds": (back,)})]
    ).partial
    assert found is not None
    assert (found.document, found.units, found.delivered, found.became) == ("RMA-000001", 1, 3, "1 restock")
    assert (found.credited, found.kept, found.refunded) == (euro(8_394), euro(1_718), euro(8_394))
    assert look([order.model_copy(update={"returns": (plain,)})]) == Returned(), "what nobody credited is not shown"


def test_the_samples_are_at_least_forty_orders() -> None:
    scenarios = read_scenarios(SAMPLES)

    assert len(scenarios) == len({scenario.key for scenario in scenarios}) >= 40


def test_without_samples_the_demonstration_says_where_to_run_it(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="the sample orders are not here; run the demo in a checkout of the project"):
        read_scenarios(tmp_path)


def test_a_demonstration_begins_with_an_empty_home_of_its_own(tmp_path: Path) -> None:
    leftover = tmp_path / "demo" / "holdfast.db"
    leftover.parent.mkdir()
    leftover.write_bytes(b"yesterday")

    settings = fresh_home(Settings.load(home=tmp_path))

    assert settings.home == tmp_path / "demo"
    assert sorted(path.name for path in settings.home.iterdir()) == ["env", "shops.toml"]
    assert f"export OMS_HOME={tmp_path / 'demo'}\n" in (settings.home / "env").read_text()


def test_everything_is_started_on_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"TEMPORAL_ADDRESS names temporal\.example, and this command starts a server of its own"):
        Everything(Settings.load(home=tmp_path, temporal_address="temporal.example:7233"))
