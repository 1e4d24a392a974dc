"""The inbox: documents as they came, their parts, what is to be mapped, and what was; and the keys of machines that call.

Revision: 0016
After: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("entry", SERIAL, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'waiting', 'done', 'refused')", name="ck_inbox_status"),
        sa.PrimaryKeyConstraint("entry", name="pk_inbox"),
        sa.UniqueConstraint("channel", "delivery", name="uq_inbox_channel_delivery"),
    )
    op.create_index("ix_inbox_status_next_at", "inbox", ["status", "next_at"])
    op.create_table(
        "inbox_parts",
        sa.Column("entry", SERIAL, nullable=False, autoincrement=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('mapping', 'parked', 'done', 'refused', 'ignored')", name="ck_inbox_parts_status"),
        sa.ForeignKeyConstraint(["entry"], ["inbox.entry"], name="fk_inbox_parts_entry"),
        sa.PrimaryKeyConstraint("entry", "part", name="pk_inbox_parts"),
    )
    op.create_index("ix_inbox_parts_order_status", "inbox_parts", ["order", "status"])
    op.create_table(
        "inbox_needs",
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["entry", "part"], ["inbox_parts.entry", "inbox_parts.part"], name="fk_inbox_needs_entry_part"),
        sa.PrimaryKeyConstraint("entry", "part", "kind", "text", name="pk_inbox_needs"),
    )
    op.create_index("ix_inbox_needs_kind_text", "inbox_needs", ["kind", "text"])
    op.create_table(
        "mappings",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("ours", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "kind", "text", name="pk_mappings"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )


def downgrade() -> None:
    for table in ("api_keys", "mappings", "inbox_needs", "inbox_parts", "inbox"):
        op.drop_table(table)
