"""Papers, e-invoices and terms on the terminal: a file and a sentence, JSON for programs, and a sentence for whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import intake, orders
from database.engine import Database
from domain.order import Address
from domain.steps import AcceptOrder
from starters.cli.main import run
from tests.database.builders import step
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order

HAMBURG = Address(name="Kaffeekontor Nord", street="Speicherstr. 4", city="Hamburg", postcode="20457", country="DE")
ORDER = "manual/7001"


def accepted(session: Session) -> None:
    placed = grinder_order(quantity=3, ship_to=HAMBURG)
    intake.capture(session, placed, NOON)
    orders.accept_order(session, AcceptOrder(**step("accept", ORDER), placed=placed, price_tolerance=Decimal(1), waived=True))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An installation without a server, where an order was accepted."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    database = Database(f"sqlite:///{tmp_path / 'holdfast.db'}")
    database.run(accepted)
    yield database
    asyncio.run(database.close())


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """The JSON answer, or the sentence of a refusal."""
    assert run(arguments) == code
    written = capsys.readouterr()
    return written.err.strip() if code else json.loads(written.out)


def test_a_proforma_is_a_file_before_anything_has_shipped(desk: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "paper", ORDER, "--json") == {"papers": ["proforma"]}
    written = asked(capsys, "paper", ORDER, "proforma", "--json")
    assert (tmp_path / "proforma.pdf").read_bytes().startswith(b"%PDF")
    assert written["bytes"] == (tmp_path / "proforma.pdf").stat().st_size


def test_only_invoices_and_credit_notes_have_a_structured_form(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    refused = asked(capsys, "paper", ORDER, "proforma", "--format", "cii", code=3)
    assert refused == f"Order {ORDER} has no invoice or credit note 'proforma': only those have a structured form."
    assert run(["paper", ORDER, "proforma", "--format", "edifact"]) == 2


def test_terms_say_what_an_invoice_would_say(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    answer = asked(capsys, "terms", "2-10-net30", "--total", "1190", "--on", "2026-01-31", "--json")
    assert [(part["due_at"][:10], part["amount"]["minor"]) for part in answer["instalments"]] == [("2026-03-02", 119_000)]
    assert answer["sentences"] == ["Paid by 10 February 2026, 2 % discount: 1,166.20 EUR settles this invoice."]
    codes = [terms["code"] for terms in asked(capsys, "terms", "--json")]
    assert codes[:4] == ["prepaid", "net14", "net30", "net60"]
    assert run(["terms"]) == 0
    assert "30 % deposit before supply" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["terms", "never"], 3, "There are no payment terms 'never'; `oms terms` lists them."),
        (["terms", "net30", "--on", "yesterday"], 3, "--on: 'yesterday' is not a date such as 2026-12-01"),
        (["terms", "net30", "--currency", "XYZ"], 3, "--currency: there is no currency 'XYZ'"),
        (["invoice-run", "--until", "soon"], 3, "--until: 'soon' is not a date such as 2026-12-01"),
        (["invoice-run", "--daily", "--customer", "C-1001"], 3, "invoice-run: --daily and --stop stand alone"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    desk: Database, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, sentence: str
) -> None:
    assert run(arguments) == code
    assert sentence in capsys.readouterr().err
