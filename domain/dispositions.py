"""Dispositions: what becomes of a returned unit, of our stock and of the customer's money, in one table.

`docs/returns.md` prints it (`make docs`).
"""

from __future__ import annotations

from enum import StrEnum

from domain.messages import Disposition
from domain.values import Value


class StockEffect(StrEnum):
    SELLABLE = "sellable"  # in stock again, for anybody
    HELD = "held"  # ours and visible, and given to nobody until a person frees it
    NONE = "none"  # not in our stock


class MoneyEffect(StrEnum):
    LESS_FEE = "less_fee"  # credited, less the restocking fee where the reason is the customer's
    FULL = "full"  # credited without a fee
    NOTHING = "nothing"  # not credited


class Following(StrEnum):
    NOTHING = "nothing"  # that is all
    A_LOOK = "a_look"  # a person frees it or throws it away (`oms held`)
    A_REPAIR = "a_repair"  # it is mended, then freed (`oms held free`)
    A_DEBIT = "a_debit"  # the supplier is asked for its value (`oms claims`)
    A_SHIPMENT = "a_shipment"  # it goes back to the customer, under a label of its own


class Effects(Value):
    """`counts` says whether the unit counts as returned: it cannot come back once more."""

    stock: StockEffect
    money: MoneyEffect
    follows: Following
    counts: bool = True


EFFECTS: dict[Disposition, Effects] = {
    Disposition.RESTOCK: Effects(stock=StockEffect.SELLABLE, money=MoneyEffect.LESS_FEE, follows=Following.NOTHING),
    Disposition.QUARANTINE: Effects(stock=StockEffect.HELD, money=MoneyEffect.LESS_FEE, follows=Following.A_LOOK),
    Disposition.REFURBISH: Effects(stock=StockEffect.HELD, money=MoneyEffect.LESS_FEE, follows=Following.A_REPAIR),
    Disposition.SCRAP: Effects(stock=StockEffect.NONE, money=MoneyEffect.LESS_FEE, follows=Following.NOTHING),
    Disposition.VENDOR: Effects(stock=StockEffect.NONE, money=MoneyEffect.LESS_FEE, follows=Following.A_DEBIT),
    Disposition.SEND_BACK: Effects(stock=StockEffect.NONE, money=MoneyEffect.NOTHING, follows=Following.A_SHIPMENT, counts=False),
    Disposition.CUSTOMER_KEEPS: Effects(stock=StockEffect.NONE, money=MoneyEffect.FULL, follows=Following.NOTHING),
}
"""Every disposition, and everything that it brings about."""
