"""Claims and sourcing on the command line: set aside, give back, share out, and why an order leaves from here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from database import intake, orders, stock
from database.engine import read_url, sqlite_engine
from domain.steps import AcceptOrder, AllocateStock, Need
from starters.cli.main import run
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with the samples' catalogue, no server, and a terminal of 100 columns."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


def accepted(home: Path, external_id: str, **changes: object) -> str:
    """A grinder order that has been accepted; its key."""
    placed = grinder_order(external_id).model_copy(update=changes)
    accept = AcceptOrder(order=placed.key, key=f"{placed.key}/accept", at=NOON, placed=placed, price_tolerance=Decimal(9), waived=True)

    def work(session: Session) -> None:
        intake.capture(session, placed, NOON)
        orders.accept_order(session, accept)

    in_one_transaction(home, work)
    return placed.key


def allocated(home: Path, external_id: str, **changes: object) -> str:
    """A grinder order that has been accepted and allocated; its key."""
    key = accepted(home, external_id, **changes)
    placed = grinder_order(external_id).model_copy(update=changes)
    needs = tuple(Need(line=line.number, item=line.item, quantity=line.quantity) for line in placed.lines)
    due = NOON + timedelta(days=1)
    request = AllocateStock(
        order=key,
        key=f"{key}/allocate/1",
        at=NOON,
        needs=needs,
        all_or_nothing=False,
        first_shipment=1,
        pick_due=due,
        backorder_due=due,
    )
    in_one_transaction(home, lambda session: stock.allocate_stock(session, request))
    return key


def in_one_transaction(home: Path, work: Callable[[Session], object]) -> None:
    engine = sqlite_engine(read_url(f"sqlite:///{home / 'holdfast.db'}"))
    with Session(engine) as session, session.begin():
        work(session)
    engine.dispose()


def test_goods_are_set_aside_shown_and_given_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for known in (False, True):
        assert run(["reserve", "cart-77", "KET-100=12", "GRD-200=3@LYON", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [(row["item"], row["location"], row["quantity"]) for row in found["kept"]] == [
            ("GRD-200", "LYON", 3),
            ("KET-100", "BERLIN", 12),
        ]
        assert found["repeated"] is known
    assert run(["stock", "KET-100", "--json"]) == 0
    berlin = json.loads(capsys.readouterr().out)[0]
    assert (berlin["on_hand"], berlin["set_aside"], berlin["available"]) == (240, 12, 228)
    assert run(["stock", "KET-100"]) == 0
    assert "cart cart-77" in capsys.readouterr().out
    assert run(["unreserve", found["key"]]) == 0
    assert run(["unreserve", found["key"]]) == 0
    assert "was released before; nothing was changed" in capsys.readouterr().out
    assert run(["reserve", "cart-77", "KET-100=12", "GRD-200=3@LYON"]) == 3
    assert "was released before; nothing is set aside" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["c", "KET-100=900", "SPL-010=1"], "Nothing is set aside for c: of KET-100 540 can be had, 900 were asked for."),
        (["c", "KET-100"], "ITEM=UNITS: 'KET-100' does not read ITEM=UNITS or ITEM=UNITS@LOCATION, such as KET-100=5"),
        (["c", "KET-100=0"], "ITEM=UNITS: 'KET-100=0' does not read ITEM=UNITS or ITEM=UNITS@LOCATION, such as KET-100=5"),
        (["c", "TEAPOT=1"], "There is no item 'TEAPOT'."),
        (["c", "KET-100=1@MARS"], "There is no location 'MARS'."),
        (["c", "KET-100=1", "--kind", "grant"], "--kind: 'grant' is neither of cart, quote"),
        (["c", "KET-100=1", "--until", "2020-01-01"], "--until: 2020-01-01 has passed"),
        (["", "KET-100=1"], "OWNER: it may not be empty and has at most 200 characters"),
    ],
)
def test_what_cannot_be_set_aside_says_why(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    assert run(["reserve", *arguments]) == 3
    assert capsys.readouterr().err == f"{sentence}\n"


def test_a_share_of_a_channel_is_set_shown_and_dropped(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quota", "KET-100", "LYON", "shopify", "--quota", "4", "--keep-back", "2", "--json"]) == 0
    shares = json.loads(capsys.readouterr().out)
    assert [(row["location"], row["channel"], row["quota"], row["kept_back"], row["left"]) for row in shares] == [
        ("LYON", "shopify", 4, 2, 4),
        ("ROTTERDAM", "x12", 60, 0, 60),
    ]
    assert run(["quota", "KET-100", "LYON", "shopify", "--quota", "0"]) == 0
    assert "shopify" not in capsys.readouterr().out
    assert run(["quota", "KET-100", "LYON"]) == 3
    assert run(["quota", "KET-100", "--quota", "1"]) == 3
    assert run(["quota", "KET-100", "LYON", "*", "--quota", "1"]) == 3
    assert run(["quota", "SPL-010"]) == 0
    assert "No channel keeps anything of SPL-010 for itself." in capsys.readouterr().out


def test_why_here_says_it_in_words_and_for_programs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = allocated(home, "7300")
    assert run(["why-here", key]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "All of it comes from ROTTERDAM." in said
    assert "The rule was “one location complete”." in said
    assert "dearer (freight" in said
    assert run(["why-here", "7300", "--json"]) == 0
    [decision] = json.loads(capsys.readouterr().out)
    assert decision["order"] == key
    assert [candidate["locations"] for candidate in decision["decision"]["candidates"]] == [["BERLIN"], ["LYON"], ["ROTTERDAM"]]
    assert run(["why-here", "nobody/1"]) == 3


def test_an_order_from_a_cart_takes_what_was_set_aside_for_the_cart(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reserve", "cart-9", "GRD-200=1@LYON", "--json"]) == 0
    allocated(home, "7301", basket="cart-9")
    capsys.readouterr()
    assert run(["stock", "GRD-200", "--json"]) == 0
    assert sum(row["set_aside"] for row in json.loads(capsys.readouterr().out)) == 0


def test_orders_that_want_stock_are_planned_together(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["source-together"]) == 0
    assert "No order wants stock: there is nothing to source." in capsys.readouterr().out
    keys = [accepted(home, external_id) for external_id in ("P-1", "P-2")]
    assert run(["source-together", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(found["together"]["shares"]) == keys
    assert found["together"]["units_missing"] == found["in_turn"]["units_missing"] == 0
    assert run(["source-together", keys[0], keys[1]]) == 0
    said = capsys.readouterr().out
    assert keys[0] in said
    assert "Together: " in said
    assert run(["source-together", "shopify/none"]) == 3
    assert "There is no order 'shopify/none'." in capsys.readouterr().err
