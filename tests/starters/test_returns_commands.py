"""`oms claims`, `oms claim`, `oms held`, and what `oms stock` says of held goods: for people and for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import debts, held, intake, orders
from database.engine import Database
from domain.money import Money
from domain.steps import AcceptOrder
from starters.cli.main import run
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order

ORDER = grinder_order("7001")


def lost_and_held(session: Session) -> None:
    """A claim on a carrier for 249.00, and two kettles in quarantine."""
    intake.capture(session, ORDER, NOON)
    about: dict[str, Any] = {"order": ORDER.key, "key": f"{ORDER.key}/accept/1", "at": NOON}
    orders.accept_order(session, AcceptOrder(**about, placed=ORDER, price_tolerance=Decimal(1), waived=True))
    worth = Money(minor=24_900, currency=ORDER.currency)
    debts.open_claim(session, "claim/1", "carrier", "UPS", ORDER.key, worth, "shipment 1 was lost", NOON, shipment=1)
    held.hold(session, "KET-100", "BERLIN", 2, "quarantine", "returned", "held/1", NOON, order=ORDER.key, reason="RMA-000001")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    _do(tmp_path, lost_and_held)
    return tmp_path


def _do(home: Path, work: Callable[[Session], None]) -> None:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        database.run(work)
    finally:
        asyncio.run(database.close())


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_claim_is_listed_filed_and_paid(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["claims"]) == 0
    assert "UPS open 249.00 EUR" in said(capsys)
    assert run(["claim", "file", "1", "CL-77", "--evidence", "photos"]) == 0
    assert said(capsys).startswith("Claim 1 on UPS for 249.00 EUR is filed until ")
    assert run(["claim", "pay", "1", "200"]) == 0
    assert said(capsys) == "Claim 1 on UPS for 200.00 EUR of 249.00 EUR is paid."
    assert run(["claims"]) == 0
    assert said(capsys) == "No claim is open; --all shows those that ended."
    assert run(["claims", "--all", "--order", "7001", "--json"]) == 0
    (claim,) = json.loads(capsys.readouterr().out)
    assert (claim["status"], claim["reference"], claim["paid"]["minor"]) == ("paid", "CL-77", 20_000)


def test_a_refused_claim_says_why_and_what_makes_no_sense_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["claim", "accept", "1"]) == 3
    assert capsys.readouterr().err.strip() == "Claim 1 is open; it cannot become accepted, only filed, refused."
    assert run(["claim", "refuse", "1", "--note", "not insured"]) == 0
    assert said(capsys) == "Claim 1 on UPS for 249.00 EUR is refused."
    assert run(["claim", "pay", "1", "much"]) == 3
    assert capsys.readouterr().err.strip() == "AMOUNT: 'much' is not an amount"
    assert run(["claim", "file", "9", "X"]) == 3
    assert capsys.readouterr().err.strip() == "There is no claim '9'."


def test_held_goods_are_listed_beside_the_stock_and_freed_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["held"]) == 0
    assert "KET-100 BERLIN quarantine 2 RMA-000001" in said(capsys)
    assert run(["stock", "KET-100"]) == 0
    assert "Held, and for nobody until `oms held free`" in said(capsys)
    for _ in range(2):
        assert run(["held", "free", "KET-100", "BERLIN", "1", "--key", "free/1"]) == 0
        assert said(capsys) == "1 of KET-100 are in stock at BERLIN."
    assert run(["held", "scrap", "KET-100", "BERLIN", "2"]) == 3
    assert capsys.readouterr().err.strip() == "1 of KET-100 are in quarantine at BERLIN, not 2."
    assert run(["held", "scrap", "KET-100", "BERLIN", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scrapped"] == 1
    assert run(["held"]) == 0
    assert said(capsys) == "Nothing is held."
    assert run(["audit"]) == 0
