"""The gateway: money moves within what was authorized and captured, in one currency, and a cancelled capture never comes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import Conflict, NotFound, RefundTooHigh, Refused
from domain.money import Money
from integrations.ports import Approved, Declined
from integrations.simulated import SimulatedPayments, World
from tests.endurance import examples

ORDER = "shopify/5001"


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """A clock that stands until a test moves it."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def payments(world: World, clock: Clock) -> SimulatedPayments:
    return SimulatedPayments(world, clock)


def approved(number: int) -> Approved:
    """An authorization of today: it lasts seven days."""
    return Approved(reference=f"auth_{number:08}", lasts=timedelta(days=7))


async def authorized(payments: SimulatedPayments, amount: int = 10_000, key: str = "authorize/1") -> str:
    answer = await payments.authorize(key, ORDER, euros(amount), "tok_visa")
    assert isinstance(answer, Approved)
    return answer.reference


async def test_partial_captures_end_where_the_authorization_ends(payments: SimulatedPayments) -> None:
    reference = await authorized(payments)
    assert await payments.capture("capture/1", reference, euros(6_000)) == Approved(reference="cap_00000001")
    assert await payments.capture("capture/2", reference, euros(4_000)) == Approved(reference="cap_00000002")
    with pytest.raises(Refused, match=r"^A capture of 0\.01 EUR is more than the 0\.00 EUR left of the authorization 'auth_00000001'\.$"):
        await payments.capture("capture/3", reference, euros(1))


async def test_a_refund_never_exceeds_its_capture(payments: SimulatedPayments, world: World) -> None:
    reference = await authorized(payments)
    await payments.capture("capture/1", reference, euros(6_000))
    await payments.capture("capture/2", reference, euros(4_000))
    assert await payments.refund("refund/1", "capture/1", euros(5_000)) == Approved(reference="re_00000001")
    with pytest.raises(RefundTooHigh, match="A refund of 1001 for the capture 'capture/1' is more than the 1000 left"):
        await payments.refund("refund/2", "capture/1", euros(1_001))
    assert await payments.refund("refund/3", "capture/1", euros(1_000)) == Approved(reference="re_00000002")
    assert [row["refunded"] for row in world.rows("SELECT refunded FROM captures ORDER BY number")] == [6_000, 0]


async def test_a_repeated_refund_gives_back_once(payments: SimulatedPayments, world: World) -> None:
    reference = await authorized(payments)
    await payments.capture("capture/1", reference, euros(6_000))
    assert await payments.refund("refund/1", "capture/1", euros(6_000)) == await payments.refund("refund/1", "capture/1", euros(6_000))
    with pytest.raises(Conflict):
        await payments.refund("refund/1", "capture/1", euros(5_999))
    assert [row["refunded"] for row in world.rows("SELECT refunded FROM captures")] == [6_000]


async def test_any_other_payment_is_refunded_by_bank_transfer(payments: SimulatedPayments) -> None:
    assert await payments.refund("refund/1", "bank/x12/BT-1/1/1", euros(700)) == Approved(reference="tr_00000001")


async def test_a_cancelled_capture_is_given_back_and_never_comes_late(payments: SimulatedPayments, world: World) -> None:
    reference = await authorized(payments)
    await payments.capture("capture/1", reference, euros(6_000))
    await payments.cancel_capture("capture/1")
    await payments.cancel_capture("capture/1")
    await payments.cancel_capture("capture/2")
    late = await payments.capture("capture/2", reference, euros(1_000))
    assert late == Declined(reason="The capture 'capture/2' was withdrawn; it is not done any more.")
    assert isinstance(await payments.capture("capture/1", reference, euros(6_000)), Declined)
    assert [(row["minor"], row["refunded"]) for row in world.rows("SELECT * FROM captures")] == [(6_000, 6_000)]
    with pytest.raises(RefundTooHigh):
        await payments.refund("refund/1", "capture/1", euros(1))


async def test_a_voided_authorization_captures_nothing(payments: SimulatedPayments) -> None:
    reference = await authorized(payments)
    await payments.void("authorize/1")
    assert await payments.capture("capture/1", reference, euros(100)) == Declined(reason="The authorization was voided.", lapsed=True)


