"""The lives that are recorded: every chapter of an order, what comes or does not come from suppliers, and one replenishment run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from database.purchasing import place_purchase
from domain.distribution import ReallocateStock
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    CarrierStatus,
    Decide,
    DeliveryConfirmed,
    Disposition,
    HoldOrder,
    InspectedLine,
    LineQuantity,
    ReleaseOrder,
    RequestReturn,
    ReturnInspected,
    ReturnKind,
    ReturnReceived,
    ReturnWish,
)
from domain.order import PaymentTerms
from domain.policies import Policies
from domain.proposals import PlanReplenishment
from domain.purchasing import CancelSupply, MoveSupply, PlacePurchase, PurchaseLine
from domain.reallocation import Strategy
from domain.return_rules import ExchangeMode, ReturnReason
from starters.reallocating import reallocate
from starters.replenishing import replenish
from starters.supplying import cancel, slip
from tests.workflows.buying import plan_an_item
from tests.workflows.shop import Living, Shop, line, order

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
    await living.when(lambda s: all(invoice.settled for invoice in s.invoices), "the payment")
    await living.close()
    return living.latest.id


async def prepaid(shop: Shop, name: str) -> str:
    living = await begun(shop, name, terms=PaymentTerms.PREPAID)
    await living.ship()
    await living.carrier(CarrierStatus.IN_TRANSIT)
    await deliver(living)
    await living.close()
    return living.latest.id


async def paid_after_two_reminders(shop: Shop, name: str) -> str:
    living = await begun(shop, name)
    await living.ship()
    await deliver(living)
    await living.until(Wait.PAYMENT)
    await living.pass_time(51)
    await living.when(lambda s: s.invoices[0].reminders == 2, "two reminders")
    await living.pay(2000 + 1500)
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
    await living.when(lambda s: s.returns[0].outcome, "the end of the return")


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
    await living.when(lambda s: s.returns[0].outcome, "the end of the return")
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
    await living.when(lambda s: s.appeasements and s.appeasements[0].done, "the appeasement")
    await living.until(Wait.RETURN_WINDOW)
    two = (LineQuantity(line=1, quantity=2),)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=two, wish=ReturnWish(because=ReturnReason.DEFECTIVE)))
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=ONE, damaged=ONE))
    await living.decide(ExceptionKind.RETURN_MISMATCH, "accept_received")
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=1, disposition=Disposition.SCRAP),)
    await living.tell(ReturnInspected(**living.stamp("returns"), rma=1, lines=inspected))
    await living.when(lambda s: s.returns[0].outcome, "the end of the return")
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
    await living.when(lambda s: not s.needs and not s.amendments, "the amendment")
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
    await living.when(lambda s: len(s.exceptions) == 2, "the question once more")
    await living.decide(ExceptionKind.PROMISE_BROKEN, "accept_new_date")
    await living.when(lambda s: not s.broken_promises, "the new date")
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


LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        prepaid,
        paid_after_two_reminders,
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
        continued_as_new,
        goods_receipt,
        promise_moved,
        supply_slip,
        supply_cancelled,
        replenished,
        stock_reallocated,
        reallocation,
        other_bin_picked,
    )
}
