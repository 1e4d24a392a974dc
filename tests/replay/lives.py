"""The lives that are recorded: every chapter of an order, how it is paid for, what comes or does not come from suppliers, and runs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from database import feedback, subscriptions
from database.purchasing import place_purchase
from database.subscriptions import NewSubscription
from database.tables import Customer
from domain.collecting import InvoicePeriod
from domain.distribution import ReallocateStock
from domain.exceptions import ExceptionKind
from domain.feedback import Feed
from domain.lifecycle import Wait
from domain.messages import (
    Allowance,
    AmendOrder,
    Appease,
    CancelOrder,
    CancelReminder,
    CarrierStatus,
    Decide,
    DeliveryConfirmed,
    Disposition,
    HoldDunning,
    HoldOrder,
    InspectedLine,
    LineQuantity,
    PaymentReceived,
    PaymentReversed,
    PromiseToPay,
    ReleaseOrder,
    RequestReturn,
    ReturnInspected,
    ReturnKind,
    ReturnReceived,
    ReturnWish,
)
from domain.order import Address, OrderLine, PaymentTerms
from domain.policies import Policies
from domain.proposals import PlanReplenishment
from domain.purchasing import CancelSupply, MoveSupply, PlacePurchase, PurchaseLine
from domain.reallocation import Strategy
from domain.return_rules import ExchangeMode, ReturnReason
from domain.webhooks import SUBSCRIBED
from integrations.shopify.shop import Shopify
from integrations.shopify.wire import ShopifyWire
from integrations.simulated.shops import ShopifyShop, ShopServer
from integrations.web import Web
from integrations.webhooks import HttpSubscribers, Keyring
from integrations.webhooks.signing import digest_of
from starters.announcing import Announcer
from starters.feedback import Feeder, tell_shop
from starters.invoicing import run_invoices
from starters.outbox import tell_untold
from starters.reallocating import reallocate
from starters.replenishing import replenish
from starters.supplying import cancel, slip
from tests.integrations.test_webhook_posting import listening
from tests.workflows.buying import plan_an_item
from tests.workflows.lives import buyer, limit
from tests.workflows.shop import Living, Shop, euro, line, order
from workers.messenger import messenger
from workers.shops import ShopDoor

Life = Callable[[Shop, str], Awaitable[str]]
"""Leads the workflow with this name from its start to its end; its id."""

ONE = (LineQuantity(line=1, quantity=1),)


async def begun(shop: Shop, name: str, *lines: Any, policies: Policies | None = None, **changes: Any) -> Living:
    return await shop.place(order(*lines, external_id=name, **changes), policies)


async def deliver(living: Living, shipment: int = 1) -> None:
    """Somebody signs, who is no person: histories are kept."""
    await living.until(Wait.DELIVERY, f"shipment {shipment}")
    await living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=shipment, signed_by="dock 4"))


async def settled(living: Living, cents: int) -> str:
    """The customer pays, and the time for returns passes."""
    await living.pay(cents)
    await living.when(lambda s: all(invoice.settled for invoice in s.invoices))
    await living.close()
    return living.latest.id


async def prepaid(shop: Shop, name: str) -> str:
    living = await begun(shop, name, terms=PaymentTerms.PREPAID)
    await living.ship()
    await living.carrier(CarrierStatus.IN_TRANSIT)
    await deliver(living)
    await living.close()
    return living.latest.id


async def supplied_at_acceptance(shop: Shop, name: str) -> str:
    """The check of the order reserves what is there of it; the rest is a backorder that comes later."""
    item = shop.rare()
    await shop.receive(item, 3)
    living = await begun(shop, name, line(1, item, 5))
    await living.until(Wait.STOCK)
    await shop.receive(item, 2)
    for shipment in (1, 2):
        await living.ship(shipment)
        await deliver(living, shipment)
    return await settled(living, 5000)


async def paid_after_two_reminders(shop: Shop, name: str) -> str:
    living = await begun(shop, name)
    await living.ship()
    await deliver(living)
    await living.until(Wait.PAYMENT)
    await living.pass_time(51)
    await living.when(lambda s: s.invoices[0].reminders == 2)
    await living.pay(2000 + 1500)
    await living.ended()
    return living.latest.id


async def paid_short_and_returned(shop: Shop, name: str) -> str:
    """A bank keeps its charges, which are given up; the debit comes back, and the customer pays again."""
    living = await begun(shop, name, line(quantity=100))
    await living.ship()
    await deliver(living)
    await living.until(Wait.PAYMENT)
    charges = Allowance(amount=euro(750), reason="bank charges")
    paid = PaymentReceived(**living.stamp("bank"), payment="bank-1", amount=euro(99_250), invoice=1, allowance=charges)
    await living.tell(paid)
    await living.when(lambda s: s.invoices[0].settled)
    await living.tell(PaymentReversed(**living.stamp("bank"), payment="bank-1", reason="returned: AM04, no funds"))
    await living.when(lambda s: s.invoices[0].balance == euro(99_250))
    return await settled(living, 99_250)


async def owing(shop: Shop, name: str) -> tuple[Living, Living]:
    """Two orders of a customer who has no other: the first one's time comes, and its reminder names the invoice of the second."""

    def introduce(session: Session) -> None:
        known = {"currency": "EUR", "terms": "prepaid net14 net30", "email": "office@customers.example"}
        session.add(Customer(customer=f"C-{name}", **known))

    await shop.database.transaction(introduce)
    first, second = [await begun(shop, each, customer=f"C-{name}") for each in (f"of_{name}", name)]
    for living in (first, second):
        await living.ship()
        await deliver(living)
        await living.until(Wait.PAYMENT)
    async with messenger(shop.client, shop.database, every=0.1):
        await first.pass_time(36.2)
        await second.when(lambda s: s.invoices[0].reminders == 1)
    return first, second


