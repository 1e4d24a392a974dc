"""Goods that come back: authorized, received, looked at, and paid back or exchanged."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import ReturnLine
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import (
    Disposition,
    RequestReturn,
    ReturnKind,
    ReturnRequested,
)
from domain.order import TaxLine
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, money, refunds
from tests.workflows.returning import announce, arrive, ends, inspect, paid, units
from tests.workflows.shop import Living, Shop, euro, line


async def dispositions(living: Living) -> dict[str, int]:
    def read(session: Session) -> dict[str, int]:
        rows = list(session.scalars(select(ReturnLine).where(ReturnLine.order == living.key)))
        counts = {what.value: sum(getattr(row, what.value) for row in rows) for what in Disposition}
        return {what: units for what, units in counts.items() if units}

    return await living.shop.database.read(read)


async def test_a_return_is_refunded_from_what_was_really_paid_with_its_share_of_discount_and_tax(shop: Shop) -> None:
    bought = line(1, "PLENTY", 3, discount=100).model_copy(update={"taxes": (TaxLine(title="VAT", amount=euro(551)),)})
    living = await paid(shop, bought, freight=euro(500))
    assert (await money(living))["paid"] == 3000 - 100 + 551 + 500
    await announce(living, line1=2)
    await arrive(living, line1=2)
    await inspect(living, (1, 2, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [2000 - 67 + 367]  # two thirds of gross, discount and tax, each rounded half up; no freight
    assert [c.total.minor for c in (await living.view()).credits] == [2300]
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_return_of_an_unpaid_invoice_lowers_the_balance_and_refunds_nothing(shop: Shop) -> None:
    living = await delivered(shop)
    await announce(living, line1=1)
    await arrive(living, line1=1)
    await inspect(living, (1, 1, Disposition.SCRAP))
    await ends(living, "refunded")
    assert await money(living) == {"total": 4000, "fees": 0, "credited": 1000, "paid": 0, "written_off": 0, "balance": 3000}
    assert await refunds(living) == []


async def test_a_return_never_refunds_more_than_was_paid(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(1500)
    await living.when(lambda s: s.payments)
    await announce(living, line1=4)
    await arrive(living, line1=4)
    await inspect(living, (1, 4, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await money(living) == {"total": 4000, "fees": 0, "credited": 2500, "paid": 1500, "written_off": 0, "balance": 0}
    assert await refunds(living) == [1500]


async def test_two_returns_that_are_inspected_at_once_are_refunded_once_each(shop: Shop) -> None:
    living = await paid(shop)
    for number in (1, 2):
        await announce(living, line1=1)
        await arrive(living, number, line1=1)
        await living.until(Wait.INSPECTION, f"return {number}")
    shop.trouble.down(living.key, "record_inspection")
    await inspect(living, (1, 1, Disposition.RESTOCK), rma=1)
    await inspect(living, (1, 1, Disposition.RESTOCK), rma=2)
    shop.trouble.up(living.key)
    await ends(living, "refunded", 1)
    await ends(living, "refunded", 2)
    assert sum(await refunds(living)) == 2000
    assert (await living.state()).invoices[0].owed.minor == 0


async def test_each_returned_unit_goes_where_its_disposition_says(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    living = await paid(shop, line(1, item, 4))
    assert await shop.stock(item) == (0, 0)
    await announce(living, line1=4)
    await arrive(living, line1=4)
    await inspect(living, (1, 1, Disposition.RESTOCK), (1, 1, Disposition.SCRAP), (1, 1, Disposition.REFURBISH), (1, 1, Disposition.VENDOR))
    await ends(living, "refunded")
    assert await shop.stock(item) == (1, 0)
    assert await dispositions(living) == {"restock": 1, "scrap": 1, "refurbish": 1, "vendor": 1}
    assert await refunds(living) == [4000]


async def test_returned_goods_are_restocked_where_they_arrived(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await paid(shop, line(1, item, 2))
    await announce(living, line1=2)
    await arrive(living, location="LYON", line1=2)
    await inspect(living, (1, 2, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await shop.stock(item, "LYON") == (2, 0)


async def test_an_exchange_ships_the_same_goods_again_free_of_charge(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, ReturnKind.EXCHANGE, line1=2)
    await arrive(living, line1=2)
    await inspect(living, (1, 2, Disposition.SCRAP))
    await ends(living, "exchanged")
    await living.ship(2)
    await living.deliver(2)
    await living.until(Wait.RETURN_WINDOW)
    view = await living.view()
    assert [(v.number, v.item, v.shipped, v.returned) for v in view.lines] == [(1, "PLENTY", 4, 2), (101, "PLENTY", 2, 0)]
    assert [(i.number, i.total.minor) for i in view.invoices] == [(1, 4000)]
    assert await refunds(living) == []
    assert living.effects() == ["authorization", "pick task", "capture", "label", "return label", "pick task", "label"]


async def test_two_exchanges_at_once_get_lines_of_their_own(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 1), line(2, "LAMP", 1))
    await announce(living, ReturnKind.EXCHANGE, line1=1)
    await announce(living, ReturnKind.EXCHANGE, line2=1)
    for rma in (1, 2):
        await arrive(living, rma, line1=2 - rma, line2=rma - 1)
        await living.until(Wait.INSPECTION, f"return {rma}")
    shop.trouble.down(living.key, "change_lines")
    await inspect(living, (1, 1, Disposition.SCRAP), rma=1)
    await inspect(living, (2, 1, Disposition.SCRAP), rma=2)
    await living.when(lambda s: all(r.inspected is not None for r in s.returns))
    shop.trouble.up(living.key)
    await ends(living, "exchanged", 1)
    await ends(living, "exchanged", 2)
    assert {v.number: v.item for v in (await living.view()).lines if v.number > 100} == {101: "PLENTY", 102: "LAMP"}


async def test_more_than_was_delivered_cannot_come_back(shop: Shop) -> None:
    living = await paid(shop)
    request = RequestReturn(**living.stamp(), lines=units(line1=5))
    assert await living.refused(request) == "Line 1 has 4 units that can come back, not 5."
    await announce(living, line1=3)
    request = RequestReturn(**living.stamp(), lines=units(line1=2))
    assert await living.refused(request) == "Line 1 has 1 units that can come back, not 2."
    assert await living.refused(RequestReturn(**living.stamp(), lines=units(line7=1))) == "The order has no line 7."
    assert await living.refused(RequestReturn(**living.stamp(), lines=units(line1=0))) == "A return needs at least one unit."
    assert len((await living.state()).returns) == 1


async def test_a_late_return_is_refused(shop: Shop) -> None:
    living = await delivered(shop)  # its unpaid invoice keeps it open
    await living.pass_time(30.5)
    refused = await living.refused(RequestReturn(**living.stamp(), lines=units(line1=1)))
    assert refused.startswith("The return window ended on ")
    assert (await living.state()).returns == []


async def test_a_return_whose_goods_never_come_expires(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=4)
    await living.pass_time(21.1)
    await ends(living, "expired")
    assert (await living.state()).line(1).returnable == 4
    await arrive(living, line1=4)
    late = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert late.detail.startswith("return_received of dock (")
    assert await refunds(living) == []


@answers(ExceptionKind.RETURN_MISMATCH, "accept_received")
async def test_what_really_came_may_be_accepted_as_the_return(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 2), line(2, "LAMP", 2))
    await announce(living, line1=2)
    await arrive(living, line1=1, line2=1)
    asked = await living.exception(ExceptionKind.RETURN_MISMATCH)
    assert asked.detail.endswith(": line 1: 1 came, 2 were authorized; line 2: 1 came, 0 were authorized")
    await living.decide(ExceptionKind.RETURN_MISMATCH, "accept_received")
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 1, Disposition.RESTOCK), (2, 1, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [2000]
    assert [line.returning for line in (await living.state()).lines] == [0, 0]


@answers(ExceptionKind.RETURN_MISMATCH, "reject")
async def test_a_return_of_other_goods_may_be_rejected(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=2)
    await arrive(living, line9=2)
    await living.decide(ExceptionKind.RETURN_MISMATCH, "reject")
    await ends(living, "rejected")
    assert await refunds(living) == []
    assert (await living.state()).line(1).returnable == 4


async def test_accepting_goods_of_which_nothing_can_come_back_rejects_the_return(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=2)
    await arrive(living, line9=2)
    await living.decide(ExceptionKind.RETURN_MISMATCH, "accept_received")
    await ends(living, "rejected")
    assert (await living.close()).outcome is Outcome.CLOSED


@answers(ExceptionKind.INSPECTION_OVERDUE, "wait_on", "restock")
async def test_an_overdue_inspection_waits_on_and_then_takes_the_goods_as_good(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await paid(shop, line(1, item, 2))
    await announce(living, line1=2)
    await arrive(living, line1=2)
    first = await living.until(Wait.INSPECTION)
    await living.pass_time(3.1)
    await living.decide(ExceptionKind.INSPECTION_OVERDUE, "wait_on")
    await living.when(lambda s: s.exceptions[0].carried_out)
    second = await living.until(Wait.INSPECTION)
    assert first is not None
    assert second is not None
    assert (second - first).days == 3
    assert (await living.view()).returns[0].due_at == second
    await living.pass_time(3.1)
    await living.decide(ExceptionKind.INSPECTION_OVERDUE, "restock")
    await ends(living, "refunded")
    assert await shop.stock(item) == (2, 0)
    assert await refunds(living) == [2000]


async def test_an_inspection_of_more_than_came_finds_a_person_and_is_not_booked(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=2)
    await arrive(living, line1=2)
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 3, Disposition.RESTOCK))
    await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    await inspect(living, (1, 2, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [2000]


async def test_a_return_may_be_announced_by_a_fact(shop: Shop) -> None:
    living = await paid(shop)
    await living.tell(ReturnRequested(**living.stamp("portal"), lines=units(line1=1), reason="wrong colour"))
    await living.until(Wait.RETURNED_GOODS, "return 1")
    await arrive(living, line1=1)
    await inspect(living, (1, 1, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]


@answers(ExceptionKind.RETURN_REFUSED, "acknowledge")
async def test_an_announced_return_that_the_rules_do_not_allow_finds_a_person(shop: Shop) -> None:
    living = await paid(shop)
    await living.tell(ReturnRequested(**living.stamp("portal"), lines=units(line1=9)))
    asked = await living.exception(ExceptionKind.RETURN_REFUSED)
    assert asked.detail == "A return was announced: Line 1 has 4 units that can come back, not 9."
    await living.decide(ExceptionKind.RETURN_REFUSED, "acknowledge")
    assert (await living.close()).outcome is Outcome.CLOSED
    assert (await living.state()).returns == []


async def test_goods_that_come_to_a_place_nobody_knows_find_a_person(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=1)
    await arrive(living, location="ATLANTIS", line1=1)
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert "ATLANTIS" in asked.detail
    await arrive(living, line1=1)
    await inspect(living, (1, 1, Disposition.RESTOCK))
    await ends(living, "refunded")
