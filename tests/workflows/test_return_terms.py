"""Rules of items, reasons and fees; when and where the money goes back."""

from __future__ import annotations

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import Appease, Disposition, PaymentReceived, ReturnKind, ReturnWish
from domain.order import TaxLine
from domain.policies import Policies
from domain.return_rules import ExchangeMode, Means, RefundTo, ReturnPolicies, ReturnReason
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, money, refunds
from tests.workflows.returning import announce, arrive, claimed, come_back, ends, fees, inspect, notes, paid, scan, store_credit, wanted
from tests.workflows.shop import Living, Shop, euro, line

ACCOUNT = ReturnWish(refund_to=RefundTo.STORE_CREDIT)


def because(reason: ReturnReason) -> ReturnWish:
    return ReturnWish(because=reason)


# --- rules of items ------------------------------------------------------------------------------------------------------------------


async def test_what_is_sold_for_good_comes_back_only_when_we_are_at_fault(shop: Shop) -> None:
    living = await paid(shop, line(1, "FINAL", 2))
    refused = await living.refused(wanted(living, line1=1))
    assert refused == ("Line 1 (FINAL) is sold for good: it comes back only when we or the carrier are at fault; state that reason.")
    await announce(living, wish=because(ReturnReason.DEFECTIVE), line1=1)
    await come_back(living, what=Disposition.SCRAP)
    await ends(living, "refunded")
    assert await refunds(living) == [1000]


async def test_an_item_with_a_window_of_its_own_is_refused_after_it(shop: Shop) -> None:
    living = await delivered(shop, line(1, "FEE", 1), line(2, "PLENTY", 1))
    await living.pass_time(10.5)
    assert (await living.refused(wanted(living, line1=1))).startswith("The return window for FEE ended on ")
    await announce(living, line2=1)


async def test_a_wish_that_makes_no_sense_is_refused_in_a_sentence(shop: Shop) -> None:
    living = await delivered(shop, payment_reference="")
    other = ReturnWish(items={2: "LAMP"})
    assert await living.refused(wanted(living, ReturnKind.EXCHANGE, other, line1=1)) == (
        "The return says something of line 2, which does not come back."
    )
    ahead = ReturnWish(mode=ExchangeMode.ADVANCE)
    assert await living.refused(wanted(living, wish=ahead, line1=1)) == "Other goods go out only in an exchange; ask for one."
    held = ReturnWish(mode=ExchangeMode.ADVANCE_HOLD)
    assert await living.refused(wanted(living, ReturnKind.EXCHANGE, held, line1=1)) == (
        "There is no card on which the value of the exchange could be held."
    )


async def test_the_restocking_fee_keeps_its_part_of_the_price_and_of_the_tax(shop: Shop) -> None:
    bought = line(1, "FEE", 4).model_copy(update={"taxes": (TaxLine(title="VAT", amount=euro(760)),)})
    living = await paid(shop, bought)
    await announce(living, wish=because(ReturnReason.CHANGED_MIND), line1=2)
    await come_back(living, quantity=2)
    await ends(living, "refunded")
    assert await fees(living) == [("restocking fee", 300, 57)]
    assert await notes(living) == [(1, 2000 + 380 - 300 - 57)]
    assert await refunds(living) == [2023]
    (credit,) = (await living.view()).credits
    assert credit.fees == euro(357)


async def test_our_own_fault_waives_the_fee_and_pays_the_freight(shop: Shop) -> None:
    living = await paid(shop, line(1, "FEE", 1), freight=euro(490))
    await announce(living, wish=because(ReturnReason.WRONG_ITEM), line1=1)
    await come_back(living)
    await ends(living, "refunded")
    assert await fees(living) == []
    assert await refunds(living) == [1490]


async def test_what_the_customer_keeps_is_credited_without_a_fee_and_without_coming(shop: Shop) -> None:
    living = await paid(shop, line(1, "FEE", 2))
    await announce(living, wish=because(ReturnReason.CHANGED_MIND), line1=1)
    await inspect(living, (1, 1, Disposition.CUSTOMER_KEEPS))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]
    assert (await living.view()).lines[0].returned == 1


