"""The audit's rules about what comes back: each is shown a house in which it is broken."""

from __future__ import annotations

from typing import Any

from database import debts, held, payments, receivables, returns, shipments
from database.audit_returns import RETURN_RULES
from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnKind
from domain.money_steps import ApplyPayment, CreditFee, DocumentIssued, InvoiceLine, IssueCredit, Part, Refunded, RefundPayment
from domain.steps import AuthorizeReturn, RecordDelivery, Recorded, RecordInspection, RecordReturnReceipt, ReturnAuthorized
from tests.database.builders import DAY, NOW, House, eur, line, step
from tests.database.test_audit import names

BROKEN = {
    "a_credit_note_adds_up": "UPDATE credit_fees SET net = net + 1",
    "a_return_is_credited_at_most_once": "UPDATE credit_lines SET quantity = 4",
    "what_became_of_a_return_is_what_came": "UPDATE return_lines SET scrap = scrap + 1",
    "held_is_the_sum_of_its_movements": "UPDATE held_stock SET on_hand = on_hand + 1",
    "what_is_freed_is_in_stock": "UPDATE stock_movements SET quantity = 9 WHERE key = 'free/1'",
    "store_credit_is_what_was_granted": "UPDATE account_entries SET amount = amount - 1",
    "what_was_lost_is_claimed_once": "UPDATE claims SET shipment = 1, rma = 0, key = 'x' || claim",
    "a_return_that_ended_says_how": "UPDATE returns SET status = 'refunded'",
}


async def came_back(house: House) -> None:
    """Of four kettles two came back: one is in quarantine, the other was freed; one is credited less a fee, as store credit."""
    placed = await house.shipped_order("1001", line(1, "KETTLE", 4))
    await house.invoice(placed)
    await house.once(RecordDelivery(**step("deliver"), shipment=1, delivered_at=NOW, signed_by="M"), Recorded, shipments.record_delivery)
    paid = ApplyPayment(**step("pay"), payment="bank-1", amount=eur(10_000), parts=(Part(invoice=1, amount=eur(10_000)),))
    await house.once(paid, Recorded, payments.apply_payment)
    two = (LineQuantity(line=1, quantity=2),)
    about: dict[str, Any] = {"rma": 1, "kind": ReturnKind.REFUND, "reason": "", "location": "BERLIN", "expires_at": NOW + DAY}
    await house.once(AuthorizeReturn(**step("rma"), lines=two, **about), ReturnAuthorized, returns.authorize_return)
    received = RecordReturnReceipt(**step("receive"), rma=1, location="BERLIN", lines=two, inspect_due=NOW + DAY)
    await house.once(received, Recorded, returns.record_return_receipt)
    looked = (InspectedLine(line=1, quantity=2, disposition=Disposition.QUARANTINE),)
    inspected = RecordInspection(**step("inspect"), rma=1, location="BERLIN", lines=looked, items={1: "KETTLE"})
    await house.once(inspected, Recorded, returns.record_inspection)
    await house.database.transaction(held.free, "KETTLE", "BERLIN", "quarantine", 1, "free/1", NOW, "clerk")
    one = InvoiceLine(line=1, item="KETTLE", quantity=1, gross=eur(2_500), discount=eur(0), tax=eur(0))
    fee = CreditFee(line=1, what="restocking fee", net=eur(375), tax=eur(0))
    zero: dict[str, Any] = {"freight": eur(0), "freight_tax": eur(0)}
    credit = IssueCredit(**step("credit/1"), credit=1, invoice=1, lines=(one,), total=eur(2_125), reason="", fees=(fee,), rma=1, **zero)
    await house.once(credit, DocumentIssued, receivables.issue_credit)
    back = RefundPayment(**step("refund/1"), refund=1, payment="bank-1", to_account=True, invoice=1, amount=eur(2_125), reason="")
    await house.once(back, Refunded, lambda s, asked: payments.book_refund(s, asked, Refunded()))
    for number in (1, 2):
        await house.database.transaction(
            debts.open_claim, f"claim/{number}", "carrier", "UPS", placed.key, eur(1), "", NOW, shipment=number
        )


def test_every_rule_is_shown_a_broken_house() -> None:
    assert {rule.__name__.removeprefix("_") for rule in RETURN_RULES} == set(BROKEN)


async def test_every_broken_truth_of_what_came_back_is_named(house: House) -> None:
    await came_back(house)
    await house.database.transaction(debts.open_claim, "claim/2", "carrier", "UPS", "shopify/1001", eur(1), "", NOW, shipment=2)
    for rule, statement in BROKEN.items():
        assert await house(names(rule, statement)), statement
