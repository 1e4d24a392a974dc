"""Returns: what may come back and until when, what differs from what was announced, and which units the customer gets money for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.dispositions import EFFECTS, MoneyEffect
from domain.messages import Disposition, InspectedLine, LineQuantity, OtherGoods, ReturnKind, ReturnWish
from domain.money import Money
from domain.parts import Return
from domain.return_rules import FAULT, ExchangeMode, Fault, ItemReturns, RefundTiming
from domain.state import OrderState


def refuse_return(
    state: OrderState,
    lines: Iterable[LineQuantity],
    now: datetime,
    kind: ReturnKind = ReturnKind.REFUND,
    wish: ReturnWish = ReturnWish(),  # noqa: B008  # a frozen value
) -> str | None:
    """Why these goods may not come back, or None: in time, not sold for good, and at most what was delivered and has not come back."""
    wanted = by_line(lines)
    if not any(wanted.values()):
        return "A return needs at least one unit."
    for number, quantity in wanted.items():
        if not state.has_line(number):
            return f"The order has no line {number}."
        line = state.line(number)
        if quantity > line.returnable:
            return f"Line {number} has {line.returnable} units that can come back, not {quantity}."
    for number in (number for number, quantity in wanted.items() if quantity):
        refused = _refuse_line(state, number, FAULT[wish.reasons.get(number, wish.because)], now)
        if refused:
            return refused
    return _refuse_wish(state, wanted, kind, wish)


def _refuse_line(state: OrderState, number: int, fault: Fault, now: datetime) -> str | None:
    item = state.line(number).item
    if rules_of(state, item).final_sale and fault is Fault.CUSTOMER:
        return f"Line {number} ({item}) is sold for good: it comes back only when we or the carrier are at fault; state that reason."
    until = window_ends(state, number)
    if until is not None and now > until:
        of_item = f" for {item}" if rules_of(state, item).window is not None else ""
        return f"The return window{of_item} ended on {until:%Y-%m-%d %H:%M} UTC."
    return None


def _refuse_wish(state: OrderState, wanted: Mapping[int, int], kind: ReturnKind, wish: ReturnWish) -> str | None:
    for number in sorted(wish.reasons.keys() | wish.items.keys()):
        if number not in wanted:
            return f"The return says something of line {number}, which does not come back."
    if kind is ReturnKind.REFUND and (wish.items or wish.mode is not ExchangeMode.WAIT):
        return "Other goods go out only in an exchange; ask for one."
    if wish.mode is ExchangeMode.ADVANCE_HOLD and not state.placed.payment_reference:
        return "There is no card on which the value of the exchange could be held."
    return None


def rules_of(state: OrderState, item: str) -> ItemReturns:
    return state.return_terms.get(item, ItemReturns())


def window_days(state: OrderState, item: str) -> int:
    """Days after delivery in which an item may come back."""
    own = rules_of(state, item).window
    return state.policies.return_window if own is None else own


def window_ends(state: OrderState, number: int) -> datetime | None:
    """Until when a line may come back: its item's window, counted from the order's latest delivery; None while nothing was delivered."""
    arrived = [max(s.delivered_at, s.shipped_at or s.delivered_at) for s in state.shipments if s.delivered_at]
    if not arrived:
        return state.returnable_until
    return max(arrived) + state.policies.days(window_days(state, state.line(number).item))


def fee_rule(state: OrderState, rma: Return, line: int) -> str:
    """The restocking fee of a returned line, as it is written; none where the reason is not the customer's."""
    if FAULT[rma.reason_of(line)] is not Fault.CUSTOMER:
        return ""
    own = rules_of(state, state.line(line).item).restocking
    return state.policies.returns.restocking if own is None else own


def label_rule(state: OrderState, rma: Return) -> str:
    """What the return label costs the customer: nothing when any of the lines comes back for a reason that is not theirs."""
    if any(FAULT[rma.reason_of(entry.line)] is not Fault.CUSTOMER for entry in rma.lines):
        return ""
    return state.policies.returns.label


def timing_of(state: OrderState) -> RefundTiming:
    return state.refund_on or state.policies.returns.refund_on


# --- what differs --------------------------------------------------------------------------------------------------------------------


def mismatch(
    expected: Iterable[LineQuantity],
    received: Iterable[LineQuantity],
    damaged: Mapping[int, int] | None = None,
    others: Iterable[OtherGoods] = (),
) -> str:
    """What came differs from what was authorized, in words; empty when it does not."""
    wanted, came = by_line(expected), by_line(received)
    said = [
        f"line {line}: {came.get(line, 0)} came, {wanted.get(line, 0)} were authorized"
        for line in sorted(wanted | came)
        if wanted.get(line, 0) != came.get(line, 0)
    ]
    said += [f"line {line}: {units} came damaged" for line, units in sorted((damaged or {}).items()) if units]
    said += [f"{other.quantity} of {other.item} belong to no line" for other in others if other.quantity]
    return "; ".join(said)


