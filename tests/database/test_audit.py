"""The audit names what does not hold: every rule is shown a house in which it is broken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from database import dispatch, intake, packing_station, payments, reading, reallocations, receivables, soft_reservations
from database.audit import ORDER_RULES, RULES, violations
from database.audit_claims import CLAIM_RULES
from database.audit_money import MONEY_RULES
from database.audit_parcels import PARCEL_RULES
from database.audit_queue import QUEUE_RULES
from database.quotas import set_quota
from database.stock import receive_stock
from domain.dispatch import CloseManifest
from domain.distribution import ReallocateStock
from domain.lifecycle import Stage
from domain.money_steps import ApplyPayment, DocumentIssued, Part
from domain.packing_station import Scan
from domain.quotas import SetQuota
from domain.reallocation import Strategy
from domain.steps import ReceiveStock, Recorded
from tests.database.builders import NOW, House, cart, eur, line, one_kettle_back, order, step

BROKEN = {
    "on_hand_is_the_sum_of_movements": "UPDATE stock SET on_hand = on_hand + 1 WHERE item = 'GRINDER'",
    "reserved_is_the_sum_of_open_reservations": "UPDATE stock SET reserved = 1 WHERE item = 'GRINDER'",
    "lines_stand_where_their_shipments_stand": "UPDATE order_lines SET allocated = 1, open = 1 WHERE \"order\" = 'shopify/2'",
    "an_order_is_one_order": "UPDATE orders SET external_id = '77' WHERE \"order\" = 'shopify/2'",
    "an_order_that_ended_has_nothing_open": "UPDATE orders SET outcome = 'closed'",
    "one_label_per_shipment": "UPDATE shipments SET tracking = NULL",
    "every_step_that_stands_has_its_result": "UPDATE journal SET result = NULL WHERE key = 'shopify/1/invoice/1'",
    "what_was_undone_left_nothing": "UPDATE journal SET undone = true WHERE key = 'shopify/1/ship/1/1'",
    "an_invoice_adds_up": "UPDATE invoice_lines SET gross = gross - 1",
    "a_balance_is_the_sum_of_its_entries": "UPDATE receivable_entries SET amount = amount + 1 WHERE kind = 'payment' AND invoice = 1",
    "an_account_is_the_sum_of_its_documents": "UPDATE payments SET amount = amount + 1",
    "a_line_is_invoiced_at_most_once": "UPDATE invoice_lines SET quantity = quantity + 1",
    "a_credit_is_at_most_its_invoice": "UPDATE credit_lines SET quantity = quantity + 9",
    "a_payment_is_spent_at_most_once": "UPDATE payment_parts SET amount = amount + 99999",
    "a_soft_reservation_ended_as_it_says": "UPDATE soft_reservations SET ended = 'expired', ended_at = made_at",
    "a_quota_belongs_to_one_channel": "UPDATE channel_quotas SET channel = '*'",
    "goods_leave_from_where_it_was_decided": "UPDATE shipments SET location = 'LYON'",
    "a_day_has_room_for_its_shipments": "UPDATE shipments SET day_limit = 1",
    "a_win_has_its_stock_set_aside": "UPDATE soft_reservations SET owner = 'nobody' WHERE kind = 'grant'",
    "an_order_that_ended_has_nothing_set_aside": "UPDATE orders SET outcome = 'closed' WHERE \"order\" = 'shopify/4'",
    "who_waits_knows_since_when": "UPDATE order_lines SET waiting_since = NULL",
    "a_reallocation_makes_and_loses_nothing": "UPDATE reallocations SET free_after = free_after + 1",
    "a_reallocation_moves_no_more_than_was_planned": "UPDATE reallocation_shares SET moved = moved + 9",
    "no_document_number_is_missing": "UPDATE invoices SET sequence = 9",
    "no_sscc_is_missing": "UPDATE sscc_series SET last = last + 1",
    "an_sscc_is_on_the_parcel_it_was_drawn_for": "UPDATE logistic_units SET ended = 'repacked' WHERE \"order\" = 'shopify/1'",
    "nothing_is_packed_that_was_not_picked": "UPDATE packing_scans SET quantity = 3 WHERE \"order\" = 'shopify/5'",
    "what_a_station_told_is_what_it_scanned": "UPDATE packing_scans SET quantity = 1 WHERE \"order\" = 'shopify/5'",
    "a_manifest_is_of_one_dock_and_carrier": "UPDATE manifests SET carrier = 'UPS'",
}
GUARDED = {"nothing_is_sold_twice", "units_of_a_line_add_up", "returned_delivered_shipped"}
"""The database itself refuses to store what breaks these."""


NAMED = {rule.__name__.removeprefix("_"): rule for rule in RULES}


def names(rule: str, statement: str) -> Callable[[Session], bool]:
    """Break the house, see whether the rule says so, and mend it by rolling back."""

    def ask(session: Session) -> bool:
        with session.begin_nested() as attempt:
            session.execute(text(statement))
            found = violations(session, NAMED[rule])
            attempt.rollback()
        return bool(found)

    return ask


async def a_lived_in_house(house: House) -> None:
    """An order shipped, invoiced, partly paid and partly credited; one only accepted; one at the packing station; a cart, a quota."""
    placed = await house.shipped_order("1", line(1, "KETTLE", 2))
    await house.invoice(placed)
    paid = ApplyPayment(**step("pay/1", placed.key), payment="B-1", amount=eur(4_000), parts=(Part(invoice=1, amount=eur(4_000)),))
    await house.once(paid, Recorded, payments.apply_payment)
    credit = one_kettle_back(placed.key)
    await house.once(credit, DocumentIssued, receivables.issue_credit)
    await house.accept(order("2", line(1, "KETTLE", 2)))
    await house(dispatch.close_manifests, CloseManifest(location="BERLIN", at=NOW, actor="gate"))
    packed = order("5", line(1, "KETTLE", 2))
    await house.accept(packed)
    await house.allocate(packed)
    await house.pick(packed, l1=2)
    scan = Scan(scan="s-1", order=packed.key, shipment=1, parcel=1, item="KETTLE", quantity=2, at=NOW, actor="station 1")
    await house(packing_station.take_scan, scan)
    await house(packing_station.close, packed.key, 1, {}, False, NOW, "station 1")
    await house(soft_reservations.reserve_softly, cart("cart/1"))
    await house(set_quota, SetQuota(item="KETTLE", location="LYON", channel="x12", quota=1))


async def a_queue(house: House) -> None:
    """Two orders wait for one item; what came for the first changed hands."""
    for waiting in (order("3", line(1, "FILTER", 5, "1.00")), order("4", line(1, "FILTER", 2, "1.00"))):
        await house.accept(waiting, waived=True)
        await house.allocate(waiting)
    await house(receive_stock, ReceiveStock(receipt="GR-9", item="FILTER", location="LYON", quantity=3, at=NOW, actor="dock"))
    wanted = ReallocateStock(request="r-1", item="FILTER", strategy=Strategy.WIN, order="shopify/4", at=NOW, actor="ada")
    await house(reallocations.reallocate, wanted)


@pytest.mark.parametrize("rule", sorted(BROKEN))
async def test_a_broken_truth_is_named(house: House, rule: str) -> None:
    await a_lived_in_house(house)
    await a_queue(house)
    assert await house(names(rule, BROKEN[rule]))


def test_every_rule_is_broken_once_or_guarded_by_the_database() -> None:
    known = (*ORDER_RULES, *CLAIM_RULES, *QUEUE_RULES, *MONEY_RULES, *PARCEL_RULES)
    assert {rule.__name__.removeprefix("_") for rule in known} == set(BROKEN) | GUARDED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock SET reserved = on_hand + 1",
        "UPDATE order_lines SET open = open + 1",
        "UPDATE order_lines SET delivered = shipped + 1",
        "UPDATE invoices SET balance = balance + 1",
        "UPDATE payments SET refunded = amount + 1",
        "UPDATE soft_reservations SET quantity = asked + 1",
        "UPDATE soft_reservations SET expires_at = NULL",
    ],
)
async def test_the_database_itself_refuses_what_cannot_be(house: House, statement: str) -> None:
    await a_lived_in_house(house)
    with pytest.raises(Exception, match=r"(?i)check"):
        await house(lambda session: session.execute(text(statement)))


async def test_orders_are_listed_by_stage_and_customer_newest_first(house: House) -> None:
    await a_lived_in_house(house)
    everything = await house.database.read(reading.list_orders)
    assert {row.order: (row.stage, row.balance) for row in everything} == {
        "shopify/1": (Stage.SHIPPED, eur(1_000)),
        "shopify/2": (Stage.SUPPLYING, eur(0)),
        "shopify/5": (Stage.FULFILLING, eur(0)),
    }
    supplying = await house.database.read(reading.list_orders, stage=Stage.SUPPLYING, customer="C-1")
    assert [row.order for row in supplying] == ["shopify/2"]
    assert await house.database.read(reading.list_orders, stage=Stage.CLOSED) == []
    assert await house.database.read(reading.list_orders, customer="C-2") == []


async def test_orders_that_are_only_captured_come_first_and_none_is_lost_between_pages(house: House) -> None:
    written, *waiting = [order(str(number), customer="C-1" if number % 2 else "C-2") for number in range(1, 6)]
    await house.accept(written)
    for minute, placed in enumerate(waiting):
        assert await house(intake.capture, placed, NOW + timedelta(minutes=minute)) == "new"

    async def pages(limit: int, **wanted: Any) -> list[list[str]]:
        found, after = [], ""
        while True:
            rows, following = await house.database.read(reading.page, limit, after, reading.OrderFilter(**wanted))
            found.append([row.order.partition("/")[2] for row in rows])
            if following is None:
                return found
            after = following

    assert await pages(3) == [["5", "4", "3"], ["2", "1"]]
    assert await pages(2) == [["5", "4"], ["3", "2"], ["1"]]
    assert await pages(5, owner="C-1") == [["5", "3", "1"]]
    assert await pages(5, customer="C-2", stage=Stage.CAPTURED) == [["4", "2"]]
    assert await pages(5, of="fair") == [[]]
    [first], following = await house.database.read(reading.page, 1)
    await house.accept(waiting[2])  # it is written down while somebody turns the page
    then, _ = await house.database.read(reading.page, 9, following or "")
    assert [first.order, *sorted(row.order for row in then)] == ["shopify/5", "shopify/1", "shopify/2", "shopify/3", "shopify/4"]
