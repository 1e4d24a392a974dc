"""Who works here in which role: what is limited by role asks here, before it asks an order."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import StaffRole


def roles_of(session: Session, actor: str) -> tuple[str, ...]:
    """The roles of an actor, in their order; nobody has any until they are given."""
    return tuple(session.scalars(select(StaffRole.role).where(StaffRole.actor == actor).order_by(StaffRole.role)))
