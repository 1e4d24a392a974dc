"""What tests of returns say to an order, and how they read what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.accounts import on_account
from database.debts import claims
from database.held import held
from database.tables import CreditFeeRow, CreditNote, Invoice, PaymentPart, SentBack
from domain.claims import ClaimView
from domain.lifecycle import Wait
from domain.messages import (
    Disposition,
    InspectedLine,
    LineQuantity,
    OtherGoods,
    RequestReturn,
    ReturnInspected,
    ReturnKind,
    ReturnReceived,
    ReturnScanned,
    ReturnWish,
)
from domain.order import PaymentTerms
from domain.views import HeldView
from tests.workflows.lives import delivered
from tests.workflows.shop import Living, Shop


def units(**quantities: int) -> tuple[LineQuantity, ...]:
    """`line1=2` is two units of line 1."""
    return tuple(LineQuantity(line=int(name.removeprefix("line")), quantity=quantity) for name, quantity in quantities.items())


def wanted(living: Living, kind: ReturnKind = ReturnKind.REFUND, wish: ReturnWish | None = None, **quantities: int) -> RequestReturn:
    stamp = living.stamp("customer")
    return RequestReturn(**stamp, lines=units(**quantities), kind=kind, reason="too loud", wish=wish or ReturnWish())


async def announce(living: Living, kind: ReturnKind = ReturnKind.REFUND, wish: ReturnWish | None = None, **quantities: int) -> int:
    """The number of a return that was requested and authorized."""
    await living.ask(wanted(living, kind, wish, **quantities))
    number = len((await living.state()).returns)
    await living.until(Wait.RETURNED_GOODS, f"return {number}")
    return number


async def arrive(
    living: Living,
    rma: int = 1,
    location: str = "BERLIN",
    damaged: dict[int, int] | None = None,
    others: dict[str, int] | None = None,
    **quantities: int,
) -> None:
    broken = tuple(LineQuantity(line=line, quantity=units) for line, units in (damaged or {}).items())
    strange = tuple(OtherGoods(item=item, quantity=units) for item, units in (others or {}).items())
    stamp = living.stamp("dock")
    await living.tell(ReturnReceived(**stamp, rma=rma, location=location, lines=units(**quantities), damaged=broken, others=strange))


async def scan(living: Living, rma: int = 1) -> None:
    await living.tell(ReturnScanned(**living.stamp("carrier"), rma=rma))


async def inspect(living: Living, *found: tuple[int, int, Disposition], rma: int = 1) -> None:
    lines = tuple(InspectedLine(line=number, quantity=quantity, disposition=what) for number, quantity, what in found)
    await living.tell(ReturnInspected(**living.stamp("dock"), rma=rma, lines=lines))


async def ends(living: Living, outcome: str, rma: int = 1) -> None:
    await living.when(lambda s: len(s.returns) >= rma and s.returns[rma - 1].outcome == outcome)
    assert (await living.view()).returns[rma - 1].status == outcome


async def come_back(living: Living, line: int = 1, quantity: int = 1, what: Disposition = Disposition.RESTOCK, rma: int = 1) -> None:
    """Units of an authorized return arrive, and somebody looks at them."""
    came: dict[str, Any] = {f"line{line}": quantity}
    await arrive(living, rma, **came)
    await living.until(Wait.INSPECTION, f"return {rma}")
    await inspect(living, (line, quantity, what), rma=rma)


async def paid(shop: Shop, *args: Any, **changes: Any) -> Living:
    """A prepaid order that has arrived: 4 units of PLENTY for 40.00 EUR."""
    return await delivered(shop, *args, terms=PaymentTerms.PREPAID, **changes)


async def claimed(living: Living) -> list[ClaimView]:
    return await living.shop.database.read(claims, living.key, True)


async def held_of(shop: Shop, item: str) -> list[HeldView]:
    return await shop.database.read(held, item)


async def store_credit(shop: Shop, customer: str) -> int:
    """Cents on a customer's account."""
    return await shop.database.read(on_account, customer, "EUR")


async def notes(living: Living) -> list[tuple[int, int]]:
    """(invoice, cents) of every credit note, in their order."""

    def read(session: Session) -> list[tuple[int, int]]:
        rows = session.scalars(select(CreditNote).where(CreditNote.order == living.key).order_by(CreditNote.credit))
        return [(row.invoice, row.total) for row in rows]

    return await living.shop.database.read(read)


async def fees(living: Living) -> list[tuple[str, int, int]]:
    """(what, net, tax) that was kept of credits, in cents."""

    def read(session: Session) -> list[tuple[str, int, int]]:
        rows = session.scalars(
            select(CreditFeeRow).where(CreditFeeRow.order == living.key).order_by(CreditFeeRow.credit, CreditFeeRow.what)
        )
        return [(row.what, row.net, row.tax) for row in rows]

    return await living.shop.database.read(read)


async def balances(living: Living) -> dict[int, int]:
    """Invoice -> cents that it still asks for."""

    def read(session: Session) -> dict[int, int]:
        rows = session.scalars(select(Invoice).where(Invoice.order == living.key).order_by(Invoice.invoice))
        return {row.invoice: row.balance for row in rows}

    found = await living.shop.database.read(read)
    state = await living.state()
    assert {invoice.number: invoice.balance.minor for invoice in state.invoices} == found
    return found


async def parts(living: Living) -> dict[int, int]:
    """Invoice -> cents that payments paid of it."""

    def read(session: Session) -> dict[int, int]:
        found: dict[int, int] = {}
        for row in session.scalars(select(PaymentPart).where(PaymentPart.order == living.key)):
            found[row.invoice] = found.get(row.invoice, 0) + row.amount
        return found

    return await living.shop.database.read(read)


async def sent_back(living: Living) -> list[str]:
    """What left again to the customer, as JSON of item and units."""

    def read(session: Session) -> list[str]:
        return list(session.scalars(select(SentBack.contents).where(SentBack.order == living.key)))

    return await living.shop.database.read(read)
