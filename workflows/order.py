"""The order: one workflow for its whole life, from the channel's document to settled and closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from domain import admission, cards
    from domain.errors import OrderError, Refused
    from domain.lifecycle import TAKEN, Wait
    from domain.messages import (
        AmendOrder,
        Appease,
        CancelOrder,
        CancelReminder,
        Decide,
        DisputeInvoice,
        HoldDunning,
        HoldOrder,
        PromiseToPay,
        Receipt,
        ReleaseCredit,
        ReleaseOrder,
        Request,
        RequestReturn,
        WriteOffInvoice,
        parse_fact,
    )
    from domain.parts import Shipment
    from domain.recording import record_fact, record_request, record_unreadable
    from domain.returning import to_make_good
    from domain.state import OrderStart, OrderState, opened
    from domain.steps import CloseOrder, OrderEnded, Outcome
    from domain.views import WaitView

from workflows import story
from workflows.chapter import Chapter, Life, Stopped, never
from workflows.stages import (
    acceptance,
    blocked_invoices,
    cash,
    credit,
    deposits,
    desk,
    fulfilment,
    invoicing,
    promising,
    returns,
    settlement,
    stopping,
    supply,
    undoing,
)
from workflows.stages import cards as card

Begin = Callable[[], Coroutine[Any, Any, None]]


@workflow.defn(name="Order", failure_exception_types=[OrderError])
class Order:
    """Handlers record, stages decide; a stage is a chapter that runs while its part of the state needs it."""

    @workflow.init
    def __init__(self, start: OrderStart) -> None:
        self.state = start.state or opened(start, workflow.now())
        self.state.leaving = False
        self.life = Life(self.state, self.show)
        self.shown = story.at_start(self.state)

    @workflow.run
    async def run(self, start: OrderStart) -> OrderEnded:
        life = asyncio.create_task(self.live())
        while not life.done():
            try:
                await workflow.wait_condition(lambda: life.done() or self.too_long() or self.may_leave())
                self.state.leaving = self.state.leaving or self.too_long()
                await self.turns()
            except asyncio.CancelledError:  # a cancel from Temporal reaches only run(): it takes the road of the cancel request
                self.cancelled_in_temporal()
                continue
            if not life.done() and self.may_leave():  # asked again: nothing may happen between this and leaving
                self.state.leaving = False
                self.show()
                workflow.continue_as_new(start.model_copy(update={"state": self.state}))
        await life
        assert self.state.outcome is not None  # live() ends with an outcome
        return OrderEnded(order=self.state.order, outcome=self.state.outcome, reason=self.state.outcome_reason)

    async def live(self) -> None:
        """The chapters run side by side until none is needed; then the order closes, unless something came in the meantime."""
        while True:
            await self.chapters()
            with contextlib.suppress(Stopped):  # a step that was cut short is begun again
                if self.state.inbox and self.state.written:
                    await desk.hand_over(Chapter(self.life, "desk"))
                elif self.state.outcome is None:
                    await self.close()
                else:
                    return

    def needed(self) -> Iterator[tuple[str, Begin]]:
        """The table of contents: which chapters the state needs now, in the order of an order's life."""
        state = self.state
        for exception in state.exceptions:
            if not exception.answered:
                yield self.chapter(f"exception {exception.number}", desk.follow, exception)
        if state.holds and not self.over():
            yield self.chapter("hold", desk.review_holds, stop=self.over)
        if (state.credit_stop or state.credit_releases_asked) and not self.past_credit():
            yield self.chapter("credit", stopping.wait_for_credit, stop=self.past_credit)
        if not state.admitted and not state.stopped and state.rejected is None:
            yield self.chapter("acceptance", acceptance.accept, stop=self.stopped)
        if state.admitted and state.deposit_open and not state.stopped:
            yield self.chapter("deposit", deposits.collect, stop=self.stopped)
        if state.ready and not state.winding_up and (state.needs or state.amendments or state.repicks):
            yield self.chapter("supply", supply.supply, stop=self.winding_up)
            if promising.slipped(state):
                yield self.chapter("slips", promising.promise_anew, stop=self.winding_up)
            if state.broken_promises:
                yield self.chapter("promise", promising.ask_about_promises, stop=self.winding_up)
        if state.ready and not state.winding_up and cards.tending(state):
            yield self.chapter("card", card.tend, stop=self.winding_up)
        for shipment in state.shipments:
            if (not shipment.settled or shipment.unshippable) and not self.stopped_before_shipping(shipment):
                yield self.chapter(shipment.name, fulfilment.fulfil, shipment, stop=partial(self.stopped_before_shipping, shipment))
            if invoicing.collects(state, shipment) and shipment.invoice_stop is None:
                yield self.chapter(f"invoice of {shipment.name}", invoicing.collect, shipment)
            if shipment.to_invoice and (shipment.invoice_stop or (shipment.settled and not invoicing.collects(state, shipment))):
                yield self.chapter(f"invoice of {shipment.name}", blocked_invoices.invoice_later, shipment)
        if state.written and cash.cash_waits(state):
            yield self.chapter("cash", cash.take_cash)
        for invoice in state.invoices:
            if settlement.unsettled(state, invoice):
                yield self.chapter(invoice.name, settlement.settle, invoice)
        for payment in cash.surplus(state):
            yield self.chapter(f"payment {payment.payment}", cash.settle_surplus, payment)
        for rma in state.returns:
            if not rma.outcome:
                yield self.chapter(rma.name, returns.take_back, rma)
        for gift in state.appeasements:
            if not gift.done:
                yield self.chapter(gift.name, credit.appease, gift)
        if to_make_good(state):
            yield self.chapter("making good", credit.make_good)
        if state.notes or any(desk.strays(state, fact) for fact in state.inbox):
            yield self.chapter("desk", desk.tidy)
        if self.window_open():
            yield self.chapter("window", self.wait_for_returns)

    def chapter(
        self, name: str, stage: Callable[..., Coroutine[Any, Any, None]], *about: object, stop: Callable[[], bool] = never
    ) -> tuple[str, Begin]:
        return name, partial(stage, Chapter(self.life, name, stop), *about)

    def stopped(self) -> bool:
        return self.state.stopped

    def over(self) -> bool:
        """Nothing more will ship, so there is nothing left to hold."""
        return self.state.stopped or self.state.rejected is not None

    def past_credit(self) -> bool:
        """Nothing waits for credit: the order is being wound up, or was never accepted. A replacement after that may wait again."""
        return self.state.winding_up or self.state.rejected is not None

    def winding_up(self) -> bool:
        return self.state.winding_up

    def stopped_before_shipping(self, shipment: Shipment) -> bool:
        """Cancelled, and the goods have not left: what has left goes on to its customer."""
        return self.state.winding_up and shipment.shipped_at is None

    async def chapters(self) -> None:
        """Run what is needed until nothing is; winding up begins when every chapter that it would disturb has stopped."""
        running: dict[str, asyncio.Task[None]] = {}
        while True:
            begun = dict(self.missing(running))
            for name, begin in begun.items():
                self.state.outcome = None  # something came after the end: the order closes again when it is settled
                running[name] = asyncio.create_task(begin())
            if not running:
                return
            if not begun:  # a chapter that begins shows the order itself when it comes to rest
                await self.turns()
                if not self.turned(running):
                    self.show()
            await workflow.wait_condition(lambda: self.turned(running))
            for name in [name for name, task in running.items() if task.done()]:
                task = running.pop(name)
                try:
                    task.result()
                except Stopped:
                    continue

    def missing(self, running: dict[str, asyncio.Task[None]]) -> Iterator[tuple[str, Begin]]:
        """The chapters that are needed and not running; winding up waits for those that it would disturb."""
        for name, begin in self.needed():
            if name not in running:
                yield name, begin
        if self.state.winding_up and "undo" not in running and not self.stopping(running):
            yield self.chapter("undo", undoing.wind_up)

    def stopping(self, running: dict[str, asyncio.Task[None]]) -> bool:
        """Chapters that have to stop before winding up are still running."""
        early = {"acceptance", "credit", "supply", "slips", "promise", "card"} | {
            shipment.name for shipment in self.state.shipments if shipment.shipped_at is None
        }
        return any(name in early for name in running)

    def turned(self, running: dict[str, asyncio.Task[None]]) -> bool:
        """A chapter ended, or one is needed that is not running."""
        return any(task.done() for task in running.values()) or next(self.missing(running), None) is not None

    # --- the end -----------------------------------------------------------------------------------------------------------------

    def window_open(self) -> bool:
        """Everything arrived, and goods may still come back."""
        until = self.state.returnable_until
        return until is not None and workflow.now() < until and all(shipment.settled for shipment in self.state.shipments)

    async def wait_for_returns(self, chapter: Chapter) -> None:
        until = self.state.returnable_until
        await chapter.until(lambda: self.state.returnable_until != until or not self.window_open(), Wait.RETURN_WINDOW, "order", until)

    async def close(self) -> None:
        state = self.state
        shipped = any(shipment.shipped_at is not None for shipment in state.shipments)
        if state.rejected is not None:
            outcome, reason = Outcome.REJECTED, state.rejected
        elif shipped or not state.stopped:
            outcome, reason = Outcome.CLOSED, ""
        else:
            outcome, reason = Outcome.CANCELLED, state.cancel_reason or ""
        chapter = Chapter(self.life, "close")
        request = CloseOrder(**chapter.base(f"close/{state.closings + 1}", state.cancel_cause), outcome=outcome, reason=reason)
        await chapter.act(OrderActivities.close_order, request, f"Close the order: {outcome}")
        state.closings += 1
        state.outcome, state.outcome_reason = outcome, reason
        self.show()

    def too_long(self) -> bool:
        """The history has grown so long that not even a retrying outage may hold it up; true once, then `leaving` says it."""
        return not self.state.leaving and workflow.info().get_current_history_length() > self.state.policies.leave_at_events

    def may_leave(self) -> bool:
        """A quiet point at which the history may begin anew."""
        suggested = self.state.leaving or workflow.info().is_continue_as_new_suggested()
        return suggested and self.life.in_flight == 0 and workflow.all_handlers_finished()

    async def turns(self) -> None:
        """Let the chapters that were woken together with the run have their turn: what they wait for was answered in this run."""
        for _ in range(3):
            await workflow.wait_condition(lambda: True)

    def cancelled_in_temporal(self) -> None:
        if self.state.stage in TAKEN[CancelOrder]:
            self.state.cancel("cancelled in Temporal", None)
        else:
            self.state.note(f"a cancellation in Temporal came too late: the order is {self.state.stage}")

    # --- what others see ---------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """The page of the order in the Temporal UI; search attributes are written when one of them changed and the order is at rest.

        A step on its way changes them again in a moment, and every write is an event of the history.
        """
        workflow.set_current_details(story.details(self.life))
        if self.life.in_flight:
            return
        changed = [update for update in story.attributes(self.state) if self.shown.get(update.key.name) != update.value]
        if changed:
            workflow.upsert_search_attributes(changed)
            self.shown |= {update.key.name: update.value for update in changed}

    @workflow.query(name="state")
    def read_state(self) -> OrderState:
        """Everything the order knows about itself."""
        return self.state

    @workflow.query(name="waits")
    def read_waits(self) -> list[WaitView]:
        """What the order waits for at this moment, about what and until when."""
        return [WaitView(wait=w.wait, subject=w.subject, until=w.due) for w in self.life.waiting.values()]

    # --- facts: they have happened, they are recorded whatever they look like ------------------------------------------------------

    @workflow.signal(dynamic=True)
    def fact(self, name: str, args: Sequence[RawValue]) -> None:
        now = workflow.now()
        try:
            (raw,) = args
            message = parse_fact(name, raw.payload.data)
        except Exception as unreadable:  # noqa: BLE001  # whatever a stranger sent: a row for a person, never a dead order
            record_unreadable(self.state, name, _first_line(unreadable), now)
            return
        record_fact(self.state, message, now)

    # --- requests: they may be refused; a receipt means recorded -------------------------------------------------------------------

    def _admit(self, request: Request) -> None:
        refusal = admission.refusal(self.state, request, workflow.now())
        if refusal is not None:
            raise Refused(refusal)

    def _record(self, request: Request) -> Receipt:
        return record_request(self.state, request, workflow.now())

    @workflow.update
    def cancel_order(self, request: CancelOrder) -> Receipt:
        return self._record(request)

    @workflow.update
    def amend_order(self, request: AmendOrder) -> Receipt:
        return self._record(request)

    @workflow.update
    def hold_order(self, request: HoldOrder) -> Receipt:
        return self._record(request)

    @workflow.update
    def release_order(self, request: ReleaseOrder) -> Receipt:
        return self._record(request)

    @workflow.update
    def release_credit(self, request: ReleaseCredit) -> Receipt:
        return self._record(request)

    @workflow.update
    def decide(self, request: Decide) -> Receipt:
        return self._record(request)

    @workflow.update
    def request_return(self, request: RequestReturn) -> Receipt:
        return self._record(request)

    @workflow.update
    def appease(self, request: Appease) -> Receipt:
        return self._record(request)

    @workflow.update
    def dispute_invoice(self, request: DisputeInvoice) -> Receipt:
        return self._record(request)

    @workflow.update
    def promise_to_pay(self, request: PromiseToPay) -> Receipt:
        return self._record(request)

    @workflow.update
    def hold_dunning(self, request: HoldDunning) -> Receipt:
        return self._record(request)

    @workflow.update
    def cancel_reminder(self, request: CancelReminder) -> Receipt:
        return self._record(request)

    @workflow.update
    def write_off_invoice(self, request: WriteOffInvoice) -> Receipt:
        return self._record(request)

    @cancel_order.validator
    def _may_cancel(self, request: CancelOrder) -> None:
        self._admit(request)

    @amend_order.validator
    def _may_amend(self, request: AmendOrder) -> None:
        self._admit(request)

    @hold_order.validator
    def _may_hold(self, request: HoldOrder) -> None:
        self._admit(request)

    @release_order.validator
    def _may_release(self, request: ReleaseOrder) -> None:
        self._admit(request)

    @release_credit.validator
    def _may_release_credit(self, request: ReleaseCredit) -> None:
        self._admit(request)

    @decide.validator
    def _may_decide(self, request: Decide) -> None:
        self._admit(request)

    @request_return.validator
    def _may_return(self, request: RequestReturn) -> None:
        self._admit(request)

    @appease.validator
    def _may_appease(self, request: Appease) -> None:
        self._admit(request)

    @dispute_invoice.validator
    def _may_dispute(self, request: DisputeInvoice) -> None:
        self._admit(request)

    @promise_to_pay.validator
    def _may_promise(self, request: PromiseToPay) -> None:
        self._admit(request)

    @hold_dunning.validator
    def _may_hold_dunning(self, request: HoldDunning) -> None:
        self._admit(request)

    @cancel_reminder.validator
    def _may_cancel_reminder(self, request: CancelReminder) -> None:
        self._admit(request)

    @write_off_invoice.validator
    def _may_write_off(self, request: WriteOffInvoice) -> None:
        self._admit(request)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
