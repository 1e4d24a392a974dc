"""The floor on the real server: picks and parcels that are late, short or wrong."""

from __future__ import annotations

from database import counting
from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import Decide, LineQuantity, Packed, Parcel, PickConfirmed
from domain.order import ShippingPolicy
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order


def units(**lines: int) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line=int(name.removeprefix("line")), quantity=quantity) for name, quantity in lines.items())


async def packed(living: Living, *parcels: tuple[LineQuantity, ...], shipment: int = 1) -> None:
    await living.until(Wait.PACK, f"shipment {shipment}")
    found = tuple(Parcel(number=n, weight_g=800, contents=contents) for n, contents in enumerate(parcels, 1))
    await living.tell(Packed(**living.stamp("floor"), shipment=shipment, parcels=found))


async def short_picked(shop: Shop, item: str) -> Living:
    """Five units in Berlin by the books, three in their bin."""
    await shop.receive(item, 5)
    living = await shop.place(order(line(1, item, 5), line(2, "LAMP", 1)))
    await living.pick(1, line1=3)
    asked = await living.exception(ExceptionKind.SHORT_PICK)
    assert (asked.subject, asked.detail) == ("shipment 1", f"BERLIN did not find 2 of line 1 ({item})")
    assert await shop.stock(item) == (3, 3)
    return living


