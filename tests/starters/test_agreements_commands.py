"""`oms price` and `oms tax`, as a pricing manager types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from starters.cli import frame
from starters.cli.main import run
from tests.fresh import furnished


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def entitled(*roles: str) -> None:
    assert run(["roles", frame.actor(), *(word for role in roles for word in ("--grant", role))]) == 0


@pytest.mark.usefixtures("home")
def test_a_contract_is_agreed_listed_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["price", "set", "contract", "K-2", "--customer", "C-1001", "--item", "GRD-200", "--price", "199.00", "--currency", "EUR"]
    assert run([*words, "--reason", "talk"]) == 3
    assert "This takes the role pricing or finance_manager" in capsys.readouterr().err
    entitled("pricing")
    assert run(words) == 3
    assert "Say why" in capsys.readouterr().err
    assert run([*words, "--reason", "yearly talk", "--from", "2026-01-01"]) == 0
    assert "Agreed: K-2." in said(capsys)
    assert run(["price", "list", "--customer", "C-1001", "--item", "GRD-200", "--kind", "contract", "--on", "2026-11-26"]) == 0
    assert "contract K-2 C-1001 GRD-200 199.00 EUR 2026-01-01" in said(capsys)
    assert run(["price", "end", "K-2", "--on", "2031-01-31", "--reason", "they left"]) == 0
    assert "K-2 ends on 2031-01-31." in said(capsys)
    assert run(["price", "history", "K-2", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert [(line["what"].split(",")[0], line["reason"]) for line in lines] == [
        ("ends on 2031-01-31", "they left"),
        ("agreed: contract", "yearly talk"),
    ]


def test_a_file_is_taken_whole_or_not_at_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entitled("pricing")
    wrong = home / "wrong.csv"
    wrong.write_text("kind,id,item,percent,price_list,min_quantity\nbreak,B-1,FLT-100,5%,TRADE-EUR,80\nbreak,B-2,FLT-100,,TRADE-EUR,90\n")
    assert run(["price", "import", str(wrong), "--reason", "2027"]) == 3
    assert "line 3: " in (error := capsys.readouterr().err)
    assert "a price or a percent" in error
    right = home / "right.csv"
    right.write_text(
        "kind,id,item,percent,price_list,min_quantity\nbreak,B-1,FLT-100,5%,TRADE-EUR,80\nbreak,B-2,FLT-100,7.5%,TRADE-EUR,90\n"
    )
    for expected in ("Agreed: B-1, B-2.", "2 stood already, word for word."):
        assert run(["price", "import", str(right), "--reason", "2027"]) == 0
        assert expected in said(capsys)
    assert run(["price", "list", "--item", "FLT-100", "--kind", "break"]) == 0
    assert "7.5 % off, from 90 units, on TRADE-EUR" in said(capsys)


@pytest.mark.usefixtures("home")
def test_a_tax_rate_changes_on_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    entitled("finance_manager")
    assert run(["tax", "set", "DE", "MwSt", "20%", "--from", "2031-01-01", "--reason", "new law"]) == 0
    assert run(["tax", "list", "DE", "--all"]) == 0
    shown = said(capsys)
    assert "DE standard MwSt 19 % 1. 2030-12-31" in shown
    assert "DE standard MwSt 20 % 1. 2031-01-01" in shown
    assert run(["tax", "set", "de", "MwSt", "20%", "--from", "2031-01-01", "--reason", "x"]) == 3
    assert "country" in capsys.readouterr().err
    assert run(["tax", "end", "DE", "MwSt", "--on", "2032-12-31", "--reason", "abolished"]) == 0
    assert run(["tax", "list", "DE", "--on", "2033-01-01"]) == 0
    assert "MwSt 20 %" not in said(capsys)


@pytest.mark.usefixtures("home")
def test_a_list_price_is_shown_and_set(capsys: pytest.CaptureFixture[str]) -> None:
    entitled("pricing")
    assert run(["price", "item", "TRADE-EUR", "KET-100", "66", "--reason", "steel is dearer"]) == 0
    assert run(["price", "item", "TRADE-EUR", "KET-100"]) == 0
    assert "TRADE-EUR KET-100 66.00" in said(capsys)
    assert run(["price", "item", "TRADE-EUR", "KET-100", "68", "--from", "2033-01-01", "--reason", "steel again"]) == 0
    assert "KET-100 costs 68 on TRADE-EUR from 2033-01-01 on." in said(capsys)
    assert run(["price", "item", "TRADE-EUR", "KET-100"]) == 0
    assert "TRADE-EUR KET-100 66.00 TRADE-EUR KET-100 68.00 2033-01-01" in said(capsys)
    assert run(["price", "item", "TRADE-EUR", "KET-100", "--withdraw", "2033-01-01", "--reason", "no"]) == 0
    assert run(["price", "item", "TRADE-EUR", "TEAPOT", "66", "--reason", "x"]) == 3
    assert run(["price", "history", "KET-100"]) == 0
    assert "66.00 EUR instead of" in said(capsys)
