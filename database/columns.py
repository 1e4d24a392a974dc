"""Column maps of channels: learned by a person, kept beside the other words of senders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from database.inbox import EVERY_CHANNEL
from database.tables import Mapping
from domain.column_map import ColumnMap
from domain.errors import NotFound
from domain.intake import NeedKind
from domain.values import Value


class Learned(Value):
    """A column map, and who taught it when."""

    map: ColumnMap
    actor: str
    at: datetime


def learn_columns(session: Session, columns: ColumnMap, actor: str, at: datetime) -> None:
    """Keep a channel's column map, in place of the one that it had."""
    body = columns.model_dump_json(exclude_defaults=True)
    session.merge(Mapping(channel=EVERY_CHANNEL, kind=NeedKind.COLUMNS.value, text=columns.name, ours=body, actor=actor, at=at))


def forget_columns(session: Session, name: str) -> None:
    """Take a map away. Raises NotFound."""
    one_of(session, name)
    session.execute(delete(Mapping).where(*_called(name)))


def one_of(session: Session, name: str) -> Learned:
    """The map of that name. Raises NotFound."""
    row = session.scalars(select(Mapping).where(*_called(name))).one_or_none()
    if row is None:
        raise NotFound("column map", name)
    return _learned(row)


def all_columns(session: Session) -> list[Learned]:
    rows = session.scalars(select(Mapping).where(Mapping.kind == NeedKind.COLUMNS.value).order_by(Mapping.text))
    return [_learned(row) for row in rows]


def _called(name: str) -> tuple[ColumnElement[bool], ...]:
    return (Mapping.channel == EVERY_CHANNEL, Mapping.kind == NeedKind.COLUMNS.value, Mapping.text == name)


def _learned(row: Mapping) -> Learned:
    return Learned(map=ColumnMap.model_validate_json(row.ours), actor=row.actor, at=row.at)
