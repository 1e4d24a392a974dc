"""What a payment service told us by itself: every event once, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base


class GatewayEventRow(Base):
    """An event of a payment service by the service's own id; what is told to its order stands in the outbox under the same id."""

    __tablename__ = "gateway_events"
    __table_args__ = (Index(None, "authorization"), Index(None, "order"))

    event: Mapped[str] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    name: Mapped[str]  # as the service calls it, such as charge.refunded
    kind: Mapped[str]  # what it means
    authorization: Mapped[str] = mapped_column(default="")  # the service's id of the payment it is about
    reference: Mapped[str] = mapped_column(default="")  # of the refund or dispute it is about
    order: Mapped[str] = mapped_column(default="")  # empty: no order of ours
    told: Mapped[int] = mapped_column(default=0)  # minor units that the order was told of because of it
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    outcome: Mapped[str]  # one sentence
