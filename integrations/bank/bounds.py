"""What no statement of a real bank holds: refused at the door, with its place."""

from __future__ import annotations

from datetime import date

from domain.errors import InputRefused
from domain.money import Money, exponent, is_currency, parse_amount

MOST_ENTRIES = 20_000
MOST_MINOR = 10**15
"""Minor units of an amount or a balance: it fits every database and every sum of sums."""
LONGEST_TEXT = 1_000
LONGEST_NAME = 140
EARLIEST = date(1990, 1, 1)


def money(amount: object, currency: str, place: str) -> Money:
    """An amount in major units; InputRefused for more digits after the point than the currency has."""
    if not is_currency(currency):
        raise InputRefused(place, f"{currency!r:.20} is not a currency (ISO 4217, such as EUR)")
    value = parse_amount(amount, place)
    if value != round(value, exponent(currency)):
        raise InputRefused(place, f"{value} has more digits after the point than {currency} has")
    found = Money.of(value, currency)
    if abs(found.minor) > MOST_MINOR:
        raise InputRefused(place, f"{value} {currency} is beyond reason")
    return found


def positive(amount: object, currency: str, place: str) -> Money:
    found = money(amount, currency, place)
    if found.minor < 0:
        raise InputRefused(place, f"{found} is negative; the direction is said by a mark of its own")
    return found


def day(value: date, place: str) -> date:
    if not EARLIEST <= value <= date(2200, 1, 1):
        raise InputRefused(place, f"{value} is not the date of a bank's entry")
    return value


def currency_of(*amounts: Money | None) -> str:
    """The currency of the first amount that is stated; of an empty statement nobody asks."""
    return next((amount.currency for amount in amounts if amount is not None), "EUR")


def line(text: object, most: int = LONGEST_TEXT) -> str:
    """One line of text without control characters, as long as the database keeps."""
    words = "".join(character if character.isprintable() else " " for character in str(text or "")).split()
    return " ".join(words)[:most]


def given(identifier: object, most: int = LONGEST_NAME) -> str:
    """An identifier, or nothing where the bank says that there is none."""
    found = line(identifier, most)
    return "" if found.upper().replace(" ", "") in ("NOTPROVIDED", "NONREF", "NOREF", "N") else found
