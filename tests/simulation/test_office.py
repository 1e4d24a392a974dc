"""The office: what people decide, inspect, receive and report."""

from __future__ import annotations

from typing import Any

import pytest

from domain.exceptions import RULES, ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelOrder, Decide, ExceptionRaised, LineQuantity, ReturnInspected, ReturnReceived
from domain.purchasing import MoveSupply
from domain.steps import ReceiveStock
from domain.views import OrderView, PromiseView
from integrations.simulated import Script, World
from integrations.simulated.outbox import Entry
from simulation import office
from tests.simulation.builders import DAY, ORDER, START, day, order, returned, trouble, waiting


def script(**words: Any) -> Script:
    return Script.read(ORDER, words)


def decided(world: World, view: OrderView, **words: Any) -> list[tuple[str, int, str, float]]:
    """Message id, exception, choice and day of each decision."""
    decisions = []
    for entry in office.decides(view, script(**words), world.outbox, DAY, START):
        assert isinstance(entry.said, Decide)
        decisions.append((entry.id, entry.said.exception, entry.said.choice, round((entry.send_at - START) / DAY, 3)))
    return decisions


@pytest.mark.parametrize("kind", list(ExceptionKind))
def test_every_kind_of_exception_has_a_sensible_first_answer(world: World, kind: ExceptionKind) -> None:
    ((name, number, choice, at),) = decided(world, order(exceptions=(trouble(kind),)))
    assert (name, number, choice, at) == (f"office/{ORDER}/exception/1/{choice}", 1, office.SENSIBLE[kind][0], 0.3)
    assert set(office.SENSIBLE[kind]) <= set(RULES[kind].choices)


def test_the_script_decides_first(world: World) -> None:
    view = order(exceptions=(trouble(ExceptionKind.SHORT_PICK),))
    assert [choice for _, _, choice, _ in decided(world, view, decisions={"short_pick": "cancel_line"})] == ["cancel_line"]


def test_a_question_that_comes_again_gets_the_next_answer(world: World) -> None:
    def ask(times: int, **words: Any) -> str:
        earlier = [trouble(ExceptionKind.INVOICE_UNPAID, n, "wait_on", "invoice 1") for n in range(1, times)]
        view = order(exceptions=(*earlier, trouble(ExceptionKind.INVOICE_UNPAID, times, subject="invoice 1")))
        return decided(world, view, **words)[0][2]

    assert [ask(times) for times in (1, 2, 3, 4)] == ["wait_on", "collections", "write_off", "write_off"]
    assert [ask(times, decisions={"invoice_unpaid": "collections"}) for times in (1, 2)] == ["collections", "write_off"]


def test_what_is_on_its_way_is_waited_for_however_often_it_is_asked_about(world: World) -> None:
    receipt = {"item": "VLV-130", "location": "BERLIN", "quantity": 5}
    earlier = [trouble(ExceptionKind.BACKORDER_OVERDUE, n, "wait_on") for n in (1, 2)]
    view = order(exceptions=(*earlier, trouble(ExceptionKind.BACKORDER_OVERDUE, 3)))
    assert [choice for _, _, choice, _ in decided(world, view, receipt=receipt)] == ["wait_on"]
    assert [choice for _, _, choice, _ in decided(world, view)] == ["cancel_line"]


def test_another_subject_is_another_question(world: World) -> None:
    one = trouble(ExceptionKind.PARCEL_LOST, 1, "reship", "shipment 1")
    view = order(exceptions=(one, trouble(ExceptionKind.PARCEL_LOST, 2, subject="shipment 2")))
    assert decided(world, view)[0][2] == "reship"


def test_what_a_substitute_is_stands_in_the_decision(world: World) -> None:
    words = {"decisions": {"backorder_overdue": "substitute"}, "answers": {"backorder_overdue": {"items": {1: "WAT-4PK"}}}}
    (entry,) = office.decides(order(exceptions=(trouble(ExceptionKind.BACKORDER_OVERDUE),)), script(**words), world.outbox, DAY, START)
    assert isinstance(entry.said, Decide)
    assert (entry.said.choice, entry.said.items, entry.said.actor) == ("substitute", {1: "WAT-4PK"}, "order_desk")


def test_a_refused_choice_is_followed_by_the_next_that_is_offered(world: World) -> None:
    view = order(exceptions=(trouble(ExceptionKind.BACKORDER_OVERDUE),))
    tried = []
    for _ in range(5):
        entries = office.decides(view, script(), world.outbox, DAY, START)
        world.outbox.put(entries)
        for entry in entries:
            tried.append(entry.id.rpartition("/")[2])
            world.outbox.close(entry.id, "refused: not now")
    assert tried == ["wait_on", "cancel_line", "split"]  # nobody can make up a substitute


def test_a_decision_on_its_way_is_not_followed_by_another(world: World) -> None:
    view = order(exceptions=(trouble(ExceptionKind.BACKORDER_OVERDUE),))
    world.outbox.put(office.decides(view, script(), world.outbox, DAY, START))
    assert decided(world, view) == []
    world.outbox.close(f"office/{ORDER}/exception/1/wait_on", "sent")
    assert decided(world, view) == []


def test_an_answered_exception_is_left_alone(world: World) -> None:
    assert decided(world, order(exceptions=(trouble(ExceptionKind.SHORT_PICK, choice="backorder"),))) == []


def test_nobody_decides_before_the_customer_has_said_what_comes_at_capture(world: World) -> None:
    words = {"requests": [{"when": "captured", "what": "cancel"}]}
    view = order(exceptions=(trouble(ExceptionKind.VALIDATION_FINDINGS),))
    assert decided(world, view, **words) == []
    name = f"customer/{ORDER}/captured/cancel"
    world.outbox.put([Entry(id=name, order=ORDER, said=CancelOrder(message_id=name, occurred_at=START, actor="c"), send_at=START)])
    world.outbox.close(name, "sent")
    assert len(decided(world, view, **words)) == 1


