"""Tracking numbers: whose they are, and which cannot be right; valid and invalid ones are those of the public tracking-number data."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.tracking_numbers import FORMATS, carrier_of, read_tracking_number, s10_digit, ups_digit

RIGHT = {
    "UPS": ["1Z5R89390357567127", "1Z879E930346834440", "1Z410E7W0392751591", "1Z8V92A70367203024"],
    "FedEx": ["986578788855", "477179081230", "1001921334250001000300779017972697", "0414 4176 0228 964", "9611020987654312345672"],
    "USPS": ["0307 1790 0005 2348 3741", "9400 1112 0108 0805 4830 16", "92748931507708513018050063", "4201002334249200190132607600833457"],
    "DHL Express": ["3318810025", "73891051146", "8487135506", "JJD0099999999"],
    "DPD": ["008182709980000020033350276C", "0081 827 0998 0000 0200 45 327 276 N"],
    "S10": ["RB123456785GB"],
}
WRONG = {
    "UPS": ["1Z1111111111111111", "1Z5R89390357567128"],
    "FedEx": ["996578788855", "1001901781990001000300617767839438", "5682 8361 0012 732"],
    "USPS": ["0307 1790 0005 2348 3742", "4201028200009261290113185417468511"],
    "DHL Express": ["3318810010", "3318810034"],
    "DPD": ["008182709980000020033350276A"],
    "S10": ["RB123456786GB"],
}


@pytest.mark.parametrize(("carrier", "number"), [(carrier, number) for carrier, numbers in RIGHT.items() for number in numbers])
def test_a_right_number_is_read_as_its_carriers(carrier: str, number: str) -> None:
    read = read_tracking_number(number, carrier)
    assert (read.carrier, read.number) == (carrier, number.replace(" ", ""))
    assert read.checked is (read.format != "piece")


@pytest.mark.parametrize(("carrier", "number"), [(carrier, number) for carrier, numbers in WRONG.items() for number in numbers])
def test_a_wrong_number_is_refused_with_the_digit_that_would_be_right(carrier: str, number: str) -> None:
    with pytest.raises(Refused, match=f"is not a tracking number of {carrier}: its check digit is .*, and the others give "):
        read_tracking_number(number, carrier)


def test_a_number_of_another_shape_is_refused_with_the_shapes_that_there_are() -> None:
    with pytest.raises(Refused, match="42 is not a tracking number of UPS: they have 1Z and 16 letters or digits"):
        read_tracking_number("42", "ups")
    with pytest.raises(Refused, match="is not a tracking number: letters and digits, at most 50"):
        read_tracking_number("1Z'; DROP TABLE")


def test_an_unknown_carriers_number_is_let_through_as_unknown() -> None:
    read = read_tracking_number("PW771482719031", "Parcelway")
    assert (read.number, read.carrier, read.checked) == ("PW771482719031", "", False)


def test_without_a_carrier_only_a_shape_that_nobody_else_has_can_be_wrong() -> None:
    assert read_tracking_number("996578788855").carrier == ""  # twelve digits may be anybody's
    assert read_tracking_number("1z5r89390357567127").carrier == "UPS"
    with pytest.raises(Refused, match="is not a tracking number of UPS"):
        read_tracking_number("1Z1111111111111111")


def test_carriers_are_known_by_the_names_that_people_use() -> None:
    assert [carrier_of(name) for name in ("ups", "DHL", "dhl_express", "Fed-Ex", "Norvik Post", "Parcelway")] == [
        "UPS", "DHL Express", "DHL Express", "FedEx", "S10", "",
    ]  # fmt: skip


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=15, max_size=15), st.integers(0, 9))
def test_every_ups_number_has_exactly_one_check_digit(body: str, digit: int) -> None:
    right = ups_digit(body)
    if str(digit) == right:
        assert read_tracking_number(f"1Z{body}{digit}", "UPS").checked
    else:
        with pytest.raises(Refused):
            read_tracking_number(f"1Z{body}{digit}", "UPS")


@given(st.integers(0, 99_999_999))
def test_a_slip_in_one_digit_of_an_s10_number_is_seen(serial: int) -> None:
    digits = f"{serial:08}"
    changed = f"{(int(digits[0]) + 1) % 10}{digits[1:]}"
    # weight 8 modulo 11: only the remainders that the standard folds together (0 and 5, 1 and 0) can hide a slip
    if s10_digit(digits) == s10_digit(changed):
        assert s10_digit(digits) in ("0", "5")


@given(st.text(max_size=60), st.sampled_from(["", *{one.carrier for one in FORMATS}, "Parcelway"]))
def test_whatever_is_typed_is_read_or_refused(text: str, carrier: str) -> None:
    with contextlib.suppress(Refused):
        assert read_tracking_number(text, carrier).number.isalnum()
