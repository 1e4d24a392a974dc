"""The file of our shops: what is right is read, what is wrong is one sentence with its place, and no secret is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import ConfigError, Settings
from config.shops import ShopKind, read_shops, shops_of

NORD = """
[nord]
kind = "shopify"
webhook_secrets = ["hush-new", "hush-old"]
address = "https://nord-shop.myshopify.com/"
access_token = "shpat_4711"
locations = { BERLIN = "65482129" }
"""
MILL = """
[mill]
kind = "woocommerce"
channel = "mill"
webhook_secrets = ["hush-mill"]
address = "https://mill.example"
consumer_key = "ck_1"
consumer_secret = "cs_1"
"""


def shops_file(folder: Path, text: str) -> Path:
    file = folder / "shops.toml"
    file.write_text(text)
    return file


def test_every_shop_is_read_with_what_its_kind_needs(tmp_path: Path) -> None:
    mill, mws, nord = read_shops(shops_file(tmp_path, NORD + MILL + '[mws]\nkind = "amazon"\n'))

    assert (nord.name, nord.kind, nord.channel, nord.api_version) == ("nord", ShopKind.SHOPIFY, "shopify", "2026-01")
    assert nord.secrets == ("hush-new", "hush-old")
    assert nord.access_token is not None
    assert (nord.address, nord.access_token.get_secret_value()) == ("https://nord-shop.myshopify.com", "shpat_4711")
    assert nord.locations == {"BERLIN": "65482129"}
    assert (mill.channel, mill.api_version, mill.feeds_back) == ("mill", "wc/v3", True)
    assert (mws.channel, mws.secrets, mws.feeds_back) == ("amazon", (), False)


def test_an_installation_without_a_file_has_no_shops(tmp_path: Path) -> None:
    assert shops_of(Settings.load(home=tmp_path)) == ()
    assert [shop.name for shop in shops_of(Settings.load(home=tmp_path, shops=shops_file(tmp_path, NORD)))] == ["nord"]


def test_no_secret_is_shown(tmp_path: Path) -> None:
    shown = repr(read_shops(shops_file(tmp_path, NORD + MILL)))
    for secret in ("hush", "shpat", "ck_1", "cs_1"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[nord]\nkind = "etsy"', "[nord] kind should be shopify or woocommerce or amazon"),
        ("[nord]", "[nord] kind is missing"),
        ('[nord]\nkind = "shopify"', "[nord] webhook_secrets is missing: without one nobody knows whether a delivery is the shop's"),
        ('[nord]\nkind = "amazon"\nwebhook_secrets = ["shh", ""]', "[nord] webhook_secrets[1] value should have at least 1 item"),
        ('[nord]\nkind = "amazon"\nchanel = "x"', "[nord] chanel is no entry of a shop; did you mean channel?"),
        ('[nord]\nkind = "amazon"\nchannel = "a b"', "[nord] channel may hold letters, digits and . _ : # - only"),
        ('[nord]\nkind = "amazon"\nchannel = "desk"', "[nord] channel may not be 'desk': that is what our own people bring in"),
        ('[Nord]\nkind = "amazon"', "[Nord] a shop's name may hold small letters, digits and hyphens only"),
        ('nord = "shh"', "nord: it stands outside of a shop; a shop is a table such as [nord]"),
        ('[nord]\nkind = "amazon"\naccess_token = "shh"', "[nord] access_token is a matter of shopify shops, and this one is amazon"),
        (NORD.replace("address", "# "), "[nord] address is missing: access_token would open nothing"),
        (NORD.replace("https", "http"), "[nord] address should read https://host: a secret goes there"),
        (NORD.replace("https://", "https://shh:shh@"), "[nord] address should read https://host"),
        (MILL.replace('consumer_secret = "cs_1"', ""), "[mill] consumer_key and consumer_secret are given together or not at all"),
        (NORD.replace('access_token = "shpat_4711"', ""), "[nord] locations serves to feed stock back, and no key for that is given"),
        (NORD + NORD.replace("[nord]", "[sud]"), "[nord] and [sud] have the channel 'shopify', and their orders could not be told apart"),
    ],
)
def test_a_wrong_entry_is_one_sentence_with_its_place_and_without_its_value(tmp_path: Path, text: str, sentence: str) -> None:
    file = shops_file(tmp_path, text)
    with pytest.raises(ConfigError) as wrong:
        read_shops(file)
    assert str(wrong.value).startswith(f"Wrong shops in {file}: {sentence}")
    assert not [secret for secret in ("shh", "hush", "shpat", "ck_1") if secret in str(wrong.value)]


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        read_shops(shops_file(tmp_path, '[a]\nkind = "etsy"\n[b]\nkind = "shopify"\n'))
    assert "[a] kind should be" in str(wrong.value)
    assert "[b] webhook_secrets is missing" in str(wrong.value)


def test_a_file_that_is_not_there_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"OMS_SHOPS names .*none\.toml, which cannot be read: No such file"):
        read_shops(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"which is not TOML: .*line 1, column 6"):
        read_shops(shops_file(tmp_path, "kind shopify"))
