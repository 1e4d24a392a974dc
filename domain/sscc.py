"""SSCC: the number that makes a parcel unique in the world, from our GS1 company prefix and a serial of our own.

Eighteen digits, by the GS1 General Specifications, section 3.3.1: an extension digit, the company prefix (7 to 10 digits), a serial that
fills up to 17 digits, and the GS1 check digit. As a bar code it is a GS1-128 with the application identifier 00.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from stdnum import ean

from domain.errors import Refused
from domain.values import Value

DIGITS = 18


class SsccSeries(Value):
    """Where our numbers come from: one series for all parcels that leave the house."""

    extension: int = Field(ge=0, le=9)
    company_prefix: str = Field(pattern=r"^\d{7,10}$")

    def number(self, serial: int) -> str:
        """The SSCC of a serial, from 1. Raises Refused when the series is used up."""
        width = DIGITS - 2 - len(self.company_prefix)
        if not 0 < serial < 10**width:
            raise Refused(f"The SSCC series {self.extension}-{self.company_prefix} has no number {serial}: begin the next extension digit.")
        return with_check_digit(f"{self.extension}{self.company_prefix}{serial:0{width}}")


def with_check_digit(digits: str) -> str:
    """Seventeen digits and the one that checks them."""
    return f"{digits}{ean.calc_check_digit(digits)}"


def is_sscc(number: str) -> bool:
    return len(number) == DIGITS and number.isascii() and number.isdecimal() and with_check_digit(number[:-1]) == number


def read_sscc(text: str) -> str:
    """An SSCC as a scanner or a person gives it, with or without its application identifier; raises Refused."""
    digits = "".join(text.split()).removeprefix("]C1").replace("(00)", "", 1)
    digits = digits[2:] if len(digits) == DIGITS + 2 and digits.startswith("00") else digits
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdecimal()):
        raise Refused(f"{text!r} is not an SSCC: it has {DIGITS} digits.")
    if not is_sscc(digits):
        raise Refused(f"{text!r} is not an SSCC: its check digit is {digits[-1]}, and the others give {with_check_digit(digits[:-1])[-1]}.")
    return digits


def _sscc_or_nothing(number: str) -> str:
    if number and not is_sscc(number):
        raise ValueError(f"{number!r} is not an SSCC")
    return number


SsccOrNothing = Annotated[str, AfterValidator(_sscc_or_nothing)]
"""An SSCC of 18 digits, or nothing where a parcel has none (yet)."""


def spaced(sscc: str) -> str:
    """As it is printed under the bar code, in groups that a person can read out."""
    return f"(00) {sscc[:1]} {sscc[1:8]} {sscc[8:17]} {sscc[17:]}" if sscc else ""
