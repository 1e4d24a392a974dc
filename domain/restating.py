"""What a shop changed of its order: its last word beside the one before, line by line.

Quantities and the requested date are asked of the order; whatever else changed is a matter for a person, and then all of it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from domain.messages import AmendOrder, LineQuantity
from domain.order import Address, Moment, OrderLine, PlaceOrder
from domain.values import Value


class Stated(Value):
    """An order in its shop's words; a line of quantity 0 is not wanted any more. Its lines are numbered as the first word had them."""

    order: PlaceOrder
    remarks: tuple[str, ...] = ()


class Restated(Value):
    """What is another now: `quantities` by line, the requested date, and `reasons` why a person decides, of which one is `readdressed`."""

    quantities: dict[int, int] = {}
    requested_at: Moment | None = None
    reasons: tuple[str, ...] = ()
    readdressed: bool = False

    @property
    def nothing(self) -> bool:
        return not self.quantities and self.requested_at is None and not self.reasons

    def in_words(self) -> str:
        """All of it, for a person."""
        asked = [f"line {line} is to have {units} {'unit' if units == 1 else 'units'}" for line, units in sorted(self.quantities.items())]
        asked += [f"it is wanted by {self.requested_at:%Y-%m-%d}"] if self.requested_at else []
        return "; ".join([*asked, *self.reasons])

    def amendment(self, message_id: str, said_at: Moment, actor: str) -> AmendOrder:
        """What the order is asked, where no person has to decide."""
        quantities = tuple(LineQuantity(line=line, quantity=units) for line, units in sorted(self.quantities.items()))
        return AmendOrder(message_id=message_id, occurred_at=said_at, actor=actor, quantities=quantities, requested_at=self.requested_at)


def renumbered(before: PlaceOrder, now: PlaceOrder, ours: Mapping[str, str] = MappingProxyType({})) -> PlaceOrder:
    """The order with its lines numbered as they were before; one that is gone is there with quantity 0, a new one comes last.

    A line is known by its place and its item, else by its item: a shop may leave lines out, or put them in another order. `ours` says what
    its words for items mean, where one of the two orders is in ours.
    """
    places = _matched(before, now, ours)
    last = max(line.number for line in before.lines)
    lines: list[OrderLine] = []
    for index, line in enumerate(now.lines):
        if (number := places.get(index)) is None:
            last += 1
            number = last
        lines.append(line.model_copy(update={"number": number}))
    gone = before.numbered().keys() - places.values()
    lines += [line.model_copy(update={"quantity": 0}) for line in before.lines if line.number in gone]
    return now.model_copy(update={"lines": tuple(sorted(lines, key=lambda line: line.number))})


def restated(before: Stated, now: Stated) -> Restated:
    """What changed between two words of a shop, of which the later one was `renumbered` by the earlier one."""
    known, lines = before.order.numbered(), now.order.numbered()
    quantities = {number: line.quantity for number, line in lines.items() if number in known and line.quantity != known[number].quantity}
    moved = None if now.order.requested_at == before.order.requested_at else now.order.requested_at
    reasons = [*_lines(known, lines), *_terms(before.order, now.order, whole=not quantities and known.keys() == lines.keys())]
    reasons += [remark for remark in now.remarks if remark not in before.remarks]
    readdressed = before.order.ship_to != now.order.ship_to
    return Restated(quantities=quantities, requested_at=moved, reasons=tuple(reasons), readdressed=readdressed)


def _matched(before: PlaceOrder, now: PlaceOrder, ours: Mapping[str, str]) -> dict[int, int]:
    """The number of each line of now, by its index, that was there before."""

    def alike(one: OrderLine, other: OrderLine) -> bool:
        return ours.get(one.item, one.item) == ours.get(other.item, other.item)

    by_index = dict(enumerate(before.lines))
    places = {index: by_index[index].number for index, line in enumerate(now.lines) if index in by_index and alike(by_index[index], line)}
    left = [line for line in before.lines if line.number not in places.values()]
    for index, line in enumerate(now.lines):
        same = next((each for each in left if index not in places and alike(each, line)), None)
        if same is not None:
            places[index] = same.number
            left.remove(same)
    return places


def _lines(before: Mapping[int, OrderLine], now: Mapping[int, OrderLine]) -> Iterator[str]:
    for number, line in now.items():
        was = before.get(number)
        if was is None:
            if line.quantity:
                yield f"line {number} is new: {line.quantity} x {line.item} at {line.unit_price}"
        elif line.quantity == was.quantity:  # of another quantity the amounts are others, too
            if line.unit_price != was.unit_price:
                yield f"line {number} costs {line.unit_price} a unit, and not {was.unit_price}"
            if line.discount != was.discount:
                yield f"line {number} has {line.discount} off, and not {was.discount}"
            if line.tax != was.tax:
                yield f"line {number} has other taxes"


def _terms(before: PlaceOrder, now: PlaceOrder, *, whole: bool) -> Iterator[str]:
    if now.ship_to != before.ship_to:
        yield f"it goes to {_written(now.ship_to)}"
    if now.bill_to != before.bill_to:
        yield f"it is billed to {_written(now.bill_to)}"
    if now.requested_at is None and before.requested_at is not None:
        yield "no date is wanted any more"
    for name, meant in _PLAIN.items():
        if getattr(now, name) != getattr(before, name):
            yield f"{meant} is {getattr(now, name) or 'not stated'!s:.60}"
    if now.freight != before.freight:
        yield f"the freight is {now.freight}, and not {before.freight}"
    if whole and now.discount != before.discount:
        yield f"{now.discount} is off the whole order, and not {before.discount}"


_PLAIN = {
    "customer": "its customer",
    "currency": "its currency",
    "terms": "its terms of payment",
    "shipping_service": "its way of shipping",
    "policy": "its way of shipping apart",
    "priority": "its priority",
}


def _written(address: Address | None) -> str:
    if address is None:
        return "no address that is stated"
    town = f"{address.postcode} {address.city}".strip()
    return ", ".join(part for part in (address.name, address.street, town, address.region, address.country, address.email) if part)
