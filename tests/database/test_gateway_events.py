"""What a payment service tells us, set against the books: echoes book nothing, news are told once, and nothing differs in silence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import bank_booking, debts, gateway_events, outbox, payments
from database.audit import audit
from database.tables import AccountEntry, GatewayEventRow, Order
from domain.gateway_events import EventKind, EventTaken, GatewayEvent
from domain.messages import ExceptionRaised, Fact, PaymentReceived, PaymentReversed
from domain.money_steps import (
    Authorization,
    AuthorizePayment,
    Capture,
    CapturePayment,
    Refunded,
    RefundPayment,
    ReversePayment,
    VoidAuthorization,
)
from domain.order import PaymentTerms
from domain.steps import Recorded
from tests.database.builders import DAY, NOW, House, eur, order, step

ORDER, INTENT = "shopify/1001", "pi_1"
FIRST, SECOND = (f"{ORDER}/shipment/{n}/capture/1" for n in (1, 2))


async def authorized(house: House) -> None:
    """A prepaid order over 100.00, authorized as pi_1."""
    await house.accept(order(terms=PaymentTerms.PREPAID))
    request = AuthorizePayment(**step("authorize/1"), amount=eur(10_000), reference="pm_1")
    said = Authorization(authorization=INTENT, expires_at=NOW + 7 * DAY)
    await house.once(request, Authorization, lambda s, asked: payments.record_authorization(s, asked, said))


async def captured(house: House, name: str = FIRST, amount: int = 6_000) -> None:
    request = CapturePayment(**step(name.removeprefix(f"{ORDER}/")), payment=name, authorization=INTENT, amount=eur(amount), shipment=1)
    await house.once(request, Capture, lambda s, asked: payments.record_capture(s, asked, Capture()))


async def took(house: House, event: str, kind: EventKind, **fields: Any) -> EventTaken:
    said: dict[str, Any] = {"name": f"a {kind}", "occurred_at": NOW, "authorization": INTENT} | fields
    return await house(gateway_events.take, "stripe", GatewayEvent(event=event, kind=kind, **said), NOW)


async def told(house: House) -> list[Fact]:
    return [each.fact for each in await house.database.read(outbox.untold)]


async def details(house: House) -> list[str]:
    return [fact.detail for fact in await told(house) if isinstance(fact, ExceptionRaised)]


async def received(house: House) -> list[tuple[str, int]]:
    return [(fact.payment, fact.amount.minor) for fact in await told(house) if isinstance(fact, PaymentReceived)]


async def test_the_echo_of_our_own_calls_books_nothing(house: House) -> None:
    await authorized(house)
    await captured(house)
    echoes: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.AUTHORIZED, {"amount": eur(10_000)}),
        (EventKind.CAPTURED, {"amount": eur(6_000), "ours": True}),
        (EventKind.CANCELLED, {"amount": eur(10_000), "ours": True}),
        (EventKind.REFUNDED, {"amount": eur(500), "total": eur(500), "ours": True}),
        (EventKind.DECLINED, {"amount": eur(10_000)}),
    ]
    for number, (kind, fields) in enumerate(echoes):
        assert (await took(house, f"evt_{number}", kind, **fields)).told == 0
    assert await told(house) == []


async def test_the_same_event_twice_is_one(house: House) -> None:
    await authorized(house)
    first = await took(house, "evt_1", EventKind.CAPTURED, amount=eur(2_500))
    again = await took(house, "evt_1", EventKind.CAPTURED, amount=eur(2_500))
    assert (first.repeated, first.told, again.repeated, again.told) == (False, 1, True, 0)
    assert first.outcome == again.outcome == "25.00 EUR was captured by hand at stripe: told as payment pi_1"
    assert await received(house) == [(INTENT, 2_500)]


async def test_a_capture_by_hand_is_money_received_whatever_order_its_events_come_in(house: House) -> None:
    await authorized(house)
    await captured(house, FIRST, 3_000)
    await took(house, "evt_2", EventKind.CAPTURED, amount=eur(8_000))
    await took(house, "evt_1", EventKind.CAPTURED, amount=eur(4_000))
    assert await received(house) == [("pi_1/8000", 5_000)]


async def test_captures_of_ours_that_are_not_booked_yet_are_not_taken_for_captures_by_hand(house: House) -> None:
    await authorized(house)
    await took(house, "evt_1", EventKind.CAPTURED, amount=eur(6_000), announced=eur(6_000))
    await captured(house)
    await took(house, "evt_2", EventKind.CAPTURED, amount=eur(6_000))
    assert await told(house) == []


async def test_money_paid_on_a_page_is_received_once_however_stripe_tells_of_it(house: House) -> None:
    await authorized(house)
    page = {"authorization": "pi_77", "order": ORDER, "reference": "cs_1", "amount": eur(700)}
    paid = await took(house, "evt_1", EventKind.PAID, **page)
    await took(house, "evt_2", EventKind.CAPTURED, authorization="pi_77", amount=eur(700))
    assert paid.outcome == "7.00 EUR was paid on a page of stripe: told as payment pi_77"
    assert await received(house) == [("pi_77", 700)]


async def test_an_authorization_that_somebody_cancelled_finds_a_person_one_that_lapsed_or_that_we_gave_up_does_not(house: House) -> None:
    await authorized(house)
    await took(house, "evt_1", EventKind.CANCELLED, amount=eur(10_000), reason="automatic")
    assert await told(house) == []
    await took(house, "evt_2", EventKind.CANCELLED, amount=eur(10_000), reason="requested_by_customer")
    [detail] = await details(house)
    assert detail.startswith("The authorization of 100.00 EUR (pi_1) was cancelled at stripe, not by us:")
    void = VoidAuthorization(**step("authorize/1/undo"), undoes=f"{ORDER}/authorize/1")
    await house.undo(void, void.undoes, payments.void_authorization)
    await took(house, "evt_3", EventKind.CANCELLED, amount=eur(10_000), reason="requested_by_customer")
    assert len(await details(house)) == 1


async def test_an_authorization_that_came_after_it_was_given_up_finds_a_person(house: House) -> None:
    await house.accept(order(terms=PaymentTerms.PREPAID))
    void = VoidAuthorization(**step("authorize/1/undo"), undoes=f"{ORDER}/authorize/1")
    ours = {"order": ORDER, "key": void.undoes, "ours": True, "amount": eur(10_000)}
    assert (await took(house, "evt_0", EventKind.AUTHORIZED, **ours)).outcome == "our own call is on its way"
    await house.undo(void, void.undoes, payments.void_authorization)
    await took(house, "evt_1", EventKind.AUTHORIZED, **ours)
    assert await details(house) == ["An authorization of 100.00 EUR (pi_1) stands although it was given up: void it."]


async def test_a_refund_by_hand_finds_a_person_with_its_amount(house: House) -> None:
    await authorized(house)
    await captured(house)
    await took(house, "evt_1", EventKind.REFUNDED, amount=eur(500), total=eur(500), reference="ch_1")
    [detail] = await details(house)
    assert detail.startswith("5.00 EUR of the payment pi_1 were refunded at stripe itself (ch_1), not by us.")


async def test_a_refund_whose_own_amount_is_not_said_is_what_the_books_do_not_have(house: House) -> None:
    await authorized(house)
    await captured(house)
    back = RefundPayment(**step("refund/1"), refund=1, payment=FIRST, captured=True, amount=eur(1_000), reason="paid too much")
    await house.once(back, Refunded, lambda s, asked: payments.book_refund(s, asked, Refunded()))
    await took(house, "evt_1", EventKind.REFUNDED, total=eur(1_000), reference="ch_1")
    assert await told(house) == []
    await took(house, "evt_2", EventKind.REFUNDED, total=eur(1_700), reference="ch_1")
    await took(house, "evt_3", EventKind.REFUNDED, total=eur(1_700), reference="ch_1")
    [detail] = await details(house)
    assert detail.startswith("7.00 EUR of the payment pi_1")


async def test_a_refund_of_ours_that_came_back_finds_a_person_once(house: House) -> None:
    await authorized(house)
    await captured(house)
    failed = {"amount": eur(1_000), "reference": "re_1", "key": f"{ORDER}/refund/1", "reason": "expired_or_canceled_card"}
    early = await took(house, "evt_0", EventKind.REFUND_FAILED, **failed | {"reference": "re_0"})
    assert early.outcome == "our own call said so, and nothing was booked"
    back = RefundPayment(**step("refund/1"), refund=1, payment=FIRST, captured=True, amount=eur(1_000), reason="paid too much")
    await house.once(back, Refunded, lambda s, asked: payments.book_refund(s, asked, Refunded()))
    for event in ("evt_1", "evt_2"):
        await took(house, event, EventKind.REFUND_FAILED, **failed)
    assert await details(house) == [
        "The refund 1 of 10.00 EUR came back (expired or canceled card): the money is with us again. Pay it in another way."
    ]


async def test_a_chargeback_takes_back_every_payment_of_its_charge_and_a_won_one_brings_it_again(house: House) -> None:
    await authorized(house)
    await captured(house, FIRST, 6_000)
    await captured(house, SECOND, 4_000)
    disputed = {"amount": eur(10_000), "reference": "dp_1", "reason": "product_not_received"}
    await took(house, "evt_1", EventKind.DISPUTED, status="needs_response", **disputed)
    reason = "chargeback: product not received (dp_1)"
    assert [(f.payment, f.reason) for f in await told(house) if isinstance(f, PaymentReversed)] == [(FIRST, reason), (SECOND, reason)]
    assert len({fact.message_id for fact in await told(house)}) == 2
    for name in (FIRST, SECOND):
        back = ReversePayment(**step(f"payment/{name}/reversed"), payment=name, reason=reason)
        await house.once(back, Recorded, payments.reverse_payment)
    won = await took(house, "evt_2", EventKind.DISPUTE_CLOSED, status="won", **disputed)
    assert won.outcome == "the dispute is won: 100.00 EUR are told as received again"
    assert await received(house) == [("pi_1/dispute/dp_1", 10_000)]


async def test_a_dispute_that_is_won_before_it_was_heard_of_changes_nothing(house: House) -> None:
    await authorized(house)
    await captured(house)
    disputed = {"amount": eur(6_000), "reference": "dp_1"}
    await took(house, "evt_2", EventKind.DISPUTE_CLOSED, status="won", **disputed)
    await took(house, "evt_1", EventKind.DISPUTED, status="needs_response", **disputed)
    assert await told(house) == []


async def test_a_dispute_that_is_lost_before_it_was_heard_of_takes_the_money_back_once(house: House) -> None:
    await authorized(house)
    await captured(house)
    disputed = {"amount": eur(6_000), "reference": "dp_1", "reason": "fraudulent"}
    await took(house, "evt_2", EventKind.DISPUTE_CLOSED, status="lost", **disputed)
    await took(house, "evt_1", EventKind.DISPUTED, status="needs_response", **disputed)
    assert [(f.payment, f.reason) for f in await told(house) if isinstance(f, PaymentReversed)] == [
        (FIRST, "chargeback: fraudulent (dp_1), lost")
    ]


async def test_a_dispute_about_a_part_and_one_that_only_asks_find_a_person(house: House) -> None:
    await authorized(house)
    await captured(house)
    await took(house, "evt_1", EventKind.DISPUTED, status="needs_response", amount=eur(1_000), reference="dp_1", reason="duplicate")
    await took(house, "evt_2", EventKind.DISPUTED, status="warning_needs_response", amount=eur(6_000), reference="dp_2", reason="general")
    assert await details(house) == [
        "10.00 EUR of the payment pi_1 were taken back, chargeback: duplicate (dp_1); 60.00 EUR are left of it: see what is to be booked.",
        "The customer's bank asks about the payment pi_1 (60.00 EUR), chargeback: general (dp_2); answer it there.",
    ]


async def test_an_event_of_no_order_of_ours_is_kept_with_what_it_names(house: House) -> None:
    await authorized(house)
    stray = await took(house, "evt_1", EventKind.CAPTURED, authorization="pi_99", order="elsewhere/1", amount=eur(700))
    other = await took(house, "evt_2", EventKind.OTHER, authorization="")
    assert (stray.order, stray.outcome) == ("", "belongs to no order of ours, it names 'elsewhere/1'")
    assert other.outcome == "means nothing to an order"
    assert await told(house) == []

    def rows(session: Session) -> list[tuple[str, str, str]]:
        found = session.scalars(select(GatewayEventRow).order_by(GatewayEventRow.event))
        return [(row.event, row.kind, row.order) for row in found]

    assert await house.database.read(rows) == [("evt_1", "captured", ""), ("evt_2", "other", "")]


# --- money of an order that is over ------------------------------------------------------------------------------------------------------

OVER = f"Order {ORDER} is closed, the message came too late."


async def not_heard(house: House) -> None:
    """The messenger tells everything, the order is over, and it says so twice."""
    for each in await house.database.read(outbox.untold):
        for _ in range(2):
            await house(bank_booking.told, each.message_id, NOW, OVER)


async def account(house: House) -> list[tuple[str, int, str]]:
    def read(session: Session) -> list[tuple[str, int, str]]:
        rows = session.scalars(select(AccountEntry).order_by(AccountEntry.id))
        return [(row.kind, row.amount, row.reference) for row in rows]

    return await house.database.read(read)


async def test_a_payment_for_an_order_that_is_over_is_the_customers_on_account_once(house: House) -> None:
    await authorized(house)
    page = {"authorization": "pi_77", "order": ORDER, "reference": "cs_1", "amount": eur(700)}
    await took(house, "evt_1", EventKind.PAID, **page)
    await not_heard(house)
    await took(house, "evt_2", EventKind.CAPTURED, authorization="pi_77", amount=eur(700))
    await not_heard(house)
    assert await account(house) == [("received", -700, "pi_77")]
    [event] = await house.database.read(gateway_events.recent, True)
    assert (event.heard, event.booked) == (OVER, "7.00 EUR on the account of C-1")
    assert await house.database.read(audit) == []


async def test_a_chargeback_of_an_order_that_is_over_is_owed_and_somebody_follows_it(house: House) -> None:
    await authorized(house)
    await captured(house)
    disputed = {"amount": eur(6_000), "reference": "dp_1", "reason": "fraudulent", "status": "needs_response"}
    for event in ("evt_1", "evt_2"):
        await took(house, event, EventKind.DISPUTED, **disputed)
        await not_heard(house)
    assert await account(house) == [("chargeback", 6_000, FIRST)]
    [claim] = await house.database.read(debts.claims)
    assert (claim.against, claim.party, claim.amount, claim.order) == ("customer", "C-1", eur(6_000), ORDER)
    assert claim.reason.startswith("chargeback: fraudulent (dp_1)")
    assert claim.due_at is not None
    assert await house.database.read(audit) == []
    won = await took(house, "evt_3", EventKind.DISPUTE_CLOSED, **disputed | {"status": "won"})
    assert won.told == 1
    await not_heard(house)
    assert sum(minor for _, minor, _ in await account(house)) == 0
    assert await house.database.read(audit) == []


async def test_the_chargeback_of_a_stranger_is_a_claim_alone(house: House) -> None:
    await authorized(house)
    await captured(house)
    await house(lambda session: session.execute(update(Order).values(customer=None)))
    await took(house, "evt_1", EventKind.DISPUTED, amount=eur(6_000), reference="dp_1", status="needs_response", reason="")
    await not_heard(house)
    assert await account(house) == []
    assert [(claim.party, claim.amount) for claim in await house.database.read(debts.claims)] == [("C-1", eur(6_000))]
