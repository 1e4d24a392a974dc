"""The oms command: one sentence that says what to do, and an exit code, for whatever goes wrong; JSON alone for programs."""

from __future__ import annotations

import asyncio
import fcntl
import json
import shutil
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from temporalio.testing import WorkflowEnvironment

from database import intake
from database.engine import Database
from database.tables import Intake, Refusal, Stock
from domain.messages import CarrierStatus, Disposition
from starters.cli import telling
from starters.cli.main import run
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order, listening

NOBODY = "127.0.0.1:1"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with an empty database, the samples' catalogue and no server."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


def grinders(home: Path, external_id: str) -> Path:
    file = home / f"{external_id}.json"
    file.write_text(grinder_order(external_id).model_dump_json())
    return file


def rows(home: Path, *columns: object) -> list[tuple[object, ...]]:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        return [tuple(row) for row in database.run(lambda session: session.execute(select(*columns)).all())]  # type: ignore[call-overload]  # any columns
    finally:
        asyncio.run(database.close())


def test_without_a_database_reading_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_HOME", str(tmp_path))

    assert run(["list"]) == 4

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"There is no database at {tmp_path / 'holdfast.db'}: run `oms migrate` and `oms seed`, or start everything with `oms up`.\n"
    )
    assert not (tmp_path / "holdfast.db").exists()


def test_without_a_server_placing_says_how_to_start_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["place", str(grinders(home, "7100"))]) == 4

    said = capsys.readouterr()
    assert said.err.startswith(f"No Temporal server answers at {NOBODY}: start one with `oms up` or `oms server`")
    assert said.err.count("\n") == 1


