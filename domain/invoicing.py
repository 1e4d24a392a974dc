"""What a shipment costs the customer: shares of the placed order that add up to it to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from domain.money import Money
from domain.money_steps import InvoiceDraft, InvoiceLine, TaxShare
from domain.order import OrderLine, PlaceOrder, TaxLine
from domain.parts import Invoice, Shipment
from domain.rounding import RoundingLevel, TaxRounding, rounded, to_step
from domain.shares import LineShare, discount_parts, fixed, line_shares, share, tax_shares
from domain.state import OrderState

__all__ = ["LineShare", "credit_lines", "credit_total", "draft_invoice", "line_shares", "total_of", "with_more"]


def draft_invoice(state: OrderState, shipment: Shipment) -> InvoiceDraft:
    """The invoice of a shipment, from the prices stored at capture.

    Each line takes its share of what is left of the placed line's money: left * units / units left, rounded half up, and the last
    units take all that is left, so the invoices of a line add up to it however it was split. Freight goes with the first invoice of
    the order. Units without a price of their own (replacements) are not billed.

    Where totals meet the smallest coin, what has been invoiced so far does: each invoice is a multiple of the coin, and so is their sum.
    """
    placed = state.placed
    left = line_shares(placed) | {line.number: _sold_later(line, state.currency) for line in state.sold_later}
    drafts = [other.draft for other in state.shipments if other.draft is not None and not other.abandoned and other is not shipment]
    for billed in (line for draft in drafts for line in draft.lines):
        source = state.line(billed.line).bills_to
        left[source] = left[source].less(billed)
    lines: list[InvoiceLine] = []
    for number, quantity in sorted(shipment.quantities.items()):
        line = state.line(number)
        if not line.bills_to or not quantity:
            continue
        part = left[line.bills_to].take(number, line.item, quantity, state.currency)
        left[line.bills_to] = left[line.bills_to].less(part)
        lines.append(part)
    with_freight = bool(lines) and not any(draft.lines for draft in drafts)
    freight = placed.freight - Money(minor=discount_parts(placed)[1], currency=state.currency) if with_freight else state.zero
    freight_tax = Money(minor=placed.freight_tax if with_freight else 0, currency=state.currency)
    plain = total_of(lines, freight, freight_tax, placed.taxes_included)
    rounding = _rounding(plain, drafts, placed.rounds_to) if lines else None
    return InvoiceDraft(
        lines=tuple(lines),
        freight=freight,
        freight_tax=freight_tax,
        freight_taxes=tax_shares(placed.freight_taxes) if with_freight else (),
        taxes_included=placed.taxes_included,
        rounding=rounding,
        total=plain + rounding if rounding else plain,
    )


def credit_lines(invoice: Invoice, units: Mapping[int, int]) -> tuple[InvoiceLine, ...]:
    """The invoiced shares of `units` (line -> quantity) that no credit note gave back yet; at most what the invoice holds."""
    lines = []
    for billed in invoice.lines:
        part = _not_credited(invoice, billed)
        quantity = min(units.get(billed.line, 0), part.quantity)
        if quantity > 0:
            lines.append(part.take(billed.line, billed.item, quantity, billed.gross.currency))
    return tuple(lines)


def credit_total(
    invoice: Invoice, lines: Sequence[InvoiceLine], freight: Money, freight_tax: Money, placed: PlaceOrder, kept: int = 0
) -> tuple[Money, Money | None]:
    """What a credit note comes to, and the rounding in it: credits meet the smallest coin as invoices do; the last takes the rest.

    `kept` are the minor units of fees, with their taxes, that stay with us.
    """
    whole = total_of(lines, freight, freight_tax, placed.taxes_included)
    plain = Money(minor=whole.minor - kept, currency=whole.currency)
    if placed.rounds_to <= 1:
        return plain, None
    zero = Money.zero(plain.currency)
    freight_before, tax_before = (invoice.freight, invoice.freight_tax) if invoice.freight_credited else (zero, zero)
    before = total_of(invoice.credits, freight_before, tax_before, placed.taxes_included)
    rounded_before = before + (invoice.rounding_credited or zero)
    units = sum(line.quantity for line in invoice.lines) - sum(line.quantity for line in (*invoice.credits, *lines))
    freight_left = invoice.freight + invoice.freight_tax - freight_before - tax_before - freight - freight_tax
    if units == 0 and not freight_left and not kept:
        total = invoice.total - rounded_before
    else:
        given = min(to_step((before + plain).minor, placed.rounds_to), invoice.total.minor)
        total = Money(minor=max(given - rounded_before.minor, 0), currency=plain.currency)
    return total, total - plain or None


def total_of(
    lines: Iterable[InvoiceLine], freight: Money, freight_tax: Money, taxes_included: bool, rounding: Money | None = None
) -> Money:
    """sum(net) + freight, plus the taxes unless the prices contain them, plus the rounding."""
    lines = list(lines)
    net = sum(line.net.minor for line in lines) + freight.minor + (rounding.minor if rounding else 0)
    taxes = 0 if taxes_included else sum(line.tax.minor for line in lines) + freight_tax.minor
    return Money(minor=net + taxes, currency=freight.currency)


def with_more(placed: PlaceOrder, number: int, units: int) -> PlaceOrder:
    """The order with `units` more of a line: they cost its unit price and their taxes by rate; discounts and surcharges stay, by line.

    Taxes are rounded as the order's are (those of a whole document by line: what is invoiced stays). A tax without a rate is taken in
    proportion to the line's other units.
    """
    placed = fixed(placed)
    line = placed.numbered()[number]
    more = line.model_copy(update={"quantity": units, "discount": Money.zero(placed.currency), "taxes": ()}).gross(placed.currency)
    factors = effective_rates(line.taxes)
    contained = 1 + sum(factors) if placed.taxes_included else Fraction(1)
    taxes = []
    for tax, factor in zip(line.taxes, factors, strict=True):
        if tax.rate:
            extra = tax_of(more.minor * factor / contained, units, placed.tax_rounding)
        else:
            extra = share(tax.amount.minor * units, 1, line.quantity) if line.quantity > 1 else tax.amount.minor * units
        taxes.append(tax.model_copy(update={"amount": tax.amount + Money(minor=extra, currency=placed.currency)}))
    grown = line.model_copy(update={"quantity": line.quantity + units, "taxes": tuple(taxes)})
    return placed.model_copy(update={"lines": tuple(grown if other.number == number else other for other in placed.lines)})


def tax_of(exact: Fraction, units: int, how: TaxRounding) -> int:
    """The tax of so many units in minor units: rounded by unit where the order's is, else by line."""
    return units * rounded(exact / units, how.mode) if how.level is RoundingLevel.UNIT else rounded(exact, how.mode)


