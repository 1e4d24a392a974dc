"""`oms reminder`, `oms dunning-hold`, `oms ageing`, `oms dso`, `oms statement` and `oms finance-charges` on a running house."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from database.finance_charges import write_charge_terms
from database.tables import Customer, StaffRole
from domain.finance_charges import FinanceChargeTerms
from domain.lifecycle import Wait
from starters.cli import frame
from tests.workflows.lives import delivered, money
from tests.workflows.shop import Shop
from tests.workflows.test_reminder_terms import QUICKLY, customer
from tests.workflows.test_supply_commands import Terminal


@pytest.fixture
def oms(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("TEMPORAL_ADDRESS", shop.client.service_client.config.target_host)
    monkeypatch.setenv("OMS_DATABASE_URL", shop.url)
    return Terminal(capsys)


def on(days: float) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


async def test_a_reminder_is_listed_printed_and_cancelled_by_a_credit_controller(shop: Shop, oms: Terminal, tmp_path: Path) -> None:
    await customer(shop, "C-DESK", QUICKLY, email="")
    living = await delivered(shop, customer="C-DESK")
    await living.pass_time(31.1)
    document = (await living.when(lambda s: s.invoices[0].reminders == 1)).invoices[0].issued[0].document
    (listed,) = await oms.json("reminder", "list", "--customer", "C-DESK", "--to-print")
    assert (listed["document"], listed["total"]["minor"], [line["state"] for line in listed["lines"]]) == (document, 4_600, ["booked"])
    assert "to print" in (await oms("reminder", "list", "--customer", "C-DESK"))[1]
    paper = tmp_path / "letter.pdf"
    assert await oms("reminder", "print", document, "--out", str(paper)) == (0, f"Wrote {paper}.")
    assert paper.read_bytes().startswith(b"%PDF")
    assert await oms("reminder", "list", "--customer", "C-DESK", "--to-print") == (0, "Nothing waits to be printed.")
    assert await oms("reminder", "print", "REM-999999") == (3, "There is no reminder 'REM-999999'.")

    cancel = ("reminder", "cancel", document, "--reason", "it crossed")
    code, said = await oms(*cancel)
    assert code == 3
    assert "Only a credit controller cancels a reminder." in said

    def appoint(session: Session) -> None:
        session.merge(StaffRole(actor=frame.actor(), role="credit_controller"))

    await shop.database.transaction(appoint)
    assert await oms(*cancel) == (0, f"Order {living.key}, invoice 1: its cancellation is recorded.")
    await living.when(lambda s: s.invoices[0].reminders == 0)
    assert (await money(living))["fees"] == 0
    code, said = await oms(*cancel)
    assert (code, said) == (3, f"There is no reminder that stands '{document}'.")
    await living.pay(4_000)
    await living.ended()


async def test_one_invoice_is_put_on_hold_and_let_go(shop: Shop, oms: Terminal) -> None:
    await customer(shop, "C-PAUSE", QUICKLY)
    living = await delivered(shop, customer="C-PAUSE")
    assert (await oms("dunning-hold", living.key, "1"))[0] == 3
    code, said = await oms("dunning-hold", living.key, "1", "--until", on(50), "--reason", "they moved")
    assert code == 0, said
    await living.until(Wait.DUNNING_HOLD)
    assert (await oms("dunning-hold", living.key, "1", "--lift"))[0] == 0
    await living.until(Wait.PAYMENT)
    code, said = await oms("dunning-hold", living.key, "1", "--lift")
    assert (code, "are not on hold" in said) == (3, True)
    await living.pay(4_000)
    await living.close()


async def test_terms_are_set_up_from_a_file_and_given_to_a_customer(shop: Shop, oms: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    file.write_text(
        json.dumps({"code": "SOFT", "description": "For friends", "levels": [{"level": 1, "grace_days": 9, "fee": {"fixed": "2"}}]})
    )
    await customer(shop, "C-SOFT", QUICKLY)
    (shown,) = await oms.json("reminder", "terms", "SOFT", "--set", str(file), "--give", "C-SOFT")
    assert shown["levels"][0]["grace_days"] == 9
    assert "For friends" in (await oms("reminder", "terms", "SOFT"))[1]
    file.write_text('{"code": "SOFT", "levels": [{"level": 1, "due_in": "soon"}]}')
    code, said = await oms("reminder", "terms", "--set", str(file))
    assert (code, "levels.0.due_in" in said, "is not a date formula" in said) == (3, True, True)
    file.write_text("{")
    assert (await oms("reminder", "terms", "--set", str(file)))[0] == 3
    assert await oms("reminder", "terms", "NONE") == (3, "There is no set of reminder terms 'NONE'.")


async def test_the_books_of_a_customer_on_the_terminal(shop: Shop, oms: Terminal, tmp_path: Path) -> None:
    await customer(shop, "C-BOOK", QUICKLY, language="fr")

    def agree(session: Session) -> None:
        terms = {"code": "BY-DAY", "method": "average_daily_balance", "rates": [{"from_date": "2020-01-01", "percent": "3", "period": 30}]}
        write_charge_terms(session, FinanceChargeTerms.model_validate(terms))
        session.get_one(Customer, "C-BOOK").finance_charge_terms = "BY-DAY"

    await shop.database.transaction(agree)
    living = await delivered(shop, customer="C-BOOK")
    (row,) = await oms.json("ageing", "--customer", "C-BOOK", "--at", on(70))
    assert (row["buckets"]["31-60"], row["overdue"], row["total"]) == (4_000, 4_000, 4_000)
    (invoice,) = await oms.json("ageing", "--by", "invoice", "--customer", "C-BOOK", "--at", on(1))
    assert invoice["bucket"] == "not_due"
    code, said = await oms("ageing", "--at", on(70))
    assert (code, "C-BOOK" in said, "All" in said) == (0, True, True)
    assert (await oms("ageing", "--by", "moon"))[0] == 3
    (figures,) = [each for each in await oms.json("dso", "--days", "30", "--at", on(1)) if each["currency"] == "EUR"]
    assert figures["sales"] >= 4_000
    assert "Best possible DSO" in (await oms("dso", "--at", on(1)))[1]
    (paper,) = await oms.json("statement", "C-BOOK", "--until", on(1), "--pdf", str(tmp_path))
    assert (paper["opening"], paper["closing"], [each["kind"] for each in paper["lines"]]) == (0, 4_000, ["invoice"])
    assert (tmp_path / "statement-C-BOOK-EUR.pdf").read_bytes().startswith(b"%PDF")
    assert "closing balance" in (await oms("statement", "C-BOOK", "--until", on(1)))[1]
    assert (await oms("statement", "C-NOBODY"))[0] == 3
    assert (await oms("finance-charges", "--dry-run", "--customer", "C-BOOK"))[1].startswith("Nothing is to be charged until ")
    code, said = await oms("finance-charges", "--until", on(9))
    assert (code, "is not over yet: only whole days are charged" in said) == (3, True)
    assert (await oms("finance-charges", "--customer", "C-NOBODY"))[0] == 3
    await living.pay(4_000)
    await living.close()


async def test_finance_charges_are_written_once_by_a_workflow(shop: Shop, oms: Terminal) -> None:
    """An invoice that was due forty days ago: 40.00 at 3 % in thirty days until yesterday."""
    from sqlalchemy import update

    from database.tables import Invoice, ReceivableEntry

    await customer(shop, "C-LATE", QUICKLY)
    living = await delivered(shop, customer="C-LATE")

    def long_ago(session: Session) -> None:
        terms = {"code": "BY-DAY", "method": "average_daily_balance", "rates": [{"from_date": "2020-01-01", "percent": "3", "period": 30}]}
        write_charge_terms(session, FinanceChargeTerms.model_validate(terms))
        session.get_one(Customer, "C-LATE").finance_charge_terms = "BY-DAY"
        then = datetime.now(UTC) - timedelta(days=31)
        session.execute(update(Invoice).where(Invoice.order == living.key).values(due_at=then, issued_at=then))
        session.execute(update(ReceivableEntry).where(ReceivableEntry.order == living.key).values(at=then))

    await shop.database.transaction(long_ago)
    tried = await oms.json("finance-charges", "--dry-run", "--customer", "C-LATE")
    assert [each["total"]["minor"] for each in tried] == [120]
    code, said = await oms("finance-charges", "--customer", "C-LATE")
    assert (code, said.splitlines()[0]) == (0, f"1 finance charge written until {on(-1)}.")
    assert (await oms("finance-charges", "--customer", "C-LATE"))[1] == f"Nothing is to be charged until {on(-1)}."
    (row,) = await oms.json("ageing", "--customer", "C-LATE")
    assert row["on_account"] == 120
    assert (await oms("finance-charges", "--monthly", "3"))[1] == "Finance charges are written on day 3 of every month."
    assert (await oms("finance-charges", "--monthly", "4"))[0] == 3
    assert await oms("finance-charges", "--stop") == (0, "The schedule has ended.")
    assert await oms("finance-charges", "--stop") == (0, "There was no schedule.")
    await living.pay(4_000)
    await living.close()
