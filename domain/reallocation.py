"""Re-allocation: stock of one item changes hands between orders on purpose, by a named strategy that can be simulated first.

A plan is made from what each order holds (set aside or allocated, not picked yet), what it still waits for, and what lies free. It moves
units, it never makes any: what all orders hold and what is free add up to the same before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from domain.backorders import Place
from domain.errors import Refused
from domain.values import Value


class Strategy(StrEnum):
    WIN = "win"  # one order gets what it needs, from those at the end of the queue first, whatever their priority
    GAIN = "gain"  # one order gets what it needs, from orders of lower priority only
    REDISTRIBUTE = "redistribute"  # what there is is spread evenly over all that hold or want some
    FILL = "fill"  # as many orders as possible get all they want, the smallest first
    LOSE = "lose"  # one order gives what it holds to the queue, as far as somebody takes it
    UNDO = "undo"  # an earlier re-allocation is taken back


ABOUT_ONE_ORDER = (Strategy.WIN, Strategy.GAIN, Strategy.LOSE)


class Claim(Value):
    """What one order has to do with an item: units it holds that nobody has picked, and units it waits for.

    `whole` takes all it wants or nothing, and gives all it holds or nothing. A claim that is `blocked` takes nothing: the reason says why.
    """

    place: Place
    held: int = 0
    waiting: int = 0
    whole: bool = False
    blocked: str = ""

    @property
    def order(self) -> str:
        return self.place.order

    @property
    def wants(self) -> int:
        return self.held + self.waiting

    @property
    def takes(self) -> bool:
        return self.waiting > 0 and not self.blocked


class Share(Value):
    """What an order holds before and after, of how many it wants, and why."""

    order: str
    wants: int
    before: int
    after: int
    why: str

    @property
    def change(self) -> int:
        return self.after - self.before


class Plan(Value):
    """Who holds how much afterwards, in the order of the queue; what is free afterwards goes along the queue as any stock does."""

    item: str
    strategy: Strategy
    order: str = ""  # the order that wins, gains or loses
    free_before: int
    free_after: int
    shares: tuple[Share, ...]

    @property
    def changes(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.change)


class _Table:
    """Units on their way from hand to hand while a plan is made."""

    def __init__(self, claims: Iterable[Claim], free: int) -> None:
        self.claims = sorted(claims, key=lambda claim: claim.place.rank)
        self.before_free = self.free = free
        self.after = {claim.order: claim.held for claim in self.claims}
        self.why: dict[str, str] = {}

    def claim(self, order: str, item: str) -> Claim:
        found = next((claim for claim in self.claims if claim.order == order), None)
        if found is None:
            raise Refused(f"Order {order} neither holds nor waits for any {item}.")
        return found

    def put(self, claim: Claim, units: int, why: str) -> None:
        """Leave `claim` with so many units; the difference comes out of what is free, or goes there."""
        self.free -= units - self.after[claim.order]
        self.after[claim.order] = units
        self.why[claim.order] = why

    def plan(self, item: str, strategy: Strategy, order: str) -> Plan:
        shares = tuple(
            Share(
                order=claim.order,
                wants=claim.wants,
                before=claim.held,
                after=self.after[claim.order],
                why=self.why.get(claim.order) or claim.blocked or "nothing changes",
            )
            for claim in self.claims
        )
        return Plan(item=item, strategy=strategy, order=order, free_before=self.before_free, free_after=self.free, shares=shares)


def plan(item: str, strategy: Strategy, claims: Iterable[Claim], free: int, order: str = "") -> Plan:
    """What a strategy makes of the claims on an item. Raises Refused, with the reason, for what it cannot do or what changes nothing."""
    if strategy in ABOUT_ONE_ORDER and not order:
        raise Refused(f"The strategy {strategy} is about one order: say which.")
    if strategy not in ABOUT_ONE_ORDER and order:
        raise Refused(f"The strategy {strategy} is about all orders: it names none.")
    table = _Table(claims, free)
    match strategy:
        case Strategy.WIN | Strategy.GAIN:
            _win(table, table.claim(order, item), item, strategy)
        case Strategy.LOSE:
            _lose(table, table.claim(order, item), item)
        case Strategy.REDISTRIBUTE:
            _spread(table)
        case Strategy.FILL:
            _fill(table)
        case Strategy.UNDO:
            raise Refused("An undo takes back what was done: it is made by `undo`.")
    made = table.plan(item, strategy, order)
    if not made.changes:
        raise Refused(f"The strategy {strategy} changes nothing for {item}: everybody keeps what they have.")
    return made


def undo(item: str, done: Mapping[str, int], claims: Iterable[Claim], free: int) -> Plan:
    """Take back what a re-allocation moved (`done`: order -> units gained, or lost below zero).

    Raises Refused as soon as one order no longer holds, unpicked, what it gained. Who lost gets as much as they still wait for; the rest is
    for the queue.
    """
    table = _Table(claims, free)
    for order, units in sorted(done.items()):
        if units > 0:
            claim = next((claim for claim in table.claims if claim.order == order), None)
            held = claim.held if claim else 0
            if claim is None or held < units:
                raise Refused(f"Order {order} gained {units} of {item} and holds {held} that nobody has picked: this cannot be undone.")
            table.put(claim, held - units, f"gives back the {units} it gained")
    for claim in table.claims:
        back = min(-done.get(claim.order, 0), claim.waiting, table.free)
        if back > 0:
            table.put(claim, claim.held + back, f"gets back {back} of the {-done[claim.order]} it lost")
    made = table.plan(item, Strategy.UNDO, "")
    if not made.changes:
        raise Refused(f"There is nothing to undo: of {item}, nobody gained anything.")
    return made


def _win(table: _Table, winner: Claim, item: str, strategy: Strategy) -> None:
    if winner.blocked:
        raise Refused(f"Order {winner.order} cannot take {item}: {winner.blocked}.")
    if not winner.waiting:
        raise Refused(f"Order {winner.order} has all the {item} it wants.")
    needed = winner.waiting - table.free
    for donor in reversed(table.claims):
        if needed <= 0:
            break
        if donor.order == winner.order or not donor.held:
            continue
        if strategy is Strategy.GAIN and donor.place.urgency <= winner.place.urgency:
            continue
        gives = donor.held if donor.whole else min(donor.held, needed)
        stands = "behind" if donor.place.rank > winner.place.rank else "before"
        whole = " and ships whole or not at all" if donor.whole else ""
        table.put(donor, donor.held - gives, f"gives up {gives}: it stands {stands} {winner.order}{whole}")
        needed -= gives
    gets = min(winner.waiting, table.free)
    if not gets or (winner.whole and gets < winner.waiting):
        of_whom = "orders of lower priority" if strategy is Strategy.GAIN else "other orders"
        raise Refused(f"Order {winner.order} waits for {winner.waiting} of {item}, and {of_whom} hold only {gets} that it could take.")
    table.put(winner, winner.held + gets, f"takes {gets} of the {winner.waiting} it waits for")


def _lose(table: _Table, loser: Claim, item: str) -> None:
    if not loser.held:
        raise Refused(f"Order {loser.order} holds no {item} that it could give.")
    table.put(loser, 0, "")
    for claim in table.claims:
        gets = min(claim.waiting, table.free)
        if claim.order == loser.order or not claim.takes or not gets or (claim.whole and gets < claim.waiting):
            continue
        table.put(claim, claim.held + gets, f"takes {gets} of the {claim.waiting} it waits for")
    kept = 0 if loser.whole and table.free < loser.held else min(loser.held, table.free)
    if kept == loser.held:
        raise Refused(f"Nobody in the queue takes any {item}: order {loser.order} keeps its {loser.held}.")
    table.put(loser, kept, f"gives {loser.held - kept} to the queue")


def _spread(table: _Table) -> None:
    """Everybody gets the same, up to what they want; what is left over by the division goes to the first of the queue."""
    sharing = []
    for claim in table.claims:
        if claim.whole or claim.blocked:
            table.why[claim.order] = claim.blocked or "ships whole or not at all: is left as it is"
        else:
            sharing.append(claim)
            table.put(claim, 0, "")
    level = even_level([claim.wants for claim in sharing], table.free)
    for claim in sharing:
        table.put(claim, min(claim.wants, level), "")
    for claim in sharing:
        if table.free and table.after[claim.order] < claim.wants and table.after[claim.order] == level:
            table.put(claim, level + 1, "")
    for claim in sharing:
        after = table.after[claim.order]
        table.why[claim.order] = "gets all it wants" if after == claim.wants else f"gets an even share of {after}"


def even_level(wants: Sequence[int], units: int) -> int:
    """The highest level to which everybody can be served, each up to what they want."""
    left, level = units, 0
    rest = sorted(want for want in wants if want > 0)
    while rest:
        step = min(rest[0] - level, left // len(rest))
        left -= step * len(rest)
        level += step
        if level < rest[0]:
            break
        rest = [want for want in rest if want > level]
    return level


def _fill(table: _Table) -> None:
    """The smallest wishes first: no other choice completes more orders. What is left goes to those who take any units, in their order."""
    filling = [claim for claim in table.claims if not claim.blocked]
    for claim in filling:
        table.put(claim, 0, "is not completed: too many want less")
    incomplete = []
    for claim in sorted(filling, key=lambda claim: (claim.wants, claim.place.rank)):
        if claim.wants <= table.free:
            table.put(claim, claim.wants, "is completed")
        else:
            incomplete.append(claim)
    for claim in sorted(incomplete, key=lambda claim: claim.place.rank):
        rest = min(claim.wants, table.free)
        if rest and not claim.whole:
            table.put(claim, rest, f"is not completed, and takes the {rest} left over")
