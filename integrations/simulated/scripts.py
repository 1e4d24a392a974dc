"""Scripts: what the outside world does to one order, told beforehand or drawn from a seed."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from domain.errors import InputRefused
from domain.exceptions import RULES, ExceptionKind
from domain.messages import Disposition, ReturnKind, ReturnWish
from domain.values import Value

T = TypeVar("T")


class PickScript(StrEnum):
    FULL = "full"  # everything is found
    SHORT = "short"  # the first pick misses one unit of its first line


class CarrierScript(StrEnum):
    ON_TIME = "on_time"  # in transit, then delivered before the expected date
    LATE = "late"  # delayed, with a new date, then delivered
    LOST = "lost"  # trouble, then lost; what is sent instead arrives
    RETURNED = "returned"  # trouble, then returned to sender; what is sent instead arrives
    DUPLICATES = "duplicates"  # every event comes twice
    OUT_OF_ORDER = "out_of_order"  # the delivery is told before the transit
    SILENT = "silent"  # the carrier never says a word


class CardScript(StrEnum):
    GOOD = "good"
    DECLINED_ONCE = "declined_once"  # the first authorization is declined, the next is approved
    DECLINED = "declined"  # every authorization is declined
    CAPTURE_FAILS_ONCE = "capture_fails_once"  # the first capture is declined, the next is approved
    REFUND_FAILS_ONCE = "refund_fails_once"  # the first refund is declined, the next is approved
    CAPTURES_ONCE = "captures_once"  # each authorization is ended by its first capture


class PayScript(StrEnum):
    ON_TIME = "on_time"  # in full, before the due date
    LATE = "late"  # in full with fees, after the second reminder
    PARTIAL_THEN_REST = "partial_then_rest"  # half before the due date, the rest just after it
    OVER = "over"  # a tenth too much
    REVERSED_THEN_PAID = "reversed_then_paid"  # paid, taken back by the bank, paid again
    NEVER = "never"


class TransferScript(StrEnum):
    """How a customer who pays by bank transfer fills in the form; the money then comes with the bank's statement."""

    REFERENCE = "reference"  # the creditor reference, as printed on the invoice
    SLOPPY = "sloppy"  # the invoice's number, written from memory
    JOINT = "joint"  # one transfer for all of the customer's orders that say so
    SHORT = "short"  # a bank on the way keeps its charges
    OVER = "over"  # a tenth too much
    UNNAMED = "unnamed"  # no word, from somebody whom nobody knows


class GoodsScript(StrEnum):
    COME = "come"  # all announced goods come back
    NEVER = "never"  # nothing comes back
    FEWER = "fewer"  # one unit of the first line is missing


class When(StrEnum):
    CAPTURED = "captured"  # as soon as the order exists
    BACKORDERED = "backordered"  # while a line waits for stock
    PICKING = "picking"  # while the floor has a pick task
    SHIPPED = "shipped"  # when the first label is bought


class What(StrEnum):
    CANCEL = "cancel"
    HOLD_RELEASE = "hold_release"  # hold, and release half a day later
    AMEND = "amend"


class ReturnScript(Value):
    kind: ReturnKind = ReturnKind.REFUND
    lines: dict[int, int] = Field(min_length=1)  # line -> units
    disposition: Disposition = Disposition.RESTOCK
    dispositions: dict[int, Disposition] = {}  # line -> what becomes of its units, where it differs
    wish: ReturnWish = ReturnWish()
    goods: GoodsScript = GoodsScript.COME


class RequestScript(Value):
    """`lines` (line -> new quantity) belongs to an amendment; without it the first line that can lose a unit loses one."""

    when: When
    what: What
    lines: dict[int, int] = {}


class ReceiptScript(Value):
    item: str
    location: str
    quantity: int = Field(gt=0)


