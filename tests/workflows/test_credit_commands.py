"""`oms credit` and its neighbours on a running house: what they say, who is told, and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.lifecycle import Wait
from starters.cli.frame import actor
from tests.workflows.lives import buyer
from tests.workflows.shop import Shop, order
from tests.workflows.test_supply_commands import Terminal, oms

__all__ = ["oms"]

WHY = ("--reason", "annual review")


async def test_a_limit_is_set_stops_an_order_and_lets_it_go(shop: Shop, oms: Terminal) -> None:
    customer = await buyer(shop)
    assert await oms("credit-limit", customer, "10", "EUR", *WHY) == (0, f"The credit limit of {customer} is 10.00 EUR.")
    living = await shop.place(order(customer=customer))
    await living.until(Wait.CREDIT)
    said = await oms.json("credit", customer)
    why = [f"{customer} owes 0.00 EUR; with this order of 20.00 EUR that is above the limit of 10.00 EUR"]
    assert [(each["order"], each["stage"], each["reasons"]) for each in said["waiting"]] == [(living.key, "acceptance", why)]
    assert [event["kind"] for event in said["events"]] == ["stopped", "limit"]
    (own,) = said["own"]
    assert (own["exposure"]["total"], own["room"]) == ({"minor": 0, "currency": "EUR"}, {"minor": 1000, "currency": "EUR"})
    code, page = await oms("credit", customer)
    assert code == 0
    for told in ("10.00", "Stopped orders", living.key, "annual review", actor()):
        assert told in page
    assert living.key in (await oms("credit"))[1]
    code, said = await oms("credit-limit", customer, "none", "EUR", *WHY)
    assert said == f"The credit limit of {customer} is unlimited in EUR.\nTold that they may go on: {living.key}."
    await living.until(Wait.PICK)
    await living.cancel()


async def test_a_customer_is_blocked_and_the_block_is_lifted(shop: Shop, oms: Terminal) -> None:
    customer = await buyer(shop)
    assert await oms("block", customer, "--kind", "ship", *WHY) == (0, f"{customer} is blocked: ship.")
    assert (await oms.json("credit", customer))["blocked"] == "ship: annual review"
    assert await oms("block", customer, "--lift", *WHY) == (0, f"{customer} is not blocked any more.")
    assert await oms("block", customer, "--lift", *WHY) == (3, f"{customer} is not blocked.")
    assert (await oms("block", customer, *WHY))[0] == 3
    assert await oms("ageing-hold", "30", "--customer", customer, *WHY) == (
        0,
        f"The ageing hold of {customer}: more than 30 days past due.",
    )
    assert (await oms.json("credit", customer))["overdue_days"] == 30


async def test_an_order_is_released_by_who_has_the_role(shop: Shop, oms: Terminal) -> None:
    customer = await buyer(shop)
    await oms("credit-limit", customer, "0", "EUR", *WHY)
    living = await shop.place(order(customer=customer))
    await living.until(Wait.CREDIT)
    release = ("release-credit", living.key, "--reason", "bank guarantee", "--up-to", "20.00")
    refused = f"Credit is released by a credit_controller or a finance_manager; {actor()} is neither."
    assert await oms(*release) == (3, refused)
    assert await oms("roles", actor(), "--grant", "credit_controller") == (0, f"{actor()}: credit_controller")
    try:
        code, said = await oms(*release)
        assert code == 0
        assert said.startswith(f"Order {living.key} may pass the credit stops until ")
        await living.until(Wait.PICK)
    finally:
        assert await oms("roles", actor(), "--revoke", "credit_controller") == (0, f"{actor()} has no role.")
    events = (await oms.json("credit", customer))["events"]
    assert [(event["kind"], event["reason"]) for event in events][:2] == [("lifted", ""), ("released", "bank guarantee")]
    await living.cancel()


async def test_rates_come_by_hand_as_csv_and_from_the_ecb(shop: Shop, oms: Terminal, tmp_path: Path) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert (await oms("rates", "--set", "CHF=1.0650"))[1].startswith("1 rates taken; 0 entries that had waited for one are booked.")
    listed = tmp_path / "rates.csv"
    listed.write_text(f"currency,date,rate\nJPY,{today},0.00613\nKWD,{today},3.0125\n")
    assert (await oms("rates", str(listed)))[0] == 0
    ecb = tmp_path / "eurofxref-daily.xml"
    ecb.write_text(
        '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        f'<Cube><Cube time="{today}"><Cube currency="GBP" rate="0.8"/><Cube currency="LTL" rate="3.4528"/></Cube></Cube></e:Envelope>'
    )
    said = await oms.json("rates", str(ecb))
    latest = {rate["currency"]: (rate["rate"], rate["day"], rate["source"]) for rate in said["latest"]}
    assert latest["GBP"] == ("1.2500000000", today, "ECB")
    assert latest["CHF"] == ("1.0650", today, "by hand")
    assert latest["JPY"] == ("0.00613", today, "file")
    assert (said["taken"], said["missing"]) == (1, [])
    assert "too old" not in (await oms("rates"))[1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("currency,rate\nUSD,1\n", "it has no column date"),
        ("currency,date,rate\nXQZ,2026-01-01,1\n", "line 2: there is no currency 'XQZ'"),
        ("currency,date,rate\nUSD,yesterday,1\n", "line 2: 'yesterday' is not a date such as 2026-11-26"),
        ("currency,date,rate\nUSD,2026-01-01,0\n", "line 2: a rate of 0 is none"),
        ("currency,date,rate\n", "it has no rates"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "a list of rates declares no document type"),
        ("<a", "it is not XML"),
    ],
)
async def test_a_list_of_rates_that_cannot_be_read_is_refused_whole(
    shop: Shop, oms: Terminal, tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(content)
    code, said = await oms("rates", str(file))
    assert code == 3
    assert why in said.replace("\n", " ")


async def test_what_cannot_be_is_one_sentence(shop: Shop, oms: Terminal) -> None:
    assert await oms("credit", "NOBODY") == (3, "There is no customer 'NOBODY'.")
    assert (await oms("credit-limit", "C-1", "much", "EUR", *WHY))[0] == 3
    assert (await oms("credit-limit", "C-1", "10", "EURO", *WHY))[0] == 3
    assert (await oms("credit-limit", "C-1", "-10", "EUR", *WHY))[0] in (2, 3)
    assert await oms("ageing-hold", "soon", *WHY) == (3, "DAYS: 'soon' is neither a number of days nor none")
    assert (await oms("credit-limit", "C-1", "10", "EUR"))[1] == "Say why with --reason: it stands in the customer's credit history."
