"""Exchanges for other goods and in advance: the new goods are sold, what comes back pays, the difference is settled."""

from __future__ import annotations

from decimal import Decimal

from database import pricing
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelOrder, Disposition, ReturnKind, ReturnWish
from domain.order import PaymentTerms, TaxLine
from domain.policies import Policies
from domain.return_rules import ExchangeMode, RefundTo
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, refunds
from tests.workflows.returning import announce, balances, claimed, come_back, ends, notes, paid, parts, store_credit, wanted
from tests.workflows.shop import Living, Shop, euro, line

EXCHANGE = ReturnKind.EXCHANGE


def wish(item: str = "", mode: ExchangeMode = ExchangeMode.WAIT, to: RefundTo = RefundTo.ORIGINAL) -> ReturnWish:
    return ReturnWish(items={1: item} if item else {}, mode=mode, refund_to=to)


async def gets_the_new(living: Living, shipment: int = 2) -> None:
    await living.ship(shipment)
    await living.deliver(shipment)
    await living.when(lambda s: s.shipments[shipment - 1].delivered_at)


async def came_in(living: Living) -> list[int]:
    """Cents of every payment, in the order in which they came."""
    return [payment.amount.minor for payment in (await living.state()).payments]


async def test_a_dearer_item_is_sent_when_the_difference_is_taken_from_the_card(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=2)
    await come_back(living, quantity=2)
    await ends(living, "exchanged")
    await gets_the_new(living)
    view = await living.view()
    assert [(i.number, i.total.minor, i.paid.minor, i.balance.minor) for i in view.invoices] == [(1, 4000, 2000, 0), (2, 3200, 3200, 0)]
    assert await came_in(living) == [4000, 1200]
    assert not shop.trouble.carried_out[living.key, "apply_payment"], "the invoice was issued paid: nobody was asked for a cent of it"
    assert await notes(living) == [(1, 2000)]
    assert await refunds(living) == []
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_dearer_item_on_terms_leaves_the_difference_on_its_invoice(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4000)
    await living.when(lambda s: s.invoices[0].settled)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=2)
    await come_back(living, quantity=2)
    await ends(living, "exchanged")
    await gets_the_new(living)
    await living.when(lambda s: len(s.invoices) == 2 and s.invoices[1].paid.minor == 2000)
    assert await balances(living) == {1: 0, 2: 1200}
    assert await parts(living) == {1: 2000, 2: 2000}
    await living.pay(1200)
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_cheaper_item_gives_the_difference_back(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, EXCHANGE, wish("BASIC"), line1=2)
    await come_back(living, quantity=2)
    await ends(living, "exchanged")
    assert await refunds(living) == [600]
    await gets_the_new(living)
    await living.when(lambda s: len(s.invoices) == 2 and s.invoices[1].settled)
    assert await balances(living) == {1: 0, 2: 0}
    assert (await living.close()).outcome is Outcome.CLOSED
    assert await refunds(living) == [600]


async def test_the_difference_may_stay_on_the_customers_account(shop: Shop) -> None:
    living = await paid(shop, customer="C-9")
    before = await store_credit(shop, "C-9")
    await announce(living, EXCHANGE, wish("BASIC", to=RefundTo.STORE_CREDIT), line1=1)
    await come_back(living)
    await ends(living, "exchanged")
    assert await store_credit(shop, "C-9") == before + 300
    assert "refund" not in living.effects()


async def test_taxes_of_the_new_item_follow_the_rate_of_the_old(shop: Shop) -> None:
    bought = line(1, "PLENTY", 2).model_copy(update={"taxes": (TaxLine(title="VAT", rate=Decimal("0.19"), amount=euro(380)),)})
    living = await paid(shop, bought)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    await come_back(living)
    await ends(living, "exchanged")
    await gets_the_new(living)
    await living.when(lambda s: len(s.invoices) == 2 and s.invoices[1].settled)
    view = await living.view()
    assert [i.total.minor for i in view.invoices] == [2380, 1600 + 304]
    assert await came_in(living) == [2380, 1904 - 1190]


@answers(ExceptionKind.EXCHANGE_DECLINED, "retry")
async def test_a_declined_difference_is_asked_for_again(shop: Shop) -> None:
    living = await paid(shop)
    shop.world.script(living.key, {"card": "declined"})
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    await come_back(living)
    asked = await living.exception(ExceptionKind.EXCHANGE_DECLINED)
    assert asked.detail.endswith("the card was declined for 6.00 EUR: Insufficient funds.")
    assert len((await living.state()).lines) == 1
    shop.world.script(living.key, {})
    await living.decide(ExceptionKind.EXCHANGE_DECLINED, "retry")
    await ends(living, "exchanged")
    assert await came_in(living) == [4000, 600]