@answers(ExceptionKind.SHORT_PICK, "reallocate")
async def test_what_was_not_found_is_taken_from_another_location(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2, "LYON")
    living = await short_picked(shop, item)
    assert len((await living.state()).shipments) == 1, "nothing moves before the decision"
    await living.decide(ExceptionKind.SHORT_PICK, "reallocate")
    await living.pack(1)
    await living.ship(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    view = await living.view()
    assert [(s.location, sum(p.quantity for p in s.picks)) for s in view.shipments] == [("BERLIN", 4), ("LYON", 2)]
    assert [invoice.total.minor for invoice in view.invoices] in ([4000, 2000], [2000, 4000])
    assert (await shop.stock(item), await shop.stock(item, "LYON")) == ((0, 0), (0, 0))


@answers(ExceptionKind.SHORT_PICK, "other_bin")
async def test_what_was_not_found_is_taken_from_other_bins_of_the_location_and_only_the_rest_from_elsewhere(shop: Shop) -> None:
    """Two are missing in Berlin: another bin there holds one, Lyon the other; the bin that was short is left alone until it is counted."""
    item = shop.rare()
    await shop.receive(item, 3, "LYON")
    await shop.receive(item, 6, into="B-90")
    living = await shop.place(order(line(1, item, 5), line(2, "LAMP", 1)))
    await living.until(Wait.PICK)
    await shop.receive(item, 1, into="B-91")
    await living.pick(1, line1=3)
    await living.decide(ExceptionKind.SHORT_PICK, "other_bin")
    await living.pick(2)
    await living.pick(3)
    view = await living.view()
    assert [(s.location, [(p.bin, p.quantity) for p in s.picks if p.item == item]) for s in view.shipments] == [
        ("BERLIN", [("B-90", 3)]),
        ("BERLIN", [("B-91", 1)]),
        ("LYON", [("", 1)]),
    ]
    counts = await shop.database.read(counting.views)
    assert [(task.reason, task.bin, task.opened_by) for task in counts if task.item == item] == [("short_pick", "B-90", "floor")]


@answers(ExceptionKind.SHORT_PICK, "substitute")
async def test_what_was_not_found_is_replaced_by_another_item_for_the_same_money(shop: Shop) -> None:
    item = shop.rare()
    living = await short_picked(shop, item)
    asked = await living.exception(ExceptionKind.SHORT_PICK)
    said = await living.refused(Decide(**living.stamp(), exception=asked.number, choice="substitute"))
    assert said == "A substitute needs an item: say which one is to be taken for line 1."
    await living.decide(ExceptionKind.SHORT_PICK, "substitute", items={1: "SPARE"})
    await living.pack(1)
    await living.ship(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    view = await living.view()
    assert [(row.number, row.item, row.ordered, row.cancelled, row.shipped, row.origin) for row in view.lines] == [
        (1, item, 5, 2, 3, ""),
        (2, "LAMP", 1, 0, 1, ""),
        (101, "SPARE", 2, 0, 2, "substitute for line 1"),
    ]
    assert sum(invoice.total.minor for invoice in view.invoices) == 6000


@answers(ExceptionKind.SHORT_PICK, "backorder")
async def test_what_was_not_found_waits_for_new_stock_and_wakes_when_it_comes(shop: Shop) -> None:
    item = shop.rare()
    living = await short_picked(shop, item)
    await living.decide(ExceptionKind.SHORT_PICK, "backorder")
    due = await living.until(Wait.STOCK)
    await living.until(Wait.PACK)
    assert (await living.view()).lines[0].backorder_due == due
    await living.pack(1)
    await shop.receive(item, 6)
    await living.ship(2)
    view = await living.view()
    assert [(row.ordered, row.shipped) for row in view.lines] == [(5, 5), (1, 1)]
    assert await shop.stock(item) == (4, 0)


@answers(ExceptionKind.SHORT_PICK, "cancel_line")
async def test_what_was_not_found_is_cancelled_and_not_billed(shop: Shop) -> None:
    item = shop.rare()
    living = await short_picked(shop, item)
    await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
    await living.pack(1)
    await living.until(Wait.DELIVERY)
    view = await living.view()
    assert [(row.ordered, row.cancelled, row.shipped) for row in view.lines] == [(5, 2, 3), (1, 0, 1)]
    assert [invoice.total for invoice in view.invoices] == [euro(4000)]
    assert await shop.stock(item) == (0, 0)


@answers(ExceptionKind.SHORT_PICK, "cancel_line")
async def test_a_cancelled_short_pick_leaves_the_rest_of_its_line_waiting_for_stock(shop: Shop) -> None:
    """Four of six are in stock, one of the four is not found: one is cancelled, two still wait."""
    item = shop.rare()
    await shop.receive(item, 4)
    living = await shop.place(order(line(1, item, 6)))
    await living.pick(1, line1=3)
    await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
    await living.until(Wait.PACK)
    state = await living.state()
    assert [(row.ordered, row.cancelled, row.open, row.parked, row.picked) for row in state.lines] == [(6, 1, 2, 0, 3)]
    await shop.receive(item, 2)
    await living.until(Wait.PICK, "shipment 2")
    assert (await living.state()).shipments[1].quantities == {1: 2}


async def test_two_short_picks_decided_at_once_are_both_booked(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    await shop.receive(item, 2, "LYON")
    living = await shop.place(order(line(1, item, 5)))
    await living.pick(1, line1=2)
    await living.pick(2, line1=1)
    state = await living.when(lambda s: len(s.exceptions) == 2)
    assert [e.detail for e in state.exceptions] == [f"BERLIN did not find 1 of line 1 ({item})", f"LYON did not find 1 of line 1 ({item})"]
    await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
    await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
    await living.pack(1)
    await living.pack(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    await living.until(Wait.DELIVERY, "shipment 2")
    assert [(row.ordered, row.cancelled, row.shipped) for row in (await living.view()).lines] == [(5, 2, 3)]


async def test_a_pick_that_found_nothing_gives_the_shipment_up(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 2)))
    await living.pick(1, line1=0)
    await living.decide(ExceptionKind.SHORT_PICK, "cancel_line")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = await living.view()
    assert ([s.status for s in view.shipments], view.invoices, living.effects()) == (["cancelled"], (), ["pick task"])
    assert await shop.stock(item) == (0, 0)


async def test_more_than_was_asked_for_is_not_booked_and_the_pick_goes_on(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=2)))
    await living.until(Wait.PICK)
    await living.tell(PickConfirmed(**living.stamp("floor"), shipment=1, lines=units(line1=3)))
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert asked.detail == "shipment 1: more was picked than asked for on line 1; the pick was not booked."
    assert (await living.view()).lines[0].picked == 0
    await living.ship(1)
    assert (await living.view()).lines[0].shipped == 2


