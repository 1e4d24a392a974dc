"""What one may take when others have claims: no channel eats another's quota, no order eats what is set aside for another."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import given, settings

from domain.availability import EVERY_CHANNEL, Claims, Quota, kept_back_from, may_take, quotas_of_others
from tests.endurance import examples

CHANNELS = ("shop", "edi", "phone")


@dataclass
class Shelf:
    """One item at one location: its free units, and what each channel and each owner has a claim on."""

    free: int
    quotas: dict[str, Quota] = field(default_factory=dict)
    soft: list[tuple[str, str, int]] = field(default_factory=list)  # channel, owner, units; oldest first

    def now(self) -> dict[str, Quota]:
        """The quotas with what their channels hold softly."""
        held = {name: sum(units for channel, _, units in self.soft if channel == name) for name in self.quotas}
        return {name: quota.model_copy(update={"held": held[name]}) for name, quota in self.quotas.items()}

    def claims(self, channel: str, owner: str) -> Claims:
        mine = [at for at, (_, holder, _) in enumerate(self.soft) if holder == owner]
        others = [(at, units) for at, (_, holder, units) in enumerate(self.soft) if holder != owner]
        return Claims(
            own=sum(self.soft[at][2] for at in mine),
            others=sum(units for _, units in others),
            senior=sum(units for at, units in others if mine and at < mine[0]),
            kept_back=kept_back_from(channel, self.quotas),
            quotas_of_others=quotas_of_others(channel, self.now()),
        )

    def allocate(self, channel: str, owner: str, asked: int) -> int:
        taken = min(asked, may_take(self.free, self.claims(channel, owner)))
        self.free -= taken
        self.soft = [each for each in self.soft if each[1] != owner]
        if channel in self.quotas:
            quota = self.quotas[channel]
            self.quotas[channel] = quota.model_copy(update={"used": quota.used + taken})
        return taken

    def set_aside(self, channel: str, owner: str, asked: int) -> None:
        claims = self.claims(channel, owner)
        if asked and asked <= may_take(self.free, claims) - claims.own:
            self.soft.append((channel, owner, asked))


shares = st.dictionaries(
    st.sampled_from([*CHANNELS, EVERY_CHANNEL]),
    st.tuples(st.integers(0, 6), st.integers(0, 12)),
    max_size=4,
).map(
    lambda found: {
        name: Quota(channel=name, kept_back=kept_back, quota=0 if name == EVERY_CHANNEL else quota)
        for name, (kept_back, quota) in found.items()
    }
)
acts = st.lists(
    st.tuples(st.booleans(), st.sampled_from(CHANNELS), st.sampled_from("abcdef"), st.integers(0, 15)),
    max_size=12,
)


@given(free=st.integers(0, 40), quotas=shares, steps=acts)
@settings(max_examples=examples(200), deadline=None)
def test_whoever_takes_leaves_every_other_claim_whole(free: int, quotas: dict[str, Quota], steps: list[tuple[bool, str, str, int]]) -> None:
    shelf = Shelf(free, quotas)
    for softly, channel, name, asked in steps:
        owner = f"{channel}/{name}"
        others_before = {each for each in shelf.soft if each[1] != owner}
        promised = sum(units for *_, units in others_before) + quotas_of_others(channel, shelf.now())
        covered, kept_back = shelf.free >= promised, kept_back_from(channel, quotas)
        assured = shelf.claims(channel, owner).own
        if softly:
            shelf.set_aside(channel, owner, asked)
        else:
            taken = shelf.allocate(channel, owner, asked)
            if covered and taken > assured:
                assert shelf.free >= promised + kept_back
        assert shelf.free >= 0
        assert {each for each in shelf.soft if each[1] != owner} == others_before
        if covered:
            still = sum(units for *_, units in others_before) + quotas_of_others(channel, shelf.now())
            assert still == promised
            assert shelf.free >= promised


@given(free=st.integers(0, 30), kept_back=st.integers(0, 9), others=st.integers(0, 30), quota=st.integers(0, 30), own=st.integers(0, 9))
def test_nothing_that_is_claimed_by_others_is_taken_without_a_reservation_of_ones_own(
    free: int, kept_back: int, others: int, quota: int, own: int
) -> None:
    claims = Claims(others=others, kept_back=kept_back, quotas_of_others=quota)
    assert may_take(free, claims) == max(free - others - kept_back - quota, 0)
    mine = claims.model_copy(update={"own": own})
    assert may_take(free, mine) == max(may_take(free, claims), min(own, free))


def test_a_reservation_of_ones_own_is_good_although_the_safety_stock_was_raised_since() -> None:
    assert may_take(10, Claims(own=4, kept_back=9)) == 4
    assert may_take(10, Claims(own=4, others=7, kept_back=9)) == 4


def test_when_goods_are_missing_older_reservations_come_first() -> None:
    assert may_take(5, Claims(own=4, others=4, senior=4)) == 1
    assert may_take(5, Claims(own=4, others=4, senior=0)) == 4


def test_a_channel_without_a_row_leaves_what_every_channel_has_to_leave() -> None:
    quotas = {EVERY_CHANNEL: Quota(channel=EVERY_CHANNEL, kept_back=3), "edi": Quota(channel="edi", kept_back=0, quota=5, used=2)}
    assert (kept_back_from("shop", quotas), quotas_of_others("shop", quotas)) == (3, 3)
    assert (kept_back_from("edi", quotas), quotas_of_others("edi", quotas)) == (0, 0)


def test_what_a_channel_holds_softly_is_part_of_its_quota() -> None:
    assert Quota(channel="edi", quota=5, used=2, held=2).left == 1
    assert Quota(channel="edi", quota=5, used=4, held=2).left == 0
