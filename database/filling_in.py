"""What a person leaves out of an order because the house knows it: the customer's usual terms, the address behind a name."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from database.tables import Customer, CustomerAlias, Intake, Order
from domain.errors import InputRefused
from domain.intake import LeftOut
from domain.order import Address, PlaceOrder

MOST_LOOKED_AT = 500
"""Orders of a customer among which an address is looked for, the newest first."""


def filled_in(session: Session, order: PlaceOrder, left_out: LeftOut) -> PlaceOrder:
    """The order with what was left out. A customer whom nobody knows has no terms: the order asks a person, as for any unknown customer.

    Raises InputRefused for the name of an address that this customer never had.
    """
    if not left_out.terms and not left_out.ship_to:
        return order
    alias = select(CustomerAlias.customer).where(CustomerAlias.alias == order.customer).scalar_subquery()
    customer = session.scalars(select(Customer).where(Customer.customer == func.coalesce(alias, order.customer))).one_or_none()
    changes: dict[str, object] = {}
    if left_out.terms and customer is not None and customer.terms:
        changes["terms"] = customer.terms.split()[0]
    if left_out.ship_to:
        changes["ship_to"] = address_called(session, customer.customer if customer else order.customer, left_out.ship_to)
    return PlaceOrder.model_validate({**dict(order), **changes})


def address_called(session: Session, customer: str, name: str) -> Address:
    """The newest address of that name among the customer's orders, however its letters are cased. Raises InputRefused."""
    chosen = select(Intake.document).join(Order, Order.order == Intake.order)
    chosen = chosen.where(or_(Order.customer == customer, Order.stated_customer == customer))
    known: dict[str, str] = {}
    for written in session.scalars(chosen.order_by(Order.placed_at.desc(), Order.order).limit(MOST_LOOKED_AT)):
        address = PlaceOrder.model_validate_json(written).ship_to
        if address is None:
            continue
        if _same(address.name, name):
            return address
        known.setdefault(_plain(address.name), f"{address.name}, {address.city}")
    said = f"{customer} has had goods sent to {'; '.join(list(known.values())[:5])}" if known else f"{customer} has had no goods sent yet"
    raise InputRefused("ship to", f"nobody knows the address {name!r:.80}: {said}. Write it out once, and its name will do from then on")


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
