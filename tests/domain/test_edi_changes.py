"""A partner's change is asked of the order where a rule may; everything else is told to a person, with every reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.edi_changes import amendment, cancellation, request
from domain.edi_documents import ChangedLine, ChangeRequest
from domain.messages import AmendOrder, CancelOrder, LineQuantity

ASKED, WANTED = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC)


def change(*lines: ChangedLine, **changes: object) -> ChangeRequest:
    fields: dict[str, object] = {"order": "acme/PO-1", "number": "3", "lines": lines, "asked_at": ASKED}
    return ChangeRequest.model_validate(fields | changes)


def test_quantities_and_the_orders_date_are_asked_of_it_under_an_id_that_repeats() -> None:
    asked = change(ChangedLine(line=1, quantity=4), ChangedLine(line=2, requested_at=WANTED), requested_at=WANTED)
    message = amendment(asked, "edi:acme")
    assert message == AmendOrder(
        message_id="edi/acme/PO-1/change/3",
        occurred_at=ASKED,
        actor="edi:acme",
        quantities=(LineQuantity(line=1, quantity=4),),
        requested_at=WANTED,
    )
    assert amendment(asked, "edi:acme") == message


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (change(cancel=True), ("the whole order is to be cancelled",)),
        (change(ChangedLine(line=3, item="CUP-100", quantity=5, added=True)), ("line 3 is a new one: 5 x CUP-100",)),
        (change(ChangedLine(line=1, quantity=4, unit_price=Decimal("14.50"))), ("line 1 is to cost 14.50",)),
        (change(ChangedLine(line=1, requested_at=WANTED)), ("line 1 has a date of its own: 2026-12-10",)),
        (change(ChangedLine(line=1, quantity=4), other=("N3 stands in segment 5",)), ("N3 stands in segment 5",)),
        (change(ChangedLine(line=1)), ("it changes nothing that can be read",)),
    ],
)
def test_what_no_rule_takes_has_its_reasons(asked: ChangeRequest, why: tuple[str, ...]) -> None:
    assert amendment(asked, "edi:acme") == why


def test_a_cancellation_and_nothing_else_may_be_asked_of_the_order() -> None:
    message = cancellation(change(cancel=True), "edi:acme", before_picking=True)
    assert message == CancelOrder(
        message_id="edi/acme/PO-1/change/3",
        occurred_at=ASKED,
        actor="edi:acme",
        reason="The customer cancelled it by EDI (change 3).",
        before_picking=True,
    )
    assert cancellation(change(cancel=True, other=("N3 stands in segment 5",)), "edi:acme") is None
    assert cancellation(change(ChangedLine(line=1, quantity=4)), "edi:acme") is None
    by_a_person = request(change(cancel=True), "ada")
    assert isinstance(by_a_person, CancelOrder)
    assert not by_a_person.before_picking