async def reminded_together(shop: Shop, name: str) -> str:
    """A reminder that another order's time brought; then the next one by its own, and the money."""
    first, living = await owing(shop, name)
    await first.pay(2000)
    await first.ended()
    await living.pass_time(50.5)
    await living.when(lambda s: s.invoices[0].reminders == 2)
    await living.pay(2000 + 1500)
    await living.ended()
    return living.latest.id


async def reminder_cancelled(shop: Shop, name: str) -> str:
    """A reminder is cancelled, the reminders are put on hold, a promise is broken, and what follows is level 1 again."""
    first, living = await owing(shop, name)
    await first.pay(2000)
    await first.ended()
    document = (await living.state()).invoices[0].issued[0].document
    controller = living.stamp("credit") | {"roles": ("credit_controller",)}
    await living.ask(CancelReminder(**controller, invoice=1, document=document, reason="it crossed"))
    await living.when(lambda s: s.invoices[0].reminders == 0 and s.invoices[0].cancel_asked is None)
    now = datetime.now(UTC)
    await living.ask(HoldDunning(**living.stamp("credit"), invoice=1, until=now + timedelta(days=2), reason="they moved"))
    await living.until(Wait.DUNNING_HOLD)
    await living.ask(HoldDunning(**living.stamp("credit"), invoice=1, lifted=True))
    await living.ask(PromiseToPay(**living.stamp("customer"), invoice=1, pay_by=now + timedelta(days=40)))
    await living.until(Wait.PROMISE)
    await living.pass_time(40.2)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    await living.pay(2000)
    await living.ended()
    return living.latest.id


async def backordered_and_split(shop: Shop, name: str) -> str:
    item = shop.rare()
    await shop.receive(item, 3, receipt=f"{name}-1")
    living = await begun(shop, name, line(1, item, 5))
    await living.ship(1)
    await living.until(Wait.STOCK)
    await shop.receive(item, 2, receipt=f"{name}-2")
    await living.ship(2)
    await deliver(living, 1)
    await deliver(living, 2)
    return await settled(living, 5000)


