"""What the demonstration shows of returns: one that was partial, and an exchange for goods of another price."""

from __future__ import annotations

from collections.abc import Iterable

from domain.money import Money
from domain.values import Value
from domain.views import OrderView, ReturnView


class PartialReturn(Value):
    """`units` of `delivered` came back; `credited` is less than they cost by `kept`."""

    order: str
    document: str
    units: int
    delivered: int
    became: str
    credited: Money
    kept: Money
    refunded: Money


class UnevenExchange(Value):
    """`given` came back, `sold` went out; `difference` is what the customer paid on top, negative when they got it back."""

    order: str
    document: str
    given: str
    sold: str
    credited: Money
    charged: Money

    @property
    def difference(self) -> Money:
        return self.charged - self.credited


class Returned(Value):
    partial: PartialReturn | None = None
    exchange: UnevenExchange | None = None


def look(orders: Iterable[OrderView]) -> Returned:
    """The first exchange, and of the partial returns the one that tells most: with a fee, and of most kinds of goods."""
    partials: list[PartialReturn] = []
    exchange: UnevenExchange | None = None
    for order in orders:
        for goods in order.returns:
            if goods.status == "refunded":
                found = _partial(order, goods)
                partials += [found] if found is not None else []
            elif goods.status == "exchanged":
                exchange = exchange or _uneven(order, goods)
    partial = max(partials, key=lambda found: (bool(found.kept), found.became.count(","), found.units), default=None)
    return Returned(partial=partial, exchange=exchange)


def _partial(order: OrderView, goods: ReturnView) -> PartialReturn | None:
    delivered = sum(line.delivered for line in order.lines)
    notes = [credit for credit in order.credits if credit.reason.startswith(goods.document)]
    units = sum(goods.lines.values())
    if not notes or units >= delivered:
        return None
    fates: dict[str, int] = {}
    for dispositions in goods.dispositions.values():
        for fate, count in dispositions.items():
            fates[fate] = fates.get(fate, 0) + count
    back = [refund.amount for refund in order.refunds if refund.reason.startswith(goods.document)]
    currency = order.total.currency
    return PartialReturn(
        order=order.order,
        document=goods.document,
        units=units,
        delivered=delivered,
        became=", ".join(f"{count} {fate.replace('_', ' ')}" for fate, count in fates.items()),
        credited=Money.total((credit.total for credit in notes), currency),
        kept=Money.total((credit.fees for credit in notes if credit.fees is not None), currency),
        refunded=Money.total(back, currency),
    )


def _uneven(order: OrderView, goods: ReturnView) -> UnevenExchange | None:
    """Its goods are lines that were sold later: above 100, on an invoice of their own."""
    notes = [credit for credit in order.credits if credit.reason.startswith(goods.document)]
    sold = [line for line in order.lines if line.origin == f"exchange for {goods.document}"]
    numbers = {line.number for line in sold}
    shipments = {shipment.number for shipment in order.shipments if numbers & {pick.line for pick in shipment.picks}}
    invoices = [invoice for invoice in order.invoices if invoice.shipment in shipments]
    if not notes or not sold or not invoices:
        return None
    currency = order.total.currency
    items = {line.number: line.item for line in order.lines}
    found = UnevenExchange(
        order=order.order,
        document=goods.document,
        given=", ".join(f"{units} x {items[line]}" for line, units in goods.lines.items()),
        sold=", ".join(f"{line.ordered} x {line.item}" for line in sold),
        credited=Money.total((credit.total for credit in notes), currency),
        charged=Money.total((invoice.total for invoice in invoices), currency),
    )
    return found if found.difference else None
