"""Orders, carts, grants and channels that compete for the same units: nobody ever gets what somebody else has a claim on."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import orders, quotas, reading, soft_reservations, stock
from database.journal import once, undo
from database.tables import Order
from domain.availability import EVERY_CHANNEL
from domain.quotas import SetQuota
from domain.soft_reservations import SoftKind, Wanted
from domain.steps import AcceptOrder, AllocateStock, Allocation, Need, Recorded, ReleaseStock
from tests.database.builders import DAY, HOUR, NOW, cart, line, order, step
from tests.database.watched import Watched
from tests.endurance import machine

Place = tuple[str, str]
CHANNELS = ("shopify", "x12")


class ClaimsMachine(RuleBasedStateMachine):
    """14 kettles at two places, 5 grinders at one. Each order comes from a cart; a claim is counted here by hand, from the rows."""

    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database, self.now, self.keys = database, NOW, 0
        database.run(database.refurnish)
        self.carts: list[tuple[str, str]] = []  # channel and cart
        self.open: dict[str, str] = {}  # order -> channel
        self.attempts: list[tuple[str, str]] = []

    @initialize(quota=st.integers(1, 6), kept_back=st.integers(0, 3))
    def begin(self, quota: int, kept_back: int) -> None:
        self.share_out("KETTLE", "BERLIN", "x12", kept_back, quota)

    # --- what happens ---

    @rule(
        item=st.sampled_from(["KETTLE", "KETTLE", "GRINDER"]),
        quantity=st.integers(1, 6),
        location=st.sampled_from(["", "", "BERLIN", "LYON"]),
        channel=st.sampled_from(CHANNELS),
    )
    def fill_a_cart(self, item: str, quantity: int, location: str, channel: str) -> None:
        key = f"cart/{self.key()}"
        wanted = Wanted(item=item, quantity=quantity, location=location)
        self.set_aside(channel, key, cart(key, wanted, channel=channel, at=self.now, expires_at=self.now + 2 * HOUR))
        self.carts.append((channel, key))

    @rule(data=st.data(), item=st.sampled_from(["KETTLE", "GRINDER"]), quantity=st.integers(1, 4))
    @precondition(lambda self: self.open)
    def grant(self, data: st.DataObject, item: str, quantity: int) -> None:
        """The backorder queue sets units aside for one order, until it comes."""
        owner = data.draw(st.sampled_from(sorted(self.open)))
        about: dict[str, Any] = {"owner": owner, "kind": SoftKind.GRANT, "channel": self.open[owner], "expires_at": None, "at": self.now}
        self.set_aside(self.open[owner], owner, cart(f"grant/{self.key()}", Wanted(item=item, quantity=quantity), **about))

    @rule(data=st.data(), kettles=st.integers(1, 12), grinders=st.integers(1, 4), channel=st.sampled_from(CHANNELS))
    def place(self, data: st.DataObject, kettles: int, grinders: int, channel: str) -> None:
        """An order, from one of its channel's carts if there is one."""
        basket = data.draw(st.sampled_from(["", *(key for at, key in self.carts if at == channel)]))
        about: dict[str, Any] = {"channel": channel, "basket": basket}
        placed = order(str(self.key()), line(1, "KETTLE", kettles), line(2, "GRINDER", grinders), **about)
        request = AcceptOrder(**step("accept", placed.key), placed=placed, price_tolerance=Decimal(9), waived=True)
        self.database.run(orders.accept_order, request)
        self.open[placed.key] = channel

    @rule(data=st.data(), all_or_nothing=st.booleans())
    @precondition(lambda self: self.open)
    def allocate(self, data: st.DataObject, all_or_nothing: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.open)))
        view = self.database.run(reading.order_view, key)
        needs = tuple(Need(line=row.number, item=row.item, quantity=row.open) for row in view.lines if row.open)
        if not needs:
            return
        request = AllocateStock(
            **step(f"allocate/{self.key()}", key) | {"at": self.now},
            needs=needs,
            all_or_nothing=all_or_nothing,
            first_shipment=len(view.shipments) + 1,
            pick_due=NOW,
            backorder_due=NOW + DAY,
        )
        owners = {key, self.basket(key)}
        before = self.claimed_by_others(self.open[key], owners)
        found = self.database.run(once, request, "allocate", Allocation, stock.allocate_stock)
        self.everybody_else_has_what_they_had(before, self.claimed_by_others(self.open[key], owners))
        assert self.database.run(once, request, "allocate", Allocation, stock.allocate_stock) == found
        self.attempts.append((key, request.key))
        if not found.short:
            assert owners.isdisjoint(row.owner for row in self.database.run(soft_reservations.soft_reservations, self.now))

    @rule(data=st.data())
    @precondition(lambda self: self.attempts)
    def take_an_allocation_back(self, data: st.DataObject) -> None:
        key, attempt = data.draw(st.sampled_from(self.attempts))
        request = ReleaseStock(**step(f"release/{self.key()}", key), undoes=attempt)
        for _ in range(2):
            assert self.database.run(undo, request, attempt, "release", stock.release_stock) == Recorded()

    @rule(data=st.data())
    @precondition(lambda self: self.carts)
    def empty_a_cart(self, data: st.DataObject) -> None:
        _, key = data.draw(st.sampled_from(self.carts))
        if any(row.key == key for row in self.database.run(soft_reservations.soft_reservations)):
            assert self.database.run(soft_reservations.release, key, self.now).ended != ""

    @rule(marked=st.booleans())
    def an_hour_passes(self, marked: bool) -> None:
        self.now += HOUR
        if marked:
            self.database.run(soft_reservations.expire_due, self.now)

    @rule(
        item=st.sampled_from(["KETTLE", "GRINDER"]),
        location=st.sampled_from(["BERLIN", "LYON"]),
        channel=st.sampled_from([*CHANNELS, EVERY_CHANNEL]),
        kept_back=st.integers(0, 2),
        quota=st.integers(0, 5),
    )
    def share_out(self, item: str, location: str, channel: str, kept_back: int, quota: int) -> None:
        units = 0 if channel == EVERY_CHANNEL else quota
        request = SetQuota(item=item, location=location, channel=channel, kept_back=kept_back, quota=units)
        self.database.run(quotas.set_quota, request)

    # --- what always holds ---

    @invariant()
    def all_that_is_set_aside_is_there(self) -> None:
        free = self.free()
        assert {place: units for place, units in self.set_aside_for().items() if units > free.get(place, 0)} == {}

    def teardown(self) -> None:
        assert self.database.run(self.database.audit) == []

    # --- parts ---

    def key(self) -> int:
        self.keys += 1
        return self.keys

    def set_aside(self, channel: str, owner: str, request: Any) -> None:
        before = self.claimed_by_others(channel, {owner})
        found = self.database.run(soft_reservations.reserve_softly, request)
        assert sum(row.quantity for row in found.kept) == (0 if found.short else request.wanted[0].quantity)
        self.everybody_else_has_what_they_had(before, self.claimed_by_others(channel, {owner}))
        if found.kept:
            assert self.database.run(soft_reservations.reserve_softly, request) == found.model_copy(update={"repeated": True})

    def basket(self, key: str) -> str:
        return self.database.run(lambda session: session.get_one(Order, key).basket) or key

    def free(self) -> dict[Place, int]:
        free: dict[Place, int] = {}
        for row in self.database.run(reading.stock):
            free[row.item, row.location] = free.get((row.item, row.location), 0) + row.on_hand - row.reserved
        return free

    def set_aside_for(self, but: frozenset[str] | set[str] = frozenset()) -> dict[Place, int]:
        """Units that are set aside now, by place, for everybody but these owners."""
        found: dict[Place, int] = {}
        for row in self.database.run(soft_reservations.soft_reservations, self.now):
            if row.owner not in but:
                found[row.item, row.location] = found.get((row.item, row.location), 0) + row.quantity
        return found

    def claimed_by_others(self, channel: str, owners: set[str]) -> dict[Place, tuple[int, int, int]]:
        """By place: what is free beside the owners' own, how much others have set aside, what is left of other channels' quotas."""
        free, aside, shares = self.free(), self.set_aside_for(but=owners), dict[Place, int]()
        for place, units in self.set_aside_for().items():
            free[place] = free.get(place, 0) - units + aside.get(place, 0)
        for share in self.database.run(quotas.quotas, self.now):
            if share.channel != channel:
                shares[share.item, share.location] = shares.get((share.item, share.location), 0) + share.left
        return {place: (free.get(place, 0), aside.get(place, 0), shares.get(place, 0)) for place in {*free, *aside, *shares}}

    def everybody_else_has_what_they_had(self, before: dict[Place, tuple[int, int, int]], after: dict[Place, tuple[int, int, int]]) -> None:
        for place, (free, aside, shares) in before.items():
            assert after[place][1:] == (aside, shares)
            if free >= aside + shares:
                assert after[place][0] >= aside + shares, place


def test_nobody_gets_what_somebody_else_has_a_claim_on(workshop: Watched) -> None:
    calm = machine(25, steps=15)
    run_state_machine_as_test(partial(ClaimsMachine, workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well as a class
