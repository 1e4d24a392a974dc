"""What happens at Stripe without a call of ours: banks send refunds back and take money back, and customers pay on Stripe's pages."""

from __future__ import annotations

import hashlib
import hmac
import json

from integrations.simulated.stripe.account import StripeAccount, Thing


def fail_refund(account: StripeAccount, name: str, reason: str = "expired_or_canceled_card") -> Thing:
    """The bank sends a refund back, days later: the money is with us again."""
    refund = account.refunds[name]
    refund |= {"status": "failed", "failure_reason": reason}
    account.charges[refund["charge"]]["amount_refunded"] -= refund["amount"]
    account.tell("refund.failed", refund)
    return refund


def dispute(
    account: StripeAccount, intent: str, amount: int | None = None, reason: str = "fraudulent", status: str = "needs_response"
) -> Thing:
    """The cardholder's bank takes the money back; `warning_needs_response` only asks."""
    charge = account.charges[account.intents[intent]["latest_charge"]]
    found: Thing = {
        "id": account.new_id("dp"),
        "object": "dispute",
        "amount": amount if amount is not None else charge["amount_captured"] - charge["amount_refunded"],
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "livemode": False,
        "metadata": {},
        "payment_intent": intent,
        "reason": reason,
        "status": status,
    }
    charge["disputed"] = not status.startswith("warning")
    account.disputes[found["id"]] = found
    account.tell("charge.dispute.created", found)
    return found


def close_dispute(account: StripeAccount, name: str, status: str) -> Thing:
    """`won`: the money is ours again; `lost`: it stays away."""
    found = account.disputes[name]
    found["status"] = status
    account.charges[found["charge"]]["disputed"] = status == "lost"
    account.tell("charge.dispute.closed", found)
    return found


def checkout(account: StripeAccount, order: str, amount: int, currency: str = "eur") -> Thing:
    """A customer pays through a payment page; the page's session names the order."""
    intent = account.create({"amount": str(amount), "currency": currency, "payment_method": "pm_card_visa", "confirm": "true"})
    session: Thing = {
        "id": account.new_id("cs"),
        "object": "checkout.session",
        "amount_total": amount,
        "client_reference_id": order,
        "currency": currency,
        "metadata": {},
        "mode": "payment",
        "payment_intent": intent["id"],
        "payment_status": "paid",
        "status": "complete",
    }
    account.tell("checkout.session.completed", session)
    return session


def sent(event: Thing, secret: str, at: int) -> tuple[bytes, str]:
    """An event as Stripe sends it: the body, and the Stripe-Signature header of a moment (seconds since 1970)."""
    body = json.dumps(event, indent=2).encode()
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={at},v1={signature},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
