"""EDI: interchanges, orders and documents of partners, changes that they ask for, remittances, what they have.

Revision: 0023
After: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "edi_interchanges",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("entry", SERIAL, nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["inbox.entry"], name="fk_edi_interchanges_entry"),
        sa.PrimaryKeyConstraint("identity", name="pk_edi_interchanges"),
    )
    op.create_table(
        "edi_orders",
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("qualifier", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("wants", sa.String(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_edi_orders"),
    )
    op.create_index("ix_edi_orders_partner", "edi_orders", ["partner"])
    op.create_table(
        "edi_counters",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pair", name="pk_edi_counters"),
    )
    op.create_table(
        "edi_outgoing",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("control", sa.BigInteger(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("errors", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('drawn', 'sent', 'accepted', 'rejected')", name="ck_edi_outgoing_status"),
        sa.PrimaryKeyConstraint("number", name="pk_edi_outgoing"),
        sa.UniqueConstraint("pair", "control", name="uq_edi_outgoing_pair_control"),
        sa.UniqueConstraint("kind", "key", name="uq_edi_outgoing_kind_key"),
    )
    op.create_index("ix_edi_outgoing_order", "edi_outgoing", ["order"])
    op.create_index("ix_edi_outgoing_status", "edi_outgoing", ["status"])
    op.create_table(
        "edi_stuck",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_edi_stuck"),
    )
    op.create_table(
        "edi_changes",
        sa.Column("change", SERIAL, nullable=False),
        sa.Column("entry", SERIAL, nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'accepted', 'rejected')", name="ck_edi_changes_status"),
        sa.ForeignKeyConstraint(["entry"], ["inbox.entry"], name="fk_edi_changes_entry"),
        sa.PrimaryKeyConstraint("change", name="pk_edi_changes"),
        sa.UniqueConstraint("entry", "part", name="uq_edi_changes_entry_part"),
    )
    op.create_index("ix_edi_changes_order", "edi_changes", ["order"])
    op.create_index("ix_edi_changes_status", "edi_changes", ["status"])
    op.create_table(
        "edi_remittances",
        sa.Column("entry", SERIAL, nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["inbox.entry"], name="fk_edi_remittances_entry"),
        sa.PrimaryKeyConstraint("entry", "part", name="pk_edi_remittances"),
    )
    op.create_index("ix_edi_remittances_reference", "edi_remittances", ["reference"])
    op.create_table(
        "edi_stock",
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "item", "location", "kind", name="pk_edi_stock"),
    )


def downgrade() -> None:
    for table in (
        "edi_stock",
        "edi_remittances",
        "edi_changes",
        "edi_stuck",
        "edi_outgoing",
        "edi_counters",
        "edi_orders",
        "edi_interchanges",
    ):
        op.drop_table(table)
