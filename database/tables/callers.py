"""Who may call: keys of machines, of which only a digest is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from database.tables.base import Base


class ApiKey(Base):
    """A key is shown once, when it is made; `digest` is the SHA-256 of its secret, which has 256 bits of chance."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[str]
    scopes: Mapped[str]  # separated by blanks
    customer: Mapped[str] = mapped_column(default="")  # it sees and does nothing that is not of this customer
    channel: Mapped[str] = mapped_column(default="")  # nor of another channel
    location: Mapped[str] = mapped_column(default="")  # nor of another location
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
