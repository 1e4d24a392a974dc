"""Credits: what of an invoice goes back to the customer, what we keep of it, and to which payments it goes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from domain.invoicing import LineShare, effective_rates, line_shares, tax_of
from domain.money import Money, exponent, round_half_up
from domain.money_steps import CreditFee, InvoiceLine, ReleasedPart
from domain.order import OrderLine, TaxLine
from domain.parts import Invoice, Payment
from domain.return_rules import Means, fee_of
from domain.shares import tax_parts
from domain.state import OrderState


def restocking_fees(lines: Iterable[InvoiceLine], units: Mapping[int, int], rules: Mapping[int, str]) -> tuple[CreditFee, ...]:
    """The fee on `units` (by line) of credited lines: part of the price that stays with us.

    It is not a service of its own but the part of the sale that is not taken back, so it bears the tax of the sale: of the line's tax
    the same part is kept as of its net.
    """
    fees = []
    for line in lines:
        bears = min(units.get(line.line, 0), line.quantity)
        if bears:
            net = Money(minor=line.net.minor * bears // line.quantity, currency=line.net.currency)
            fee = fee_of(rules.get(line.line, ""), net, bears)
            if fee:
                fees.append(CreditFee(line=line.line, what="restocking fee", net=fee, tax=part_of(line.tax, fee.minor, line.net.minor)))
    return tuple(fees)


def label_fee(lines: Sequence[InvoiceLine], fees: Iterable[CreditFee], rule: str) -> tuple[CreditFee, ...]:
    """What the return label costs, off the first credited line that still has so much; taxed as that line is."""
    kept = {line.line: sum(fee.net.minor for fee in fees if fee.line == line.line) for line in lines}
    for line in lines:
        left = Money(minor=line.net.minor - kept[line.line], currency=line.net.currency)
        fee = fee_of(rule, left, 1)
        if fee:
            return (CreditFee(line=line.line, what="return label", net=fee, tax=part_of(line.tax, fee.minor, line.net.minor)),)
    return ()


def fees_of(fees: Iterable[CreditFee], taxes_included: bool) -> int:
    """Minor units of what is kept, with its taxes unless the prices contain them."""
    return sum(fee.net.minor + (0 if taxes_included else fee.tax.minor) for fee in fees)


def part_of(whole: Money, of: int, all_: int) -> Money:
    """whole * of / all, rounded half up; everything when `of` is all there is."""
    if of >= all_:
        return whole
    return Money(minor=round_half_up(Decimal(whole.minor) * of / all_), currency=whole.currency)


def left_of(invoice: Invoice, number: int) -> InvoiceLine | None:
    """What of an invoiced line no credit note gave back yet: units, money and tax; None when nothing is left."""
    billed = next((line for line in invoice.lines if line.line == number), None)
    if billed is None:
        return None
    share = LineShare.of(billed)
    for credit in invoice.credits:
        if credit.line == number:
            share = share.less(credit)
    currency = billed.gross.currency

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=currency)

    left = billed.model_copy(
        update={
            "quantity": share.quantity,
            "gross": money(share.gross),
            "discount": money(share.discount),
            "tax": money(share.tax),
            "taxes": share.taxes,
            "surcharges": share.surcharges,
        }
    )
    return left if left.net.minor > 0 else None


def value_of(line: InvoiceLine, taxes_included: bool) -> Money:
    """What a line costs with its taxes."""
    return line.net if taxes_included else line.net + line.tax


def goodwill_line(left: InvoiceLine, amount: Money, taxes_included: bool) -> InvoiceLine:
    """A credit of `amount` (with taxes) on what is left of a line, for no unit: net and tax in the line's own proportion."""
    whole = value_of(left, taxes_included)
    net = amount if taxes_included else part_of(left.net, amount.minor, whole.minor)
    tax = part_of(left.tax, amount.minor, whole.minor) if taxes_included else amount - net
    return InvoiceLine(
        line=left.line,
        item=left.item,
        quantity=0,
        gross=net,
        discount=Money.zero(net.currency),
        tax=tax,
        taxes=tax_parts(left.taxes, tax.minor),
    )