async def test_the_customer_pays_for_the_label_of_a_change_of_mind(shop: Shop) -> None:
    policies = Policies(returns=ReturnPolicies(label="3.90 EUR", restocking="10%"))
    living = await paid(shop, policies=policies)
    await announce(living, line1=1)
    await come_back(living)
    await ends(living, "refunded")
    assert await fees(living) == [("restocking fee", 100, 0), ("return label", 390, 0)]
    await announce(living, wish=because(ReturnReason.DEFECTIVE), line1=1)
    await come_back(living, rma=2)
    await ends(living, "refunded", 2)
    assert await refunds(living) == [510, 1000]


async def test_what_broke_on_the_way_is_claimed_from_the_carrier(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, wish=because(ReturnReason.DAMAGED_IN_TRANSIT), line1=3)
    (claim,) = await claimed(living)
    shipment = (await living.view()).shipments[0]
    assert (claim.against, claim.party, claim.amount, claim.status) == ("carrier", shipment.carrier, euro(3000), "open")
    assert shipment.tracking in claim.evidence


# --- when --------------------------------------------------------------------------------------------------------------------------------


async def test_a_customer_may_be_refunded_when_the_label_is_scanned_and_never_twice(shop: Shop) -> None:
    living = await paid(shop, customer="C-SCAN")
    await announce(living, line1=2)
    await scan(living)
    await scan(living)
    await living.when(lambda s: s.refunds == 1)
    assert await refunds(living) == [2000]
    await come_back(living, quantity=2)
    await ends(living, "refunded")
    assert await refunds(living) == [2000]
    assert await notes(living) == [(1, 2000)]


async def test_a_scan_changes_nothing_where_refunds_wait_for_the_inspection(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=2)
    await scan(living)
    await living.when(lambda s: not s.inbox)
    assert await refunds(living) == []


@answers(ExceptionKind.REFUNDED_EARLY, "claim")
async def test_a_refund_at_the_dock_that_was_too_much_is_claimed_from_the_customer(shop: Shop) -> None:
    living = await paid(shop, customer="C-DOCK")
    await announce(living, line1=2)
    await arrive(living, line1=2)
    await living.when(lambda s: s.refunds == 1)
    await inspect(living, (1, 1, Disposition.RESTOCK), (1, 1, Disposition.SEND_BACK))
    asked = await living.exception(ExceptionKind.REFUNDED_EARLY)
    assert asked.detail.endswith("which did not find 1 of line 1 worth it; 10.00 EUR too much.")
    await living.decide(ExceptionKind.REFUNDED_EARLY, "claim")
    await ends(living, "refunded")
    (claim,) = await claimed(living)
    assert (claim.against, claim.party, claim.amount) == ("customer", "C-DOCK", euro(1000))
    assert await refunds(living) == [2000]


@answers(ExceptionKind.REFUNDED_EARLY, "let_it_be")
async def test_a_refund_for_goods_that_never_came_may_be_let_be(shop: Shop) -> None:
    living = await paid(shop, customer="C-SCAN")
    await announce(living, line1=1)
    await scan(living)
    await living.when(lambda s: s.refunds == 1)
    await living.until(Wait.RETURNED_GOODS)
    await living.pass_time(21.1)
    await living.decide(ExceptionKind.REFUNDED_EARLY, "let_it_be")
    await ends(living, "expired")
    assert await claimed(living) == []
    assert await refunds(living) == [1000]


# --- where to ----------------------------------------------------------------------------------------------------------------------------


async def test_money_goes_back_to_the_newest_payment_first_and_never_more_than_it_brought(shop: Shop) -> None:
    living = await delivered(shop)
    for number, cents in enumerate((1500, 2500), 1):
        fact = PaymentReceived(**living.stamp("bank"), payment=f"{living.key}/p{number}", amount=euro(cents))
        await living.tell(fact)
    await living.when(lambda s: len(s.payments) == 2)
    await announce(living, line1=3)
    await come_back(living, quantity=3)
    await ends(living, "refunded")
    back = {payment.payment[-2:]: payment.refunded.minor for payment in (await living.view()).payments}
    assert back == {"p1": 500, "p2": 2500}
    assert await refunds(living) == [2500, 500]


