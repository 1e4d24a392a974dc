"""Tracking numbers: whose a number is, and whether it can be right.

Shapes and check digits follow the public tracking-number data of Jeff Keen and others (github.com/jkeen/tracking_number_data, MIT licence),
rewritten as one table; the sources of the algorithms stand at each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from domain.errors import Refused
from domain.values import Value

MOST_CHARACTERS = 50


class TrackingNumber(Value):
    """`carrier` and `format` are empty for a number whose carrier we do not know; then nothing was checked."""

    number: str
    carrier: str = ""
    format: str = ""
    checked: bool = False  # its check digit is right; some formats have none


@dataclass(frozen=True)
class Format:
    """`body` and `check` are groups of `shape`; `distinct` shapes belong to nobody else, so that a wrong check digit is an error."""

    carrier: str
    name: str
    shape: re.Pattern[str]
    digit: Callable[[str], str] | None
    reads: str
    distinct: bool = False

    def wrong(self, number: str) -> str:
        """What is wrong with a number of this shape; empty when nothing is."""
        found = self.shape.fullmatch(number)
        assert found is not None, "asked for a number of another shape"
        if self.digit is None or (right := self.digit(found["body"])) == found["check"]:
            return ""
        return f"its check digit is {found['check']}, and the others give {right}"


def read_tracking_number(text: str, carrier: str = "") -> TrackingNumber:
    """Read what a person or a carrier wrote; `carrier` says whose it should be.

    Raises Refused for a number that cannot be right. A carrier whose numbers we do not know, and a number that could be anybody's, is let
    through as unknown.
    """
    number = re.sub(r"[\s\-.]", "", text).upper()
    if not number or len(number) > MOST_CHARACTERS or not (number.isascii() and number.isalnum()):
        raise Refused(f"{text[:MOST_CHARACTERS]!r} is not a tracking number: letters and digits, at most {MOST_CHARACTERS}.")
    owner = carrier_of(carrier) if carrier else ""
    if carrier and not owner:
        return TrackingNumber(number=number)
    shaped = [one for one in FORMATS if (not owner or one.carrier == owner) and one.shape.fullmatch(number)]
    for one in shaped:
        if not one.wrong(number):
            return TrackingNumber(number=number, carrier=one.carrier, format=one.name, checked=one.digit is not None)
    wrong = next((one for one in shaped if owner or one.distinct), None)
    if wrong is not None:
        raise Refused(f"{number} is not a tracking number of {wrong.carrier}: {wrong.wrong(number)}.")
    if owner:
        shapes = "; or ".join(one.reads for one in FORMATS if one.carrier == owner)
        raise Refused(f"{number} is not a tracking number of {owner}: they have {shapes}.")
    return TrackingNumber(number=number)


def carrier_of(name: str) -> Literal["UPS", "FedEx", "USPS", "DHL Express", "DPD", "S10", ""]:
    """The carrier of the table that a name means, whatever its case; empty when it is none of them."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return _NAMES.get(plain, "")


_NAMES: dict[str, Literal["UPS", "FedEx", "USPS", "DHL Express", "DPD", "S10", ""]] = {
    "ups": "UPS",
    "fedex": "FedEx",
    "usps": "USPS",
    "dhl": "DHL Express",
    "dhlexpress": "DHL Express",
    "dpd": "DPD",
    "s10": "S10",
    "norvikpost": "S10",  # the simulated post: a member of the Universal Postal Union like any other
}


# --- check digits: each takes the body and gives the digit ---------------------------------------------------------------------------


def ups_digit(body: str) -> str:
    """Modulo 10, every second character counts twice; a letter counts as its code less 3, modulo 10 (UPS Guide to Labeling, "1Z")."""
    return _mod10(body, even=1, odd=2)


def gs1_digit(body: str) -> str:
    """Modulo 10 with weights 3 and 1 from the right (GS1 General Specifications 7.9; USPS Publication 199 for IMpb)."""
    return _mod10(body[::-1], even=3, odd=1)


def fedex_express_digit(body: str) -> str:
    """Weights 1, 3, 7 from the right, modulo 11, modulo 10 (FedEx Express, "ASTRA" labels)."""
    return str(sum(weight * int(digit) for weight, digit in zip((1, 3, 7) * 5, reversed(body), strict=False)) % 11 % 10)


def dhl_digit(body: str) -> str:
    """The remainder of a division by 7 (DHL Express air waybill, as IATA's)."""
    return str(int(body) % 7)


def dpd_digit(body: str) -> str:
    """ISO/IEC 7064 MOD 37,36 (DPD Parcel Label Specification 2.4)."""
    alphabet, rest = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 36
    for character in body:
        rest = (rest + alphabet.index(character)) % 36 or 36
        rest = rest * 2 % 37
    return alphabet[(37 - rest) % 36]


def s10_digit(body: str) -> str:
    """Weights 8 6 4 2 3 5 9 7, 11 less the remainder; 10 becomes 0 and 11 becomes 5 (Universal Postal Union, standard S10)."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), body, strict=True)) % 11
    return str({10: 0, 11: 5}.get(rest, rest))


def _mod10(body: str, even: int, odd: int) -> str:
    total = 0
    for place, character in enumerate(body):
        worth = int(character) if character.isdigit() else (ord(character) - 3) % 10
        total += worth * (odd if place % 2 else even)
    return str(-total % 10)


def _format(carrier: str, name: str, shape: str, digit: Callable[[str], str] | None, reads: str, *, distinct: bool = False) -> Format:
    return Format(carrier, name, re.compile(shape), digit, reads, distinct)


FORMATS: tuple[Format, ...] = (
    _format("UPS", "1Z", r"1Z(?P<body>[A-Z0-9]{15})(?P<check>\d)", ups_digit, "1Z and 16 letters or digits", distinct=True),
    _format("S10", "S10", r"[A-Z]{2}(?P<body>\d{8})(?P<check>\d)[A-Z]{2}", s10_digit, "2 letters, 9 digits and the country", distinct=True),
    _format("DPD", "28", r"(?P<body>\d{27})(?P<check>[0-9A-Z])", dpd_digit, "27 digits and a check character"),
    _format(
        "USPS", "IMpb 22", r"(?:420\d{5}(?:\d{4})?)?(?P<body>9[1-5]\d{19})(?P<check>\d)", gs1_digit, "22 digits that begin with 91 to 95"
    ),
    _format(
        "USPS", "IMpb 26", r"(?:420\d{5}(?:\d{4})?)?(?P<body>9[1-5]\d{23})(?P<check>\d)", gs1_digit, "26 digits that begin with 91 to 95"
    ),
    _format("USPS", "20", r"(?P<body>\d{19})(?P<check>\d)", gs1_digit, "20 digits"),
    _format("FedEx", "Express 12", r"(?P<body>\d{11})(?P<check>\d)", fedex_express_digit, "12 digits"),
    _format(
        "FedEx", "Express 34", r"100\d{2}\d{10}\d{5}(?P<body>\d{13})(?P<check>\d)", fedex_express_digit, "34 digits that begin with 100"
    ),
    _format("FedEx", "Ground 15", r"(?P<body>\d{14})(?P<check>\d)", gs1_digit, "15 digits"),
    _format("FedEx", "Ground 96", r"96\d{5}(?P<body>\d{14})(?P<check>\d)", gs1_digit, "22 digits that begin with 96"),
    _format("DHL Express", "waybill", r"(?P<body>\d{9,10})(?P<check>\d)", dhl_digit, "10 or 11 digits"),
    _format("DHL Express", "piece", r"J[A-Z]{2,3}\d{9,20}", None, "a piece number such as JD01 and more digits"),
)
