"""The floor's commands: pick lists, scans one by one and as JSON, counts and recalls, with nothing but the database running."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from database.engine import Database
from database.seed import seed
from starters.cli.main import run
from tests.database.builders import CATALOGUE, House, line, order
from tests.database.floor_builders import Floor
from tests.fresh import migrated

NOBODY = "127.0.0.1:1"

Answer = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose floor has one order to pick: five units of coffee in two lots, and two kettles. No server runs."""
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    monkeypatch.setenv("COLUMNS", "100")
    migrated(url)

    async def furnish() -> None:
        database = Database(url)
        house = House(database)
        await house(seed, CATALOGUE)
        floor = await Floor(house).furnish()
        await floor.release(order("1", line(1, "COFFEE", 5), line(2, "KETTLE", 2)))
        await database.close()

    asyncio.run(furnish())
    return tmp_path


@pytest.fixture
def oms(home: Path, capsys: pytest.CaptureFixture[str]) -> Answer:
    """Run a command: its exit code, what it answered (parsed where that is JSON), and the sentences on standard error."""

    def call(*arguments: str) -> tuple[int, Any, str]:
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in arguments and said.out else said.out, said.err

    return call


def test_a_wave_is_gathered_shown_and_walked_by_scans(oms: Answer) -> None:
    code, waiting, _ = oms("wave", "list", "--json")
    assert (code, waiting["waiting"][0]["tasks"], waiting["waves"]) == (0, 3, [])
    code, page, _ = oms("wave", "create", "BERLIN")
    assert code == 0
    assert [word in page for word in ("W-000001", "Zone A", "B-01", "KETTLE", "L-SOON", "shopify/1 (1)")] == [True] * 6
    assert oms("wave", "create", "BERLIN")[0] == 3
    code, said, wrong = oms("scan", "W-000001", "KETTLE", "B-02", "2")
    assert (code, said) == (3, "")
    assert wrong == "W-000001 expects from this bin 1 x COFFEE from B-02 of lot L-LATER, not KETTLE from B-02.\n"
    code, said, _ = oms("scan", "W-000001", "KETTLE", "B-01", "2")
    assert (code, said) == (0, "✓ 2 taken\n  next: 1 x COFFEE from B-02 of lot L-LATER\n")
    assert oms("wave", "show", "W-9")[2] == "There is no wave 'W-9'.\n"
    assert oms("scan")[2] == "oms scan: a scan names WAVE ITEM BIN QUANTITY, or --file with scans as JSON\n"


def test_a_file_of_scans_is_answered_scan_by_scan(oms: Answer, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oms("wave", "create", "BERLIN")
    gun = {"wave": "W-000001", "item": "COFFEE", "lot": "L-SOON", "bin": "B-03"}
    scans = [
        {**gun, "scan": "g-1", "quantity": 4},
        {**gun, "scan": "g-1", "quantity": 4},
        {**gun, "scan": "g-2", "quantity": 1},
        {**gun, "scan": "g-3", "quantity": "many"},
        {**gun, "scan": "g-4", "quantity": 1, "colour": "red"},
        {"scan": "g-5", "wave": "W-000001", "item": "COFFEE", "bin": "B-02", "lot": "L-LATER", "quantity": 1},
        {"scan": "g-6", "wave": "W-000001", "item": "KETTLE", "bin": "B-01", "quantity": 1, "short": True},
        7,
    ]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(scans).encode())))
    code, answers, errors = oms("scan", "--file", "-", "--json")
    assert code == 3
    assert [(each["scan"], each["taken"] and each["taken"]["repeated"]) for each in answers] == [
        ("g-1", False),
        ("g-1", True),
        ("g-2", None),
        ("g-3", None),
        ("g-4", None),
        ("g-5", False),
        ("g-6", False),
        ("scan 8", None),
    ]
    assert answers[3]["refused"] == "scan 4, quantity: input should be a valid integer, unable to parse string as an integer"
    assert answers[4]["refused"] == "scan 5, colour: a scan has no such field"
    assert answers[6]["taken"]["confirmed"] == [{"order": "shopify/1", "shipment": 1, "picked": 6, "asked": 7}]
    assert "The scans are kept; the orders will be told by a worker later." in errors
    broken = home / "broken.json"
    broken.write_text('[{"scan": ')
    assert oms("scan", "-f", str(broken))[2].startswith(f"{broken}, line 1, column 11: this is not JSON")
    assert oms("scan", "-f", str(home / "nowhere"))[2] == f"{home / 'nowhere'}: it cannot be read (No such file or directory)\n"


def test_a_count_goes_from_the_plan_to_the_ledger(oms: Answer) -> None:
    assert oms("count", "list")[1] == "Nothing is to be counted: `oms count plan LOCATION` opens tasks.\n"
    code, planned, _ = oms("count", "plan", "BERLIN", "--bin", "B-04", "--json")
    assert (code, [(task["task"], task["item"], task["expected"]) for task in planned]) == (0, [("CT-000001", "DRONE", None)])
    code, said, _ = oms("count", "enter", "CT-000001", "2", "--by", "anna")
    assert (code, "somebody else approves it" in said.replace("\n", " ")) == (0, True)
    assert oms("count", "approve", "CT-000001", "--by", "anna")[2] == "CT-000001 was counted by anna: somebody else has to approve it.\n"
    assert "-1 (-900.00)" in oms("count", "list")[1]
    code, booked, _ = oms("count", "approve", "CT-000001", "--by", "bert", "--note", "stolen", "--json")
    assert (code, booked["adjusted"], booked["decided_by"]) == (0, -1, "bert")
    assert oms("count", "recount", "CT-000001")[2] == "CT-000001 is posted: there is no count to repeat.\n"
    assert oms("count", "give-up", "CT-000001")[0] == 3
    assert oms("audit")[0] == 0


def test_a_lot_is_listed_blocked_and_recalled(oms: Answer) -> None:
    assert "expired" in oms("lot", "list", "COFFEE")[1]
    code, said, _ = oms("lot", "block", "COFFEE", "L-SOON", "glass in it", "--by", "quality")
    assert (code, said.splitlines()[0]) == (0, "Lot L-SOON of COFFEE is blocked.")
    assert "0 shipments hold some of it and 4 units are kept for orders" in said
    code, recall, _ = oms("recall", "COFFEE", "L-SOON", "--json")
    assert (code, [(each["order"], each["units"]) for each in recall["on_its_way_out"]]) == (0, [("shopify/1", 4)])
    page = oms("recall", "COFFEE", "L-SOON")[1]
    assert "blocked: glass in it" in page
    assert "Kept for orders, not shipped" in page
    assert oms("lot", "unblock", "COFFEE", "L-SOON", "--json")[1] == {"item": "COFFEE", "lot": "L-SOON", "blocked": ""}
    assert oms("recall", "COFFEE", "L-9")[2] == "There is no lot of COFFEE 'L-9'.\n"


def test_a_serial_number_that_nobody_scanned_is_said_to_be_unknown(oms: Answer) -> None:
    assert oms("serial", "D-9")[::2] == (3, "There is no serial number 'D-9'.\n")
    assert oms("serial", "--order", "shopify/9")[::2] == (3, "There is no order 'shopify/9'.\n")
    assert oms("serial")[::2] == (3, "NUMBER: name a serial number, or an order with --order\n")
    assert oms("serial", "--order", "shopify/1")[:2] == (0, "No unit of order shopify/1 was picked under a serial number.\n")