def offered(
    expected: Iterable[LineQuantity], received: Iterable[LineQuantity], damaged: Mapping[int, int], others: Iterable[OtherGoods]
) -> tuple[str, ...]:
    """The choices that make sense of a mismatch: only what is missing can be waited for, only what is too much can be put elsewhere."""
    wanted, came = by_line(expected), by_line(received)
    fewer = any(came.get(line, 0) < units for line, units in wanted.items())
    too_much = any(units > wanted.get(line, 0) for line, units in came.items()) or any(other.quantity for other in others)
    found = ["accept_received"]
    found += ["wait_for_rest"] if fewer else []
    found += ["send_back", "quarantine"] if too_much else []
    found += ["withhold"] if any(damaged.values()) else []
    return (*found, "reject")


def surplus_of(expected: Iterable[LineQuantity], received: Iterable[LineQuantity]) -> dict[int, int]:
    """Line -> units that came beyond what was authorized."""
    wanted = by_line(expected)
    return {line: units - wanted.get(line, 0) for line, units in by_line(received).items() if units > wanted.get(line, 0)}


# --- what is credited ----------------------------------------------------------------------------------------------------------------


def creditable(lines: Iterable[InspectedLine], withheld: Mapping[int, int] | None = None) -> dict[MoneyEffect, dict[int, int]]:
    """Units by line that are credited in full and less the fee; withheld ones are taken off those that bear the fee first."""
    found: dict[MoneyEffect, dict[int, int]] = {MoneyEffect.LESS_FEE: {}, MoneyEffect.FULL: {}}
    left = dict(withheld or {})
    for entry in sorted(lines, key=lambda entry: EFFECTS[entry.disposition].money is MoneyEffect.FULL):
        money = EFFECTS[entry.disposition].money
        if money is MoneyEffect.NOTHING:
            continue
        kept = min(left.get(entry.line, 0), entry.quantity)
        left[entry.line] = left.get(entry.line, 0) - kept
        found[money][entry.line] = found[money].get(entry.line, 0) + entry.quantity - kept
    return found


def as_restocked(lines: Iterable[LineQuantity]) -> list[InspectedLine]:
    """What a refund before the inspection takes for granted."""
    return [
        InspectedLine(line=line, quantity=units, disposition=Disposition.RESTOCK) for line, units in sorted(by_line(lines).items()) if units
    ]


def billed_line(state: OrderState, number: int) -> int:
    """The line whose invoice a unit is credited from: of a free replacement the one that it makes good."""
    line = state.line(number)
    while line.replaces and not line.bills_to:
        line = state.line(line.replaces)
    return line.number


def worth(state: OrderState, units: Mapping[int, int]) -> Money:
    """What these units cost the customer with their taxes, as far as they were invoiced; in proportion, rounded down."""
    wanted: dict[int, int] = {}
    for number, quantity in units.items():
        source = billed_line(state, number)
        wanted[source] = wanted.get(source, 0) + quantity
    total = 0
    for invoice in state.invoices:
        for line in invoice.lines:
            taken = min(wanted.get(line.line, 0), line.quantity)
            if taken:
                whole = line.net.minor + (0 if state.placed.taxes_included else line.tax.minor)
                total += whole * taken // line.quantity
                wanted[line.line] -= taken
    return Money(minor=total, currency=state.currency)


def to_make_good(state: OrderState) -> dict[int, int]:
    """Free lines that make good what was lost or exchanged -> cancelled units of them for which the customer has nothing yet."""
    return {line.number: line.cancelled - line.made_good for line in state.lines if line.replaces and line.cancelled > line.made_good}


def by_line(lines: Iterable[LineQuantity] | Iterable[InspectedLine]) -> dict[int, int]:
    """Units by line, lines named twice added up."""
    found: dict[int, int] = {}
    for entry in lines:
        found[entry.line] = found.get(entry.line, 0) + entry.quantity
    return found


def new_units(rma: Return) -> dict[str, int]:
    """Item that an exchange sends instead -> how many, as far as it names other items than those that come back."""
    found: dict[str, int] = {}
    for line, quantity in by_line(rma.lines).items():
        item = rma.wish.items.get(line)
        if item is not None:
            found[item] = found.get(item, 0) + quantity
    return found
