"""Returns: numbered without gaps, counted when they come, and booked unit by unit."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from database import orders, pricing, reading, returns, shipments
from database.tables import Item, TaxRateRow
from domain.errors import Refused
from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnKind
from domain.order import PlaceOrder, TaxLine
from domain.pricing.derivation import Margin
from domain.pricing.taxes import TaxRate
from domain.steps import (
    AuthorizeReturn,
    ChangeLines,
    LineChange,
    RecordDelivery,
    Recorded,
    RecordInspection,
    RecordReturnReceipt,
    ReturnAuthorized,
    SettleReturn,
)
from tests.database.builders import DAY, NOW, House, eur, line, step


async def delivered_order(house: House, external_id: str = "1001") -> PlaceOrder:
    placed = await house.shipped_order(external_id, line(1, "KETTLE", 4))
    proof = RecordDelivery(**step("deliver/1", placed.key), shipment=1, delivered_at=NOW, signed_by="M. Maier")
    await house.once(proof, Recorded, shipments.record_delivery)
    return placed


async def authorize(house: House, of: str = "shopify/1001", rma: int = 1) -> ReturnAuthorized:
    request = AuthorizeReturn(
        **step(f"rma/{rma}", of),
        rma=rma,
        lines=(LineQuantity(line=1, quantity=3),),
        kind=ReturnKind.REFUND,
        reason="too loud",
        location="LYON",
        expires_at=NOW + 21 * DAY,
    )
    return await house.once(request, ReturnAuthorized, lambda s, asked: returns.authorize_return(s, asked, f"BACK-{of}-{rma}"))


def inspection(*lines: tuple[int, Disposition]) -> RecordInspection:
    inspected = tuple(InspectedLine(line=1, quantity=quantity, disposition=disposition) for quantity, disposition in lines)
    return RecordInspection(**step("inspect/1"), rma=1, location="LYON", lines=inspected, items={1: "KETTLE"})


async def lyon(house: House) -> int:
    rows = await house.database.read(reading.stock, "KETTLE")
    return next(row.on_hand for row in rows if row.bin == "L-01")


async def test_return_numbers_have_no_gaps(house: House) -> None:
    first, second = await delivered_order(house, "1"), await delivered_order(house, "2")
    assert await authorize(house, first.key) == await authorize(house, first.key)
    assert (await authorize(house, second.key)).rma_number == "RMA-000002"


async def test_a_return_is_received_inspected_and_settled(house: House) -> None:
    placed = await delivered_order(house)
    assert await authorize(house) == ReturnAuthorized(rma_number="RMA-000001", tracking="BACK-shopify/1001-1")
    view = await house.database.read(reading.order_view, placed.key)
    assert [(wait.wait, wait.subject, wait.until) for wait in view.waits] == [("returned_goods", "return 1", NOW + 21 * DAY)]
    came = RecordReturnReceipt(
        **step("receive/1"), rma=1, location="LYON", lines=(LineQuantity(line=1, quantity=3),), inspect_due=NOW + 3 * DAY
    )
    await house.once(came, Recorded, returns.record_return_receipt)
    view = await house.database.read(reading.order_view, placed.key)
    assert [(wait.wait, wait.until) for wait in view.waits] == [("inspection", NOW + 3 * DAY)]
    before = await lyon(house)
    for _ in range(2):
        await house.once(inspection((2, Disposition.RESTOCK), (1, Disposition.SCRAP)), Recorded, returns.record_inspection)
    assert await lyon(house) == before + 2
    await house.once(SettleReturn(**step("settle/1"), rma=1, outcome="refunded"), Recorded, returns.settle_return)
    view = await house.database.read(reading.order_view, placed.key)
    assert [(r.document, r.status, r.lines, r.due_at) for r in view.returns] == [("RMA-000001", "refunded", {1: 3}, None)]
    assert view.lines[0].returned == 3


async def test_no_more_comes_back_than_was_delivered(house: House) -> None:
    await delivered_order(house)
    await authorize(house)
    before = await lyon(house)
    with pytest.raises(Refused, match="Line 1: 5 more cannot come back; 4 were delivered, 0 came"):
        await house.once(inspection((5, Disposition.RESTOCK)), Recorded, returns.record_inspection)
    assert await lyon(house) == before


def retax(session: Session) -> None:
    """Germany taxes kettles at 19 and grinders, for once, at 7 %; what a grinder costs us is known."""
    for code, rate in (("standard", "0.19"), ("reduced", "0.07")):
        session.add(TaxRateRow(**TaxRate(code=code, country="DE", title="MwSt", rate=Decimal(rate)).model_dump() | {"rate": rate}))
    grinder = session.get_one(Item, "GRINDER")
    grinder.tax_code, grinder.value = "reduced", 6_000


async def test_the_goods_of_an_exchange_are_taxed_as_they_are_and_say_what_they_earn(house: House) -> None:
    placed = await delivered_order(house)
    await house(retax)
    request = AuthorizeReturn(
        **step("rma/1", placed.key),
        rma=1,
        lines=(LineQuantity(line=1, quantity=1),),
        kind=ReturnKind.EXCHANGE,
        reason="too loud",
        location="LYON",
        expires_at=NOW + 21 * DAY,
        items=("GRINDER", "KETTLE"),
        units={"GRINDER": 1, "KETTLE": 1},
    )
    answer = await house.once(request, ReturnAuthorized, lambda s, asked: returns.authorize_return(s, asked, "BACK-1"))
    reduced = TaxLine(title="MwSt", rate=Decimal("0.07"), amount=eur(0))
    assert answer.taxes == {"GRINDER": (reduced,)}, "a kettle is taxed as the kettle that comes back"
    price, tax = Decimal(answer.prices["GRINDER"]), reduced.model_copy(update={"amount": eur(560)})
    sold = LineChange(line=101, add=1, item="GRINDER", unit_price=price, bills_to=101, origin="exchange", rma=1, taxes=(tax,))
    await house.once(ChangeLines(**step("change/1", placed.key), changes=(sold,), reason="exchange"), Recorded, orders.change_lines)
    [why] = await house.database.read(pricing.derivations, placed.key, 101)
    assert (why.charged, why.taxes) == (price, (tax,))
    assert why.margin == Margin(net=int(price * 100), cost=6_000)