def test_files_that_cannot_be_read_need_no_server_and_leave_only_the_record_of_their_refusal(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, huge, latin = home / "broken.json", home / "huge.json", home / "latin.json"
    broken.write_text('{"line_items": [')
    huge.write_bytes(b"x" * 10_000_000)
    latin.write_bytes(b'{"line_items": "\xe9t\xe9"}')

    assert run(["place", str(broken), str(huge), str(latin), str(home / "nowhere.json")]) == 3

    sentences = capsys.readouterr().err.splitlines()
    assert [sentence.split(",")[0].split(":")[0] for sentence in sentences] == [
        str(broken),
        str(huge),
        str(latin),
        str(home / "nowhere.json"),
    ]
    assert sentences[1] == f"{huge}: it has 10,000,000 bytes, and at most 5,000,000 are read"
    assert sentences[3] == f"{home / 'nowhere.json'}: it cannot be read (No such file or directory)"
    assert [source for (source,) in rows(home, Refusal.source)] == [
        "file broken.json",
        "file huge.json",
        "file latin.json",
        "file nowhere.json",
    ]
    assert rows(home, Intake.order) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "shopify/1"], "There is no order 'shopify/1'."),
        (["show", "1"], "There is no order '1'."),
        (["pick", "shopify/1"], "There is no order 'shopify/1'."),
        (["stock", "NO-SUCH"], "There is no stock of item 'NO-SUCH'."),
        (["list", "--stage", "lost"], "--stage: 'lost' is not a stage: captured, supplying, fulfilling, shipped"),
        (["amend", "shopify/1", "1=x"], "LINE=UNITS: 'x' is not a number of units for line 1"),
        (["amend", "shopify/1", "one"], "LINE=UNITS: 'one' does not read LINE=VALUE, such as 1=5"),
        (["amend", "shopify/1"], "Nothing to amend: state LINE=UNITS or --requested."),
        (["promise-to-pay", "shopify/1", "1", "someday"], "DATE: 'someday' is not a time such as 2026-11-23 or 2026-11-23T14:00:00Z"),
        (["document", "shopify/1"], "There is no order 'shopify/1'."),
    ],
)
def test_what_is_refused_is_one_sentence_and_exit_code_3(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert run(arguments) == 3

    said = capsys.readouterr()
    assert said.err.startswith(sentence)
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize("arguments", [["nonsense"], ["pick"], ["track", "shopify/1", "vanished"], ["list", "--limit", "many"]])
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2

    assert "Error:" in capsys.readouterr().err


def test_a_wrong_setting_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OMS_DAY_SECONDS", "-1")

    assert run(["list"]) == 3

    assert capsys.readouterr().err.startswith("Wrong settings: OMS_DAY_SECONDS should be greater than 0")


def test_the_audit_of_a_seeded_house_finds_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_audit_names_the_row_that_is_wrong_and_exits_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def lose_the_count(session: Session) -> None:
        session.execute(update(Stock).where(Stock.item == "GSK-110").values(on_hand=5))

    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    database.run(lose_the_count)
    asyncio.run(database.close())

    assert run(["audit", "--json"]) == 1

    assert [finding["subject"].split()[0] for finding in json.loads(capsys.readouterr().out)] == ["GSK-110"]


def test_stock_for_programs_is_json_and_nothing_else(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stock", "GSK-110", "--json"]) == 0

    (row,) = json.loads(capsys.readouterr().out)
    assert (row["location"], row["on_hand"], row["reserved"], row["available"]) == ("BERLIN", 4, 0, 4)


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0

    help_text = " ".join(capsys.readouterr().out.split())
    for command in (
        *("up", "server", "worker", "migrate", "seed", "demo", "place", "receive", "list", "show", "stock", "paper", "audit"),
        *("backorders", "reallocate"),
        *("pick", "pack", "track", "deliver", "pay", "reverse", "return-received", "inspect"),
        *("cartons", "pack-scan", "pack-close", "label", "manifest", "tracking", "pull-tracking"),
        *("cancel", "amend", "hold", "release", "decide", "return", "dispute", "promise-to-pay", "write-off"),
    ):
        assert f"│ {command} " in help_text
    assert "4 the server or the database does not answer" in help_text


def test_the_words_of_the_command_line_are_those_of_the_domain() -> None:
    def choices(command: object, parameter: str) -> list[str]:
        hint = get_type_hints(command, include_extras=False)[parameter]
        return list(get_args(hint))

    assert choices(telling.track, "status") == [status.value for status in CarrierStatus]
    assert choices(telling.inspect, "disposition") == [disposition.value for disposition in Disposition]


async def test_a_good_file_goes_in_beside_a_bad_one_and_twice_is_once(
    temporal_server: WorkflowEnvironment, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.client.service_client.config.target_host)
    bad, good = home / "bad.json", grinders(home, "7200")
    bad.write_text("[1, 2")

    with temporal_server.with_time_skipping_disabled():
        first = await asyncio.to_thread(run, ["place", str(bad), str(good)])
        said_first = capsys.readouterr()
        second = await asyncio.to_thread(run, ["place", str(good), "--json"])
        said_second = capsys.readouterr()

    assert first == 3
    assert said_first.out == "Order manual/7200 is placed.\n"
    assert said_first.err.startswith(f"{bad}, line 1, column")
    assert second == 0
    assert json.loads(said_second.out) == [{"file": str(good), "order": "manual/7200", "how": "same"}]


async def test_a_request_is_answered_with_its_receipt_and_the_same_one_when_repeated(
    temporal_server: WorkflowEnvironment, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.client.service_client.config.target_host)
    cancel = ["cancel", "7300", "--reason", "too late for us", "--json"]

    with temporal_server.with_time_skipping_disabled():
        async with listening(temporal_server.client):
            assert await asyncio.to_thread(run, ["place", str(grinders(home, "7300"))]) == 0
            capsys.readouterr()
            assert await asyncio.to_thread(run, cancel) == 0
            receipt = json.loads(capsys.readouterr().out)
            assert await asyncio.to_thread(run, cancel) == 0
            assert json.loads(capsys.readouterr().out) == receipt
            assert await asyncio.to_thread(run, ["hold", "manual/7300", "credit check"]) == 3

    refused = await asyncio.to_thread(rows, home, Refusal.place, Refusal.reason)
    assert refused == [("order manual/7300, hold_order", "Order manual/7300 is shipped and cannot be held.")]
    assert (receipt["order"], receipt["name"]) == ("manual/7300", "cancel_order")
    assert capsys.readouterr().err == "Order manual/7300 is shipped and cannot be held.\n"


def test_the_same_external_id_in_two_channels_asks_for_the_channel(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    for channel in ("manual", "shopify"):
        database.run(intake.capture, grinder_order("7400", channel=channel), NOON)
    asyncio.run(database.close())

    assert run(["show", "7400"]) == 3

    assert capsys.readouterr().err == "'7400' may be any of manual/7400, shopify/7400: name the channel too.\n"


def test_a_captured_order_shows_before_any_worker_has_seen_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    database.run(intake.capture, grinder_order("7500"), NOON)
    asyncio.run(database.close())

    assert run(["show", "7500"]) == 0

    page = capsys.readouterr().out
    assert "manual/7500" in page
    assert "captured" in page
    assert "498.00 EUR" in page


def test_a_demo_that_still_runs_is_not_trampled(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = home / "demo"
    demo.mkdir()
    with (demo / "temporal.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(["demo"]) == 3

    assert capsys.readouterr().err == f"A demo still runs in {demo}: end it with Ctrl-C where it was started, then repeat.\n"
    shutil.rmtree(demo)