async def test_an_authorization_is_captured_for_seven_days(payments: SimulatedPayments, clock: Clock) -> None:
    assert await payments.authorize("authorize/1", ORDER, euros(10_000), "tok_visa") == approved(1)
    clock.now = NOON + timedelta(days=7, seconds=-1)
    assert await payments.capture("capture/1", "auth_00000001", euros(100)) == Approved(reference="cap_00000001")
    clock.now = NOON + timedelta(days=7)
    late = Declined(reason="The authorization expired on 2026-11-30.", lapsed=True)
    assert await payments.capture("capture/2", "auth_00000001", euros(100)) == late


async def test_a_card_that_is_captured_once_releases_the_rest(payments: SimulatedPayments, world: World) -> None:
    world.script(ORDER, {"card": "captures_once"})
    assert await payments.authorize("authorize/1", ORDER, euros(10_000), "tok_visa") == approved(1).model_copy(update={"single": True})
    await payments.capture("capture/1", "auth_00000001", euros(6_000))
    over = Declined(reason="The authorization was captured before, and nothing of it is left.", lapsed=True)
    assert await payments.capture("capture/2", "auth_00000001", euros(4_000)) == over


async def test_what_makes_no_sense_is_refused(payments: SimulatedPayments) -> None:
    reference = await authorized(payments)
    with pytest.raises(Refused, match=r"^A capture of 0\.00 EUR is not possible: the amount must be positive\.$"):
        await payments.capture("capture/1", reference, euros(0))
    with pytest.raises(Refused, match=r"^A capture in USD is not possible: the payment is in EUR\.$"):
        await payments.capture("capture/1", reference, Money(minor=100, currency="USD"))
    with pytest.raises(NotFound, match=r"There is no authorization 'auth_99'\."):
        await payments.capture("capture/1", "auth_99", euros(100))
    with pytest.raises(Refused, match="must be positive"):
        await payments.authorize("authorize/2", ORDER, euros(-5), "tok_visa")


async def test_a_card_that_is_declined_once_stays_declined_under_its_key(payments: SimulatedPayments, world: World) -> None:
    world.script(ORDER, {"card": "declined_once"})
    no = Declined(reason="Insufficient funds.")
    assert await payments.authorize("authorize/1", ORDER, euros(100), "tok_visa") == no
    assert await payments.authorize("authorize/1", ORDER, euros(100), "tok_visa") == no
    assert await payments.authorize("authorize/2", ORDER, euros(100), "tok_visa") == approved(2)
    assert [(effect.key, effect.happened) for effect in world.effects()] == [("authorize/1", 0), ("authorize/2", 1)]


async def test_a_declined_card_never_works(payments: SimulatedPayments, world: World) -> None:
    world.script(ORDER, {"card": "declined"})
    for n in range(3):
        assert await payments.authorize(f"authorize/{n}", ORDER, euros(100), "tok_visa") == Declined(reason="Insufficient funds.")
    world.script("shopify/2", {})
    assert isinstance(await payments.authorize("authorize/9", "shopify/2", euros(100), "tok_declined"), Declined)


async def test_a_capture_that_fails_once_works_under_the_next_key(payments: SimulatedPayments, world: World) -> None:
    world.script(ORDER, {"card": "capture_fails_once"})
    reference = await authorized(payments)
    assert await payments.capture("capture/1", reference, euros(100)) == Declined(reason="The card issuer did not release the funds.")
    assert await payments.capture("capture/2", reference, euros(100)) == Approved(reference="cap_00000002")


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["capture", "refund", "cancel", "lose"]), st.integers(0, 3), st.integers(1, 6_000)), max_size=20))
def test_whatever_is_asked_in_whatever_order_the_books_stay_within_bounds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    async def run(world: World) -> None:
        payments = SimulatedPayments(world)
        reference = await authorized(payments)
        for step, n, amount in steps:
            try:
                if step == "capture":
                    await payments.capture(f"capture/{n}", reference, euros(amount))
                elif step == "refund":
                    await payments.refund(f"refund/{n}", f"capture/{n}", euros(amount))
                elif step == "cancel":
                    await payments.cancel_capture(f"capture/{n}")
            except Refused:
                continue
        rows = world.rows("SELECT minor, refunded FROM captures WHERE declined = ''")
        assert sum(row["minor"] for row in rows) <= 10_000
        assert all(0 <= row["refunded"] <= row["minor"] for row in rows)
        assert {effect.happened for effect in world.effects()} <= {0, 1}

    with World(tmp_path_factory.mktemp("books") / "world.db") as world:
        world.script(ORDER, {})
        asyncio.run(run(world))
