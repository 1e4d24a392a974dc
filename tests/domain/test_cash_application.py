"""The rules of cash application: they are certain or they say why not, and never apply beyond what is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bank import BankEntry, Likeness, Statement, likeness
from domain.cash_application import MOST_SUMMED, Book, OpenItem, Proposal, Rule, exact_sums, propose
from domain.money import Money
from domain.short_payments import ReasonCode, may_write_off, shortfall

AT = datetime(2026, 11, 1, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def item(number: int = 1, open: int = 10_000, **changes: Any) -> OpenItem:  # noqa: A002  # the field's name
    fields: dict[str, Any] = {
        "order": f"test/{number}",
        "invoice": 1,
        "document": f"INV-{number:06d}",
        "customer": "C-1",
        "currency": "EUR",
        "total": max(open, 10_000),
        "open": open,
        "issued_at": AT,
        "due_at": AT + timedelta(days=number),
    }
    return OpenItem(**fields | changes)


def entry(minor: int = 10_000, **changes: Any) -> BankEntry:
    return BankEntry(**{"amount": Money(minor=minor, currency="EUR"), "credit": True, "booked_on": MONDAY, **changes})


def paid(proposal: Proposal) -> list[tuple[str, int, int]]:
    return [(each.item.document, each.amount, each.written_off) for each in proposal.allocations]


def test_the_rules_are_believed_in_their_order() -> None:
    one = item()
    for rule in (Rule.CREDITOR_REFERENCE, Rule.END_TO_END, Rule.INVOICE_NUMBER, Rule.ORDER_NUMBER, Rule.PURCHASE_ORDER):
        found = propose(entry(), Book(named={rule: (one,)}))
        assert (found.rule, paid(found)) == (rule, [("INV-000001", 10_000, 0)])
    both = Book(named={Rule.INVOICE_NUMBER: (one,), Rule.CREDITOR_REFERENCE: (one,)})
    assert propose(entry(), both).rule is Rule.CREDITOR_REFERENCE


def test_words_that_contradict_each_other_are_for_a_person() -> None:
    found = propose(entry(), Book(named={Rule.CREDITOR_REFERENCE: (item(1),), Rule.INVOICE_NUMBER: (item(2),)}))
    assert not found.applies
    assert found.because == "its words name different invoices that would each make up the amount"
    assert [each.document for each in found.candidates] == ["INV-000001", "INV-000002"]


def test_of_the_named_invoices_those_are_paid_that_make_up_the_amount() -> None:
    named = (item(1, 3_000), item(2, 5_000), item(3, 9_000))
    assert paid(propose(entry(8_000), Book(named={Rule.INVOICE_NUMBER: named}))) == [("INV-000001", 3_000, 0), ("INV-000002", 5_000, 0)]
    assert paid(propose(entry(17_000), Book(named={Rule.INVOICE_NUMBER: named}))) == [
        ("INV-000001", 3_000, 0),
        ("INV-000002", 5_000, 0),
        ("INV-000003", 9_000, 0),
    ]


def test_named_invoices_that_make_up_the_amount_in_two_ways_are_for_a_person() -> None:
    found = propose(entry(5_000), Book(named={Rule.INVOICE_NUMBER: (item(1, 2_000), item(2, 3_000), item(3, 5_000))}))
    assert (found.applies, found.because) == (False, "more than one choice of the invoices it names makes up the amount")


def test_too_little_for_several_pays_the_oldest_first() -> None:
    found = propose(entry(12_000), Book(named={Rule.INVOICE_NUMBER: (item(2), item(1))}))
    assert paid(found) == [("INV-000001", 10_000, 0), ("INV-000002", 2_000, 0)]
    assert [each.reason for each in found.allocations] == ["", "part_payment"]


def test_invoices_of_several_customers_are_paid_to_the_cent_or_by_a_person() -> None:
    named = (item(1), item(2, customer="C-2"))
    assert propose(entry(20_000), Book(named={Rule.INVOICE_NUMBER: named})).applies
    assert not propose(entry(19_000), Book(named={Rule.INVOICE_NUMBER: named})).applies


def test_an_account_that_pays_for_another_customer_is_believed_only_to_the_cent() -> None:
    book = Book(named={Rule.INVOICE_NUMBER: (item(),)}, payers={"C-9": "by an account"}, sure=True)
    assert propose(entry(10_000), book).applies
    assert propose(entry(9_999), book).because == "it names invoices of C-1, the account has paid for C-9"


def test_an_unknown_number_beside_a_known_one_is_looked_at_unless_the_sum_fits() -> None:
    book = Book(named={Rule.INVOICE_NUMBER: (item(),)}, unknown=("INV-000099",))
    assert propose(entry(10_000), book).applies
    assert propose(entry(15_000), book).because == "it also names INV-000099, which nobody knows"


def test_what_the_terms_offer_is_kept_without_a_question() -> None:
    found = propose(entry(9_800), Book(named={Rule.CREDITOR_REFERENCE: (item(1, discount=200),)}))
    assert (paid(found), found.allocations[0].reason) == ([("INV-000001", 9_800, 200)], "early_discount")


@pytest.mark.parametrize(
    ("missing", "total", "text", "charges", "reason", "off"),
    [
        (5, 10_000, "", 0, ReasonCode.ROUNDING, True),
        (6, 10_000, "", 0, ReasonCode.BANK_CHARGES, True),
        (150, 10_000, "", 0, ReasonCode.BANK_CHARGES, True),
        (200, 10_000, "", 0, ReasonCode.EARLY_DISCOUNT, False),
        (200, 10_000, "", 200, ReasonCode.BANK_CHARGES, True),
        (3_000, 10_000, "", 3_000, ReasonCode.BANK_CHARGES, False),
        (150, 10_000, "2 cups damaged", 0, ReasonCode.DEDUCTION_CLAIMED, False),
        (777, 10_000, "abzgl. Skonto", 0, ReasonCode.DEDUCTION_CLAIMED, False),
        (777, 10_000, "less discount", 0, ReasonCode.EARLY_DISCOUNT, False),
        (1_100, 100_000, "", 0, ReasonCode.PART_PAYMENT, False),
        (5_000, 10_000, "", 0, ReasonCode.PART_PAYMENT, False),
    ],
)
def test_a_short_payment_has_its_reason_and_is_given_up_only_within_its_limit(
    missing: int, total: int, text: str, charges: int, reason: ReasonCode, off: bool
) -> None:
    verdict = shortfall(missing, total, "EUR", text=text, charges=charges)
    assert (verdict.reason, verdict.written_off) == (reason, off)


def test_limits_are_in_the_currency_s_own_units() -> None:
    assert not may_write_off(ReasonCode.ROUNDING, 1, 10_000, "JPY")
    assert may_write_off(ReasonCode.BANK_CHARGES, 10, 10_000, "JPY")
    assert not may_write_off(ReasonCode.BANK_CHARGES, 11, 10_000, "JPY")
    assert not may_write_off(ReasonCode.DEDUCTION_CLAIMED, 1, 10_000, "EUR")
    assert may_write_off(ReasonCode.EARLY_DISCOUNT, 200, 10_000, "EUR", offered=200)


def test_the_search_for_sums_is_bounded() -> None:
    many = [item(number, 100 + number) for number in range(1, 60)]
    assert exact_sums(many, 101) == [[many[0]]]
    assert exact_sums(many, sum(each.open for each in many)) == [many]
    assert exact_sums(many, 303) == []
    few = [item(number, 1) for number in range(1, MOST_SUMMED + 1)]
    assert len(exact_sums(few, 7)) == 2


named_items = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 12_000), st.sampled_from(["C-1", "C-2"])), max_size=6)


@given(
    st.integers(1, 40_000),
    st.dictionaries(st.sampled_from([*Rule]), named_items, max_size=4),
    named_items,
    st.booleans(),
    st.sampled_from(["", "damaged", "skonto"]),
)
def test_whatever_is_open_a_proposal_adds_up_and_stays_within_it(
    minor: int,
    named: dict[Rule, list[tuple[int, int, str]]],
    of_payer: list[tuple[int, int, str]],
    sure: bool,
    text: str,
) -> None:
    known: dict[int, OpenItem] = {}

    def items(found: list[tuple[int, int, str]]) -> tuple[OpenItem, ...]:
        return tuple({number: known.setdefault(number, item(number, open, customer=owner)) for number, open, owner in found}.values())  # noqa: A001

    book = Book(
        named={rule: items(found) for rule, found in named.items()},
        of_payers=items(of_payer),
        payers={each.customer: "by name" for each in items(of_payer)},
        sure=sure,
    )
    found = propose(entry(minor, text=text), book)
    if not found.applies:
        assert (found.allocations, found.on_account) == ((), 0)
        assert found.because
        return
    assert sum(each.amount for each in found.allocations) + found.on_account == minor
    assert all(0 < each.amount + each.written_off <= each.item.open for each in found.allocations)
    assert len({(each.item.order, each.item.invoice) for each in found.allocations}) == len(found.allocations)
    assert not found.on_account or found.customer


def test_a_statement_says_what_is_wrong_with_it() -> None:
    whole = Statement(
        account="X", statement="1", form="MT940", currency="EUR", opening=Money(minor=5, currency="EUR"), closing=None, entries=(entry(10),)
    )
    assert whole.trouble == "it states no closing balance, so nobody can tell whether it is complete"
    assert whole.model_copy(update={"closing": Money(minor=15, currency="EUR")}).trouble == ""
    assert whole.model_copy(update={"closing": Money(minor=15, currency="USD")}).trouble == "it mixes EUR, USD"


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ({"bank_reference": "A"}, {"bank_reference": "A"}, Likeness.SAME),
        ({"bank_reference": "A", "end_to_end": "1"}, {"bank_reference": "A", "end_to_end": "2"}, Likeness.OTHER),
        ({"bank_reference": "A", "text": "x"}, {"bank_reference": "B", "text": "x"}, Likeness.DOUBTFUL),
        ({"bank_reference": "A", "text": "x"}, {"bank_reference": "B", "text": "y"}, Likeness.OTHER),
        ({"bank_reference": "A", "end_to_end": "E 1"}, {"end_to_end": "e1"}, Likeness.SAME),
        ({"text": "INV 1 thanks"}, {"text": "inv-1"}, Likeness.SAME),
        ({"text": "INV 1"}, {"text": "INV 2"}, Likeness.OTHER),
        ({"text": "INV 1"}, {}, Likeness.DOUBTFUL),
        ({}, {}, Likeness.SAME),
        ({"text": "x"}, {"text": "x", "credit": False}, Likeness.OTHER),
        ({"text": "x"}, {"text": "x", "booked_on": MONDAY + timedelta(days=1)}, Likeness.OTHER),
    ],
)
def test_two_statements_tell_of_one_movement_or_of_two(one: dict[str, Any], other: dict[str, Any], verdict: Likeness) -> None:
    assert likeness(entry(**one), entry(**other)) is verdict
    assert likeness(entry(**other), entry(**one)) is verdict
