"""SSCC: eighteen digits that check themselves, one series without end of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import Refused
from domain.messages import LineQuantity, Parcel
from domain.sscc import SsccSeries, is_sscc, read_sscc, spaced

SERIES = SsccSeries(extension=3, company_prefix="4099876")


def test_the_example_of_the_gs1_specifications() -> None:
    assert is_sscc("106141411234567897")
    assert SsccSeries(extension=1, company_prefix="0614141").number(123_456_789) == "106141411234567897"


@given(st.integers(0, 9), st.from_regex(r"\d{7,10}", fullmatch=True), st.integers(1, 999_999))
def test_every_number_of_a_series_is_an_sscc_and_has_its_prefix(extension: int, prefix: str, serial: int) -> None:
    prefix = "".join(str(int(digit)) for digit in prefix)  # a regex knows digits of other scripts, too
    number = SsccSeries(extension=extension, company_prefix=prefix).number(serial)
    assert (len(number), number.startswith(f"{extension}{prefix}"), is_sscc(number)) == (18, True, True)
    wrong = f"{(int(number[0]) + 1) % 10}{number[1:]}"
    assert not is_sscc(wrong)


def test_a_series_that_is_used_up_says_so() -> None:
    assert SERIES.number(999_999_999) == "340998769999999990"[:17] + SERIES.number(999_999_999)[17]
    with pytest.raises(Refused, match="has no number 1000000000: begin the next extension digit"):
        SERIES.number(1_000_000_000)


@pytest.mark.parametrize("text", ["106141411234567897", "(00)106141411234567897", "00106141411234567897", "(00) 1 0614141 123456789 7"])
def test_an_sscc_is_read_however_it_is_scanned(text: str) -> None:
    assert read_sscc(text) == "106141411234567897"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("1061", "it has 18 digits"), ("106141411234567896", "its check digit is 6, and the others give 7"), ("x" * 18, "it has 18 digits")],
)
def test_what_is_no_sscc_is_refused_with_the_reason(text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_sscc(text)


def test_a_parcel_bears_an_sscc_or_nothing() -> None:
    contents = (LineQuantity(line=1, quantity=1),)
    assert Parcel(number=1, weight_g=1, contents=contents).sscc == ""
    with pytest.raises(ValidationError, match="is not an SSCC"):
        Parcel(number=1, weight_g=1, contents=contents, sscc="106141411234567896")


def test_a_person_reads_it_in_groups() -> None:
    assert (spaced("106141411234567897"), spaced("")) == ("(00) 1 0614141 123456789 7", "")
