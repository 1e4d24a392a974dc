"""Rounding: how a fraction of a minor unit becomes a whole one, and how a total meets the smallest coin."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from math import floor, lcm

from domain.money import split_minor
from domain.values import Value


class RoundingLevel(StrEnum):
    UNIT = "unit"  # the tax of one unit is rounded, then multiplied
    LINE = "line"  # the tax of a line is rounded
    DOCUMENT = "document"  # the tax of the whole order is rounded, then spread over its lines


class RoundingMode(StrEnum):
    HALF_UP = "half_up"  # a half goes away from zero
    HALF_EVEN = "half_even"  # a half goes to the even neighbour


class TaxRounding(Value):
    """How an order's taxes are rounded: stored with it, so that a later setting changes nothing that was placed."""

    level: RoundingLevel = RoundingLevel.LINE
    mode: RoundingMode = RoundingMode.HALF_UP


def rounded(amount: Fraction, mode: RoundingMode) -> int:
    """The nearest whole number."""
    if mode is RoundingMode.HALF_EVEN:
        return round(amount)
    size = floor(abs(amount) + Fraction(1, 2))
    return -size if amount < 0 else size


def to_step(minor: int, step: int) -> int:
    """The nearest multiple of `step` minor units, a half away from zero; without a step the amount itself."""
    return minor if step <= 1 else step * rounded(Fraction(minor, step), RoundingMode.HALF_UP)


def spread(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` in parts proportional to `weights` (largest remainder); what weighs nothing carries nothing, and neither do all together."""
    return split_minor(whole, weights) if any(weight > 0 for weight in weights) else [0] * len(weights)


def spread_exactly(whole: int, weights: Sequence[Fraction]) -> list[int]:
    """The same for weights that are fractions."""
    scale = lcm(*(weight.denominator for weight in weights)) if weights else 1
    return spread(whole, [int(weight * scale) for weight in weights])
