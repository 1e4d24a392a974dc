"""What shops say of their orders: deliveries of one event are one, and what a shop said last is there to compare with.

Revision: 0018
After: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("event", sa.String(), nullable=True))
    op.create_index("ix_inbox_channel_event", "inbox", ["channel", "event"], unique=True)
    op.create_table(
        "stated_orders",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_stated_orders"),
    )


def downgrade() -> None:
    op.drop_table("stated_orders")
    op.drop_index("ix_inbox_channel_event", "inbox")
    op.drop_column("inbox", "event")
