"""`oms webhook stripe`: one event from a file, with its sentence and its exit code, whether or not a server runs."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import outbox
from database.engine import Database
from database.seed import seed
from integrations.simulated.stripe import StripeAccount
from integrations.simulated.stripe.outside import checkout, sent
from starters.cli.main import run
from tests.database.builders import CATALOGUE, House, order
from tests.fresh import migrated

SECRET = "whsec_tests"
Answer = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one order on terms, and no server."""
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("OMS_STRIPE_WEBHOOK_SECRET", f"whsec_before,{SECRET}")
    migrated(url)

    async def furnish() -> None:
        database = Database(url)
        house = House(database)
        await house(seed, CATALOGUE)
        await house.accept(order())
        await database.close()

    asyncio.run(furnish())
    return tmp_path


@pytest.fixture
def oms(home: Path, capsys: pytest.CaptureFixture[str]) -> Answer:
    def call(*arguments: str) -> tuple[int, Any, str]:
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in arguments and said.out else said.out, said.err

    return call


def page_paid(home: Path, secret: str = SECRET) -> tuple[str, str]:
    """The file and the signature of a payment page that was paid a moment ago."""
    account = StripeAccount()
    checkout(account, "shopify/1001", 10_000)
    body, signature = sent(account.events[-1], secret, int(datetime.now(UTC).timestamp()))
    file = home / "event.json"
    file.write_bytes(body)
    return str(file), signature


def untold(home: Path) -> list[str]:
    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    try:
        return [each.name for each in database.run(outbox.untold)]
    finally:
        asyncio.run(database.close())


def test_an_event_is_taken_once_and_told_when_somebody_listens(home: Path, oms: Answer) -> None:
    file, signature = page_paid(home)
    code, said, _ = oms("webhook", "stripe", file, "--signature", signature)
    assert code == 0
    words = " ".join(said.split())
    assert words.startswith(
        "checkout.session.completed of order shopify/1001 is taken: 100.00 EUR was paid on a page of stripe: told as payment pi_"
    )
    assert words.endswith("Temporal does not answer; the order hears of it as soon as it does.")
    assert untold(home) == ["payment_received"]
    code, again, _ = oms("webhook", "stripe", file, "--signature", signature, "--json")
    assert (code, again["repeated"], again["told"], again["order"]) == (0, True, 0, "shopify/1001")
    assert untold(home) == ["payment_received"]


def test_an_event_that_comes_before_its_order_waits_for_it_as_at_the_door(home: Path, oms: Answer) -> None:
    account = StripeAccount()
    checkout(account, "shopify/1002", 10_000)
    body, signature = sent(account.events[-1], SECRET, int(datetime.now(UTC).timestamp()))
    (home / "early.json").write_bytes(body)
    code, said, _ = oms("webhook", "stripe", str(home / "early.json"), "--signature", signature)
    assert code == 0
    assert "There is no order shopify/1002 yet. It is set against the books when the order comes." in " ".join(said.split())
    assert (untold(home), oms("webhook", "list")[1].strip()) == ([], "No event was taken yet.")
    [entry] = oms("inbox", "--json")[1]["entries"]
    assert (entry["channel"], entry["status"], entry["parts"][0]["status"]) == ("stripe", "waiting", "parked")


def test_an_event_may_come_through_a_pipe(home: Path, oms: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    file, signature = page_paid(home)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(Path(file).read_bytes())))
    code, said, _ = oms("webhook", "stripe", "-", "--signature", signature, "--json")
    unheard = "Temporal does not answer; the order hears of it as soon as it does."
    assert (code, said["name"], said["told"], said["unheard"]) == (0, "checkout.session.completed", 1, unheard)


def test_events_are_listed_with_what_their_orders_have_not_heard(home: Path, oms: Answer) -> None:
    assert oms("webhook", "list")[1].strip() == "No event was taken yet."
    file, signature = page_paid(home)
    oms("webhook", "stripe", file, "--signature", signature)
    [event] = oms("webhook", "list", "--json")[1]
    assert (event["name"], event["order"], event["heard"]) == ("checkout.session.completed", "shopify/1001", "not yet")
    assert oms("webhook", "list", "--unheard")[1].strip() == "No event is unheard."

    def refuse(session: Session) -> None:
        outbox.told(session, f"stripe/{event['event']}", datetime.now(UTC), "Order shopify/1001 is closed, the message came too late.")

    database = Database(f"sqlite:///{home / 'holdfast.db'}")
    database.run(refuse)
    asyncio.run(database.close())
    code, said, _ = oms("webhook", "list", "--unheard")
    assert code == 0
    assert "Order shopify/1001 is closed, the message came" in " ".join(said.split())


def test_what_stripe_did_not_sign_is_refused_and_leaves_nothing(home: Path, oms: Answer) -> None:
    file, signature = page_paid(home, "whsec_of_somebody_else")
    assert oms("webhook", "stripe", file, "--signature", signature) == (
        3,
        "",
        "The signature does not match any webhook secret of ours: the event was not taken.\n",
    )
    assert untold(home) == []
    code, _, said = oms("webhook", "stripe", str(home / "nowhere.json"), "--signature", signature)
    assert code == 3
    assert said.endswith("nowhere.json: No such file or directory.\n")
