"""What every document that goes out needs: to whom, under which numbers, when; and text that its character set knows."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal

from domain.edi_partners import Partner, PartnerId
from domain.errors import InputRefused
from domain.money import Money
from domain.values import Value

PLAIN = str.maketrans(
    {"–": "-", "—": "-", "„": '"', "“": '"', "”": '"', "’": "'", "‘": "'", "…": "...", "€": "EUR"}
    | {"œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
)
"""What ISO 8859-1 does not know, and Unicode does not take apart."""


class Envelope(Value):
    """Control numbers are drawn by the caller, each once: of the interchange, of its group, of the first of its sets."""

    partner: Partner
    receiver: PartnerId
    interchange: int
    group: int
    first_set: int = 1
    at: datetime
    test: bool = False


def pair_of(syntax: str, ours: PartnerId, theirs: PartnerId | str) -> str:
    """Between whom control numbers count: an id of ours and one of a partner."""
    return f"{syntax} {ours} {theirs}"


def plain(text: str) -> str:
    """Text in ISO 8859-1 without control characters: what it does not know becomes its nearest letter, else a blank."""
    out = []
    for character in text.translate(PLAIN):
        near = character if ord(character) < 256 else unicodedata.normalize("NFKD", character)[:1]
        out.append(near if ord(near) < 256 and near.isprintable() else " ")
    return " ".join("".join(out).split())


def identifier(text: str, most: int, place: str) -> str:
    """A number that nobody may cut; InputRefused where the format has no room for it."""
    if len(text) > most:
        raise InputRefused(place, f"{text!r:.80} has {len(text)} characters, and the document has room for {most}")
    return text


def number(value: Decimal | int) -> str:
    """A decimal without exponent and without zeros at its end."""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def major(money: Money) -> str:
    return f"{money.major:f}"


def hundredths(money: Money, place: str) -> str:
    """X12's implied two decimals (type N2); InputRefused for an amount with a third one."""
    value = money.major * 100
    if value != value.to_integral_value():
        raise InputRefused(place, f"{money} has more than two decimals, and the document has room for two")
    return str(int(value))


def kilograms(grams: int) -> str:
    return number(Decimal(grams) / 1000)