async def short_pick_reallocated(shop: Shop, name: str) -> str:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await begun(shop, name, line(1, item, 3))
    await living.until(Wait.PICK)
    await shop.receive(item, 3, "LYON")
    await living.pick(line1=2)
    await living.decide(ExceptionKind.SHORT_PICK, "reallocate")
    await living.pack(1)
    await living.ship(2)
    await deliver(living, 1)
    await deliver(living, 2)
    return await settled(living, 3000)


async def cancelled_while_picking(shop: Shop, name: str) -> str:
    living = await begun(shop, name, terms=PaymentTerms.PREPAID)
    await living.until(Wait.PICK)
    await living.cancel()
    return living.latest.id


async def cancelled_in_an_outage(shop: Shop, name: str) -> str:
    placed = order(external_id=name)
    shop.trouble.down(placed.key, "release_picks")
    living = await shop.place(placed)
    await living.trying("release_picks")
    await living.ask(CancelOrder(**living.stamp("customer"), reason="it takes too long"))
    await living.ended()
    return living.latest.id


async def come_back(living: Living, kind: ReturnKind) -> None:
    """One unit of line 1 comes back as good as new."""
    await living.ask(RequestReturn(**living.stamp("customer"), lines=ONE, kind=kind, reason="too loud"))
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=ONE))
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=1, disposition=Disposition.RESTOCK),)
    await living.tell(ReturnInspected(**living.stamp("returns"), rma=1, lines=inspected))
    await living.when(lambda s: s.returns[0].outcome)


async def returned_and_refunded(shop: Shop, name: str) -> str:
    living = await begun(shop, name, terms=PaymentTerms.PREPAID)
    await living.ship()
    await deliver(living)
    await living.until(Wait.RETURN_WINDOW)
    await come_back(living, ReturnKind.REFUND)
    await living.close()
    return living.latest.id


async def exchanged(shop: Shop, name: str) -> str:
    living = await begun(shop, name)
    await living.ship()
    await deliver(living)
    await living.until(Wait.RETURN_WINDOW)
    await come_back(living, ReturnKind.EXCHANGE)
    await living.ship(2)
    await deliver(living, 2)
    return await settled(living, 2000)


async def exchanged_in_advance(shop: Shop, name: str) -> str:
    """A dearer item leaves at once, its price held on the card; the old one comes back, and the difference is captured."""
    living = await begun(shop, name, terms=PaymentTerms.PREPAID)
    await living.ship()
    await deliver(living)
    await living.until(Wait.RETURN_WINDOW)
    wish = ReturnWish(because=ReturnReason.DOES_NOT_FIT, items={1: "DELUXE"}, mode=ExchangeMode.ADVANCE_HOLD)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=ONE, kind=ReturnKind.EXCHANGE, wish=wish))
    await living.ship(2)
    await deliver(living, 2)
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=ONE))
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=1, disposition=Disposition.QUARANTINE),)
    await living.tell(ReturnInspected(**living.stamp("returns"), rma=1, lines=inspected))
    await living.when(lambda s: s.returns[0].outcome)
    await living.close()
    return living.latest.id


async def appeased(shop: Shop, name: str) -> str:
    """Money for goods that stay, after which one of them comes back all the same; broken, and not all of them."""
    living = await begun(shop, name)
    await living.ship()
    await deliver(living)
    await living.pay(2000)
    gift = Appease(**living.stamp("clerk"), roles=("returns_clerk",), line=1, percent="10", reason="a scratch")
    await living.ask(gift)
    await living.when(lambda s: s.appeasements and s.appeasements[0].done)
    await living.until(Wait.RETURN_WINDOW)
    two = (LineQuantity(line=1, quantity=2),)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=two, wish=ReturnWish(because=ReturnReason.DEFECTIVE)))
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=ONE, damaged=ONE))
    await living.decide(ExceptionKind.RETURN_MISMATCH, "accept_received")
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=1, disposition=Disposition.SCRAP),)
    await living.tell(ReturnInspected(**living.stamp("returns"), rma=1, lines=inspected))
    await living.when(lambda s: s.returns[0].outcome)
    await living.close()
    return living.latest.id


