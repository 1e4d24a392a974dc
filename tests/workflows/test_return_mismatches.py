"""What comes back is not what was announced: fewer, more, other goods or broken ones, each with the choices that make sense."""

from __future__ import annotations

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import Decide, Disposition
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import refunds
from tests.workflows.returning import announce, arrive, claimed, come_back, ends, held_of, inspect, paid, sent_back
from tests.workflows.shop import Shop, euro, line

MISMATCH = ExceptionKind.RETURN_MISMATCH


@answers(MISMATCH, "wait_for_rest")
async def test_the_rest_of_a_return_may_be_waited_for(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=3)
    await arrive(living, line1=1)
    asked = await living.exception(MISMATCH)
    assert asked.choices == ("accept_received", "wait_for_rest", "reject")
    await living.rest()
    assert (await living.view()).exceptions[0].choices == asked.choices
    await living.decide(MISMATCH, "wait_for_rest")
    await living.until(Wait.RETURNED_GOODS)
    await arrive(living, line1=2)
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 3, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [3000]


async def test_a_rest_that_never_comes_leaves_what_came(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=3)
    await arrive(living, line1=1)
    await living.decide(MISMATCH, "wait_for_rest")
    await living.until(Wait.RETURNED_GOODS)
    await living.pass_time(21.1)
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 1, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]
    assert (await living.state()).line(1).returnable == 3


async def test_a_choice_that_makes_no_sense_is_refused(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=3)
    await arrive(living, line1=1)
    asked = await living.exception(MISMATCH)
    said = await living.refused(Decide(**living.stamp(), exception=asked.number, choice="send_back"))
    assert said == "'send_back' is not offered for return_mismatch; choose one of: accept_received, wait_for_rest, reject."


@answers(MISMATCH, "send_back")
async def test_what_is_too_much_may_be_sent_back(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=1)
    await arrive(living, line1=3, others={"TEAPOT": 1})
    asked = await living.exception(MISMATCH)
    assert asked.detail.endswith("line 1: 3 came, 1 were authorized; 1 of TEAPOT belong to no line")
    await living.decide(MISMATCH, "send_back")
    await living.until(Wait.INSPECTION)
    assert await sent_back(living) == ['{"PLENTY": 2, "TEAPOT": 1}']
    assert living.effects().count("label") == 2
    await inspect(living, (1, 1, Disposition.RESTOCK))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]
    assert (await living.state()).line(1).returnable == 3


@answers(MISMATCH, "quarantine")
async def test_other_goods_may_be_kept_in_quarantine(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=1)
    await arrive(living, line1=1, others={"STRANGER": 2})
    asked = await living.exception(MISMATCH)
    assert asked.choices == ("accept_received", "send_back", "quarantine", "reject")
    await living.decide(MISMATCH, "quarantine")
    await living.until(Wait.INSPECTION)
    (kept,) = await held_of(shop, "STRANGER")
    assert (kept.on_hand, kept.why, kept.order) == (2, "quarantine", living.key)
    await inspect(living, (1, 1, Disposition.RESTOCK))
    await ends(living, "refunded")


@answers(MISMATCH, "withhold")
async def test_broken_goods_may_be_taken_without_a_credit(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=3)
    await arrive(living, line1=3, damaged={1: 2})
    asked = await living.exception(MISMATCH)
    assert (asked.choices, asked.detail.split(": ", 1)[1]) == (("accept_received", "withhold", "reject"), "line 1: 2 came damaged")
    await living.decide(MISMATCH, "withhold")
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 1, Disposition.RESTOCK), (1, 2, Disposition.SCRAP))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]
    assert (await living.view()).lines[0].returned == 3


async def test_broken_goods_may_be_credited_all_the_same(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=1)
    await arrive(living, line1=1, damaged={1: 1})
    await living.decide(MISMATCH, "accept_received")
    await living.until(Wait.INSPECTION)
    await inspect(living, (1, 1, Disposition.SCRAP))
    await ends(living, "refunded")
    assert await refunds(living) == [1000]


# --- dispositions --------------------------------------------------------------------------------------------------------------------


async def test_quarantined_goods_are_seen_and_not_sold(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await paid(shop, line(1, item, 2))
    await announce(living, line1=2)
    await arrive(living, line1=2)
    await inspect(living, (1, 1, Disposition.QUARANTINE), (1, 1, Disposition.REFURBISH))
    await ends(living, "refunded")
    assert await shop.stock(item) == (0, 0)
    assert [(kept.why, kept.on_hand) for kept in await held_of(shop, item)] == [("quarantine", 1), ("refurbish", 1)]
    assert await refunds(living) == [2000]


async def test_what_goes_back_to_the_vendor_is_claimed_from_its_supplier(shop: Shop) -> None:
    living = await paid(shop, line(1, "LAMP", 2))
    await announce(living, line1=2)
    await come_back(living, quantity=2, what=Disposition.VENDOR)
    await ends(living, "refunded")
    (claim,) = await claimed(living)
    assert (claim.against, claim.party, claim.amount) == ("supplier", "MAKER", euro(2000))


async def test_what_is_not_taken_goes_back_to_the_customer_uncredited(shop: Shop) -> None:
    living = await paid(shop)
    await announce(living, line1=2)
    await come_back(living, quantity=2, what=Disposition.SEND_BACK)
    await ends(living, "rejected")
    assert await sent_back(living) == ['{"PLENTY": 2}']
    assert await refunds(living) == []
    assert (await living.state()).line(1).returnable == 4
    assert (await living.close()).outcome is Outcome.CLOSED
