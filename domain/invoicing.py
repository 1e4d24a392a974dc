"""What a shipment costs the customer: shares of the placed order that add up to it to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.money import Money, round_half_up, split_minor
from domain.money_steps import InvoiceDraft, InvoiceLine
from domain.order import OrderLine, PlaceOrder
from domain.parts import Invoice, Shipment
from domain.state import OrderState


def draft_invoice(state: OrderState, shipment: Shipment) -> InvoiceDraft:
    """The invoice of a shipment, from the prices stored at capture.

    Each line takes its share of what is left of the placed line's money: left * units / units left, rounded half up, and the last
    units take all that is left, so the invoices of a line add up to it however it was split. Freight goes with the first invoice of
    the order. Units without a price of their own (replacements) are not billed.
    """
    left = line_shares(state.placed) | {line.number: _sold_later(line, state.currency) for line in state.sold_later}
    drafts = [other.draft for other in state.shipments if other.draft is not None and not other.abandoned and other is not shipment]
    for billed in (line for draft in drafts for line in draft.lines):
        source = state.line(billed.line).bills_to
        left[source] = left[source].less(billed)
    lines: list[InvoiceLine] = []
    for number, quantity in sorted(shipment.quantities.items()):
        line = state.line(number)
        if not line.bills_to or not quantity:
            continue
        share = left[line.bills_to].take(number, line.item, quantity, state.currency)
        left[line.bills_to] = left[line.bills_to].less(share)
        lines.append(share)
    with_freight = bool(lines) and not any(draft.lines for draft in drafts)
    freight = state.placed.freight if with_freight else state.zero
    freight_tax = Money(minor=state.placed.freight_tax if with_freight else 0, currency=state.currency)
    return InvoiceDraft(
        lines=tuple(lines),
        freight=freight,
        freight_tax=freight_tax,
        taxes_included=state.placed.taxes_included,
        total=total_of(lines, freight, freight_tax, state.placed.taxes_included),
    )


def credit_lines(invoice: Invoice, units: Mapping[int, int]) -> tuple[InvoiceLine, ...]:
    """The invoiced shares of `units` (line -> quantity) that no credit note gave back yet; at most what the invoice holds."""
    lines = []
    for billed in invoice.lines:
        share = LineShare.of(billed)
        for credit in invoice.credits:
            if credit.line == billed.line:
                share = share.less(credit)
        quantity = min(units.get(billed.line, 0), share.quantity)
        if quantity > 0:
            lines.append(share.take(billed.line, billed.item, quantity, billed.gross.currency))
    return tuple(lines)


def total_of(lines: list[InvoiceLine] | tuple[InvoiceLine, ...], freight: Money, freight_tax: Money, taxes_included: bool) -> Money:
    """sum(gross - discount) + freight, plus the taxes unless the prices contain them."""
    net = sum(line.net.minor for line in lines) + freight.minor
    taxes = 0 if taxes_included else sum(line.tax.minor for line in lines) + freight_tax.minor
    return Money(minor=net + taxes, currency=freight.currency)


def with_more(placed: PlaceOrder, number: int, units: int) -> PlaceOrder:
    """The order with `units` more of a line: they cost its unit price and their taxes by rate; discounts stay what was granted.

    A tax without a rate is taken in proportion to the line's other units.
    """
    line = placed.numbered()[number]
    more = line.model_copy(update={"quantity": units, "discount": Money.zero(placed.currency), "taxes": ()}).gross(placed.currency)
    taxes = []
    for tax in line.taxes:
        if tax.rate:
            share = more.minor * tax.rate / (1 + tax.rate if placed.taxes_included else 1)
            extra = round_half_up(share)
        else:
            extra = _share(tax.amount.minor * units, 1, line.quantity) if line.quantity > 1 else tax.amount.minor * units
        taxes.append(tax.model_copy(update={"amount": tax.amount + Money(minor=extra, currency=placed.currency)}))
    grown = line.model_copy(update={"quantity": line.quantity + units, "taxes": tuple(taxes)})
    return placed.model_copy(update={"lines": tuple(grown if other.number == number else other for other in placed.lines)})


@dataclass(frozen=True)
class LineShare:
    """What `quantity` units of a line cost together, in minor units."""

    quantity: int
    gross: int
    discount: int
    tax: int

    @classmethod
    def of(cls, line: InvoiceLine) -> LineShare:
        return cls(line.quantity, line.gross.minor, line.discount.minor, line.tax.minor)

    def less(self, line: InvoiceLine) -> LineShare:
        """What is left after an invoice or credit line took its share."""
        return LineShare(
            self.quantity - line.quantity,
            self.gross - line.gross.minor,
            self.discount - line.discount.minor,
            self.tax - line.tax.minor,
        )

    def take(self, number: int, item: str, units: int, currency: str) -> InvoiceLine:
        """The share of `units`; the last units take everything that is left."""

        def part(whole: int) -> Money:
            return Money(minor=_share(whole, units, self.quantity), currency=currency)

        return InvoiceLine(line=number, item=item, quantity=units, gross=part(self.gross), discount=part(self.discount), tax=part(self.tax))


def line_shares(placed: PlaceOrder) -> dict[int, LineShare]:
    """The money of each placed line, with its part of the order's discount (largest remainder over the discounted lines)."""
    grosses = [line.gross(placed.currency).minor for line in placed.lines]
    parts = split_minor(placed.discount.minor, [gross - line.discount.minor for gross, line in zip(grosses, placed.lines, strict=True)])
    return {
        line.number: LineShare(line.quantity, gross, line.discount.minor + part, line.tax)
        for line, gross, part in zip(placed.lines, grosses, parts, strict=True)
    }


def _sold_later(line: OrderLine, currency: str) -> LineShare:
    """What an exchange sold has its own price: the discounts of the placed order are not its."""
    return LineShare(line.quantity, line.gross(currency).minor, 0, line.tax)


def _share(whole: int, units: int, of: int) -> int:
    """whole * units / of, rounded half up (away from zero); everything when no units are left after these."""
    if units >= of:
        return whole
    sign, size = (-1 if whole < 0 else 1), abs(whole)
    return sign * ((2 * size * units + of) // (2 * of))