async def lost_and_shipped_again(shop: Shop, name: str) -> str:
    living = await begun(shop, name)
    await living.ship()
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.ship(2)
    await deliver(living, 2)
    return await settled(living, 2000)


async def held_released_and_amended(shop: Shop, name: str) -> str:
    item = shop.rare()
    living = await begun(shop, name, line(1, "PLENTY", 2), line(2, item, 3))
    await living.until(Wait.STOCK)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="call the customer", review_in=1))
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.HOLD_OVERDUE, "keep")
    await living.ask(ReleaseOrder(**living.stamp("desk")))
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=2, quantity=0),)))
    await living.when(lambda s: not s.needs and not s.amendments)
    if any(e.kind is ExceptionKind.PICK_OVERDUE for e in (await living.state()).open_exceptions()):
        await living.decide(ExceptionKind.PICK_OVERDUE, "wait_on")
    await living.ship()
    await deliver(living)
    return await settled(living, 2000)


async def corrected_and_billed(shop: Shop, name: str) -> str:
    """The price was wrong, the card was declined, and a message came that nobody could read."""
    living = await begun(shop, name, line(1, price="12.00"), terms=PaymentTerms.PREPAID, payment_reference="tok_declined")
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "correct", prices={1: "10.00"})
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "bill")
    await living.latest.signal("parcel_sighted", "near Hamburg")
    asked = await living.exception(ExceptionKind.UNREADABLE_MESSAGE)
    await living.ask(Decide(**living.stamp("integrator"), exception=asked.number, choice="acknowledge"))
    await living.ship()
    await deliver(living)
    return await settled(living, 2000)


async def priced_by_us(shop: Shop, name: str) -> str:
    """The order names no price, nobody has agreed one, and a person sets it; units are added, and a part of them comes back."""
    goods = OrderLine(number=1, item="SPECIAL", quantity=2, discount=euro(0))
    vienna = Address(name="dock 4", street="Ring 1", city="Wien", postcode="1010", country="AT")
    living = await begun(shop, name, goods, ship_to=vienna, freight=euro(500))
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")
    await living.when(lambda s: len(s.exceptions) == 2)
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "correct", prices={1: "12.50"}, note="as in our quote")
    await living.until(Wait.STOCK)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=3),)))
    await living.when(lambda s: s.changes == 1)
    await shop.receive("SPECIAL", 3, receipt=name)
    await living.ship()
    await deliver(living)
    await living.pay(4500 + 600)
    await living.when(lambda s: s.invoices[0].settled)
    await come_back(living, ReturnKind.REFUND)
    await living.close()
    return living.latest.id


async def continued_as_new(shop: Shop, name: str) -> str:
    living = await begun(shop, name, policies=Policies(leave_at_events=25))
    await living.ship()
    await deliver(living)
    return await settled(living, 2000)


async def goods_receipt(shop: Shop, name: str) -> str:
    """A receipt that wakes an order; it is a workflow of its own."""
    item = shop.rare()
    living = await begun(shop, name, line(1, item, 2))
    await living.until(Wait.STOCK)
    await shop.receive(item, 2, receipt=name)
    await living.until(Wait.PICK)
    await living.cancel()
    return f"receipt/{name}"


async def promised(shop: Shop, name: str, number: str) -> Living:
    """An order that was promised goods of a purchase order, which slips."""
    item, now = shop.rare(), datetime.now(UTC)
    ordered = PurchaseLine(line=1, item=item, ordered=2, expected_at=now + timedelta(days=10))
    bought = PlacePurchase(purchase_order=number, supplier="MAKER", location="BERLIN", lines=(ordered,), at=now, actor="buyer")
    await shop.database.transaction(place_purchase, bought)
    living = await begun(shop, name, line(1, item, 2))
    await living.until(Wait.STOCK)
    day = now + timedelta(days=20)
    await slip(shop.client, MoveSupply(slip=number, purchase_order=number, expected_at=day, reason="strike", at=now, actor="buyer"))
    await living.exception(ExceptionKind.PROMISE_BROKEN)
    return living


