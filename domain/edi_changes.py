"""A change request of a partner: what a rule may ask of the order at once, and what a person decides."""

from __future__ import annotations

from domain.edi_documents import ChangedLine, ChangeRequest
from domain.messages import AmendOrder, CancelOrder, LineQuantity

WHOLE = "the whole order is to be cancelled"


def amendment(change: ChangeRequest, actor: str) -> AmendOrder | tuple[str, ...]:
    """The request to the order, where nothing but quantities and the order's requested date change; else why a person decides.

    The same change has the same message id, however often it comes.
    """
    if reasons := tuple(_reasons(change)):
        return reasons
    return AmendOrder(
        message_id=f"edi/{change.order}/change/{change.number}"[:200],
        occurred_at=change.asked_at,
        actor=actor,
        quantities=tuple(LineQuantity(line=line.line, quantity=line.quantity) for line in change.lines if line.quantity is not None),
        requested_at=change.requested_at,
    )


def asked_by(message: AmendOrder) -> ChangeRequest:
    """The change that an order is asked for by rule (`amendment`), as the partner asked for it."""
    order, _, number = message.message_id.removeprefix("edi/").rpartition("/change/")
    return ChangeRequest(
        order=order,
        number=number,
        lines=tuple(ChangedLine(line=one.line, quantity=one.quantity) for one in message.quantities),
        requested_at=message.requested_at,
        asked_at=message.occurred_at,
    )


def cancellation(change: ChangeRequest, actor: str, *, before_picking: bool = False) -> CancelOrder | None:
    """The request that ends the order, where the change asks for that and for nothing else."""
    if _reasons(change) != [WHOLE]:
        return None
    return CancelOrder(
        message_id=f"edi/{change.order}/change/{change.number}"[:200],
        occurred_at=change.asked_at,
        actor=actor,
        reason=f"The customer cancelled it by EDI (change {change.number}).",
        before_picking=before_picking,
    )


def request(change: ChangeRequest, actor: str) -> AmendOrder | CancelOrder | tuple[str, ...]:
    """What a person who accepts the change has the order asked for; else what of it no order can be asked for."""
    return cancellation(change, actor) or amendment(change, actor)


def _reasons(change: ChangeRequest) -> list[str]:
    reasons = [WHOLE] if change.cancel else []
    numbers = [line.line for line in change.lines]
    for line in change.lines:
        where = f"line {line.line}"
        if line.added:
            reasons.append(f"{where} is a new one: {line.quantity} x {line.item}")
        elif line.unit_price is not None:
            reasons.append(f"{where} is to cost {line.unit_price}")
        if line.requested_at is not None and line.requested_at != change.requested_at:
            reasons.append(f"{where} has a date of its own: {line.requested_at:%Y-%m-%d}")
        if numbers.count(line.line) > 1:
            reasons.append(f"{where} stands twice")
    reasons += change.other
    if not reasons and change.requested_at is None and all(line.quantity is None for line in change.lines):
        reasons.append("it changes nothing that can be read")
    return reasons
