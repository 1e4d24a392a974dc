"""The demonstration's verdict: an order that is lost, open or elsewhere falls short, and so does anything the audit finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from database import intake, reading
from database.audit import Violation
from database.engine import Database
from domain.errors import InputRefused, Unavailable
from domain.money import Money
from domain.views import CreditView, OrderView, RefundView, ReturnView
from starters.demo_home import crowding, day_on, fresh_home
from starters.demonstration import Result, Scenario, ending, read_scenarios
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


BRANCHES: dict[str, set[object]] = {
    "ends": {"closed", "cancelled", "rejected"},
    "pick": {"short"},
    "card": {"declined_once", "declined", "capture_fails_once"},
    "carrier": {"on_time", "late", "lost", "returned", "silent", "duplicates", "out_of_order"},
    "pay": {"late", "partial_then_rest", "over", "reversed_then_paid", "never", "on_time"},
    "decisions": {
        *(("validation_findings", choice) for choice in ("correct", "accept", "reject")),
        *(("backorder_overdue", choice) for choice in ("wait_on", "substitute", "cancel_line", "split")),
        *(("short_pick", choice) for choice in ("reallocate", "backorder", "cancel_line")),
        *(("pick_overdue", choice) for choice in ("wait_on", "reallocate")),
        *(("payment_declined", choice) for choice in ("retry", "cancel")),
        *(("capture_failed", choice) for choice in ("retry", "bill")),
        *(("delivery_overdue", choice) for choice in ("wait_on", "confirm_delivered", "declare_lost")),
        *(("parcel_lost", choice) for choice in ("reship", "refund")),
        *(("returned_to_sender", choice) for choice in ("reship", "refund")),
        *(("invoice_unpaid", choice) for choice in ("wait_on", "collections", "write_off")),
        *(("overpaid", choice) for choice in ("refund", "keep")),
        *(("return_mismatch", choice) for choice in ("accept_received", "reject")),
        ("credit_stop", "release"),
        ("promise_broken", "accept_new_date"),
        ("raised", "acknowledge"),
    },
    "return": {"refund", "exchange", "restock", "scrap", "refurbish", "vendor", "come", "fewer", "never"},
    "requests": {
        *((when, "cancel") for when in ("captured", "backordered", "picking", "shipped")),
        ("captured", "hold_release"),
        ("captured", "amend"),
    },
    "also": {"receipt", "purchase", "promise"},
}
"""What the sample orders go through between them; one that was promised a branch and took a shorter way is named at the demo's end."""


def branches(scenario: Scenario) -> Iterator[tuple[str, object]]:
    script = scenario.script
    yield "ends", scenario.ends
    yield from ((word, script[word]) for word in ("pick", "card", "carrier", "pay") if word in script)
    yield from (("decisions", decided) for decided in script.get("decisions", {}).items())
    yield from (("return", word) for name, word in (script.get("return") or {}).items() if name in ("kind", "disposition", "goods"))
    yield from (("requests", (asked["when"], asked["what"])) for asked in script.get("requests", []))
    yield from (("also", word) for word in ("receipt", "purchase", "promise") if word in script)


def test_the_samples_go_through_every_branch_of_an_orders_life() -> None:
    walked = {branch for scenario in read_scenarios(SAMPLES) for branch in branches(scenario)}

    assert {(name, branch) for name, meant in BRANCHES.items() for branch in meant} - walked == set()


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


def test_a_day_lasts_longer_where_the_machine_is_busy() -> None:
    assert [round(day_on(crowded), 2) for crowded in (1.0, 1.1, 2.5, 40.0)] == [0.3, 0.3, 0.75, 1.2]


def test_a_machine_is_busy_when_others_work_and_no_longer_when_they_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter((0.0, 0.01, 0.0, 0.04))
    passed = iter((0.0, 0.02, 0.04, 0.0, 0.02, 0.04))
    monkeypatch.setattr("time.thread_time", lambda: next(given))
    monkeypatch.setattr("time.perf_counter", lambda: next(passed))

    assert crowding(0.04) == pytest.approx(4.0)  # 0.04 s passed, a processor gave 0.01 of them
    assert crowding(0.04) == pytest.approx(1.0)


def test_everything_is_started_on_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"TEMPORAL_ADDRESS names temporal\.example, and this command starts a server of its own"):
        Everything(Settings.load(home=tmp_path, temporal_address="temporal.example:7233"))
