"""`oms replenish`: history in, proposals out, decisions on paper; no server is needed except to plan."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.replenishment import LOOKS_BACK, plan_all
from database import demand, replenishment
from database.engine import Database
from domain.demand import Bucket
from domain.forecasting import BuiltIn
from domain.proposals import PlanItems
from starters.cli.main import run
from tests.fresh import furnished
from workers.embedded import SAMPLES


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with the samples' catalogue and no server."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


@pytest.fixture
def planned(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The samples' items planned on the samples' history, as the activity does it."""
    assert run(["replenish", "import", str(SAMPLES / "sales_history.csv")]) == 0
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    now = datetime(2026, 11, 23, 4, tzinfo=UTC)
    request = PlanItems(run="night", as_of=now.date(), bucket=Bucket.WEEK, at=now)
    first = request.as_of - LOOKS_BACK[request.bucket]
    keys = database.run(replenishment.begin_run, request)
    found = database.run(demand.evidence, keys, first, request.as_of)
    database.run(replenishment.store_plans, request, plan_all(found, request.bucket, first, request.as_of, BuiltIn()))
    database.run(replenishment.end_run, request)
    asyncio.run(database.close())
    capsys.readouterr()
    return home


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["replenish", *arguments]) == code
    told = capsys.readouterr()
    return told.err if code else told.out


def number_of(capsys: pytest.CaptureFixture[str], item: str) -> str:
    return next(str(each["number"]) for each in json.loads(answer(capsys, "list", "--json")) if each["item"] == item)


def test_a_proposal_is_shown_approved_once_and_drawn(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = number_of(capsys, "PMP-140")
    page = answer(capsys, "show", number)
    for words in ("lumpy", "back-test over 13 origins", "out of stock; 0 kept", "z √((L + R) sd² + d² sL²)", "EOQ", "multiple"):
        assert words in page
    assert f"PO-R{number}" in answer(capsys, "approve", number)
    assert "already, nothing was changed" in answer(capsys, "approve", number)
    assert answer(capsys, "list", "--status", "approved").count(f"PO-R{number} line 1") == 1
    target = planned / "pump.svg"
    assert "The chart of PMP-140 is in" in answer(capsys, "chart", "PMP-140", "--out", str(target))
    assert target.read_text().startswith("<svg")
    assert run(["audit"]) == 0


def test_surplus_is_listed_with_its_value(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {each["item"]: each for each in json.loads(answer(capsys, "surplus", "--json"))}
    assert (found["DRP-V02"]["verdict"], found["DRP-V02"]["surplus"], found["DRP-V02"]["value_minor"]) == ("dead", 600, 600 * 1347)
    assert found["ESP-DUO"]["verdict"] == "overstock"
    assert "FLT-100" not in found
    assert "dead stock" in answer(capsys, "surplus")


REFUSALS: list[tuple[list[str], str]] = [
    (["show", "999"], "There is no proposal '999'."),
    (["approve", "1", "2", "--quantity", "5"], "--quantity: a quantity is for one proposal"),
    (["approve", "1", "--quantity", "7"], "needs a reason (--reason)"),
    (["reject", "1"], "Rejecting proposal 1 needs a reason"),
    (["reject", "1", "--reason", "x" * 301], "--reason: it has 301 characters"),
    (["chart", "TEAPOT"], "There is no replenishment plan of item 'TEAPOT'."),
    (["chart", "PMP-140", "--out", "pump.pdf"], "--out: pump.pdf ends neither in .svg nor in .png"),
    (["list", "--status", "lost"], "--status: 'lost' is not one of"),
    (["--as-of", "tomorrow"], "--as-of: 'tomorrow' is not a date such as"),
    (["--bucket", "month"], "--bucket: 'month' is neither week nor day"),
    (["--schedule", "hourly"], "--schedule: 'hourly' is not one of daily, weekly, off"),
    (["terms", "TRM-220", "LYON", "--minimum", "3"], "state --supplier, --lead-days, --unit-cost"),
    (["terms", "PMP-140", "--minimum", "3"], "Terms are set for an item and a location"),
    (["terms", "PMP-140", "BERLIN", "--service", "97"], "--service: Input should be less than 1 (it is 97.0)"),
    (["terms", "PMP-140", "BERLIN", "--supplier", "NOBODY"], "There is no supplier 'NOBODY'."),
    (["terms", "PMP-140", "BERLIN", "--unit-cost", "much"], "--unit-cost"),
    (["import", "nowhere.csv"], "nowhere.csv: it cannot be read"),
]


def test_terms_are_shown_and_changed_one_by_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "14 ± 3" in answer(capsys, "terms", "PMP-140")
    changed = json.loads(answer(capsys, "terms", "PMP-140", "BERLIN", "--lead-days", "30", "--unit-cost", "19.90", "--json"))[0]
    assert (changed["lead_days"], changed["lead_deviation"], changed["unit_cost"], changed["minimum"]) == (30, 3, 1990, 12)
    fresh = ["terms", "TRM-220", "LYON", "--supplier", "S-PARTS", "--lead-days", "9", "--unit-cost", "7.10", "--scope", "location"]
    assert "LYON alone" in answer(capsys, *fresh)
    assert len(json.loads(answer(capsys, "terms", "--json"))) == 23


def test_what_cannot_be_done_is_refused_in_a_sentence(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in REFUSALS:
        assert sentence in answer(capsys, *arguments, code=3)
    assert {each["status"] for each in json.loads(answer(capsys, "list", "--status", "all", "--json"))} == {"open"}


def test_rows_that_are_not_taken_are_named_and_the_others_stand(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "sales.csv"
    file.write_text("item,location,date,quantity\nKET-100,,2026-01-05,4\nTEAPOT,,2026-01-05,4\nKET-100,,soon,4\n")
    assert run(["replenish", "import", str(file)]) == 3
    told = capsys.readouterr().out
    assert "1 days added" in told
    assert "row 3 there is no item 'TEAPOT'" in told
    assert "row 4 'soon' is not a date" in told


def test_without_a_server_nothing_is_planned_and_it_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replenish"]) == 4
    assert "127.0.0.1:1" in capsys.readouterr().err