class PurchaseScript(Value):
    """A purchase order that was placed just before the order: what it brings, in how many days, and by how many it slips."""

    supplier: str
    item: str
    location: str
    quantity: int = Field(gt=0)
    expected_in: int = Field(gt=0)  # days
    slips_by: int = Field(default=0, ge=0)  # days, told while the order waits

    @staticmethod
    def number(order: str) -> str:
        """The purchase order's number, by the order that waits for it."""
        return f"PO-{order.replace('/', '-')}"


class Answer(Value):
    """What a decision needs besides its choice: `items` for a substitute, `items`, `prices` and `customer` for a correction."""

    items: dict[int, str] = {}
    prices: dict[int, str] = {}
    customer: str = ""


class Script(Value):
    """The behaviour of everyone outside towards one order; what is not said goes well.

    Three exceptions are made to happen by their decision alone: with `pick_overdue` the floor forgets the first pick until it is decided,
    with `raised` the office reports a trouble, and with `backorder_overdue` stock is received only after the decision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    pick: PickScript = PickScript.FULL
    decisions: dict[ExceptionKind, str] = {}
    answers: dict[ExceptionKind, Answer] = {}
    carrier: CarrierScript = CarrierScript.ON_TIME
    card: CardScript = CardScript.GOOD
    pay: PayScript = PayScript.ON_TIME
    transfer: TransferScript | None = None  # none: the customer pays on the spot
    promise: int | None = Field(default=None, gt=0)  # after the first reminder the customer promises to pay within so many days
    goods_back: ReturnScript | None = Field(default=None, alias="return")
    requests: tuple[RequestScript, ...] = ()
    receipt: ReceiptScript | None = None
    purchase: PurchaseScript | None = None

    @classmethod
    def read(cls, order: str, instructions: dict[str, Any]) -> Script:
        """The script that a document states; InputRefused with the place of the first mistake."""
        try:
            script = cls.model_validate(instructions)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise InputRefused(f"script of {order}, {'.'.join(str(part) for part in first['loc'])}", first["msg"]) from None
        for kind, choice in script.decisions.items():
            if choice not in RULES[kind].choices:
                raise InputRefused(f"script of {order}, decisions.{kind}", f"{choice!r} is none of {', '.join(RULES[kind].choices)}")
        return script

    @classmethod
    def drawn(cls, seed: int, order: str) -> Script:
        """How an order fares when nobody said: mostly well; the same seed and order always draw the same."""
        return cls(
            pick=_one_of(draw(seed, order, "pick"), {PickScript.SHORT: 0.06}, PickScript.FULL),
            carrier=_one_of(
                draw(seed, order, "carrier"),
                {
                    CarrierScript.LATE: 0.08,
                    CarrierScript.DUPLICATES: 0.06,
                    CarrierScript.OUT_OF_ORDER: 0.06,
                    CarrierScript.LOST: 0.02,
                    CarrierScript.RETURNED: 0.02,
                    CarrierScript.SILENT: 0.02,
                },
                CarrierScript.ON_TIME,
            ),
            card=_one_of(draw(seed, order, "card"), {CardScript.DECLINED_ONCE: 0.05, CardScript.CAPTURE_FAILS_ONCE: 0.02}, CardScript.GOOD),
            pay=_one_of(
                draw(seed, order, "pay"),
                {
                    PayScript.LATE: 0.10,
                    PayScript.PARTIAL_THEN_REST: 0.06,
                    PayScript.OVER: 0.03,
                    PayScript.REVERSED_THEN_PAID: 0.03,
                    PayScript.NEVER: 0.02,
                },
                PayScript.ON_TIME,
            ),
            goods_back=ReturnScript(lines={1: 1}) if draw(seed, order, "return") < 0.08 else None,
        )


def request_id(order: str, request: RequestScript) -> str:
    """The message id of the (first) request that a script orders."""
    return f"customer/{order}/{request.when}/{request.what}"


def draw(seed: int, *parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in (seed, *parts)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _one_of(drawn: float, chances: dict[T, float], otherwise: T) -> T:
    for choice, chance in chances.items():
        if drawn < chance:
            return choice
        drawn -= chance
    return otherwise
