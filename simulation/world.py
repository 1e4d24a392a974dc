"""The outside world at work: the floor, the drivers, the customers and the office, round after round."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from domain.views import OrderView
from integrations.simulated import World
from integrations.simulated.outbox import Entry
from simulation import carrier, customers, floor, office
from simulation.bank import Bank
from simulation.book import Book, Reading
from simulation.telephone import Caller, Telephone
from simulation.waves import Crew

log = structlog.get_logger()

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    return datetime.now(UTC)


class OutsideWorld:
    """Acts on the partners' store and on what the database tells, and says everything through the telephone.

    `crew` works our own floor, and `bank` carries the transfers, where there is one. `day` is the length of a business day, `interval` the
    seconds between two looks at the database; the floors and the drivers turn up to five times as fast. What is planned stands in the
    store: the world may be killed and started again at any moment, and says nothing twice that matters.
    """

    def __init__(
        self,
        world: World,
        reading: Reading,
        telephone: Telephone,
        day: timedelta,
        *,
        crew: Crew | None = None,
        bank: Bank | None = None,
        interval: float = 0.2,
        clock: Clock = now_utc,
    ) -> None:
        self._world, self._day, self._interval, self._clock = world, day, interval, clock
        self._crew, self._bank = crew, bank
        self._book = Book(reading)
        self._caller = Caller(world, telephone)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Round after round until `stop` or a cancellation; a step that breaks is logged and made again in the next round."""
        pause = max(0.02, min(self._interval, self._day.total_seconds() / 5))
        rounds_per_look = max(1, round(self._interval / pause))
        number = 0
        try:
            while not self._stopped.is_set():
                await self.round(look=number % rounds_per_look == 0)
                number += 1
                try:
                    await asyncio.wait_for(self._stopped.wait(), pause)
                except TimeoutError:
                    continue
        finally:
            await self._caller.hang_up()

    def stop(self) -> None:
        self._stopped.set()

    async def round(self, *, look: bool = True) -> None:
        """Everybody acts once; with `look` also those who read the database."""
        if look:
            await self._step("reading the database", self._book.read)
            await self._step("customers and office", self._people)
            await self._step("bank", self._transfer)
        await self._step("floor", lambda: self._world.off_loop(floor.work, self._world, self._book.views, self._day))
        await self._step("own floor", self._walk)
        await self._step("drivers", lambda: self._world.off_loop(carrier.drive, self._world, self._book.views, self._day))
        await self._step("telephone", lambda: self._caller.say_what_is_due(self._clock()))

    async def finish_calls(self) -> None:
        """Wait until everything that is being said has been said."""
        await self._caller.finish()

    async def _walk(self) -> None:
        if self._crew is not None:
            await self._crew.work(self._world, self._book.views, self._day, self._clock())

    async def _transfer(self) -> None:
        if self._bank is not None:
            await self._bank.work(self._world, self._book.views, self._day, self._clock())

    async def _people(self) -> None:
        await self._world.off_loop(self._plan_people, dict(self._book.views))

    def _plan_people(self, views: dict[str, OrderView]) -> None:
        now, day, outbox = self._clock(), self._day, self._world.outbox
        entries: list[Entry] = []
        for order in self._world.with_requests():
            entries += customers.asks(order, self._world.script_of(order), views.get(order), day, now)
        for view in views.values():
            script = self._world.script_of(view.order)
            try:
                entries += customers.pays(view, script, day, now)
                entries += customers.promises(view, script, day, now)
                entries += customers.sends_back(view, script, self._dock(view), outbox, day, now)
                entries += office.decides(view, script, outbox, day, now)
                entries += office.inspects(view, script, outbox, day, now)
                entries += office.slips(view, script, day, now)
                entries += office.receives(view, script, outbox, day, now)
                entries += office.raises(view, script, now)
            except Exception:  # one strange order must not keep the others from being served
                log.exception("nobody outside knows what to do about an order", order=view.order)
        fresh = [entry for entry in entries if outbox.outcome(entry.id) is None]
        if fresh:
            outbox.put(fresh)

    def _dock(self, view: OrderView) -> str:
        """Where returned goods go: what the return label says, if that is one of the order's locations, else where they came from."""
        locations = [shipment.location for shipment in view.shipments]
        labels = self._world.rows("SELECT destination FROM labels WHERE order_key = ? AND rma > 0 AND NOT voided", view.order)
        named = [label["destination"] for label in labels if label["destination"] in locations]
        return str(next(iter(named + locations), ""))

    async def _step(self, who: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception:  # one broken step must not end the world; it is made again in the next round
            log.exception("a step of the outside world broke", who=who)