@answers(ExceptionKind.PICK_OVERDUE, "wait_on")
async def test_a_late_pick_gets_another_day(shop: Shop) -> None:
    living = await shop.place(order())
    due = await living.until(Wait.PICK)
    await living.pass_time(1)
    asked = await living.exception(ExceptionKind.PICK_OVERDUE)
    assert (asked.owner, asked.detail) == ("warehouse_lead", "BERLIN has not confirmed the pick of shipment 1.")
    await living.decide(ExceptionKind.PICK_OVERDUE, "wait_on")
    later = await living.until(Wait.PICK)
    assert due is not None
    assert later is not None
    assert later > due
    assert (await living.view()).shipments[0].due_at == later
    await living.ship(1)


@answers(ExceptionKind.PICK_OVERDUE, "reallocate")
async def test_a_late_pick_is_given_to_another_location(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 2)))
    await living.until(Wait.PICK)
    await shop.receive(item, 2, "LYON")
    await living.pass_time(1)
    await living.decide(ExceptionKind.PICK_OVERDUE, "reallocate")
    await living.ship(2)
    view = await living.view()
    assert [(s.location, s.status) for s in view.shipments] == [("BERLIN", "cancelled"), ("LYON", "shipped")]
    assert (await shop.stock(item), await shop.stock(item, "LYON")) == ((2, 0), (0, 0))
    assert (living.effects(), living.undone()) == (["pick task", "label"], ["pick task"])
    assert [invoice.total for invoice in view.invoices] == [euro(2000)]


async def test_units_taken_back_from_the_floor_do_not_wait_for_the_backorder_beside_them(shop: Shop) -> None:
    """Two of four units are backordered; the pick of the others is overdue and goes to Lyon at once."""
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 4)))
    await living.until(Wait.STOCK)
    lamps = await living.until(Wait.PICK)
    assert lamps is not None
    await living.pass_time(1)
    await living.exception(ExceptionKind.PICK_OVERDUE)
    await shop.receive(item, 2, "LYON")
    await living.until(Wait.PICK, "shipment 2")
    await living.decide(ExceptionKind.PICK_OVERDUE, "reallocate")
    await living.when(lambda s: s.shipments[0].abandoned and s.allocation_rounds == 3)
    await living.until(Wait.STOCK)
    assert [(s.location, s.quantities) for s in (await living.state()).shipments if not s.abandoned] == [("LYON", {1: 2})]


async def test_a_pick_that_comes_before_the_answer_answers_the_question(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    await living.pass_time(1)
    await living.exception(ExceptionKind.PICK_OVERDUE)
    await living.tell(PickConfirmed(**living.stamp("floor"), shipment=1, lines=units(line1=2)))
    await living.until(Wait.PACK)
    withdrawn = (await living.state()).exceptions[0].decision
    assert withdrawn is not None
    assert withdrawn.choice == "withdrawn"


@answers(ExceptionKind.PACK_OVERDUE, "wait_on")
async def test_late_packing_gets_another_day(shop: Shop) -> None:
    living = await shop.place(order())
    await living.pick()
    due = await living.until(Wait.PACK)
    await living.pass_time(1)
    assert (await living.exception(ExceptionKind.PACK_OVERDUE)).detail == "BERLIN has not confirmed the packing of shipment 1."
    await living.decide(ExceptionKind.PACK_OVERDUE, "wait_on")
    later = await living.until(Wait.PACK)
    assert due is not None
    assert later is not None
    assert later > due
    assert (await living.view()).shipments[0].due_at == later
    await living.pack()
    await living.until(Wait.DELIVERY)


@answers(ExceptionKind.PACK_MISMATCH, "repack")
async def test_parcels_that_lack_a_unit_are_packed_again(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3), line(2, "LAMP", 1)))
    await living.pick()
    await packed(living, units(line1=2), units(line2=1))
    assert (await living.exception(ExceptionKind.PACK_MISMATCH)).detail == (
        "shipment 1: line 1: 2 packed, 3 picked, line 2: 1 packed, 1 picked"
    )
    assert (await living.view()).shipments[0].parcels == ()
    await living.decide(ExceptionKind.PACK_MISMATCH, "repack")
    await packed(living, units(line1=3), units(line2=1))
    await living.until(Wait.DELIVERY)
    view = await living.view()
    assert [[(c.line, c.quantity) for c in parcel.contents] for parcel in view.shipments[0].parcels] == [[(1, 3)], [(2, 1)]]
    assert [invoice.total for invoice in view.invoices] == [euro(4000)]


