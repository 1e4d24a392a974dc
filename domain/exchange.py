"""Other currencies than the ledger's: amounts at a rate, shares of them that add up, and what a payment gains or loses on its way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.money import Money, exponent, round_half_up
from domain.order import Moment
from domain.values import Value

OLDEST_RATE = 7
"""Days: an older rate says nothing about today. It spans the longest row of days on which banks publish none."""


def at_rate(minor: int, currency: str, rate: Decimal, ledger: str) -> int:
    """Minor units of `ledger` that `minor` minor units of `currency` come to, rounded half up (away from zero).

    `rate` is the price of one major unit of `currency` in major units of `ledger`.
    """
    return round_half_up((Decimal(minor).scaleb(-exponent(currency)) * rate).scaleb(exponent(ledger)))


def take(whole: int, part: int, of: int) -> int:
    """The share of `whole` that goes with `part` out of `of`, rounded half up (away from zero).

    Taken one after the other, each from what the ones before it left, shares add up to the whole: the last part takes all that is left.
    """
    if part <= 0:
        return 0
    if part >= of:
        return whole
    sign, size = (-1 if whole < 0 else 1), abs(whole)
    return sign * ((2 * size * part + of) // (2 * of))


class Rate(Value):
    """One unit of `currency` costs `rate` units of the ledger's currency on a day."""

    currency: str
    day: date
    rate: Decimal
    source: str = ""


class MissingRate(Value):
    """A rate without which documents cannot be booked in the ledger's currency."""

    currency: str
    day: date
    entries: int  # how many entries wait for it
    amount: Money  # what they come to, sizes without signs
    orders: tuple[str, ...]


class DifferenceView(Value):
    """A payment of an invoice in another currency: what the paid share was carried at, what came in, and the difference."""

    order: str
    document: str
    payment: str
    amount: Money
    carried: Money
    paid: Money
    difference: Money  # a gain when positive, a loss when negative
    invoice_rate: Decimal
    payment_rate: Decimal
    at: Moment


class RatesSet(Value):
    """How many rates were new or changed, and how many entries could be booked that had waited for one."""

    rates: int
    booked: int
