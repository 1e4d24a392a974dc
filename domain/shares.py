"""What units of a line cost: its money with every tax and surcharge by itself, and the shares of it that documents take."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.money import Money
from domain.money_steps import InvoiceLine, TaxShare
from domain.order import Charge, PlaceOrder, TaxLine
from domain.rounding import spread


@dataclass(frozen=True)
class LineShare:
    """What `quantity` units of a line cost together, in minor units; `taxes` and `surcharges` add up to `tax` and `surcharge`."""

    quantity: int
    gross: int
    discount: int
    tax: int
    surcharge: int = 0
    taxes: tuple[TaxShare, ...] = ()
    surcharges: tuple[Charge, ...] = ()

    @classmethod
    def of(cls, line: InvoiceLine) -> LineShare:
        amounts = (line.quantity, line.gross.minor, line.discount.minor, line.tax.minor, line.surcharge.minor)
        return cls(*amounts, line.taxes, line.surcharges)

    def less(self, line: InvoiceLine) -> LineShare:
        """What is left after an invoice or credit line took its share; one that does not say what its tax is made of took of each."""
        taken = line.taxes if len(line.taxes) == len(self.taxes) else tax_parts(self.taxes, line.tax.minor)
        pairs = zip(self.taxes, taken, strict=True)
        charged = line.surcharges or tuple(replace_charge(charge, 0) for charge in self.surcharges)
        return LineShare(
            self.quantity - line.quantity,
            self.gross - line.gross.minor,
            self.discount - line.discount.minor,
            self.tax - line.tax.minor,
            self.surcharge - line.surcharge.minor,
            tuple(tax.model_copy(update={"amount": tax.amount - part.amount}) for tax, part in pairs),
            tuple(replace_charge(c, c.amount.minor - part.amount.minor) for c, part in zip(self.surcharges, charged, strict=True)),
        )

    def take(self, number: int, item: str, units: int, currency: str) -> InvoiceLine:
        """The share of `units`; the last units take everything that is left.

        Each amount is rounded by itself; the taxes (and the surcharges) divide theirs by largest remainder, never more than is left of one.
        """

        def part(whole: int) -> Money:
            return Money(minor=share(whole, units, self.quantity), currency=currency)

        tax, surcharge = part(self.tax), part(self.surcharge)
        charges = spread(surcharge.minor, [charge.amount.minor for charge in self.surcharges])
        return InvoiceLine(
            line=number,
            item=item,
            quantity=units,
            gross=part(self.gross),
            discount=part(self.discount),
            tax=tax,
            taxes=tax_parts(self.taxes, tax.minor),
            surcharges=tuple(replace_charge(charge, amount) for charge, amount in zip(self.surcharges, charges, strict=True)),
        )


def line_shares(placed: PlaceOrder) -> dict[int, LineShare]:
    """The money of each placed line, with its part of the order's discount and surcharges (largest remainder over their worth)."""
    currency = placed.currency
    worths = [line.worth(currency) for line in placed.lines]
    parts, _ = discount_parts(placed)
    found = {
        line.number: LineShare(
            line.quantity,
            line.gross(currency).minor,
            line.off(currency) + part,
            line.tax,
            sum(charge.amount.minor for charge in line.charges(currency)),
            tax_shares(line.taxes),
            line.charges(currency),
        )
        for line, part in zip(placed.lines, parts, strict=True)
    }
    for charge in placed.surcharges:
        for line, amount in zip(placed.lines, spread(charge.amount.minor, worths), strict=True):
            if amount:
                share_ = found[line.number]
                charges = (*share_.surcharges, replace_charge(charge, amount))
                found[line.number] = replace(share_, surcharge=share_.surcharge + amount, surcharges=charges)
    return found


def discount_parts(placed: PlaceOrder) -> tuple[list[int], int]:
    """The order's discount by line, and what of it falls on the freight: a part if it is on both, else what the lines cannot bear."""
    worths = [max(line.worth(placed.currency), 0) for line in placed.lines]
    freight = max(placed.freight.minor, 0)
    off = min(placed.discount.minor, sum(worths) + freight)
    if placed.discount_on_freight:
        *parts, of_freight = spread(off, [*worths, freight])
        return parts, of_freight
    on_lines = min(off, sum(worths))
    return spread(on_lines, worths), off - on_lines


def fixed(placed: PlaceOrder) -> PlaceOrder:
    """The same order with the parts of its discount and surcharges in its lines and freight: from now on they stay what they are.

    Once an invoice took its share of them, another price of one line must not change what the others carry.
    """
    _, of_freight = discount_parts(placed)
    shares = line_shares(placed)
    lines = tuple(
        line.model_copy(
            update={
                "discount": Money(minor=shares[line.number].discount, currency=placed.currency),
                "surcharges": shares[line.number].surcharges,
            }
        )
        for line in placed.lines
    )
    freight = placed.freight - Money(minor=of_freight, currency=placed.currency)
    return placed.model_copy(update={"lines": lines, "freight": freight, "discount": Money.zero(placed.currency), "surcharges": ()})


def tax_shares(taxes: tuple[TaxLine, ...]) -> tuple[TaxShare, ...]:
    return tuple(TaxShare(title=tax.title, rate=tax.rate, amount=tax.amount, base=tax.base) for tax in taxes)


def replace_charge(charge: Charge, minor: int) -> Charge:
    return charge.model_copy(update={"amount": Money(minor=minor, currency=charge.amount.currency)})


def share(whole: int, units: int, of: int) -> int:
    """whole * units / of, rounded half up (away from zero); everything when no units are left after these."""
    if units >= of:
        return whole
    sign, size = (-1 if whole < 0 else 1), abs(whole)
    return sign * ((2 * size * units + of) // (2 * of))


def tax_parts(taxes: tuple[TaxShare, ...], minor: int) -> tuple[TaxShare, ...]:
    """`minor` of these taxes, in proportion to what is left of each (largest remainder)."""
    parts = spread(minor, [tax.amount.minor for tax in taxes])
    return tuple(
        tax.model_copy(update={"amount": Money(minor=part, currency=tax.amount.currency)}) for tax, part in zip(taxes, parts, strict=True)
    )
