"""What may come back on which terms: reasons and who bears their cost, rules of an item, when and where the money goes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import Field, field_validator

from domain.errors import InputRefused
from domain.money import Money, parse_amount, round_half_up
from domain.values import Value


class ReturnReason(StrEnum):
    UNSTATED = "unstated"  # nobody said why; it counts as a change of mind
    CHANGED_MIND = "changed_mind"  # the customer does not want it any more
    DOES_NOT_FIT = "does_not_fit"  # right item, wrong for the customer
    ORDERED_BY_MISTAKE = "ordered_by_mistake"  # the customer meant another item or quantity
    CAME_TOO_LATE = "came_too_late"  # it arrived after the promised day
    NOT_AS_DESCRIBED = "not_as_described"  # it is not what the catalogue says
    WRONG_ITEM = "wrong_item"  # we sent something else
    DEFECTIVE = "defective"  # it does not work
    DAMAGED_IN_TRANSIT = "damaged_in_transit"  # it was broken on the way


class Fault(StrEnum):
    CUSTOMER = "customer"  # they bear the restocking fee and the return label
    HOUSE = "house"  # we bear all of it, and final sale or not it may come back
    CARRIER = "carrier"  # as the house, and the carrier gets a claim


FAULT: dict[ReturnReason, Fault] = {
    ReturnReason.UNSTATED: Fault.CUSTOMER,
    ReturnReason.CHANGED_MIND: Fault.CUSTOMER,
    ReturnReason.DOES_NOT_FIT: Fault.CUSTOMER,
    ReturnReason.ORDERED_BY_MISTAKE: Fault.CUSTOMER,
    ReturnReason.CAME_TOO_LATE: Fault.HOUSE,
    ReturnReason.NOT_AS_DESCRIBED: Fault.HOUSE,
    ReturnReason.WRONG_ITEM: Fault.HOUSE,
    ReturnReason.DEFECTIVE: Fault.HOUSE,
    ReturnReason.DAMAGED_IN_TRANSIT: Fault.CARRIER,
}
"""Whose fault a reason is: it says who bears the fee and the label."""


class RefundTiming(StrEnum):
    SCAN = "scan"  # when the carrier first scans the return label
    RECEIPT = "receipt"  # when the goods are at the dock
    INSPECTION = "inspection"  # when somebody has looked at them


class RefundTo(StrEnum):
    ORIGINAL = "original"  # back to the payments that paid
    STORE_CREDIT = "store_credit"  # on the customer's account, for a later order


class Means(StrEnum):
    STORE_CREDIT = "store_credit"  # money of the customer's account
    CARD = "card"  # captured at the gateway
    TRANSFER = "transfer"  # came by bank


class ExchangeMode(StrEnum):
    WAIT = "wait"  # the new goods leave when the old ones are inspected
    ADVANCE = "advance"  # they leave at once, on an invoice that the return pays
    ADVANCE_HOLD = "advance_hold"  # they leave at once, and their price is held on the card until the old goods come


class ItemReturns(Value):
    """The rules of an item; what is not said is as the house has it.

    `restocking` is a percentage of the price ("15%") or an amount for each unit in major units of one currency ("4.50 EUR"), which an
    order in another currency does not pay.
    """

    window: int | None = Field(default=None, ge=0, le=3_650)  # days after delivery
    final_sale: bool = False  # it comes back only when it is our fault
    restocking: str | None = None

    @field_validator("restocking")
    @classmethod
    def _readable(cls, written: str | None) -> str | None:
        if written:
            read_fee(written)
        return written


class ReturnPolicies(Value):
    """How the house takes goods back, and what its people may give away."""

    restocking: str = ""  # of an item that says nothing
    label: str = ""  # for the return label, in the same words: an amount, once for a return that is the customer's fault
    refund_on: RefundTiming = RefundTiming.INSPECTION
    refund_order: tuple[Means, ...] = (Means.STORE_CREDIT, Means.CARD, Means.TRANSFER)  # and of one kind the newest first
    appeasement: dict[str, Decimal] = {  # role -> the most it may give once, in major units of the order's currency
        "returns_clerk": Decimal(25),
        "order_desk": Decimal(50),
        "operations_manager": Decimal(500),
    }
    appeasement_per_order: Decimal = Decimal(2)  # times that limit: the most that an order gets in all, whoever gives it


class FeeRate(Value):
    """Either a fraction of the price or an amount for each unit."""

    fraction: Decimal = Decimal(0)
    each: Money | None = None


def read_fee(written: str) -> FeeRate:
    """A fee as it is written in the catalogue ("15%", "4.50 EUR", ""); raises ValueError with what was wrong."""
    text = written.strip()
    if not text:
        return FeeRate()
    amount, _, currency = text.removesuffix("%").partition(" ")
    try:
        number = parse_amount(amount, "fee")
        each = None if text.endswith("%") else Money.of(number, currency.strip())
    except (KeyError, InputRefused):
        raise ValueError(f"{text!r} is neither a percentage nor an amount with its currency") from None
    if each is None:
        if not 0 <= number <= 100:
            raise ValueError(f"a fee of {text} is not between 0% and 100%")
        return FeeRate(fraction=number / 100)
    if each.minor < 0:
        raise ValueError(f"a fee of {each} would be a gift")
    return FeeRate(each=each)


def fee_of(written: str, net: Money, units: int) -> Money:
    """The fee for `units` that cost `net` together; never more than they cost, nothing in another currency than its own."""
    rate = read_fee(written)
    if rate.each is not None:
        fee = rate.each.minor * units if rate.each.currency == net.currency else 0
    else:
        fee = round_half_up(net.minor * rate.fraction)
    return Money(minor=max(min(fee, net.minor), 0), currency=net.currency)
