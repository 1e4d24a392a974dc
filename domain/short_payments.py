"""Short payments: why less came than was asked for, and whether the rest is given up at once or stays open."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from domain.money import Money
from domain.values import Value


class ReasonCode(StrEnum):
    ROUNDING = "rounding"  # a few cents
    EARLY_DISCOUNT = "early_discount"  # an early-payment discount was taken
    BANK_CHARGES = "bank_charges"  # banks on the way kept something
    DEDUCTION_CLAIMED = "deduction_claimed"  # the customer keeps something back and says why
    PART_PAYMENT = "part_payment"  # the rest is still to come


class Tolerance(Value):
    """What is written off for a reason at most: the smaller of `most` major units and `fraction` of the invoice; nothing where it is 0."""

    most: Decimal = Decimal(0)
    fraction: Decimal = Decimal(1)

    def allows(self, missing: int, total: int, currency: str) -> bool:
        """Whether so many minor units of an invoice of `total` are given up without a question."""
        return 0 < missing <= min(Money.of(self.most, currency).minor, int(total * self.fraction))


TOLERANCES: dict[ReasonCode, Tolerance] = {
    ReasonCode.ROUNDING: Tolerance(most=Decimal("0.05")),
    ReasonCode.BANK_CHARGES: Tolerance(most=Decimal("10.00"), fraction=Decimal("0.02")),
    # What the terms offer is the customer's right; what they do not offer is asked for again.
    ReasonCode.EARLY_DISCOUNT: Tolerance(),
    ReasonCode.DEDUCTION_CLAIMED: Tolerance(),
    ReasonCode.PART_PAYMENT: Tolerance(),
}

USUAL_DISCOUNTS = (Decimal("0.02"), Decimal("0.03"), Decimal("0.01"), Decimal("0.04"), Decimal("0.05"))

_DEDUCTION = re.compile(
    r"\b(deduct\w*|short\s?shipped|damaged?|claim\w*|complaint|debit\s?note|abzug|abzgl\w*|reklamation|gutschrift)\b", re.IGNORECASE
)
_DISCOUNT = re.compile(r"\b(discount|skonto|escompte)\b", re.IGNORECASE)


class ShortPayment(Value):
    reason: ReasonCode
    written_off: bool


def shortfall(missing: int, total: int, currency: str, *, offered: int = 0, charges: int = 0, text: str = "") -> ShortPayment:
    """Why `missing` minor units of an invoice of `total` did not come, and whether they are given up.

    `offered` is the discount that the terms grant on the day of the payment, `charges` what a bank says that it kept.
    """
    rounding = TOLERANCES[ReasonCode.ROUNDING]
    if rounding.allows(missing, total, currency):
        return ShortPayment(reason=ReasonCode.ROUNDING, written_off=True)
    if offered and missing <= offered + Money.of(rounding.most, currency).minor:
        return ShortPayment(reason=ReasonCode.EARLY_DISCOUNT, written_off=True)
    if _DEDUCTION.search(text):
        return ShortPayment(reason=ReasonCode.DEDUCTION_CLAIMED, written_off=False)
    if _DISCOUNT.search(text) or (missing != charges and _usual_discount(missing, total)):
        return ShortPayment(reason=ReasonCode.EARLY_DISCOUNT, written_off=False)
    within = TOLERANCES[ReasonCode.BANK_CHARGES].allows(missing, total, currency)
    if within or missing == charges:
        return ShortPayment(reason=ReasonCode.BANK_CHARGES, written_off=within)
    return ShortPayment(reason=ReasonCode.PART_PAYMENT, written_off=False)


def may_write_off(reason: ReasonCode, missing: int, total: int, currency: str, *, offered: int = 0) -> bool:
    """Whether a person who states this reason has the rest given up at once: within its limit, or what the terms offer."""
    if reason is ReasonCode.EARLY_DISCOUNT and 0 < missing <= offered:
        return True
    return TOLERANCES[reason].allows(missing, total, currency)


def _usual_discount(missing: int, total: int) -> bool:
    return any(abs(missing - total * rate) <= 1 for rate in USUAL_DISCOUNTS)
