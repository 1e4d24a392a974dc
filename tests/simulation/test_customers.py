"""The customers: when and how much they pay, what they send back, and when they change their minds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import AmendOrder, CancelOrder, HoldOrder, PaymentReceived, ReleaseOrder, RequestReturn, ReturnReceived
from domain.views import OrderView
from integrations.simulated import Script, World
from simulation import customers
from tests.simulation.builders import DAY, ORDER, after, day, euros, invoice, line, order, payment, returned, shipment, trouble, waiting


def script(**words: Any) -> Script:
    return Script.read(ORDER, words)


def paid(view: OrderView, when: float, **words: Any) -> list[tuple[str, int]]:
    """The messages of the bank at a moment, with the amount in cents (0 for a reversal)."""
    entries = customers.pays(view, script(**words), DAY, day(when))
    return [(entry.id, entry.said.amount.minor if isinstance(entry.said, PaymentReceived) else 0) for entry in entries]


def test_on_time_is_a_fifth_of_the_term_before_the_due_date() -> None:
    view = order(invoices=(invoice(),))
    assert paid(view, 23.9) == []
    assert paid(view, 24) == [(f"bank/{ORDER}/1/1", 10_000)]


def test_a_paid_invoice_is_not_paid_again() -> None:
    assert paid(order(invoices=(invoice(0),), payments=(payment(1),)), 60) == []


def test_an_invoice_without_a_term_is_paid_at_once() -> None:
    view = order(invoices=(invoice(due_at=day(0)),))
    assert paid(view, 0.1) == []
    assert paid(view, 0.2) == [(f"bank/{ORDER}/1/1", 10_000)]


def test_late_payers_pay_with_fees_after_the_second_reminder() -> None:
    assert paid(order(invoices=(invoice(reminders=1),)), 50, pay="late") == []
    assert paid(order(invoices=(invoice(11_500, reminders=2),)), 50, pay="late") == [(f"bank/{ORDER}/1/1", 11_500)]


def test_a_late_payer_whom_the_office_waits_for_pays_a_day_after_the_decision() -> None:
    words = {"pay": "late", "decisions": {"invoice_unpaid": "wait_on"}}
    asked = order(invoices=(invoice(14_000, reminders=3),), exceptions=(trouble(ExceptionKind.INVOICE_UNPAID),))
    assert paid(asked, 60, **words) == []
    decided = order(
        invoices=(invoice(14_000, reminders=3),), exceptions=(trouble(ExceptionKind.INVOICE_UNPAID, choice="wait_on", at=day(60)),)
    )
    assert paid(decided, 60.9, **words) == []
    assert paid(decided, 61, **words) == [(f"bank/{ORDER}/1/1", 14_000)]


def test_the_rest_of_a_partial_payment_comes_two_days_after_the_due_date() -> None:
    assert paid(order(invoices=(invoice(10_001),)), 24, pay="partial_then_rest") == [(f"bank/{ORDER}/1/1", 5_001)]
    half = order(invoices=(invoice(5_000, total=euros(10_001)),), payments=(payment(1, 5_001),))
    assert paid(half, 31.9, pay="partial_then_rest") == []
    assert paid(half, 32, pay="partial_then_rest") == [(f"bank/{ORDER}/1/2", 5_000)]


def test_a_second_payment_waits_until_the_first_is_booked() -> None:
    assert paid(order(invoices=(invoice(),)), 90, pay="on_time") == [(f"bank/{ORDER}/1/1", 10_000)]


def test_what_was_paid_and_booked_elsewhere_is_not_paid_again() -> None:
    assert paid(order(invoices=(invoice(10_000),), payments=(payment(1),)), 90) == []
    with_fee = invoice(11_500, total=euros(10_000), fees=euros(1_500))
    assert paid(order(invoices=(with_fee,), payments=(payment(1),)), 90) == [(f"bank/{ORDER}/1/2", 1_500)]
    refunded = payment(1).model_copy(update={"refunded": euros(10_000)})
    assert paid(order(invoices=(invoice(10_000),), payments=(refunded,)), 90) == [(f"bank/{ORDER}/1/2", 10_000)]


def test_an_overpayment_is_a_tenth_too_much() -> None:
    assert paid(order(invoices=(invoice(9_995),)), 24, pay="over") == [(f"bank/{ORDER}/1/1", 10_995)]


def test_a_debit_that_comes_back_is_paid_again() -> None:
    words = {"pay": "reversed_then_paid"}
    assert paid(order(invoices=(invoice(),)), 24, **words) == [(f"bank/{ORDER}/1/1", 10_000)]
    booked = order(invoices=(invoice(0),), payments=(payment(1),))
    assert paid(booked, 25.9, **words) == []
    assert paid(booked, 26, **words) == [(f"bank/{ORDER}/1/1/reversed", 0)]
    reversed_ = order(invoices=(invoice(),), payments=(payment(1, reversed=True),))
    assert paid(reversed_, 31, **words) == []
    assert paid(reversed_, 32, **words) == [(f"bank/{ORDER}/1/2", 10_000)]


def test_those_who_never_pay_never_pay() -> None:
    assert paid(order(invoices=(invoice(14_000, reminders=3),)), 400, pay="never") == []


RETURN = {"kind": "exchange", "lines": {1: 2}, "disposition": "restock", "goods": "come"}


def sent_back(world: World, view: OrderView, when: float, **changes: Any) -> list[Any]:
    entries = customers.sends_back(view, script(**{"return": {**RETURN, **changes}}), "LYON", world.outbox, DAY, day(when))
    return [(after([entry])[0], entry.said) for entry in entries]


def test_a_return_is_asked_for_a_day_after_all_its_goods_arrived(world: World) -> None:
    arrived = order(lines=(line(delivered=2, shipped=3),), shipments=(shipment(delivered_at=day(3)),))
    assert sent_back(world, order(lines=(line(delivered=1, shipped=3),), shipments=(shipment(),)), 9) == []
    assert sent_back(world, arrived, 3.9) == []
    (((name, at), said),) = sent_back(world, arrived, 4)
    assert (name, at) == (f"customer/{ORDER}/return", 4)
    assert isinstance(said, RequestReturn)
    assert ([(part.line, part.quantity) for part in said.lines], said.kind) == ([(1, 2)], "exchange")


def test_a_refused_return_is_asked_for_again_a_few_times(world: World) -> None:
    arrived = order(lines=(line(delivered=2, shipped=3),), shipments=(shipment(delivered_at=day(3)),))
    words = script(**{"return": RETURN})
    tried = []
    for _ in range(10):
        entries = customers.sends_back(arrived, words, "LYON", world.outbox, DAY, day(4))
        world.outbox.put(entries)
        for entry in entries:
            tried += after([entry])
            world.outbox.close(entry.id, "refused: Line 1 has 0 units that can come back, not 2.")
    name = f"customer/{ORDER}/return"
    assert tried == [(name, 4), *((f"{name}/again/{n}", 5) for n in range(1, 6))]


def test_a_closed_order_gets_nothing_back(world: World) -> None:
    assert sent_back(world, order(outcome="closed", lines=(line(delivered=3),), shipments=(shipment(),)), 9) == []


@pytest.mark.parametrize(("goods", "came"), [("come", {1: 2, 2: 1}), ("fewer", {1: 1, 2: 1}), ("never", None)])
def test_authorized_goods_come_two_days_later_or_fewer_or_never(world: World, goods: str, came: dict[int, int] | None) -> None:
    back = sent_back(world, order(returns=(returned(lines={1: 2, 2: 1}),)), 10, goods=goods)
    if came is None:
        assert back == []
        return
    (((name, at), said),) = back
    assert (name, at) == (f"customer/{ORDER}/return/1/received", 12)
    assert isinstance(said, ReturnReceived)
    assert ({part.line: part.quantity for part in said.lines}, said.location, said.rma) == (came, "LYON", 1)


def test_goods_that_came_do_not_come_again(world: World) -> None:
    assert sent_back(world, order(returns=(returned("received"),)), 10) == []


def asked(when: str, what: str, view: OrderView | None, at: float = 1, **more: Any) -> list[Any]:
    entries = customers.asks(ORDER, script(requests=[{"when": when, "what": what, **more}]), view, DAY, day(at))
    return [entry.said for entry in entries]


def test_a_cancellation_at_capture_does_not_wait_for_the_order_to_be_seen() -> None:
    (said,) = asked("captured", "cancel", None)
    assert isinstance(said, CancelOrder)
    assert (said.message_id, said.occurred_at) == (f"customer/{ORDER}/captured/cancel", day(1))


@pytest.mark.parametrize(
    ("when", "too_early", "moment", "said_at"),
    [
        ("backordered", order(waits=waiting(Wait.PICK)), order(waits=waiting(Wait.STOCK)), day(1.3)),
        ("picking", order(waits=waiting(Wait.STOCK)), order(waits=waiting(Wait.PICK)), day(1)),
        ("shipped", order(lines=(line(shipped=3),)), order(lines=(line(shipped=3),), invoices=(invoice(),)), day(1)),
        ("shipped", order(lines=(line(packed=3),)), order(lines=(line(shipped=3, delivered=3),), invoices=(invoice(),)), day(1)),
    ],
)
def test_a_cancellation_is_said_at_its_moment_and_not_before(when: str, too_early: OrderView, moment: OrderView, said_at: datetime) -> None:
    assert asked(when, "cancel", None) == []
    assert asked(when, "cancel", too_early) == []
    (said,) = asked(when, "cancel", moment)
    assert said.occurred_at == said_at


def test_a_hold_is_released_half_a_day_later() -> None:
    hold, release = asked("captured", "hold_release", None)
    assert isinstance(hold, HoldOrder)
    assert isinstance(release, ReleaseOrder)
    assert (hold.message_id, release.message_id) == (
        f"customer/{ORDER}/captured/hold_release",
        f"customer/{ORDER}/captured/hold_release/release",
    )
    assert release.occurred_at - hold.occurred_at == 0.5 * DAY


def test_an_amendment_takes_one_unit_from_the_first_line_that_has_two() -> None:
    view = order(lines=(line(1, 1, open=1), line(2, 5, cancelled=1, open=4)))
    (said,) = asked("captured", "amend", view)
    assert isinstance(said, AmendOrder)
    assert [(part.line, part.quantity) for part in said.quantities] == [(2, 3)]
    assert asked("captured", "amend", None) == []
    (said,) = asked("captured", "amend", None, lines={1: 7})
    assert [(part.line, part.quantity) for part in said.quantities] == [(1, 7)]
