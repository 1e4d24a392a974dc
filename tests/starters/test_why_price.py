"""`oms why-price`: the samples' catalogue, an order of our own people without prices, and what the command says about it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from database import intake, orders
from database.engine import read_url, sqlite_engine
from domain.money import Money
from domain.order import Address, OrderLine
from domain.steps import Accepted, AcceptOrder
from starters.cli.main import run
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order

HAMBURG = Address(name="Kaffeekontor Nord", street="Speicherstr. 4", city="Hamburg", postcode="20457", country="DE")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with the samples' catalogue and no server."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    return tmp_path


def desk_line(number: int, item: str, quantity: int) -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, discount=Money.zero("EUR"))


def accepted(home: Path, *lines: OrderLine) -> Accepted:
    """An order of C-1001 in which these lines leave their prices to us."""
    placed = grinder_order("D-1", lines=lines, ship_to=HAMBURG, placed_at=NOON - timedelta(days=1))
    accept = AcceptOrder(order=placed.key, key=f"{placed.key}/accept", at=NOON, placed=placed, price_tolerance=Decimal("0.02"))
    engine = sqlite_engine(read_url(f"sqlite:///{home / 'holdfast.db'}"))
    with Session(engine) as session, session.begin():
        intake.capture(session, placed, NOON)
        answer = orders.accept_order(session, accept)
    engine.dispose()
    return answer


def test_it_names_every_rule_and_why_the_others_did_not_count(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accepted(home, desk_line(1, "KET-100", 12), desk_line(2, "FLT-100", 120), desk_line(3, "CLN-900", 24)).findings == ()
    assert run(["why-price", "manual/D-1"]) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert said[0] == "manual/D-1 line 1, 12 x KET-100: 62.00 EUR a unit"
    for words in (
        "contract frame contract 2026/17 62.00 from 12 units",
        "not price list TRADE-EUR a contract goes before",
        "quantity break filters by the carton 4.96 4.89 from 40 units",
        "promotion clean machines 11.92 11.324 5.00% off",
        "Surcharge 4.50 EUR: Hazardous goods.",
        "Taxes MwSt 19.0 % 141.36 EUR.",
        "Margin 23.5 %: 744.00 EUR for what costs 568.80 EUR; at least 12.0 % is asked (least margin of the house).",
    ):
        assert words in said


def test_a_program_reads_the_steps_of_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accepted(home, desk_line(1, "KET-100", 12), desk_line(2, "FLT-100", 1))
    assert run(["why-price", "manual/D-1", "1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert [(step["rule"], step["after"]) for step in found["steps"]] == [("contract frame contract 2026/17", "62.00")]
    assert (found["charged"], found["margin_rate"]) == ("62.00", "0.235484")
    assert found["taxes"][0]["amount"] == {"minor": 14136, "currency": "EUR"}


def test_a_small_order_of_little_margin_is_asked_about(home: Path) -> None:
    low = desk_line(1, "FLT-100", 5).model_copy(update={"discount": Money(minor=700, currency="EUR")})
    answer = accepted(home, low)
    assert answer.priced is not None
    assert [charge.title for charge in answer.priced.surcharges] == ["Small order"]
    assert [finding.reason for finding in answer.findings] == [
        "the margin is -4.5 %, at least 12.0 % is asked (least margin of the house): 17.80 EUR for what costs 18.60 EUR"
    ]


def test_what_is_not_there_is_said_in_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accepted(home, desk_line(1, "KET-100", 12))
    assert run(["why-price", "manual/D-1", "9"]) == 3
    assert capsys.readouterr().err == "There is no derived price of 'manual/D-1 line 9'.\n"
    assert run(["why-price", "manual/404"]) == 3
