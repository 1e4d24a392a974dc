"""Invoices: issued, paid, reminded of, credited, given up."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.steps import once, once_outside
from database import collective, payments, receivables
from database.engine import Database
from domain.money_steps import (
    ApplyPayment,
    CollectShipment,
    DocumentIssued,
    HandToCollections,
    IssueCredit,
    IssueInvoice,
    Reminded,
    RequestDeposit,
    ReversePayment,
    SendDepositRequest,
    SendReminder,
    WriteOff,
)
from domain.steps import Recorded
from integrations.ports import Letter, Mail


class InvoiceActivities:
    def __init__(self, database: Database, mail: Mail) -> None:
        self.database, self.mail = database, mail

    @activity.defn
    async def issue_invoice(self, request: IssueInvoice) -> DocumentIssued:
        """Number and book an invoice."""
        return await once(self.database, request, DocumentIssued, receivables.issue_invoice)

    @activity.defn
    async def collect_shipment(self, request: CollectShipment) -> Recorded:
        """Leave a shipment to its customer's next collective invoice."""
        return await once(self.database, request, Recorded, collective.collect_shipment)

    @activity.defn
    async def request_deposit(self, request: RequestDeposit) -> DocumentIssued:
        """Number the request for a deposit."""
        return await once(self.database, request, DocumentIssued, receivables.request_deposit)

    @activity.defn
    async def send_deposit_request(self, request: SendDepositRequest) -> Recorded:
        """Write to the customer, once."""

        async def call() -> Recorded:
            customer, address = await self.database.read(receivables.written_to, request.order)
            body = f"Thank you for your order {request.order}. Please pay a deposit of {request.amount} by {request.due_at:%Y-%m-%d}."
            body += f" Please state {request.document}."
            letter = Letter(to=customer, subject=f"Deposit request {request.document}", body=body, address=address)
            await self.mail.send(request.key, letter)
            return Recorded()

        def book(session: Session, step: SendDepositRequest, sent: Recorded) -> Recorded:
            return sent

        async def a_letter_stays_sent() -> None:
            return None

        return await once_outside(self.database, request, Recorded, call, book, a_letter_stays_sent)

    @activity.defn
    async def apply_payment(self, request: ApplyPayment) -> Recorded:
        """Book a payment, or apply money on account."""
        return await once(self.database, request, Recorded, payments.apply_payment)

    @activity.defn
    async def reverse_payment(self, request: ReversePayment) -> Recorded:
        """Take a payment back."""
        return await once(self.database, request, Recorded, payments.reverse_payment)

    @activity.defn
    async def send_reminder(self, request: SendReminder) -> Reminded:
        """Write to the customer once, then book the reminder and its fee; an invoice that was settled before gets neither.

        A letter that went out is booked, although money came before its answer: the customer was told of the fee.
        """

        async def call() -> Reminded:
            if await self.database.read(receivables.settled, request.order, request.invoice):
                return Reminded(sent=await self.mail.sent(request.key))
            customer, document, address = await self.database.read(receivables.invoiced_to, request.order, request.invoice)
            body = f"{request.text}\n\nOpen: {request.balance}. Fee: {request.fee}. Please pay by {request.due_at:%Y-%m-%d}."
            await self.mail.send(
                request.key, Letter(to=customer, address=address, subject=f"Reminder {request.level} of {document}", body=body)
            )
            return Reminded()

        def book(session: Session, step: SendReminder, reminded: Reminded) -> Reminded:
            if reminded.sent:
                receivables.send_reminder(session, step)
            return reminded

        async def a_letter_stays_sent() -> None:
            return None

        return await once_outside(self.database, request, Reminded, call, book, a_letter_stays_sent)

    @activity.defn
    async def hand_to_collections(self, request: HandToCollections) -> Recorded:
        """Somebody else asks for the money from now on."""
        return await once(self.database, request, Recorded, receivables.hand_to_collections)

    @activity.defn
    async def write_off(self, request: WriteOff) -> Recorded:
        """Give up the rest of an invoice."""
        return await once(self.database, request, Recorded, receivables.write_off)

    @activity.defn
    async def issue_credit(self, request: IssueCredit) -> DocumentIssued:
        """Number and book a credit note."""
        return await once(self.database, request, DocumentIssued, receivables.issue_credit)