@answers(ExceptionKind.EXCHANGE_DECLINED, "bill")
async def test_a_declined_difference_may_go_on_the_invoice(shop: Shop) -> None:
    living = await paid(shop)
    shop.world.script(living.key, {"card": "declined"})
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    await come_back(living)
    await living.decide(ExceptionKind.EXCHANGE_DECLINED, "bill")
    await ends(living, "exchanged")
    await gets_the_new(living)
    await living.when(lambda s: len(s.invoices) == 2 and s.invoices[1].paid.minor == 1000)
    assert await balances(living) == {1: 0, 2: 600}


@answers(ExceptionKind.EXCHANGE_DECLINED, "refund_instead")
async def test_a_declined_exchange_may_become_a_refund(shop: Shop) -> None:
    living = await paid(shop)
    shop.world.script(living.key, {"card": "declined"})
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    await come_back(living)
    await living.decide(ExceptionKind.EXCHANGE_DECLINED, "refund_instead")
    await ends(living, "refunded")
    assert await refunds(living) == [1000]
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_an_exchange_costs_what_was_agreed_and_says_why(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 8), customer="C-9")
    await announce(living, EXCHANGE, wish("AGREED"), line1=1)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=3)
    assert [found.prices for found in (await living.state()).returns] == [{"AGREED": "24.00"}, {"DELUXE": "13.68"}]
    await come_back(living)
    await ends(living, "exchanged")
    await come_back(living, quantity=3, rma=2)
    await ends(living, "exchanged", 2)
    why = await shop.database.read(pricing.derivations, living.key)
    assert [(found.line, found.item, found.quantity, found.charged) for found in why] == [
        (1, "PLENTY", 8, Decimal("10.00")),
        (101, "AGREED", 1, Decimal("24.00")),
        (102, "DELUXE", 3, Decimal("13.68")),
    ]
    assert [step.rule for step in why[1].steps] == ["contract K-24"]
    assert [step.rule for step in why[2].steps] == ["price list LIST", "quantity break THREE", "promotion WINTER"]


async def test_the_same_goods_again_cost_what_they_were_paid_and_say_so(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 3, discount=100))
    await living.ask(wanted(living, EXCHANGE, wish(mode=ExchangeMode.ADVANCE), line1=1))
    await gets_the_new(living)
    (found,) = await shop.database.read(pricing.derivations, living.key, 101)
    assert [(each.rule, each.after, each.why) for each in found.steps] == [
        ("the same goods again", Decimal("9.67"), "as what comes back was paid, after discounts")
    ]
    await come_back(living)
    await ends(living, "exchanged")


@answers(ExceptionKind.EXCHANGE_UNPRICED, "retry", "refund_instead")
async def test_an_item_without_a_price_finds_a_person(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, EXCHANGE, wish("UNLISTED"), line1=1)
    await come_back(living)
    asked = await living.exception(ExceptionKind.EXCHANGE_UNPRICED)
    assert asked.detail.endswith("no contract or price list of the customer says what UNLISTED costs.")
    await living.decide(ExceptionKind.EXCHANGE_UNPRICED, "retry")
    await living.when(lambda s: s.returns[0].priced == 1)
    await living.decide(ExceptionKind.EXCHANGE_UNPRICED, "refund_instead")
    await ends(living, "refunded")
    assert await refunds(living) == [1000]


async def test_goods_in_advance_leave_at_once_and_the_return_pays_their_invoice(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 3, discount=100))
    await living.ask(wanted(living, EXCHANGE, wish(mode=ExchangeMode.ADVANCE), line1=1))
    await gets_the_new(living)
    assert await balances(living) == {1: 0, 2: 967}
    due = (await living.view()).invoices[1].due_at
    rma = (await living.state()).returns[0]
    assert rma.expires_at is not None
    assert due > rma.expires_at
    await come_back(living)
    await ends(living, "exchanged")
    assert await balances(living) == {1: 0, 2: 0}
    assert await refunds(living) == []
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_goods_in_advance_are_billed_when_nothing_comes_back(shop: Shop) -> None:
    living = await paid(shop)
    await living.ask(wanted(living, EXCHANGE, wish("DELUXE", ExchangeMode.ADVANCE), line1=1))
    await gets_the_new(living)
    await living.until(Wait.RETURNED_GOODS)
    await living.pass_time(21.1)
    await ends(living, "billed")
    assert await balances(living) == {1: 0, 2: 1600}
    assert (await living.state()).line(1).returnable == 4
    await living.pay(1600, invoice=2)
    await living.when(lambda s: s.invoices[1].settled)


async def test_a_hold_on_the_card_is_given_up_when_the_goods_come(shop: Shop) -> None:
    living = await paid(shop)
    await living.ask(wanted(living, EXCHANGE, wish(mode=ExchangeMode.ADVANCE_HOLD), line1=2))
    await gets_the_new(living)
    rma = (await living.state()).returns[0]
    assert rma.held == euro(2000)
    await come_back(living, quantity=2)
    await ends(living, "exchanged")
    assert living.effects().count("authorization") == 1
    assert living.undone().count("authorization") == 1
    assert await balances(living) == {1: 0, 2: 0}
    assert await came_in(living) == [4000]