def means_of(payment: Payment) -> Means:
    """How a payment came: it says where its money goes back to."""
    if payment.captured:
        return Means.CARD
    return Means.STORE_CREDIT if payment.from_account else Means.TRANSFER


def in_refund_order(payments: Iterable[Payment], order: Sequence[Means]) -> list[Payment]:
    """By kind in the stated order, and of one kind the newest first."""
    newest_first = list(payments)[::-1]
    return sorted(newest_first, key=lambda payment: order.index(means_of(payment)) if means_of(payment) in order else len(order))


def holds_of(payment: Payment, invoice: int, zero: Money) -> Money:
    """What a payment still holds of what it paid on an invoice: no more can go back from it, or out of it."""
    part = payment.parts.get(invoice, zero) - payment.refunded_of.get(invoice, zero)
    return max(min(part, payment.left), zero)


def releases(payments: Iterable[Payment], invoice: int, wanted: Money) -> tuple[ReleasedPart, ...]:
    """Parts of an invoice's payments that add up to `wanted`, as far as they hold it."""
    found, left = [], wanted
    zero = Money.zero(wanted.currency)
    for payment in payments:
        part = min(holds_of(payment, invoice, zero), left)
        if part.minor > 0:
            found.append(ReleasedPart(payment=payment.payment, amount=part))
            left -= part
    return tuple(found)


# --- what an exchange sells ----------------------------------------------------------------------------------------------------------


def sold_in_exchange(
    state: OrderState,
    number: int,
    instead_of: int,
    item: str,
    units: int,
    price: Decimal,
    tax: Money | None = None,
    rates: tuple[TaxLine, ...] = (),
) -> OrderLine:
    """The line that an exchange sells: at its price, with `tax`, or with its own `rates`, else with those of the line that comes back.

    Taxes are rounded as the order's are. One without a rate is taken in proportion to what the other line costs net.
    """
    source = state.placed_line(billed_of(state, instead_of))
    zero = state.zero
    line = OrderLine(number=number, item=item, quantity=units, unit_price=price, discount=zero)
    gross = line.gross(state.currency)
    net_before = source.gross(state.currency).minor - source.discount.minor
    like = rates or source.taxes
    shares = tax.split([each.amount.minor for each in like]) if tax is not None else []
    factors = effective_rates(like)
    contained = 1 + sum(factors) if state.placed.taxes_included else 1
    taxes = []
    for place, each in enumerate(like):
        if shares:
            amount = shares[place].minor
        elif each.rate:
            amount = tax_of(gross.minor * factors[place] / contained, units, state.placed.tax_rounding)
        else:
            amount = round_half_up(Decimal(each.amount.minor) * gross.minor / net_before) if net_before > 0 else 0
        money = Money(minor=amount, currency=state.currency)
        taxes.append(TaxLine(title=each.title, rate=each.rate, amount=money, compound=each.compound))
    return line.model_copy(update={"taxes": tuple(taxes)})


def billed_of(state: OrderState, number: int) -> int:
    """The line whose price units have: of a free replacement that of the one it makes good, of a substitute that of its original."""
    line = state.line(number)
    while line.replaces and not line.bills_to:
        line = state.line(line.replaces)
    return line.bills_to or line.number


def price_of(line: OrderLine, taxes_included: bool, currency: str) -> Money:
    """What a sold line costs with its taxes."""
    return Money(minor=line.gross(currency).minor + (0 if taxes_included else line.tax), currency=currency)


def exchange_price(state: OrderState, number: int, item: str, prices: Mapping[str, str]) -> Decimal | None:
    """What one unit costs the customer: as on the line that comes back if it is the same item, else their price; None when nobody knows.

    For the same item this is what they really paid for a unit, after discounts, so that an exchange for the same costs nothing.
    """
    if item == state.line(number).item:
        source = billed_of(state, number)
        share = line_shares(state.placed).get(source)
        if share is None:
            return state.placed_line(source).unit_price
        return (Decimal(share.gross - share.discount) / share.quantity).scaleb(-exponent(state.currency))
    return Decimal(prices[item]) if prices.get(item) else None
