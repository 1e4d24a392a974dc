"""`oms bank`, `oms cash` and `oms account`: what was paid, what is left to a person, and a sentence for whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from database.engine import Database
from database.seed import seed
from database.tables import OutboxFact, Refusal
from domain.bank import BankEntry, Statement
from domain.money import Money
from integrations.simulated.statements import camt053, mt940
from starters.cli.main import run
from tests.database.builders import CATALOGUE, House
from tests.fresh import migrated

MONDAY = date(2026, 11, 23)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without a server, with INV-000001 of 100.00 EUR and INV-000002 of 50.00 EUR, both of C-1."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)

    async def furnish() -> None:
        from tests.database.test_cash_application import invoiced

        await database.transaction(seed, CATALOGUE)
        house = House(database)
        await invoiced(house, "1")
        await invoiced(house, "2", units=1)
        await database.close()

    asyncio.run(furnish())
    return tmp_path


def entry(minor: int, text: str, **changes: Any) -> BankEntry:
    fields: dict[str, Any] = {"amount": Money(minor=minor, currency="EUR"), "credit": True, "booked_on": MONDAY, "value_on": MONDAY}
    return BankEntry(**fields | {"text": text, "bank_reference": f"REF{minor}"} | changes)


def statement(*entries: BankEntry, name: str = "231") -> Statement:
    return Statement(
        account="DE02120300000000202051",
        statement=name,
        sequence=name,
        form="MT940",
        currency="EUR",
        opening=Money.zero("EUR"),
        closing=Money(minor=sum(each.signed for each in entries), currency="EUR"),
        entries=entries,
    )


def file(home: Path, *entries: BankEntry, name: str = "231.xml") -> str:
    told = statement(*entries, name=name.partition(".")[0])
    path = home / name
    path.write_bytes(mt940(told, on=MONDAY) if name.endswith(".sta") else camt053(told, on=MONDAY))
    return str(path)


def rows(home: Path, *columns: object) -> list[tuple[object, ...]]:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        return [tuple(row) for row in database.run(lambda session: session.execute(select(*columns)).all())]  # type: ignore[call-overload]  # any columns
    finally:
        asyncio.run(database.close())


def answered(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_statement_is_applied_without_a_server_and_its_orders_are_told_later(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bank", file(home, entry(10_000, "INV 1"), entry(4_711, "who is this"))]) == 0
    said = capsys.readouterr().out
    assert "B-000001" in said
    assert "INV-000001 100.00 EUR" in said
    assert "1 matched, 1 queued" in said
    assert "Everything is booked; the orders are told as soon as a worker runs (`oms worker`)." in said
    assert rows(home, OutboxFact.message_id, OutboxFact.told_at) == [("cash/B-000001/1", None)]


def test_reading_it_again_in_any_form_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paid = entry(10_000, "INV 1")
    assert run(["bank", file(home, paid), file(home, paid, name="231.sta"), "--json"]) == 0
    first, second = answered(capsys)["statements"]
    assert (first["form"], second["form"]) == ("camt.053.001.08", "MT940")
    assert [each["entries"][0]["entry"] for each in (first, second)] == [1, 1]
    assert [each["entries"][0]["known"] for each in (first, second)] == [False, True]
    assert len(rows(home, OutboxFact.message_id)) == 1


def test_a_file_that_cannot_be_read_is_recorded_and_the_others_are_applied(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = home / "broken.xml"
    broken.write_text("<Document")
    assert run(["bank", str(broken), file(home, entry(10_000, "INV 1"))]) == 3
    said = capsys.readouterr()
    assert said.err.startswith("broken.xml, the document: it is not XML that can be read: ")
    assert said.err.count("\n") == 1
    assert "INV-000001 100.00 EUR" in said.out
    assert [row[0] for row in rows(home, Refusal.source)] == ["file broken.xml"]


def test_a_file_that_is_not_there_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bank", str(home / "none.xml")]) == 3
    assert capsys.readouterr().err == f"{home / 'none.xml'}: it cannot be read (No such file or directory)\n"


def test_the_queue_is_listed_with_its_candidates_and_decided(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["bank", file(home, entry(10_000, "coffee"), entry(4_900, "more coffee"), entry(300, "?"), entry(200, "!"))])
    capsys.readouterr()
    assert run(["cash", "list"]) == 0
    said = capsys.readouterr().out
    assert "it names no invoice and no order of ours, and nobody knows the payer" in said
    assert "INV-000001" in said
    assert "of this amount" in said
    assert "oms cash match ENTRY INVOICE=AMOUNT" in said

    assert run(["cash", "match", "B-000001", "INV-000001=100.00", "--json"]) == 0
    assert [part["document"] for part in answered(capsys)["parts"]] == ["INV-000001"]
    assert run(["cash", "match", "2", "inv-000002=49", "--reason", "bank_charges"]) == 0
    assert "bank charges" in capsys.readouterr().out
    assert run(["cash", "account", "b3", "C-1"]) == 0
    assert run(["cash", "ignore", "4", "--reason", "interest"]) == 0
    capsys.readouterr()
    assert run(["cash", "list"]) == 0
    assert capsys.readouterr().out == "The queue is empty: every payment is applied.\n"
    assert run(["cash", "undo", "1", "--reason", "not theirs"]) == 0
    assert "queued" in capsys.readouterr().out
    assert run(["cash", "show", "1"]) == 0
    assert "matched wrongly: not theirs" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["match", "X", "INV-000001=1"], "ENTRY: 'X' is not the number of an entry, such as B-000017"),
        (["match", "9", "INV-000001=1"], "There is no bank entry 'B-000009'."),
        (["match", "1", "INV-000001"], "INVOICE=AMOUNT: 'INV-000001' does not read INVOICE=AMOUNT, such as INV-000042=119.00"),
        (["match", "1", "INV-000001=1.234"], "INV-000001: 1.234 has more digits after the point than EUR has"),
        (["match", "1", "INV-000001=1", "INV-000001=2"], "INVOICE=AMOUNT: INV-000001 is named twice"),
        (["match", "1", "INV-000001=1", "--reason", "mood"], "--reason: 'mood' is not one of rounding, early_discount, bank_charges, "),
        (["match", "1", "INV-000001=7"], "B-000001 is 7.77 EUR: 0.77 EUR of it are left."),
        (["list", "--status", "odd"], "--status: 'odd' is not one of queued, matched, "),
        (["account", "1", "C-9"], "There is no customer 'C-9'."),
    ],
)
def test_what_the_queue_does_not_take_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    run(["bank", file(home, entry(777, "?"))])
    capsys.readouterr()
    assert run(["cash", *arguments]) == 3
    said = capsys.readouterr()
    assert said.err.startswith(sentence)
    assert said.err.count("\n") == 1
    assert rows(home, OutboxFact.message_id) == []


def test_an_account_is_shown_used_and_paid_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["bank", file(home, entry(18_000, "INV 1"))])
    capsys.readouterr()
    assert run(["account", "C-1"]) == 0
    said = capsys.readouterr().out
    assert "On account: 80.00 EUR" in said
    assert "Kaffeekontor Nord" in said
    assert run(["account-apply", "C-1", "INV-000002", "20"]) == 0
    assert capsys.readouterr().out.endswith("20.00 EUR are applied to INV-000002 as payment A-000001; 60.00 EUR are left on account.\n")
    assert run(["account-apply", "C-1", "INV-000002", "--json"]) == 0
    assert answered(capsys)["amount"] == {"minor": 3_000, "currency": "EUR"}
    for _ in range(2):
        assert run(["account-refund", "C-1", "30.00", "--reference", "TRF-1", "--json"]) == 0
        assert answered(capsys)["left"] == {"minor": 0, "currency": "EUR"}
    assert run(["account-refund", "C-1", "1.00", "--reference", "TRF-2"]) == 3
    assert capsys.readouterr().err == "C-1 has 0 minor units of EUR on account, not 100.\n"
    assert run(["account-refund", "C-2", "1.00", "--reference", "TRF-2"]) == 3
    assert capsys.readouterr().err == "--currency: C-2 has nothing on account: say which currency\n"
    assert run(["account", "C-9"]) == 3
    assert run(["account", "C-1", "--json"]) == 0
    assert [each["kind"] for each in answered(capsys)["lines"]] == ["received", "applied", "applied", "paid_back"]