async def promise_moved(shop: Shop, name: str) -> str:
    living = await promised(shop, name, name)
    await living.decide(ExceptionKind.PROMISE_BROKEN, "look_elsewhere")
    await living.when(lambda s: len(s.exceptions) == 2)
    await living.decide(ExceptionKind.PROMISE_BROKEN, "accept_new_date")
    await living.when(lambda s: not s.broken_promises)
    await shop.receive((await living.state()).line(1).item, 2)
    await living.ship()
    await deliver(living)
    return await settled(living, 2000)


async def supply_slip(shop: Shop, name: str) -> str:
    """A slip that is told to an order; it is a workflow of its own."""
    await (await promised(shop, f"of_{name}", name)).cancel()
    return f"slip/{name}"


async def supply_cancelled(shop: Shop, name: str) -> str:
    living = await promised(shop, f"of_{name}", name)
    await cancel(shop.client, CancelSupply(purchase_order=name, at=datetime.now(UTC), actor="buyer"))
    await living.cancel()
    return f"cancel/purchase/{name}"


async def replenished(shop: Shop, name: str) -> str:
    """A night's replenishment run."""
    await shop.database.transaction(plan_an_item, shop.rare())
    await replenish(shop.client, PlanReplenishment(), name)
    return f"replenishment/{name}"


async def parted(shop: Shop, name: str) -> tuple[Living, Living, str]:
    """Four units that one order has, of which another order, as old as it, gets three on purpose; and the name of the re-allocation."""
    item = shop.rare()
    await shop.receive(item, 4)
    holder = await begun(shop, name, line(1, item, 4))
    await holder.until(Wait.PICK)
    winner = await begun(shop, f"for_{name}", line(1, item, 3))
    await winner.until(Wait.STOCK)
    wanted = ReallocateStock(request=name, item=item, strategy=Strategy.WIN, order=winner.key, at=datetime.now(UTC), actor="order_desk")
    await reallocate(shop.client, wanted)
    await winner.until(Wait.PICK)
    await holder.until(Wait.PICK, "shipment 2")
    return holder, winner, name


async def stock_reallocated(shop: Shop, name: str) -> str:
    """The order that loses: its picks are taken back, one unit is left to it, the rest comes later."""
    holder, winner, _ = await parted(shop, name)
    await winner.cancel()
    await holder.ship(2)
    await holder.ship(3)
    for shipment in (2, 3):
        await deliver(holder, shipment)
    return await settled(holder, 4000)


async def reallocation(shop: Shop, name: str) -> str:
    holder, winner, request = await parted(shop, name)
    await winner.cancel()
    await holder.cancel()
    return f"reallocation/{request}"


async def other_bin_picked(shop: Shop, name: str) -> str:
    """Two of five are not in their bin: one lies in another bin of the location, the other in another location."""
    item = shop.rare()
    await shop.receive(item, 3, "LYON")
    await shop.receive(item, 6, into="B-90")
    living = await begun(shop, name, line(1, item, 5))
    await living.until(Wait.PICK)
    await shop.receive(item, 1, into="B-91")
    await living.pick(1, line1=3)
    await living.decide(ExceptionKind.SHORT_PICK, "other_bin")
    await living.pack(1)
    await living.ship(2)
    await living.ship(3)
    for shipment in (1, 2, 3):
        await deliver(living, shipment)
    return await settled(living, 5000)


