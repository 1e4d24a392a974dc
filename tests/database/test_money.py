"""What is owed and what was paid, to the cent, through every turn that money takes."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import orders, payments, reading, receivables
from database.tables import Customer
from domain.errors import Conflict, NotFound, RefundTooHigh, Refused, StepUndone
from domain.money_steps import (
    ApplyPayment,
    Authorization,
    AuthorizePayment,
    Capture,
    CapturePayment,
    DocumentIssued,
    HandToCollections,
    InvoiceLine,
    IssueCredit,
    Part,
    RefundCapture,
    Refunded,
    RefundPayment,
    ReversePayment,
    SendReminder,
    VoidAuthorization,
    WriteOff,
)
from domain.order import PlaceOrder
from domain.steps import Recorded, RecordNotes
from domain.views import InvoiceView, OrderView
from tests.database.builders import DAY, NOW, House, eur, invoice_request, line, order, step


async def view_of(house: House, placed: PlaceOrder) -> OrderView:
    return await house.database.read(reading.order_view, placed.key)


async def invoice_of(house: House, placed: PlaceOrder) -> InvoiceView:
    return (await view_of(house, placed)).invoices[0]


async def account(house: House, placed: PlaceOrder) -> int:
    """Minor units that the ledger of the order adds up to: what the customer owes in all."""
    return await house.database.read(receivables.account, placed.key)


async def invoiced_order(house: House) -> PlaceOrder:
    """Two kettles at 50.00, shipped and invoiced: 100.00 are owed."""
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await house.invoice(placed)
    return placed


def payment(name: str = "BANK-1", amount: int = 10_000, part: int | None = None, **key: Any) -> ApplyPayment:
    applied = amount if part is None else part
    parts = (Part(invoice=1, amount=eur(applied)),) if applied else ()
    return ApplyPayment(**step(f"pay/{name}") | key, payment=name, amount=eur(amount), parts=parts)


def credit(number: int = 1, total: int = 5_000, units: int = 1) -> IssueCredit:
    return IssueCredit(
        **step(f"credit/{number}"),
        credit=number,
        invoice=1,
        lines=(InvoiceLine(line=1, item="KETTLE", quantity=units, gross=eur(total), discount=eur(0), tax=eur(0)),),
        freight=eur(0),
        freight_tax=eur(0),
        total=eur(total),
        reason="return 1",
    )


def reminder(level: int, fee: int = 0, holds: bool = False) -> SendReminder:
    return SendReminder(
        **step(f"remind/{level}"),
        invoice=1,
        level=level,
        text="Please pay.",
        fee=eur(fee),
        balance=eur(10_000),
        due_at=NOW + level * DAY,
        holds_customer=holds,
    )


def refund(number: int = 1, amount: int = 5_000, name: str = "BANK-1", invoice: int = 1) -> RefundPayment:
    return RefundPayment(**step(f"refund/{number}"), refund=number, payment=name, amount=eur(amount), invoice=invoice, reason="return 1")


async def pay(house: House, request: ApplyPayment) -> None:
    await house.once(request, Recorded, payments.apply_payment)


async def give_back(house: House, request: RefundPayment) -> Refunded:
    return await house.once(request, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))


async def on_hold(house: House) -> bool:
    def hold(session: Session) -> bool:
        return session.get_one(Customer, "C-1").credit_hold

    return await house.database.read(hold)


async def test_invoice_numbers_have_no_gaps_even_when_an_invoice_fails(house: House) -> None:
    placed = await house.shipped_order("1", line(1, "KETTLE", 2))
    wrong = invoice_request(placed)
    wrong = wrong.model_copy(update={"draft": wrong.draft.model_copy(update={"total": eur(9_999)})})
    with pytest.raises(Refused, match=r"Invoice 1 of shopify/1 does not add up to 99\.99 EUR"):
        await house.once(wrong, DocumentIssued, receivables.issue_invoice)
    assert await house.invoice(placed) == await house.invoice(placed) == "INV-000001"
    assert await house.invoice(await house.shipped_order("2", line(1, "KETTLE", 2))) == "INV-000002"


async def test_a_partial_payment_leaves_the_rest(house: House) -> None:
    placed = await invoiced_order(house)
    for _ in range(2):
        await pay(house, payment(amount=4_000))
    found = await invoice_of(house, placed)
    assert (found.total, found.paid, found.balance) == (eur(10_000), eur(4_000), eur(6_000))
    assert [(wait.wait, wait.until) for wait in (await view_of(house, placed)).waits] == [
        ("delivery", NOW + 4 * DAY),
        ("payment", NOW + 30 * DAY),
    ]


async def test_what_is_paid_too_much_is_on_account_and_can_go_back(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment(amount=12_500, part=10_000))
    assert (await invoice_of(house, placed)).balance == eur(0)
    assert await account(house, placed) == -2_500
    await give_back(house, refund(amount=2_500, invoice=0))
    assert await account(house, placed) == 0


async def test_money_on_account_pays_a_later_invoice(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await pay(house, payment("ADVANCE", 3_000, part=0))
    await house.invoice(placed, payment="ADVANCE", paid=eur(3_000))
    found = await invoice_of(house, placed)
    assert (found.paid, found.balance) == (eur(3_000), eur(7_000))
    await pay(house, payment("BANK-2", 9_000, part=0))
    await pay(house, payment("BANK-2", 9_000, part=7_000, key="shopify/1001/apply/2"))
    assert (await invoice_of(house, placed)).balance == eur(0)
    assert await account(house, placed) == -2_000


async def test_the_same_payment_under_another_key_is_one_payment(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment(amount=4_000))
    await pay(house, payment(amount=4_000, part=0, key="shopify/1001/pay/again"))
    assert (await invoice_of(house, placed)).balance == eur(6_000)
    with pytest.raises(Conflict, match="Payment BANK-1 is known with other content"):
        await pay(house, payment(amount=4_001, key="shopify/1001/pay/other"))


async def test_more_than_the_balance_cannot_be_applied(house: House) -> None:
    placed = await invoiced_order(house)
    with pytest.raises(Refused, match="INV-000001 has a balance of 10000 minor units; it cannot take 10001"):
        await pay(house, payment(amount=10_001))
    assert (await view_of(house, placed)).payments == ()


async def test_a_reversed_payment_is_owed_again(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment(amount=12_500, part=10_000))
    for number in (1, 2):
        back = ReversePayment(**step(f"reverse/{number}"), payment="BANK-1", reason="returned debit")
        await house.once(back, Recorded, payments.reverse_payment)
    assert (await invoice_of(house, placed)).balance == eur(10_000)
    assert await account(house, placed) == 10_000
    with pytest.raises(RefundTooHigh, match="A refund of 1 for payment BANK-1 of shopify/1001 is more than the 0 left"):
        await give_back(house, refund(amount=1))
    unknown = ReversePayment(**step("reverse/9"), payment="BANK-9", reason="")
    with pytest.raises(NotFound, match="payment BANK-9"):
        await house.once(unknown, Recorded, payments.reverse_payment)


async def test_reminders_add_their_fees_and_the_last_one_holds_the_customer_until_it_is_paid(house: House) -> None:
    placed = await invoiced_order(house)
    for request in (reminder(1), reminder(2, fee=1_500), reminder(2, fee=1_500), reminder(3, fee=2_500, holds=True)):
        await house.once(request, Recorded, receivables.send_reminder)
    found = await invoice_of(house, placed)
    assert (found.fees, found.balance, found.reminders) == (eur(4_000), eur(14_000), 3)
    assert await on_hold(house) is True
    await pay(house, payment("BANK-1", 13_999))
    assert await on_hold(house) is True
    await pay(house, payment("BANK-2", 1))
    assert await on_hold(house) is False
    back = ReversePayment(**step("reverse/1"), payment="BANK-2", reason="returned debit")
    await house.once(back, Recorded, payments.reverse_payment)
    assert await on_hold(house) is True


async def test_a_write_off_gives_up_the_balance_and_no_more(house: House) -> None:
    placed = await invoiced_order(house)
    await house.once(reminder(3, holds=True), Recorded, receivables.send_reminder)
    too_much = WriteOff(**step("write_off/0"), invoice=1, amount=eur(10_001), reason="bankrupt")
    with pytest.raises(Refused, match="10001 cannot be written off"):
        await house.once(too_much, Recorded, receivables.write_off)
    request = WriteOff(**step("write_off/1"), invoice=1, amount=eur(10_000), reason="bankrupt")
    for _ in range(2):
        await house.once(request, Recorded, receivables.write_off)
    found = await invoice_of(house, placed)
    assert (found.written_off, found.balance) == (eur(10_000), eur(0))
    assert (await on_hold(house), await account(house, placed)) == (False, 0)


async def test_a_credit_lowers_an_open_invoice(house: House) -> None:
    placed = await invoiced_order(house)
    for _ in range(2):
        issued = await house.once(credit(), DocumentIssued, receivables.issue_credit)
        assert issued.number == "CN-000001"
    found = await invoice_of(house, placed)
    assert (found.credited, found.balance) == (eur(5_000), eur(5_000))


async def test_a_credit_of_a_paid_invoice_is_owed_to_the_customer_and_refunded(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment(amount=8_000))
    await house.once(credit(), DocumentIssued, receivables.issue_credit)
    found = await invoice_of(house, placed)
    assert (found.credited, found.balance, await account(house, placed)) == (eur(2_000), eur(0), -3_000)
    await give_back(house, refund(amount=3_000))
    assert await account(house, placed) == 0


async def test_no_more_is_credited_than_the_invoice_came_to(house: House) -> None:
    await invoiced_order(house)
    await house.once(credit(1, 7_000, units=1), DocumentIssued, receivables.issue_credit)
    with pytest.raises(Refused, match="INV-000001 has 3000 minor units that can be credited, not 3001"):
        await house.once(credit(2, 3_001, units=1), DocumentIssued, receivables.issue_credit)


async def test_a_refund_never_gives_back_more_than_was_paid(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment(amount=6_000))
    await give_back(house, refund(1, 4_000))
    for _ in range(2):
        await give_back(house, refund(2, 2_000))
    with pytest.raises(RefundTooHigh, match="A refund of 1 for payment BANK-1 of shopify/1001 is more than the 0 left"):
        await give_back(house, refund(3, 1))
    with pytest.raises(RefundTooHigh):
        await house.database.read(payments.check_refund, refund(3, 1))
    assert [(p.amount, p.refunded) for p in (await view_of(house, placed)).payments] == [(eur(6_000), eur(6_000))]


async def test_a_refund_that_the_gateway_declined_books_nothing(house: House) -> None:
    placed = await invoiced_order(house)
    await pay(house, payment())
    declined = Refunded(declined="card closed")
    assert await house(payments.book_refund, refund(), declined) == declined
    assert (await view_of(house, placed)).payments[0].refunded == eur(0)


def capture_of(placed: PlaceOrder, attempt: int = 1) -> CapturePayment:
    return CapturePayment(
        **step(f"capture/1/{attempt}", placed.key), payment="capture-1", authorization="AUTH-7", amount=eur(10_000), shipment=1
    )


async def authorized_order(house: House) -> PlaceOrder:
    """Two kettles, shipped, with an authorization over their 100.00."""
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    request = AuthorizePayment(**step("authorize/1"), amount=eur(10_000), reference="tok_1")
    await house(payments.record_authorization, request, Authorization(authorization="AUTH-7"))
    return placed


async def test_captured_money_pays_its_shipments_invoice(house: House) -> None:
    placed = await authorized_order(house)
    for _ in range(2):
        await house.once(capture_of(placed), Capture, lambda s, asked: payments.record_capture(s, asked, Capture()))
    assert await account(house, placed) == -10_000
    await house.invoice(placed, payment="capture-1", paid=eur(10_000))
    assert (await invoice_of(house, placed)).balance == eur(0)
    assert await account(house, placed) == 0


async def test_a_declined_capture_books_nothing(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await house(payments.record_capture, capture_of(placed), Capture(declined="insufficient funds"))
    assert (await view_of(house, placed)).payments == ()


async def test_an_undone_capture_counts_for_nothing(house: House) -> None:
    placed = await authorized_order(house)
    await house.once(capture_of(placed), Capture, lambda s, asked: payments.record_capture(s, asked, Capture()))
    back = RefundCapture(**step("uncapture/1"), payment="capture-1", undoes=capture_of(placed).key)
    for _ in range(2):
        await house.undo(back, back.undoes, payments.refund_capture)
    assert [(p.kind, p.reversed) for p in (await view_of(house, placed)).payments] == [("captured", True)]
    assert await account(house, placed) == 0
    with pytest.raises(StepUndone):
        await house.once(capture_of(placed), Capture, lambda s, asked: payments.record_capture(s, asked, Capture()))


async def test_an_authorization_is_kept_and_can_be_given_up(house: House) -> None:
    placed = order()
    await house.accept(placed)
    request = AuthorizePayment(**step("authorize/1"), amount=eur(10_000), reference="tok_1")
    said = Authorization(authorization="AUTH-7")
    answer = await house.once(request, Authorization, lambda s, asked: payments.record_authorization(s, asked, said))
    assert answer == said
    void = VoidAuthorization(**step("void_authorization/1"), undoes=request.key)
    await house.undo(void, request.key, payments.void_authorization)
    never_made = VoidAuthorization(**step("void_authorization/2"), undoes="shopify/1001/authorize/2")
    assert await house.undo(never_made, never_made.undoes, payments.void_authorization) == Recorded()


async def test_promises_disputes_and_collections_say_what_is_waited_for(house: House) -> None:
    placed = await invoiced_order(house)

    async def waits() -> list[tuple[str, object]]:
        return [(wait.wait.value, wait.until) for wait in (await view_of(house, placed)).waits if wait.subject == "invoice 1"]

    await house.once(RecordNotes(**step("notes/1"), promised={1: NOW + 40 * DAY}), Recorded, orders.record_notes)
    assert await waits() == [("promise", NOW + 40 * DAY)]
    await house.once(RecordNotes(**step("notes/2"), disputed={1: NOW + 14 * DAY}), Recorded, orders.record_notes)
    assert await waits() == [("dispute", NOW + 14 * DAY)]
    handed = HandToCollections(**step("collections/1"), invoice=1, balance=eur(10_000), review_at=NOW + 90 * DAY)
    await house.once(handed, Recorded, receivables.hand_to_collections)
    assert await waits() == [("collections", NOW + 90 * DAY)]
