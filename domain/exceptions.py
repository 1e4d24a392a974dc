"""Exceptions: what a person has to decide, what they may choose, who is asked and how long they have."""

from __future__ import annotations

from enum import StrEnum

from domain.order import Address, Moment
from domain.values import Record, Value


class ExceptionKind(StrEnum):
    VALIDATION_FINDINGS = "validation_findings"  # the order as captured has findings that a person can mend
    PAYMENT_DECLINED = "payment_declined"  # the gateway did not authorize a prepaid order
    DEPOSIT_OVERDUE = "deposit_overdue"  # the deposit that the terms ask for was not paid in time
    CREDIT_STOP = "credit_stop"  # the customer's credit has stopped the order for longer than its review date
    INVOICE_BLOCKED = "invoice_blocked"  # goods have left, and their customer has been blocked for invoices beyond the review date
    BACKORDER_OVERDUE = "backorder_overdue"  # stock did not come by the backorder's deadline
    PROMISE_BROKEN = "promise_broken"  # goods come later than the customer was told, or wanted them
    PICK_OVERDUE = "pick_overdue"  # the floor has not confirmed a pick in time
    SHORT_PICK = "short_pick"  # the floor found less than the stock says
    PACK_OVERDUE = "pack_overdue"  # the floor has not confirmed the packing in time
    PACK_MISMATCH = "pack_mismatch"  # what was packed is not what was picked
    NO_CARRIER_SERVICE = "no_carrier_service"  # no carrier offers a service to the address
    CAPTURE_FAILED = "capture_failed"  # the authorized money could not be captured at shipment
    DELIVERY_OVERDUE = "delivery_overdue"  # the carrier said nothing by the expected date
    CARRIER_TROUBLE = "carrier_trouble"  # the carrier reports an exception on the way
    PARCEL_LOST = "parcel_lost"  # the carrier lost the goods
    RETURNED_TO_SENDER = "returned_to_sender"  # the goods came back undelivered
    INVOICE_OVERDUE = "invoice_overdue"  # a shipment is on no collective invoice although its period is over
    OVERPAID = "overpaid"  # more was paid than is owed
    INVOICE_UNPAID = "invoice_unpaid"  # the reminder ladder is at its end
    REMINDER_TO_PRINT = "reminder_to_print"  # a reminder went to a customer without an e-mail address
    RETURN_REFUSED = "return_refused"  # a return was announced that the rules do not allow
    RETURN_MISMATCH = "return_mismatch"  # other goods or quantities came back than were authorized, or broken ones
    REFUNDED_EARLY = "refunded_early"  # the refund went out before the goods were looked at, and they were not worth it
    EXCHANGE_UNPRICED = "exchange_unpriced"  # nobody knows what the customer pays for the item they want instead
    EXCHANGE_DECLINED = "exchange_declined"  # the card does not cover an exchange
    INSPECTION_OVERDUE = "inspection_overdue"  # nobody has inspected what came back
    STEP_REFUSED = "step_refused"  # a step of ours was refused for a reason that the order does not know how to meet
    REFUND_FAILED = "refund_failed"  # the gateway did not take the refund
    HOLD_OVERDUE = "hold_overdue"  # a hold is older than its review date
    UNREADABLE_MESSAGE = "unreadable_message"  # somebody sent what nobody can read
    UNEXPECTED_FACT = "unexpected_fact"  # a fact came that does not fit what the order knows
    RAISED = "raised"  # a person or a system raised a trouble


class ExceptionRule(Value):
    """`answer_within` days a person of the role `owner` picks one of `choices`; after that it escalates to `escalates_to`."""

    choices: tuple[str, ...]
    owner: str
    answer_within: int = 2
    escalates_to: str = "operations_manager"


