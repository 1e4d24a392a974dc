"""The card of a prepaid order: what its authorizations still hold, what is still to be captured, and what is held for nothing.

An authorization whose gateway names no end (`expires_at`) is one from before terms were known: it is taken as it always was.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.invoicing import draft_invoice
from domain.money import Money
from domain.money_steps import Authorization
from domain.parts import CardAuthorization, Shipment
from domain.state import OrderState
from domain.steps import Pick

CLOSE_TO_THE_END = timedelta(hours=1)
"""An authorization that ends sooner than this is not captured any more: the call may be on its way for a while."""


def granted(key: str, amount: Money, answer: Authorization) -> CardAuthorization:
    """A new authorization, as the gateway gave it."""
    return CardAuthorization(
        key=key,
        reference=answer.authorization,
        amount=amount,
        captured=Money.zero(amount.currency),
        expires_at=answer.expires_at,
        single=answer.single,
    )


def terms_known(state: OrderState) -> bool:
    """The gateway says until when its authorizations hold, so that they can be renewed and given up."""
    return any(authorization.expires_at is not None for authorization in state.authorizations)


def left(state: OrderState, authorization: CardAuthorization) -> Money:
    """What may still be captured; what a capture on its way may have taken counts as taken."""
    on_its_way = [
        shipment.capture_amount
        for shipment in state.shipments
        if shipment.capture_from == authorization.key and shipment.capture_amount is not None
    ]
    taken = authorization.captured + Money.total(on_its_way, authorization.amount.currency)
    if authorization.closed or (authorization.single and taken.minor):
        return Money.zero(authorization.amount.currency)
    return authorization.amount - taken


def usable(state: OrderState, until: datetime) -> list[CardAuthorization]:
    """What holds money until a moment, the one that ends first in front."""
    found = [
        authorization
        for authorization in state.authorizations
        if left(state, authorization).minor > 0 and (authorization.expires_at is None or authorization.expires_at > until)
    ]
    return sorted(found, key=lambda authorization: (authorization.expires_at is not None, authorization.expires_at or until))


def held(state: OrderState, until: datetime) -> Money:
    """What can be captured at a moment without asking the card again."""
    return Money.total((left(state, authorization) for authorization in usable(state, until)), state.currency)


def choose(state: OrderState, wanted: Money, until: datetime) -> CardAuthorization | None:
    """The authorization that a capture takes: the first to end of those that hold all of it, else the one that holds most."""
    found = usable(state, until)
    enough = [authorization for authorization in found if left(state, authorization) >= wanted]
    if enough:
        return enough[0]
    return max(found, key=lambda authorization: left(state, authorization).minor, default=None)


def outstanding(state: OrderState) -> Money:
    """What is still to be captured of the order, as far as it is known now: all units that have not shipped, at their price."""
    waiting = [s for s in state.shipments if s.draft is not None and s.shipped_at is None and not s.abandoned]
    drafted: dict[int, int] = {}
    for shipment in waiting:
        for line, quantity in shipment.quantities.items():
            drafted[line] = drafted.get(line, 0) + quantity
    coming = {line.number: line.open + line.at_work - drafted.get(line.number, 0) for line in state.lines}
    picks = [
        Pick(line=line.number, item=line.item, bin="", quantity=coming[line.number])
        for line in state.lines
        if line.bills_to and coming[line.number] > 0 and line.number not in state.sold_numbers
    ]
    rest = Shipment(number=0, location="", allocation="", picks=picks, pick_due=state.opened_at)
    total = draft_invoice(state, rest).total
    for shipment in waiting:
        total += to_capture(shipment)
    return total


def to_capture(shipment: Shipment) -> Money:
    """What of a shipment's invoice is neither captured nor paid otherwise."""
    assert shipment.draft is not None  # the caller looked
    zero = Money.zero(shipment.draft.total.currency)
    otherwise = (shipment.taken or zero) + (shipment.on_account or zero) + (shipment.sold or zero)
    return zero if shipment.captured else shipment.draft.total - otherwise


def shortage(state: OrderState, until: datetime) -> Money:
    """What has to be authorized so that all that is to come can be captured at a moment; nothing for an order on terms."""
    if not state.prepaid:
        return state.zero
    return max(outstanding(state) - on_account(state) - held(state, until), state.zero)


def lapses(state: OrderState, until: datetime) -> bool:
    """An authorization will have ended by then, or none is left, and money is still to be captured."""
    if not state.prepaid or not terms_known(state):
        return False
    ending = any(
        authorization.expires_at is not None and authorization.expires_at <= until and left(state, authorization).minor > 0
        for authorization in state.authorizations
    )
    return (ending or not usable(state, until)) and shortage(state, until).minor > 0


def on_account(state: OrderState) -> Money:
    """Money that came in otherwise (a payment link, a capture by hand) and that no invoice and no shipment counts on yet."""
    free = Money.total((payment.unapplied for payment in state.payments if not payment.captured), state.currency)
    spoken_for = [s.on_account for s in state.shipments if s.on_account is not None and not s.invoice and not s.abandoned]
    return max(free - Money.total(spoken_for, state.currency), state.zero)


def spare(state: OrderState) -> CardAuthorization | None:
    """An authorization that nothing will be captured from: replaced, of an order on terms, or the rest when everything has shipped."""
    if not terms_known(state) or state.winding_up:
        return None
    to_come = state.prepaid and any(line.open or line.at_work for line in state.lines)
    for authorization in state.authorizations:
        busy = any(shipment.capture_from == authorization.key for shipment in state.shipments)
        over = authorization.replaced or (not to_come and left(state, authorization).minor > 0)
        if over and not busy and not authorization.voided:
            return authorization
    return None


def tending(state: OrderState) -> bool:
    """Something is held for nothing, or too little is held since the order changed."""
    return spare(state) is not None or begun(state) or (state.authorize_more and state.prepaid and not state.stopped)


def begun(state: OrderState) -> bool:
    """An earlier run asked for one more authorization and got no answer: it may stand."""
    return terms_known(state) and state.tried(f"authorize/{state.authorization_attempts + 1}")
