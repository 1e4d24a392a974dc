"""Cards: what authorizations hold at a moment, which one a capture takes, and what is still to be captured."""

from __future__ import annotations

from datetime import timedelta

from domain import cards
from domain.invoicing import draft_invoice
from domain.order import PaymentTerms
from domain.parts import CardAuthorization, Payment
from domain.state import OrderState
from tests.domain.builders import NOON, euro, line, order, planned, state

DAY = timedelta(days=1)


def authorization(number: int, cents: int, days: float = 7, **changes: object) -> CardAuthorization:
    found = CardAuthorization(
        key=f"authorize/{number}", reference=f"pi_{number}", amount=euro(cents), captured=euro(0), expires_at=NOON + days * DAY
    )
    return found.model_copy(update=changes)


def prepaid(*authorizations: CardAuthorization, quantity: int = 5) -> OrderState:
    """Units of 10.00 each, none of them shipped."""
    placed = order(line(1, quantity), terms=PaymentTerms.PREPAID)
    return state(placed, accepted=True, authorization="pi_1", authorizations=list(authorizations))


def test_a_capture_takes_the_first_to_end_that_holds_all_of_it() -> None:
    found = prepaid(authorization(1, 5_000, 6), authorization(2, 3_000, 2), authorization(3, 900, 1))
    assert [cards.choose(found, euro(cents), NOON).key for cents in (800, 2_000, 4_000)] == ["authorize/3", "authorize/2", "authorize/1"]  # type: ignore[union-attr]  # each finds one


def test_a_capture_that_none_holds_begins_with_the_one_that_holds_most() -> None:
    chosen = cards.choose(prepaid(authorization(1, 2_000), authorization(2, 3_000)), euro(5_000), NOON)
    assert chosen is not None
    assert chosen.key == "authorize/2"
    assert cards.choose(prepaid(authorization(1, 2_000, -1)), euro(100), NOON) is None


def test_what_is_spent_closed_or_ended_holds_nothing() -> None:
    found = prepaid(
        authorization(1, 1_000, captured=euro(400)),
        authorization(2, 1_000, single=True, captured=euro(400)),
        authorization(3, 1_000, closed=True),
        authorization(4, 1_000, 0.5),
    )
    assert cards.held(found, NOON + DAY) == euro(600)
    assert cards.held(found, NOON) == euro(1_600)


def test_what_a_capture_on_its_way_may_have_taken_counts_as_taken() -> None:
    found = prepaid(authorization(1, 5_000))
    planned(found, line1=2)
    found.shipments[0].capture_from, found.shipments[0].capture_amount = "authorize/1", euro(2_000)
    assert cards.left(found, found.authorizations[0]) == euro(3_000)


def test_outstanding_is_what_has_neither_shipped_nor_been_cancelled() -> None:
    found = prepaid(authorization(1, 5_000))
    assert cards.outstanding(found) == euro(5_000)
    planned(found, line1=2)
    shipment = found.shipments[0]
    shipment.draft = draft_invoice(found, shipment)
    assert cards.outstanding(found) == euro(5_000)
    shipment.captured, shipment.taken = True, euro(2_000)
    assert cards.outstanding(found) == euro(3_000)
    found.line(1).move("open", "cancelled", 1)
    assert cards.outstanding(found) == euro(2_000)


def test_money_that_came_in_otherwise_lowers_what_has_to_be_authorized() -> None:
    found = prepaid(authorization(1, 1_000))
    found.payments.append(Payment(payment="pi_9", amount=euro(1_500), refunded=euro(0), refunded_on_account=euro(0)))
    assert cards.shortage(found, NOON) == euro(5_000 - 1_000 - 1_500)
    found.billed = True
    assert cards.shortage(found, NOON) == euro(0)


def test_an_authorization_is_spare_when_nothing_will_be_captured_from_it() -> None:
    found = prepaid(authorization(1, 5_000))
    assert cards.spare(found) is None
    found.line(1).move("open", "cancelled", 5)
    assert cards.spare(found) is found.authorizations[0]
    found.authorizations[0].voided = True
    assert cards.spare(found) is None


def test_an_authorization_from_before_terms_were_known_is_left_alone() -> None:
    found = prepaid(authorization(1, 5_000, expires_at=None))
    found.line(1).move("open", "cancelled", 5)
    assert not cards.terms_known(found)
    assert not cards.lapses(found, NOON + 100 * DAY)
    assert not cards.tending(found)
