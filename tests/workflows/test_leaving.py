"""An outage that lasts until the history grows too long: the run leaves in the middle of a step, and the next one finds what was done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from domain.errors import Refused
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelOrder, Disposition, ReturnKind, StockArrived
from domain.order import PaymentTerms
from domain.policies import Policies
from domain.steps import Outcome
from tests.workflows.lives import letters, money, payments, refunds, reminders
from tests.workflows.returning import announce, arrive, ends, inspect
from tests.workflows.shop import DEBTORS, Living, Shop, line, order
from tests.workflows.test_returns import dispositions

RESTLESS = Policies(leave_at_events=20)


@asynccontextmanager
async def haunted(shop: Shop, *lines: tuple[str, int], terms: PaymentTerms, **changes: object) -> AsyncIterator[Living]:
    """An order of which every step loses its answer until another run asks again, while somebody repeats himself without end."""
    placed = order(*(line(number, item, quantity) for number, (item, quantity) in enumerate(lines, 1)), terms=terms, **changes)
    shop.trouble.haunt(placed.key)
    living = await shop.place(placed, RESTLESS)
    said = StockArrived(**living.stamp("dock"), item="LAMP", location="BERLIN", quantity=1)

    async def repeat() -> None:
        with suppress(Refused):
            while True:
                await asyncio.gather(*(living.tell(said) for _ in range(12)))
                await asyncio.sleep(0.05)

    repeating = asyncio.create_task(repeat())
    try:
        yield living
    finally:
        repeating.cancel()
        with suppress(asyncio.CancelledError):
            await repeating
        shop.trouble.up(placed.key)


def carried_out_again(living: Living) -> list[str]:
    counts = living.shop.trouble.carried_out
    return [name for (key, name), count in counts.items() if key == living.key and count > 1]


async def test_a_prepaid_order_with_a_return_lives_the_same_life_when_every_answer_is_lost(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    async with haunted(shop, (item, 4), terms=PaymentTerms.PREPAID) as living:
        await living.ship()
        await living.deliver()
        await living.until(Wait.RETURN_WINDOW)
        rma = await announce(living, ReturnKind.REFUND, line1=1)
        await arrive(living, rma, line1=1)
        await living.until(Wait.INSPECTION)
        await inspect(living, (1, 1, Disposition.RESTOCK), rma=rma)
        await ends(living, "refunded")
        rma = await announce(living, ReturnKind.EXCHANGE, line1=1)
        await arrive(living, rma, line1=1)
        await living.until(Wait.INSPECTION)
        await inspect(living, (1, 1, Disposition.SCRAP), rma=rma)
        await ends(living, "exchanged", 2)
        shop.trouble.up(living.key)
        await living.ship(2)
        await living.deliver(2)
        await living.until(Wait.RETURN_WINDOW)
        assert await refunds(living) == [1000]
        assert await shop.stock(item) == (0, 0)
        assert await dispositions(living) == {"restock": 1, "scrap": 1}
        assert await money(living) == {"total": 4000, "fees": 0, "credited": 0, "paid": 4000, "written_off": 0, "balance": 0}
        view = await living.view()
        assert [(v.number, v.ordered, v.shipped, v.delivered, v.returned) for v in view.lines] == [(1, 4, 4, 4, 2), (101, 1, 1, 1, 0)]
        once_each = ["authorization", "pick task", "capture", "label", "return label", "refund", "return label", "pick task", "label"]
        assert living.effects() == once_each
        assert view.exceptions == ()
        assert (await living.state()).unanswered == {}
    assert {"authorize_payment", "allocate_stock", "ship_parcels", "issue_credit", "refund_payment"} <= set(carried_out_again(living))
    assert await shop.audit() == []
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_an_order_on_terms_is_reminded_and_paid_once_when_every_answer_is_lost(shop: Shop) -> None:
    async with haunted(shop, ("PLENTY", 4), terms=PaymentTerms.NET_30, customer=DEBTORS[7]) as living:
        await living.ship()
        await living.deliver()
        await living.until(Wait.RETURN_WINDOW)
        await living.pass_time(36.1)
        await living.when(lambda s: s.invoices[0].reminders == 1)
        await living.pay(1500, "wire-a")
        await living.when(lambda s: len(s.payments) == 1)
        await living.pay(3000, "wire-b")
        await living.decide(ExceptionKind.OVERPAID, "refund")
        assert (await living.ended()).outcome is Outcome.CLOSED
    assert await reminders(living) == [(1, 0, 36)]
    view = await living.view()
    assert len(letters(living, view.invoices[0].document)) == 1
    assert await payments(living) == {"wire-a": (1500, False), "wire-b": (3000, False)}
    assert await refunds(living) == [500]
    assert [(i.paid.minor, i.balance.minor) for i in view.invoices] == [(4000, 0)]
    assert await shop.audit() == []


async def test_a_cancel_undoes_each_step_once_when_every_answer_is_lost(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    async with haunted(shop, (item, 4), terms=PaymentTerms.PREPAID) as living:
        shop.trouble.down(living.key, "ship_parcels")  # what has left is cancelled no more
        await living.pick()
        await living.pack()
        await living.when(lambda s: s.shipments[0].packed)
        await living.ask(CancelOrder(**living.stamp("customer")))
        async with asyncio.timeout(60):
            assert (await living.latest.result()).outcome is Outcome.CANCELLED
    assert living.effects() == []
    assert await shop.stock(item) == (4, 0)
    assert all(taken_back for _, taken_back in (await payments(living)).values())
    assert await shop.audit() == []
