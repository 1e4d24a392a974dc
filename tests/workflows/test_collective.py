"""One invoice for a customer's week or month: its orders wait for it, and each books its own part."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from activities.collective_letters import mail_collective
from domain.collecting import Collected, InvoicePeriod
from domain.errors import Refused
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelOrder, CarrierStatus
from domain.steps import Outcome
from starters.invoicing import SCHEDULE, end_daily, run_daily, run_invoices
from tests.workflows.answers import answers
from tests.workflows.lives import money
from tests.workflows.shop import Living, Shop, euro, line, order


async def run(shop: Shop, customer: str, days: int = 1) -> Collected:
    """Invoice everything that has shipped so far; the orders are told."""
    now = datetime.now(UTC)
    until = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=days)
    request = InvoicePeriod(customer=customer, until=until, at=now, actor="clerk")
    with shop.env.with_time_skipping_disabled():
        return await run_invoices(shop.client, shop.database, request)


async def shipped(shop: Shop, customer: str, units: int) -> Living:
    living = await shop.place(order(line(1, "PLENTY", units), customer=customer))
    await living.ship()
    await living.until(Wait.INVOICE)
    return living


async def test_two_orders_are_on_one_invoice_and_each_is_paid_for_itself(shop: Shop) -> None:
    first, second = await shipped(shop, "W-1", 4), await shipped(shop, "W-1", 2)
    assert (await first.state()).invoices == []
    assert (Wait.INVOICE, "shipment 1") in {(wait.wait, wait.subject) for wait in (await first.view()).waits}
    [issued] = (await run(shop, "W-1")).invoices
    assert (issued.orders, issued.shipments, issued.total) == (2, 2, euro(6000))
    for living, cents in ((first, 4000), (second, 2000)):
        state = await living.when(lambda s: s.invoices)
        assert state.invoices[0].document == issued.document
        assert (await money(living))["balance"] == cents
        assert state.invoices[0].due_at == issued.issued_at + timedelta(days=30)
    assert await run(shop, "W-1") == Collected(invoices=(issued,))
    assert await shop.audit() == []
    await first.deliver()
    await first.pay(4000)
    await first.when(lambda s: s.invoices[0].settled)
    assert (await first.close()).outcome is Outcome.CLOSED
    assert not (await second.state()).invoices[0].settled


async def test_the_invoice_is_mailed_once_when_every_order_has_booked_its_part(shop: Shop) -> None:
    first, second = await shipped(shop, "M-2", 3), await shipped(shop, "M-2", 1)
    [issued] = (await run(shop, "M-2")).invoices
    for living in (first, second):
        await living.when(lambda s: s.invoices)
    mail = shop.partners.mail
    await asyncio.gather(*(mail_collective(shop.database, mail) for _ in range(3)))
    assert await mail_collective(shop.database, mail) == 0
    letters = [letter for letter in shop.world.letters() if issued.document in letter["subject"]]
    [letter] = letters
    assert letter["subject"].startswith(f"Invoice {issued.document} until ")
    assert f"invoice {issued.document} over 40.00" in letter["body"].replace("\N{NO-BREAK SPACE}", " ")
    assert first.key in letter["body"]
    assert second.key in letter["body"]
    for living, cents in ((first, 3_000), (second, 1_000)):
        await living.pay(cents)
        await living.deliver()
        await living.close()


async def test_what_ships_after_the_run_is_on_the_next_invoice(shop: Shop) -> None:
    first = await shipped(shop, "W-2", 1)
    [issued] = (await run(shop, "W-2")).invoices
    second = await shipped(shop, "W-2", 1)
    assert (await run(shop, "W-2")).invoices == (issued,)
    [later] = (await run(shop, "W-2", days=2)).invoices
    assert later.document > issued.document
    await first.when(lambda s: s.invoices)
    await second.when(lambda s: s.invoices and s.invoices[0].document == later.document)


async def test_a_run_for_nobody_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="C-NOBODY"):
        await run(shop, "C-NOBODY")


@answers(ExceptionKind.INVOICE_OVERDUE, "wait_on", "invoice_now")
async def test_an_invoice_that_does_not_come_finds_a_person_who_invoices_the_shipment_apart(shop: Shop) -> None:
    living = await shipped(shop, "M-1", 3)
    await living.deliver()
    await living.pass_time(35)
    await living.decide(ExceptionKind.INVOICE_OVERDUE, "wait_on")
    await living.until(Wait.INVOICE)
    await living.pass_time(3.1)
    await living.decide(ExceptionKind.INVOICE_OVERDUE, "invoice_now")
    await living.when(lambda s: s.invoices)
    assert (await run(shop, "M-1")).invoices == ()
    assert (await money(living))["balance"] == 3000
    assert await shop.audit() == []


@answers(ExceptionKind.PARCEL_LOST, "refund")
async def test_goods_that_were_lost_before_their_invoice_came_are_credited_on_it(shop: Shop) -> None:
    living = await shipped(shop, "W-2", 2)
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "refund")
    await living.when(lambda s: not s.inbox)
    await run(shop, "W-2", days=3)
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert (await money(living)) == {"total": 2000, "fees": 0, "credited": 2000, "paid": 0, "written_off": 0, "balance": 0}


async def test_a_replacement_that_is_cancelled_before_its_invoice_came_is_credited_on_it(shop: Shop) -> None:
    living = await shipped(shop, "W-3", 2)
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.when(lambda s: len(s.shipments) == 2)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="too late"))
    await living.when(lambda s: s.undone)
    await run(shop, "W-3", days=3)
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert (await money(living)) == {"total": 2000, "fees": 0, "credited": 2000, "paid": 0, "written_off": 0, "balance": 0}


async def test_a_nightly_run_is_begun_once_and_ended_once(shop: Shop) -> None:
    await run_daily(shop.client)
    await run_daily(shop.client)
    described = await shop.client.get_schedule_handle(SCHEDULE).describe()
    assert [calendar.hour[0].start for calendar in described.schedule.spec.calendars] == [2]
    assert await end_daily(shop.client)
    assert not await end_daily(shop.client)
