"""Which shops are told what, by the file that describes them: with the right key, at the right address, at the rate that they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.shops import read_shops
from domain.feedback import Feed, ShopLine, ShopShipment
from integrations.simulated.shops import ShopifyShop, ShopServer, WooShop
from workers.shops import doors_of, feeds_of

SHOPS = """
[nord]
kind = "shopify"
webhook_secrets = ["s"]
address = "{nord}"
access_token = "shpat_double"
locations = {{ BERLIN = "1" }}

[sued]
kind = "woocommerce"
channel = "mill"
webhook_secrets = ["s"]
address = "{sued}"
consumer_key = "ck_double"
consumer_secret = "cs_double"

[quiet]
kind = "shopify"
channel = "quiet"
webhook_secrets = ["s"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shops.toml"


async def test_each_shop_with_a_key_is_told_through_a_door_of_its_own(file: Path) -> None:
    nord, sued = ShopifyShop(), WooShop()
    for shop in (nord, sued):
        shop.sell("7001", ("KETTLE", 2))
    with ShopServer(nord) as at_nord, ShopServer(sued) as at_sued:
        file.write_text(SHOPS.format(nord=at_nord.address, sued=at_sued.address))
        doors = doors_of(read_shops(file))
        assert {name: door.per_second for name, door in doors.items()} == {"nord": 2.0, "sued": 3.0}
        goods = (ShopLine(line=1, words=("KETTLE",), quantity=2),)
        for door in doors.values():
            await door.front.fulfil(ShopShipment(order="7001", shipment=1, tracking="TRACK-1", carrier="dhl", lines=goods, completes=True))
            await door.close()
    assert nord.shipped("7001") == [("TRACK-1", [("KETTLE", 2)])]
    assert sued.orders[7001].status == "completed"


def test_what_a_shop_is_told_follows_from_its_kind(file: Path) -> None:
    file.write_text(SHOPS.format(nord="https://nord.example", sued="https://sued.example"))
    assert feeds_of(read_shops(file)) == [
        Feed(shop="nord", channel="shopify", words=("shopify", "shopify/nord"), locations={"BERLIN": "1"}),
        Feed(
            shop="sued",
            channel="mill",
            words=("mill", "mill/sued", "woocommerce", "woocommerce/sued"),
            one_stock=True,
            one_status=True,
        ),
    ]
