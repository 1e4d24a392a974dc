"""Recording: a message is kept once, whatever is sent how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.exceptions import ExceptionKind
from domain.messages import CancelOrder, DisputeInvoice, ExceptionRaised, HoldOrder, PromiseToPay, ReleaseOrder, WriteOffInvoice
from domain.recording import DISPUTE_REVIEW, MOST_UNREADABLE, record_fact, record_request, record_unreadable
from domain.state import RECENT_RECEIPTS
from tests.domain.builders import NOON, invoice, state

LATER = NOON + timedelta(hours=1)


def stamp(number: int = 1) -> dict[str, Any]:
    return {"message_id": f"m-{number}", "occurred_at": NOON, "actor": "desk"}


def test_a_fact_is_kept_once_and_a_repeat_gets_the_first_receipt() -> None:
    found = state()
    fact = ExceptionRaised(**stamp(), detail="the label is torn")
    first = record_fact(found, fact, NOON)
    assert record_fact(found, fact, LATER) == first
    assert (found.inbox, first.recorded_at, first.name) == ([fact], NOON, "exception_raised")


def test_the_first_cancel_gives_the_reason() -> None:
    found = state()
    record_request(found, CancelOrder(**stamp(1), reason="too slow"), NOON)
    record_request(found, CancelOrder(**stamp(2), reason="too dear"), LATER)
    assert found.cancel_reason == "too slow"
    assert found.cancel_cause is not None
    assert found.cancel_cause.message_id == "m-1"


def test_a_hold_has_a_review_date_and_one_release_lifts_all() -> None:
    found = state()
    record_request(found, HoldOrder(**stamp(1), reason="address", review_in=3), NOON)
    record_request(found, HoldOrder(**stamp(2), reason="credit"), NOON)
    assert [(hold.reason, hold.review_at - NOON) for hold in found.holds] == [("address", timedelta(days=3)), ("credit", timedelta(days=7))]
    record_request(found, ReleaseOrder(**stamp(3)), LATER)
    assert found.holds == []
    assert [note.text for note in found.notes] == ["held: address", "held: credit", "released"]


def test_an_invoice_is_disputed_resolved_promised_and_marked_for_write_off() -> None:
    found = state(invoices=[invoice(1000)])
    record_request(found, DisputeInvoice(**stamp(1), invoice=1, reason="broken"), NOON)
    assert (found.invoices[0].disputed, found.invoices[0].dispute_review_at) == (True, NOON + timedelta(days=DISPUTE_REVIEW))
    record_request(found, DisputeInvoice(**stamp(2), invoice=1, resolved=True), NOON)
    assert (found.invoices[0].disputed, found.invoices[0].dispute_review_at) == (False, None)
    record_request(found, PromiseToPay(**stamp(3), invoice=1, pay_by=LATER), NOON)
    assert found.invoices[0].promised_by == LATER
    record_request(found, WriteOffInvoice(**stamp(4), invoice=1, reason="bankrupt"), NOON)
    assert (found.invoices[0].write_off_asked, found.invoices[0].balance) == ("bankrupt", invoice(1000).balance)


def test_a_flood_of_unreadable_messages_becomes_a_few_rows() -> None:
    found = state()
    for number in range(30):
        record_unreadable(found, f"signal-{number}", "no JSON", NOON)
    record_unreadable(found, "signal-1", "no JSON", NOON)
    assert len(found.exceptions) == MOST_UNREADABLE == 10
    assert found.unreadable == 21
    assert {e.kind for e in found.exceptions} == {ExceptionKind.UNREADABLE_MESSAGE}
    assert found.exceptions[0].detail == "A message called 'signal-0' cannot be read: no JSON"


def test_only_recent_receipts_stay_in_the_state() -> None:
    found = state()
    for number in range(RECENT_RECEIPTS + 5):
        found.receive(ReleaseOrder(**stamp(number)), NOON)
    assert (len(found.receipts), found.forgotten, next(iter(found.receipts))) == (RECENT_RECEIPTS, 5, "m-5")
