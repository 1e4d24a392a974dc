"""Stripe's form of the port where it is Stripe's own: lost answers, keys that remember failures, references, words and secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NotFound, Refused, Unavailable
from domain.money import Money
from integrations.ports import Approved, Declined
from integrations.simulated.stripe import Fault, StripeAccount
from integrations.simulated.stripe.outside import dispute, fail_refund
from integrations.stripe_payments.gateway import StripePayments
from integrations.stripe_payments.wire import Wire
from integrations.stripe_payments.words import LONGEST_KEY, from_stripe, idempotency_key, to_stripe
from tests.integrations.gateways import AUTHORIZE, ORDER, Gateway, capture_key, euros, refund_key, stripe

NOT_DONE = (Fault.SILENT_BEFORE, Fault.ERROR_BEFORE, Fault.BUSY, Fault.LOCKED, Fault.GARBAGE)
DONE = (Fault.SILENT_AFTER, Fault.ERROR_AFTER)

Call = Callable[[], Awaitable[object]]


@pytest.fixture(params=[False, True], ids=["captured_once", "multicapture"])
def at(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with stripe(request.param) as found:
        yield found


@pytest.fixture
def one() -> Iterator[Gateway]:
    with stripe(False) as found:
        yield found


def account(gateway: Gateway) -> StripeAccount:
    assert gateway.stripe is not None
    return gateway.stripe.account


async def repeated(gateway: Gateway, fault: Fault, path: str, call: Call) -> object:
    """As an activity does it: asked again as long as the other side does not answer."""
    assert gateway.stripe is not None
    gateway.stripe.api.fail(fault, path)
    for _ in range(5):
        try:
            answer = await call()
        except Unavailable:
            continue
        assert not gateway.stripe.api.faults, "the fault never came"
        return answer
    raise AssertionError("it never came through")


@pytest.mark.parametrize("fault", [*NOT_DONE, *DONE])
async def test_whatever_becomes_of_an_answer_a_card_is_authorized_once(at: Gateway, fault: Fault) -> None:
    answer = await repeated(at, fault, "/v1/payment_intents", lambda: at.payments.authorize(AUTHORIZE, ORDER, euros(5_000), at.card))
    assert isinstance(answer, Approved)
    assert (at.held(), len(account(at).intents)) == (5_000, 1)


@pytest.mark.parametrize("fault", [*NOT_DONE, *DONE])
async def test_whatever_becomes_of_an_answer_money_is_captured_once(at: Gateway, fault: Fault) -> None:
    reference = await at.authorized(5_000)
    answer = await repeated(at, fault, "/capture", lambda: at.payments.capture(capture_key(1), reference, euros(3_000)))
    assert isinstance(answer, Approved)
    assert (at.books(), at.held()) == ((3_000, 0), 2_000 if at.several else 0)


@pytest.mark.parametrize("fault", [*NOT_DONE, *DONE])
async def test_whatever_becomes_of_an_answer_money_is_refunded_once(at: Gateway, fault: Fault) -> None:
    reference = await at.authorized(5_000)
    await at.payments.capture(capture_key(1), reference, euros(5_000))
    answer = await repeated(at, fault, "/v1/refunds", lambda: at.payments.refund(refund_key(1), capture_key(1), euros(700), reference))
    assert isinstance(answer, Approved)
    assert at.books() == (5_000, 700)


@pytest.mark.parametrize("fault", [*NOT_DONE, *DONE])
async def test_whatever_becomes_of_an_answer_an_authorization_is_given_up(at: Gateway, fault: Fault) -> None:
    reference = await at.authorized(5_000)
    await repeated(at, fault, "/cancel", lambda: at.payments.void(AUTHORIZE, reference))
    assert at.held() == 0


@pytest.mark.parametrize("fault", [*NOT_DONE, *DONE])
async def test_whatever_becomes_of_an_answer_a_capture_is_given_back_once(at: Gateway, fault: Fault) -> None:
    reference = await at.authorized(5_000)
    await at.payments.capture(capture_key(1), reference, euros(3_000))
    await repeated(at, fault, "/v1/refunds", lambda: at.payments.cancel_capture(capture_key(1), reference))
    assert at.books() == (3_000, 3_000)


async def test_an_authorization_that_stripe_has_forgotten_the_key_of_is_found_by_a_search(one: Gateway) -> None:
    asked_at = datetime.fromtimestamp(account(one).now(), UTC)
    first = await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), one.card, asked_at)
    one.pass_time(timedelta(days=2))
    assert await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), one.card, asked_at) == first
    assert len(account(one).intents) == 1


async def test_a_key_that_other_parameters_used_up_is_followed_by_another(one: Gateway) -> None:
    """As after a release that asks in other words: the lost attempt had no effect."""
    assert one.stripe is not None
    one.stripe.api.fail(Fault.ERROR_BEFORE, "/v1/payment_intents")
    with pytest.raises(Unavailable):
        await one.payments.authorize(AUTHORIZE, f"{ORDER}-as-it-was", euros(5_000), one.card)
    assert isinstance(await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), one.card), Approved)
    assert one.held() == 5_000


async def test_a_capture_whose_authorization_nobody_remembers_is_found_by_its_order(one: Gateway) -> None:
    reference = await one.authorized(5_000)
    await one.payments.capture(capture_key(1), reference, euros(3_000))
    one.pass_time(timedelta(minutes=2))
    await one.payments.cancel_capture(capture_key(1))
    assert one.books() == (3_000, 3_000)


# --- means of payment ----------------------------------------------------------------------------------------------------------------


async def test_a_card_kept_with_a_customer_is_authorized_again_and_again(one: Gateway) -> None:
    account(one).cards["pm_ada"] = ""
    account(one).customers["cus_ada"] = {"pm_ada"}
    for number in (1, 2):
        answer = await one.payments.authorize(f"{ORDER}/authorize/{number}", ORDER, euros(5_000), "cus_ada/pm_ada")
        assert isinstance(answer, Approved)
    assert [intent["customer"] for intent in account(one).intents.values()] == ["cus_ada", "cus_ada"]


async def test_a_card_that_is_good_for_one_payment_is_declined_at_the_next(one: Gateway) -> None:
    account(one).cards["pm_once"] = ""
    await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), "pm_once")
    answer = await one.payments.authorize(f"{ORDER}/authorize/2", ORDER, euros(5_000), "pm_once")
    assert isinstance(answer, Declined)
    assert answer.reason.startswith("Stripe does not take the means of payment: The provided PaymentMethod was previously used")


async def test_what_stripe_does_not_know_is_declined_for_a_person_to_decide(one: Gateway) -> None:
    answer = await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), "tok_visa")
    assert answer == Declined(reason="Stripe does not take the means of payment: No such PaymentMethod: 'tok_visa'")


async def test_a_payment_that_the_shops_checkout_confirmed_is_taken_over(one: Gateway) -> None:
    stripe_account = account(one)
    stripe_account.cards["pm_ada"] = ""
    stripe_account.customers["cus_ada"] = {"pm_ada"}
    given = {"amount": "5000", "currency": "eur", "capture_method": "manual", "confirm": "true"}
    made = stripe_account.create(given | {"customer": "cus_ada", "payment_method": "pm_ada"})
    stripe_account.pass_time(2 * 86_400)
    for _ in range(2):
        answer = await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), made["id"])
        assert isinstance(answer, Approved)
        assert answer.reference == made["id"]
        assert answer.lasts is not None
        assert timedelta(days=4, hours=23) < answer.lasts <= timedelta(days=5)
    assert len(stripe_account.intents) == 1
    renewed = await one.payments.authorize(f"{ORDER}/authorize/2", ORDER, euros(3_000), made["id"])
    assert isinstance(renewed, Approved)
    assert renewed.reference != made["id"]


async def test_a_checkout_whose_card_is_not_kept_cannot_be_renewed(one: Gateway) -> None:
    given = {"amount": "5000", "currency": "eur", "capture_method": "manual", "confirm": "true", "payment_method": "pm_card_visa"}
    made = account(one).create(given)
    answer = await one.payments.authorize(AUTHORIZE, ORDER, euros(5_001), made["id"])
    assert answer == Declined(reason=f"The payment {made['id']} holds no 50.01 EUR, and its card is not kept with a customer at Stripe.")
    with pytest.raises(NotFound, match=r"^There is no payment 'pi_none'\.$"):
        await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), "pi_none")


# --- words -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_visa_chargeDeclined", "The bank declined the card."),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "Insufficient funds."),
        ("pm_card_chargeDeclinedExpiredCard", "The card has expired."),
        ("pm_card_authenticationRequired", "The bank asks the customer to confirm the payment."),
    ],
)
async def test_a_decline_says_why_in_our_words(one: Gateway, card: str, reason: str) -> None:
    assert await one.payments.authorize(AUTHORIZE, ORDER, euros(5_000), card) == Declined(reason=reason)


async def test_what_stripe_never_takes_is_declined_or_refused_in_its_words(one: Gateway) -> None:
    small = await one.payments.authorize(AUTHORIZE, ORDER, euros(49), one.card)
    assert small == Declined(reason="Amount must be at least €0.50 eur")
    with pytest.raises(Refused, match=r"^Stripe refuses: Metadata values can have up to 500 characters"):
        await one.payments.authorize(AUTHORIZE, "x" * 600, euros(5_000), one.card)


async def test_money_that_was_charged_back_or_never_came_by_card_is_declined_and_not_refused(one: Gateway) -> None:
    reference = await one.authorized(5_000)
    await one.payments.capture(capture_key(1), reference, euros(5_000))
    bank = await one.payments.refund(refund_key(1), "bank/BT-1", euros(700))
    assert bank == Declined(reason="No card stands behind the payment 'bank/BT-1': give it back by bank transfer.")
    dispute(account(one), reference)
    answer = await one.payments.refund(refund_key(2), capture_key(1), euros(700), reference)
    assert isinstance(answer, Declined)
    assert "has been charged back; cannot issue a refund" in answer.reason


async def test_a_refund_that_came_back_gives_its_amount_free_again(one: Gateway) -> None:
    reference = await one.authorized(5_000)
    await one.payments.capture(capture_key(1), reference, euros(5_000))
    given = await one.payments.refund(refund_key(1), capture_key(1), euros(5_000), reference)
    assert isinstance(given, Approved)
    fail_refund(account(one), given.reference)
    again = await one.payments.refund(refund_key(1), capture_key(1), euros(5_000), reference)
    assert again == Declined(reason="The refund came back: expired or canceled card.")
    assert isinstance(await one.payments.refund(refund_key(2), capture_key(1), euros(5_000), reference), Approved)


async def test_a_payment_captured_by_hand_is_refunded_by_its_own_name(one: Gateway) -> None:
    reference = await one.authorized(5_000)
    account(one).capture(reference, {})
    assert isinstance(await one.payments.refund(refund_key(1), f"{reference}/5000", euros(700)), Approved)
    assert one.books() == (5_000, 700)


async def test_a_wrong_key_and_a_dead_line_wait_and_no_sentence_repeats_the_key(one: Gateway) -> None:
    assert one.stripe is not None
    secret = "sk_live_very_secret_indeed"  # of nobody
    for wire in (Wire(secret, one.stripe.address, seconds=2), Wire(secret, "http://127.0.0.1:9", seconds=2)):
        with pytest.raises(Unavailable) as silent:
            await StripePayments(wire).authorize(AUTHORIZE, ORDER, euros(5_000), one.card)
        assert "secret_indeed" not in f"{silent.value}{silent.value.__cause__}{silent.value.__context__!r}"
        wire.close()


def test_long_keys_and_odd_currencies_are_written_as_stripe_wants_them() -> None:
    assert idempotency_key("web/1/authorize/1") == "holdfast:web/1/authorize/1"
    assert idempotency_key("web/1/authorize/1", 2) == "holdfast:web/1/authorize/1#2"
    long = [idempotency_key("x" * 300 + end) for end in ("a", "b")]
    assert len(set(long)) == 2
    assert all(len(key) <= LONGEST_KEY and key.startswith("holdfast:") for key in long)
    for amount, counted in ((Money(minor=500, currency="ISK"), 50_000), (Money(minor=500, currency="JPY"), 500), (euros(500), 500)):
        assert to_stripe(amount) == counted
        assert from_stripe(counted, amount.currency.lower()) == amount