RULES: dict[ExceptionKind, ExceptionRule] = {
    ExceptionKind.VALIDATION_FINDINGS: ExceptionRule(choices=("correct", "accept", "reject"), owner="order_desk"),
    ExceptionKind.PAYMENT_DECLINED: ExceptionRule(choices=("retry", "bill", "cancel"), owner="credit_controller"),
    ExceptionKind.DEPOSIT_OVERDUE: ExceptionRule(choices=("wait_on", "go_on", "cancel"), owner="credit_controller"),
    ExceptionKind.CREDIT_STOP: ExceptionRule(
        choices=("release", "keep_waiting", "cancel"), owner="credit_controller", escalates_to="finance_manager"
    ),
    ExceptionKind.INVOICE_BLOCKED: ExceptionRule(
        choices=("invoice_now", "keep_waiting"), owner="credit_controller", escalates_to="finance_manager"
    ),
    ExceptionKind.BACKORDER_OVERDUE: ExceptionRule(choices=("wait_on", "substitute", "cancel_line", "split"), owner="order_desk"),
    ExceptionKind.PROMISE_BROKEN: ExceptionRule(
        choices=("accept_new_date", "look_elsewhere", "substitute", "cancel_line"), owner="order_desk", answer_within=1
    ),
    ExceptionKind.PICK_OVERDUE: ExceptionRule(choices=("wait_on", "reallocate"), owner="warehouse_lead", answer_within=1),
    # `reallocate` is another location, the name under which it was always offered.
    ExceptionKind.SHORT_PICK: ExceptionRule(
        choices=("other_bin", "reallocate", "substitute", "backorder", "cancel_line"), owner="warehouse_lead", answer_within=1
    ),
    ExceptionKind.PACK_OVERDUE: ExceptionRule(choices=("wait_on",), owner="warehouse_lead", answer_within=1),
    ExceptionKind.PACK_MISMATCH: ExceptionRule(choices=("repack", "ship_packed"), owner="warehouse_lead", answer_within=1),
    ExceptionKind.NO_CARRIER_SERVICE: ExceptionRule(choices=("retry", "cancel_shipment"), owner="shipping_clerk", answer_within=1),
    ExceptionKind.CAPTURE_FAILED: ExceptionRule(choices=("retry", "bill"), owner="credit_controller", answer_within=1),
    ExceptionKind.DELIVERY_OVERDUE: ExceptionRule(choices=("wait_on", "confirm_delivered", "declare_lost"), owner="shipping_clerk"),
    ExceptionKind.CARRIER_TROUBLE: ExceptionRule(choices=("acknowledge",), owner="shipping_clerk"),
    ExceptionKind.PARCEL_LOST: ExceptionRule(choices=("reship", "refund"), owner="order_desk"),
    ExceptionKind.RETURNED_TO_SENDER: ExceptionRule(choices=("reship", "refund"), owner="order_desk"),
    ExceptionKind.INVOICE_OVERDUE: ExceptionRule(choices=("wait_on", "invoice_now"), owner="credit_controller"),
    ExceptionKind.OVERPAID: ExceptionRule(choices=("refund", "keep"), owner="credit_controller", answer_within=5),
    ExceptionKind.INVOICE_UNPAID: ExceptionRule(
        choices=("wait_on", "collections", "write_off"), owner="credit_controller", answer_within=7, escalates_to="finance_manager"
    ),
    ExceptionKind.REMINDER_TO_PRINT: ExceptionRule(choices=("acknowledge",), owner="credit_controller"),
    ExceptionKind.RETURN_REFUSED: ExceptionRule(choices=("acknowledge",), owner="returns_clerk"),
    # Which of them are offered depends on what differs (`domain.returning.offered`).
    ExceptionKind.RETURN_MISMATCH: ExceptionRule(
        choices=("accept_received", "wait_for_rest", "send_back", "quarantine", "withhold", "reject"), owner="returns_clerk"
    ),
    ExceptionKind.REFUNDED_EARLY: ExceptionRule(choices=("let_it_be", "claim"), owner="returns_clerk"),
    ExceptionKind.EXCHANGE_UNPRICED: ExceptionRule(choices=("retry", "refund_instead"), owner="order_desk"),
    ExceptionKind.EXCHANGE_DECLINED: ExceptionRule(choices=("retry", "bill", "refund_instead"), owner="credit_controller"),
    ExceptionKind.INSPECTION_OVERDUE: ExceptionRule(choices=("wait_on", "restock"), owner="returns_clerk"),
    ExceptionKind.STEP_REFUSED: ExceptionRule(choices=("retry",), owner="engineer_on_call", answer_within=1),
    ExceptionKind.REFUND_FAILED: ExceptionRule(choices=("retry", "paid_by_hand"), owner="credit_controller"),
    ExceptionKind.HOLD_OVERDUE: ExceptionRule(choices=("release", "keep"), owner="order_desk"),
    ExceptionKind.UNREADABLE_MESSAGE: ExceptionRule(choices=("acknowledge",), owner="integrator"),
    ExceptionKind.UNEXPECTED_FACT: ExceptionRule(choices=("acknowledge",), owner="order_desk"),
    ExceptionKind.RAISED: ExceptionRule(choices=("acknowledge",), owner="order_desk"),
}


class Decision(Value):
    """What a person chose, or `withdrawn` when the question answered itself."""

    choice: str
    by: str
    at: Moment
    message_id: str = ""
    items: dict[int, str] = {}
    prices: dict[int, str] = {}
    customer: str = ""
    ship_to: Address | None = None
    note: str = ""
    roles: tuple[str, ...] = ()  # in which the person decided


WITHDRAWN = "withdrawn"


class OpenException(Record):
    """One row of the list that people work from; `decision` is None while it is open."""

    number: int
    kind: ExceptionKind
    subject: str  # what it is about: "order", "line 2", "shipment 1", "invoice 1", "return 1"
    detail: str
    opened_at: Moment
    due_at: Moment
    escalations: int = 0
    decision: Decision | None = None
    offered: tuple[str, ...] = ()  # those of the kind's choices that make sense here; empty: all
    recorded: bool = False  # its opening stands in the database
    answered: bool = False  # its answer stands in the database
    carried_out: bool = False  # whoever asked has acted on the answer

    @property
    def choices(self) -> tuple[str, ...]:
        return self.offered or RULES[self.kind].choices

    @property
    def owner(self) -> str:
        rule = RULES[self.kind]
        return rule.escalates_to if self.escalations else rule.owner
