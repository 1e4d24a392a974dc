"""`oms place` with files that people make: a dry run changes nothing, good orders pass, bad ones are refused alone, a repeat is known."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from temporalio.testing import WorkflowEnvironment

from database.engine import Database
from database.tables import InboxEntry, InboxPart, Intake, Refusal
from domain.order import PlaceOrder
from starters.cli.main import run
from tests.channels.order_tables import csv
from tests.fresh import furnished

NOBODY = "127.0.0.1:1"
HEADINGS = ("PO", "Customer", "Item", "Qty", "Ship to", "Street", "Zip", "City", "Country")
NORD = ("Kaffeekontor Nord", "Speicherstr. 4", "20457", "Hamburg", "DE")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with the samples' catalogue and no server."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


def rows(home: Path, *columns: object) -> list[tuple[object, ...]]:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        return [tuple(row) for row in database.run(lambda session: session.execute(select(*columns)).all())]  # type: ignore[call-overload]  # any columns
    finally:
        asyncio.run(database.close())


def orders_csv(home: Path, *more: tuple[object, ...]) -> Path:
    file = home / "orders.csv"
    always = [("77", "C-1001", "KET-100", 12, *NORD), ("77", "", "NOPE", 1), ("78", "C-1001", "KET-100", "two")]
    file.write_bytes(csv(*always, *more, headings=HEADINGS))
    return file


def test_a_dry_run_lists_every_finding_by_its_row_and_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = orders_csv(home, ("79", "C-1001", "KET-100", 2, *NORD))
    assert run(["place", str(file), "--dry-run"]) == 3
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert f"{file}: csv, 3 orders. Read: PO as po, Customer as customer, Item as item, Qty as quantity" in said[0]
    assert "file/C-1001-77 rows 2-3 C-1001 2 placed, and a person asked" in said
    assert "78 row 4 refused" in said
    assert any(line.startswith("file/C-1001-79 row 5 C-1001 1 ") and line.endswith(" EUR placed") for line in said)
    assert "78 row 4, column D (Qty) two a number was expected" in said
    assert "file/C-1001-77 row 3 nobody knows the item 'NOPE'" in said
    assert said[-1] == "2 of 3 would be placed, 1 refused. Nothing was changed."
    assert [rows(home, func.count(column)) for column in (Intake.order, InboxEntry.entry, Refusal.reason)] == [[(0,)]] * 3

    assert run(["place", str(file), "--dry-run", "--json"]) == 3
    [found] = json.loads(capsys.readouterr().out)
    assert [order["would_be"] for order in found["orders"]] == ["placed, and a person asked", "refused", "placed"]
    assert found["orders"][1]["findings"] == [
        {"row": 4, "column": "column D (Qty)", "found": "two", "expected": "a number was expected", "counted": "row"}
    ]


def test_a_dry_run_of_good_orders_is_exit_0_and_a_file_that_is_none_says_why(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = home / "good.csv", home / "bad.csv"
    good.write_bytes(csv(("79", "C-1001", "KET-100", 2, *NORD), headings=HEADINGS))
    bad.write_bytes(b"hello")
    assert run(["place", str(good), "--dry-run"]) == 0
    capsys.readouterr()
    assert run(["place", str(bad), "--dry-run"]) == 3
    assert capsys.readouterr().out.startswith(f"{bad}, row 1: no column says item, quantity; the headings are 'hello'")


async def test_good_orders_of_a_file_pass_bad_ones_are_refused_alone_and_the_same_file_places_nothing_twice(
    temporal_server: WorkflowEnvironment, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.client.service_client.config.target_host)
    file = orders_csv(home, ("F-9001", "C-1001", "KET-100", 2, *NORD))
    with temporal_server.with_time_skipping_disabled():
        assert await asyncio.to_thread(run, ["place", str(file)]) == 3
        first = capsys.readouterr()
        assert await asyncio.to_thread(run, ["place", str(file)]) == 3
        again = capsys.readouterr()
        orders_csv(home, ("F-9001", "C-1001", "KET-100", 2, *NORD), ("F-9002", "C-1001", "KET-100", 1, *NORD))
        assert await asyncio.to_thread(run, ["place", str(file)]) == 3
        grown = capsys.readouterr()
    assert first.out == "Order file/C-1001-77 is placed.\nOrder file/C-1001-F-9001 is placed.\n"
    assert first.err == f"{file}, order 78, row 4: row 4, column D (Qty): 'two' is there, a number was expected\n"
    known = (
        "Order file/C-1001-77 was placed before; nothing was changed.\nOrder file/C-1001-F-9001 was placed before; nothing was changed.\n"
    )
    assert (again.out, again.err) == (known, first.err)
    assert grown.out == f"{known}Order file/C-1001-F-9002 is placed.\n"
    assert sorted(await asyncio.to_thread(rows, home, Intake.order)) == [
        ("file/C-1001-77",),
        ("file/C-1001-F-9001",),
        ("file/C-1001-F-9002",),
    ]
    assert await asyncio.to_thread(rows, home, InboxPart.entry, InboxPart.status) == [
        *((1, "done"), (1, "refused"), (1, "done")),
        *((2, "done"), (2, "refused"), (2, "done"), (2, "done")),
    ]


def test_without_a_server_a_file_is_kept_and_the_command_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "good.csv"
    file.write_bytes(csv(("79", "C-1001", "KET-100", 2, *NORD), headings=HEADINGS))
    assert run(["place", str(file)]) == 4
    assert capsys.readouterr().out == f"{file} is kept (inbox 1); it is handed over as soon as the server answers.\n"
    assert rows(home, InboxEntry.channel, InboxEntry.status) == [("desk", "open")]


def test_a_column_map_is_learned_by_a_file_that_it_can_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "nord.csv"
    file.write_bytes(csv(("77", "KET-100", "2", "1.234,5"), headings=("Bestellung", "Ware", "Menge", "Preis"), separator=";"))
    learn = ["columns", "learn", "nord", "--fix", "customer=C-1001", "--decimal", ",", "--try", str(file)]
    assert run(learn) == 3
    assert capsys.readouterr().err.startswith(f"{file}, row 1: no column says item; the headings are 'Bestellung', 'Ware'")
    assert run(["columns", "show", "nord"]) == 3
    assert capsys.readouterr().err == "There is no column map 'nord'.\n"
    assert run([*learn, "-c", "item=Ware"]) == 0
    assert run(["place", str(file), "--columns", "nord", "--dry-run", "--json"]) == 0
    assert run(["columns", "forget", "nord"]) == 0
    assert run(["place", str(file), "--columns", "nord"]) == 3
    assert capsys.readouterr().err == "There is no column map 'nord'.\n"


def test_a_name_of_an_address_stands_for_where_goods_went_before(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "order.yaml"
    file.write_text("customer: C-1001\npo: 7\nship to: kaffeekontor  NORD\nlines:\n  KET-100: 12\n")
    assert run(["place", str(file), "--dry-run", "--json"]) == 3
    [found] = json.loads(capsys.readouterr().out)
    assert found["orders"][0]["refused"].startswith(
        "ship to: nobody knows the address 'kaffeekontor NORD': C-1001 has had no goods sent yet."
    )
    _before(home)
    assert run(["place", str(file), "--dry-run", "--json"]) == 0


def test_the_template_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["place", "--template"]) == 0
    assert "customer: C-1001\n" in capsys.readouterr().out
    assert run(["place"]) == 2


def _before(home: Path) -> None:
    """An order of the customer that went to the address."""
    from database import intake, orders
    from domain.order import Address
    from domain.steps import AcceptOrder
    from tests.starters.orders import NOON, grinder_order

    address = Address(name="Kaffeekontor Nord", street="Speicherstr. 4", city="Hamburg", postcode="20457", country="DE")
    placed: PlaceOrder = grinder_order("6001", ship_to=address)
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    database.run(intake.capture, placed, NOON)
    database.run(orders.accept_order, AcceptOrder(order=placed.key, key="k", at=NOON, placed=placed, price_tolerance=Decimal("0.5")))
    asyncio.run(database.close())


def test_stock_orders_and_what_is_owed_go_to_a_spreadsheet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _before(home)
    assert run(["stock", "KET-100", "--out", str(home / "stock.csv")]) == 0
    assert capsys.readouterr().out == f"3 rows in {home / 'stock.csv'}.\n"
    first = (home / "stock.csv").read_text("utf-8-sig").splitlines()
    assert first[0] == "Item,Location,Bin,On hand,Reserved,Set aside,Available"
    assert first[1].startswith("KET-100,BERLIN,")
    assert run(["list", "--out", str(home / "orders.csv")]) == 0
    assert "manual/6001" in (home / "orders.csv").read_text("utf-8-sig")
    for command in (["ageing"], ["ageing", "--by", "invoice"], ["list"]):
        assert run([*command, "--out", str(home / "owed.xlsx")]) == 0
        assert (home / "owed.xlsx").read_bytes().startswith(b"PK")


QUOTED = (
    "customer: C-1001\npo: Q-PO-1\nlines:\n  KET-100: 12\n"
    "ship to: {name: Nord, street: Am Sand 1, postcode: 20457, city: Hamburg, country: DE}\n"
)


async def test_a_quote_becomes_an_order_once_at_its_prices(
    temporal_server: WorkflowEnvironment, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.client.service_client.config.target_host)
    file = home / "quote.yaml"
    file.write_text(QUOTED)
    assert await asyncio.to_thread(run, ["quote", "make", str(file), "--reserve", "--until", "2099-01-01"]) == 0
    assert "Quote Q-000001 is made for C-1001: 885.36 EUR, valid until 2099-01-01 23:59 UTC, 12 units set aside." in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["quote", "show", "Q-000001", "--pdf", str(home / "q.pdf")]) == 0
    assert (home / "q.pdf").read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    with temporal_server.with_time_skipping_disabled():
        assert await asyncio.to_thread(run, ["quote", "accept", "Q-000001"]) == 0
        assert capsys.readouterr().out == "Quote Q-000001 is accepted: order quote/Q-000001.\n"
        assert await asyncio.to_thread(run, ["quote", "accept", "Q-000001"]) == 0
        assert capsys.readouterr().out == "Quote Q-000001 was accepted before; it is order quote/Q-000001.\n"
    assert await asyncio.to_thread(rows, home, Intake.order) == [("quote/Q-000001",)]
    [(document,)] = await asyncio.to_thread(rows, home, Intake.document)
    assert str(PlaceOrder.model_validate_json(str(document)).total) == "885.36 EUR"
    assert await asyncio.to_thread(run, ["quote", "make", str(file)]) == 3
    assert "it is order quote/Q-000001." in capsys.readouterr().err


def test_a_quote_that_is_accepted_without_a_server_waits_in_the_inbox(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "quote.yaml"
    file.write_text(QUOTED)
    assert run(["quote", "make", str(file)]) == 0
    assert run(["quote", "accept", "Q-000001"]) == 4
    assert "is accepted as order quote/Q-000001, which begins as soon as the server answers." in capsys.readouterr().out
    assert rows(home, InboxEntry.delivery, InboxEntry.status) == [("quote Q-000001", "open")]
    assert run(["audit"]) == 0
    assert run(["quote", "list", "--status", "accepted", "--json"]) == 0


def test_a_quote_is_to_be_e_mailed_as_it_is_made_or_later(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "quote.yaml"
    file.write_text(QUOTED)
    assert run(["quote", "make", str(file), "--email"]) == 0
    assert capsys.readouterr().out.endswith(" UTC, to be e-mailed.\n")
    assert run(["quote", "email", "Q-000001"]) == 0
    assert capsys.readouterr().out.startswith("Quote Q-000001 is e-mailed by the worker within seconds;")
    assert run(["quote", "decline", "Q-000001"]) == 0
    capsys.readouterr()
    assert run(["quote", "email", "Q-000001"]) == 3
    assert "was declined" in capsys.readouterr().err


def test_what_cannot_be_quoted_says_all_that_is_wrong_and_uses_no_number(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "quote.yaml"
    file.write_text(QUOTED.replace("KET-100: 12", "KET-100: 12 at 60.00\n  NOPE: 1"))
    assert run(["quote", "make", str(file)]) == 3
    assert capsys.readouterr().err.startswith(
        f"{file}: C-1001-Q-PO-1 of C-1001 cannot be quoted: line 1: the price is 60.00; contract frame contract 2026/17 says 62.00 EUR; "
        "line 2: nobody knows the item 'NOPE'; line 2: nobody has agreed a price of NOPE in EUR."
    )
    file.write_text(QUOTED)
    assert run(["quote", "make", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["quote"]["quote"] == "Q-000001"
