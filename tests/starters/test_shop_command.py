"""`oms shop`: which shops there are, without their secrets, and what one said while nobody answered, kept once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from starters.cli.main import run
from tests.channels.builders import WOOCOMMERCE
from tests.fresh import migrated
from tests.http.shop_doors import SHOPS

Answer = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def oms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    """An installation with three shops, and no server."""
    (tmp_path / "shops.toml").write_text(SHOPS)
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("OMS_SHOPS", str(tmp_path / "shops.toml"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("COLUMNS", "200")
    migrated(f"sqlite:///{tmp_path / 'holdfast.db'}")

    def call(*arguments: str) -> tuple[int, Any, str]:
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in arguments and said.out else said.out, said.err

    return call


def test_every_shop_is_listed_with_its_address_and_without_its_secrets(oms: Answer) -> None:
    code, shops, _ = oms("shop", "list", "--json")
    assert code == 0
    assert [(shop["name"], shop["path"], shop["secrets"], shop["feeds_back"]) for shop in shops] == [
        ("amazon-de", "/channels/amazon/amazon-de", 0, False),
        ("mill", "/channels/woocommerce/mill", 1, False),
        ("nord", "/channels/shopify/nord", 2, True),
    ]
    _, shown, _ = oms("shop", "list")
    assert "/channels/shopify/nord" in shown
    assert "-secret" not in shown + json.dumps(shops)


def test_what_a_shop_said_meanwhile_is_kept_once(oms: Answer, tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_text(json.dumps([WOOCOMMERCE, WOOCOMMERCE | {"id": 728}]))
    first, again = (oms("shop", "catch-up", "mill", str(page), "--json") for _ in range(2))
    assert (first[0], first[1][0]["status"], again[1][0]["status"]) == (0, "new", "same")
    code, entries, _ = oms("inbox", "--json")
    [entry] = entries["entries"]
    assert (code, entry["channel"], entry["form"], entry["topic"], entry["status"]) == (0, "woocommerce", "woocommerce", "orders", "open")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("nobody", "x.json"), "There is no shop 'nobody'"), (("mill", "not-there.json"), "not-there.json: it cannot be read")],
)
def test_a_shop_or_a_file_that_is_not_there_is_refused(oms: Answer, arguments: tuple[str, str], sentence: str) -> None:
    code, _, said = oms("shop", "catch-up", *arguments)
    assert code == 3
    assert sentence.lower().replace("'", "") in said.lower().replace("'", "")
