"""The payment gateway: as strict as the real ones about what may be captured, until when, and what may be given back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import NotFound, RefundTooHigh, Refused
from domain.money import Money
from integrations.ports import Approved, Declined
from integrations.simulated.scripts import CardScript
from integrations.simulated.store import Port, Subject, Withdrawn, World, happened

LASTS = timedelta(days=7)
"""How long most card authorizations last."""

AUTHORIZE, CAPTURE, REFUND = "authorization", "capture", "refund"


class SimulatedPayments:
    """The port `Payments`: captures stay within their authorization, refunds within their capture, and both in one currency.

    What a card does is scripted by order (`CardScript`); a token that contains "declined" is always declined. A declined key stays
    declined: a new attempt needs a new key, as at real gateways. An authorization ends `lasts` after it was given, by `clock`.
    """

    def __init__(self, world: World, clock: Callable[[], datetime] = lambda: datetime.now(UTC), lasts: timedelta = LASTS) -> None:
        self._world, self._clock, self._lasts = world, clock, lasts

    async def authorize(self, key: str, order: str, amount: Money, reference: str, asked_at: datetime | None = None) -> Approved | Declined:
        _positive("authorization", amount)
        await self._world.until_asked(order)

        def ask_the_bank(connection: sqlite3.Connection) -> dict[str, Any]:
            earlier = connection.execute("SELECT count(*) FROM authorizations WHERE order_key = ?", (order,)).fetchone()[0]
            card = self._world.script_of(order).card
            no = card is CardScript.DECLINED or (card is CardScript.DECLINED_ONCE and earlier == 0) or "declined" in reference
            declined = "Insufficient funds." if no else ""
            number = connection.execute(
                "INSERT INTO authorizations (key, order_key, token, minor, currency, declined) VALUES (?, ?, ?, ?, ?, ?)",
                (key, order, reference, amount.minor, amount.currency, declined),
            ).lastrowid
            if declined:
                return {"declined": declined}
            happened(connection, Port.PAYMENTS, key, AUTHORIZE)
            expires_at, single = self._clock() + self._lasts, card is CardScript.CAPTURES_ONCE
            connection.execute("INSERT INTO authorization_terms VALUES (?, ?, ?)", (number, expires_at.isoformat(), single))
            return {"reference": f"auth_{number:08}", "lasts": self._lasts.total_seconds(), "single": single}

        said = {"order": order, "amount": amount.model_dump(), "reference": reference}
        return _verdict(await self._world.once(Port.PAYMENTS, AUTHORIZE, key, said, Subject(order=order, about="payment"), ask_the_bank))

    async def void(self, key: str, authorization: str = "") -> None:
        def release(connection: sqlite3.Connection, _answer: dict[str, Any]) -> str:
            released = connection.execute("UPDATE authorizations SET voided = 1 WHERE key = ? AND declined = ''", (key,)).rowcount
            return "authorization voided" if released else ""

        await self._world.withdraw(Port.PAYMENTS, (AUTHORIZE,), key, release)

    async def capture(self, key: str, authorization: str, amount: Money) -> Approved | Declined:
        _positive("capture", amount)
        number = int(authorization.removeprefix("auth_")) if authorization.removeprefix("auth_").isdecimal() else 0
        order = await self._world.off_loop(self._order_of, number)

        def take(connection: sqlite3.Connection) -> dict[str, Any]:
            granted = connection.execute(
                "SELECT a.*, t.expires_at, t.single FROM authorizations a LEFT JOIN authorization_terms t ON t.number = a.number"
                " WHERE a.number = ? AND a.declined = ''",
                (number,),
            ).fetchone()
            if granted is None:
                raise NotFound("authorization", authorization)
            _same_currency("capture", amount, granted["currency"])
            taken = connection.execute(
                "SELECT coalesce(sum(minor), 0) FROM captures WHERE authorization = ? AND declined = ''", (number,)
            ).fetchone()[0]
            spent = bool(granted["single"] and taken)
            if not spent and taken + amount.minor > granted["minor"]:
                left = Money(minor=granted["minor"] - taken, currency=amount.currency)
                raise Refused(f"A capture of {amount} is more than the {left} left of the authorization {authorization!r}.")
            attempts = connection.execute("SELECT count(*) FROM captures WHERE order_key = ?", (granted["order_key"],)).fetchone()[0]
            card = self._world.script_of(granted["order_key"]).card
            declined = ended = ""
            if granted["voided"]:
                declined = ended = "The authorization was voided."
            elif spent:
                declined = ended = "The authorization was captured before, and nothing of it is left."
            elif granted["expires_at"] and self._clock() >= datetime.fromisoformat(granted["expires_at"]):
                declined = ended = f"The authorization expired on {granted['expires_at'][:10]}."
            elif card is CardScript.CAPTURE_FAILS_ONCE and attempts == 0:
                declined = "The card issuer did not release the funds."
            capture = connection.execute(
                "INSERT INTO captures (key, authorization, order_key, minor, declined) VALUES (?, ?, ?, ?, ?)",
                (key, number, granted["order_key"], amount.minor, declined),
            ).lastrowid
            if declined:
                return {"declined": declined, "lapsed": bool(ended)}
            happened(connection, Port.PAYMENTS, key, CAPTURE)
            return {"reference": f"cap_{capture:08}"}

        said = {"authorization": authorization, "amount": amount.model_dump()}
        try:
            return _verdict(await self._world.once(Port.PAYMENTS, CAPTURE, key, said, Subject(order=order, about=key), take))
        except Withdrawn as withdrawn:
            return Declined(reason=str(withdrawn))

    async def refund(self, key: str, payment: str, amount: Money, authorization: str = "") -> Approved | Declined:
        _positive("refund", amount)
        order = await self._world.off_loop(self._order_of_capture, payment) or key.rpartition("/refund/")[0]

        def give_back(connection: sqlite3.Connection) -> dict[str, Any]:
            asked = connection.execute("SELECT count(*) FROM calls WHERE operation = ? AND order_key = ?", (REFUND, order)).fetchone()[0]
            if self._world.script_of(order).card is CardScript.REFUND_FAILS_ONCE and asked == 0:
                return {"declined": "The account was closed."}
            capture = connection.execute(
                "SELECT c.*, a.currency FROM captures c JOIN authorizations a ON a.number = c.authorization"
                " WHERE c.key = ? AND c.declined = ''",
                (payment,),
            ).fetchone()
            if capture is not None:
                _same_currency("refund", amount, capture["currency"])
                left = capture["minor"] - capture["refunded"]
                if amount.minor > left:
                    raise RefundTooHigh(f"the capture {payment!r}", amount.minor, left)
                connection.execute("UPDATE captures SET refunded = refunded + ? WHERE number = ?", (amount.minor, capture["number"]))
            number = connection.execute(
                "INSERT INTO refunds (key, payment, minor, currency) VALUES (?, ?, ?, ?)", (key, payment, amount.minor, amount.currency)
            ).lastrowid
            happened(connection, Port.PAYMENTS, key, REFUND)
            return {"reference": f"{'re' if capture else 'tr'}_{number:08}"}

        said = {"payment": payment, "amount": amount.model_dump()}
        return _verdict(await self._world.once(Port.PAYMENTS, REFUND, key, said, Subject(order=order, about=key), give_back))

    async def cancel_capture(self, key: str, authorization: str = "") -> None:
        def give_all_back(connection: sqlite3.Connection, _answer: dict[str, Any]) -> str:
            given = connection.execute("UPDATE captures SET refunded = minor WHERE key = ? AND declined = ''", (key,)).rowcount
            return "capture given back" if given else ""

        await self._world.withdraw(Port.PAYMENTS, (CAPTURE,), key, give_all_back)

    def _order_of(self, authorization: int) -> str:
        rows = self._world.rows("SELECT order_key FROM authorizations WHERE number = ?", authorization)
        return str(rows[0]["order_key"]) if rows else ""

    def _order_of_capture(self, key: str) -> str:
        rows = self._world.rows("SELECT order_key FROM captures WHERE key = ?", key)
        return str(rows[0]["order_key"]) if rows else ""


def _positive(what: str, amount: Money) -> None:
    if amount.minor <= 0:
        raise Refused(f"A {what} of {amount} is not possible: the amount must be positive.")


def _same_currency(what: str, amount: Money, currency: str) -> None:
    if amount.currency != currency:
        raise Refused(f"A {what} in {amount.currency} is not possible: the payment is in {currency}.")


def _verdict(answer: dict[str, Any]) -> Approved | Declined:
    if "declined" in answer:
        return Declined(reason=answer["declined"], lapsed=answer.get("lapsed", False))
    return Approved.model_validate(answer)
