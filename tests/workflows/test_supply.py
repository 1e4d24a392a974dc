"""Supply on the real server: several locations, backorders, what a person decides of them, amendments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import AmendOrder, Decide, LineQuantity
from domain.money import Money
from domain.order import PaymentTerms, ShippingPolicy, TaxLine
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order


async def short_of(shop: Shop, item: str, there: int, wanted: int, policy: ShippingPolicy = ShippingPolicy.PARTIAL) -> Living:
    """An order for `wanted` of an item of which `there` are in Berlin (then for one lamp too); it waits for stock."""
    lines = [line(1, item, wanted)]
    if there:
        await shop.receive(item, there)
        lines.append(line(2, "LAMP", 1))
    living = await shop.place(order(*lines, policy=policy))
    await living.until(Wait.STOCK)
    return living


async def asked(living: Living) -> None:
    """What could go was delivered, the backorder's deadline passes, and somebody is asked."""
    if (await living.state()).shipments:
        await living.ship(1)
        await living.deliver(1)
    await living.pass_time(14)
    await living.exception(ExceptionKind.BACKORDER_OVERDUE)


async def test_stock_of_two_locations_becomes_two_shipments_and_two_invoices(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    await shop.receive(item, 5, "LYON")
    living = await shop.place(order(line(1, item, 7, price="10.00")))
    await living.until(Wait.PICK, "shipment 2")
    assert [(s.location, s.quantities) for s in (await living.state()).shipments] == [("LYON", {1: 5}), ("BERLIN", {1: 2})]
    assert (await shop.stock(item), await shop.stock(item, "LYON")) == ((3, 2), (5, 5))

    await living.ship(2)  # the second is quicker
    assert (await living.state()).stage is Stage.FULFILLING
    await living.ship(1)
    view = await living.view()
    assert [(invoice.shipment, invoice.total) for invoice in view.invoices] == [(1, euro(5000)), (2, euro(2000))]
    assert (await shop.stock(item), await shop.stock(item, "LYON")) == ((1, 0), (0, 0))


async def test_a_ship_complete_order_from_two_locations_leaves_together(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4, "LYON")
    living = await shop.place(order(line(1, item, 4), line(2, "LAMP", 2), policy=ShippingPolicy.COMPLETE, terms=PaymentTerms.PREPAID))
    await living.pick(1)
    await living.pack(1)
    await living.until(Wait.PICK, "shipment 2")
    state = await living.when(lambda s: s.shipments[0].packed)
    assert [(s.location, s.shipped_at) for s in state.shipments] == [("LYON", None), ("BERLIN", None)]
    assert living.effects() == ["authorization", "pick task", "pick task"]

    await living.pick(2)
    await living.pack(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    await living.until(Wait.DELIVERY, "shipment 2")
    view = await living.view()
    assert [(i.shipment, i.total, i.balance) for i in view.invoices] == [(1, euro(4000), euro(0)), (2, euro(2000), euro(0))]
    assert sorted(living.effects()) == ["authorization", "capture", "capture", "label", "label", "pick task", "pick task"]


async def test_a_ship_complete_order_keeps_no_stock_while_one_line_is_short(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5, ShippingPolicy.COMPLETE)
    assert await shop.stock(item) == (3, 0)
    assert [(row.open, row.allocated) for row in (await living.view()).lines] == [(5, 0), (1, 0)]
    assert living.effects() == []

    await shop.receive(item, 2)
    await living.until(Wait.PICK)
    assert [(s.location, s.quantities) for s in (await living.state()).shipments] == [("BERLIN", {1: 5, 2: 1})]
    assert await shop.stock(item) == (5, 5)


async def test_a_partial_order_ships_what_there_is_and_the_rest_when_stock_comes(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5)
    state = await living.state()
    assert (state.stage, state.shipments[0].quantities) == (Stage.SUPPLYING, {1: 3, 2: 1})
    assert state.backorder is not None
    assert [(short.line, short.asked, short.available) for short in state.backorder.short] == [(1, 5, 3)]
    assert (await living.view()).lines[0].backorder_due == state.backorder.due_at == state.backorder.since + timedelta(days=14)
    await living.ship(1)

    await shop.receive(item, 10)
    await living.ship(2)
    view = await living.view()
    assert [(s.number, s.status, sum(p.quantity for p in s.picks)) for s in view.shipments] == [(1, "shipped", 4), (2, "shipped", 2)]
    assert [invoice.total for invoice in view.invoices] == [euro(4000), euro(2000)]
    assert await shop.stock(item) == (8, 0)


async def test_received_stock_goes_to_the_order_that_has_waited_longest(shop: Shop) -> None:
    item = shop.rare()
    oldest, younger = [await short_of(shop, item, 0, 2) for _ in range(2)]
    await shop.receive(item, 3)
    await oldest.until(Wait.PICK, "shipment 1")
    await younger.until(Wait.PICK, "shipment 1")
    assert [s.quantities for s in (await oldest.state()).shipments] == [{1: 2}]
    assert [s.quantities for s in (await younger.state()).shipments] == [{1: 1}]
    await younger.until(Wait.STOCK)
    assert await shop.stock(item) == (3, 3)


@answers(ExceptionKind.BACKORDER_OVERDUE, "wait_on")
async def test_a_person_lets_a_backorder_wait_on(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 0, 5)
    due = await living.until(Wait.STOCK)
    assert due is not None
    await asked(living)
    assert (await living.exception(ExceptionKind.BACKORDER_OVERDUE)).detail == f"Still short: line 1 {item}: 0 of 5"
    await living.decide(ExceptionKind.BACKORDER_OVERDUE, "wait_on")
    later = await living.until(Wait.STOCK)
    assert later is not None
    assert later - due >= timedelta(days=14)
    assert (await living.view()).lines[0].backorder_due == later
    await shop.receive(item, 5)
    await living.until(Wait.PICK, "shipment 1")


@answers(ExceptionKind.BACKORDER_OVERDUE, "substitute")
async def test_a_person_substitutes_what_does_not_come_for_the_same_money(shop: Shop) -> None:
    item, better = shop.rare(), shop.rare()
    await shop.receive(better, 9)
    living = await short_of(shop, item, 3, 5)
    await asked(living)
    await living.decide(ExceptionKind.BACKORDER_OVERDUE, "substitute", items={1: better})
    await living.ship(2)
    view = await living.view()
    rows = [(row.number, row.item, row.ordered, row.cancelled, row.shipped, row.origin) for row in view.lines]
    assert rows == [(1, item, 5, 2, 3, ""), (2, "LAMP", 1, 0, 1, ""), (101, better, 2, 0, 2, "substitute for line 1")]
    assert sum(invoice.total.minor for invoice in view.invoices) == 6000


async def test_a_substitute_without_an_item_is_refused_and_nothing_changes(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 0, 5)
    await asked(living)
    exception = await living.exception(ExceptionKind.BACKORDER_OVERDUE)
    wrong = Decide(**living.stamp(), exception=exception.number, choice="substitute")
    assert await living.refused(wrong) == "A substitute needs an item: say which one is to be taken for line 1."
    assert [(row.ordered, row.open) for row in (await living.view()).lines] == [(5, 5)]


@answers(ExceptionKind.BACKORDER_OVERDUE, "cancel_line")
async def test_a_person_cancels_what_does_not_come(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5)
    await asked(living)
    await living.decide(ExceptionKind.BACKORDER_OVERDUE, "cancel_line")
    await living.when(lambda s: s.stage is Stage.DELIVERED)
    view = await living.view()
    assert [(row.ordered, row.cancelled, row.shipped) for row in view.lines] == [(5, 2, 3), (1, 0, 1)]
    assert [invoice.total for invoice in view.invoices] == [euro(4000)]


@answers(ExceptionKind.BACKORDER_OVERDUE, "cancel_line")
async def test_a_ship_complete_order_goes_without_what_was_cancelled(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5, ShippingPolicy.COMPLETE)
    await asked(living)
    await living.decide(ExceptionKind.BACKORDER_OVERDUE, "cancel_line")
    await living.ship(1)
    view = await living.view()
    assert [(row.ordered, row.cancelled, row.shipped) for row in view.lines] == [(5, 2, 3), (1, 0, 1)]
    assert [invoice.total for invoice in view.invoices] == [euro(4000)]


@answers(ExceptionKind.BACKORDER_OVERDUE, "split")
async def test_a_person_lets_a_ship_complete_order_go_in_parts(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5, ShippingPolicy.COMPLETE)
    await asked(living)
    await living.decide(ExceptionKind.BACKORDER_OVERDUE, "split")
    await living.ship(1)
    assert [(row.open, row.shipped) for row in (await living.view()).lines] == [(2, 3), (0, 1)]
    await living.until(Wait.STOCK)
    await shop.receive(item, 2)
    await living.ship(2)
    assert [invoice.total for invoice in (await living.view()).invoices] == [euro(4000), euro(2000)]


async def test_stock_that_comes_answers_the_question_by_itself(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 0, 2)
    await asked(living)
    await shop.receive(item, 2)
    await living.until(Wait.PICK, "shipment 1")
    question = (await living.state()).exceptions[0]
    assert question.decision is not None
    assert (question.decision.choice, question.decision.by) == ("withdrawn", "holdfast")


async def test_three_partial_shipments_are_invoiced_to_the_cent_of_the_order(shop: Shop) -> None:
    """Odd cents, a discount on the line and on the order, tax on top, freight with its tax: 3 x 3.33 of 7 x 3.33 does not divide."""
    item = shop.rare()
    tax = TaxLine(title="VAT", amount=euro(413))
    goods = line(1, item, 7, price="10.01", discount=101).model_copy(update={"taxes": (tax,)})
    freight_tax = TaxLine(title="VAT", amount=euro(94))
    placed = order(goods, discount=euro(333), freight=euro(495), freight_taxes=(freight_tax,))
    assert placed.total == euro(7007 - 101 - 333 + 413 + 495 + 94)
    await shop.receive(item, 3)
    living = await shop.place(placed)
    await living.ship(1)
    await shop.receive(item, 1)
    await living.ship(2)
    await shop.receive(item, 3)
    await living.ship(3)
    invoices = (await living.state()).invoices
    lines = [(i.lines[0].quantity, i.lines[0].gross.minor, i.lines[0].discount.minor, i.lines[0].tax.minor) for i in invoices]
    assert lines == [(3, 3003, 186, 177), (1, 1001, 62, 59), (3, 3003, 186, 177)]
    assert [(i.freight.minor, i.freight_tax.minor) for i in invoices] == [(495, 94), (0, 0), (0, 0)]
    assert sum(invoice.total.minor for invoice in invoices) == placed.total.minor == 7575


async def test_partial_shipments_with_taxes_included_add_up_too(shop: Shop) -> None:
    item = shop.rare()
    goods = line(1, item, 3, price="9.99").model_copy(update={"taxes": (TaxLine(title="VAT", amount=euro(479)),)})
    placed = order(
        goods, freight=euro(350), freight_taxes=(TaxLine(title="VAT", amount=euro(56)),), discount=euro(100), taxes_included=True
    )
    await shop.receive(item, 1)
    living = await shop.place(placed)
    await living.ship(1)
    await shop.receive(item, 2)
    await living.ship(2)
    invoices = (await living.state()).invoices
    assert [invoice.total.minor for invoice in invoices] == [999 - 33 + 350, 1998 - 67]
    assert [invoice.lines[0].tax.minor for invoice in invoices] == [160, 319]
    assert Money.total((invoice.total for invoice in invoices), "EUR") == placed.total == euro(3247)


# --- amendments ----------------------------------------------------------------------------------------------------------------------


def amendment(living: Living, **quantities: int) -> AmendOrder:
    lines = tuple(LineQuantity(line=int(name.removeprefix("line")), quantity=quantity) for name, quantity in quantities.items())
    return AmendOrder(**living.stamp("customer"), quantities=lines)


async def test_a_backordered_line_is_amended_down_to_what_was_there(shop: Shop) -> None:
    item = shop.rare()
    living = await short_of(shop, item, 3, 5)
    await living.ask(amendment(living, line1=3))
    await living.when(lambda s: not s.needs and not s.amendments)
    assert [(row.ordered, row.cancelled, row.allocated) for row in (await living.view()).lines] == [(5, 2, 3), (1, 0, 1)]
    await living.ship(1)
    assert [invoice.total for invoice in (await living.view()).invoices] == [euro(4000)]


async def test_a_line_that_is_amended_up_costs_its_price_for_every_unit(shop: Shop) -> None:
    goods = line(1, "PLENTY", 2, price="10.00", discount=100)
    taxed = goods.model_copy(update={"taxes": (TaxLine(title="VAT", rate=Decimal("0.19"), amount=euro(361)),)})
    living = await shop.place(order(taxed))
    await living.until(Wait.PICK, "shipment 1")
    await living.ask(amendment(living, line1=5))
    await living.ship(1)
    await living.ship(2)
    view = await living.view()
    assert [(row.ordered, row.shipped) for row in view.lines] == [(5, 5)]
    assert sum(invoice.total.minor for invoice in view.invoices) == 5000 - 100 + 361 + 570
    assert view.total == euro(5831)


async def test_what_is_with_the_warehouse_cannot_be_amended_down(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=4)))
    await living.until(Wait.PICK)
    assert await living.refused(amendment(living, line1=1)) == "Line 1 cannot go below 4: so many are with the warehouse or shipped."
    assert await living.refused(amendment(living, line9=1)) == "The order has no line 9."
    assert await living.refused(amendment(living)) == "The amendment changes nothing."
    assert (await living.state()).amendments == []


async def test_an_amendment_to_nothing_ends_an_order_that_waits_for_stock(shop: Shop) -> None:
    living = await shop.place(order(line(1, shop.rare(), 2)))
    await living.until(Wait.STOCK)
    await living.ask(amendment(living, line1=0))
    ended = await living.ended()
    assert ended.outcome is Outcome.CLOSED
    view = await living.view()
    assert [(row.ordered, row.cancelled) for row in view.lines] == [(2, 2)]
    assert view.invoices == ()
