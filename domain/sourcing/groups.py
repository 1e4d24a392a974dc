"""Sourcing in groups: lines that get stock together or not at all, beside others of the same order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.sourcing.choice import choose
from domain.sourcing.decision import Decision, Part
from domain.sourcing.facts import Site, Sourcing, SourcingPolicy
from domain.steps import Need, Shortage


def choose_in_groups(
    order: Sourcing, sites: Sequence[Site], policy: SourcingPolicy, groups: Sequence[Sequence[int]] = (), apart: bool = False
) -> Decision:
    """One plan for an order whose lines stand together in `groups`; without groups it is `choose`.

    Every group gets all it needs or nothing, the first ones first, and leaves what it cannot complete to those behind it. Groups that are
    served share shipments, or `apart` have their own: then a location may be named twice. Whoever gets nothing is short of something.
    """
    if not groups:
        return _said(order, choose(order, sites, policy))
    served: list[Decision] = []
    together: list[Need] = []
    failed: list[Decision] = []
    left = list(sites)
    for group in groups:
        needs = [need for need in order.needs if need.line in group]
        asked = replace(order, needs=tuple(needs if apart else [*together, *needs]), together=True)
        found = _said(asked, choose(asked, left, policy))
        if not found.parts:
            mine = tuple(short for short in found.short if short.line in group)
            failed.append(found.model_copy(update={"short": mine}))
        elif apart:
            served.append(found)
            left = [_without(site, found.parts, needs) for site in left]
        else:
            served, together = [found], list(asked.needs)
    return _together(served, failed)


def _together(served: Sequence[Decision], failed: Sequence[Decision]) -> Decision:
    """Several decisions as one: the plans of those that found one, the shortages of the others."""
    everything = [*served, *failed]
    return Decision(
        rule=served[0].rule if served else "",
        tried=tuple(tried for decision in everything for tried in decision.tried),
        parts=tuple(part for decision in served for part in decision.parts),
        short=tuple(sorted((short for decision in failed for short in decision.short), key=lambda short: short.line)),
        candidates=tuple(candidate for decision in everything for candidate in decision.candidates),
        exact=all(decision.exact for decision in everything),
    )


def _said(order: Sourcing, decision: Decision) -> Decision:
    """The decision; when no rule of the house found a plan although stock is there, every line waits for better times."""
    if decision.parts or decision.short:
        return decision
    short = tuple(Shortage(line=need.line, item=need.item, asked=need.quantity, available=0) for need in order.needs)
    return decision.model_copy(update={"short": short})


def _without(site: Site, parts: Iterable[Part], needs: Sequence[Need]) -> Site:
    """The location less what it gives to a group."""
    item_of = {need.line: need.item for need in needs}
    units = dict(site.units)
    for part in parts:
        if part.location == site.location:
            for line, taken in part.units.items():
                units[item_of[line]] -= taken
    return replace(site, units=units)
