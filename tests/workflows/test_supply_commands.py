"""`oms purchase`, `oms transfer` and `oms promise` on a running house: what they say, and that twice is once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from starters.cli.main import run
from tests.workflows.shop import Shop, line, order


class Terminal:
    """The `oms` command on the shop's server and database."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    async def __call__(self, *words: str) -> tuple[int, str]:
        """(exit code, what it said), the lines of both outputs joined."""
        self.capsys.readouterr()
        code = await asyncio.to_thread(run, list(words))
        said = self.capsys.readouterr()
        return code, (said.out + said.err).strip()

    async def json(self, *words: str) -> Any:
        code, said = await self(*words, "--json")
        assert code == 0, said
        return json.loads(said)


@pytest.fixture
def oms(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("TEMPORAL_ADDRESS", shop.client.service_client.config.target_host)
    monkeypatch.setenv("OMS_DATABASE_URL", shop.url)
    return Terminal(capsys)


def on(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


async def test_a_purchase_order_is_placed_slips_comes_and_is_given_up(shop: Shop, oms: Terminal) -> None:
    item, number = shop.rare(), f"PO-{datetime.now(UTC):%H%M%S%f}"
    place = ("purchase", "place", "MAKER", "BERLIN", f"{item}=8", "--expected", on(10), "--number", number)
    assert await oms(*place) == (0, f"Purchase order {number} is placed with MAKER: BERLIN expects it {on(10)}.")
    assert await oms(*place) == (0, f"Purchase order {number} was placed before; nothing was changed.")
    code, said = await oms("purchase", "place", "MAKER", "BERLIN", f"{item}=9", "--expected", on(10), "--number", number)
    assert (code, said) == (3, f"Purchase order {number} is known with other content (line 1: 8 x {item}); nothing was changed.")

    living = await shop.place(order(line(1, item, 5)))
    await living.until(Wait.STOCK)
    slip = ("purchase", "slip", number, on(20), "--reason", "strike", "--message-id", f"{number}/s")
    told = f"Purchase order {number} is expected {on(20)}"
    assert await oms(*slip) == (0, f"{told}.\nPromised from it and told, oldest first: {living.key}.")
    assert await oms(*slip) == (0, f"{told}; it was told before.\nPromised from it and told, oldest first: {living.key}.")
    await living.exception(ExceptionKind.PROMISE_BROKEN)
    code, said = await oms("show", living.key)
    assert code == 0
    assert [each["status"] for each in (await oms.json("show", living.key))["promises"]] == ["made", "moved"]
    assert "promise broken" in said
    much_later = await oms.json("promises", "--until", on(60))
    assert [late["why"].partition(":")[0] for late in much_later["overdue"] if late["order"] == living.key] == [
        f"purchase order {number} is expected on {on(20)}, strike"
    ]

    (booked,) = await oms.json("purchase", "receive", number, "1=6", "--receipt", "DN-1")
    assert (booked["receipt"], booked["waiting"], booked["repeated"]) == ("DN-1/1", [living.key], False)
    await living.until(Wait.PICK, "shipment 1")
    code, said = await oms("purchase", "receive", number, "1=3")
    assert (code, said.partition(":")[0]) == (3, f"Line 1 of purchase order {number} expects 2 more units, not 3")
    assert await oms("purchase", "cancel", number) == (0, f"Purchase order {number} is cancelled.")
    (view,) = await oms.json("purchase", "list", number)
    assert (view["status"], view["lines"][0]["received"], view["lines"][0]["slips"]) == ("closed", 6, 1)
    await living.cancel()


async def test_a_transfer_of_two_items_goes_from_one_location_to_another(shop: Shop, oms: Terminal) -> None:
    cup, saucer, number = shop.rare(), shop.rare(), f"T-{datetime.now(UTC):%H%M%S%f}"
    await shop.receive(cup, 6)
    await shop.receive(saucer, 5)
    place = ("transfer", "place", "BERLIN", "LYON", f"{cup}=4", f"{saucer}=5", "--expected", on(3), "--number", number)
    assert await oms(*place) == (0, f"Transfer {number} is planned: LYON expects it {on(3)}.")
    assert await oms("transfer", "receive", number) == (3, f"Nothing of transfer {number} is on the way: it is planned.")
    assert await oms("transfer", "ship", number) == (0, f"Transfer {number} is on its way.")
    assert await oms("transfer", "slip", number, on(4)) == (0, f"Transfer {number} is expected {on(4)}.")
    receive = ("transfer", "receive", number, f"{cup}=4", "--receipt", f"{number}-1")
    assert await oms(*receive) == (0, f"Receipt {number}-1/1 is booked: 4 x {cup} at LYON.")
    assert await oms(*receive) == (0, f"Receipt {number}-1/1 was booked before; nothing was changed.")
    assert await oms("transfer", "receive", number, f"{saucer}=2", f"{saucer}=3") == (
        3,
        f"ITEM=UNITS: {saucer} is named twice: write all its units in one place",
    )
    foreign = f"Transfer {number} does not bring LAMP; it brings {cup}, {saucer}."
    assert await oms("transfer", "receive", number, f"{saucer}=4", "LAMP=1") == (3, foreign)
    rest = ("transfer", "receive", number, "--receipt", f"{number}-2")
    assert await oms(*rest) == (0, f"Receipt {number}-2/2 is booked: 5 x {saucer} at LYON.")
    assert (await shop.stock(cup), await shop.stock(cup, "LYON"), await shop.stock(saucer, "LYON")) == ((2, 0), (4, 0), (5, 0))
    assert number not in (await oms("transfer", "list"))[1]
    assert number in (await oms("transfer", "list", "--all"))[1]


async def test_a_promise_is_answered_for_each_location(shop: Shop, oms: Terminal) -> None:
    item = shop.rare()
    await shop.receive(item, 6, "LYON")
    answer = await oms.json("promise", item, "5", "--to", "DE-20457", "--by", on(60))
    asked = [each for each in answer["locations"] if each["location"] in ("BERLIN", "LYON")]
    assert [(each["location"], each["supply"], each["in_time"]) for each in asked] == [
        ("LYON", "stock", True),
        ("BERLIN", "", None),
    ]
    code, said = await oms("promise", item, "5")
    assert code == 0
    assert said.startswith(f"5 x {item} can leave LYON on ")
    assert "nothing that is on its way is free, and no lead time is known" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("promise NO-SUCH 1", "There is no item 'NO-SUCH'."),
        ("promise LAMP 1 --by 2026-12-01", "--by: a day of delivery needs to know where to: state --to, such as --to DE-20457"),
        ("promise LAMP 1 --to 20457", "--to: '20457' names no country: write DE-20457, or DE alone"),
        ("promises --since 2026-12-01 --until 2026-11-01", "--since: 2026-12-01 is not before 2026-11-01"),
        ("purchase slip PO-NONE 2026-12-01", "There is no purchase order 'PO-NONE'."),
        ("purchase receive PO-NONE", "There is no purchase order 'PO-NONE'."),
        ("purchase place MAKER BERLIN LAMP --expected 2026-12-01", "ITEM=UNITS: 'LAMP' does not read ITEM=UNITS, such as KET-100=24"),
        ("transfer ship T-NONE", "There is no transfer 'T-NONE'."),
        ("transfer cancel T-NONE", "There is no transfer 'T-NONE'."),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(oms: Terminal, words: str, sentence: str) -> None:
    assert await oms(*words.split()) == (3, sentence)
