"""What carriers saw waits under its tracking number, and keys may be bound to a customer, a channel or a location.

Revision: 0017
After: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BOUND_TO = ("customer", "channel", "location")


def upgrade() -> None:
    with op.batch_alter_table("inbox_parts") as parts:
        parts.add_column(sa.Column("tracking", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_inbox_parts_tracking_status", "inbox_parts", ["tracking", "status"])
    op.create_index("ix_returns_tracking", "returns", ["tracking"])
    with op.batch_alter_table("api_keys") as keys:
        for name in BOUND_TO:
            keys.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as keys:
        for name in BOUND_TO:
            keys.drop_column(name)
    op.drop_index("ix_returns_tracking", "returns")
    op.drop_index("ix_inbox_parts_tracking_status", "inbox_parts")
    with op.batch_alter_table("inbox_parts") as parts:
        parts.drop_column("tracking")
