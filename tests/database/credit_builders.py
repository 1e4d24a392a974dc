"""Short ways to credit: what is asked, limits, payments and the stops of a small house."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import credit, credit_terms, payments
from database.credit_releases import check_credit, record_credit_release
from database.exposure import Whose, exposure, the_customer
from database.tables import CreditWait, OutboxFact
from domain.credit import BlockCustomer, BlockKind, CreditJudged, CreditQuestion, SetAgeingHold, SetCreditLimit, StopStage
from domain.credit_steps import CheckCredit, RecordCreditRelease
from domain.money import Money
from domain.money_steps import ApplyPayment, Part
from domain.order import PlaceOrder
from domain.steps import Recorded
from tests.database.builders import DAY, NOW, House, eur, step


def asked(stage: StopStage = StopStage.RELEASE, on_terms: bool = True) -> CreditQuestion:
    return CreditQuestion(stage=stage, on_terms=on_terms, review_at=NOW + DAY, day=DAY)


async def parts(house: House, customer: str = "C-1", currency: str = "EUR", whose: Whose | None = None) -> tuple[int, int, int, int]:
    """(balances, uninvoiced, unshipped, on account) in minor units."""
    found = await house(exposure, whose or the_customer(customer), currency)
    return found.balances.minor, found.uninvoiced.minor, found.unshipped.minor, found.on_account.minor


async def judged(
    house: House, placed: PlaceOrder, stage: StopStage = StopStage.RELEASE, on_terms: bool = True, later: timedelta = timedelta(0)
) -> tuple[str, ...]:
    """Why the order may not go on at this stage."""

    def judge(session: Session) -> CreditJudged:
        return credit.judge(session, asked(stage, on_terms), placed.key, placed.customer, placed.total, NOW + later)

    return (await house(judge)).reasons


async def limit(house: House, amount: int | None, customer: str = "C-1", currency: str = "EUR", n: int = 0) -> tuple[str, ...]:
    """Set a limit; the orders that are told they may go on."""
    money = None if amount is None else Money(minor=amount, currency=currency)
    at = NOW + timedelta(seconds=n)
    request = SetCreditLimit(customer=customer, currency=currency, amount=money, reason="annual review", actor="anna", at=at)
    return (await house(credit_terms.set_limit, request)).told


async def block(house: House, kind: BlockKind | None, customer: str = "C-1", reason: str = "fraud", n: int = 0) -> tuple[str, ...]:
    request = BlockCustomer(customer=customer, kind=kind, reason=reason, actor="anna", at=NOW + timedelta(seconds=n))
    return (await house(credit_terms.block_customer, request)).told


async def ageing(house: House, days: int | None, customer: str = "", n: int = 0) -> tuple[str, ...]:
    request = SetAgeingHold(customer=customer, days=days, reason="policy", actor="anna", at=NOW + timedelta(seconds=n))
    return (await house(credit_terms.set_ageing_hold, request)).told


async def pay(house: House, placed: PlaceOrder, amount: int, *invoices: tuple[int, int], name: str = "BANK-1") -> None:
    """A payment of `amount`, of which (invoice, minor units) are applied."""
    parts = tuple(Part(invoice=number, amount=eur(minor)) for number, minor in invoices)
    request = ApplyPayment(**step(f"payment/{name}", placed.key), payment=name, amount=eur(amount), parts=parts)
    await house.once(request, Recorded, payments.apply_payment)


async def check(house: House, placed: PlaceOrder, stage: StopStage = StopStage.RELEASE, n: int = 1) -> tuple[str, ...]:
    request = CheckCredit(**step(f"credit_check/{n}", placed.key), question=asked(stage))
    return (await house.once(request, CreditJudged, check_credit)).reasons


async def release(house: House, placed: PlaceOrder, n: int = 1, **changes: Any) -> None:
    fields: dict[str, Any] = {"by": "anna", "roles": ("credit_controller",), "reason": "paid by cheque", "expires_at": NOW + 7 * DAY}
    await house.once(RecordCreditRelease(**step(f"credit_release/{n}", placed.key), **fields | changes), Recorded, record_credit_release)


async def waiting(house: House) -> list[tuple[str, str, bool]]:
    """(order, subject, was it told that it may go on) of every order that credit has stopped."""

    def read(session: Session) -> list[tuple[str, str, bool]]:
        rows = session.scalars(select(CreditWait).order_by(CreditWait.order, CreditWait.subject))
        return [(row.order, row.subject, row.told_at is not None) for row in rows]

    return await house(read)


async def told(house: House) -> list[tuple[str, str]]:
    """(order, fact) of everything in the outbox."""

    def read(session: Session) -> list[tuple[str, str]]:
        return [(row.order, row.name) for row in session.scalars(select(OutboxFact).order_by(OutboxFact.at, OutboxFact.message_id))]

    return await house(read)
