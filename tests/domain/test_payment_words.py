"""What a payer wrote: references and numbers are found however they are broken, and nothing is found that was not meant."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from domain.bank import BankEntry
from domain.creditor_reference import creditor_reference, printed, referred
from domain.money import Money
from domain.payment_words import invoice_numbers, tokens, words_of


@given(st.integers(1, 10**9), st.integers(1, 30))
def test_a_reference_is_read_back_however_a_bank_breaks_its_lines(number: int, width: int) -> None:
    document = f"INV-{number:06d}"
    reference = creditor_reference(document)
    assert iso11649.is_valid(reference)
    broken = " ".join(printed(document)[start : start + width] for start in range(0, len(printed(document)), width))
    assert referred(f"pay {broken.lower()} please") == [document]


@given(st.integers(1, 999_999), st.integers(0, 99))
def test_a_reference_with_other_check_digits_is_none(number: int, digits: int) -> None:
    document = f"INV-{number:06d}"
    right = creditor_reference(document)
    wrong = f"RF{digits:02d}{right[4:]}"
    assert referred(wrong) == ([document] if wrong == right else [])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("INV-000042", ["INV-000042"]),
        ("inv 42", ["INV-000042"]),
        ("INV000042", ["INV-000042"]),
        ("INV 000 042", ["INV-000042"]),
        ("Invoice no. 0042 dated 12.11.2026", ["INV-000042"]),
        ("Rechnung Nr. 17/18", ["INV-000017", "INV-000018"]),
        ("INV-000042, 43 and 44", ["INV-000042", "INV-000043", "INV-000044"]),
        ("Invoices 42 & 43; thanks", ["INV-000042", "INV-000043"]),
        ("INV-42, 12.11.2026", ["INV-000042"]),
        ("INV-42 INV-43", ["INV-000042", "INV-000043"]),
        ("my own RENV-42", []),
        ("RF99 INV0 0004 2", []),
        ("INV-0", []),
        ("12.11.2026 119,00", []),
        ("", []),
    ],
)
def test_invoice_numbers_are_read_as_people_write_them(text: str, named: list[str]) -> None:
    assert invoice_numbers(text) == named


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for found in (referred(text), invoice_numbers(text)):
        assert all(document.startswith("INV-") for document in found)
    assert all(any(character.isdigit() for character in token) for token in tokens(text))


def test_the_words_of_an_entry_say_where_each_number_stood() -> None:
    entry = BankEntry(
        amount=Money(minor=1, currency="EUR"),
        credit=True,
        booked_on=date(2026, 11, 23),
        reference=creditor_reference("INV-000001"),
        end_to_end="INV-2/2026",
        text="inv 3, order #5001, PO-77",
    )
    words = words_of(entry)
    assert (words.by_reference, words.by_end_to_end, words.in_text) == (("INV-000001",), ("INV-000002",), ("INV-000003",))
    assert {"5001", "PO-77"} <= set(words.tokens)
