"""What an order asks about credit beside its other steps: may it go on now, and the release that somebody gave it."""

from __future__ import annotations

from domain.credit import CreditQuestion
from domain.money import Money
from domain.order import Moment
from domain.steps import Step


class CheckCredit(Step):
    """Judge an order that waits anew: its wait ends, or its reasons and its review date are written anew."""

    question: CreditQuestion
    subject: str = "order"  # or the shipment whose invoice waits
    let_pass: bool = False  # somebody entitled decided: the wait ends without a judgement


class RecordCreditRelease(Step):
    """Let the order pass the credit stops until `expires_at`, as long as it comes to no more than `cap`."""

    by: str
    roles: tuple[str, ...]
    reason: str
    expires_at: Moment
    cap: Money | None = None
