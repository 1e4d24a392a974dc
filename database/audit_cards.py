"""The truths about cards and about what payment services tell us, asked of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from database import unheard_money
from database.tables import AuthorizationRow, ExceptionRow, GatewayEventRow, Order, OutboxFact, Payment
from domain.steps import Outcome

Found = Iterator[tuple[str, str]]

_GRANTED = and_(AuthorizationRow.declined == "", AuthorizationRow.authorization != "")


def _captures_stay_within_their_authorization(session: Session) -> Found:
    """Never more is captured than was authorized, whatever was given back since; nothing is captured from what was not authorized."""
    taken = (
        select(Payment.order, Payment.authorization, func.sum(Payment.amount).label("amount"))
        .where(Payment.authorization != "")
        .group_by(Payment.order, Payment.authorization)
        .subquery()
    )
    joined = and_(AuthorizationRow.order == taken.c.order, AuthorizationRow.authorization == taken.c.authorization, _GRANTED)
    granted = func.coalesce(AuthorizationRow.amount, 0)
    chosen = select(taken.c.order, taken.c.authorization, taken.c.amount, granted).outerjoin(AuthorizationRow, joined)
    for order, authorization, captured, authorized in session.execute(chosen.where(taken.c.amount > granted)):
        yield f"{order} authorization {authorization}", f"{captured} were captured of {authorized} minor units"


def _an_authorization_belongs_to_one_step(session: Session) -> Found:
    again = select(AuthorizationRow.authorization, func.count()).where(_GRANTED).group_by(AuthorizationRow.authorization)
    for authorization, rows in session.execute(again.having(func.count() > 1)):
        yield f"authorization {authorization}", f"stands {rows} times"


def _a_cancelled_order_holds_no_card(session: Session) -> Found:
    """Unless the gateway refused to give it up: then a person was told, and it ends by itself."""
    held = and_(_GRANTED, ~AuthorizationRow.voided, AuthorizationRow.expires_at.is_not(None))
    told = exists().where(ExceptionRow.order == Order.order, ExceptionRow.subject == "undo of authorization")
    ended = and_(Order.outcome == Outcome.CANCELLED.value, ~told)
    chosen = select(AuthorizationRow).join(Order, Order.order == AuthorizationRow.order).where(held, ended)
    for row in session.scalars(chosen):
        yield row.order, f"is cancelled, and its authorization {row.authorization} was not given up"


def _what_an_event_brought_is_told(session: Session) -> Found:
    """Money that an event is counted with stands in the outbox under the event's own id."""
    name = GatewayEventRow.gateway + "/" + GatewayEventRow.event
    told = select(OutboxFact.message_id).where(OutboxFact.message_id.in_((name, name + "/1")), OutboxFact.order == GatewayEventRow.order)
    for row in session.scalars(select(GatewayEventRow).where(GatewayEventRow.told != 0, ~told.exists())):
        yield f"event {row.event}", f"counts {row.told} minor units, and its order {row.order or '(none)'} was told nothing"


def _money_that_no_order_hears_is_booked(session: Session) -> Found:
    """Told to an order that is over, of a customer of ours: it is on their account, or owed there and claimed."""
    name = GatewayEventRow.gateway + "/" + GatewayEventRow.event
    mine = and_(OutboxFact.outcome != "", or_(OutboxFact.message_id == name, OutboxFact.message_id.startswith(name + "/")))
    chosen = select(OutboxFact).join(GatewayEventRow, and_(mine, OutboxFact.order == GatewayEventRow.order))
    chosen = chosen.join(Order, Order.order == OutboxFact.order).where(Order.customer.is_not(None))
    for fact in session.scalars(chosen.where(OutboxFact.name.in_(("payment_received", "payment_reversed")))):
        if not unheard_money.booked(session, fact):
            yield f"event {fact.message_id}", f"order {fact.order} would not hear of its money, and no account has it"


CARD_RULES: tuple[Callable[[Session], Found], ...] = (
    _captures_stay_within_their_authorization,
    _an_authorization_belongs_to_one_step,
    _a_cancelled_order_holds_no_card,
    _what_an_event_brought_is_told,
    _money_that_no_order_hears_is_booked,
)
