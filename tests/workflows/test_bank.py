"""Bank statements and living orders on the real server: what a transfer says is what orders book, once, whatever breaks between."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from database import account_use, outbox
from database.accounts import on_account
from domain.bank import BankEntry, Statement
from domain.bank_views import EntryView
from domain.lifecycle import Wait
from domain.money import Money
from domain.order import PlaceOrder
from starters import banking
from starters.outbox import tell_untold
from tests.workflows.lives import buyer
from tests.workflows.returning import announce, come_back, ends
from tests.workflows.shop import DEBTORS, Living, Shop, euro, line, order

TODAY = date(2026, 11, 23)


def entry(minor: int, text: str, **changes: Any) -> BankEntry:
    return BankEntry(**{"amount": euro(minor), "credit": True, "booked_on": TODAY, "text": text, **changes})


def statement(name: str, *entries: BankEntry) -> Statement:
    closing = Money(minor=100_000 + sum(each.signed for each in entries), currency="EUR")
    return Statement(
        account="DE02120300000000202051",
        statement=name,
        form="MT940",
        currency="EUR",
        opening=euro(100_000),
        closing=closing,
        entries=entries,
    )


async def invoiced(shop: Shop, quantity: int = 2, **changes: Any) -> tuple[Living, str]:
    """An order on terms that has left the house; PLENTY costs 10.00."""
    living = await shop.place(order(line(quantity=quantity), **changes))
    await living.ship()
    state = await living.when(lambda s: s.invoices)
    return living, state.invoices[0].document


async def take(shop: Shop, told: Statement) -> list[EntryView]:
    (view,) = await banking.take(shop.database, [told], "test.sta", "tester")
    return list(view.entries)


async def test_one_payment_pays_three_orders_and_one_that_is_short_has_its_reason(shop: Shop) -> None:
    orders = [await invoiced(shop, quantity) for quantity in (1, 2, 3)]
    short, short_document = await invoiced(shop, 100)
    names = ", ".join(document for _, document in orders)
    told = statement("joint", entry(6_000, f"Sammelzahlung {names}"), entry(99_250, short_document.replace("-", " ")))
    joint, charged = await take(shop, told)
    assert [(part.document, part.amount.minor) for part in joint.parts] == [
        (document, quantity * 1_000) for (_, document), quantity in zip(orders, (1, 2, 3), strict=True)
    ]
    assert (charged.parts[0].reason, charged.parts[0].written_off) == ("bank_charges", euro(750))
    await banking.tell_orders(shop.client, shop.database)
    for living, _ in orders:
        await living.when(lambda s: s.invoices[0].settled)
    state = await short.when(lambda s: s.invoices[0].settled)
    assert (state.invoices[0].paid, state.invoices[0].written_off) == (euro(99_250), euro(750))
    assert (await short.view()).invoices[0].written_off == euro(750)
    for living in (short, *(each for each, _ in orders)):
        await living.deliver()
        await living.close()


async def test_a_returned_debit_opens_its_invoice_again(shop: Shop) -> None:
    living, document = await invoiced(shop)
    await take(shop, statement("paid", entry(2_000, document, end_to_end="DEBIT-1")))
    await banking.tell_orders(shop.client, shop.database)
    await living.when(lambda s: s.invoices[0].settled)
    back = entry(2_000, "", credit=False, return_reason="AM04", end_to_end="DEBIT-1", booked_on=TODAY + timedelta(days=2))
    (view,) = await take(shop, statement("returned", back))
    assert view.because == f"takes back B-{view.takes_back:06d}: AM04, no funds"
    await banking.tell_orders(shop.client, shop.database)
    state = await living.when(lambda s: s.payments[0].reversed)
    assert state.invoices[0].balance == euro(2_000)
    await living.until(Wait.PAYMENT)
    await take(shop, statement("again", entry(2_000, document, booked_on=TODAY + timedelta(days=3))))
    await banking.tell_orders(shop.client, shop.database)
    await living.when(lambda s: s.invoices[0].settled)
    await living.deliver()
    await living.close()


async def test_who_dies_between_booking_and_telling_loses_and_doubles_nothing(shop: Shop) -> None:
    living, document = await invoiced(shop)
    told = statement("crash", entry(2_000, document), entry(1, "who is this"))
    await take(shop, told)  # the reader is killed here: nobody was told
    assert len(await shop.database.read(outbox.untold)) == 1
    assert (await living.state()).payments == []
    (again, _) = await take(shop, told)  # it begins again
    assert again.known
    # Two tellers at once, and one that dies after telling and before it writes that down.
    await asyncio.gather(*(tell_untold(shop.client, shop.database) for _ in range(3)))
    state = await living.when(lambda s: s.payments)
    assert [(payment.payment, payment.amount) for payment in state.payments] == [(again.parts[0].payment, euro(2_000))]
    assert state.invoices[0].settled
    await living.deliver()
    await living.close()


async def test_money_that_comes_too_late_is_kept_and_pays_another_invoice(shop: Shop) -> None:
    customer = DEBTORS[6]

    def mine(**changes: Any) -> PlaceOrder:
        return order(customer=customer, **changes)

    closed = await shop.place(mine())
    await closed.ship()
    document = (await closed.when(lambda s: s.invoices)).invoices[0].document
    (view,) = await take(shop, statement("late", entry(2_000, document)))
    await closed.pay(2_000)  # by card at the counter, before the bank's payment is told
    await closed.deliver()
    await closed.close()
    outcomes = await banking.tell_orders(shop.client, shop.database)
    assert outcomes[f"cash/{view.parts[0].payment}"] == f"Order {closed.key} is closed, the message came too late."
    assert await shop.database.read(on_account, customer, "EUR") == 2_000

    other = await shop.place(mine())
    await other.ship()
    second = (await other.when(lambda s: s.invoices)).invoices[0].document
    done = await shop.database.transaction(account_use.apply_account, customer, second, None, "tester", datetime.now(UTC))
    assert (done.amount, done.left) == (euro(2_000), euro(0))
    await banking.tell_orders(shop.client, shop.database)
    state = await other.when(lambda s: s.invoices[0].settled)
    assert [payment.payment for payment in state.payments] == [done.payment]
    await other.deliver()
    await other.close()


async def test_money_of_the_account_goes_back_there_first_when_goods_come_back(shop: Shop) -> None:
    customer = await buyer(shop)
    first, first_document = await invoiced(shop, customer=customer)
    await take(shop, statement("generous", entry(3_500, first_document)))
    await banking.tell_orders(shop.client, shop.database)
    assert await shop.database.read(on_account, customer, "EUR") == 1_500

    living, document = await invoiced(shop, 4, customer=customer)
    await take(shop, statement("transfer", entry(2_500, document)))
    spent = await shop.database.transaction(account_use.apply_account, customer, document, None, "tester", datetime.now(UTC))
    await banking.tell_orders(shop.client, shop.database)
    await living.when(lambda s: s.invoices[0].settled)
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    await announce(living, line1=2)
    await come_back(living, quantity=2)
    await ends(living, "refunded")

    view = await living.view()
    transfer = next(payment.payment for payment in view.payments if payment.payment != spent.payment)
    assert [(back.payment, back.amount, back.to_account) for back in view.refunds] == [
        (spent.payment, euro(1_500), True),
        (transfer, euro(500), False),
    ]
    assert await shop.database.read(on_account, customer, "EUR") == 1_500
    await first.deliver()
    for each in (living, first):
        await each.close()
