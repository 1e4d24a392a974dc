"""The verdict: every order is where its facts say, and nothing was lost or done twice, by our own books and by the partners'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.tables import Invoice, JournalEntry, Payment, Refund, Reminder, ReminderDocument, Shipment
from domain.lifecycle import Stage
from domain.values import Value
from integrations.simulated import Effect, World
from integrations.simulated.scripts import What, request_id
from simulation.crashing.disturbance import Damage
from starters.demonstration import Ending, Result, Scenario


class Repeats(Value):
    """A kind of step: how many were done, how many of them were asked for again, and how often in all."""

    step: str
    done: int
    repeated: int
    times: int


class Calls(Value):
    """A kind of call to a partner: how many keys, how many calls arrived, how many effects they had."""

    partner: str
    operation: str
    keys: int
    arrived: int
    happened: int


class Books(Value):
    """What our own database says of effects outside: order (and what of it) -> how many or how much."""

    repeats: tuple[Repeats, ...]
    labels: dict[str, str]  # tracking number -> order and shipment
    captured: dict[str, int]  # order -> minor units captured and not given back
    refunds: dict[str, int]  # key of the order -> refunds
    reminders: dict[str, int]
    invoices_twice: tuple[str, ...]


class Verdict(Value):
    orders: int
    seconds: float
    worker_kills: int
    server_kills: int
    repeats: tuple[Repeats, ...]
    calls: tuple[Calls, ...]
    faults: tuple[str, ...]  # one sentence each; none for a run that passed
    shorter: tuple[str, ...]  # orders that took a shorter way than their story tells, and ended where it ends

    @property
    def ran_twice(self) -> int:
        return sum(each.repeated for each in self.repeats)


def judge(result: Result, stories: Sequence[Scenario], world: World, books: Books, damage: Damage) -> Verdict:
    effects = world.effects()
    faults = [
        *([result.trouble] if result.trouble else []),
        *_astray(result.endings, stories, world),
        *(f"audit: {violation.rule} of {violation.subject}: {violation.detail}" for violation in result.violations),
        *_twice(effects),
        *_books_differ(world, books),
        *(f"{entry} was never said" for entry in _unsaid(world, stories)),
    ]
    if not any(each.repeated for each in books.repeats):
        faults.append("No step ran twice: nothing was put to the test.")
    return Verdict(
        orders=len(stories),
        seconds=result.seconds,
        worker_kills=damage.worker_kills,
        server_kills=damage.server_kills,
        repeats=books.repeats,
        calls=tuple(_calls(effects)),
        faults=tuple(faults),
        shorter=tuple(f"{ending.key}: {'; '.join(ending.skipped)}" for ending in result.endings if ending.as_told and ending.skipped),
    )


def read_books(session: Session) -> Books:
    shipped = select(Shipment.tracking, Shipment.order, Shipment.shipment).where(Shipment.tracking.is_not(None))
    captured = select(Payment.order, func.sum(Payment.amount - Payment.refunded)).where(Payment.kind == "captured").group_by(Payment.order)
    invoiced = select(Invoice.order, Invoice.shipment).group_by(Invoice.order, Invoice.shipment).having(func.count() > 1)
    alone = select(Reminder.order, func.count()).where(Reminder.document == "").group_by(Reminder.order)
    joint = select(ReminderDocument.document).where(ReminderDocument.state == "sent", ReminderDocument.email != "")
    again = func.count().filter(JournalEntry.repeats > 0)
    repeated = select(JournalEntry.step, func.count(), again, func.sum(JournalEntry.repeats)).group_by(JournalEntry.step)
    return Books(
        repeats=tuple(
            Repeats(step=step, done=done, repeated=repeated_ones, times=times or 0)
            for step, done, repeated_ones, times in session.execute(repeated.order_by(JournalEntry.step))
        ),
        labels={str(tracking): f"{order} shipment {number}" for tracking, order, number in session.execute(shipped)},
        captured={order: int(amount) for order, amount in session.execute(captured)},
        refunds={order: int(count) for order, count in session.execute(select(Refund.order, func.count()).group_by(Refund.order))},
        reminders={order: int(count) for order, count in session.execute(alone)}
        | {f"reminder/{document}": 1 for document in session.scalars(joint)},
        invoices_twice=tuple(f"{order} shipment {shipment}" for order, shipment in session.execute(invoiced)),
    )


def _astray(endings: Iterable[Ending], stories: Iterable[Scenario], world: World) -> Iterator[str]:
    """Orders that are not where their facts say: a customer whose cancellation came too late keeps the goods."""
    refused = world.outbox.refusals()
    for ending, story in zip(endings, stories, strict=True):
        cancels = [request_id(story.key, request) for request in world.script_of(story.key).requests if request.what is What.CANCEL]
        expected = Stage.CLOSED.value if any(request in refused for request in cancels) else ending.expected
        if ending.ended != expected:
            waits = ", ".join(f"{wait.wait.value} ({wait.subject})" for wait in ending.waits)
            yield f"{ending.key} is {ending.ended or ending.stage} and should be {expected}" + (f"; it waits for {waits}" if waits else "")


def _twice(effects: Iterable[Effect]) -> Iterator[str]:
    """An effect that one key had twice, or two keys for one thing."""
    alive: Counter[tuple[str, str, str]] = Counter()
    for effect in effects:
        if effect.happened > 1:
            yield f"The {effect.operation} {effect.key} happened {effect.happened} times."
        if effect.happened and not effect.undone and effect.order and effect.subject != effect.key:
            alive[effect.operation, effect.order, _thing(effect)] += 1
    for (operation, order, subject), count in alive.items():
        if count > 1:
            yield f"There are {count} of {operation} for {subject} of {order}."


def _thing(effect: Effect) -> str:
    """What an effect is for: of authorizations the step without its attempt, for an exchange holds money of its own beside the order's."""
    return effect.key.rpartition("/")[0] if effect.operation == "authorization" else effect.subject


