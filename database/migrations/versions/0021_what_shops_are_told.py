"""What shops are told of their orders and of stock, and how far the ledgers were read for it.

Revision: 0021
After: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "channel_feedback",
        sa.Column("entry", SERIAL, nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('shipment', 'cancellation', 'stock')", name="ck_channel_feedback_kind"),
        sa.CheckConstraint("status IN ('due', 'told', 'refused', 'unlisted')", name="ck_channel_feedback_status"),
        sa.PrimaryKeyConstraint("entry", name="pk_channel_feedback"),
        sa.UniqueConstraint("shop", "kind", "subject", name="uq_channel_feedback_shop_kind_subject"),
    )
    op.create_index("ix_channel_feedback_shop_status_next_at", "channel_feedback", ["shop", "status", "next_at"])
    op.create_index("ix_channel_feedback_order", "channel_feedback", ["order"])
    op.create_table(
        "feedback_cursors",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("shop", "feed", name="pk_feedback_cursors"),
    )


def downgrade() -> None:
    for table in ("feedback_cursors", "channel_feedback"):
        op.drop_table(table)
