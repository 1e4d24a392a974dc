"""One contract for every payment gateway: money moves within what was authorized and captured, once under each key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import Conflict, NotFound, RefundTooHigh, Refused
from domain.money import Money
from integrations.ports import Approved, Declined
from tests.integrations.gateways import AUTHORIZE, EVERY, ONCE, ORDER, SEVERAL, Gateway, capture_key, euros, gateway, refund_key

every, several, once = (
    pytest.mark.parametrize("at", [pytest.param(name, id=name.replace(" ", "_")) for name in names], indirect=True)
    for names in (EVERY, SEVERAL, ONCE)
)


@pytest.fixture
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    with gateway(request.param, tmp_path) as found:
        yield found


@every
async def test_an_authorization_says_how_long_it_lasts_and_how_often_it_is_captured(at: Gateway) -> None:
    answer = await at.payments.authorize(AUTHORIZE, ORDER, euros(10_000), at.card)
    assert isinstance(answer, Approved)
    assert (answer.lasts, answer.single) == (timedelta(days=7), not at.several)
    assert at.held() == 10_000


@every
async def test_the_same_key_authorizes_once_and_answers_the_same(at: Gateway) -> None:
    first = await at.payments.authorize(AUTHORIZE, ORDER, euros(10_000), at.card)
    assert await at.payments.authorize(AUTHORIZE, ORDER, euros(10_000), at.card) == first
    assert at.held() == 10_000


@every
async def test_a_key_that_comes_with_another_amount_is_a_conflict(at: Gateway) -> None:
    reference = await at.authorized()
    with pytest.raises(Conflict):
        await at.payments.authorize(AUTHORIZE, ORDER, euros(9_999), at.card)
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    with pytest.raises(Conflict):
        await at.payments.capture(capture_key(1), reference, euros(5_999))
    await at.payments.refund(refund_key(1), capture_key(1), euros(100), reference)
    with pytest.raises(Conflict):
        await at.payments.refund(refund_key(1), capture_key(1), euros(101), reference)
    assert at.books() == (6_000, 100)


@every
async def test_a_declined_card_holds_nothing_and_its_key_stays_declined(at: Gateway) -> None:
    for _ in range(2):
        assert await at.payments.authorize(AUTHORIZE, ORDER, euros(10_000), at.poor) == Declined(reason="Insufficient funds.")
    assert at.held() == 0
    await at.authorized(key=f"{ORDER}/authorize/2")
    assert at.held() == 10_000


@several
async def test_partial_captures_end_where_the_authorization_ends(at: Gateway) -> None:
    reference = await at.authorized()
    assert isinstance(await at.payments.capture(capture_key(1), reference, euros(6_000)), Approved)
    with pytest.raises(Refused, match=r"^A capture of 40\.01 EUR is more than the 40\.00 EUR left of the authorization"):
        await at.payments.capture(capture_key(2), reference, euros(4_001))
    assert isinstance(await at.payments.capture(capture_key(3), reference, euros(4_000)), Approved)
    assert (at.books(), at.held()) == ((10_000, 0), 0)


@once
async def test_a_card_that_is_captured_once_gives_nothing_more(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    over = Declined(reason="The authorization was captured before, and nothing of it is left.", lapsed=True)
    assert await at.payments.capture(capture_key(2), reference, euros(4_000)) == over
    assert at.books() == (6_000, 0)


@every
async def test_the_same_capture_twice_or_at_once_takes_the_money_once(at: Gateway) -> None:
    reference = await at.authorized()
    first, second = await asyncio.gather(
        *(at.payments.capture(capture_key(1), reference, euros(6_000)) for _ in range(2)), return_exceptions=True
    )
    answers = [answer for answer in (first, second) if isinstance(answer, Approved)]
    assert answers, (first, second)
    assert await at.payments.capture(capture_key(1), reference, euros(6_000)) == answers[0]
    assert at.books() == (6_000, 0)


@every
async def test_what_was_given_up_is_captured_no_more(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.void(AUTHORIZE, reference)
    await at.payments.void(AUTHORIZE, reference)
    late = await at.payments.capture(capture_key(1), reference, euros(100))
    assert late == Declined(reason="The authorization was voided.", lapsed=True)
    assert at.held() == 0


@every
async def test_an_authorization_whose_answer_was_lost_is_given_up_by_its_key(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.void(AUTHORIZE)
    assert isinstance(await at.payments.capture(capture_key(1), reference, euros(100)), Declined)
    await at.payments.void(f"{ORDER}/authorize/77")  # never asked for
    assert at.held() == 0


@several
async def test_the_rest_of_a_captured_authorization_is_released_and_what_was_captured_stays(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    await at.payments.void(AUTHORIZE, reference)
    assert (at.books(), at.held()) == ((6_000, 0), 0)
    assert isinstance(await at.payments.refund(refund_key(1), capture_key(1), euros(6_000), reference), Approved)


@every
async def test_an_authorization_that_has_expired_pays_nothing(at: Gateway) -> None:
    reference = await at.authorized()
    at.pass_time(timedelta(days=7, seconds=1))
    late = await at.payments.capture(capture_key(1), reference, euros(100))
    assert isinstance(late, Declined)
    assert late.lapsed
    assert "expired" in late.reason
    await at.payments.void(AUTHORIZE, reference)
    await at.authorized(2_500, f"{ORDER}/authorize/2")
    assert at.books() == (0, 0)


@several
async def test_refunds_over_two_captures_never_exceed_what_each_holds(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    await at.payments.capture(capture_key(2), reference, euros(4_000))
    assert isinstance(await at.payments.refund(refund_key(1), capture_key(1), euros(5_000), reference), Approved)
    with pytest.raises(RefundTooHigh, match=r"^A refund of 1001 for the capture '.*' is more than the 1000 left"):
        await at.payments.refund(refund_key(2), capture_key(1), euros(1_001), reference)
    assert isinstance(await at.payments.refund(refund_key(3), capture_key(1), euros(1_000), reference), Approved)
    assert isinstance(await at.payments.refund(refund_key(4), capture_key(2), euros(4_000), reference), Approved)
    assert at.books() == (10_000, 10_000)


@every
async def test_a_repeated_refund_gives_back_once(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    first = await at.payments.refund(refund_key(1), capture_key(1), euros(4_000), reference)
    assert await at.payments.refund(refund_key(1), capture_key(1), euros(4_000), reference) == first
    with pytest.raises(RefundTooHigh):
        await at.payments.refund(refund_key(2), capture_key(1), euros(2_001), reference)
    assert at.books() == (6_000, 4_000)


@every
async def test_a_cancelled_capture_is_given_back_once_and_never_comes_late(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.capture(capture_key(1), reference, euros(6_000))
    await at.payments.refund(refund_key(1), capture_key(1), euros(500), reference)
    for _ in range(2):
        await at.payments.cancel_capture(capture_key(1), reference)
    assert at.books() == (6_000, 6_000)
    assert isinstance(await at.payments.capture(capture_key(1), reference, euros(6_000)), Declined)
    with pytest.raises(RefundTooHigh):
        await at.payments.refund(refund_key(2), capture_key(1), euros(1), reference)


@every
async def test_a_capture_that_was_cancelled_before_it_came_is_declined(at: Gateway) -> None:
    reference = await at.authorized()
    await at.payments.cancel_capture(capture_key(1), reference)
    late = await at.payments.capture(capture_key(1), reference, euros(6_000))
    assert late == Declined(reason=f"The capture '{capture_key(1)}' was withdrawn; it is not done any more.")
    assert at.books() == (0, 0)


@every
async def test_what_makes_no_sense_is_refused(at: Gateway) -> None:
    reference = await at.authorized()
    with pytest.raises(Refused, match=r"^A capture of 0\.00 EUR is not possible: the amount must be positive\.$"):
        await at.payments.capture(capture_key(1), reference, euros(0))
    with pytest.raises(Refused, match=r"^A capture in USD is not possible: the payment is in EUR\.$"):
        await at.payments.capture(capture_key(1), reference, Money(minor=100, currency="USD"))
    with pytest.raises(NotFound, match=r"^There is no authorization 'pi_99'\.$"):
        await at.payments.capture(capture_key(1), "pi_99", euros(100))
    with pytest.raises(Refused, match="must be positive"):
        await at.payments.authorize(f"{ORDER}/authorize/2", ORDER, euros(-5), at.card)
    await at.payments.capture(capture_key(1), reference, euros(1_000))
    with pytest.raises(Refused, match=r"^A refund in USD is not possible: the payment is in EUR\.$"):
        await at.payments.refund(refund_key(1), capture_key(1), Money(minor=100, currency="USD"), reference)
    assert at.books() == (1_000, 0)
