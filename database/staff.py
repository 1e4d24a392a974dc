"""Who works here in which role: what is limited by role asks here, before it asks an order."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from database.tables import StaffRole


def roles_of(session: Session, actor: str) -> tuple[str, ...]:
    """The roles of an actor, in their order; nobody has any until they are given."""
    return tuple(session.scalars(select(StaffRole.role).where(StaffRole.actor == actor).order_by(StaffRole.role)))


def all_roles(session: Session) -> dict[str, tuple[str, ...]]:
    """Every actor with their roles, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for row in session.scalars(select(StaffRole).order_by(StaffRole.actor, StaffRole.role)):
        found[row.actor] = (*found.get(row.actor, ()), row.role)
    return found


def change_roles(session: Session, actor: str, grant: tuple[str, ...], revoke: tuple[str, ...]) -> None:
    """Give and take roles; what is given twice is given once."""
    for role in grant:
        session.merge(StaffRole(actor=actor, role=role))
    if revoke:
        session.execute(delete(StaffRole).where(StaffRole.actor == actor, StaffRole.role.in_(revoke)))
