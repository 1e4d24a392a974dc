"""Exchanges for other goods, or for goods in advance: the new goods are sold, and what comes back pays for them."""

from __future__ import annotations

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.money import MoneyActivities
    from activities.returns import ReturnActivities
    from domain.crediting import exchange_price, in_refund_order, price_of, sold_in_exchange
    from domain.exceptions import ExceptionKind
    from domain.invoicing import credit_lines, total_of
    from domain.messages import ReturnKind
    from domain.money import Money
    from domain.money_steps import AuthorizePayment, CapturePayment, VoidAuthorization
    from domain.order import OrderLine
    from domain.parts import Payment, Return
    from domain.return_rules import ExchangeMode, RefundTo
    from domain.returning import billed_line, by_line, creditable, new_units
    from domain.state import OrderState
    from domain.steps import SOLD, LineChange, PriceItems

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS
from workflows.stages.cash import cash_waits
from workflows.stages.credit import refund
from workflows.stages.invoicing import invoiced
from workflows.stages.refunding import credit
from workflows.stages.supply import change


def sells(rma: Return) -> bool:
    """The goods that go out are billed: others than came back, or before they came. The same goods afterwards are simply free."""
    ahead = rma.wish.mode is not ExchangeMode.WAIT
    return rma.kind is ReturnKind.EXCHANGE and (bool(rma.wish.items) or ahead)


async def send_ahead(chapter: Chapter, rma: Return) -> None:
    """In advance: the new goods leave at once, on an invoice that is due when the return has had its time."""
    if sells(rma) and rma.wish.mode is not ExchangeMode.WAIT and not rma.sold:
        await sell(chapter, rma, by_line(rma.lines))


async def settle(chapter: Chapter, rma: Return) -> bool:
    """What came back is credited, and pays for the new goods; the difference is collected or goes back.

    False when nothing is exchanged after all and the money is to go back.
    """
    state = chapter.state
    units: dict[int, int] = {}
    for counted in creditable(rma.inspected or [], rma.withheld).values():
        for line, quantity in counted.items():
            units[line] = units.get(line, 0) + quantity
    await invoiced(chapter, (billed_line(state, line) for line in units))
    if not rma.sold and any(units.values()):
        await sell(chapter, rma, units)
    if not rma.sold:
        return False
    await credit(chapter, rma, rma.inspected or [], release=True)
    credited = rma.credit_total or state.zero
    await take_from_card(chapter, rma, max(asked_for(state, rma) - credited, state.zero))
    await chapter.pause(lambda: not cash_waits(state))
    await give_difference(chapter, rma, max(credited - asked_for(state, rma), state.zero))
    return True


async def charge_for(chapter: Chapter, rma: Return) -> bool:
    """Nothing came for goods that were sent ahead: what has not left stays here, the rest is to be paid. True when there is any."""
    state = chapter.state
    still_here = [LineChange(line=number, cancel=state.line(number).open) for number in rma.sold if state.line(number).open]
    if still_here:
        await change(chapter, still_here, f"{rma.document}: nothing came for it", rma.cause)
    owed = asked_for(state, rma)
    await take_from_card(chapter, rma, owed)
    return owed.minor > 0


# --- selling -------------------------------------------------------------------------------------------------------------------------


