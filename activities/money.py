"""Cards: money is authorized, captured, given back."""

from __future__ import annotations

from temporalio import activity

from activities.steps import once_outside, undo
from database import payments
from database.engine import Database
from domain.money_steps import (
    Authorization,
    AuthorizePayment,
    Capture,
    CapturePayment,
    RefundCapture,
    Refunded,
    RefundPayment,
    VoidAuthorization,
)
from domain.steps import Recorded
from integrations.ports import Declined, Payments


class MoneyActivities:
    def __init__(self, database: Database, gateway: Payments) -> None:
        self.database, self.gateway = database, gateway

    @activity.defn
    async def authorize_payment(self, request: AuthorizePayment) -> Authorization:
        """Ask the gateway for the order's total."""

        granted = ""

        async def call() -> Authorization:
            nonlocal granted
            answer = await self.gateway.authorize(request.key, request.order, request.amount, request.reference, request.at)
            if isinstance(answer, Declined):
                return Authorization(declined=answer.reason)
            granted = answer.reference
            # In business time, and rather too early: it is counted from when the step was first asked for.
            expires_at = request.at + answer.lasts if answer.lasts is not None else None
            return Authorization(authorization=answer.reference, expires_at=expires_at, single=answer.single)

        async def give_up() -> None:
            await self.gateway.void(request.key, granted)

        return await once_outside(self.database, request, Authorization, call, payments.record_authorization, give_up)

    @activity.defn
    async def void_authorization(self, request: VoidAuthorization) -> Recorded:
        """Give up an authorization."""
        await self.gateway.void(request.undoes, request.authorization)
        return await undo(self.database, request, request.undoes, payments.void_authorization)

    @activity.defn
    async def capture_payment(self, request: CapturePayment) -> Capture:
        """Take the money of a shipment."""

        async def call() -> Capture:
            answer = await self.gateway.capture(request.key, request.authorization, request.amount)
            if isinstance(answer, Declined):
                return Capture(declined=answer.reason, lapsed=answer.lapsed)
            return Capture()

        async def give_back() -> None:
            await self.gateway.cancel_capture(request.key, request.authorization)

        return await once_outside(self.database, request, Capture, call, payments.record_capture, give_back)

    @activity.defn
    async def refund_capture(self, request: RefundCapture) -> Recorded:
        """Undo a capture."""
        await self.gateway.cancel_capture(request.undoes, request.authorization)
        return await undo(self.database, request, request.undoes, payments.refund_capture)

    @activity.defn
    async def refund_payment(self, request: RefundPayment) -> Refunded:
        """Give money back; the amount is checked against what is left of the payment before the gateway is asked."""

        async def call() -> Refunded:
            authorization = await self.database.read(payments.check_refund, request)
            if request.by_hand or request.to_account:
                return Refunded()
            answer = await self.gateway.refund(request.key, request.payment, request.amount, authorization)
            return Refunded(declined=answer.reason if isinstance(answer, Declined) else "")

        async def nothing_undoes_a_refund() -> None:
            return None

        return await once_outside(self.database, request, Refunded, call, payments.book_refund, nothing_undoes_a_refund)
