"""Sharing out: which needs of one order get stock, when some lines get it together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.steps import Need, Shortage


def share_out(needs: Sequence[Need], there: Mapping[str, int], groups: Sequence[Sequence[int]] = ()) -> tuple[list[Need], list[Shortage]]:
    """What each need gets of what is there of its item, in the order of the lines, and every line that is short.

    The lines of a group get all they need or nothing, and leave what there is to the groups behind them; a line in no group takes what
    there is.
    """
    left = dict(there)
    group_of = {line: number for number, group in enumerate(groups) for line in group}
    parts: dict[int, list[Need]] = {}
    for place, need in enumerate(needs):
        parts.setdefault(group_of.get(need.line, len(groups) + place), []).append(need)
    granted, short = [], []
    for number, part in parts.items():
        trial = dict(left)
        gets = []
        lacks = []
        for need in part:
            quantity = min(need.quantity, trial.get(need.item, 0))
            trial[need.item] = trial.get(need.item, 0) - quantity
            if quantity:
                gets.append(need.model_copy(update={"quantity": quantity}))
            if quantity < need.quantity:
                lacks.append(Shortage(line=need.line, item=need.item, asked=need.quantity, available=quantity))
        short += lacks
        if number >= len(groups) or not lacks:
            granted += gets
            left = trial
    order = {need.line: place for place, need in enumerate(needs)}
    return sorted(granted, key=lambda need: order[need.line]), sorted(short, key=lambda shortage: order[shortage.line])
