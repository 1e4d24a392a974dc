"""Purchase orders and transfers: told twice they count once, and what came is never more than what was expected."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from database import purchasing, supply, supply_reading, transfers
from database.audit import audit
from database.audit_supply import SUPPLY_RULES
from database.availability import scheduled_receipts
from database.tables import Stock, StockMovement, SupplySlip
from domain.errors import Conflict, NotFound, Refused
from domain.promising import ScheduledReceipt
from domain.purchasing import (
    CancelSupply,
    MoveSupply,
    PlacePurchase,
    PlaceTransfer,
    PurchaseLine,
    PurchaseStatus,
    ShipTransfer,
    TransferLine,
    TransferStatus,
)
from domain.steps import ReceiveStock
from tests.database.builders import DAY, NOW, House


def purchase(number: str = "PO-7", *lines: PurchaseLine, **changes: Any) -> PlacePurchase:
    fields: dict[str, Any] = {
        "purchase_order": number,
        "supplier": "HARIO",
        "location": "BERLIN",
        "lines": lines or (po_line(),),
        "at": NOW,
        "actor": "buyer",
    }
    return PlacePurchase(**fields | changes)


def po_line(line: int = 1, item: str = "KETTLE", ordered: int = 24, expected_at: datetime = NOW + 10 * DAY) -> PurchaseLine:
    return PurchaseLine(line=line, item=item, ordered=ordered, expected_at=expected_at)


def goods(quantity: int = 24, receipt: str = "DN-1", **changes: Any) -> ReceiveStock:
    fields: dict[str, Any] = {
        "receipt": receipt,
        "item": "KETTLE",
        "location": "BERLIN",
        "quantity": quantity,
        "at": NOW + 10 * DAY,
        "actor": "dock",
        "purchase_order": "PO-7",
        "purchase_line": 1,
    }
    return ReceiveStock(**fields | changes)


def slip(days: int, name: str = "s-1", **changes: Any) -> MoveSupply:
    fields: dict[str, Any] = {"slip": name, "purchase_order": "PO-7", "expected_at": NOW + days * DAY, "at": NOW, "actor": "buyer"}
    return MoveSupply(**fields | changes)


def transfer(number: str = "T-1", quantity: int = 6, **changes: Any) -> PlaceTransfer:
    fields: dict[str, Any] = {
        "transfer": number,
        "from_location": "BERLIN",
        "to_location": "LYON",
        "lines": (TransferLine(item="KETTLE", quantity=quantity),),
        "expected_at": NOW + 3 * DAY,
        "at": NOW,
        "actor": "buyer",
    }
    return PlaceTransfer(**fields | changes)


SHIP = ShipTransfer(transfer="T-1", at=NOW + DAY, actor="floor")
ARRIVED: dict[str, Any] = {"purchase_order": "", "purchase_line": 0, "transfer": "T-1", "location": "LYON"}


async def the_purchase(house: House, number: str = "PO-7") -> supply_reading.PurchaseView:
    (found,) = await house(supply_reading.purchases, number)
    return found


async def the_transfer(house: House) -> supply_reading.TransferView:
    (found,) = await house(supply_reading.transfers, None, True)
    return found


async def on_hand(house: House, location: str) -> int:
    def read(session: Session) -> int:
        return sum(session.scalars(select(Stock.on_hand).where(Stock.item == "KETTLE", Stock.location == location)))

    return await house(read)


async def test_a_purchase_order_placed_twice_is_one(house: House) -> None:
    assert not (await house(purchasing.place_purchase, purchase())).repeated
    assert (await house(purchasing.place_purchase, purchase())).repeated
    assert [order.purchase_order for order in await house(supply_reading.purchases)] == ["PO-7"]


async def test_two_buyers_at_once_place_one_purchase_order(house: House) -> None:
    placed = await asyncio.gather(*(house(purchasing.place_purchase, purchase()) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, BaseException) for each in placed) == 0
    assert len((await the_purchase(house)).lines) == 1


async def test_two_buyers_at_once_who_name_no_number_place_two_purchase_orders(house: House) -> None:
    await house(purchasing.place_purchase, purchase("PO-000002"))
    numbers = await asyncio.gather(*(house(purchasing.place_anew, purchase("next")) for _ in range(3)))
    assert sorted(numbers) == ["PO-000003", "PO-000004", "PO-000005"]
    assert len(await house(supply_reading.purchases)) == 4


@pytest.mark.parametrize(
    ("request_", "refusal", "sentence"),
    [
        (
            purchase(location="LYON"),
            Conflict,
            "Purchase order PO-7 is known with other content (from HARIO to BERLIN); nothing was changed.",
        ),
        (
            purchase("PO-7", po_line(ordered=25)),
            Conflict,
            "Purchase order PO-7 is known with other content (line 1: 24 x KETTLE); nothing was changed.",
        ),
        (purchase("PO-8", supplier="NOBODY"), NotFound, "There is no supplier 'NOBODY'."),
        (purchase("PO-8", location="MARS"), NotFound, "There is no location 'MARS'."),
        (purchase("PO-8", po_line(item="TEAPOT")), NotFound, "There is no item 'TEAPOT'."),
        (purchase("PO-8", po_line(), po_line(item="FILTER")), Refused, "Purchase order PO-8 names a line twice."),
    ],
)
async def test_a_purchase_order_that_cannot_be_says_why(
    house: House, request_: PlacePurchase, refusal: type[Refused], sentence: str
) -> None:
    await house(purchasing.place_purchase, purchase())
    with pytest.raises(refusal) as refused:
        await house(purchasing.place_purchase, request_)
    assert str(refused.value) == sentence
    assert [order.purchase_order for order in await house(supply_reading.purchases)] == ["PO-7"]


async def test_a_receipt_raises_stock_and_lowers_what_is_expected_once(house: House) -> None:
    await house(purchasing.place_purchase, purchase("PO-7", po_line(), po_line(2, "FILTER", 6)))
    await house(supply.receive, goods(20))
    assert (await house(supply.receive, goods(20))).repeated
    order = await the_purchase(house)
    assert [(line.item, line.received) for line in order.lines] == [("KETTLE", 20), ("FILTER", 0)]
    assert order.status is PurchaseStatus.OPEN
    assert await on_hand(house, "BERLIN") == 30


async def test_a_purchase_order_closes_with_its_last_unit(house: House) -> None:
    await house(purchasing.place_purchase, purchase())
    await house(supply.receive, goods(20))
    await house(supply.receive, goods(4, "DN-2"))
    assert (await the_purchase(house)).status is PurchaseStatus.CLOSED
    assert (await house(supply.receive, goods(4, "DN-2"))).repeated


async def test_more_than_is_expected_is_refused_with_what_to_do(house: House) -> None:
    await house(purchasing.place_purchase, purchase())
    await house(supply.receive, goods(20))
    with pytest.raises(Refused, match=r"Line 1 of purchase order PO-7 expects 4 more units, not 6: receive 4 .* the surplus of 2 with"):
        await house(supply.receive, goods(6, "DN-2"))
    assert await on_hand(house, "BERLIN") == 30


async def test_two_docks_at_once_do_not_receive_more_than_was_ordered(house: House) -> None:
    await house(purchasing.place_purchase, purchase())
    booked = await asyncio.gather(*(house(supply.receive, goods(10, f"DN-{n}")) for n in range(4)), return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in booked) == 2
    assert (await the_purchase(house)).lines[0].received == 20
    assert await on_hand(house, "BERLIN") == 30


async def test_a_receipt_number_belongs_to_one_document(house: House) -> None:
    await house(purchasing.place_purchase, purchase("PO-7", po_line(), po_line(2)))
    await house(supply.receive, goods(10))
    with pytest.raises(Conflict, match="against purchase/PO-7/1"):
        await house(supply.receive, goods(10, purchase_line=2))
    with pytest.raises(Refused, match="brings KETTLE to BERLIN, not FILTER to BERLIN"):
        await house(supply.receive, goods(1, "DN-2", item="FILTER"))


async def test_a_slip_moves_what_is_open_once(house: House) -> None:
    await house(purchasing.place_purchase, purchase("PO-7", po_line(ordered=4), po_line(2, "FILTER")))
    await house(supply.receive, goods(4))
    moved = await house(supply.move_supply, slip(20))
    assert (moved.supplies, moved.repeated) == (("purchase/PO-7/2",), False)
    assert (await house(supply.move_supply, slip(20))).repeated
    await house(supply.move_supply, slip(15, "s-2"))
    assert (await house(supply.move_supply, slip(20))).repeated
    assert [line.expected_at for line in (await the_purchase(house)).lines] == [NOW + 10 * DAY, NOW + 15 * DAY]

    def slips(session: Session) -> list[tuple[datetime, datetime]]:
        return [(row.was, row.becomes) for row in session.scalars(select(SupplySlip).order_by(SupplySlip.id))]

    assert await house(slips) == [(NOW + 10 * DAY, NOW + 20 * DAY), (NOW + 20 * DAY, NOW + 15 * DAY)]
    with pytest.raises(Conflict, match="to 2026-12-13"):
        await house(supply.move_supply, slip(30))


async def test_what_is_cancelled_is_not_expected_any_more(house: House) -> None:
    await house(purchasing.place_purchase, purchase())
    given_up = CancelSupply(purchase_order="PO-7", reason="the supplier closed", at=NOW, actor="buyer")
    assert (await house(supply.cancel_supply, given_up)).supplies == ("purchase/PO-7/1",)
    assert (await house(supply.cancel_supply, given_up)).repeated
    assert (await the_purchase(house)).status is PurchaseStatus.CANCELLED
    with pytest.raises(Refused, match="PO-7 is cancelled: it cannot slip"):
        await house(supply.move_supply, slip(3))
    with pytest.raises(Refused, match="PO-7 is cancelled: nothing of it is expected"):
        await house(supply.receive, goods(1))


async def test_giving_up_the_rest_closes_what_came_in_part(house: House) -> None:
    await house(purchasing.place_purchase, purchase())
    await house(supply.receive, goods(20))
    await house(supply.cancel_supply, CancelSupply(purchase_order="PO-7", at=NOW, actor="buyer"))
    assert (await the_purchase(house)).status is PurchaseStatus.CLOSED


async def test_a_transfer_leaves_the_one_and_reaches_the_other(house: House) -> None:
    await house(transfers.place_transfer, transfer())
    assert (await house(transfers.place_transfer, transfer())).repeated
    await house(transfers.ship_transfer, SHIP)
    assert (await house(transfers.ship_transfer, SHIP)).repeated
    assert (await on_hand(house, "BERLIN"), await on_hand(house, "LYON")) == (4, 4)
    await house(supply.receive, goods(5, **ARRIVED))
    assert (await the_transfer(house)).status is TransferStatus.SHIPPED
    await house(supply.receive, goods(1, "DN-2", **ARRIVED))
    assert (await the_transfer(house)).status is TransferStatus.RECEIVED
    assert (await on_hand(house, "BERLIN"), await on_hand(house, "LYON")) == (4, 10)


BOTH = (TransferLine(item="KETTLE", quantity=6), TransferLine(item="FILTER", quantity=30))


async def filters_in_berlin(house: House) -> None:
    await house(supply.receive, goods(30, "DN-0", item="FILTER", bin="B-02", purchase_order="", purchase_line=0))


async def test_a_transfer_of_two_items_leaves_whole_and_is_received_item_by_item(house: House) -> None:
    await filters_in_berlin(house)
    await house(transfers.place_transfer, transfer(lines=BOTH))
    await house(transfers.ship_transfer, SHIP)
    await house(supply.receive, goods(6, **ARRIVED))
    moved = await the_transfer(house)
    assert (moved.status, [(line.item, line.shipped, line.received) for line in moved.lines]) == (
        TransferStatus.SHIPPED,
        [("KETTLE", 6, 6), ("FILTER", 30, 0)],
    )
    with pytest.raises(Refused, match="Transfer T-1 brings KETTLE, FILTER to LYON, not GRINDER to LYON"):
        await house(supply.receive, goods(1, "DN-2", item="GRINDER", **ARRIVED))
    with pytest.raises(Conflict, match=r"Receipt DN-1 .*against transfer/T-1"):
        await house(supply.receive, goods(30, item="FILTER", **ARRIVED))
    await house(supply.receive, goods(30, "DN-2", item="FILTER", **ARRIVED))
    assert (await the_transfer(house)).status is TransferStatus.RECEIVED


async def test_a_transfer_that_is_short_of_one_item_leaves_nothing_and_names_all_that_is_short(house: House) -> None:
    await filters_in_berlin(house)
    too_many = (TransferLine(item="KETTLE", quantity=11), BOTH[1], TransferLine(item="GRINDER", quantity=99))
    await house(transfers.place_transfer, transfer(lines=too_many))
    with pytest.raises(Refused, match=r"BERLIN has free only 10 of 11 x KETTLE, 0 of 99 x GRINDER"):
        await house(transfers.ship_transfer, SHIP)
    assert [line.shipped for line in (await the_transfer(house)).lines] == [0, 0, 0]
    assert await on_hand(house, "BERLIN") == 10


async def test_an_item_has_one_line_in_a_transfer(house: House) -> None:
    with pytest.raises(Refused, match="Transfer T-1 names KETTLE twice: write all units of an item in one line"):
        await house(transfers.place_transfer, transfer(lines=(BOTH[0], BOTH[0])))
    assert await house(supply_reading.transfers, None, True) == []


async def test_what_is_lost_on_the_road_is_given_up_and_expected_no_more(house: House) -> None:
    await filters_in_berlin(house)
    given_up = CancelSupply(transfer="T-1", reason="one fell off", at=NOW, actor="buyer")
    await house(transfers.place_transfer, transfer(lines=BOTH))
    await house(transfers.ship_transfer, SHIP)
    await house(supply.receive, goods(5, **ARRIVED))
    assert not (await house(supply.cancel_supply, given_up)).repeated
    assert (await house(supply.cancel_supply, given_up)).repeated
    lost = await the_transfer(house)
    assert (lost.status, lost.reason) == (TransferStatus.CLOSED, "one fell off")
    with pytest.raises(Refused, match="The rest of transfer T-1 was given up: book what came with `oms receive`"):
        await house(supply.receive, goods(1, "DN-2", **ARRIVED))
    assert (await on_hand(house, "BERLIN"), await on_hand(house, "LYON")) == (4, 9)

    def expected(session: Session) -> list[ScheduledReceipt]:
        return scheduled_receipts(session, "KETTLE", NOW) + scheduled_receipts(session, "FILTER", NOW)

    assert await house(expected) == []


async def test_a_transfer_does_not_take_what_is_kept_for_orders(house: House) -> None:
    def keep_six(session: Session) -> None:
        session.get_one(Stock, ("KETTLE", "BERLIN", "B-01")).reserved = 6

    def free_them(session: Session) -> None:
        session.get_one(Stock, ("KETTLE", "BERLIN", "B-01")).reserved = 0

    await house(transfers.place_transfer, transfer())
    await house(keep_six)
    with pytest.raises(Refused, match="Transfer T-1 cannot leave: BERLIN has free only 4 of 6 x KETTLE"):
        await house(transfers.ship_transfer, SHIP)
    assert await on_hand(house, "BERLIN") == 10
    await house(free_them)


async def test_what_has_not_left_cannot_arrive(house: House) -> None:
    await house(transfers.place_transfer, transfer())
    with pytest.raises(Refused, match="Transfer T-1 expects 0 more units, not 6"):
        await house(supply.receive, goods(6, **ARRIVED))
    await house(transfers.ship_transfer, SHIP)
    with pytest.raises(Conflict, match="6 x KETTLE from BERLIN to LYON"):
        await house(transfers.place_transfer, transfer(quantity=7))


async def test_shipping_twice_at_once_moves_the_goods_once(house: House) -> None:
    await house(transfers.place_transfer, transfer())
    shipped = await asyncio.gather(*(house(transfers.ship_transfer, SHIP) for _ in range(3)))
    assert sum(not each.repeated for each in shipped) == 1

    def left(session: Session) -> list[int]:
        return list(session.scalars(select(StockMovement.quantity).where(StockMovement.kind == "transfer_out")))

    assert await house(left) == [-6]


BROKEN = {
    "received_is_the_sum_of_receipts": "UPDATE purchase_order_lines SET received = received + 1",
    "every_receipt_against_supply_is_in_the_ledger": "UPDATE supply_receipts SET quantity = quantity + 1",
    "what_a_transfer_shipped_left_its_origin": "UPDATE transfer_lines SET shipped = shipped - 1",
    "what_is_open_is_expected": "UPDATE purchase_orders SET status = 'cancelled'",
}
GUARDED = {"received_within_what_was_ordered"}
"""The database itself refuses to store what breaks it."""


@pytest.mark.parametrize("rule", sorted(BROKEN))
async def test_a_broken_truth_about_supply_is_named(house: House, rule: str) -> None:
    await house(purchasing.place_purchase, purchase())
    await house(supply.receive, goods(20))
    await house(transfers.place_transfer, transfer())
    await house(transfers.ship_transfer, SHIP)

    def ask(session: Session) -> list[str]:
        with session.begin_nested() as attempt:
            session.execute(text(BROKEN[rule]))
            found = [violation.rule for violation in audit(session)]
            attempt.rollback()
        return found

    assert rule in await house(ask)


def test_every_truth_about_supply_is_broken_once_or_guarded() -> None:
    found = {rule.__name__.removeprefix("_") for rule in SUPPLY_RULES if "promise" not in rule.__name__}  # test_promises breaks those
    assert found == set(BROKEN) | GUARDED


async def test_the_database_refuses_more_received_than_ordered(house: House) -> None:
    def receive_too_much(session: Session) -> None:
        session.execute(text("UPDATE purchase_order_lines SET received = ordered + 1"))

    await house(purchasing.place_purchase, purchase())
    with pytest.raises(Exception, match=r"(?i)check"):
        await house(receive_too_much)