def inspected(world: World, view: OrderView, **changes: Any) -> list[tuple[int, int, str]]:
    words = {"return": {"lines": {1: 2}, "disposition": "scrap", **changes}}
    lines: list[tuple[int, int, str]] = []
    for entry in office.inspects(view, script(**words), world.outbox, DAY, START):
        assert isinstance(entry.said, ReturnInspected)
        assert (entry.id, entry.send_at) == (f"office/{ORDER}/return/1/inspected", day(0.5))
        lines += [(part.line, part.quantity, part.disposition) for part in entry.said.lines]
    return lines


def test_what_came_back_is_inspected_and_not_what_was_announced(world: World) -> None:
    view = order(returns=(returned("received", {1: 2, 2: 1}),))
    assert inspected(world, view) == [(1, 2, "scrap"), (2, 1, "scrap")]
    name = f"customer/{ORDER}/return/1/received"
    lines = (LineQuantity(line=1, quantity=1), LineQuantity(line=2, quantity=0))
    came = ReturnReceived(message_id=name, occurred_at=START, actor="dock", rma=1, location="LYON", lines=lines)
    world.outbox.put([Entry(id=name, order=ORDER, said=came, send_at=START)])
    assert inspected(world, view) == []  # somebody has to accept it first
    for choice, lines_inspected in (("", []), ("reject", []), ("accept_received", [(1, 1, "scrap")])):
        mismatch = trouble(ExceptionKind.RETURN_MISMATCH, choice=choice, subject="return 1")
        assert inspected(world, view.model_copy(update={"exceptions": (mismatch,)})) == lines_inspected


def test_nothing_is_inspected_before_it_came(world: World) -> None:
    assert inspected(world, order(returns=(returned("authorized"),))) == []


RECEIPT = {"receipt": {"item": "VLV-130", "location": "BERLIN", "quantity": 5}}


def received(world: World, view: OrderView, **words: Any) -> list[Any]:
    return [entry.said for entry in office.receives(view, script(**{**RECEIPT, **words}), world.outbox, DAY, START)]


def test_goods_come_a_day_after_the_order_began_to_wait_for_them(world: World) -> None:
    assert received(world, order(waits=waiting(Wait.PICK))) == []
    assert received(world, order(waits=waiting(Wait.STOCK))) == [
        ReceiveStock(receipt="ASN-x12-BT-1", item="VLV-130", location="BERLIN", quantity=5, at=day(1), actor="goods inward")
    ]


def test_goods_that_are_overdue_come_after_somebody_decided_to_wait(world: World) -> None:
    words = {"decisions": {"backorder_overdue": "wait_on"}}
    waits = waiting(Wait.STOCK)
    assert received(world, order(waits=waits), **words) == []
    assert received(world, order(waits=waits, exceptions=(trouble(ExceptionKind.BACKORDER_OVERDUE),)), **words) == []
    decided = order(waits=waits, exceptions=(trouble(ExceptionKind.BACKORDER_OVERDUE, choice="wait_on"),))
    assert [goods.quantity for goods in received(world, decided, **words)] == [5]


def test_a_trouble_is_reported_once_the_order_is_accepted() -> None:
    words = {"decisions": {"raised": "acknowledge"}}
    assert office.raises(order(accepted=False), script(**words), START) == []
    assert office.raises(order(), script(), START) == []
    (entry,) = office.raises(order(), script(**words), START)
    assert isinstance(entry.said, ExceptionRaised)
    assert entry.id == f"office/{ORDER}/raised"


PURCHASE = {"supplier": "S-PARTS", "item": "GSK-110", "location": "BERLIN", "quantity": 12, "expected_in": 30, "slips_by": 20}


def promised_from(supply: str) -> PromiseView:
    times = {"promised_at": day(33), "told_at": day(33), "ready_at": day(30), "made_at": START}
    return PromiseView(line=1, number=1, status="made", supply=supply, cause="expected", **times)


def test_a_purchase_order_slips_once_the_order_that_was_promised_its_goods_waits() -> None:
    words = script(purchase=PURCHASE)
    view = order(waits=waiting(Wait.STOCK), promises=(promised_from("purchase/PO-x12-BT-1/1"),))
    (entry,) = office.slips(view, words, DAY, START)
    assert isinstance(entry.said, MoveSupply)
    assert (entry.id, entry.said.purchase_order, entry.said.expected_at) == (f"office/{ORDER}/slip", "PO-x12-BT-1", day(50))
    assert office.slips(order(waits=waiting(Wait.STOCK), promises=(promised_from("lead time"),)), words, DAY, START) == []
    assert office.slips(order(promises=view.promises), words, DAY, START) == []


def test_the_goods_of_a_purchase_order_come_when_its_slip_was_decided(world: World) -> None:
    words = script(purchase=PURCHASE, decisions={"promise_broken": "accept_new_date"})
    asked = order(waits=waiting(Wait.STOCK), exceptions=(trouble(ExceptionKind.PROMISE_BROKEN),))
    assert office.receives(asked, words, world.outbox, DAY, START) == []
    decided = order(waits=waiting(Wait.STOCK), exceptions=(trouble(ExceptionKind.PROMISE_BROKEN, choice="accept_new_date"),))
    (entry,) = office.receives(decided, words, world.outbox, DAY, START)
    assert isinstance(entry.said, ReceiveStock)
    assert (entry.said.purchase_order, entry.said.purchase_line, entry.said.quantity) == ("PO-x12-BT-1", 1, 12)
    world.outbox.put([entry])
    assert world.outbox.find(entry.id) == entry.said