def effective_rates(taxes: Sequence[TaxLine]) -> list[Fraction]:
    """Each tax as a fraction of the net amount: a compound one is also taken of the taxes before it."""
    found: list[Fraction] = []
    for tax in taxes:
        found.append(Fraction(tax.rate) * (1 + sum(found) if tax.compound else 1))
    return found


def taxes_by_line(lines: Iterable[InvoiceLine], freight_taxes: tuple[TaxShare, ...]) -> dict[int, tuple[TaxShare, ...]]:
    """The taxes of a document by line; 0 is the freight."""
    found = {line.line: line.taxes for line in lines if line.taxes}
    return found | ({0: freight_taxes} if freight_taxes else {})


def _not_credited(invoice: Invoice, billed: InvoiceLine) -> LineShare:
    part = LineShare.of(billed)
    for credit in invoice.credits:
        if credit.line == billed.line:
            part = part.less(credit)
    return part


def _rounding(plain: Money, drafts: Iterable[InvoiceDraft], step: int) -> Money | None:
    """What brings the invoices so far, with this one, to a multiple of the coin; no invoice asks for less than nothing."""
    if step <= 1:
        return None
    before = list(drafts)
    asked = sum(draft.total.minor for draft in before)
    exact = asked - sum(draft.rounding.minor for draft in before if draft.rounding) + plain.minor
    total = max(to_step(exact, step) - asked, 0)
    return Money(minor=total - plain.minor, currency=plain.currency) if total != plain.minor else None


def _sold_later(line: OrderLine, currency: str) -> LineShare:
    """What an exchange sold has its own price: the discounts of the placed order are not its."""
    return LineShare(line.quantity, line.gross(currency).minor, 0, line.tax, taxes=tax_shares(line.taxes))
