"""`oms backorders` and `oms reallocate`: who waits and why, what would change hands, and one sentence for what cannot be."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from database import intake, orders, stock
from database.engine import Database
from domain.steps import AcceptOrder, AllocateStock, Need, ReceiveStock
from starters.cli.main import run
from tests.fresh import furnished
from tests.starters.orders import grinder_order

T = TypeVar("T")

NOW = datetime.now(UTC)
GASKET = "GSK-110"  # four lie in Berlin


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`manual/holder` has the four gaskets; `manual/first` wants three, `manual/rush` two and may have them first."""
    home = tmp_path_factory.mktemp("queue")
    furnished(f"sqlite:///{home / 'holdfast.db'}")

    def fill(session: Session) -> None:
        _want(session, "holder", 4)
        _want(session, "first", 3)
        _want(session, "rush", 2, priority=1)

    write(home, fill)
    return home / "holdfast.db"


@pytest.fixture
def queue(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own for each test, without a server."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    shutil.copy(built, tmp_path / "holdfast.db")
    return tmp_path


def write(home: Path, work: Callable[[Session], T]) -> T:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        return database.run(work)
    finally:
        asyncio.run(database.close())


def _want(session: Session, name: str, units: int, **changes: Any) -> None:
    placed = grinder_order(name, **changes)
    placed = placed.model_copy(update={"lines": (placed.lines[0].model_copy(update={"item": GASKET, "quantity": units}),)})
    intake.capture(session, placed, NOW)
    about: dict[str, Any] = {"order": placed.key, "at": NOW}
    orders.accept_order(session, AcceptOrder(**about, key=f"{placed.key}/accept", placed=placed, price_tolerance=Decimal(1), waived=True))
    allocate = AllocateStock(
        **about,
        key=f"{placed.key}/allocate/1",
        needs=(Need(line=1, item=GASKET, quantity=units),),
        all_or_nothing=False,
        first_shipment=1,
        pick_due=NOW,
        backorder_due=NOW + timedelta(days=14),
    )
    stock.allocate_stock(session, allocate)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(words) == 3
    return capsys.readouterr().err.strip()


def test_the_queue_names_the_first_and_says_why(queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "backorders")
    assert [(row["position"], row["order"], row["waiting"], row["why"]) for row in rows] == [
        (1, "manual/rush", 2, "next: takes what comes"),
        (2, "manual/first", 3, "takes what those before it leave"),
    ]
    assert run(["backorders", GASKET]) == 0
    assert "GSK-110  5 units wanted by 2 orders" in capsys.readouterr().out
    assert run(["backorders", "FLT-100"]) == 0
    assert capsys.readouterr().out == "Nobody waits for FLT-100.\n"
    (line,) = answer(capsys, "show", "first")["lines"]
    assert (line["queue_position"], line["queue_length"]) == (2, 2)


def test_a_simulation_shows_what_would_change_hands_and_changes_nothing(queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = answer(capsys, "reallocate", GASKET, "--strategy", "win", "--order", "first", "--simulate")
    assert [(share["order"], share["before"], share["after"]) for share in plan["plan"]["shares"]] == [
        ("manual/rush", 0, 0),
        ("manual/first", 0, 3),
        ("manual/holder", 4, 1),
    ]
    assert plan["takes"] == [{"order": "manual/holder", "shipment": 1}]
    assert run(["reallocate", GASKET, "--strategy", "fill", "--simulate"]) == 0
    shown = capsys.readouterr().out
    assert "Simulated, nothing is changed: fill GSK-110" in shown
    assert "Would be given up, unless it is picked first: manual/holder shipment 1." in shown
    (row,) = answer(capsys, "stock", GASKET)
    assert (row["on_hand"], row["reserved"]) == (4, 4)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "ITEM: say whose stock changes hands, such as `oms reallocate KETTLE --strategy fill`"),
        ([GASKET], "--strategy: one of win, gain, redistribute, fill, lose"),
        ([GASKET, "--strategy", "undo"], "--strategy: 'undo' is not one of win, gain, redistribute, fill, lose"),
        ([GASKET, "--strategy", "win"], "--order: the strategy win is about one order: say which"),
        ([GASKET, "--undo", "3"], "--undo: it knows what to take back: leave ITEM, --strategy and --order out"),
        ([GASKET, "--show", "3"], "--show: it stands alone, such as `oms reallocate --show 3`"),
        (["--show", "3"], "There is no re-allocation '3'."),
        (["--undo", "3", "--simulate"], "There is no re-allocation '3'."),
        (["NOTHING", "--strategy", "fill", "--simulate"], "There is no item 'NOTHING'."),
        ([GASKET, "--strategy", "lose", "--order", "manual/no", "--simulate"], "Order manual/no neither holds nor waits for any GSK-110."),
    ],
)
def test_what_cannot_be_re_allocated_is_said(queue: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str) -> None:
    assert refused(capsys, "reallocate", *words) == sentence


def test_without_a_server_nothing_is_re_allocated(queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reallocate", GASKET, "--strategy", "fill"]) == 4
    assert (answer(capsys, "stock", GASKET)[0]["reserved"]) == 4


def test_a_receipt_is_set_aside_along_the_queue(queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    goods = ReceiveStock(receipt="GR-1", item=GASKET, location="BERLIN", quantity=4, at=datetime.now(UTC), actor="dock")
    assert write(queue, lambda session: stock.receive_stock(session, goods)).waiting == ("manual/rush", "manual/first")
    rows = answer(capsys, "backorders", GASKET)
    assert [(row["set_aside"], row["why"]) for row in rows] == [
        (2, "has won, and is about to allocate"),
        (2, "takes what those before it leave"),
    ]
