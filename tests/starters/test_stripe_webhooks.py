"""Events of Stripe: taken when Stripe signed them just now, read without trust, and never a traceback for whatever comes."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputRefused, Refused
from domain.gateway_events import EventKind
from domain.money import Money
from integrations.simulated.stripe import StripeAccount
from integrations.simulated.stripe.outside import checkout, close_dispute, dispute, fail_refund, sent
from starters.webhooks.signature import LONGEST_HEADER, MOST_BYTES, verify
from starters.webhooks.stripe import read

SECRET, OLD = "whsec_new", "whsec_old"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
BODY = b'{"id": "evt_1"}'


def signature(secret: str = SECRET, at: int = AT, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def header(*secrets: str, at: int = AT, body: bytes = BODY) -> str:
    return ",".join([f"t={at}", *(f"v1={signature(secret, at, body)}" for secret in secrets or (SECRET,))])


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


# --- the signature -------------------------------------------------------------------------------------------------------------------


def test_what_stripe_signed_just_now_is_taken() -> None:
    verify(BODY, header(), [SECRET], NOON)
    verify(BODY, f"{header()},v0=00,v1=", [SECRET], NOON + timedelta(minutes=5))


def test_while_the_secret_is_rotated_the_old_and_the_new_one_count() -> None:
    verify(BODY, header(OLD), [OLD, SECRET], NOON)
    verify(BODY, header("whsec_other", SECRET), [OLD, SECRET], NOON)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (header("whsec_other"), "The signature does not match any webhook secret of ours"),
        (header(body=b'{"id": "evt_2"}'), "The signature does not match any webhook secret of ours"),
        (header().replace("v1=", "v0="), "The signature does not read"),
        (header().replace("t=", "x="), "The signature does not read"),
        (f"{header()},t={AT}", "The signature does not read"),
        ("", "The signature does not read"),
        (header(at=AT - 301), "The signature is 301 seconds old; at most 300 are accepted."),
        (header(at=AT + 301), "The signature is 301 seconds ahead of our clock; at most 300 are accepted."),
        ("t=1," + "v1=0," * LONGEST_HEADER, "The signature's header is longer than any of Stripe's."),
    ],
)
def test_what_stripe_did_not_sign_just_now_is_refused(said: str, sentence: str) -> None:
    with pytest.raises(Refused, match=f"^{sentence}"):
        verify(BODY, said, [SECRET], NOON)


def test_without_a_secret_nothing_is_believed_and_nothing_huge_is_read() -> None:
    for secrets in ([], [""]):
        with pytest.raises(Refused, match=r"^No webhook secret is set; see OMS_STRIPE_WEBHOOK_SECRET\.$"):
            verify(BODY, header(""), secrets, NOON)
    huge = b" " * (MOST_BYTES + 1)
    with pytest.raises(Refused, match=r"^The event has 1,000,001 bytes; at most 1,000,000 are read\.$"):
        verify(huge, header(body=huge), [SECRET], NOON)


def test_the_double_signs_as_stripe_does() -> None:
    account = StripeAccount(clock=lambda: float(AT))
    checkout(account, "web/1", 2_000)
    body, said = sent(account.events[0], SECRET, AT)
    verify(body, said, [SECRET], NOON)


@given(st.binary(max_size=300), st.text(max_size=200) | st.from_regex(r"t=\d{1,14},v1=[0-9a-f]*", fullmatch=True))
def test_whatever_a_stranger_sends_is_refused_in_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(Refused):
        verify(body, said, [SECRET], NOON)


# --- what an event says --------------------------------------------------------------------------------------------------------------


def event(name: str, about: Any, **fields: Any) -> bytes:
    return json.dumps({"id": "evt_1", "type": name, "created": AT, "data": {"object": about}} | fields).encode()


INTENT = {"id": "pi_1", "currency": "eur", "amount": 5_000, "amount_capturable": 5_000, "amount_received": 0, "metadata": {}}


def test_an_event_says_whose_call_it_echoes_and_which_order_it_is_about() -> None:
    metadata = {"holdfast_order": "web/1", "holdfast_key": "web/1/authorize/1"}
    body = event(
        "payment_intent.amount_capturable_updated",
        INTENT | {"metadata": metadata},
        request={"id": "req_1", "idempotency_key": "holdfast:web/1/authorize/1"},
    )
    found = read(body)
    assert (found.kind, found.ours, found.order, found.key) == (EventKind.AUTHORIZED, True, "web/1", "web/1/authorize/1")
    assert (found.authorization, found.amount, found.occurred_at) == ("pi_1", euros(5_000), NOON)


def test_every_kind_of_event_of_the_double_is_read() -> None:
    account = StripeAccount()
    held = account.create(
        {"amount": "5000", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true", "capture_method": "manual"}
    )
    account.capture(held["id"], {"amount_to_capture": "3000"})
    refund = account.refund({"payment_intent": held["id"], "amount": "500"})
    fail_refund(account, refund["id"])
    close_dispute(account, dispute(account, held["id"])["id"], "won")
    checkout(account, "web/1", 700)
    other = account.create(
        {"amount": "90", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true", "capture_method": "manual"}
    )
    account.cancel(other["id"], {})
    found = [read(json.dumps(each).encode()) for each in account.events]
    assert [(each.kind, each.amount) for each in found if each.kind is not EventKind.OTHER] == [
        (EventKind.AUTHORIZED, euros(5_000)),
        (EventKind.CAPTURED, euros(3_000)),
        (EventKind.REFUNDED, euros(500)),
        (EventKind.REFUND_FAILED, euros(500)),
        (EventKind.DISPUTED, euros(3_000)),
        (EventKind.DISPUTE_CLOSED, euros(3_000)),
        (EventKind.CAPTURED, euros(700)),
        (EventKind.PAID, euros(700)),
        (EventKind.AUTHORIZED, euros(90)),
        (EventKind.CANCELLED, euros(90)),
    ]


def test_a_page_that_is_not_paid_and_a_refund_on_its_way_mean_nothing() -> None:
    session = {"id": "cs_1", "currency": "eur", "amount_total": 700, "payment_status": "unpaid", "client_reference_id": "web/1"}
    assert read(event("checkout.session.completed", session)).kind is EventKind.OTHER
    refund = {"id": "re_1", "currency": "eur", "amount": 700, "status": "succeeded", "payment_intent": "pi_1"}
    assert read(event("refund.updated", refund)).kind is EventKind.OTHER
    assert read(event("refund.updated", refund | {"status": "failed"})).kind is EventKind.REFUND_FAILED
    assert read(event("customer.created", {"id": "cus_1"})).kind is EventKind.OTHER


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\xff", "the event: it is no JSON"),
        (b"[]", "the event: it is no object"),
        (b'{"data": {"object": 1}}', "data.object: it is no object"),
        (event("payment_intent.succeeded", INTENT | {"amount_received": "5"}), "data.object.amount_received: '5' is not an amount"),
        (event("payment_intent.succeeded", INTENT | {"amount_received": -5}), "data.object.amount_received: -5 is not an amount"),
        (event("payment_intent.succeeded", INTENT | {"currency": "nix"}), "data.object.currency: 'nix' is not a currency"),
        (event("payment_intent.succeeded", INTENT | {"id": None}), "id: it is missing, or no text"),
        (event("payment_intent.succeeded", INTENT, created="now"), "created: 'now' is no time in seconds since 1970"),
        (event("payment_intent.succeeded", INTENT, id="e" * 500), "event: string should have at most 180 characters"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "the event: it is nested more than 40 deep"),
        (b"[" * 100_000, "the event: it is no JSON"),
        (b'{"amount": NaN}', "the event: it is no JSON"),
        (b'{"amount": ' + b"9" * 5_000 + b"}", "the event: it is no JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(body: bytes, sentence: str) -> None:
    with pytest.raises(InputRefused, match=f"^{sentence}".replace("(", r"\(")):
        read(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["payment_intent.succeeded", "charge.refunded", "charge.dispute.closed", "checkout.session.completed", "x"]),
    st.dictionaries(
        st.sampled_from(
            ["id", "currency", "amount", "amount_received", "amount_refunded", "metadata", "status", "payment_intent", "payment_status"]
        ),
        anything,
    ),
    anything,
)
def test_whatever_an_event_holds_it_is_read_or_refused(name: str, about: dict[str, Any], rest: Any) -> None:
    body = json.dumps({"id": "evt_1", "type": name, "created": AT, "data": {"object": about}, "request": rest}, default=str).encode()
    with contextlib.suppress(InputRefused):
        read(body)
