"""Rules of what comes back: fees as they are written, reasons, dispositions, and what is made of a mismatch."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from domain.dispositions import EFFECTS, Following, MoneyEffect, StockEffect
from domain.messages import Disposition, InspectedLine, LineQuantity, OtherGoods
from domain.money import Money
from domain.return_rules import FAULT, Fault, FeeRate, ItemReturns, ReturnReason, fee_of, read_fee
from domain.returning import creditable, mismatch, offered, surplus_of
from starters.lifecycle_page import returns_page

PAGE = Path(__file__).parents[2] / "docs" / "returns.md"


def eur(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


def units(*pairs: tuple[int, int]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in pairs)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("", FeeRate()),
        ("15%", FeeRate(fraction=Decimal("0.15"))),
        ("4.50 EUR", FeeRate(each=eur(450))),
        ("100%", FeeRate(fraction=Decimal(1))),
    ],
)
def test_a_fee_is_a_percentage_or_an_amount(written: str, rate: FeeRate) -> None:
    assert read_fee(written) == rate


@pytest.mark.parametrize("written", ["dear", "101%", "-1%", "-2 EUR", "3 XYZ", "3", "EUR 3", "1e999 EUR"])
def test_what_is_no_fee_is_refused_with_what_it_is(written: str) -> None:
    with pytest.raises(ValueError, match=r"fee of|neither a percentage"):
        read_fee(written)
    with pytest.raises(ValueError, match=r"fee of|neither a percentage"):
        ItemReturns(restocking=written)


def test_a_fee_is_never_more_than_the_goods_cost_and_never_in_another_currency() -> None:
    assert fee_of("15%", eur(1990), 1) == eur(299)  # 298.5, half up
    assert fee_of("4.50 EUR", eur(3000), 2) == eur(900)
    assert fee_of("4.50 EUR", eur(700), 2) == eur(700)
    assert fee_of("4.50 USD", eur(3000), 2) == eur(0)


def test_every_reason_says_whose_fault_it_is_and_every_disposition_what_it_brings_about() -> None:
    assert set(FAULT) == set(ReturnReason)
    assert set(EFFECTS) == set(Disposition)
    assert {reason for reason, fault in FAULT.items() if fault is Fault.CARRIER} == {ReturnReason.DAMAGED_IN_TRANSIT}


def test_what_is_not_taken_counts_as_nothing_and_what_is_ours_is_in_stock_once() -> None:
    not_taken = [what for what, has in EFFECTS.items() if has.money is MoneyEffect.NOTHING]
    assert not_taken == [Disposition.SEND_BACK]
    assert all(not EFFECTS[what].counts and EFFECTS[what].follows is Following.A_SHIPMENT for what in not_taken)
    assert {what for what, has in EFFECTS.items() if has.stock is StockEffect.SELLABLE} == {Disposition.RESTOCK}
    assert {what for what, has in EFFECTS.items() if has.stock is StockEffect.HELD} == {Disposition.QUARANTINE, Disposition.REFURBISH}


def test_units_are_credited_as_their_disposition_says_and_withheld_ones_are_not() -> None:
    lines = [
        InspectedLine(line=1, quantity=2, disposition=Disposition.RESTOCK),
        InspectedLine(line=1, quantity=1, disposition=Disposition.CUSTOMER_KEEPS),
        InspectedLine(line=2, quantity=3, disposition=Disposition.SEND_BACK),
    ]
    assert creditable(lines) == {MoneyEffect.LESS_FEE: {1: 2}, MoneyEffect.FULL: {1: 1}}
    assert creditable(lines, {1: 1}) == {MoneyEffect.LESS_FEE: {1: 1}, MoneyEffect.FULL: {1: 1}}
    assert creditable(lines, {1: 3}) == {MoneyEffect.LESS_FEE: {1: 0}, MoneyEffect.FULL: {1: 0}}


def test_a_mismatch_says_what_is_broken_and_what_belongs_to_nobody() -> None:
    said = mismatch(units((1, 2)), units((1, 2)), {1: 1}, [OtherGoods(item="TEAPOT", quantity=3)])
    assert said == "line 1: 1 came damaged; 3 of TEAPOT belong to no line"


def test_only_choices_that_make_sense_are_offered() -> None:
    pot = [OtherGoods(item="TEAPOT", quantity=1)]
    assert offered(units((1, 2)), units((1, 1)), {}, []) == ("accept_received", "wait_for_rest", "reject")
    assert offered(units((1, 2)), units((1, 3)), {}, []) == ("accept_received", "send_back", "quarantine", "reject")
    assert offered(units((1, 2)), units((1, 2)), {}, pot) == ("accept_received", "send_back", "quarantine", "reject")
    assert offered(units((1, 2)), units((1, 2)), {1: 1}, []) == ("accept_received", "withhold", "reject")
    assert offered(units((1, 2)), units((1, 1), (2, 1)), {1: 1}, []) == (
        *("accept_received", "wait_for_rest", "send_back", "quarantine", "withhold"),
        "reject",
    )
    assert surplus_of(units((1, 2)), units((1, 3), (4, 1))) == {1: 1, 4: 1}


def test_the_page_in_docs_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == returns_page(), "run `make docs`"