async def test_the_house_may_state_another_order(shop: Shop) -> None:
    policies = Policies(returns=ReturnPolicies(refund_order=(Means.TRANSFER, Means.CARD)))
    living = await paid(shop, policies=policies)
    await announce(living, ReturnKind.EXCHANGE, ReturnWish(items={1: "DELUXE"}), line1=4)
    await come_back(living, quantity=4)
    await ends(living, "exchanged")
    assert (await living.state()).policies.returns.refund_order == (Means.TRANSFER, Means.CARD)


async def test_a_refund_may_become_store_credit(shop: Shop) -> None:
    living = await paid(shop, customer="C-8")
    before = await store_credit(shop, "C-8")
    await announce(living, wish=ACCOUNT, line1=2)
    await come_back(living, quantity=2)
    await ends(living, "refunded")
    assert await store_credit(shop, "C-8") == before + 2000
    assert "refund" not in living.effects()
    assert [(r.amount, r.to_account) for r in (await living.view()).refunds] == [(euro(2000), True)]


# --- appeasement -------------------------------------------------------------------------------------------------------------------------


def gift(living: Living, amount: str = "", percent: str = "", actor: str = "clerk", roles: tuple[str, ...] = ("returns_clerk",)) -> Appease:
    return Appease(**living.stamp(actor), roles=roles, line=1, amount=amount, percent=percent, reason="a scratch")


async def test_an_appeasement_is_a_credit_without_goods_and_lowers_what_a_return_gives(shop: Shop) -> None:
    living = await paid(shop)
    await living.ask(gift(living, "8.00"))
    await living.when(lambda s: s.appeasements and s.appeasements[0].done)
    assert await refunds(living) == [800]
    assert (await living.view()).lines[0].returned == 0
    await announce(living, line1=4)
    await come_back(living, quantity=4)
    await ends(living, "refunded")
    assert await refunds(living) == [800, 3200]
    assert (await money(living))["balance"] == 0


async def test_an_appeasement_on_an_unpaid_invoice_lowers_its_balance(shop: Shop) -> None:
    living = await delivered(shop)
    await living.ask(gift(living, percent="10%"))
    await living.when(lambda s: s.appeasements and s.appeasements[0].done)
    assert (await money(living))["balance"] == 3600
    assert await refunds(living) == []


async def test_nobody_gives_more_than_their_role_allows(shop: Shop) -> None:
    living = await paid(shop, line(1, "PLENTY", 100))
    said = [
        await living.refused(gift(living, "25.01")),
        await living.refused(gift(living, "5.00", actor="guest", roles=())),
        await living.refused(gift(living, "0")),
        await living.refused(gift(living, "1.00", percent="5")),
        await living.refused(gift(living, "2000.00", actor="boss", roles=("operations_manager",))),
    ]
    assert said == [
        "As returns_clerk clerk may give at most 25.00 EUR at once, not 25.01 EUR.",
        "guest has no role that may give money away; returns_clerk, order_desk or operations_manager may.",
        "An appeasement of 0.00 EUR is none.",
        "An appeasement: state either an amount or a percentage.",
        "Line 1 has 1,000.00 EUR left that was invoiced and not given back; 2,000.00 EUR is more.",
    ]
    for _ in range(2):
        await living.ask(gift(living, "25.00"))
    assert await living.refused(gift(living, "0.01")) == (
        "As returns_clerk clerk may give an order at most 50.00 EUR in all; 50.00 EUR were given before, 0.01 EUR more is too much."
    )
    await living.ask(gift(living, "300.00", actor="boss", roles=("operations_manager",)))
    await living.when(lambda s: len(s.appeasements) == 3 and all(each.done for each in s.appeasements))
    assert sum(await refunds(living)) == 35_000
    assert (await living.close()).outcome is Outcome.CLOSED
