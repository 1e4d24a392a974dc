"""The double of Stripe's API refuses what Stripe refuses, in Stripe's words: form-encoded calls in, its error envelope out."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from integrations.simulated.stripe import Fault, StripeAccount, StripeServer
from integrations.simulated.stripe.api import nested
from integrations.simulated.stripe.outside import dispute

DAY = 86_400


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with StripeServer(StripeAccount()) as server:
        yield server


def call(
    stripe: StripeServer, path: str, given: dict[str, str] | None = None, key: str = "", secret: str = "", method: str = ""
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers."""
    connection = http.client.HTTPConnection(urlsplit(stripe.address).netloc, timeout=5)
    headers = {"Authorization": f"Bearer {secret or stripe.account.key}"} | ({"Idempotency-Key": key} if key else {})
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    method = method or ("GET" if given is None else "POST")
    connection.request(method, f"/v1/{path}", urlencode(given or {}) if method == "POST" else None, headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body, dict(answer.headers)


def hold(stripe: StripeServer, amount: int = 10_000, key: str = "", **changes: str) -> Any:
    """An authorization."""
    given = {"amount": str(amount), "currency": "eur", "capture_method": "manual", "confirm": "true", "payment_method": "pm_card_visa"}
    given["payment_method_options[card][request_multicapture]"] = "if_available"
    return call(stripe, "payment_intents", given | changes, key)[1]


def refusal(stripe: StripeServer, path: str, given: dict[str, str] | None = None, **how: str) -> tuple[int, str, str]:
    """Status, code (else type) and sentence."""
    status, body, headers = call(stripe, path, given, **how)
    error = body["error"]
    assert error["request_log_url"].endswith(headers["Request-Id"]) or how.get("key")
    return status, error.get("code", error["type"]), error["message"]


def test_an_authorization_looks_as_stripe_shows_it(stripe: StripeServer) -> None:
    status, intent, headers = call(stripe, f"payment_intents/{hold(stripe)['id']}?expand[]=latest_charge")
    assert (status, intent["status"], intent["amount_capturable"], intent["currency"]) == (200, "requires_capture", 10_000, "eur")
    card = intent["latest_charge"]["payment_method_details"]["card"]
    assert (card["capture_before"] - intent["created"], card["multicapture"]) == (7 * DAY, {"status": "unavailable"})
    assert headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": "49"}, (400, "amount_too_small", "Amount must be at least €0.50 eur")),
        ({"amount": "100000000"}, (400, "amount_too_large", "Amount must be no more than €999999.99")),
        ({"amount": "-5"}, (400, "parameter_invalid_integer", "Invalid integer: -5")),
        ({"amount": "1.5"}, (400, "parameter_invalid_integer", "Invalid integer: 1.5")),
        ({"currency": ""}, (400, "parameter_missing", "Missing required param: currency.")),
        ({"colour": "red"}, (400, "parameter_unknown", "Received unknown parameter: colour")),
        ({"payment_method": "tok_x"}, (400, "resource_missing", "No such PaymentMethod: 'tok_x'")),
        ({"customer": "cus_x"}, (400, "resource_missing", "No such customer: 'cus_x'")),
        ({"payment_method": "pm_card_visa_chargeDeclined"}, (402, "card_declined", "Your card was declined.")),
        ({"payment_method": "pm_card_chargeDeclinedExpiredCard"}, (402, "expired_card", "Your card has expired.")),
    ],
)
def test_what_cannot_be_authorized_is_refused(stripe: StripeServer, changes: dict[str, str], expected: tuple[int, str, str]) -> None:
    given = {"amount": "10000", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
    assert refusal(stripe, "payment_intents", given | changes) == expected


def test_metadata_has_its_limits(stripe: StripeServer) -> None:
    intent = hold(stripe)["id"]
    for given, sentence in (
        ({f"metadata[{'k' * 41}]": "v"}, "Metadata keys can be at most 40 characters"),
        ({"metadata[k]": "v" * 501}, "Metadata values can have up to 500 characters"),
        ({f"metadata[{n}k]": "v" for n in range(51)}, "Metadata can have up to 50 keys."),
    ):
        assert refusal(stripe, f"payment_intents/{intent}", given)[2].startswith(sentence)


def test_a_payment_method_that_is_not_kept_pays_once(stripe: StripeServer) -> None:
    stripe.account.cards["pm_once"] = ""
    stripe.account.customers["cus_1"] = {"pm_kept"}
    hold(stripe, payment_method="pm_once")
    given = {"amount": "100", "currency": "eur", "payment_method": "pm_once"}
    assert "It may not be used again." in refusal(stripe, "payment_intents", given)[2]
    for _ in range(2):
        assert hold(stripe, payment_method="pm_kept", customer="cus_1")["status"] == "requires_capture"


def test_a_capture_stays_within_its_authorization_and_there_is_one(stripe: StripeServer) -> None:
    intent = hold(stripe)["id"]
    path = f"payment_intents/{intent}/capture"
    assert refusal(stripe, path, {"amount_to_capture": "10001"})[:2] == (400, "amount_too_large")
    assert refusal(stripe, path, {"amount_to_capture": "0"})[:2] == (400, "parameter_invalid_integer")
    assert refusal(stripe, path, {"amount_to_capture": "100", "final_capture": "false"})[2].startswith("Multicapture is not available")
    assert call(stripe, path, {"amount_to_capture": "6000"})[1]["status"] == "succeeded"
    late = (
        "This PaymentIntent could not be captured because it has a status of succeeded. Only a PaymentIntent with one of the following"
        " statuses may be captured: requires_capture."
    )
    assert refusal(stripe, path, {"amount_to_capture": "100"}) == (400, "payment_intent_unexpected_state", late)
    assert refusal(stripe, f"payment_intents/{intent}/cancel", {})[:2] == (400, "payment_intent_unexpected_state")


def test_with_multicapture_the_rest_stays_until_it_is_released(stripe: StripeServer) -> None:
    stripe.account.multicapture = True
    intent = hold(stripe)["id"]
    path = f"payment_intents/{intent}/capture"
    part = call(stripe, path, {"amount_to_capture": "6000", "final_capture": "false"})[1]
    assert (part["status"], part["amount_capturable"], part["amount_received"]) == ("requires_capture", 4_000, 6_000)
    assert refusal(stripe, f"payment_intents/{intent}/cancel", {})[:2] == (400, "payment_intent_unexpected_state")
    assert refusal(stripe, path, {"amount_to_capture": "4001"})[:2] == (400, "amount_too_large")
    released = call(stripe, path, {"amount_to_capture": "0", "final_capture": "true"})[1]
    assert (released["status"], released["amount_capturable"], released["amount_received"]) == ("succeeded", 0, 6_000)


def test_an_authorization_ends_after_seven_days(stripe: StripeServer) -> None:
    stripe.account.multicapture = True
    untouched, started = hold(stripe)["id"], hold(stripe)["id"]
    call(stripe, f"payment_intents/{started}/capture", {"amount_to_capture": "100", "final_capture": "false"})
    stripe.account.pass_time(7 * DAY - 5)
    assert call(stripe, f"payment_intents/{untouched}")[1]["status"] == "requires_capture"
    stripe.account.pass_time(5)
    ends = [call(stripe, f"payment_intents/{name}")[1] for name in (untouched, started)]
    assert [(each["status"], each["cancellation_reason"]) for each in ends] == [("canceled", "automatic"), ("succeeded", None)]
    assert refusal(stripe, f"payment_intents/{untouched}/capture", {})[:2] == (400, "payment_intent_unexpected_state")
    assert [event["type"] for event in stripe.account.events[-2:]] == ["payment_intent.canceled", "payment_intent.succeeded"]


def test_a_refund_stays_within_its_charge(stripe: StripeServer) -> None:
    intent = hold(stripe)["id"]
    about = {"payment_intent": intent}
    assert refusal(stripe, "refunds", about)[2] == f"This PaymentIntent ({intent}) does not have a successful charge to refund."
    call(stripe, f"payment_intents/{intent}/capture", {})
    assert call(stripe, "refunds", about | {"amount": "7500"})[1]["status"] == "succeeded"
    too_much = "Refund amount (€25.01) is greater than unrefunded amount on charge (€25.00)"
    assert refusal(stripe, "refunds", about | {"amount": "2501"}) == (400, "amount_too_large", too_much)
    assert refusal(stripe, "refunds", about | {"amount": "0"})[:2] == (400, "parameter_invalid_integer")
    call(stripe, "refunds", about)
    assert refusal(stripe, "refunds", about)[:2] == (400, "charge_already_refunded")
    disputed = hold(stripe)["id"]
    call(stripe, f"payment_intents/{disputed}/capture", {})
    dispute(stripe.account, disputed)
    assert refusal(stripe, "refunds", {"payment_intent": disputed})[:2] == (400, "charge_disputed")


def test_who_may_not_ask_and_what_is_not_there(stripe: StripeServer) -> None:
    status, code, sentence = refusal(stripe, "payment_intents/pi_1", secret="sk_test_somebody_else")
    assert (status, code) == (401, "invalid_request_error")
    assert "somebody" not in sentence
    assert refusal(stripe, "payment_intents/pi_1") == (404, "resource_missing", "No such payment_intent: 'pi_1'")
    assert refusal(stripe, "payment_intents/pi_1/capture", {})[:2] == (404, "resource_missing")
    assert refusal(stripe, "refunds", {"payment_intent": "pi_1"})[:2] == (404, "resource_missing")
    assert refusal(stripe, "charges/ch_1/capture", {}) == (
        404,
        "invalid_request_error",
        "Unrecognized request URL (POST: /v1/charges/ch_1/capture).",
    )


def test_one_key_is_one_call(stripe: StripeServer) -> None:
    first = hold(stripe, key="k")
    status, again, headers = call(stripe, "payment_intents", _hold_params(), "k")
    assert (status, again, headers["Idempotent-Replayed"]) == (200, first, "true")
    status, code, sentence = refusal(stripe, "payment_intents", _hold_params() | {"amount": "9999"}, key="k")
    assert (status, code) == (400, "idempotency_error")
    assert sentence.startswith("Keys for idempotent requests can only be used with the same parameters they were first used with.")
    assert len(stripe.account.intents) == 1
    stripe.account.pass_time(DAY)
    assert call(stripe, "payment_intents", _hold_params(), "k")[1]["id"] != first["id"]


def test_a_key_remembers_what_the_work_answered_and_nothing_of_a_failed_validation(stripe: StripeServer) -> None:
    poor = _hold_params() | {"payment_method": "pm_card_visa_chargeDeclined"}
    assert refusal(stripe, "payment_intents", poor, key="declined")[0] == 402
    stripe.account.cards["pm_card_visa_chargeDeclined"] = ""
    assert refusal(stripe, "payment_intents", poor, key="declined")[0] == 402
    small = _hold_params() | {"amount": "1"}
    assert refusal(stripe, "payment_intents", small, key="small")[0] == 400
    assert call(stripe, "payment_intents", _hold_params(), "small")[0] == 200
    stripe.api.fail(Fault.ERROR_BEFORE)
    assert call(stripe, "payment_intents", _hold_params(), "broken")[0] == 500
    status, _, headers = call(stripe, "payment_intents", _hold_params(), "broken")
    assert (status, headers["Idempotent-Replayed"]) == (500, "true")


def test_a_key_that_is_at_work_conflicts(stripe: StripeServer) -> None:
    stripe.api.gate = threading.Event()
    first = threading.Thread(target=call, args=(stripe, "payment_intents", _hold_params(), "k"))
    first.start()
    while "k" not in stripe.api.keys:
        pass
    assert refusal(stripe, "payment_intents", _hold_params(), key="k")[:2] == (409, "idempotency_key_in_use")
    stripe.api.gate.set()
    first.join()
    stripe.api.gate = None
    assert call(stripe, "payment_intents", _hold_params(), "k")[0] == 200
    assert len(stripe.account.intents) == 1


def test_too_many_calls_and_a_locked_object_answer_429(stripe: StripeServer) -> None:
    stripe.api.fail(Fault.BUSY)
    stripe.api.fail(Fault.LOCKED)
    assert refusal(stripe, "payment_intents", _hold_params())[:2] == (429, "rate_limit")
    assert refusal(stripe, "payment_intents", _hold_params())[:2] == (429, "lock_timeout")


def test_a_search_finds_what_is_a_minute_old_and_a_list_everything(stripe: StripeServer) -> None:
    intent = call(stripe, "payment_intents", _hold_params() | {"metadata[holdfast_key]": "it's/1"})[1]["id"]
    search = "payment_intents/search?" + urlencode({"query": "metadata['holdfast_key']:'it\\'s/1'"})
    assert call(stripe, search)[1]["data"] == []
    stripe.account.pass_time(60)
    assert [found["id"] for found in call(stripe, search)[1]["data"]] == [intent]
    others = [hold(stripe)["id"] for _ in range(2)]
    page = call(stripe, "payment_intents?limit=2")[1]
    assert ([found["id"] for found in page["data"]], page["has_more"]) == (others[::-1], True)
    assert [found["id"] for found in call(stripe, f"payment_intents?starting_after={others[0]}")[1]["data"]] == [intent]
    assert refusal(stripe, "payment_intents/search?query=nonsense")[0] == 400


def test_a_form_is_read_as_stripe_reads_it() -> None:
    assert nested("a[b][c]=1&d[]=2&d[]=3&e[0]=4&f=x%26y&g=") == {"a": {"b": {"c": "1"}}, "d": ["2", "3"], "e": ["4"], "f": "x&y", "g": ""}


def _hold_params() -> dict[str, str]:
    given = {"amount": "10000", "currency": "eur", "capture_method": "manual", "confirm": "true", "payment_method": "pm_card_visa"}
    return given | {"payment_method_options[card][request_multicapture]": "if_available"}
