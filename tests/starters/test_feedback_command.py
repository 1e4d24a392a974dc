"""`oms feedback`: a person sees what shops were told, what they would not take, and where they differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from database import feedback, feedback_looks
from database.engine import Database
from database.seed import seed
from domain.feedback import Feed, FindFeedback
from integrations.simulated.shops import ShopifyShop, ShopServer
from starters.cli.main import REFUSED, run
from tests.database import builders
from tests.fresh import migrated

NORD = Feed(shop="nord", channel="shopify", locations={"BERLIN": "1", "LYON": "2"})


@pytest.fixture
def nord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopifyShop]:
    """A shop that sold two orders of which we shipped one, and that was told nothing yet; and the settings that know it."""
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)

    async def furnish() -> None:
        await database.transaction(seed, builders.CATALOGUE)
        await builders.House(database).shipped_order("1001", builders.line(1, "KETTLE", 2))
        at = datetime.now(UTC)
        looked = await database.read(feedback_looks.look, NORD, builders.NOW, ["KETTLE"])
        await database.transaction(feedback_looks.write_down, "nord", looked, at)
        found = await database.read(feedback.find, FindFeedback(shop="nord", at=at))
        [shipment] = [each for each in found.tellings if each.kind == "shipment"]
        [piece] = await database.read(feedback.due, shipment.entries)
        await database.transaction(feedback.was_refused, piece, "nord has no order 1001.")
        await database.close()

    asyncio.run(furnish())
    shop = ShopifyShop()
    shop.stock("KETTLE", "1", 8)
    shop.stock("KETTLE", "2", 9)
    with ShopServer(shop) as server:
        shops = tmp_path / "shops.toml"
        shops.write_text(
            f'[nord]\nkind = "shopify"\nwebhook_secrets = ["s"]\naddress = "{server.address}"\naccess_token = "shpat_double"\n'
            'locations = { BERLIN = "1", LYON = "2" }\n'
        )
        monkeypatch.setenv("OMS_DATABASE_URL", url)
        monkeypatch.setenv("OMS_SHOPS", str(shops))
        monkeypatch.setenv("OMS_HOME", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "160")
        yield shop


def test_the_list_says_how_much_a_shop_was_told_and_why_it_would_not_take_the_rest(
    nord: ShopifyShop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["feedback", "list"]) == 0
    said = capsys.readouterr().out
    assert "nord has no order 1001." in said
    assert "oms feedback retry NUMBER" in said
    assert run(["feedback", "list", "--status", "refused", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(each["subject"], each["status"]) for each in answer["feedback"]] == [("shopify/1001#1/TRACK-1001-1-1", "refused")]
    assert {(each["kind"], each["status"], each["count"]) for each in answer["totals"]} == {("shipment", "refused", 1), ("stock", "due", 2)}


def test_one_piece_shows_what_the_shop_should_know(nord: ShopifyShop, capsys: pytest.CaptureFixture[str]) -> None:
    run(["feedback", "list", "--status", "refused", "--json"])
    entry = json.loads(capsys.readouterr().out)["feedback"][0]["entry"]
    assert run(["feedback", "show", str(entry)]) == 0
    assert '"tracking": "TRACK-1001-1-1"' in capsys.readouterr().out
    assert run(["feedback", "show", "4711"]) == REFUSED
    assert "There is no feedback '4711'." in capsys.readouterr().err


def test_a_shop_whose_stock_is_not_ours_is_found_out(nord: ShopifyShop, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "compare", "nord", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [{"item": "KETTLE", "sku": "KETTLE", "location": "2", "ours": 4, "theirs": 9}]
    assert nord.changes == []
    nord.stock("KETTLE", "2", 4)
    assert run(["feedback", "compare", "nord"]) == 0
    assert capsys.readouterr().out.strip() == "nord may sell what we say, everywhere."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["feedback", "compare", "sued"], "There is no shop that is fed back to 'sued'."),
        (["feedback", "retry"], "retry: state the number of one piece of feedback, or --shop for all that a shop would not take"),
        (["feedback", "list", "--status", "lost"], "--status: 'lost' is none of due, told, refused, unlisted"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    nord: ShopifyShop, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert run(arguments) == REFUSED
    assert capsys.readouterr().err.strip() == sentence