def _books_differ(world: World, books: Books) -> Iterator[str]:
    """What the partners did and what our books say is the same."""
    sold = {
        row["tracking"]: f"{row['order_key']} shipment {row['shipment']}"
        for row in world.rows("SELECT * FROM labels WHERE rma = 0 AND NOT voided")
    }
    yield from _differences("label", sold, books.labels)
    taken = world.rows("SELECT order_key, sum(minor - refunded) AS minor FROM captures WHERE declined = '' GROUP BY order_key")
    yield from _differences("captured amount", {row["order_key"]: row["minor"] for row in taken}, books.captured)
    refunds = Counter(_order_of(row["key"]) for row in world.rows("SELECT key FROM refunds"))
    yield from _differences("number of refunds", refunds, books.refunds)
    letters = Counter(_order_of(letter["key"]) for letter in world.letters())
    yield from _differences("number of reminders", letters, books.reminders)
    yield from (f"{shipment} was invoiced twice." for shipment in books.invoices_twice)


def _differences(what: str, theirs: dict[str, str] | dict[str, int], ours: dict[str, str] | dict[str, int]) -> Iterator[str]:
    for key in sorted({*theirs, *ours}):
        if theirs.get(key, 0) != ours.get(key, 0):
            yield f"The {what} of {key} is {theirs.get(key, 'unknown')} at the partner and {ours.get(key, 'unknown')} in our books."


def _order_of(key: str) -> str:
    """The order whose step a key is of: `{channel}/{external id}/...`."""
    return "/".join(key.split("/")[:2])


def _unsaid(world: World, stories: Sequence[Scenario]) -> list[str]:
    """What was due long ago and is still in the outbox; an order that has ended takes nothing any more, and says so."""
    known = {story.key for story in stories}
    rows = world.rows(
        "SELECT id, order_key FROM outbox WHERE outcome = '' AND send_at < (SELECT max(send_at) FROM outbox WHERE outcome = 'sent') - 30"
    )
    return [row["id"] for row in rows if row["order_key"] in known]


def _calls(effects: Iterable[Effect]) -> Iterator[Calls]:
    kinds: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        kinds.setdefault((effect.port.value, effect.operation), []).append(effect)
    for (port, operation), found in sorted(kinds.items()):
        yield Calls(
            partner=port,
            operation=operation,
            keys=sum(effect.arrived > 0 for effect in found),  # a door that was closed before any call came is no call
            arrived=sum(effect.arrived for effect in found),
            happened=sum(effect.happened for effect in found),
        )