async def sell(chapter: Chapter, rma: Return, units: dict[int, int]) -> None:
    """New lines of the order for the units that come back, each with a price of its own; the money is made sure of first."""
    state = chapter.state
    units = {line: quantity for line, quantity in units.items() if quantity}
    await know_prices(chapter, rma, units)
    if not sells(rma):
        return
    wanted = [wanted_line(state, rma, line, quantity) for line, quantity in sorted(units.items())]
    price = Money.total((price_of(line, state.placed.taxes_included, state.currency) for line in wanted), state.currency)
    await make_sure_of(chapter, rma, to_make_sure(state, rma, units, price))
    if state.winding_up:  # what is added now would be cancelled at once
        rma.kind = ReturnKind.REFUND
    if not sells(rma):
        await take_from_card(chapter, rma, state.zero)
        return
    added = await change(
        chapter,
        [
            LineChange(
                line=0,
                add=line.quantity,
                item=line.item,
                unit_price=line.unit_price,
                bills_to=SOLD,
                origin=f"exchange for {rma.document}",
                rma=rma.rma,
                taxes=line.taxes,
            )
            for line in wanted
        ],
        f"exchange for {rma.document}",
        rma.cause,
    )
    state.sold_later += [line.model_copy(update={"number": new.line}) for line, new in zip(wanted, added, strict=True)]
    rma.sold = [new.line for new in added]
    rma.replaced = True


async def know_prices(chapter: Chapter, rma: Return, units: dict[int, int]) -> None:
    """A person says what an item costs (by a contract or a list of the customer) when nobody knows, or the money goes back instead."""
    state = chapter.state
    while sells(rma):
        missing = sorted(
            {
                item
                for line in units
                for item in [rma.wish.items.get(line, state.line(line).item)]
                if exchange_price(state, line, item, rma.prices) is None
            }
        )
        if not missing:
            return
        detail = f"{rma.document}: no contract or price list of the customer says what {', '.join(missing)} costs."
        async with chapter.question(ExceptionKind.EXCHANGE_UNPRICED, rma.name, detail) as answer:
            if answer.choice == "refund_instead":
                rma.kind = ReturnKind.REFUND
                continue
            base = chapter.base(f"return/{rma.rma}/prices/{rma.priced + 1}")
            request = PriceItems(**base, items=tuple(missing), units=new_units(rma), rma=rma.rma)
            priced = await chapter.act(ReturnActivities.price_items, request, f"Look up the price of {', '.join(missing)}")
            rma.priced += 1
            rma.prices, rma.taxes = rma.prices | priced.prices, rma.taxes | priced.taxes


def wanted_line(state: OrderState, rma: Return, number: int, units: int) -> OrderLine:
    """The line to be sold for units that come back; its number is given when it is added.

    The same item costs to the cent what its units will be credited with, tax and all, so that it is even.
    """
    item = rma.wish.items.get(number, state.line(number).item)
    if item == state.line(number).item:
        net, tax = credited_for(state, number, units)
        if net.minor:
            return sold_in_exchange(state, number, number, item, units, net.major / units, tax)
    price = exchange_price(state, number, item, rma.prices)
    assert price is not None  # `know_prices` has seen to it
    return sold_in_exchange(state, number, number, item, units, price, rates=rma.taxes.get(item, ()))


def credited_for(state: OrderState, number: int, units: int) -> tuple[Money, Money]:
    """Net and tax that a return of these units would be credited with."""
    source, left, net, tax = billed_line(state, number), units, state.zero, state.zero
    for invoice in state.invoices:
        for line in credit_lines(invoice, {source: left}):
            left, net, tax = left - line.quantity, net + line.net, tax + line.tax
    return net, tax


def to_make_sure(state: OrderState, rma: Return, units: dict[int, int], price: Money) -> Money:
    """What the card has to stand for before goods go out: all of it for goods in advance, the difference for others; nothing on terms."""
    if rma.on_invoice:
        return state.zero
    if rma.wish.mode is ExchangeMode.ADVANCE_HOLD:
        return price
    if rma.wish.mode is ExchangeMode.ADVANCE or not state.prepaid or not state.placed.payment_reference:
        return state.zero
    included, comes_back = state.placed.taxes_included, state.zero
    wanted: dict[int, int] = {}
    for line, quantity in units.items():
        source = billed_line(state, line)
        wanted[source] = wanted.get(source, 0) + quantity
    for invoice in state.invoices:
        lines = credit_lines(invoice, wanted)
        comes_back += total_of(lines, state.zero, state.zero, included)
        for one in lines:
            wanted[one.line] -= one.quantity
    return max(price - comes_back, state.zero)