async def card_renewed(shop: Shop, name: str) -> str:
    """The authorization ends while two of five units are awaited; a third is added and taken back again, and what was held for it goes."""
    item = shop.rare()
    await shop.receive(item, 3, receipt=f"{name}-1")
    living = await begun(shop, name, line(1, item, 5), terms=PaymentTerms.PREPAID)
    await living.ship(1)
    await deliver(living)
    await living.until(Wait.STOCK)
    await living.pass_time(8)
    for quantity in (6, 5):
        changed = (LineQuantity(line=1, quantity=quantity),)
        await living.ask(AmendOrder(**living.stamp("customer"), quantities=changed))
        await living.when(lambda s: len(s.authorizations) == 2 and not s.amendments)
    await shop.receive(item, 2, receipt=f"{name}-2")
    await living.ship(2)
    await deliver(living, 2)
    await living.when(lambda s: all(authorization.voided for authorization in s.authorizations))
    await living.close()
    return living.latest.id


async def deposit_netted(shop: Shop, name: str) -> str:
    """Nothing is supplied before the deposit; its invoice nets it, and is paid in time for a discount that is taken back."""
    living = await begun(shop, name, terms="30-deposit")
    await living.until(Wait.DEPOSIT)
    await living.pass_time(7.1)
    await living.decide(ExceptionKind.DEPOSIT_OVERDUE, "wait_on")
    await living.pay(600, "deposit")
    await living.ship()
    await deliver(living)
    return await settled(living, 1400)


async def discounted(shop: Shop, name: str) -> str:
    """An invoice that is paid in time for its discount, owed again when the bank takes the payment back, and paid once more."""
    living = await begun(shop, name, terms="2-10-net30")
    await living.ship()
    await deliver(living)
    await living.pay(1960, f"{name}-1")
    await living.when(lambda s: s.invoices[0].settled)
    await living.tell(PaymentReversed(**living.stamp("bank"), payment=f"{name}-1", reason="no funds"))
    await living.when(lambda s: s.payments[0].reversed)
    return await settled(living, 2000)


async def invoiced_weekly(shop: Shop, name: str) -> str:
    """The order waits for its customer's invoice and books its own part of it."""
    living = await begun(shop, name, customer="W-1")
    await living.ship()
    await living.until(Wait.INVOICE)
    await invoice_week(shop)
    await deliver(living)
    await living.when(lambda s: s.invoices)
    return await settled(living, 2000)


async def invoice_run(shop: Shop, name: str) -> str:
    """A run of collective invoices; it is a workflow of its own."""
    living = await begun(shop, name, customer="W-2")
    await living.ship()
    await living.until(Wait.INVOICE)
    return await invoice_week(shop, "W-2")


async def invoice_week(shop: Shop, customer: str = "W-1") -> str:
    """Invoice a customer for everything that has shipped; the name of the run."""
    now = datetime.now(UTC)
    until = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    with shop.env.with_time_skipping_disabled():
        await run_invoices(shop.client, shop.database, InvoicePeriod(customer=customer, until=until, at=now, actor="clerk"))
    return f"invoice-run/{customer}/{until:%Y-%m-%dT%H%M}"


async def stopped_by_credit(shop: Shop, name: str) -> str:
    """Stopped where its picks were to be released, asked about, and lifted by the payment of another order."""
    customer, item = await buyer(shop), shop.rare()
    owing = await begun(shop, f"before_{name}", customer=customer)
    await owing.ship()
    living = await begun(shop, name, line(1, item, 2), customer=customer)
    await living.until(Wait.STOCK)
    await limit(shop, customer, 3000)
    await shop.receive(item, 2)
    await living.until(Wait.CREDIT, "release")
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.CREDIT_STOP, "keep_waiting")
    await living.when(lambda s: s.credit_checks == 1)
    await owing.pay(2000)
    await owing.when(lambda s: s.invoices[0].settled)
    await tell_untold(shop.client, shop.database)
    await living.ship()
    await deliver(living)
    return await settled(living, 2000)