async def test_only_the_difference_is_taken_of_a_hold_for_a_dearer_item(shop: Shop) -> None:
    living = await paid(shop)
    await living.ask(wanted(living, EXCHANGE, wish("DELUXE", ExchangeMode.ADVANCE_HOLD), line1=1))
    await gets_the_new(living)
    await come_back(living)
    await ends(living, "exchanged")
    await living.when(lambda s: s.invoices[1].settled)
    assert await came_in(living) == [4000, 600]


async def test_a_hold_is_captured_when_nothing_comes_back(shop: Shop) -> None:
    living = await paid(shop)
    await living.ask(wanted(living, EXCHANGE, wish("DELUXE", ExchangeMode.ADVANCE_HOLD), line1=1))
    await gets_the_new(living)
    await living.until(Wait.RETURNED_GOODS)
    await living.pass_time(21.1)
    await ends(living, "billed")
    await living.when(lambda s: s.invoices[1].settled)
    assert await came_in(living) == [4000, 1600]
    assert await balances(living) == {1: 0, 2: 0}


async def test_a_declined_hold_sends_nothing_ahead(shop: Shop) -> None:
    living = await paid(shop)
    shop.world.script(living.key, {"card": "declined"})
    await living.ask(wanted(living, EXCHANGE, wish(mode=ExchangeMode.ADVANCE_HOLD), line1=1))
    await living.decide(ExceptionKind.EXCHANGE_DECLINED, "refund_instead")
    await living.until(Wait.RETURNED_GOODS)
    assert [found.number for found in (await living.state()).lines] == [1]
    await come_back(living)
    await ends(living, "refunded")
    assert await refunds(living) == [1000]


async def test_what_nobody_could_send_ahead_is_not_billed(shop: Shop) -> None:
    item = shop.rare()
    living = await paid(shop)
    await living.ask(wanted(living, EXCHANGE, wish(item, ExchangeMode.ADVANCE_HOLD), line1=1))
    await living.until(Wait.STOCK)
    await living.until(Wait.RETURNED_GOODS)
    await living.pass_time(13)
    await living.pass_time(8.2)
    await ends(living, "expired")
    assert [(v.ordered, v.cancelled) for v in (await living.view()).lines] == [(4, 0), (1, 1)]
    assert living.undone().count("authorization") == 1
    assert await came_in(living) == [4000]


async def test_an_outage_of_the_gateway_takes_the_difference_once(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    shop.trouble.down(living.key, "capture_payment")
    await come_back(living)
    await living.trying("capture_payment")
    shop.trouble.up(living.key)
    await ends(living, "exchanged")
    assert await came_in(living) == [4000, 600]


async def test_a_free_replacement_that_is_cancelled_gives_the_money_back(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await paid(shop, line(1, item, 2))
    await announce(living, EXCHANGE, line1=1)
    await come_back(living, what=Disposition.SCRAP)
    await living.until(Wait.STOCK)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="waited too long"))
    await living.when(lambda s: s.line(101).made_good == 1)
    assert await refunds(living) == [1000]
    assert await notes(living) == [(1, 1000)]
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_free_replacement_that_comes_back_is_credited_as_its_original(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, EXCHANGE, line1=2)
    await come_back(living, quantity=2)
    await ends(living, "exchanged")
    await gets_the_new(living)
    await announce(living, line101=2)
    await come_back(living, line=101, quantity=2, rma=2)
    await ends(living, "refunded", 2)
    assert await refunds(living) == [2000]
    assert await claimed(living) == []


async def test_a_sold_replacement_comes_back_at_its_own_price(shop: Shop) -> None:
    living = await delivered(shop, terms=PaymentTerms.PREPAID)
    await announce(living, EXCHANGE, wish("DELUXE"), line1=1)
    await come_back(living)
    await ends(living, "exchanged")
    await gets_the_new(living)
    await living.when(lambda s: len(s.invoices) == 2 and s.invoices[1].settled)
    await announce(living, line101=1)
    await come_back(living, line=101, rma=2)
    await ends(living, "refunded", 2)
    assert sorted(await refunds(living)) == [600, 1000]


async def test_an_exchange_lives_on_in_new_histories_and_does_everything_once(shop: Shop) -> None:
    living = await paid(shop, policies=Policies(leave_at_events=25))
    await living.ask(wanted(living, EXCHANGE, wish("DELUXE", ExchangeMode.ADVANCE_HOLD), line1=1))
    await gets_the_new(living)
    await living.until(Wait.RETURNED_GOODS)
    await come_back(living)
    await ends(living, "exchanged")
    await living.when(lambda s: s.invoices[1].settled)
    assert await came_in(living) == [4000, 600]
    assert await notes(living) == [(1, 1000)]
    assert living.effects().count("authorization") == 2
    assert (await living.close()).outcome is Outcome.CLOSED
