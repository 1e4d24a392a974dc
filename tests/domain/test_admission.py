"""Admission: every request is taken or refused in a sentence, and the order's state is asked, not the caller."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.admission import refusal
from domain.exceptions import ExceptionKind
from domain.lifecycle import TAKEN, Stage
from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    Decide,
    DisputeInvoice,
    HoldOrder,
    LineQuantity,
    Packed,
    Parcel,
    PickConfirmed,
    PromiseToPay,
    ReleaseOrder,
    Request,
    RequestReturn,
    WriteOffInvoice,
)
from domain.order import PaymentTerms
from domain.recording import record_request
from domain.state import OrderState
from domain.steps import LineChange, Outcome
from tests.domain.builders import NOON, invoice, line, order, planned, state

STAMP: dict[str, Any] = {"message_id": "m-1", "occurred_at": NOON, "actor": "desk"}

REQUESTS: tuple[Request, ...] = (
    CancelOrder(**STAMP),
    AmendOrder(**STAMP, quantities=(LineQuantity(line=1, quantity=1),)),
    HoldOrder(**STAMP, reason="in doubt"),
    ReleaseOrder(**STAMP),
    Decide(**STAMP, exception=1, choice="accept"),
    RequestReturn(**STAMP, lines=(LineQuantity(line=1, quantity=1),)),
    Appease(**STAMP, line=1, amount="5.00", reason="a scratch"),
    DisputeInvoice(**STAMP, invoice=1),
    PromiseToPay(**STAMP, invoice=1, pay_by=NOON + timedelta(days=3)),
    WriteOffInvoice(**STAMP, invoice=1),
)


def at(stage: Stage) -> OrderState:
    """An order in this stage: two units of one line."""
    if stage.final:
        return state(outcome=Outcome(stage.value))
    found = state(accepted=stage is not Stage.CAPTURED, cancel_reason="changed" if stage is Stage.CANCELLING else None)
    if stage in (Stage.FULFILLING, Stage.SHIPPED, Stage.DELIVERED):
        planned(found, line1=2)
    if stage in (Stage.SHIPPED, Stage.DELIVERED):
        found.line(1).move("allocated", "shipped", 2)
    if stage is Stage.DELIVERED:
        found.line(1).delivered = 2
    assert found.stage is stage
    return found


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).called())
def test_the_table_of_stages_is_asked_first(request_: Request, stage: Stage) -> None:
    taken_at = TAKEN[type(request_)]
    said = refusal(at(stage), request_, NOON)
    if stage not in taken_at:
        assert said == f"An order that is {stage} takes no {request_.called()}; it is taken while {', '.join(taken_at)}."
    else:
        assert said is None or "takes no" not in said


@pytest.mark.parametrize("stage", list(Stage))
def test_a_request_that_was_recorded_is_taken_again_at_every_stage(stage: Stage) -> None:
    found = at(stage)
    found.receive(REQUESTS[0], NOON)
    assert refusal(found, REQUESTS[0], NOON) is None


def amend(**quantities: int) -> AmendOrder:
    wanted = tuple(LineQuantity(line=int(name.removeprefix("line")), quantity=quantity) for name, quantity in quantities.items())
    return AmendOrder(**STAMP, quantities=wanted)


def test_an_amendment_changes_what_is_open_and_nothing_else() -> None:
    found = state(order(line(1, 5)), accepted=True)
    planned(found, line1=3)
    assert refusal(found, amend(line1=3), NOON) is None
    assert refusal(found, amend(line1=9), NOON) is None
    assert refusal(found, amend(line1=2), NOON) == "Line 1 cannot go below 3: so many are with the warehouse or shipped."
    assert refusal(found, amend(line7=2), NOON) == "The order has no line 7."
    assert refusal(found, AmendOrder(**STAMP), NOON) == "The amendment changes nothing."
    assert refusal(found, AmendOrder(**STAMP, requested_at=NOON), NOON) is None


def test_the_same_line_named_twice_counts_together() -> None:
    found = state(order(line(1, 5), terms=PaymentTerms.PREPAID), accepted=True)
    found.authorization = "auth_1"  # from before the gateway's terms were kept
    twice = AmendOrder(**STAMP, quantities=(LineQuantity(line=1, quantity=3), LineQuantity(line=1, quantity=3)))
    assert refusal(found, twice, NOON) == "Line 1 cannot go above 5: the payment is authorized for no more; place another order."


def test_a_replacement_cannot_grow() -> None:
    found = state(accepted=True)
    found.apply([LineChange(line=101, add=1, item="ITEM-1", origin="replacement for shipment 1")])
    assert refusal(found, amend(line101=2), NOON) == (
        "Line 101 (replacement for shipment 1) cannot go above 1: the customer did not order it."
    )


def test_a_decision_has_to_be_one_that_is_offered_for_an_open_exception() -> None:
    found = state()
    found.ask(ExceptionKind.VALIDATION_FINDINGS, "order", "line 1: nobody knows the item 'X'", NOON)
    offered = "'yes' is not offered for validation_findings; choose one of: correct, accept, reject."
    assert refusal(found, Decide(**STAMP, exception=1, choice="yes"), NOON) == offered
    assert refusal(found, Decide(**STAMP, exception=2, choice="accept"), NOON) == "The order has no exception 2."
    answer = Decide(**STAMP, exception=1, choice="correct", items={1: "LAMP"}, prices={1: "9.99"})
    assert refusal(found, answer, NOON) is None
    record_request(found, answer, NOON)
    other = answer.model_copy(update={"message_id": "m-2"})
    assert refusal(found, other, NOON) == "Exception 1 was already answered: correct."


def test_an_invoice_has_to_exist_and_to_be_open() -> None:
    found = at(Stage.DELIVERED)
    found.invoices = [invoice(1000)]
    assert refusal(found, DisputeInvoice(**STAMP, invoice=1), NOON) is None
    assert refusal(found, DisputeInvoice(**STAMP, invoice=2), NOON) == "The order has no invoice 2."
    resolved = DisputeInvoice(**STAMP, invoice=1, resolved=True)
    assert refusal(found, resolved, NOON) == "Invoice 1 (INV-000001) is not disputed."
    assert refusal(found, PromiseToPay(**STAMP, invoice=1, pay_by=NOON), NOON) == "A promise to pay needs a date in the future."
    found.invoices[0].paid = found.invoices[0].total
    assert refusal(found, WriteOffInvoice(**STAMP, invoice=1), NOON) == "Invoice 1 (INV-000001) has nothing left to pay."


def test_a_cancellation_before_picking_is_refused_as_soon_as_somebody_has_picked() -> None:
    cancel = CancelOrder(**STAMP, before_picking=True)
    found = at(Stage.FULFILLING)
    assert refusal(found, cancel, NOON) is None
    picked = LineQuantity(line=1, quantity=2)
    told: dict[str, Any] = {"occurred_at": NOON, "actor": "floor", "shipment": 1}
    facts: tuple[PickConfirmed | Packed, ...] = (
        PickConfirmed(message_id="m-2", lines=(picked,), **told),
        Packed(message_id="m-3", parcels=(Parcel(number=1, weight_g=900, contents=(picked,)),), **told),
    )
    for fact in facts:
        found.inbox = [fact]  # no chapter has taken it yet
        assert refusal(found, cancel, NOON) == "Units of the order are picked: shipment 1.", fact
    found.inbox = []
    found.shipments[0].picked = True
    assert refusal(found, cancel, NOON) == "Units of the order are picked: shipment 1."
    assert refusal(found, CancelOrder(**STAMP), NOON) is None
    found.shipments[0].abandoned = True
    assert refusal(found, cancel, NOON) is None
