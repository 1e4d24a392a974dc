"""Intake and validation: one order however often it comes, and every finding at once."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import intake, orders, promises, reading, stock
from database.tables import Customer, Intake, Refusal
from domain.errors import NotFound, Refused, StepUndone
from domain.exceptions import ExceptionKind, OpenException
from domain.lifecycle import Stage
from domain.order import PaymentTerms, PlaceOrder, ShippingPolicy
from domain.steps import (
    AcceptOrder,
    AllocateStock,
    ChangeLines,
    CloseOrder,
    Finding,
    LineChange,
    Need,
    Outcome,
    Recorded,
    RecordException,
    RecordNotes,
    ReleaseStock,
    Severity,
)
from tests.database.builders import DAY, NOW, House, eur, line, order, step


async def test_one_order_delivered_twenty_times_at_once_is_one_order(house: House) -> None:
    answers = await asyncio.gather(*(house(intake.capture, order(), NOW) for _ in range(20)))
    assert sorted(answers) == ["new"] + ["same"] * 19

    def taken_in(session: Session) -> int:
        return session.query(Intake).count()

    assert await house(taken_in) == 1


async def test_the_same_order_with_other_content_is_a_conflict_that_is_recorded(house: House) -> None:
    assert await house(intake.capture, order("1001", line(quantity=2)), NOW) == "new"
    assert await house(intake.capture, order("1001", line(quantity=3)), NOW) == "conflict"

    def refusals(session: Session) -> list[tuple[str, str]]:
        return [(row.place, row.reason) for row in session.query(Refusal)]

    assert await house(refusals) == [("order shopify/1001", "it is known with other content; the first one stands")]
    assert (await house.database.read(intake.document, "shopify/1001")).lines[0].quantity == 2


async def test_a_good_order_is_accepted_without_findings(house: House) -> None:
    accepted = await house.accept(order(customer="x12:4012345000016"))
    assert (accepted.customer, accepted.findings) == ("C-1", ())
    view = await house.database.read(reading.order_view, "shopify/1001")
    assert (view.accepted, view.stage, view.total, view.customer_name) == (True, Stage.SUPPLYING, eur(10_000), "Kaffeekontor Nord")


async def test_the_payload_needs_no_address_when_the_intake_document_has_one(house: House) -> None:
    await house(intake.capture, order(), NOW)
    assert (await house.accept(order().without_people())).findings == ()


async def test_all_findings_are_told_at_once(house: House) -> None:
    placed = order(
        "1001",
        line(1, "TEAPOT", 1, "10.00"),
        line(2, "KETTLE", 0, "50.00"),
        line(3, "KETTLE", 2, "51.01"),
        line(4, "GRINDER", 6, "200.00"),
        terms=PaymentTerms.NET_60,
        ship_to=None,
        stated_total=eur(99_999),
    )
    accepted = await house.accept(placed)
    assert accepted.findings == (
        Finding(place="line 1", reason="nobody knows the item 'TEAPOT'", severity=Severity.MENDABLE),
        Finding(place="line 2", reason="the quantity is 0", severity=Severity.FATAL),
        Finding(place="line 3", reason="the price is 51.01; price list TRADE says 50.00 EUR", severity=Severity.MENDABLE),
        Finding(place="total", reason="the document says 999.99 EUR, its lines add up to 1,312.02 EUR", severity=Severity.NOTE),
        Finding(place="ship_to", reason="there is no address to ship to", severity=Severity.MENDABLE),
        Finding(place="terms", reason="C-1 has not got the payment terms net60", severity=Severity.MENDABLE),
        Finding(
            place="credit",
            reason="C-1 owes 0.00 EUR; with this order of 1,312.02 EUR that is above the limit of 1,000.00 EUR",
            severity=Severity.STOP,
        ),
    )
    view = await house.database.read(reading.order_view, placed.key)
    assert (view.accepted, view.stage, view.findings) == (False, Stage.CAPTURED, accepted.findings)


async def test_a_total_that_does_not_add_up_is_noted_and_the_order_goes_on(house: House) -> None:
    accepted = await house.accept(order(stated_total=eur(10_001)))
    assert [finding.severity for finding in accepted.findings] == [Severity.NOTE]
    assert (await house.database.read(reading.order_view, "shopify/1001")).accepted is True


@pytest.mark.parametrize(
    ("changes", "place", "reason", "severity"),
    [
        ({"customer": "C-9"}, "customer", "nobody knows the customer 'C-9'", Severity.MENDABLE),
        ({"customer": "C-2", "terms": PaymentTerms.PREPAID}, "credit", "C-2 is blocked", Severity.STOP),
        ({"currency": "XQZ"}, "currency", "there is no currency 'XQZ'", Severity.FATAL),
        ({"currency": "USD"}, "currency", "C-1 buys in EUR, the order is in USD", Severity.MENDABLE),
    ],
)
async def test_what_is_wrong_with_the_whole_order(
    house: House, changes: dict[str, Any], place: str, reason: str, severity: Severity
) -> None:
    accepted = await house.accept(order(**changes))
    assert accepted.findings == (Finding(place=place, reason=reason, severity=severity),)


async def test_absurd_quantities_and_amounts_are_fatal_and_nothing_breaks(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 10**24), line(2, "KETTLE", -(10**24)), line(3, "KETTLE", 10_000_000, "999999999999999"))
    findings = (await house.accept(placed)).findings
    assert [(f.place, f.severity) for f in findings if f.severity is Severity.FATAL] == [
        ("line 1", Severity.FATAL),
        ("line 2", Severity.FATAL),
        ("total", Severity.FATAL),
    ]
    view = await house.database.read(reading.order_view, placed.key)
    assert [row.ordered for row in view.lines] == [10_000_000, 0, 10_000_000]


async def test_waived_findings_become_notes_and_the_order_is_accepted(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 2, "60.00"))
    assert [finding.severity for finding in (await house.accept(placed)).findings] == [Severity.MENDABLE]
    waived = await house.accept(placed, attempt=2, waived=True)
    assert [(f.place, f.severity) for f in waived.findings] == [("line 1", Severity.NOTE)]
    assert (await house.database.read(reading.order_view, placed.key)).accepted is True


async def test_a_fatal_finding_cannot_be_waived(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 0))
    assert [finding.severity for finding in (await house.accept(placed, waived=True)).findings] == [Severity.FATAL]
    assert (await house.database.read(reading.order_view, placed.key)).accepted is False


async def test_a_corrected_order_replaces_what_was_written(house: House) -> None:
    await house.accept(order("1001", line(1, "TEAPOT", 2), line(2, "KETTLE", 1)))
    assert (await house.accept(order("1001", line(1, "KETTLE", 2)), attempt=2)).findings == ()
    view = await house.database.read(reading.order_view, "shopify/1001")
    assert [(row.number, row.item, row.ordered, row.open) for row in view.lines] == [(1, "KETTLE", 2, 2)]
    assert (view.accepted, view.findings, view.total) == (True, (), eur(10_000))


async def test_the_credit_limit_holds_to_the_cent(house: House) -> None:
    await house.accept(order("1", line(1, "GRINDER", 2, "200.00")))
    invoiced = await house.shipped_order("2", line(1, "KETTLE", 4))
    await house.invoice(invoiced)
    assert (await house.accept(order("3", line(1, "FILTER", 1, "400.00")))).findings == ()
    refused = await house.accept(order("4", line(1, "FILTER", 1, "0.01")))
    assert [finding.reason for finding in refused.findings] == [
        "C-1 owes 1,000.00 EUR; with this order of 0.01 EUR that is above the limit of 1,000.00 EUR"
    ]
    prepaid = await house.accept(order("5", line(1, "FILTER", 1, "0.01"), terms=PaymentTerms.PREPAID))
    assert prepaid.findings == ()


async def test_a_customer_on_credit_hold_is_stopped(house: House) -> None:
    def hold(session: Session) -> None:
        session.get_one(Customer, "C-1").credit_hold = True

    await house(hold)
    accepted = await house.accept(order())
    assert [finding.reason for finding in accepted.findings] == ["C-1 is on credit hold: a last reminder is not paid"]


async def test_lines_change_as_far_as_they_are_open(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 5))
    await house.accept(placed)
    changes = (
        LineChange(line=1, cancel=2),
        LineChange(line=101, add=2, item="GRINDER", unit_price=Decimal("50.00"), bills_to=1, origin="instead of 2 KETTLE"),
    )
    request = ChangeLines(**step("change/1"), changes=changes, requested_at=NOW + 7 * DAY, reason="substitute")
    for _ in range(2):
        await house.once(request, Recorded, orders.change_lines)
    view = await house.database.read(reading.order_view, placed.key)
    assert [(row.number, row.item, row.ordered, row.cancelled, row.open, row.origin) for row in view.lines] == [
        (1, "KETTLE", 5, 2, 3, ""),
        (101, "GRINDER", 2, 0, 2, "instead of 2 KETTLE"),
    ]
    too_much = ChangeLines(**step("change/2"), changes=(LineChange(line=1, cancel=4),), reason="asked")
    with pytest.raises(Refused, match="Line 1 has 3 open units; 4 cannot be cancelled"):
        await house.once(too_much, Recorded, orders.change_lines)


async def test_a_rejected_order_has_nothing_open(house: House) -> None:
    placed = order("1001", line(1, "TEAPOT", 2))
    await house.accept(placed)
    asked = OpenException(
        number=1, kind=ExceptionKind.VALIDATION_FINDINGS, subject="order", detail="TEAPOT?", opened_at=NOW, due_at=NOW + 2 * DAY
    )
    await house.once(RecordException(**step("exception/1"), exception=asked), Recorded, orders.record_exception)
    await house.once(RecordNotes(**step("notes/1"), held="wait", review_at=NOW + DAY), Recorded, orders.record_notes)
    view = await house.database.read(reading.order_view, placed.key)
    assert [(wait.wait, wait.subject, wait.until) for wait in view.waits] == [
        ("decision", "exception 1: validation_findings", NOW + 2 * DAY),
        ("release", "order", NOW + DAY),
    ]
    await house.once(CloseOrder(**step("close"), outcome=Outcome.REJECTED, reason="no teapots"), Recorded, orders.close_order)
    view = await house.database.read(reading.order_view, placed.key)
    assert (view.stage, view.reason, view.held, view.waits) == (Stage.REJECTED, "no teapots", "", ())
    assert (view.lines[0].open, view.lines[0].cancelled) == (0, 2)
    assert [e.decision.choice for e in view.exceptions if e.decision] == ["withdrawn"]


async def test_an_order_can_end_before_anybody_looked_at_it(house: House) -> None:
    await house(intake.capture, order(), NOW)
    assert (await house.database.read(reading.order_view, "shopify/1001")).stage is Stage.CAPTURED
    await house.once(CloseOrder(**step("close"), outcome=Outcome.CANCELLED, reason="changed my mind"), Recorded, orders.close_order)
    assert (await house.database.read(reading.order_view, "shopify/1001")).stage is Stage.CANCELLED


async def test_nobody_knows_an_order_that_never_came(house: House) -> None:
    for ask in (reading.order_view, intake.document):
        with pytest.raises(NotFound, match="There is no order 'shopify/404'"):
            await house.database.read(ask, "shopify/404")


# --- stock that is reserved with it --------------------------------------------------------------------------------------------------


def with_stock(placed: PlaceOrder, attempt: int = 1, **changes: Any) -> AcceptOrder:
    """The check of an order that reserves its stock too."""
    needs = tuple(Need(line=each.number, item=each.item, quantity=each.quantity) for each in placed.lines)
    allocate = AllocateStock(
        **step("allocate/1", placed.key),
        summary="Allocate them",
        needs=needs,
        all_or_nothing=False,
        first_shipment=1,
        pick_due=NOW + DAY,
        backorder_due=NOW + 14 * DAY,
    )
    about = {"placed": placed, "price_tolerance": Decimal("0.02"), "allocate": allocate}
    return AcceptOrder(**step(f"accept/{attempt}", placed.key) | about | changes)


async def kettles(house: House) -> list[tuple[str, int, int]]:
    return [(row.location, row.on_hand, row.reserved) for row in await house.database.read(reading.stock, "KETTLE")]


async def test_a_good_order_has_its_stock_reserved_in_the_transaction_that_accepts_it(house: House) -> None:
    placed = order("1001", line(quantity=12))
    await house(intake.capture, placed, NOW)
    accepted = await house(promises.accept_order, with_stock(placed), "accept_order")
    assert accepted.allocation is not None
    assert [(s.location, s.picks[0].quantity) for s in accepted.allocation.shipments] == [("BERLIN", 10), ("LYON", 2)]
    assert await house(promises.accept_order, with_stock(placed), "accept_order") == accepted, "however often it is asked"
    assert await kettles(house) == [("BERLIN", 10, 10), ("LYON", 4, 2)]
    trail = [each.step for each in await house.database.read(reading.audit_trail, "shopify/1001")]
    assert trail == ["accept_order", "allocate_stock"]
    assert await house.audit() == []


async def test_an_order_that_ships_complete_because_its_customer_does_keeps_nothing_while_it_is_short(house: House) -> None:
    def ships_complete(session: Session) -> None:
        session.get_one(Customer, "C-1").ships = ShippingPolicy.COMPLETE

    await house(ships_complete)
    placed = order("1001", line(quantity=15), policy=None)
    await house(intake.capture, placed, NOW)
    accepted = await house(promises.accept_order, with_stock(placed), "accept_order")
    assert accepted.allocation is not None
    assert (accepted.allocation.shipments, [each.available for each in accepted.allocation.short]) == ((), [14])
    assert await kettles(house) == [("BERLIN", 10, 0), ("LYON", 4, 0)]


async def test_stock_is_left_alone_while_something_stands_against_the_order(house: House) -> None:
    placed = order("1001", line(price="40.00"))
    await house(intake.capture, placed, NOW)
    found = await house(promises.accept_order, with_stock(placed), "accept_order")
    assert ([each.severity for each in found.findings], found.allocation) == ([Severity.MENDABLE], None)
    assert await kettles(house) == [("BERLIN", 10, 0), ("LYON", 4, 0)]
    waived = await house(promises.accept_order, with_stock(placed, attempt=2, waived=True), "accept_order")
    assert waived.allocation is not None
    assert await kettles(house) == [("BERLIN", 10, 2), ("LYON", 4, 0)]


async def test_an_order_whose_allocation_was_undone_before_it_came_is_not_accepted_either(house: House) -> None:
    placed = order("1001", line(quantity=2))
    await house(intake.capture, placed, NOW)
    release = ReleaseStock(**step("allocate/1/undo"), undoes="shopify/1001/allocate/1")
    assert await house.undo(release, release.undoes, stock.release_stock) == Recorded()
    with pytest.raises(StepUndone):
        await house(promises.accept_order, with_stock(placed), "accept_order")
    assert await kettles(house) == [("BERLIN", 10, 0), ("LYON", 4, 0)]
    assert (await house.database.read(reading.order_view, "shopify/1001")).accepted is False