@answers(ExceptionKind.PACK_MISMATCH, "ship_packed")
async def test_what_was_packed_ships_and_the_rest_follows(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3)))
    await living.pick()
    await packed(living, units(line1=2))
    await living.decide(ExceptionKind.PACK_MISMATCH, "ship_packed")
    await living.until(Wait.DELIVERY, "shipment 1")
    await living.ship(2)
    view = await living.view()
    assert [(s.number, sum(p.quantity for p in s.picks)) for s in view.shipments] == [(1, 2), (2, 1)]
    assert [invoice.total for invoice in view.invoices] == [euro(2000), euro(1000)]


@answers(ExceptionKind.PACK_MISMATCH, "ship_packed", "repack")
async def test_more_than_was_picked_never_ships(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3)))
    await living.pick()
    await packed(living, units(line1=4))
    await living.decide(ExceptionKind.PACK_MISMATCH, "ship_packed")
    refused = await living.exception(ExceptionKind.RAISED)
    assert refused.detail == "shipment 1 cannot ship more than was picked; waiting for new parcels."
    assert ((await living.view()).shipments[0].status, living.effects()) == ("picked", ["pick task"])
    await packed(living, units(line1=3))
    await living.until(Wait.DELIVERY)
    assert [invoice.total for invoice in (await living.view()).invoices] == [euro(3000)]


async def test_a_ship_complete_order_waits_for_the_unit_that_was_not_found(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 2), line(2, "LAMP", 1), policy=ShippingPolicy.COMPLETE))
    await living.pick(1, line1=1)
    await living.decide(ExceptionKind.SHORT_PICK, "backorder")
    await living.pack(1)
    await living.when(lambda s: s.shipments[0].packed)
    await living.until(Wait.STOCK)
    state = await living.state()
    assert (state.stage, state.shipments[0].shipped_at, living.effects()) == (Stage.SUPPLYING, None, ["pick task"])
    await shop.receive(item, 1)
    await living.pick(2)
    await living.pack(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    await living.until(Wait.DELIVERY, "shipment 2")
    assert [invoice.total for invoice in (await living.view()).invoices] == [euro(2000), euro(1000)]


async def test_a_confirmation_that_comes_twice_is_booked_once(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=2)))
    await living.until(Wait.PICK)
    fact = PickConfirmed(**living.stamp("floor"), shipment=1, lines=units(line1=2))
    await living.tell(fact)
    await living.until(Wait.PACK)
    await living.tell(fact)
    await living.pack()
    await living.until(Wait.DELIVERY)
    state = await living.state()
    assert ([(row.ordered, row.shipped) for row in state.lines], state.exceptions, state.inbox) == ([(2, 2)], [], [])


async def test_packing_that_is_told_before_the_pick_waits_its_turn(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=2)))
    await living.until(Wait.PICK)
    await living.tell(Packed(**living.stamp("floor"), shipment=1, parcels=(Parcel(number=1, weight_g=900, contents=units(line1=2)),)))
    await living.pick()
    await living.until(Wait.DELIVERY)
    assert (await living.state()).exceptions == []
