"""An account with Stripe, in memory: payment intents with manual capture, refunds, disputes and the events that tell of them.

What is refused follows the documentation, rule by rule:

* docs.stripe.com/api/idempotent_requests: one key, one set of parameters, the first answer again for 24 hours (an HTTP 500 too); nothing
  is kept of what failed validation; a key that is at work answers 409.
* docs.stripe.com/payments/place-a-hold-on-a-payment-method: an authorization ends at its charge's `capture_before`, seven days for most
  cards; nothing captured: `canceled`, something captured: `succeeded`.
* docs.stripe.com/payments/multicapture: more than one capture only where it was asked for and is available, at most 50, `final_capture`
  ends it, a capture of 0 releases the rest.
* docs.stripe.com/api/payment_intents/capture and /cancel: only from their states, never above `amount_capturable`, no cancel once captured.
* docs.stripe.com/api/refunds: never above what is left of the charge, nothing of an uncaptured or disputed one.
* docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: 0.50 in most currencies, eight digits at most.
* docs.stripe.com/search: what is searched for appears within a minute; lists are exact.
* docs.stripe.com/error-codes, /declines/codes, /testing for the words.
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from integrations.simulated.stripe.faults import StripeRefusal, invalid, missing, not_now

Thing = dict[str, Any]

WEEK, DAY = 7 * 86_400, 86_400
LEAST, MOST = 50, 99_999_999
"""Minor units of one payment."""

CAPTURES = 50
CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")

DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
SIGNS = {"eur": "€", "usd": "$", "gbp": "£"}


class StripeAccount:
    """`cards` maps a payment method to the code with which it declines, empty when it pays; `customers` says whose method is kept."""

    def __init__(self, clock: Callable[[], float] = time.time, multicapture: bool = False, indexed_after: float = 60.0) -> None:
        self.clock, self.multicapture, self.indexed_after = clock, multicapture, indexed_after
        self.key = "sk_test_holdfast_double"
        self.cards: dict[str, str] = {
            "pm_card_visa": "",
            "pm_card_visa_chargeDeclined": "generic_decline",
            "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
            "pm_card_chargeDeclinedExpiredCard": "expired_card",
            "pm_card_authenticationRequired": "authentication_required",
        }
        self.customers: dict[str, set[str]] = {}
        self.used_once: set[str] = set()
        self.intents: dict[str, Thing] = {}
        self.charges: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self.disputes: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.lock = threading.RLock()
        self.asked_by: str | None = None  # the idempotency key of the call at work; None for what is done by hand
        self._passed = 0.0
        self._numbers = itertools.count(1)

    # --- time ----------------------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        return int(self.clock() + self._passed)

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the account alone; what ends meanwhile says so in an event."""
        with self.lock:
            self._passed += seconds
            for intent in self.intents.values():
                self._lapse(intent)

    # --- payment intents -----------------------------------------------------------------------------------------------------------

    def create(self, given: Thing) -> Thing:
        amount, currency = self._amount(given, "amount"), str(given.get("currency", "")).lower()
        if not currency:
            raise invalid("Missing required param: currency.", code="parameter_missing", param="currency")
        if len(currency) != 3 or not currency.isalpha():
            raise invalid(f"Invalid currency: {currency}.", param="currency")
        if amount < LEAST:
            raise invalid(f"Amount must be at least {SIGNS.get(currency, '')}0.50 {currency}", code="amount_too_small", param="amount")
        if amount > MOST:
            raise invalid(f"Amount must be no more than {shown(MOST, currency)}", code="amount_too_large", param="amount")
        method, customer = str(given.get("payment_method", "")), str(given.get("customer", ""))
        self._check_method(method, customer)
        asked = given.get("payment_method_options", {}).get("card", {}).get("request_multicapture") == "if_available"
        intent: Thing = {
            "id": self.new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": given.get("capture_method", "automatic"),
            "created": self.now(),
            "currency": currency,
            "customer": customer or None,
            "description": given.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": dict(given.get("metadata", {})),
            "payment_method": method or None,
            "payment_method_types": ["card"],
            "status": "requires_confirmation",
        }
        self.intents[intent["id"]] = intent
        if given.get("confirm") == "true":
            self._confirm(intent, asked and self.multicapture)
        return intent

    def _check_method(self, method: str, customer: str) -> None:
        if customer and customer not in self.customers:
            raise StripeRefusal(400, "invalid_request_error", f"No such customer: '{customer}'", code="resource_missing", param="customer")
        kept = method in self.customers.get(customer, set())
        if method not in self.cards and not kept:
            message = f"No such PaymentMethod: '{method}'"
            raise StripeRefusal(400, "invalid_request_error", message, code="resource_missing", param="payment_method")
        if method in self.used_once and not kept:
            raise invalid(
                "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was detached from a"
                " Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
                param="payment_method",
            )

    def _confirm(self, intent: Thing, multicapture: bool) -> None:
        """Ask the bank."""
        method = str(intent["payment_method"])
        if not method.startswith("pm_card_"):  # Stripe's own test methods may be used again and again
            self.used_once.add(method)
        declined = self.cards.get(method, "")
        charge: Thing = {
            "id": self.new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "created": self.now(),
            "currency": intent["currency"],
            "disputed": False,
            "failure_code": None,
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "paid": not declined,
            "payment_intent": intent["id"],
            "payment_method": method,
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "capture_before": self.now() + WEEK,
                    "last4": "4242",
                    "multicapture": {"status": "available" if multicapture else "unavailable"},
                },
                "type": "card",
            },
            "refunded": False,
            "status": "failed" if declined else "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        if declined:
            code = declined if declined in ("expired_card", "authentication_required") else "card_declined"
            charge["failure_code"] = code
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"type": "card_error", "code": code, "decline_code": declined, "message": DECLINES[declined]}
            self.tell("payment_intent.payment_failed", intent)
            raise StripeRefusal(
                402, "card_error", DECLINES[declined], code=code, decline_code=declined, kept=True, intent=copy.deepcopy(intent)
            )
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self.tell("payment_intent.amount_capturable_updated", intent)
        else:
            del charge["payment_method_details"]["card"]["capture_before"]
            charge |= {"captured": True, "amount_captured": intent["amount"]}
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}
            self.tell("payment_intent.succeeded", intent)

    def intent(self, name: str) -> Thing:
        found = self.intents.get(name)
        if found is None:
            raise missing("payment_intent", name)
        self._lapse(found)
        return found

    def update(self, name: str, given: Thing) -> Thing:
        intent = self.intent(name)
        intent["metadata"] |= {key: str(value) for key, value in given.get("metadata", {}).items()}
        return intent

    def capture(self, name: str, given: Thing) -> Thing:
        intent = self.intent(name)
        if intent["status"] != "requires_capture":
            raise not_now(
                f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a PaymentIntent with one of"
                " the following statuses may be captured: requires_capture.",
                code="payment_intent_unexpected_state",
                intent=copy.deepcopy(intent),
            )
        charge = self.charges[intent["latest_charge"]]
        several = charge["payment_method_details"]["card"]["multicapture"]["status"] == "available"
        final = given.get("final_capture", "true") != "false"
        if not final and not several:
            raise not_now("Multicapture is not available for this PaymentIntent.", param="final_capture")
        amount = self._amount(given, "amount_to_capture") if "amount_to_capture" in given else intent["amount_capturable"]
        if amount > intent["amount_capturable"]:
            message = "The payment could not be captured because the requested capture amount is greater than the authorized amount."
            raise not_now(message, code="amount_too_large", param="amount_to_capture")
        if amount == 0 and not (several and final and intent["amount_received"]):
            raise invalid("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount_to_capture")
        if intent.setdefault("_captures", 0) >= CAPTURES:
            raise not_now(f"A PaymentIntent can be captured {CAPTURES} times.")
        intent["_captures"] += 1
        intent["metadata"] |= {key: str(value) for key, value in given.get("metadata", {}).items()}
        intent["amount_received"] += amount
        charge["amount_captured"] += amount
        intent["amount_capturable"] -= amount
        if final or not intent["amount_capturable"]:
            self._end(intent)
            self.tell("payment_intent.succeeded", intent)
        else:
            self.tell("payment_intent.amount_capturable_updated", intent)
        return intent

    def cancel(self, name: str, given: Thing) -> Thing:
        intent = self.intent(name)
        if intent["status"] not in CANCELLABLE or intent["amount_received"]:
            raise not_now(
                f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with one of the"
                f" following statuses may be canceled: {', '.join(CANCELLABLE)}.",
                code="payment_intent_unexpected_state",
                intent=copy.deepcopy(intent),
            )
        self._cancelled(intent, given.get("cancellation_reason"))
        return intent

    def _lapse(self, intent: Thing) -> None:
        if intent["status"] != "requires_capture":
            return
        charge = self.charges[intent["latest_charge"]]
        if self.now() < charge["payment_method_details"]["card"]["capture_before"]:
            return
        asked_by, self.asked_by = self.asked_by, None
        if intent["amount_received"]:
            self._end(intent)
            self.tell("payment_intent.succeeded", intent)
        else:
            self._cancelled(intent, "automatic")
        self.asked_by = asked_by

    def _cancelled(self, intent: Thing, reason: str | None) -> None:
        intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": self.now(), "cancellation_reason": reason}
        self.tell("payment_intent.canceled", intent)

    def _end(self, intent: Thing) -> None:
        """Nothing more is captured; the rest is released."""
        intent |= {"status": "succeeded", "amount_capturable": 0}
        self.charges[intent["latest_charge"]]["captured"] = True

    # --- refunds --------------------------------------------------------------------------------------------------------------------

    def refund(self, given: Thing) -> Thing:
        intent = self.intents.get(str(given.get("payment_intent", "")))
        if intent is None:
            raise missing("payment_intent", str(given.get("payment_intent", "")), "payment_intent")
        charge = self.charges.get(str(intent["latest_charge"]))
        if charge is None or not charge["amount_captured"]:
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise not_now(message, param="payment_intent")
        if charge["disputed"]:
            raise not_now(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise not_now(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = self._amount(given, "amount") if "amount" in given else left
        if amount < 1:
            raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
        if amount > left:
            currency = charge["currency"]
            message = f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge ({shown(left, currency)})"
            raise not_now(message, code="amount_too_large", param="amount")
        refund: Thing = {
            "id": self.new_id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": self.now(),
            "currency": charge["currency"],
            "failure_reason": None,
            "metadata": dict(given.get("metadata", {})),
            "payment_intent": intent["id"],
            "reason": given.get("reason"),
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["captured"] and charge["amount_refunded"] == charge["amount_captured"]
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
        return refund

    # --- what all of them need -------------------------------------------------------------------------------------------------------

    def _amount(self, given: Thing, param: str) -> int:
        if param not in given:
            raise invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)
        value = str(given[param])
        if not value.isascii() or not value.isdecimal():
            raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
        return int(value)

    def new_id(self, kind: str) -> str:
        return f"{kind}_3Double{next(self._numbers):016d}"

    def tell(self, name: str, about: Thing, before: Thing | None = None) -> None:
        self.events.append(
            {
                "id": self.new_id("evt"),
                "object": "event",
                "api_version": "2026-10-28.endive",
                "created": self.now(),
                "data": {"object": without_notes(about)} | ({"previous_attributes": before} if before else {}),
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None if self.asked_by is None else self.new_id("req"), "idempotency_key": self.asked_by},
                "type": name,
            }
        )


def without_notes(thing: Thing) -> Thing:
    """As the API shows it: a copy, without what the double notes for itself."""
    return copy.deepcopy({name: value for name, value in thing.items() if not name.startswith("_")})


def shown(amount: int, currency: str) -> str:
    return f"{SIGNS.get(currency, currency.upper() + ' ')}{amount / 100:.2f}"