async def subscriber_told(shop: Shop, name: str) -> str:
    """An event that is not taken, tried again, and answered with Gone: the subscription is disabled, and its contact told."""
    subscription, keys = f"sub_{hashlib.sha256(name.encode()).hexdigest()[:16]}", Keyring((b"k" * 32,))
    async with listening("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n") as receiver, staffed(shop):
        shop.partners.subscribers = HttpSubscribers(lambda: keys, loopback=True)
        await shop.open()
        digest = digest_of(keys.secret(subscription, 1))
        new = NewSubscription(subscription=subscription, url=receiver.url, events=SUBSCRIBED, owner="cli:ada", digest=digest)
        await shop.database.transaction(subscriptions.add, new, datetime.now(UTC))
        living = await begun(shop, name)
        with shop.env.with_time_skipping_disabled():
            announcer = Announcer(shop.client, shop.database)
            while not receiver.calls:
                await announcer.announce()
                await asyncio.sleep(0.1)
            receiver.answer = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
            await shop.client.get_workflow_handle(f"webhooks/{subscription}").result()
        await living.cancel()
        await shop.database.transaction(subscriptions.remove, subscription)
    return f"webhooks/{subscription}"


async def shop_told(shop: Shop, name: str) -> str:
    """A shop that is down when a shipment has left, left alone for a while, and told when it is back."""
    nord = ShopifyShop(points=20_000, restored=10_000)
    feed = Feed(shop="nord", channel="nord", locations={"BERLIN": "1"})
    with ShopServer(nord) as server:
        web = Web("nord", server.address, {"X-Shopify-Access-Token": "shpat_double"}, seconds=5)
        async with staffed(shop):
            shop.partners.shops = {"nord": ShopDoor(Shopify(ShopifyWire(web, "2026-01")), per_second=50)}
            await shop.open()
            feeder, telling = Feeder(shop.client, shop.database, [feed]), shop.client.get_workflow_handle("feedback/nord")
            with shop.env.with_time_skipping_disabled():
                await feeder.look()
                await telling.result()  # its stock; what follows is a run of its own
            nord.sell("7301", ("PLENTY", 1))
            living = await shop.place(order(line(1, "PLENTY", 1), channel="nord", external_id="7301"))
            server.down = True
            await living.ship()
            with shop.env.with_time_skipping_disabled():
                while not (pieces := await shop.database.read(feedback.listed, order=living.key)) or not pieces[0].attempts:
                    await feeder.look()
                    await asyncio.sleep(0.1)
                server.down = False
                await tell_shop(shop.client, "nord", now=True)
                while [each.status for each in pieces] != ["told"]:
                    await asyncio.sleep(0.1)
                    pieces = await shop.database.read(feedback.listed, order=living.key)
                await telling.result()
            await deliver(living)
            await settled(living, 1000)
        await web.close()
    return "feedback/nord"


@asynccontextmanager
async def staffed(shop: Shop) -> AsyncIterator[None]:
    """Workers that know other partners for a while: they are opened inside, and after it those of before are back."""
    before = (shop.partners.subscribers, shop.partners.shops)
    await shop.shut()
    yield
    await shop.shut()
    shop.partners.subscribers, shop.partners.shops = before
    await shop.open()


LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        prepaid,
        supplied_at_acceptance,
        paid_after_two_reminders,
        paid_short_and_returned,
        reminded_together,
        reminder_cancelled,
        backordered_and_split,
        short_pick_reallocated,
        cancelled_while_picking,
        cancelled_in_an_outage,
        returned_and_refunded,
        exchanged,
        exchanged_in_advance,
        appeased,
        lost_and_shipped_again,
        held_released_and_amended,
        corrected_and_billed,
        priced_by_us,
        continued_as_new,
        goods_receipt,
        promise_moved,
        supply_slip,
        supply_cancelled,
        replenished,
        stock_reallocated,
        reallocation,
        other_bin_picked,
        card_renewed,
        deposit_netted,
        discounted,
        invoiced_weekly,
        invoice_run,
        stopped_by_credit,
        subscriber_told,
        shop_told,
    )
}