# --- the money ------------------------------------------------------------------------------------------------------------------------


async def make_sure_of(chapter: Chapter, rma: Return, amount: Money) -> None:
    """Hold the money on the card; a person decides what to do when it is declined."""
    state = chapter.state
    while amount.minor > 0 and not rma.hold and not rma.on_invoice and sells(rma):
        base = chapter.base(f"return/{rma.rma}/hold/{rma.holds + 1}", rma.cause)
        request = chapter.again(AuthorizePayment(**base, amount=amount, reference=state.placed.payment_reference))
        answer = await chapter.act(
            MoneyActivities.authorize_payment, request, f"Hold {request.amount} for the exchange of {rma.document}", PAYMENTS
        )
        if answer.authorization:
            rma.holds += 1
            rma.hold, rma.hold_key, rma.held = answer.authorization, request.key, request.amount
            return
        detail = f"{rma.document}: the card was declined for {request.amount}: {answer.declined}"
        async with chapter.question(ExceptionKind.EXCHANGE_DECLINED, rma.name, detail) as decision:
            rma.holds += 1
            if decision.choice == "bill":
                rma.on_invoice = True
            elif decision.choice == "refund_instead":
                rma.kind = ReturnKind.REFUND


async def take_from_card(chapter: Chapter, rma: Return, amount: Money) -> None:
    """Capture what is owed of what is held, and give up the rest; what the gateway does not give stands on the invoice."""
    state = chapter.state
    while rma.hold and not rma.taken:
        amount = min(amount, rma.held or state.zero)
        if amount.minor <= 0:
            base = chapter.base(f"return/{rma.rma}/hold/void", rma.cause)
            request = VoidAuthorization(**base, undoes=rma.hold_key)
            await chapter.act(MoneyActivities.void_authorization, request, f"Give up what was held for {rma.document}", PAYMENTS)
            rma.taken = True
            return
        base = chapter.base(f"return/{rma.rma}/capture/{rma.captures + 1}", rma.cause)
        take = chapter.again(CapturePayment(**base, payment=base["key"], authorization=rma.hold, amount=amount, shipment=0))
        answer = await chapter.act(MoneyActivities.capture_payment, take, f"Capture {take.amount} for {rma.document}", PAYMENTS)
        if not answer.declined:
            state.payments.append(
                Payment(payment=take.payment, amount=take.amount, captured=True, refunded=state.zero, refunded_on_account=state.zero)
            )
            rma.taken = True
            return
        detail = f"{rma.document}: {take.amount} could not be captured: {answer.declined}"
        async with chapter.question(ExceptionKind.EXCHANGE_DECLINED, rma.name, detail, offered=("retry", "bill")) as decision:
            rma.captures += 1
            rma.taken = decision.choice == "bill"


async def give_difference(chapter: Chapter, rma: Return, difference: Money) -> None:
    """What came back was worth more than what went out: the rest of the money goes back, as far as it was ever paid."""
    state = chapter.state
    for payment in in_refund_order(state.payments, state.policies.returns.refund_order):
        left = difference - (rma.given or state.zero)
        if left.minor <= 0:
            return
        to_account = rma.wish.refund_to is RefundTo.STORE_CREDIT
        given = await refund(chapter, payment, None, f"difference of the exchange {rma.document}", to_account, left)
        rma.given = (rma.given or state.zero) + given


def asked_for(state: OrderState, rma: Return) -> Money:
    """What the sold lines cost, without units that were cancelled."""
    total = Decimal(0)
    for number in rma.sold:
        sold, line = state.placed_line(number), state.line(number)
        kept = sold.quantity - line.cancelled
        total += Decimal(price_of(sold, state.placed.taxes_included, state.currency).minor) * kept / sold.quantity
    return Money(minor=int(total), currency=state.currency)
